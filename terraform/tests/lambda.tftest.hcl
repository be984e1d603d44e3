# SPDX-License-Identifier: MIT
# modules/lambda-checks: a function that runs a file of checks, called by schedules.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws-cn" }
  }
  mock_data "aws_region" {
    defaults = { name = "cn-north-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws-cn:iam::123456789012:role/made" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:made" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:made" }
  }
}

variables {
  name     = "web"
  package  = "s3://packages/sla-runner/1.2.3.zip"
  checks   = "s3://config/web/checks.json"
  schedule = "rate(1 hour)"
  runner = {
    policy_arn  = "arn:aws-cn:iam::123456789012:policy/sla-monitor-runner-policy-dev"
    environment = { AWS_ENV = "dev", AWS_REGION = "cn-north-1", SLARUNNER_SNSTOPICARN = "arn:aws-cn:sns:cn-north-1:123456789012:topic" }
  }
  environment = { SLARUNNER_WORKERS = "64" }
}

run "the_program_is_a_function" {
  module {
    source = "./modules/lambda-checks"
  }
  assert {
    condition = [aws_lambda_function.checks.function_name, aws_lambda_function.checks.runtime, aws_lambda_function.checks.handler, aws_lambda_function.checks.s3_bucket, aws_lambda_function.checks.s3_key] == [
      "sla-lambda-web-dev", "provided.al2023", "bootstrap", "packages", "sla-runner/1.2.3.zip"
    ] && aws_lambda_function.checks.filename == null
    error_message = "The function is another one."
  }
  assert {
    condition     = [aws_lambda_function.checks.memory_size, aws_lambda_function.checks.timeout, aws_lambda_function.checks.reserved_concurrent_executions] == [512, 60, -1] && aws_lambda_function.checks.architectures == tolist(["x86_64"])
    error_message = "The function has another size."
  }
  assert {
    condition = aws_lambda_function.checks.environment[0].variables == tomap({
      AWS_ENV = "dev", SLARUNNER_CHECKS = "s3://config/web/checks.json", SLARUNNER_SNSTOPICARN = "arn:aws-cn:sns:cn-north-1:123456789012:topic", SLARUNNER_WORKERS = "64"
    })
    error_message = "The variables are ${jsonencode(aws_lambda_function.checks.environment[0].variables)}: AWS_REGION Lambda refuses."
  }
  assert {
    condition     = [aws_cloudwatch_log_group.checks.name, output.log_group_name] == ["/aws/lambda/sla-lambda-web-dev", "/aws/lambda/sla-lambda-web-dev"] && aws_cloudwatch_log_group.checks.retention_in_days == 30
    error_message = "The lines are in ${aws_cloudwatch_log_group.checks.name}."
  }
}

