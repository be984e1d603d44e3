# SPDX-License-Identifier: MIT
# Option: one role by which all scheduled checks of modules/ecs-check are started, instead of one for
# each. An account has room for 1,000 roles.

locals {
  check_task  = "arn:${local.partition}:ecs:${var.aws_region}:${local.account}:task-definition/sla-check-*-${var.aws_env}:*"
  check_start = "arn:${local.partition}:iam::${local.account}:role/sla-check-*-${var.aws_env}-start"
}

resource "aws_iam_role" "schedule" {
  count = var.schedule_role ? 1 : 0

  name = "sla-checks-schedule-${var.aws_env}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  count = var.schedule_role ? 1 : 0

  name = "schedule"
  role = aws_iam_role.schedule[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "RunTask"
        Effect   = "Allow"
        Action   = "ecs:RunTask"
        Resource = local.check_task
      },
      {
        Sid       = "PassRoles"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = [aws_iam_role.runner.arn, local.check_start]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
    ]
  })
}
