# SPDX-License-Identifier: MIT
# modules/ecs-check: a check as a service, and as a scheduled task.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/made" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/made:1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:made" }
  }
}

variables {
  name               = "shop"
  image              = "registry.example.com/sla-runner:1.2.3"
  cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/checks"
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = ["sg-1"]
  runner = {
    role_arn    = "arn:aws:iam::123456789012:role/sla-monitor-runner-role-dev"
    environment = { AWS_ENV = "dev", AWS_REGION = "eu-central-1", SLARUNNER_SNSTOPICARN = "arn:aws:sns:eu-central-1:123456789012:topic" }
  }
  environment = { SLARUNNER_SERVICE = "shop", SLARUNNER_COMMAND = "probe https://shop.example.com", SLARUNNER_DELAY = "30" }
}

run "a_check_is_a_service_by_default" {
  module {
    source = "./modules/ecs-check"
  }
  assert {
    condition     = length(aws_ecs_service.check) == 1 && length(aws_scheduler_schedule.check) + length(aws_iam_role.schedule) == 0
    error_message = "The check is not a service alone."
  }
  assert {
    condition     = [aws_ecs_service.check[0].launch_type, aws_ecs_service.check[0].desired_count, aws_ecs_service.check[0].deployment_minimum_healthy_percent, aws_ecs_service.check[0].deployment_maximum_percent] == ["FARGATE", 1, 0, 100]
    error_message = "A deployment may run two runners at once."
  }
  assert {
    condition     = [aws_ecs_task_definition.check.task_role_arn, aws_ecs_task_definition.check.network_mode, aws_ecs_task_definition.check.runtime_platform[0].cpu_architecture] == [var.runner.role_arn, "awsvpc", "X86_64"]
    error_message = "The task is another one."
  }
  assert {
    condition = jsondecode(aws_ecs_task_definition.check.container_definitions) == [{
      name                   = "sla-runner"
      image                  = "registry.example.com/sla-runner:1.2.3"
      essential              = true
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      environment = [
        { name = "AWS_ENV", value = "dev" },
        { name = "AWS_REGION", value = "eu-central-1" },
        { name = "SLARUNNER_COMMAND", value = "probe https://shop.example.com" },
        { name = "SLARUNNER_DELAY", value = "30" },
        { name = "SLARUNNER_SERVICE", value = "shop" },
        { name = "SLARUNNER_SNSTOPICARN", value = "arn:aws:sns:eu-central-1:123456789012:topic" },
        { name = "SLARUNNER_STOPTIMEOUT", value = "25" },
      ]
      stopTimeout      = 30
      healthCheck      = { command = ["CMD", "sla-runner", "healthcheck"], interval = 30, timeout = 5, retries = 3, startPeriod = 30 }
      logConfiguration = { logDriver = "awslogs", options = { mode = "non-blocking", max-buffer-size = "4m", awslogs-group = "/sla-monitor/dev/shop", awslogs-region = "eu-central-1", awslogs-stream-prefix = "runner" } }
    }]
    error_message = "The container is ${aws_ecs_task_definition.check.container_definitions}."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.execution[0].policy).Statement == [
      { Sid = "WriteLog", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:made:log-stream:*" },
    ]
    error_message = "Who starts the task may ${aws_iam_role_policy.execution[0].policy}."
  }
}

run "a_scheduled_check_is_one_run_for_each_task" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    schedule = "rate(1 hour)"
  }
  assert {
    condition     = length(aws_ecs_service.check) == 0 && aws_scheduler_schedule.check[0].schedule_expression == "rate(1 hour)"
    error_message = "The check is not a schedule alone."
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.check.container_definitions)[0].environment, { name = "SLARUNNER_ONCE", value = "true" })
    error_message = "The task does not end after its run."
  }
  assert {
    condition     = [aws_scheduler_schedule.check[0].target[0].arn, aws_scheduler_schedule.check[0].target[0].ecs_parameters[0].task_definition_arn, aws_scheduler_schedule.check[0].target[0].retry_policy[0].maximum_event_age_in_seconds] == [var.cluster_arn, "arn:aws:ecs:eu-central-1:123456789012:task-definition/made:1", 60]
    error_message = "The schedule starts something else."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.schedule[0].policy).Statement == [
      { Sid = "RunTask", Effect = "Allow", Action = "ecs:RunTask", Resource = "arn:aws:ecs:eu-central-1:123456789012:task-definition/made:1", Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } } },
      { Sid = "PassRoles", Effect = "Allow", Action = "iam:PassRole", Resource = [var.runner.role_arn, "arn:aws:iam::123456789012:role/made"], Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } } },
    ]
    error_message = "The schedule may ${aws_iam_role_policy.schedule[0].policy}."
  }
}

