# SPDX-License-Identifier: MIT
output "function_arn" {
  description = "The function, such as for a deployment hook of ECS."
  value       = aws_lambda_function.checks.arn
}

output "role_name" {
  description = "The role of the checks, for policies that their commands need besides."
  value       = aws_iam_role.function.name
}

output "payloads" {
  description = "What the schedules call the function with."
  value       = local.payloads
}

output "log_group_name" {
  description = "Where the lines of all calls are."
  value       = aws_cloudwatch_log_group.checks.name
}
