# SPDX-License-Identifier: MIT

variable "name" {
  description = "What the check is called in ECS, once in each stage. With the stage together it has at most 44 characters with a schedule and 47 without, because IAM allows 64 for the name of a role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$", var.name))
    error_message = "name has 1 to 24 lower-case letters, digits and inner hyphens."
  }
}

variable "runner" {
  description = "The output `runner` of the folder that this module is in: the role, the environment of every runner, and the role that starts scheduled checks where they share one."
  type = object({
    role_arn          = string
    environment       = map(string)
    schedule_role_arn = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:role/", var.runner.role_arn)) && alltrue([for name in ["AWS_ENV", "AWS_REGION"] : try(var.runner.environment[name], "") != ""])
    error_message = "runner must hold the ARN of a role and an environment with AWS_ENV and AWS_REGION."
  }
}

variable "image" {
  description = "The image, with sla-runner as its entry point and in its PATH. It needs no shell, no writable file and no root."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^ ]+(:[^ :/]+|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image must say which one: with a tag other than latest, or with a digest."
  }
}

variable "entry_point" {
  description = "Where the runner is in an image that has something else as its entry point, such as a service's: [\"/usr/local/bin/sla-runner\"]. The check of its health is asked there too."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for word in var.entry_point : word != ""])
    error_message = "No word of entry_point is empty."
  }
}

variable "command" {
  description = "Words for sla-runner, where it is to do something else than to run a check: a command of its own, such as report."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for word in var.command : word != ""])
    error_message = "No word of command is empty."
  }
}

variable "environment" {
  description = "The settings of this check, such as SLARUNNER_SERVICE, SLARUNNER_COMMAND and SLARUNNER_DELAY. What is not here may come from SSM."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])
    error_message = "The names of variables are made of letters, digits and underscores."
  }

  validation {
    condition     = alltrue([for name in ["SLARUNNER_STOPTIMEOUT", "SLARUNNER_ONCE", "SLARUNNER_SSMNAME", "SLARUNNER_SPOOL"] : !contains(keys(var.environment), name)])
    error_message = "SLARUNNER_STOPTIMEOUT, SLARUNNER_ONCE, SLARUNNER_SSMNAME and SLARUNNER_SPOOL are set by stop_timeout, schedule, ssm_names and spool."
  }
}

variable "secrets" {
  description = "Variables of the test that ECS takes from elsewhere as the task starts: the ARN of a parameter of SSM or of a secret of Secrets Manager (also arn:...:secret:NAME:KEY::) for each."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, from in var.secrets : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && can(regex("^arn:[a-z0-9-]+:(ssm:[a-z0-9-]+:[0-9]{12}:parameter/.|secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.)", from))])
    error_message = "secrets are names of variables with the ARN of a parameter (arn:...:ssm:...:parameter/...) or of a secret (arn:...:secretsmanager:...:secret:...)."
  }
}

variable "secrets_kms_key_arn" {
  description = "The key that the secrets are encrypted with, where it is one of your own."
  type        = string
  default     = null

  validation {
    condition     = var.secrets_kms_key_arn == null || can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.secrets_kms_key_arn))
    error_message = "secrets_kms_key_arn must be the ARN of a key (arn:...:kms:...:key/...), not that of an alias."
  }
}

variable "writable_tmp" {
  description = "Whether the task has a volume at /tmp, for a test that writes files and for logs over 64 KiB. The image has to have /tmp as a VOLUME that its user may write to, or only root may."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.writable_tmp)
    error_message = "writable_tmp is true or false."
  }
}

variable "spool" {
  description = "Keeps what is not delivered over a restart: a file system of EFS and an access point on it, whose user may write; mounted at /spool, the runner's --spool, or with a folder of it. The security groups have to let the task reach it on port 2049."
  type = object({
    file_system_id  = string
    access_point_id = string
    folder          = optional(string)
  })
  default = null

  validation {
    condition     = var.spool == null || try(startswith(var.spool.file_system_id, "fs-") && startswith(var.spool.access_point_id, "fsap-"), false)
    error_message = "spool names a file system (fs-...) and an access point (fsap-...) of EFS."
  }
}