run "settings_come_from_ssm_where_it_is_asked_for" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    ssm_names   = ["slarunner", "shop"]
    environment = {}
  }
  assert {
    condition     = [for one in jsondecode(aws_ecs_task_definition.check.container_definitions)[0].environment : one.value if one.name == "SLARUNNER_SSMNAME"] == ["slarunner,shop"]
    error_message = "The runner loads nothing from SSM."
  }
}

run "an_image_of_a_service_carries_the_runner" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    entry_point = ["/usr/local/bin/sla-runner"]
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.check.container_definitions)[0].entryPoint == ["/usr/local/bin/sla-runner"] && jsondecode(aws_ecs_task_definition.check.container_definitions)[0].healthCheck.command == ["CMD", "/usr/local/bin/sla-runner", "healthcheck"]
    error_message = "The container is ${aws_ecs_task_definition.check.container_definitions}."
  }
}

run "secrets_come_from_elsewhere_and_may_be_read" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    secrets = {
      TOKEN    = "arn:aws:ssm:eu-central-1:123456789012:parameter/shop/token"
      PASSWORD = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-a1b2c3:password::"
      USER     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-a1b2c3:user::"
    }
    secrets_kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b"
  }
  assert {
    condition = jsondecode(aws_ecs_task_definition.check.container_definitions)[0].secrets == [
      { name = "PASSWORD", valueFrom = var.secrets["PASSWORD"] }, { name = "TOKEN", valueFrom = var.secrets["TOKEN"] }, { name = "USER", valueFrom = var.secrets["USER"] },
    ]
    error_message = "The container is ${aws_ecs_task_definition.check.container_definitions}."
  }
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.execution[0].policy).Statement : [one.Action, one.Resource] if one.Sid != "WriteLog"] == [
      ["secretsmanager:GetSecretValue", ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-a1b2c3"]],
      ["ssm:GetParameters", ["arn:aws:ssm:eu-central-1:123456789012:parameter/shop/token"]],
      ["kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/0a1b"],
    ]
    error_message = "Who starts the task may ${aws_iam_role_policy.execution[0].policy}."
  }
}

run "tmp_can_be_written_and_a_spool_outlives_the_task" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    writable_tmp = true
    spool        = { file_system_id = "fs-0123", access_point_id = "fsap-0123" }
  }
  assert {
    condition = jsondecode(aws_ecs_task_definition.check.container_definitions)[0].mountPoints == [
      { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }, { sourceVolume = "spool", containerPath = "/spool", readOnly = false },
    ] && contains(jsondecode(aws_ecs_task_definition.check.container_definitions)[0].environment, { name = "SLARUNNER_SPOOL", value = "/spool" })
    error_message = "The container is ${aws_ecs_task_definition.check.container_definitions}."
  }
  assert {
    condition = { for one in aws_ecs_task_definition.check.volume : one.name => [for efs in one.efs_volume_configuration : [efs.file_system_id, efs.transit_encryption, efs.authorization_config[0].access_point_id]] } == {
      tmp = [], spool = [["fs-0123", "ENABLED", "fsap-0123"]]
    }
    error_message = "The volumes are others."
  }
}

run "a_service_may_be_on_spot" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    capacity_providers = { FARGATE_SPOT = 1 }
  }
  assert {
    condition     = [for one in aws_ecs_service.check[0].capacity_provider_strategy : [one.capacity_provider, one.weight]] == [["FARGATE_SPOT", 1]]
    error_message = "The service is not on Spot."
  }
}

run "a_service_may_be_on_instances" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    capacity_providers = { instances = 1 }
    memory             = 1536
    spool              = { file_system_id = "fs-0123", access_point_id = "fsap-0123", folder = "2" }
    start              = { execution_role_arn = "arn:aws:iam::123456789012:role/start", log_group_name = "/sla-monitor/dev/web" }
  }
  assert {
    condition     = concat(tolist(aws_ecs_task_definition.check.requires_compatibilities), [for one in aws_ecs_service.check[0].capacity_provider_strategy : one.capacity_provider]) == ["EC2", "instances"]
    error_message = "The service is not on instances."
  }
  assert {
    condition     = length(aws_iam_role.execution) + length(aws_cloudwatch_log_group.check) == 0 && aws_ecs_task_definition.check.execution_role_arn == var.start.execution_role_arn && jsondecode(aws_ecs_task_definition.check.container_definitions)[0].logConfiguration.options["awslogs-group"] == "/sla-monitor/dev/web"
    error_message = "The service has a role or a log group of its own."
  }
  assert {
    condition     = contains(jsondecode(aws_ecs_task_definition.check.container_definitions)[0].environment, { name = "SLARUNNER_SPOOL", value = "/spool/2" })
    error_message = "The spool has no folder of its own."
  }
}

