# SPDX-License-Identifier: MIT
# What everybody gets, with nothing but the two variables that have to be given.

mock_provider "aws" {
  source = "./tests/china"
}

variables {
  aws_env    = "dev"
  aws_region = "cn-north-1"
}

run "names_stay_what_they_are" {
  assert {
    condition     = aws_sns_topic.results.name == "sla-monitor-result-published-dev"
    error_message = "The topic is called ${aws_sns_topic.results.name}."
  }
  assert {
    condition     = aws_s3_bucket.logs.bucket == "sla-monitor-runner-logs-dev-cn-north-1"
    error_message = "The bucket is called ${aws_s3_bucket.logs.bucket}."
  }
  assert {
    condition     = aws_iam_role.runner.name == "sla-monitor-runner-role-dev"
    error_message = "The role is called ${aws_iam_role.runner.name}."
  }
}

run "services_of_aws_can_publish_and_the_bucket_is_encrypted_without_a_key" {
  assert {
    condition     = aws_sns_topic.results.kms_master_key_id == null
    error_message = "The topic is encrypted with a key that no service of AWS can publish with."
  }
  assert {
    condition = alltrue([for rule in aws_s3_bucket_server_side_encryption_configuration.logs.rule :
    rule.apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"])
    error_message = "The bucket is not encrypted by S3's own keys."
  }
}

run "bucket_is_private_and_logs_expire" {
  assert {
    condition     = alltrue([for name in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] : aws_s3_bucket_public_access_block.logs[name]])
    error_message = "Public access is not blocked."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.logs.policy).Statement == [{ Sid = "OnlyOverTls", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws-cn:s3:::bucket", "arn:aws-cn:s3:::bucket/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } }]
    error_message = "The bucket's policy is ${aws_s3_bucket_policy.logs.policy}."
  }
  assert {
    condition = [for rule in aws_s3_bucket_lifecycle_configuration.logs.rule :
    [rule.status, rule.expiration[0].days, rule.abort_incomplete_multipart_upload[0].days_after_initiation]] == [["Enabled", 90, 1]]
    error_message = "Logs do not expire after 90 days."
  }
}

run "role_is_for_those_who_run_a_runner" {
  assert {
    condition = { for one in jsondecode(aws_iam_role.runner.assume_role_policy).Statement : one.Sid => [one.Action, one.Principal] } == {
      EcsTasks   = ["sts:AssumeRole", { Service = "ecs-tasks.amazonaws.com" }]
      Ec2        = ["sts:AssumeRole", { Service = "ec2.amazonaws.com" }]
      OwnAccount = ["sts:AssumeRole", { AWS = "arn:aws-cn:iam::123456789012:root" }]
    }
    error_message = "The role trusts ${aws_iam_role.runner.assume_role_policy}."
  }
  assert {
    condition     = aws_iam_role_policy_attachment.runner.role == aws_iam_role.runner.name && aws_iam_role_policy_attachment.runner.policy_arn == aws_iam_policy.runner.arn
    error_message = "The role does not have the policy."
  }
  assert {
    condition     = aws_iam_instance_profile.runner.role == aws_iam_role.runner.name
    error_message = "The instance profile has another role."
  }
}

