# SPDX-License-Identifier: MIT
# As whom the checks run, and who calls them.

locals {
  # Where the checks are: an object, or a parameter by its path, its name in the stage or its ARN.
  checks    = coalesce(var.checks, "none")
  in_s3     = startswith(local.checks, "s3://")
  parameter = trimprefix(local.checks, "ssm:")
  path      = startswith(local.parameter, "/") ? local.parameter : "/${local.stage}/${local.parameter}"

  parameter_arn = "arn:${data.aws_partition.current.partition}:ssm:${local.region}:${data.aws_caller_identity.current.account_id}:parameter${local.path}"
  checks_arn = (
    local.in_s3 ? "arn:${data.aws_partition.current.partition}:s3:::${trimprefix(local.checks, "s3://")}"
    : startswith(local.checks, "arn:") ? local.checks : local.parameter_arn
  )
}

# What every runner may, to read the checks, and to write its lines.
resource "aws_iam_role" "function" {
  name = local.full_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "function" {
  role       = aws_iam_role.function.name
  policy_arn = var.runner.policy_arn
}

# Lambda makes and deletes the network interfaces of the function as its role.
resource "aws_iam_role_policy_attachment" "vpc" {
  count = var.vpc == null ? 0 : 1

  role       = aws_iam_role.function.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

resource "aws_iam_role_policy" "function" {
  name = "function"
  role = aws_iam_role.function.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.checks.arn}:log-stream:*"
      }],
      [for arn in [local.checks_arn] : {
        Sid      = "ReadChecks"
        Effect   = "Allow"
        Action   = local.in_s3 ? "s3:GetObject" : "ssm:GetParameter"
        Resource = arn
      } if var.checks != null],
    )
  })
}

# What the schedules do: call this function.
resource "aws_iam_role" "schedule" {
  count = var.schedule == null ? 0 : 1

  name = "${local.full_name}-call"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  count = var.schedule == null ? 0 : 1

  name = "call"
  role = aws_iam_role.schedule[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "InvokeFunction"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = aws_lambda_function.checks.arn
    }]
  })
}
