# SPDX-License-Identifier: MIT
# What is off until it is asked for: metrics, alarms, a dashboard, subscribers.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:topic" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::bucket" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/runner" }
  }
}

variables {
  aws_env       = "dev"
  aws_region    = "eu-central-1"
  alarm_actions = ["arn:aws:sns:eu-central-1:123456789012:pager"]
}

run "metrics_are_a_variable_of_the_runner" {
  variables {
    metrics           = true
    metrics_namespace = "Shop/SLA"
  }
  assert {
    condition     = output.runner.environment["SLARUNNER_METRICSNAMESPACE"] == "Shop/SLA" && strcontains(output.env, "SLARUNNER_METRICSNAMESPACE=Shop/SLA\n")
    error_message = "The environment is ${output.env}."
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_policy.runner.policy).Statement : one.Condition if one.Sid == "PutMetrics"] == [{ StringEquals = { "cloudwatch:namespace" = "Shop/SLA" } }]
    error_message = "The policy is ${aws_iam_policy.runner.policy}."
  }
}

# A run that is unknown or skipped puts none of the metrics (tests/system/exit_codes.py): what no alarm
# may take for a failure is what is not there.
run "alarms_count_what_counts_alone" {
  variables {
    metrics            = true
    monitored_services = { shop = {}, bank = { missing_after_minutes = 1500 } }
  }

  assert {
    condition = setunion(
      [for one in aws_cloudwatch_metric_alarm.failure : one.metric_name],
      flatten([for one in aws_cloudwatch_metric_alarm.missing : [for query in one.metric_query : [for metric in query.metric : metric.metric_name]]]),
    ) == toset(["integration-sla-failure", "integration-sla-attempts"])
    error_message = "An alarm watches other metrics than those that only runs put which count."
  }
  assert {
    condition     = alltrue([for one in aws_cloudwatch_metric_alarm.failure : one.treat_missing_data == "ignore"])
    error_message = "A service is failing, or is fine again, while its runs are unknown."
  }
}

run "a_failing_service_alarms_until_it_passes" {
  variables {
    metrics            = true
    monitored_services = { shop = { failures = 2, failures_of = 3, period_minutes = 10 } }
  }
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.failure["shop"].namespace == "SLA-Monitor"
      && aws_cloudwatch_metric_alarm.failure["shop"].metric_name == "integration-sla-failure"
      && aws_cloudwatch_metric_alarm.failure["shop"].dimensions == tomap({ Region = "eu-central-1", Service = "shop" })
      && aws_cloudwatch_metric_alarm.failure["shop"].statistic == "Sum"
      && aws_cloudwatch_metric_alarm.failure["shop"].period == 600
      && aws_cloudwatch_metric_alarm.failure["shop"].comparison_operator == "GreaterThanOrEqualToThreshold"
      && aws_cloudwatch_metric_alarm.failure["shop"].threshold == 1
      && aws_cloudwatch_metric_alarm.failure["shop"].datapoints_to_alarm == 2
      && aws_cloudwatch_metric_alarm.failure["shop"].evaluation_periods == 3
      && aws_cloudwatch_metric_alarm.failure["shop"].treat_missing_data == "ignore"
      && aws_cloudwatch_metric_alarm.failure["shop"].alarm_actions == toset(var.alarm_actions)
      && aws_cloudwatch_metric_alarm.failure["shop"].ok_actions == toset(var.alarm_actions)
    )
    error_message = "The alarm on failures is not the one that was asked for."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.failure["shop"].alarm_description == "The test of shop fails, or did when its last result came. Its logs are in s3://sla-monitor-runner-logs-dev-eu-central-1/shop/."
    error_message = "The alarm on failures says: ${aws_cloudwatch_metric_alarm.failure["shop"].alarm_description}"
  }
}

