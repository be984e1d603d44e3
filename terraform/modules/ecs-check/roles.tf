# SPDX-License-Identifier: MIT
# The roles of those who start the runner; its own comes with var.runner.

# What Fargate does before the container is there: fetch the image, open the log.
resource "aws_iam_role" "execution" {
  count = local.own_start ? 1 : 0

  name = "${local.full_name}-start"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })

  lifecycle {
    precondition {
      condition     = length("${local.full_name}-start") <= 64
      error_message = "The role ${local.full_name}-start would have ${length("${local.full_name}-start")} characters, of which IAM allows 64: in the stage ${local.stage}, name may have at most ${64 - length("sla-check--${local.stage}-start")}."
    }
  }
}

locals {
  # A secret's ARN may go on with :KEY:STAGE:VERSION, which IAM knows nothing of.
  secret_arns = { for service in ["ssm", "secretsmanager"] : service => distinct([
    for from in values(var.secrets) : service == "ssm" ? from : join(":", slice(split(":", from), 0, 7))
    if split(":", from)[2] == service
  ]) }

  read_secrets = concat(
    [for service, arns in local.secret_arns : {
      Sid      = service == "ssm" ? "ReadParameters" : "ReadSecrets"
      Effect   = "Allow"
      Action   = service == "ssm" ? "ssm:GetParameters" : "secretsmanager:GetSecretValue"
      Resource = arns
    } if length(arns) > 0],
    [for key in [var.secrets_kms_key_arn] : {
      Sid      = "DecryptSecrets"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = key
    } if key != null],
  )
}

resource "aws_iam_role_policy" "execution" {
  count = local.own_start ? 1 : 0

  name = "start"
  role = aws_iam_role.execution[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.check[0].arn}:log-stream:*"
      }],
      [for one in [
        {
          Sid      = "FetchImage"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = var.ecr_repository_arn
        },
        {
          # A token is for the whole registry; what it opens is limited above.
          Sid      = "EnterRegistry"
          Effect   = "Allow"
          Action   = "ecr:GetAuthorizationToken"
          Resource = "*"
        },
      ] : one if var.ecr_repository_arn != null],
      local.read_secrets,
    )
  })
}

# What the schedule does where it has a role of its own: start this task in this cluster.
resource "aws_iam_role" "schedule" {
  count = local.own_schedule_role ? 1 : 0

  name = "${local.full_name}-schedule"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })

  lifecycle {
    precondition {
      condition     = length("${local.full_name}-schedule") <= 64
      error_message = "The role ${local.full_name}-schedule would have ${length("${local.full_name}-schedule")} characters, of which IAM allows 64: in the stage ${local.stage}, name may have at most ${64 - length("sla-check--${local.stage}-schedule")}."
    }
  }
}

resource "aws_iam_role_policy" "schedule" {
  count = local.own_schedule_role ? 1 : 0

  name = "schedule"
  role = aws_iam_role.schedule[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunTask"
        Effect    = "Allow"
        Action    = "ecs:RunTask"
        Resource  = aws_ecs_task_definition.check.arn
        Condition = { ArnEquals = { "ecs:cluster" = var.cluster_arn } }
      },
      {
        Sid       = "PassRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [var.runner.role_arn, local.start.execution_role_arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
