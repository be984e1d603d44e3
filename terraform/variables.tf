# SPDX-License-Identifier: MIT
# What has no default has to be given; every option is off until it is asked for.

variable "aws_env" {
  description = "The stage that all names end in, such as dev or prod; $AWS_ENV of the runners."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$", var.aws_env))
    error_message = "aws_env becomes part of a bucket's name: give 1 to 24 lower-case letters, digits and inner hyphens."
  }
}

variable "aws_region" {
  description = "The region that everything is in; $AWS_REGION of the runners."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be the name of a region, such as eu-central-1."
  }
}

variable "role_name" {
  description = "What the role is called if it is not there yet, without a name sla-monitor-runner-role-$AWS_ENV. A role that is there keeps its name."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null || can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "role_name has 1 to 64 letters, digits and any of _+=,.@-."
  }
}

variable "log_bucket_name" {
  description = "What the log bucket is called if it is not there yet, without a name sla-monitor-runner-logs-$AWS_ENV-REGION. The names of buckets are one for all accounts of AWS, so a second account with the same stage needs another. A bucket that is there keeps its name."
  type        = string
  default     = null

  validation {
    condition     = var.log_bucket_name == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.log_bucket_name))
    error_message = "log_bucket_name has 3 to 63 lower-case letters, digits, inner hyphens and dots."
  }
}

variable "log_expiration_days" {
  description = "After how many days the logs in the bucket are deleted."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.log_expiration_days >= 1 && floor(var.log_expiration_days) == var.log_expiration_days
    error_message = "log_expiration_days must be a whole number of days, at least 1."
  }
}

variable "kms_key_arn" {
  description = "A key of your own for the topic, the bucket and the parameters. Without one the bucket has S3's own, which costs nothing and needs no permission. For services of AWS that publish to the topic the key's policy has to name them, and it has to leave the rest to IAM, as that of a new key does."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key (arn:...:kms:...:key/...), not that of an alias."
  }
}

variable "topic_encryption" {
  description = "The key that SNS keeps the results under: none, aws for AWS's own, with which no service of AWS can publish to the topic (alarms, EventBridge), or own for kms_key_arn. own where there is one, else none."
  type        = string
  default     = null

  validation {
    condition     = var.topic_encryption == null || contains(["none", "aws", "own"], coalesce(var.topic_encryption, "none"))
    error_message = "topic_encryption is none, aws or own."
  }
}

variable "ssm_names" {
  description = "Below which names a runner may load parameters: a name for what is below /$AWS_ENV/NAME/, or an absolute path. The runner's --ssm-name. sla-monitor-globals is where the former project had what all runners share."
  type        = list(string)
  default     = ["slarunner", "sla-monitor-globals"]
  nullable    = false

  validation {
    condition     = alltrue([for name in var.ssm_names : can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", name))])
    error_message = "ssm_names are made of letters, digits and any of _.- between single slashes, without one at the end."
  }
}

variable "eks" {
  description = "Lets service accounts of an EKS cluster use the role: the ARN of the cluster's OIDC provider, and the accounts as NAMESPACE:NAME."
  type = object({
    oidc_provider_arn = string
    service_accounts  = list(string)
  })
  default = null

  validation {
    condition     = var.eks == null || can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:oidc-provider/[^/].*$", var.eks.oidc_provider_arn))
    error_message = "eks.oidc_provider_arn must be the ARN of an OIDC provider (arn:...:iam::...:oidc-provider/...)."
  }

  validation {
    condition     = var.eks == null || try(length(var.eks.service_accounts) > 0 && alltrue([for one in var.eks.service_accounts : can(regex("^[a-z0-9-]+:[a-z0-9.-]+$", one))]), false)
    error_message = "eks.service_accounts must name at least one account as NAMESPACE:NAME, without wildcards."
  }
}

variable "eks_pod_identity" {
  description = "Lets service accounts use the role that EKS Pod Identity associates with it, in any cluster of the account."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.eks_pod_identity)
    error_message = "eks_pod_identity is true or false."
  }
}

variable "metrics" {
  description = "Whether the runners put the four SLA metrics to CloudWatch."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.metrics)
    error_message = "metrics is true or false."
  }
}

variable "metrics_namespace" {
  description = "The namespace of the metrics, the only one that a runner may put metrics to."
  type        = string
  default     = "SLA-Monitor"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}$", var.metrics_namespace)) && !startswith(var.metrics_namespace, "AWS/")
    error_message = "metrics_namespace has 1 to 255 letters, digits and any of ._/#:- and begins with neither a colon nor AWS/."
  }
}

