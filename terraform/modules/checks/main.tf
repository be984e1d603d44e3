# SPDX-License-Identifier: MIT
# A file of many checks, run by one task, or by shards of it: a service of one task for each. ECS places
# and replaces the tasks; which checks are whose the runners know from the names alone.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  stage     = var.runner.environment["AWS_ENV"]
  full_name = "sla-checks-${var.name}-${local.stage}"

  own_file = var.text != null
  file     = local.own_file ? "s3://${aws_s3_bucket.checks[0].bucket}/${aws_s3_object.checks[0].key}" : var.file
  file_arn = "arn:${data.aws_partition.current.partition}:s3:::${trimprefix(local.file, "s3://")}"

  shards = [for shard in range(var.shards) : {
    name        = shard == 0 ? var.name : "${var.name}-${shard}"
    environment = merge(var.task.environment, { SLARUNNER_CHECKS = local.file }, var.shards == 1 ? {} : { SLARUNNER_SHARD = "${shard}/${var.shards}" })
    # A spool belongs to one process.
    spool = var.task.spool == null ? null : {
      file_system_id  = var.task.spool.file_system_id
      access_point_id = var.task.spool.access_point_id
      folder          = tostring(shard)
    }
    subnet_ids = var.spread ? [var.task.subnet_ids[shard % length(var.task.subnet_ids)]] : var.task.subnet_ids
  }]

  runner = {
    role_arn    = aws_iam_role.task.arn
    environment = var.runner.environment
  }
}

# The file. Another text is another object, so that a deployment that is rolled back finds the former
# one: that is deleted after the services are steady.
resource "aws_s3_bucket" "checks" {
  count = local.own_file ? 1 : 0

  bucket_prefix = "sla-checks-${var.name}-"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "checks" {
  count = local.own_file ? 1 : 0

  bucket = aws_s3_bucket.checks[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "checks" {
  count = local.own_file ? 1 : 0

  bucket       = aws_s3_bucket.checks[0].bucket
  key          = "checks-${substr(sha256(var.text), 0, 16)}.json"
  content      = var.text
  content_type = "application/json"

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_s3_bucket_public_access_block.checks]
}

resource "aws_s3_bucket_policy" "checks" {
  count = local.own_file ? 1 : 0

  bucket = aws_s3_bucket.checks[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.checks[0].arn, "${aws_s3_bucket.checks[0].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_object.checks]
}

# As whom the checks run: what every runner may, and to read the file.
resource "aws_iam_role" "task" {
  name = local.full_name
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })

  lifecycle {
    precondition {
      condition     = (var.text == null) != (var.file == null)
      error_message = "Give the checks either as text or as file: ${var.text == null ? "neither" : "both"} is there."
    }
  }
}

resource "aws_iam_role_policy_attachment" "task" {
  role       = aws_iam_role.task.name
  policy_arn = var.runner.policy_arn
}

resource "aws_iam_role_policy" "task" {
  name = "read-checks"
  role = aws_iam_role.task.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadChecks"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = local.file_arn
    }]
  })
}

# The first has the log group and the role for starting tasks, which the others share.
module "first" {
  source = "../ecs-check"

  name        = local.shards[0].name
  runner      = local.runner
  environment = local.shards[0].environment
  spool       = local.shards[0].spool
  subnet_ids  = local.shards[0].subnet_ids

  image                 = var.task.image
  entry_point           = var.task.entry_point
  ssm_names             = var.task.ssm_names
  secrets               = var.task.secrets
  secrets_kms_key_arn   = var.task.secrets_kms_key_arn
  writable_tmp          = var.task.writable_tmp
  capacity_providers    = var.task.capacity_providers
  cluster_arn           = var.task.cluster_arn
  security_group_ids    = var.task.security_group_ids
  assign_public_ip      = var.task.assign_public_ip
  stop_timeout          = var.task.stop_timeout
  architecture          = var.task.architecture
  cpu                   = var.task.cpu
  memory                = var.task.memory
  user                  = var.task.user
  ecr_repository_arn    = var.task.ecr_repository_arn
  log_retention_days    = var.task.log_retention_days
  wait_for_steady_state = var.wait_for_steady_state

  depends_on = [aws_iam_role_policy.task, aws_iam_role_policy_attachment.task]
}

module "other" {
  count  = var.shards - 1
  source = "../ecs-check"

  name        = local.shards[count.index + 1].name
  runner      = local.runner
  environment = local.shards[count.index + 1].environment
  spool       = local.shards[count.index + 1].spool
  subnet_ids  = local.shards[count.index + 1].subnet_ids
  start       = module.first.start

  image                 = var.task.image
  entry_point           = var.task.entry_point
  ssm_names             = var.task.ssm_names
  secrets               = var.task.secrets
  writable_tmp          = var.task.writable_tmp
  capacity_providers    = var.task.capacity_providers
  cluster_arn           = var.task.cluster_arn
  security_group_ids    = var.task.security_group_ids
  assign_public_ip      = var.task.assign_public_ip
  stop_timeout          = var.task.stop_timeout
  architecture          = var.task.architecture
  cpu                   = var.task.cpu
  memory                = var.task.memory
  user                  = var.task.user
  wait_for_steady_state = var.wait_for_steady_state
}
