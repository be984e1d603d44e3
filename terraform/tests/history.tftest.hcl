# SPDX-License-Identifier: MIT
# What is kept of all events, and the page that is made of it.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:topic" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::bucket" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/made" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/runner" }
  }
  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/made" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/made:1" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:made" }
  }
}

variables {
  aws_env    = "dev"
  aws_region = "eu-central-1"
}

run "nothing_is_kept_until_it_is_asked_for" {
  assert {
    condition     = length(aws_s3_bucket.history) + length(aws_kinesis_firehose_delivery_stream.history) + length(aws_iam_role.history) + length(module.report) == 0 && output.history_bucket_name == null
    error_message = "There is a history that nobody asked for."
  }
}

run "a_history_is_every_event_in_a_bucket_of_its_own" {
  variables {
    history                 = true
    history_expiration_days = 30
  }
  assert {
    condition     = [aws_sns_topic_subscription.history[0].protocol, aws_sns_topic_subscription.history[0].endpoint] == ["firehose", "arn:aws:firehose:eu-central-1:123456789012:deliverystream/made"] && aws_sns_topic_subscription.history[0].filter_policy == null && !aws_sns_topic_subscription.history[0].raw_message_delivery
    error_message = "The topic does not hand every event on, with its envelope."
  }
  assert {
    condition     = output.history_bucket_name == "sla-monitor-history-dev-eu-central-1" && aws_s3_bucket_lifecycle_configuration.history[0].rule[0].expiration[0].days == 30
    error_message = "The bucket is another one, or keeps events for another time."
  }
  assert {
    condition     = startswith(aws_kinesis_firehose_delivery_stream.history[0].extended_s3_configuration[0].prefix, "events/") && aws_kinesis_firehose_delivery_stream.history[0].extended_s3_configuration[0].processing_configuration[0].processors[0].type == "AppendDelimiterToRecord"
    error_message = "The events are elsewhere, or more than one on a line."
  }
  assert {
    condition = { for service, one in aws_iam_role_policy.history : service => [for statement in jsondecode(one.policy).Statement : [statement.Action, statement.Resource]] } == {
      firehose = [
        [["s3:PutObject", "s3:AbortMultipartUpload"], ["arn:aws:s3:::sla-monitor-history-dev-eu-central-1/events/*", "arn:aws:s3:::sla-monitor-history-dev-eu-central-1/errors/*"]],
        [["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"], "arn:aws:s3:::sla-monitor-history-dev-eu-central-1"],
      ]
      sns = [[["firehose:DescribeDeliveryStream", "firehose:PutRecord", "firehose:PutRecordBatch"], "arn:aws:firehose:eu-central-1:123456789012:deliverystream/sla-monitor-history-dev"]]
    }
    error_message = "Somebody may do more than is needed, or less."
  }
}

run "a_report_is_a_task_that_reads_the_events_and_puts_a_page" {
  variables {
    report = {
      image              = "registry.example.com/sla-runner:1.2.3"
      cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/checks"
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
      arguments          = ["--slo", "99.9"]
    }
  }
  assert {
    condition     = module.report[0].command == tolist(["report", "--format", "html", "--out", "s3://sla-monitor-history-dev-eu-central-1/report/index.html", "--slo", "99.9", "s3://sla-monitor-history-dev-eu-central-1/events/"])
    error_message = "The task does ${jsonencode(module.report[0].command)}."
  }
  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.history["ecs-tasks"].policy).Statement : [statement.Action, statement.Resource, try(statement.Condition, null)]] == [
      ["s3:ListBucket", "arn:aws:s3:::sla-monitor-history-dev-eu-central-1", { StringLike = { "s3:prefix" = "events/*" } }],
      ["s3:GetObject", "arn:aws:s3:::sla-monitor-history-dev-eu-central-1/events/*", null],
      ["s3:PutObject", "arn:aws:s3:::sla-monitor-history-dev-eu-central-1/report/index.html", null],
    ]
    error_message = "The task may do more than is needed, or less: ${aws_iam_role_policy.history["ecs-tasks"].policy}"
  }
}

run "a_key_of_ones_own_is_used_for_the_history_too" {
  variables {
    history     = true
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.history["firehose"].policy).Statement : statement.Condition if statement.Sid == "UseKey"]) == { StringEquals = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com" } }
    error_message = "The stream cannot put what the bucket encrypts."
  }
}

run "a_command_of_its_own_is_no_runner" {
  module {
    source = "./modules/ecs-check"
  }
  variables {
    name               = "report"
    image              = "registry.example.com/sla-runner:1.2.3"
    cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/checks"
    subnet_ids         = ["subnet-1"]
    security_group_ids = ["sg-1"]
    schedule           = "rate(1 day)"
    command            = ["report", "-"]
    runner = {
      role_arn    = "arn:aws:iam::123456789012:role/made"
      environment = { AWS_ENV = "dev", AWS_REGION = "eu-central-1" }
    }
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.check.container_definitions)[0].command == ["report", "-"] && !contains(keys(jsondecode(aws_ecs_task_definition.check.container_definitions)[0]), "healthCheck")
    error_message = "The task is ${aws_ecs_task_definition.check.container_definitions}."
  }
}