run "the_function_may_do_what_a_runner_does_and_read_its_checks" {
  module {
    source = "./modules/lambda-checks"
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.function.policy).Statement == [
      { Sid = "WriteLog", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:made:log-stream:*" },
      { Sid = "ReadChecks", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws-cn:s3:::config/web/checks.json" },
    ]
    error_message = "The function may ${aws_iam_role_policy.function.policy}."
  }
  assert {
    condition     = [aws_iam_role_policy_attachment.function.role, aws_iam_role_policy_attachment.function.policy_arn] == ["sla-lambda-web-dev", var.runner.policy_arn]
    error_message = "The function does not have the policy of every runner."
  }
}

run "one_schedule_calls_it_and_nobody_tries_again" {
  module {
    source = "./modules/lambda-checks"
  }
  assert {
    condition     = length(aws_scheduler_schedule.checks) == 1 && aws_scheduler_schedule.checks[0].target[0].input == "{\"checks\":\"s3://config/web/checks.json\"}"
    error_message = "It is called with ${jsonencode(output.payloads)}."
  }
  assert {
    condition     = [aws_scheduler_schedule.checks[0].schedule_expression, aws_scheduler_schedule.checks[0].flexible_time_window[0].mode, aws_scheduler_schedule.checks[0].flexible_time_window[0].maximum_window_in_minutes] == ["rate(1 hour)", "FLEXIBLE", 1]
    error_message = "It is called at another time."
  }
  assert {
    condition     = [aws_scheduler_schedule.checks[0].target[0].retry_policy[0].maximum_retry_attempts, aws_lambda_function_event_invoke_config.checks.maximum_retry_attempts, aws_lambda_function_event_invoke_config.checks.maximum_event_age_in_seconds] == [0, 0, 60]
    error_message = "A call is tried again."
  }
  assert {
    condition = jsondecode(aws_iam_role_policy.schedule[0].policy).Statement == [
      { Sid = "InvokeFunction", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = "arn:aws-cn:lambda:cn-north-1:123456789012:function:made" },
    ]
    error_message = "The schedule may ${aws_iam_role_policy.schedule[0].policy}."
  }
}

run "each_shard_has_a_schedule" {
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    checks               = "ssm:checks"
    shards               = 3
    window_minutes       = 0
    architecture         = "arm64"
    memory               = 1769
    timeout              = 300
    reserved_concurrency = 0
    ssm_names            = ["slarunner", "shop"]
  }
  assert {
    condition = [for one in aws_scheduler_schedule.checks : "${one.name} ${one.target[0].input}"] == [
      "sla-lambda-web-dev-0 {\"checks\":\"ssm:checks\",\"of\":3,\"shard\":0}",
      "sla-lambda-web-dev-1 {\"checks\":\"ssm:checks\",\"of\":3,\"shard\":1}",
      "sla-lambda-web-dev-2 {\"checks\":\"ssm:checks\",\"of\":3,\"shard\":2}",
    ]
    error_message = "It is called with ${jsonencode(output.payloads)}."
  }
  assert {
    condition     = alltrue([for one in aws_scheduler_schedule.checks : one.flexible_time_window[0].mode == "OFF" && one.flexible_time_window[0].maximum_window_in_minutes == null])
    error_message = "The calls have a window."
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.function.policy).Statement : "${one.Action} ${one.Resource}" if one.Sid == "ReadChecks"] == ["ssm:GetParameter arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/checks"]
    error_message = "The function may ${aws_iam_role_policy.function.policy}."
  }
  assert {
    condition     = [aws_lambda_function.checks.memory_size, aws_lambda_function.checks.timeout, aws_lambda_function.checks.reserved_concurrent_executions] == [1769, 300, 0] && aws_lambda_function.checks.architectures == tolist(["arm64"])
    error_message = "The function has another size."
  }
  assert {
    condition     = aws_lambda_function.checks.environment[0].variables["SLARUNNER_SSMNAME"] == "slarunner,shop"
    error_message = "The runner loads nothing from SSM."
  }
}

run "a_parameter_may_be_named_by_its_path" {
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    checks = "ssm:/prod/checks"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.function.policy).Statement[1].Resource == "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/checks"
    error_message = "The function may ${aws_iam_role_policy.function.policy}."
  }
}

run "a_parameter_may_be_named_by_its_arn" {
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    checks = "arn:aws-cn:ssm:cn-northwest-1:123456789012:parameter/prod/checks"
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.function.policy).Statement : "${one.Action} ${one.Resource}" if one.Sid == "ReadChecks"] == ["ssm:GetParameter ${var.checks}"]
    error_message = "The function may ${aws_iam_role_policy.function.policy}."
  }
}

run "a_single_check_without_a_schedule_is_for_others_to_call" {
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    package     = "versions.tf"
    checks      = null
    schedule    = null
    environment = { SLARUNNER_SERVICE = "shop", SLARUNNER_URL = "https://shop.example.com" }
  }
  assert {
    condition     = length(aws_scheduler_schedule.checks) + length(aws_iam_role.schedule) == 0 && length(jsondecode(aws_iam_role_policy.function.policy).Statement) == 1 && !contains(keys(aws_lambda_function.checks.environment[0].variables), "SLARUNNER_CHECKS")
    error_message = "There is more than the function."
  }
  assert {
    condition     = [aws_lambda_function.checks.filename, aws_lambda_function.checks.source_code_hash] == ["versions.tf", filebase64sha256("versions.tf")] && aws_lambda_function.checks.s3_bucket == null
    error_message = "The package is ${jsonencode(local.package)}."
  }
}