variable "capacity_providers" {
  description = "How the tasks are shared out by weight: of FARGATE and FARGATE_SPOT, or of capacity providers of the cluster with instances of EC2. FARGATE_SPOT alone costs a third; AWS may end such a task two minutes after it said so, and starts another where there is room. Empty: FARGATE."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, weight in var.capacity_providers : can(regex("^[A-Za-z0-9_-]{1,255}$", name)) && weight >= 1 && weight <= 1000 && floor(weight) == weight])
    error_message = "capacity_providers are names, such as FARGATE_SPOT, with a whole number from 1 to 1000 each."
  }

  validation {
    condition     = length(distinct([for name in keys(var.capacity_providers) : startswith(name, "FARGATE")])) < 2
    error_message = "capacity_providers are either of FARGATE and FARGATE_SPOT, or those of EC2: ECS does not mix them."
  }
}

variable "start" {
  description = "The output `start` of another call of this module with the same image, secrets and stage, whose log group and role for starting tasks this one shares."
  type = object({
    execution_role_arn = string
    log_group_name     = string
  })
  default = null

  validation {
    condition     = var.start == null || try(can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:role/", var.start.execution_role_arn)) && var.start.log_group_name != "", false)
    error_message = "start must hold the ARN of a role and the name of a log group."
  }
}

variable "wait_for_steady_state" {
  description = "Whether applying waits until the service runs what it is to run."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.wait_for_steady_state)
    error_message = "wait_for_steady_state is true or false."
  }
}

variable "ssm_names" {
  description = "From where in SSM the runner loads settings; what is in `environment` beats them. The role may read what ssm_names says where it is made."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.ssm_names : can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", name))])
    error_message = "ssm_names are made of letters, digits and any of _.- between single slashes, without one at the end."
  }
}

variable "cluster_arn" {
  description = "The ECS cluster."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z0-9-]+:ecs:[a-z0-9-]+:[0-9]{12}:cluster/", var.cluster_arn))
    error_message = "cluster_arn must be the ARN of an ECS cluster."
  }
}

variable "subnet_ids" {
  description = "The subnets; from them the runner has to reach AWS and what it tests."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0 && alltrue([for id in var.subnet_ids : startswith(id, "subnet-")])
    error_message = "subnet_ids must name at least one subnet."
  }
}

variable "security_group_ids" {
  description = "The security groups; nothing has to reach the runner, so none needs to let anything in."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) > 0 && alltrue([for id in var.security_group_ids : startswith(id, "sg-")])
    error_message = "security_group_ids must name at least one security group: the default one would let others in."
  }
}

variable "assign_public_ip" {
  description = "Whether the task has a public address, as it needs in a subnet without NAT."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = contains([true, false], var.assign_public_ip)
    error_message = "assign_public_ip is true or false."
  }
}

variable "schedule" {
  description = "Instead of a service that runs all the time: a task for each run, by a schedule such as rate(1 hour) or cron(0 6 * * ? *)."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null || can(regex("^(rate|cron)\\(.+\\)$", var.schedule))
    error_message = "schedule must be a rate(...) or a cron(...)."
  }
}

variable "stop_timeout" {
  description = "Seconds that the runner has from a stop to its end, delivery included."
  type        = number
  default     = 25
  nullable    = false

  validation {
    condition     = var.stop_timeout >= 1 && var.stop_timeout <= 115 && floor(var.stop_timeout) == var.stop_timeout
    error_message = "stop_timeout must be a whole number of seconds from 1 to 115; Fargate kills after 120."
  }
}

variable "architecture" {
  description = "The processor that the image is for: x86_64, or arm64, which costs a fifth less."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "cpu" {
  description = "CPU units, 1024 for a whole processor."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu)
    error_message = "cpu is 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory" {
  description = "MiB of memory, for the runner (4, and up to 50 for large logs or in an outage) and for what it runs. Fargate offers 512 and multiples of 1024, from 2 to 8 times cpu, at most 30720."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory >= 512 && var.memory <= 30720 && var.memory % 512 == 0
    error_message = "memory is a multiple of 512 from 512 to 30720."
  }
}

variable "user" {
  description = "As whom the container runs: numbers for user and group, not root's."
  type        = string
  default     = "65532:65532"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*:[1-9][0-9]*$", var.user))
    error_message = "user must be two numbers, USER:GROUP, neither of them root's."
  }
}

variable "ecr_repository_arn" {
  description = "The repository of the image, where it is a private one of ECR's."
  type        = string
  default     = null

  validation {
    condition     = var.ecr_repository_arn == null || can(regex("^arn:[a-z0-9-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/", var.ecr_repository_arn))
    error_message = "ecr_repository_arn must be the ARN of a repository (arn:...:ecr:...:repository/...)."
  }
}

variable "log_retention_days" {
  description = "How long the lines of the runner and of its command are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one that CloudWatch Logs offers, such as 7, 30 or 365."
  }
}
