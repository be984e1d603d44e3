# SPDX-License-Identifier: MIT
# As whom a runner acts, and what it may do: exactly what it calls, on exactly what is here.

locals {
  # A policy is asked about the path as the runner sends it, with a slash at its end.
  ssm_paths = [for name in var.ssm_names : startswith(name, "/") ? name : "/${var.aws_env}/${name}"]
  ssm_arns  = [for path in local.ssm_paths : "arn:${local.partition}:ssm:${var.aws_region}:${local.account}:parameter${path}"]

  oidc_issuer = var.eks == null ? "" : replace(var.eks.oidc_provider_arn, "/^[^/]*//", "")

  trust = concat(
    [
      {
        Sid       = "EcsTasks"
        Effect    = "Allow"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        Sid       = "Ec2"
        Effect    = "Allow"
        Principal = { Service = "ec2.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
      {
        Sid       = "OwnAccount"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "sts:AssumeRole"
      },
    ],
    var.eks == null ? [] : [
      {
        Sid       = "EksServiceAccounts"
        Effect    = "Allow"
        Principal = { Federated = var.eks.oidc_provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = { StringEquals = {
          "${local.oidc_issuer}:aud" = "sts.amazonaws.com"
          "${local.oidc_issuer}:sub" = [for one in var.eks.service_accounts : "system:serviceaccount:${one}"]
        } }
      },
    ],
    !var.eks_pod_identity ? [] : [
      {
        Sid       = "EksPodIdentity"
        Effect    = "Allow"
        Principal = { Service = "pods.eks.amazonaws.com" }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ],
  )

  permissions = concat(
    [
      {
        Sid      = "PublishResults"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = aws_sns_topic.results.arn
      },
      {
        # GetObject is what HeadObject asks for: whether the log under a taken key is this very run's.
        Sid      = "PutLogs"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject"]
        Resource = "${aws_s3_bucket.logs.arn}/*"
        # Bucket names are global: one that was deleted here may belong to somebody else tomorrow.
        Condition = { StringEquals = { "aws:ResourceAccount" = local.account } }
      },
      {
        # CloudWatch knows no resources; the namespace is the limit.
        Sid       = "PutMetrics"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = var.metrics_namespace } }
      },
    ],
    length(var.ssm_names) == 0 ? [] : [
      {
        Sid      = "LoadParameters"
        Effect   = "Allow"
        Action   = "ssm:GetParametersByPath"
        Resource = flatten([for arn in local.ssm_arns : [arn, "${arn}/"]])
      },
    ],
    var.kms_key_arn == null ? [] : [
      {
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = [
          for service in ["sns", "s3", "ssm"] : "${service}.${var.aws_region}.${data.aws_partition.current.dns_suffix}"
        ] } }
      },
    ],
  )
}

resource "aws_iam_role" "runner" {
  name               = coalesce(var.role_name, "sla-monitor-runner-role-${var.aws_env}")
  description        = "The sla-runners of ${var.aws_env}: publish results, put logs"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = local.trust })

  # Another name would be another role, and running tasks would lose the one that they act as.
  lifecycle {
    ignore_changes = [name]
  }
}

resource "aws_iam_policy" "runner" {
  name   = "sla-monitor-runner-policy-${var.aws_env}"
  policy = jsonencode({ Version = "2012-10-17", Statement = local.permissions })

  lifecycle {
    ignore_changes = [name]
  }
}

resource "aws_iam_role_policy_attachment" "runner" {
  role       = aws_iam_role.runner.name
  policy_arn = aws_iam_policy.runner.arn
}

# What an EC2 instance takes the role by.
resource "aws_iam_instance_profile" "runner" {
  name = aws_iam_role.runner.name
  role = aws_iam_role.runner.name
}

check "role_name_is_used" {
  assert {
    condition     = var.role_name == null || aws_iam_role.runner.name == var.role_name
    error_message = "The role stays ${aws_iam_role.runner.name}, which is there already and which running tasks use: role_name is for one that is not. Take role_name out, or destroy the role first."
  }
}

# A state of the former project, or of an earlier version, keeps its role.
moved {
  from = aws_iam_role.sla-monitor-runner-role
  to   = aws_iam_role.runner
}
moved {
  from = aws_iam_policy.sla-monitor-runner-policy
  to   = aws_iam_policy.runner
}
moved {
  from = aws_iam_role_policy_attachment.sla-monitor-runner-policy-attach
  to   = aws_iam_role_policy_attachment.runner
}