run "a_service_that_is_not_tested_any_more_alarms" {
  variables {
    metrics            = true
    monitored_services = { shop = { missing_after_minutes = 5 } }
  }
  assert {
    condition = (
      aws_cloudwatch_metric_alarm.missing["shop"].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.missing["shop"].threshold == 1
      && aws_cloudwatch_metric_alarm.missing["shop"].evaluation_periods == 1
      && aws_cloudwatch_metric_alarm.missing["shop"].datapoints_to_alarm == 1
      && aws_cloudwatch_metric_alarm.missing["shop"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.missing["shop"].alarm_actions == toset(var.alarm_actions)
    )
    error_message = "A dead runner is not an alarm."
  }
  assert {
    condition = [for one in aws_cloudwatch_metric_alarm.missing["shop"].metric_query : [for metric in one.metric :
      [metric.namespace, metric.metric_name, metric.dimensions, metric.stat, metric.period]] if one.id == "attempts"] == [[
      ["SLA-Monitor", "integration-sla-attempts", tomap({ Region = "eu-central-1", Service = "shop" }), "Sum", 300]
    ]]
    error_message = "The alarm on a dead runner watches something else."
  }
  assert {
    condition     = [for one in aws_cloudwatch_metric_alarm.missing["shop"].metric_query : one.expression if one.return_data] == ["FILL(attempts, 0)"]
    error_message = "The alarm on a dead runner waits for old data."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.missing["shop"].alarm_description == "No result of the test of shop has come for 5 minutes, so nobody knows whether it works; what is unknown or skipped is none. Look at its runner, and whether it may publish to the topic sla-monitor-result-published-dev."
    error_message = "The alarm on a dead runner says: ${aws_cloudwatch_metric_alarm.missing["shop"].alarm_description}"
  }
}

run "a_service_that_is_tested_once_a_day_may_be_missing_for_longer" {
  variables {
    metrics = true
    monitored_services = {
      at_most_a_day = { missing_after_minutes = 1440 }
      over_a_day    = { missing_after_minutes = 1441 }
      daily         = { missing_after_minutes = 1560 }
      weekly        = { missing_after_minutes = 10080 }
    }
  }
  assert {
    condition = { for service, alarm in aws_cloudwatch_metric_alarm.missing : service => [
      one([for query in alarm.metric_query : query.metric[0].period if query.id == "attempts"]), alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data
      ] } == {
      at_most_a_day = [86400, 1, 1, "breaching"]
      over_a_day    = [3600, 25, 25, "breaching"]
      daily         = [3600, 26, 26, "breaching"]
      weekly        = [3600, 168, 168, "breaching"]
    }
    error_message = "The time without a run is another one, or CloudWatch cannot watch it."
  }
  assert {
    condition     = strcontains(aws_cloudwatch_metric_alarm.missing["over_a_day"].alarm_description, "has come for 1500 minutes,")
    error_message = "The alarm on a dead runner says: ${aws_cloudwatch_metric_alarm.missing["over_a_day"].alarm_description}"
  }
}

run "scheduled_checks_may_share_a_role" {
  variables {
    schedule_role = true
  }
  assert {
    condition     = aws_iam_role.schedule[0].name == "sla-checks-schedule-dev" && output.runner.schedule_role_arn == aws_iam_role.schedule[0].arn
    error_message = "There is no role to share."
  }
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.schedule[0].policy).Statement : [one.Action, one.Resource]] == [
      ["ecs:RunTask", "arn:aws:ecs:eu-central-1:123456789012:task-definition/sla-check-*-dev:*"],
      ["iam:PassRole", [aws_iam_role.runner.arn, "arn:aws:iam::123456789012:role/sla-check-*-dev-start"]],
    ]
    error_message = "The role may ${aws_iam_role_policy.schedule[0].policy}."
  }
}

run "a_dashboard_has_a_row_for_each_service" {
  variables {
    metrics            = true
    dashboard          = true
    monitored_services = { shop = {}, "pay in" = {} }
  }
  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.services[0].dashboard_body).widgets : [widget.y, widget.properties.title]] == [
      [0, "pay in: availability"], [0, "pay in: attempts"], [0, "pay in: duration in seconds"],
      [6, "shop: availability"], [6, "shop: attempts"], [6, "shop: duration in seconds"],
    ]
    error_message = "The dashboard is ${aws_cloudwatch_dashboard.services[0].dashboard_body}."
  }
  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.services[0].dashboard_body).widgets[3].properties.metrics == [
      [{ expression = "100 * success / attempts", label = "% of the attempts", id = "availability" }],
      ["SLA-Monitor", "integration-sla-success", "Region", "eu-central-1", "Service", "shop", { id = "success", visible = false }],
      ["SLA-Monitor", "integration-sla-attempts", "Region", "eu-central-1", "Service", "shop", { id = "attempts", visible = false }],
    ]
    error_message = "The availability is not successes by attempts."
  }
}