run "a_task_on_instances_gets_no_public_address" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    capacity_providers = { instances = 1 }
    assign_public_ip   = true
  }
  expect_failures = [aws_ecs_task_definition.check]
}

run "a_task_may_be_on_spot_and_share_the_role_that_starts_it" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    schedule           = "rate(1 hour)"
    capacity_providers = { FARGATE = 1, FARGATE_SPOT = 3 }
    runner             = { role_arn = "arn:aws:iam::123456789012:role/runner", schedule_role_arn = "arn:aws:iam::123456789012:role/sla-checks-schedule-dev", environment = { AWS_ENV = "dev", AWS_REGION = "eu-central-1" } }
  }
  assert {
    condition     = toset([for one in aws_scheduler_schedule.check[0].target[0].ecs_parameters[0].capacity_provider_strategy : "${one.capacity_provider} ${one.weight}"]) == toset(["FARGATE 1", "FARGATE_SPOT 3"])
    error_message = "The tasks are not shared out as asked."
  }
  assert {
    condition     = length(aws_iam_role.schedule) == 0 && aws_scheduler_schedule.check[0].target[0].role_arn == var.runner.schedule_role_arn
    error_message = "The schedule has a role of its own."
  }
}

run "fargate_waits_longer_than_the_runner" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    stop_timeout = 115
    architecture = "arm64"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.check.container_definitions)[0].stopTimeout == 120 && contains(jsondecode(aws_ecs_task_definition.check.container_definitions)[0].environment, { name = "SLARUNNER_STOPTIMEOUT", value = "115" })
    error_message = "The runner is killed within its own limit."
  }
  assert {
    condition     = aws_ecs_task_definition.check.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "The processor is another one."
  }
}

run "a_private_image_may_be_fetched" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    ecr_repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/sla-runner"
  }
  assert {
    condition = { for one in jsondecode(aws_iam_role_policy.execution[0].policy).Statement : one.Sid => one.Resource if one.Sid != "WriteLog" } == {
      FetchImage    = var.ecr_repository_arn
      EnterRegistry = "*"
    }
    error_message = "Who starts the task may ${aws_iam_role_policy.execution[0].policy}."
  }
}

run "the_largest_size_that_fargate_has_is_one" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    cpu    = 4096
    memory = 30720
  }
  assert {
    condition     = [aws_ecs_task_definition.check.cpu, aws_ecs_task_definition.check.memory] == ["4096", "30720"]
    error_message = "The task has ${aws_ecs_task_definition.check.cpu} CPU units and ${aws_ecs_task_definition.check.memory} MiB."
  }
}

run "too_little_memory_for_the_processor_is_refused" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    cpu    = 4096
    memory = 1536
  }
  expect_failures = [aws_ecs_task_definition.check]
}

run "too_much_memory_for_the_processor_is_refused" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    cpu    = 1024
    memory = 9216
  }
  expect_failures = [aws_ecs_task_definition.check]
}

run "memory_between_two_sizes_is_refused" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    cpu    = 256
    memory = 1536
  }
  expect_failures = [aws_ecs_task_definition.check]
}

run "a_name_that_has_just_room_in_the_name_of_its_role_is_one" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    name     = "shop-with-name-of-20"
    runner   = { role_arn = "arn:aws:iam::123456789012:role/sla-monitor-runner-role-dev", environment = { AWS_ENV = "a-stage-with-24-letters1", AWS_REGION = "eu-central-1" } }
    schedule = "rate(1 hour)"
  }
  assert {
    condition     = [length(aws_iam_role.execution[0].name), length(aws_iam_role.schedule[0].name)] == [61, 64]
    error_message = "The roles are called ${aws_iam_role.execution[0].name} and ${aws_iam_role.schedule[0].name}."
  }
}

run "a_name_that_is_too_long_for_the_role_of_its_schedule_is_refused" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    name     = "shop-with-name-of-20c"
    runner   = { role_arn = "arn:aws:iam::123456789012:role/sla-monitor-runner-role-dev", environment = { AWS_ENV = "a-stage-with-24-letters1", AWS_REGION = "eu-central-1" } }
    schedule = "rate(1 hour)"
  }
  expect_failures = [aws_iam_role.schedule]
}

run "a_name_that_is_too_long_for_the_role_of_a_service_is_refused" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    name   = "shop-with-a-name-of-24-c"
    runner = { role_arn = "arn:aws:iam::123456789012:role/sla-monitor-runner-role-dev", environment = { AWS_ENV = "a-stage-with-24-letters1", AWS_REGION = "eu-central-1" } }

  }
  expect_failures = [aws_iam_role.execution]
}
