# SPDX-License-Identifier: MIT
output "file" {
  description = "The file of checks, as --checks has it."
  value       = local.file
}

output "role_name" {
  description = "The role of the checks, for policies that their commands need besides."
  value       = aws_iam_role.task.name
}

output "task_definition_arns" {
  description = "The task definition of each shard, with its revision."
  value       = concat([module.first.task_definition_arn], module.other[*].task_definition_arn)
}

output "log_group_name" {
  description = "Where the lines of all shards are."
  value       = module.first.log_group_name
}
