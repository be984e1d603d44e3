# SPDX-License-Identifier: MIT

variable "name" {
  description = "What the checks are called in Lambda together, once in each stage."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$", var.name))
    error_message = "name has 1 to 20 lower-case letters, digits and inner hyphens."
  }
}

variable "runner" {
  description = "The output `runner` of the folder that this module is in: the policy of every runner, which the role of the function gets, and its environment."
  type = object({
    policy_arn  = string
    environment = map(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:policy/", var.runner.policy_arn)) && alltrue([for name in ["AWS_ENV", "AWS_REGION"] : try(var.runner.environment[name], "") != ""])
    error_message = "runner must hold the ARN of a policy and an environment with AWS_ENV and AWS_REGION."
  }
}

variable "package" {
  description = "The zip with the static program as `bootstrap`, and with what its checks run: the path of a file, or s3://BUCKET/KEY in the same region. Another program needs another key: what is behind one is not looked at again."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$", var.package)) || (!startswith(var.package, "s3://") && fileexists(var.package))
    error_message = "package is the path of a file that is there, or s3://BUCKET/KEY."
  }
}

variable "architecture" {
  description = "The processor that the program in the package is for: x86_64, or arm64, which costs a fifth less."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "checks" {
  description = "Where AWS keeps the file of checks, as the runner's --checks has it: s3://BUCKET/KEY, or a parameter of SSM as ssm:/prod/checks, ssm:checks (under /$AWS_ENV/) or its ARN. Each call reads it anew. Without, the environment names a single check."
  type        = string
  default     = null

  validation {
    condition     = var.checks == null || can(regex("^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^*?]*[^*?/]|ssm:/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*|arn:[a-z0-9-]+:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_./-]*[A-Za-z0-9_.-])$", var.checks))
    error_message = "checks is s3://BUCKET/KEY, or a parameter as ssm:/prod/checks, ssm:checks or arn:...:ssm:...:parameter/...."
  }
}

variable "shards" {
  description = "How many calls share the checks, each by a schedule of its own."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.shards >= 1 && var.shards <= 1000 && floor(var.shards) == var.shards
    error_message = "shards is a whole number from 1 to 1000."
  }
}

variable "schedule" {
  description = "When all checks run once, such as rate(1 hour) or cron(0 6 * * ? *). Without, others call the function, such as deployments of ECS."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null || can(regex("^(rate|cron)\\(.+\\)$", var.schedule))
    error_message = "schedule must be a rate(...) or a cron(...)."
  }
}

variable "window_minutes" {
  description = "Over how many minutes from then on EventBridge spreads the calls, so that the shards do not begin all at once. 0: each within its minute."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.window_minutes >= 0 && var.window_minutes <= 1440 && floor(var.window_minutes) == var.window_minutes
    error_message = "window_minutes is a whole number from 0 to 1440."
  }
}

variable "environment" {
  description = "The settings of the function, such as SLARUNNER_WORKERS, or SLARUNNER_SERVICE and SLARUNNER_URL of a single check. What is not here may come from SSM."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "The names of a function's variables have at least two letters, digits and underscores, the first a letter."
  }

  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("^(AWS_(DEFAULT_)?REGION|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_EXECUTION_ENV|AWS_LAMBDA_.*|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$", name))])
    error_message = "The region, the credentials, AWS_EXECUTION_ENV, AWS_LAMBDA_..., LAMBDA_TASK_ROOT and LAMBDA_RUNTIME_DIR Lambda sets by itself."
  }

  validation {
    condition     = alltrue([for name in ["SLARUNNER_CHECKS", "SLARUNNER_SHARD", "SLARUNNER_SSMNAME"] : !contains(keys(var.environment), name)])
    error_message = "SLARUNNER_CHECKS, SLARUNNER_SHARD and SLARUNNER_SSMNAME are set by checks, shards and ssm_names."
  }
}

variable "ssm_names" {
  description = "From where in SSM the runner loads settings; what is in `environment` beats them. The role may read what ssm_names says where the policy is made."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.ssm_names : can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", name))])
    error_message = "ssm_names are made of letters, digits and any of _.- between single slashes, without one at the end."
  }
}

variable "memory" {
  description = "MB of memory, with which Lambda gives CPU in proportion, a whole one for 1769."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory >= 128 && var.memory <= 10240 && floor(var.memory) == var.memory
    error_message = "memory is a whole number from 128 to 10240."
  }
}

variable "timeout" {
  description = "Seconds that a call may take, delivery included; the checks have 2 less. Less than the time from call to call, or two may run at once."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.timeout >= 5 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout is a whole number of seconds from 5 to 900."
  }
}

variable "reserved_concurrency" {
  description = "How many calls may run at once, taken from the 1,000 of the account; more wait for a minute and then are lost. 0 stops them all. Without, what the account has left."
  type        = number
  default     = null

  validation {
    condition     = var.reserved_concurrency == null || try(var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency, false)
    error_message = "reserved_concurrency is a whole number, at least 0."
  }
}

variable "vpc" {
  description = "The subnets and the security groups in which the function runs, where its checks ask what only a VPC reaches. It then reaches AWS and everything else as those subnets do, by NAT or by VPC endpoints. Without, Lambda's own network."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition     = var.vpc == null || try(length(var.vpc.subnet_ids) > 0 && alltrue([for id in var.vpc.subnet_ids : can(regex("^subnet-[0-9a-f]+$", id))]), false)
    error_message = "vpc.subnet_ids are one or more, such as subnet-0123456789abcdef0."
  }

  validation {
    condition     = var.vpc == null || try(length(var.vpc.security_group_ids) > 0 && alltrue([for id in var.vpc.security_group_ids : can(regex("^sg-[0-9a-f]+$", id))]), false)
    error_message = "vpc.security_group_ids are one or more, such as sg-0123456789abcdef0."
  }
}

variable "log_retention_days" {
  description = "How long the lines of the runner are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch Logs offers, such as 7, 30 or 365."
  }
}