run "a_dashboard_has_room_for_a_hundred_services" {
  command = plan
  variables {
    metrics            = true
    dashboard          = true
    monitored_services = { for i in range(201) : format("s%03d", i) => {} }
  }
  assert {
    condition     = [for one in aws_cloudwatch_dashboard.services : [one.dashboard_name, length(jsondecode(one.dashboard_body).widgets), one.dashboard_name == "sla-monitor-dev-3" ? 0 : jsondecode(one.dashboard_body).widgets[299].y]] == [["sla-monitor-dev", 300, 594], ["sla-monitor-dev-2", 300, 594], ["sla-monitor-dev-3", 3, 0]]
    error_message = "The dashboards are ${join(", ", aws_cloudwatch_dashboard.services[*].dashboard_name)}."
  }
}

run "a_dashboard_tells_what_is_left_of_an_error_budget" {
  variables {
    metrics            = true
    dashboard          = true
    monitored_services = { shop = { slo = 99.9 } }
  }
  assert {
    condition = [for one in jsondecode(aws_cloudwatch_dashboard.services[0].dashboard_body).widgets[0].properties.metrics : one[0] if length(one) == 1] == [
      { expression = "100 * success / attempts", label = "% of the attempts", id = "availability" },
      { expression = "100 - 100 * (attempts - success) / (attempts * (1 - 99.9 / 100))", label = "% of the error budget of 99.9 % left", id = "budget" },
    ]
    error_message = "The dashboard is ${aws_cloudwatch_dashboard.services[0].dashboard_body}."
  }
}

run "alarms_that_reach_nobody_are_a_warning" {
  variables {
    metrics            = true
    monitored_services = { shop = {} }
    alarm_actions      = []
  }
  expect_failures = [check.alarms_reach_somebody]
}

run "alarms_without_metrics_are_a_warning" {
  variables {
    monitored_services = { shop = {} }
  }
  expect_failures = [check.monitored_services_have_metrics]
}

run "subscribers_get_what_they_asked_for" {
  variables {
    subscribers = {
      everything = { protocol = "https", endpoint = "https://example.com/results" }
      people     = { protocol = "email", endpoint = "team@example.com", results = "failures" }
      pager      = { protocol = "email", endpoint = "pager@example.com", results = "transitions" }
      queue      = { protocol = "sqs", endpoint = "arn:aws:sqs:eu-central-1:123456789012:good", results = "successes", services = ["shop"], raw = true }
    }
  }
  assert {
    condition = { for name, one in aws_sns_topic_subscription.subscriber : name => [one.topic_arn, one.protocol, one.endpoint, one.raw_message_delivery] } == {
      everything = ["arn:aws:sns:eu-central-1:123456789012:topic", "https", "https://example.com/results", false]
      people     = ["arn:aws:sns:eu-central-1:123456789012:topic", "email", "team@example.com", false]
      pager      = ["arn:aws:sns:eu-central-1:123456789012:topic", "email", "pager@example.com", false]
      queue      = ["arn:aws:sns:eu-central-1:123456789012:topic", "sqs", "arn:aws:sqs:eu-central-1:123456789012:good", true]
    }
    error_message = "A subscriber is not the one that was asked for."
  }
  assert {
    condition     = aws_sns_topic_subscription.subscriber["everything"].filter_policy == null
    error_message = "Results are kept from somebody who wants all."
  }
  assert {
    condition     = jsondecode(aws_sns_topic_subscription.subscriber["people"].filter_policy) == { succeeded = ["false"] } && aws_sns_topic_subscription.subscriber["people"].filter_policy_scope == "MessageAttributes"
    error_message = "Failures are not filtered by the attribute."
  }
  assert {
    condition     = jsondecode(aws_sns_topic_subscription.subscriber["pager"].filter_policy) == { transition = ["DOWN", "UP"] } && aws_sns_topic_subscription.subscriber["pager"].filter_policy_scope == "MessageAttributes"
    error_message = "More than the begin and the end of an outage come, or less."
  }
  assert {
    condition     = jsondecode(aws_sns_topic_subscription.subscriber["queue"].filter_policy) == { service = ["shop"], succeeded = ["true"] }
    error_message = "Successes of a service are not filtered by the attributes."
  }
}
