# SPDX-License-Identifier: MIT
# Where the results are published. With AWS's own key no service of AWS can publish (an alarm, a rule
# of EventBridge), because nobody can change that key's policy; so it is for who asks for it.

locals {
  topic_encryption = coalesce(var.topic_encryption, var.kms_key_arn == null ? "none" : "own")
}

resource "aws_sns_topic" "results" {
  name              = "sla-monitor-result-published-${var.aws_env}"
  kms_master_key_id = { none = null, aws = "alias/aws/sns", own = var.kms_key_arn }[local.topic_encryption]

  lifecycle {
    precondition {
      condition     = local.topic_encryption != "own" || var.kms_key_arn != null
      error_message = "topic_encryption = \"own\" needs a key of your own: set kms_key_arn."
    }
  }
}

# What filters is an attribute of the message, so a subscriber pays for nothing that it does not get.
resource "aws_sns_topic_subscription" "subscriber" {
  for_each = var.subscribers

  topic_arn            = aws_sns_topic.results.arn
  protocol             = each.value.protocol
  endpoint             = each.value.endpoint
  raw_message_delivery = each.value.raw

  filter_policy_scope = local.filters[each.key] == null ? null : "MessageAttributes"
  filter_policy       = local.filters[each.key]
}

locals {
  filters = {
    for name, one in var.subscribers : name => one.results == "all" && length(one.services) == 0 ? null : jsonencode(merge(
      one.results == "failures" || one.results == "successes" ? { succeeded = [tostring(one.results == "successes")] } : {},
      one.results == "transitions" ? { transition = ["DOWN", "UP"] } : {},
      length(one.services) == 0 ? {} : { service = one.services },
    ))
  }
}

# A state of the former project, or of an earlier version, keeps its topic and with it the subscribers.
moved {
  from = aws_sns_topic.sla-monitor-report-processing
  to   = aws_sns_topic.results
}
