# SPDX-License-Identifier: MIT
output "topic_arn" {
  description = "The results topic: $SLARUNNER_SNSTOPICARN."
  value       = aws_sns_topic.results.arn
}

output "bucket_name" {
  description = "The log bucket: $SLARUNNER_S3BUCKETNAME."
  value       = aws_s3_bucket.logs.bucket
}

output "history_bucket_name" {
  description = "The bucket of the history: `sla-runner report s3://BUCKET/events/`."
  value       = one(aws_s3_bucket.history[*].bucket)
}

output "role_arn" {
  description = "The role of the runners: of a task definition, of a service account, or $SLARUNNER_ROLE."
  value       = aws_iam_role.runner.arn
}

output "instance_profile_name" {
  description = "By which an EC2 instance takes the role."
  value       = aws_iam_instance_profile.runner.name
}

output "runner" {
  description = "What modules/ecs-check, modules/checks and modules/lambda-checks need to know."
  value = {
    role_arn          = aws_iam_role.runner.arn
    policy_arn        = aws_iam_policy.runner.arn
    environment       = local.environment
    schedule_role_arn = one(aws_iam_role.schedule[*].arn)
  }
}

output "env" {
  description = "The runner's environment, a line for each variable: for `docker run --env-file` and for `set -a; . FILE`."
  value       = join("", [for name, value in local.environment : "${name}=${value}\n"])
}

locals {
  environment = merge(
    {
      AWS_ENV                = var.aws_env
      AWS_REGION             = var.aws_region
      SLARUNNER_SNSTOPICARN  = aws_sns_topic.results.arn
      SLARUNNER_S3BUCKETNAME = aws_s3_bucket.logs.bucket
    },
    var.metrics ? { SLARUNNER_METRICSNAMESPACE = var.metrics_namespace } : {},
  )
}
