# SPDX-License-Identifier: MIT
# What is wrong is refused before anything is made, variable by variable.

mock_provider "aws" {}

run "wrong_values_are_refused" {
  command = plan
  variables {
    aws_env             = "Dev_1"
    aws_region          = "europe"
    tags                = { "aws:mine" = "x" }
    role_name           = "a role"
    log_bucket_name     = "Logs"
    log_expiration_days = 0
    topic_encryption    = "sse"
    kms_key_arn         = "alias/aws/sns"
    ssm_names           = ["*"]
    eks                 = { oidc_provider_arn = "https://oidc.eks.eu-central-1.amazonaws.com/id/4F", service_accounts = ["shop:checks"] }
    metrics_namespace   = "AWS/SLA"
    alarm_actions       = ["pager"]
    monitored_services  = { "größe" = {} }
    subscribers         = { one = { protocol = "sms", endpoint = "+49" } }

    history_expiration_days = 0
  }
  expect_failures = [
    var.aws_env, var.aws_region, var.tags, var.log_expiration_days, var.kms_key_arn, var.ssm_names, var.eks,
    var.metrics_namespace, var.alarm_actions, var.monitored_services, var.subscribers, var.history_expiration_days,
    var.role_name, var.log_bucket_name, var.topic_encryption,
  ]
}

run "other_wrong_values_are_refused_too" {
  command = plan
  variables {
    aws_env             = "a-name-that-no-bucket-has-room-for"
    aws_region          = "eu-central-1"
    log_expiration_days = 1.5
    ssm_names           = ["shop/"]
    eks                 = { oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks", service_accounts = ["*:checks"] }
    metrics_namespace   = ":SLA"
    monitored_services  = { shop = { failures_of = 3, period_minutes = 500 } }
    subscribers         = { one = { protocol = "https", endpoint = "http://example.com" } }
  }
  expect_failures = [
    var.aws_env, var.log_expiration_days, var.ssm_names, var.eks, var.metrics_namespace, var.monitored_services,
    var.subscribers,
  ]
}

run "what_does_not_go_together_is_refused" {
  command = plan
  variables {
    aws_env            = "dev"
    aws_region         = "eu-central-1"
    eks                = { oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.eks", service_accounts = [] }
    monitored_services = { shop = { missing_after_minutes = 10081 } }
    subscribers        = { one = { protocol = "email", endpoint = "team@example.com", raw = true } }
  }
  expect_failures = [var.eks, var.monitored_services, var.subscribers]
}

run "a_key_of_ones_own_has_to_be_named" {
  command = plan
  variables {
    aws_env          = "dev"
    aws_region       = "eu-central-1"
    topic_encryption = "own"
  }
  expect_failures = [aws_sns_topic.results]
}

run "wrong_values_of_a_check_are_refused" {
  command = plan
  module {
    source = "./modules/ecs-check"
  }
  variables {
    name               = "Shop 1"
    runner             = { role_arn = "arn:aws:iam::123456789012:role/r", environment = { AWS_ENV = "dev" } }
    image              = "sla-runner:latest"
    environment        = { SLARUNNER_ONCE = "1" }
    ssm_names          = ["/"]
    cluster_arn        = "checks"
    subnet_ids         = []
    security_group_ids = []
    schedule           = "hourly"
    stop_timeout       = 116
    architecture       = "arm"
    cpu                = 100
    memory             = 700
    user               = "0:0"
    ecr_repository_arn = "sla-runner"
    log_retention_days = 2

    entry_point         = [""]
    secrets             = { TOKEN = "shop/token" }
    secrets_kms_key_arn = "alias/shop"
    spool               = { file_system_id = "efs", access_point_id = "fsap-1" }
    capacity_providers  = { FARGATE = 1, mine = 1 }
  }
  expect_failures = [
    var.name, var.runner, var.image, var.environment, var.ssm_names, var.cluster_arn, var.subnet_ids,
    var.security_group_ids, var.schedule, var.stop_timeout, var.architecture, var.cpu, var.memory, var.user,
    var.ecr_repository_arn, var.log_retention_days, var.entry_point, var.secrets, var.secrets_kms_key_arn, var.spool,
    var.capacity_providers,
  ]
}
