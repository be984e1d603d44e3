# SPDX-License-Identifier: MIT
# Options: all events, kept where no runner can read or change them, and a page that is made of them
# again and again.

locals {
  history = var.history || var.report != null ? 1 : 0
}

resource "aws_s3_bucket" "history" {
  count = local.history

  bucket = "sla-monitor-history-${var.aws_env}-${var.aws_region}"
}

resource "aws_s3_bucket_public_access_block" "history" {
  count = local.history

  bucket = aws_s3_bucket.history[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "history" {
  count = local.history

  bucket = aws_s3_bucket.history[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "history" {
  count = local.history

  bucket = aws_s3_bucket.history[0].id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "history" {
  count = local.history

  bucket = aws_s3_bucket.history[0].id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.history_expiration_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "history" {
  count = local.history

  bucket = aws_s3_bucket.history[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.history[0].arn, "${aws_s3_bucket.history[0].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.history]
}

# The events as SNS hands them on, a line each. Larger objects, and fewer of them, make reports cheap.
resource "aws_kinesis_firehose_delivery_stream" "history" {
  count = local.history

  name        = "sla-monitor-history-${var.aws_env}"
  destination = "extended_s3"

  extended_s3_configuration {
    role_arn            = aws_iam_role.history["firehose"].arn
    bucket_arn          = aws_s3_bucket.history[0].arn
    prefix              = "events/!{timestamp:yyyy/MM/dd}/"
    error_output_prefix = "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
    buffering_size      = 64
    buffering_interval  = 900

    processing_configuration {
      enabled = true

      processors {
        type = "AppendDelimiterToRecord"

        parameters {
          parameter_name  = "Delimiter"
          parameter_value = "\\n"
        }
      }
    }
  }

  depends_on = [aws_iam_role_policy.history]
}

resource "aws_sns_topic_subscription" "history" {
  count = local.history

  topic_arn             = aws_sns_topic.results.arn
  protocol              = "firehose"
  endpoint              = aws_kinesis_firehose_delivery_stream.history[0].arn
  subscription_role_arn = aws_iam_role.history["sns"].arn
  raw_message_delivery  = false

  depends_on = [aws_iam_role_policy.history]
}

# Who does what: the topic writes to the stream, the stream to the bucket, the report reads the events
# and puts its page.
locals {
  history_bucket = "arn:${local.partition}:s3:::sla-monitor-history-${var.aws_env}-${var.aws_region}"
  history_stream = "arn:${local.partition}:firehose:${var.aws_region}:${local.account}:deliverystream/sla-monitor-history-${var.aws_env}"
  history_key = var.kms_key_arn == null ? [] : [{
    Sid       = "UseKey"
    Effect    = "Allow"
    Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
    Resource  = var.kms_key_arn
    Condition = { StringEquals = { "kms:ViaService" = "s3.${var.aws_region}.${data.aws_partition.current.dns_suffix}" } }
  }]
  history_permissions = {
    sns = [{
      Sid      = "WriteStream"
      Effect   = "Allow"
      Action   = ["firehose:DescribeDeliveryStream", "firehose:PutRecord", "firehose:PutRecordBatch"]
      Resource = local.history_stream
    }]
    firehose = concat(
      [
        {
          Sid      = "PutEvents"
          Effect   = "Allow"
          Action   = ["s3:PutObject", "s3:AbortMultipartUpload"]
          Resource = [for prefix in ["events", "errors"] : "${local.history_bucket}/${prefix}/*"]
        },
        {
          Sid      = "SeeUploads"
          Effect   = "Allow"
          Action   = ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]
          Resource = local.history_bucket
        },
      ],
      local.history_key,
    )
    ecs-tasks = concat(
      [
        {
          Sid       = "ListEvents"
          Effect    = "Allow"
          Action    = "s3:ListBucket"
          Resource  = local.history_bucket
          Condition = { StringLike = { "s3:prefix" = "events/*" } }
        },
        {
          Sid      = "ReadEvents"
          Effect   = "Allow"
          Action   = "s3:GetObject"
          Resource = "${local.history_bucket}/events/*"
        },
        {
          Sid      = "PutPage"
          Effect   = "Allow"
          Action   = "s3:PutObject"
          Resource = "${local.history_bucket}/report/index.html"
        },
      ],
      local.history_key,
    )
  }
  history_roles = toset([for service in ["sns", "firehose", "ecs-tasks"] : service
  if local.history == 1 && (service != "ecs-tasks" || var.report != null)])
}

resource "aws_iam_role" "history" {
  for_each = local.history_roles

  name = "sla-monitor-history-${each.key}-${var.aws_env}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "${each.key}.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "history" {
  for_each = local.history_roles

  name   = "history"
  role   = aws_iam_role.history[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.history_permissions[each.key] })
}

module "report" {
  count  = var.report == null ? 0 : 1
  source = "./modules/ecs-check"

  name = "report"
  runner = {
    role_arn    = aws_iam_role.history["ecs-tasks"].arn
    environment = { AWS_ENV = var.aws_env, AWS_REGION = var.aws_region }
  }
  image = var.report.image
  command = concat(
    ["report", "--format", "html", "--out", "s3://${aws_s3_bucket.history[0].bucket}/report/index.html"],
    var.report.arguments,
    ["s3://${aws_s3_bucket.history[0].bucket}/events/"],
  )

  schedule           = var.report.schedule
  cluster_arn        = var.report.cluster_arn
  subnet_ids         = var.report.subnet_ids
  security_group_ids = var.report.security_group_ids
  assign_public_ip   = var.report.assign_public_ip
  architecture       = var.report.architecture
  ecr_repository_arn = var.report.ecr_repository_arn
}
