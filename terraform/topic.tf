# SPDX-License-Identifier: MIT
# Where the results are published. AWS's own key costs nothing, and whoever may publish may use it;
# only a key of one's own needs permissions (role.tf).

resource "aws_sns_topic" "results" {
  name              = "sla-monitor-result-published-${var.aws_env}"
  kms_master_key_id = coalesce(var.kms_key_arn, "alias/aws/sns")
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

# A state that an earlier version of this folder wrote keeps its topic, and with it the subscribers.
moved {
  from = aws_sns_topic.sla-monitor-report-processing
  to   = aws_sns_topic.results
}
