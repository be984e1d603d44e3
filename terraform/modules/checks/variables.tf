# SPDX-License-Identifier: MIT

variable "name" {
  description = "What the checks are called in ECS together, once in each stage. The services of further shards have their numbers behind it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$", var.name))
    error_message = "name has 1 to 20 lower-case letters, digits and inner hyphens."
  }
}

variable "runner" {
  description = "The output `runner` of the folder that this module is in: the policy of every runner, which the role of the checks gets, and its environment."
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

variable "text" {
  description = "The checks, as the runner's --checks has them: file(\"checks.json\"), or jsonencode({ checks = [...] }). They are put into a bucket of their own. What must not be in Terraform's state belongs into the secrets of the task."
  type        = string
  default     = null

  validation {
    condition     = var.text == null || try(length(jsondecode(var.text).checks) > 0, false)
    error_message = "text must be JSON with a list `checks` of at least one: {\"checks\": [{\"service\": \"shop\", ...}]}."
  }
}

variable "file" {
  description = "Instead of text: where the file of checks is already, as s3://BUCKET/KEY. A change of it counts with the next start of a task."
  type        = string
  default     = null

  validation {
    condition     = var.file == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^*?]+$", var.file))
    error_message = "file is s3://BUCKET/KEY."
  }
}

variable "shards" {
  description = "How many services of one task each share the checks. With another number as few checks as possible move to another task; while that is deployed some are run by two tasks or by none."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.shards >= 1 && var.shards <= 1000 && floor(var.shards) == var.shards
    error_message = "shards is a whole number from 1 to 1000."
  }
}

variable "spread" {
  description = "Whether each shard is in one of the subnets, in turn, so that a zone that fails takes no more than its own shards with it; until it is back they have no task. Without, each is in any subnet, and starts again in another."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.spread)
    error_message = "spread is true or false."
  }
}

variable "wait_for_steady_state" {
  description = "Whether applying waits until the services run the new checks, and fails where ECS rolled them back."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = contains([true, false], var.wait_for_steady_state)
    error_message = "wait_for_steady_state is true or false."
  }
}

variable "task" {
  description = "The task of each shard: what modules/ecs-check says of its variables of these names. environment has the settings of the whole process, such as SLARUNNER_WORKERS. A spool has a folder for each shard."
  type = object({
    image               = string
    cluster_arn         = string
    subnet_ids          = list(string)
    security_group_ids  = list(string)
    assign_public_ip    = optional(bool, false)
    entry_point         = optional(list(string), [])
    environment         = optional(map(string), {})
    ssm_names           = optional(list(string), [])
    secrets             = optional(map(string), {})
    secrets_kms_key_arn = optional(string)
    writable_tmp        = optional(bool, false)
    spool               = optional(object({ file_system_id = string, access_point_id = string }))
    capacity_providers  = optional(map(number), {})
    stop_timeout        = optional(number, 25)
    architecture        = optional(string, "x86_64")
    cpu                 = optional(number, 256)
    memory              = optional(number, 512)
    user                = optional(string, "65532:65532")
    ecr_repository_arn  = optional(string)
    log_retention_days  = optional(number, 30)
  })
  nullable = false

  validation {
    condition     = length(var.task.subnet_ids) > 0
    error_message = "task.subnet_ids must name at least one subnet."
  }

  validation {
    condition     = alltrue([for name in ["SLARUNNER_CHECKS", "SLARUNNER_SHARD"] : !contains(keys(var.task.environment), name)])
    error_message = "SLARUNNER_CHECKS and SLARUNNER_SHARD are set by text or file, and by shards."
  }
}
