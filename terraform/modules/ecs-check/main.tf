# SPDX-License-Identifier: MIT
# One check on Fargate, or on EC2 with a capacity provider of one's own: the runner as a service that
# never ends, or as a task for each run.

data "aws_caller_identity" "current" {}

locals {
  stage     = var.runner.environment["AWS_ENV"]
  region    = var.runner.environment["AWS_REGION"]
  full_name = "sla-check-${var.name}-${local.stage}"
  scheduled = var.schedule != null

  own_schedule_role = local.scheduled && var.runner.schedule_role_arn == null

  # Fargate's capacity providers are those of AWS, all others have instances of EC2.
  on_fargate = length(var.capacity_providers) == 0 || anytrue([for name in keys(var.capacity_providers) : startswith(name, "FARGATE")])

  own_start = var.start == null
  start = local.own_start ? {
    execution_role_arn = aws_iam_role.execution[0].arn
    log_group_name     = aws_cloudwatch_log_group.check[0].name
  } : var.start

  environment = merge(
    var.runner.environment,
    var.environment,
    { SLARUNNER_STOPTIMEOUT = tostring(var.stop_timeout) },
    local.scheduled ? { SLARUNNER_ONCE = "true" } : {},
    length(var.ssm_names) == 0 ? {} : { SLARUNNER_SSMNAME = join(",", var.ssm_names) },
    var.spool == null ? {} : { SLARUNNER_SPOOL = join("/", compact(["/spool", var.spool.folder])) },
  )

  mounts = concat(var.writable_tmp ? ["tmp"] : [], var.spool == null ? [] : ["spool"])

  # What nobody asked for is not there at all.
  optional = { for name, value in {
    entryPoint  = var.entry_point
    secrets     = [for name in sort(keys(var.secrets)) : { name = name, valueFrom = var.secrets[name] }]
    mountPoints = [for name in local.mounts : { sourceVolume = name, containerPath = "/${name}", readOnly = false }]
  } : name => value if length(value) > 0 }

  # What is no runner has no loop that could be stuck.
  by_command = { for name, value in {
    command = var.command
    healthCheck = {
      command     = concat(["CMD"], coalescelist(var.entry_point, ["sla-runner"]), ["healthcheck"])
      interval    = 30
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }
  } : name => value if(name == "command") == (length(var.command) > 0) }

  container = merge(local.optional, local.by_command, {
    name                   = "sla-runner"
    image                  = var.image
    essential              = true
    user                   = var.user
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    environment            = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]

    # The runner ends by itself within its own limit; whoever kills it comes after that.
    stopTimeout = var.stop_timeout + 5
    # The log of a run is in the bucket; lines that find no room here must not hold a run up.
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        mode                  = "non-blocking"
        max-buffer-size       = "4m"
        awslogs-group         = local.start.log_group_name
        awslogs-region        = local.region
        awslogs-stream-prefix = "runner"
      }
    }
  })

  network = {
    subnets          = var.subnet_ids
    security_groups  = var.security_group_ids
    assign_public_ip = var.assign_public_ip
  }

  # The MiB that Fargate offers with so many CPU units.
  memory = lookup({
    256  = [512, 1024, 2048]
    512  = range(1024, 4097, 1024)
    1024 = range(2048, 8193, 1024)
    2048 = range(4096, 16385, 1024)
    4096 = range(8192, 30721, 1024)
  }, var.cpu, [])
}

resource "aws_cloudwatch_log_group" "check" {
  count = local.own_start ? 1 : 0

  name              = "/sla-monitor/${local.stage}/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "check" {
  family                   = local.full_name
  requires_compatibilities = [local.on_fargate ? "FARGATE" : "EC2"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = var.runner.role_arn
  execution_role_arn       = local.start.execution_role_arn
  container_definitions    = jsonencode([local.container])

  dynamic "volume" {
    for_each = local.mounts

    content {
      name = volume.value

      dynamic "efs_volume_configuration" {
        for_each = volume.value == "spool" ? [var.spool] : []

        content {
          file_system_id     = var.spool.file_system_id
          transit_encryption = "ENABLED"

          authorization_config {
            access_point_id = var.spool.access_point_id
          }
        }
      }
    }
  }

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  lifecycle {
    precondition {
      condition     = !local.on_fargate || contains(local.memory, var.memory)
      error_message = "Fargate has no task with cpu = ${var.cpu} and memory = ${var.memory}: with that cpu memory is one of ${join(", ", local.memory)}."
    }
    precondition {
      condition     = local.on_fargate || !var.assign_public_ip
      error_message = "A task on EC2 gets no public address: leave assign_public_ip out where capacity_providers are of EC2."
    }
  }
}

# One runner and never two, so that no deployment doubles the attempts.
resource "aws_ecs_service" "check" {
  count = local.scheduled ? 0 : 1

  name            = local.full_name
  cluster         = var.cluster_arn
  task_definition = aws_ecs_task_definition.check.arn
  launch_type     = length(var.capacity_providers) == 0 ? "FARGATE" : null
  desired_count   = 1
  propagate_tags  = "SERVICE"

  dynamic "capacity_provider_strategy" {
    for_each = var.capacity_providers

    content {
      capacity_provider = capacity_provider_strategy.key
      weight            = capacity_provider_strategy.value
    }
  }

  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100
  wait_for_steady_state              = var.wait_for_steady_state

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = local.network.subnets
    security_groups  = local.network.security_groups
    assign_public_ip = local.network.assign_public_ip
  }

  depends_on = [aws_iam_role_policy.execution]
}

# A run that could not be started is not made up for later: the next one comes by itself.
resource "aws_scheduler_schedule" "check" {
  count = local.scheduled ? 1 : 0

  name                = local.full_name
  schedule_expression = var.schedule

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.cluster_arn
    role_arn = local.own_schedule_role ? aws_iam_role.schedule[0].arn : var.runner.schedule_role_arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.check.arn
      launch_type         = length(var.capacity_providers) == 0 ? "FARGATE" : null

      dynamic "capacity_provider_strategy" {
        for_each = var.capacity_providers

        content {
          capacity_provider = capacity_provider_strategy.key
          weight            = capacity_provider_strategy.value
        }
      }

      network_configuration {
        subnets          = local.network.subnets
        security_groups  = local.network.security_groups
        assign_public_ip = local.network.assign_public_ip
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 60
      maximum_retry_attempts       = 2
    }
  }

  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.schedule]
}
