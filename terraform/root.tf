# SPDX-License-Identifier: MIT
# What belongs to this folder where it is applied by itself, and to the caller of modules/account.

terraform {
  # The rest comes from `terraform init -backend-config=...`, see README.md.
  backend "s3" {
    key     = "sla-monitor-runner/terraform.tfstate"
    encrypt = true
  }
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = var.tags
  }
}

variable "tags" {
  description = "Tags of everything that can have some."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.tags : can(regex("^.{1,128}$", name)) && !startswith(lower(name), "aws:") && length(value) <= 256])
    error_message = "The name of a tag has 1 to 128 characters and does not begin with aws:, its value has at most 256."
  }
}
