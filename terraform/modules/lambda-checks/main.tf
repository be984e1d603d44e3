# SPDX-License-Identifier: MIT
# A Lambda function that is the static program, and the schedules that call it: each call runs the
# checks of its shard once. A run that failed was counted, so nobody calls again for it.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  stage     = var.runner.environment["AWS_ENV"]
  region    = var.runner.environment["AWS_REGION"]
  full_name = "sla-lambda-${var.name}-${local.stage}"

  package = regex("^(?:s3://(?P<bucket>[^/]+)/(?P<key>.+)|(?P<file>.+))$", var.package)

  # The region Lambda sets by itself, and nobody else may. Who calls with {}, such as a deployment hook
  # of ECS, has all checks.
  environment = merge(
    { for name, value in var.runner.environment : name => value if name != "AWS_REGION" },
    var.environment,
    length(var.ssm_names) == 0 ? {} : { SLARUNNER_SSMNAME = join(",", var.ssm_names) },
    var.checks == null ? {} : { SLARUNNER_CHECKS = var.checks },
  )

  payloads = [for shard in range(var.schedule == null ? 0 : var.shards) : merge(
    var.shards == 1 ? {} : { shard = shard, of = var.shards },
    var.checks == null ? {} : { checks = var.checks },
  )]
}

resource "aws_cloudwatch_log_group" "checks" {
  name              = "/aws/lambda/${local.full_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "checks" {
  function_name = local.full_name
  role          = aws_iam_role.function.arn

  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  s3_bucket        = local.package.bucket
  s3_key           = local.package.key
  filename         = local.package.file
  source_code_hash = local.package.file == null ? null : filebase64sha256(local.package.file)

  memory_size                    = var.memory
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency == null ? -1 : var.reserved_concurrency

  environment {
    variables = local.environment
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = var.shards == 1 || (var.checks != null && var.schedule != null)
      error_message = "More than one of shards needs checks that they share, and a schedule that calls each."
    }
    precondition {
      condition     = data.aws_region.current.name == local.region
      error_message = "The provider is in ${data.aws_region.current.name}, but runner in ${local.region}: a function runs where it is made."
    }
  }

  depends_on = [aws_cloudwatch_log_group.checks, aws_iam_role_policy.function, aws_iam_role_policy_attachment.function, aws_iam_role_policy_attachment.vpc]
}

# Lambda by itself calls twice more where a call failed, and up to six hours later where it had no room.
resource "aws_lambda_function_event_invoke_config" "checks" {
  function_name                = aws_lambda_function.checks.function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}

resource "aws_scheduler_schedule" "checks" {
  count = length(local.payloads)

  name                = "${local.full_name}-${count.index}"
  schedule_expression = var.schedule

  flexible_time_window {
    mode                      = var.window_minutes == 0 ? "OFF" : "FLEXIBLE"
    maximum_window_in_minutes = var.window_minutes == 0 ? null : var.window_minutes
  }

  target {
    arn      = aws_lambda_function.checks.arn
    role_arn = aws_iam_role.schedule[0].arn
    input    = jsonencode(local.payloads[count.index])

    retry_policy {
      maximum_event_age_in_seconds = 60
      maximum_retry_attempts       = 0
    }
  }

  depends_on = [aws_iam_role_policy.schedule, aws_lambda_function_event_invoke_config.checks]
}
