# SPDX-License-Identifier: MIT
# modules/checks: a file of checks run by one task, and by shards.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws-cn" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws-cn:iam::123456789012:role/made" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws-cn:s3:::bucket", bucket = "sla-checks-web-1" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/made:1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:made" }
  }
}

variables {
  name = "web"
  text = "{\"checks\":[{\"service\":\"shop\",\"tcp\":\"shop.example.com:443\",\"every\":60}]}"
  runner = {
    policy_arn  = "arn:aws-cn:iam::123456789012:policy/sla-monitor-runner-policy-dev"
    environment = { AWS_ENV = "dev", AWS_REGION = "cn-north-1", SLARUNNER_SNSTOPICARN = "arn:aws-cn:sns:cn-north-1:123456789012:topic" }
  }
  task = {
    image              = "registry.example.com/sla-runner:1.2.3"
    cluster_arn        = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/checks"
    subnet_ids         = ["subnet-1", "subnet-2"]
    security_group_ids = ["sg-1"]
    environment        = { SLARUNNER_WORKERS = "64" }
  }
}

run "one_task_runs_all_checks_by_default" {
  module {
    source = "./modules/checks"
  }
  assert {
    condition     = length(module.other) == 0 && length(output.task_definition_arns) == 1 && output.log_group_name == "/sla-monitor/dev/web"
    error_message = "There is more than one task."
  }
  assert {
    condition     = jsonencode(local.shards) == jsonencode([{ name = "web", environment = { SLARUNNER_CHECKS = output.file, SLARUNNER_WORKERS = "64" }, spool = null, subnet_ids = ["subnet-1", "subnet-2"] }])
    error_message = "The shards are ${jsonencode(local.shards)}."
  }
}

run "the_file_is_an_object_that_the_role_may_read" {
  module {
    source = "./modules/checks"
  }
  assert {
    condition     = [output.file, aws_s3_object.checks[0].content] == ["s3://sla-checks-web-1/checks-${substr(sha256(var.text), 0, 16)}.json", var.text]
    error_message = "The file is ${output.file}."
  }
  assert {
    condition     = alltrue([for name in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] : aws_s3_bucket_public_access_block.checks[0][name]])
    error_message = "Public access is not blocked."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.task.policy).Statement == [
      { Sid = "ReadChecks", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws-cn:s3:::sla-checks-web-1/checks-${substr(sha256(var.text), 0, 16)}.json" },
    ]
    error_message = "The role may ${aws_iam_role_policy.task.policy}."
  }
  assert {
    condition     = [aws_iam_role_policy_attachment.task.role, aws_iam_role_policy_attachment.task.policy_arn] == ["sla-checks-web-dev", var.runner.policy_arn]
    error_message = "The role does not have the policy of every runner."
  }
}

run "a_file_that_is_there_is_read_where_it_is" {
  module {
    source = "./modules/checks"
  }
  variables {
    text = null
    file = "s3://config/web/checks.json"
  }
  assert {
    condition     = length(aws_s3_bucket.checks) + length(aws_s3_object.checks) == 0 && local.shards[0].environment["SLARUNNER_CHECKS"] == "s3://config/web/checks.json"
    error_message = "The file is ${output.file}."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.task.policy).Statement[0].Resource == "arn:aws-cn:s3:::config/web/checks.json"
    error_message = "The role may ${aws_iam_role_policy.task.policy}."
  }
}

run "shards_are_services_that_share_what_starts_them" {
  module {
    source = "./modules/checks"
  }
  variables {
    shards = 3
    spread = true
    task = {
      image              = "registry.example.com/sla-runner:1.2.3"
      cluster_arn        = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/checks"
      subnet_ids         = ["subnet-1", "subnet-2"]
      security_group_ids = ["sg-1"]
      spool              = { file_system_id = "fs-1", access_point_id = "fsap-1" }
      capacity_providers = { instances = 1 }
    }
  }
  assert {
    condition     = [for one in local.shards : join(" ", concat([one.name, one.environment["SLARUNNER_SHARD"], one.spool.folder], one.subnet_ids))] == ["web 0/3 0 subnet-1", "web-1 1/3 1 subnet-2", "web-2 2/3 2 subnet-1"]
    error_message = "The shards are ${jsonencode(local.shards)}."
  }
  assert {
    condition     = length(output.task_definition_arns) == 3 && module.other[1].start == module.first.start && module.other[0].log_group_name == "/sla-monitor/dev/web"
    error_message = "The shards do not share the role that starts them and the log group."
  }
}

run "no_shard_at_all_is_refused" {
  command = plan
  module {
    source = "./modules/checks"
  }
  variables {
    shards = 0
  }
  expect_failures = [var.shards]
}

run "half_a_shard_is_refused" {
  command = plan
  module {
    source = "./modules/checks"
  }
  variables {
    shards = 1.5
  }
  expect_failures = [var.shards]
}

run "text_and_file_exclude_each_other" {
  command = plan
  module {
    source = "./modules/checks"
  }
  variables {
    file = "s3://config/checks.json"
  }
  expect_failures = [aws_iam_role.task]
}

run "what_is_wrong_with_checks_is_refused" {
  command = plan
  module {
    source = "./modules/checks"
  }
  variables {
    name   = "The-Web"
    text   = "{\"checks\":[]}"
    file   = "checks.json"
    runner = { policy_arn = "runner", environment = {} }
    task = {
      image              = "registry.example.com/sla-runner:1.2.3"
      cluster_arn        = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/checks"
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
      environment        = { SLARUNNER_SHARD = "1/2" }
    }
  }
  expect_failures = [var.name, var.text, var.file, var.runner, var.task]
}