run "policy_allows_exactly_what_a_runner_calls" {
  assert {
    condition = jsondecode(aws_iam_policy.runner.policy).Statement == [
      { Sid = "PublishResults", Effect = "Allow", Action = "sns:Publish", Resource = "arn:aws-cn:sns:cn-north-1:123456789012:topic" },
      { Sid = "PutLogs", Effect = "Allow", Action = ["s3:PutObject", "s3:GetObject"], Resource = "arn:aws-cn:s3:::bucket/*", Condition = { StringEquals = { "aws:ResourceAccount" = "123456789012" } } },
      { Sid = "PutMetrics", Effect = "Allow", Action = "cloudwatch:PutMetricData", Resource = "*", Condition = { StringEquals = { "cloudwatch:namespace" = "SLA-Monitor" } } },
      { Sid = "LoadParameters", Effect = "Allow", Action = "ssm:GetParametersByPath", Resource = ["arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/slarunner", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/slarunner/", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/sla-monitor-globals", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/sla-monitor-globals/"] },
    ]
    error_message = "The policy is ${aws_iam_policy.runner.policy}."
  }
}

run "options_are_off" {
  assert {
    condition     = length(aws_sns_topic_subscription.subscriber) + length(aws_cloudwatch_metric_alarm.failure) + length(aws_cloudwatch_metric_alarm.missing) + length(aws_cloudwatch_dashboard.services) == 0
    error_message = "Something is made that nobody asked for."
  }
}

run "outputs_are_the_runners_environment" {
  assert {
    condition     = output.env == "AWS_ENV=dev\nAWS_REGION=cn-north-1\nSLARUNNER_S3BUCKETNAME=sla-monitor-runner-logs-dev-cn-north-1\nSLARUNNER_SNSTOPICARN=arn:aws-cn:sns:cn-north-1:123456789012:topic\n"
    error_message = "The environment is ${output.env}."
  }
  assert {
    condition     = [output.topic_arn, output.bucket_name, output.role_arn, output.runner.role_arn] == ["arn:aws-cn:sns:cn-north-1:123456789012:topic", "sla-monitor-runner-logs-dev-cn-north-1", "arn:aws-cn:iam::123456789012:role/runner", "arn:aws-cn:iam::123456789012:role/runner"]
    error_message = "An output does not say what was made."
  }
}

run "a_key_of_ones_own_is_used_and_allowed" {
  variables {
    kms_key_arn = "arn:aws-cn:kms:cn-north-1:123456789012:key/0a1b"
  }
  assert {
    condition     = aws_sns_topic.results.kms_master_key_id == var.kms_key_arn
    error_message = "The topic is encrypted with another key."
  }
  assert {
    condition = [for rule in aws_s3_bucket_server_side_encryption_configuration.logs.rule :
    [rule.bucket_key_enabled, rule.apply_server_side_encryption_by_default[0].sse_algorithm, rule.apply_server_side_encryption_by_default[0].kms_master_key_id]] == [[true, "aws:kms", var.kms_key_arn]]
    error_message = "The bucket is encrypted with another key."
  }
  assert {
    condition = [for one in jsondecode(aws_iam_policy.runner.policy).Statement : one if one.Sid == "UseKey"] == [{
      Sid       = "UseKey", Effect = "Allow", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = "arn:aws-cn:kms:cn-north-1:123456789012:key/0a1b"
      Condition = { StringEquals = { "kms:ViaService" = ["sns.cn-north-1.amazonaws.com.cn", "s3.cn-north-1.amazonaws.com.cn", "ssm.cn-north-1.amazonaws.com.cn"] } }
    }]
    error_message = "The policy is ${aws_iam_policy.runner.policy}."
  }
}

run "a_topic_is_encrypted_as_asked" {
  variables {
    topic_encryption = "aws"
    kms_key_arn      = "arn:aws-cn:kms:cn-north-1:123456789012:key/0a1b"
  }
  assert {
    condition     = aws_sns_topic.results.kms_master_key_id == "alias/aws/sns"
    error_message = "The topic is not encrypted with AWS's own key."
  }
}

run "eks_pod_identity_is_trusted_where_it_is_asked_for" {
  variables {
    eks_pod_identity = true
  }
  assert {
    condition = [for one in jsondecode(aws_iam_role.runner.assume_role_policy).Statement : one if one.Sid == "EksPodIdentity"] == [{
      Sid       = "EksPodIdentity", Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "pods.eks.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }]
    error_message = "The role trusts ${aws_iam_role.runner.assume_role_policy}."
  }
}

run "service_accounts_of_eks_are_named_one_by_one" {
  variables {
    eks = { oidc_provider_arn = "arn:aws-cn:iam::123456789012:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/4F", service_accounts = ["shop:checks", "pay:checks"] }
  }
  assert {
    condition = [for one in jsondecode(aws_iam_role.runner.assume_role_policy).Statement : one if one.Sid == "EksServiceAccounts"] == [{
      Sid       = "EksServiceAccounts", Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = var.eks.oidc_provider_arn }
      Condition = { StringEquals = { "oidc.eks.cn-north-1.amazonaws.com.cn/id/4F:aud" = "sts.amazonaws.com", "oidc.eks.cn-north-1.amazonaws.com.cn/id/4F:sub" = ["system:serviceaccount:shop:checks", "system:serviceaccount:pay:checks"] } }
    }]
    error_message = "The role trusts ${aws_iam_role.runner.assume_role_policy}."
  }
}

run "parameters_are_those_of_the_names" {
  variables {
    ssm_names = ["shop/web", "/shared"]
  }
  assert {
    condition = [for one in jsondecode(aws_iam_policy.runner.policy).Statement : one.Resource if one.Sid == "LoadParameters"] == [[
      "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/shop/web", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/dev/shop/web/",
      "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/shared", "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/shared/",
    ]]
    error_message = "The policy is ${aws_iam_policy.runner.policy}."
  }
}

run "without_names_no_parameter_may_be_loaded" {
  variables {
    ssm_names = []
  }
  assert {
    condition     = !strcontains(aws_iam_policy.runner.policy, "ssm:")
    error_message = "The policy is ${aws_iam_policy.runner.policy}."
  }
}