run "a_single_check_is_called_with_nothing" {
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    checks      = null
    environment = { SLARUNNER_SERVICE = "shop", SLARUNNER_URL = "https://shop.example.com" }
  }
  assert {
    condition     = aws_scheduler_schedule.checks[0].target[0].input == "{}"
    error_message = "It is called with ${jsonencode(output.payloads)}."
  }
}

run "it_may_run_in_a_vpc" {
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    vpc = { subnet_ids = ["subnet-0a", "subnet-0b"], security_group_ids = ["sg-0c"] }
  }
  assert {
    condition     = aws_lambda_function.checks.vpc_config[0].subnet_ids == toset(["subnet-0a", "subnet-0b"]) && aws_lambda_function.checks.vpc_config[0].security_group_ids == toset(["sg-0c"])
    error_message = "It runs in ${jsonencode(aws_lambda_function.checks.vpc_config)}."
  }
  assert {
    condition     = [for one in aws_iam_role_policy_attachment.vpc : "${one.role} ${one.policy_arn}"] == ["sla-lambda-web-dev arn:aws-cn:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]
    error_message = "Lambda may not make the interfaces."
  }
}

run "without_a_vpc_it_has_lambdas_network" {
  module {
    source = "./modules/lambda-checks"
  }
  assert {
    condition     = length(aws_lambda_function.checks.vpc_config) + length(aws_iam_role_policy_attachment.vpc) == 0
    error_message = "It runs in ${jsonencode(aws_lambda_function.checks.vpc_config)}."
  }
}

run "the_longest_names_have_room" {
  command = plan
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    name   = "checks-with-name-20c"
    shards = 1000
    runner = { policy_arn = "arn:aws-cn:iam::123456789012:policy/runner", environment = { AWS_ENV = "a-stage-with-24-letters1", AWS_REGION = "cn-north-1" } }
  }
  assert {
    condition     = max(length(aws_iam_role.schedule[0].name), length(aws_scheduler_schedule.checks[999].name), length(aws_lambda_function.checks.function_name)) <= 64
    error_message = "${aws_iam_role.schedule[0].name} or ${aws_scheduler_schedule.checks[999].name} is too long."
  }
}

run "shards_need_checks_that_they_share" {
  command = plan
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    checks = null
    shards = 2
  }
  expect_failures = [aws_lambda_function.checks]
}

run "another_region_than_the_runners_is_refused" {
  command = plan
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    runner = { policy_arn = "arn:aws-cn:iam::123456789012:policy/runner", environment = { AWS_ENV = "dev", AWS_REGION = "cn-northwest-1" } }
  }
  expect_failures = [aws_lambda_function.checks]
}

run "what_is_wrong_with_a_function_is_refused" {
  command = plan
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    name                 = "The-Web"
    runner               = { policy_arn = "runner", environment = {} }
    package              = "no-such.zip"
    architecture         = "arm"
    checks               = "checks.json"
    shards               = 1.5
    schedule             = "hourly"
    window_minutes       = 1441
    environment          = { SLARUNNER_SHARD = "1/2" }
    ssm_names            = ["*"]
    memory               = 64
    timeout              = 901
    reserved_concurrency = -1
    log_retention_days   = 2
    vpc                  = { subnet_ids = ["vpc-1"], security_group_ids = ["sg-0c"] }
  }
  expect_failures = [
    var.name, var.runner, var.package, var.architecture, var.checks, var.shards, var.schedule, var.window_minutes,
    var.environment, var.ssm_names, var.memory, var.timeout, var.reserved_concurrency, var.log_retention_days, var.vpc,
  ]
}

run "other_wrong_values_of_a_function_are_refused_too" {
  command = plan
  module {
    source = "./modules/lambda-checks"
  }
  variables {
    package     = "s3://packages"
    checks      = "s3://config/web/"
    shards      = 0
    environment = { AWS_REGION = "cn-north-1" }
    timeout     = 4
    vpc         = { subnet_ids = ["subnet-0a"], security_group_ids = [] }
  }
  expect_failures = [var.package, var.checks, var.shards, var.environment, var.timeout, var.vpc]
}
