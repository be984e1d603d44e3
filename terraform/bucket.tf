# SPDX-License-Identifier: MIT
# Where the logs are put. No log replaces another, so there are no versions to keep.

resource "aws_s3_bucket" "logs" {
  bucket = coalesce(var.log_bucket_name, "sla-monitor-runner-logs-${var.aws_env}-${var.aws_region}")

  # Another name would be another bucket, without the logs that are in this one.
  lifecycle {
    ignore_changes = [bucket]
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket = aws_s3_bucket.logs.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_expiration_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.logs]
}

check "log_bucket_name_is_used" {
  assert {
    condition     = var.log_bucket_name == null || aws_s3_bucket.logs.bucket == var.log_bucket_name
    error_message = "The logs stay in the bucket ${aws_s3_bucket.logs.bucket}, which is there already: log_bucket_name is for one that is not. Take log_bucket_name out, or destroy the bucket first."
  }
}

# A state of the former project, or of an earlier version, keeps its bucket and with it the logs.
moved {
  from = aws_s3_bucket.sla-monitor-runner-logs-bucket
  to   = aws_s3_bucket.logs
}