variable "monitored_services" {
  description = "The services that have alarms, by their names. failures: in how many of the last failures_of periods a run must have failed; period_minutes: how long a period is, at least the time from run to run where failures_of is more than 1. missing_after_minutes: how long no result may come, more than the runner's delay, its longest run and the two minutes that CloudWatch may take together; above 1440 it is rounded up to whole hours. 1560, 26 hours, for a daily run. slo: what percentage of the runs should pass, for the dashboard; the runner's --slo."
  type = map(object({
    failures              = optional(number, 1)
    failures_of           = optional(number, 1)
    period_minutes        = optional(number, 1)
    missing_after_minutes = optional(number, 15)
    slo                   = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, one in var.monitored_services : can(regex("^[ -~]{1,200}$", name)) && trimspace(name) != ""])
    error_message = "The name of a monitored service has 1 to 200 printable ASCII characters."
  }

  validation {
    condition     = alltrue([for one in values(var.monitored_services) : one.failures >= 1 && one.failures <= one.failures_of && one.period_minutes >= 1 && one.failures_of * one.period_minutes <= 1440 && alltrue([for number in [one.failures, one.failures_of, one.period_minutes] : floor(number) == number])])
    error_message = "failures must be a whole number from 1 to failures_of, and failures_of times period_minutes at most 1440, a day."
  }

  validation {
    condition     = alltrue([for one in values(var.monitored_services) : one.missing_after_minutes >= 1 && one.missing_after_minutes <= 10080 && floor(one.missing_after_minutes) == one.missing_after_minutes])
    error_message = "missing_after_minutes must be a whole number from 1 to 10080, seven days; give 1560 for a daily run."
  }

  validation {
    condition     = alltrue([for one in values(var.monitored_services) : one.slo == null || try(one.slo > 0 && one.slo < 100, false)])
    error_message = "slo is a percentage above 0 and below 100."
  }
}

variable "history" {
  description = "Whether all events are kept in a bucket of their own, which no runner can read or change."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.history)
    error_message = "history is true or false."
  }
}

variable "history_expiration_days" {
  description = "After how many days events are deleted from the history. A page shows up to 121."
  type        = number
  default     = 400
  nullable    = false

  validation {
    condition     = var.history_expiration_days >= 1 && floor(var.history_expiration_days) == var.history_expiration_days
    error_message = "history_expiration_days must be a whole number of days, at least 1."
  }
}

variable "report" {
  description = "A task on Fargate that makes a page of the history, which this turns on, by a schedule: report/index.html in its bucket. image, cluster_arn and the like are those of modules/ecs-check. arguments: more of them for `sla-runner report`, such as [\"--slo\", \"99.9\"]."
  type = object({
    image              = string
    cluster_arn        = string
    subnet_ids         = list(string)
    security_group_ids = list(string)
    assign_public_ip   = optional(bool, false)
    schedule           = optional(string, "rate(1 day)")
    architecture       = optional(string, "x86_64")
    ecr_repository_arn = optional(string)
    arguments          = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.report == null || try(var.report.schedule != null && alltrue([for word in var.report.arguments : !contains(["--format", "--out"], split("=", word)[0])]), false)
    error_message = "report needs a schedule, and its arguments hold neither --format nor --out."
  }
}

variable "schedule_role" {
  description = "Whether all scheduled checks share one role that starts them, instead of one for each: for more of them than an account has room for roles."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.schedule_role)
    error_message = "schedule_role is true or false."
  }
}

variable "alarm_actions" {
  description = "What is told when an alarm goes off and when it is over: ARNs of topics, of incident response plans and the like. A topic that is encrypted with alias/aws/sns cannot be one."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for one in var.alarm_actions : can(regex("^arn:[a-z0-9-]+:[a-z0-9-]+:", one))])
    error_message = "Each of alarm_actions must be an ARN."
  }
}

variable "dashboard" {
  description = "Whether there is a dashboard of the monitored services."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.dashboard)
    error_message = "dashboard is true or false."
  }
}

variable "subscribers" {
  description = "Who gets the results, by names of your own. results: all, failures, successes, or transitions, which are the event that begins an outage and the one that ends it. services: only those of these services. raw: for sqs and https, the event alone without SNS's envelope. A queue's own policy has to let the topic send."
  type = map(object({
    protocol = string
    endpoint = string
    results  = optional(string, "all")
    services = optional(list(string), [])
    raw      = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for one in values(var.subscribers) : contains(["email", "https", "sqs"], one.protocol)])
    error_message = "The protocol of a subscriber is email, https or sqs."
  }

  validation {
    condition = alltrue([for one in values(var.subscribers) : can(regex({
      email = "^[^@ ]+@[^@ ]+$"
      https = "^https://[^ ]+$"
      sqs   = "^arn:[a-z0-9-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$"
    }[one.protocol], one.endpoint)) || !contains(["email", "https", "sqs"], one.protocol)])
    error_message = "The endpoint of a subscriber is an address for email, a URL for https and the ARN of a queue for sqs."
  }

  validation {
    condition     = alltrue([for one in values(var.subscribers) : contains(["all", "failures", "successes", "transitions"], one.results)])
    error_message = "The results of a subscriber are all, failures, successes or transitions."
  }

  validation {
    condition     = alltrue([for one in values(var.subscribers) : !(one.raw && one.protocol == "email")])
    error_message = "Raw delivery is for sqs and https."
  }
}
