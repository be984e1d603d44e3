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
  value       = local.start.log_group_name
}

output "start" {
  description = "What other calls of this module take as their `start`."
  value       = local.start
  depends_on  = [aws_iam_role_policy.execution]
}
