# SPDX-License-Identifier: MIT
output "task_definition_arn" {
  description = "The task definition, with its revision."
  value       = aws_ecs_task_definition.check.arn
}

output "command" {
  description = "What sla-runner is told to do instead of running a check."
  value       = var.command
}

output "log_group_name" {
  description = "Where the lines of the runner and of its command are."
  value       = aws_cloudwatch_log_group.check.name
}
