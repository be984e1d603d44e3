# SPDX-License-Identifier: MIT
# What role and bucket are called when they are made, and that what is there keeps its name.

mock_provider "aws" {
  source = "./tests/china"
}

variables {
  aws_env    = "dev"
  aws_region = "cn-north-1"
}

run "what_is_made_anew_is_called_as_asked" {
  variables {
    role_name       = "sla-monitor-runner-role"
    log_bucket_name = "shop-sla-logs"
  }
  assert {
    condition     = aws_iam_role.runner.name == "sla-monitor-runner-role" && aws_s3_bucket.logs.bucket == "shop-sla-logs"
    error_message = "They are called ${aws_iam_role.runner.name} and ${aws_s3_bucket.logs.bucket}."
  }
  assert {
    condition     = output.runner.environment["SLARUNNER_S3BUCKETNAME"] == "shop-sla-logs"
    error_message = "The runners are told of another bucket: ${output.env}."
  }
}

run "what_is_there_keeps_its_name" {
  variables {
    role_name       = "another-role"
    log_bucket_name = "another-bucket"
  }
  expect_failures = [check.role_name_is_used, check.log_bucket_name_is_used]
}
