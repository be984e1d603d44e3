# SPDX-License-Identifier: MIT
# Options: alarms and a dashboard, made of the metrics that the runners put themselves. Each run
# counts once, whether there are several a minute or one an hour.

locals {
  metric = {
    success  = "integration-sla-success"
    failure  = "integration-sla-failure"
    attempts = "integration-sla-attempts"
    duration = "sla-test-duration-secs"
  }

  missing = { for service, one in var.monitored_services : service =>
    one.missing_after_minutes <= 1440
    ? { period = 60 * one.missing_after_minutes, periods = 1 }
    : { period = 3600, periods = ceil(one.missing_after_minutes / 60) }
  }
}

# A service whose runs fail. A period without a result changes nothing, so that what fails once an
# hour stays an alarm until it passes.
resource "aws_cloudwatch_metric_alarm" "failure" {
  for_each = var.monitored_services

  alarm_name        = "sla-monitor-${var.aws_env}-${each.key}-failure"
  alarm_description = "The test of ${each.key} fails, or did when its last result came. Its logs are in s3://${aws_s3_bucket.logs.bucket}/${each.key}/."

  namespace           = var.metrics_namespace
  metric_name         = local.metric.failure
  dimensions          = { Region = var.aws_region, Service = each.key }
  statistic           = "Sum"
  period              = 60 * each.value.period_minutes
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  datapoints_to_alarm = each.value.failures
  evaluation_periods  = each.value.failures_of
  treat_missing_data  = "ignore"

  alarm_actions = var.alarm_actions
  ok_actions    = var.alarm_actions
}

# A service of which no results come that count: the runner is dead or was never started, or the topic
# takes nothing, because metrics are put once it has taken the event; or its runs are all unknown or
# skipped, which put no metrics and are neither a failure nor an attempt. Without FILL, CloudWatch would judge
# by older data for some periods more. A period is a day at most, so a longer time is so many hours
# in a row without a result, of which CloudWatch allows seven days.
resource "aws_cloudwatch_metric_alarm" "missing" {
  for_each = var.monitored_services

  alarm_name        = "sla-monitor-${var.aws_env}-${each.key}-missing"
  alarm_description = "No result of the test of ${each.key} has come for ${local.missing[each.key].period * local.missing[each.key].periods / 60} minutes, so nobody knows whether it works; what is unknown or skipped is none. Look at its runner, and whether it may publish to the topic ${aws_sns_topic.results.name}."

  comparison_operator = "LessThanThreshold"
  threshold           = 1
  datapoints_to_alarm = local.missing[each.key].periods
  evaluation_periods  = local.missing[each.key].periods
  treat_missing_data  = "breaching"

  metric_query {
    id          = "filled"
    expression  = "FILL(attempts, 0)"
    label       = local.metric.attempts
    return_data = true
  }

  metric_query {
    id          = "attempts"
    return_data = false

    metric {
      namespace   = var.metrics_namespace
      metric_name = local.metric.attempts
      dimensions  = { Region = var.aws_region, Service = each.key }
      stat        = "Sum"
      period      = local.missing[each.key].period
    }
  }

  alarm_actions             = var.alarm_actions
  ok_actions                = var.alarm_actions
  insufficient_data_actions = var.alarm_actions
}

resource "aws_cloudwatch_dashboard" "services" {
  count = var.dashboard ? length(local.pages) : 0

  dashboard_name = "sla-monitor-${var.aws_env}${count.index == 0 ? "" : "-${count.index + 1}"}"
  dashboard_body = jsonencode({ widgets = flatten(local.pages[count.index]) })
}

locals {
  # A dashboard has room for 500 widgets: a row of three for each of up to 100 services.
  pages = length(local.rows) == 0 ? [[]] : chunklist(local.rows, 100)

  # One row for each service: the availability in the time that is shown and what is left of its error
  # budget, the attempts, the duration.
  rows = [for row, service in sort(keys(var.monitored_services)) : [
    {
      type = "metric", x = 0, y = 6 * (row % 100), width = 4, height = 6
      properties = {
        title  = "${service}: availability"
        region = var.aws_region
        view   = "singleValue"
        stat   = "Sum"
        period = 300
        metrics = concat(
          [[{ expression = "100 * success / attempts", label = "% of the attempts", id = "availability" }]],
          [for slo in [var.monitored_services[service].slo] :
          [{ expression = "100 - 100 * (attempts - success) / (attempts * (1 - ${slo} / 100))", label = "% of the error budget of ${slo} % left", id = "budget" }] if slo != null],
          [for id in ["success", "attempts"] :
          [var.metrics_namespace, local.metric[id], "Region", var.aws_region, "Service", service, { id = id, visible = false }]],
        )
        setPeriodToTimeRange = true
      }
    },
    {
      type = "metric", x = 4, y = 6 * (row % 100), width = 10, height = 6
      properties = {
        title  = "${service}: attempts"
        region = var.aws_region
        view   = "timeSeries"
        stat   = "Sum"
        period = 300
        metrics = [for id in ["attempts", "failure"] :
        [var.metrics_namespace, local.metric[id], "Region", var.aws_region, "Service", service]]
        yAxis = { left = { min = 0 } }
      }
    },
    {
      type = "metric", x = 14, y = 6 * (row % 100), width = 10, height = 6
      properties = {
        title  = "${service}: duration in seconds"
        region = var.aws_region
        view   = "timeSeries"
        period = 300
        metrics = [for stat in ["p50", "p99"] :
        [var.metrics_namespace, local.metric.duration, "Region", var.aws_region, "Service", service, { stat = stat, label = stat }]]
        yAxis = { left = { min = 0 } }
      }
    },
  ]]
}

check "alarms_reach_somebody" {
  assert {
    condition     = length(var.monitored_services) == 0 || length(var.alarm_actions) > 0
    error_message = "There are alarms, and alarm_actions is empty: nobody is told when one goes off."
  }
}

check "monitored_services_have_metrics" {
  assert {
    condition     = length(var.monitored_services) == 0 || var.metrics
    error_message = "There are monitored services, and metrics is off: unless their runners are told to put metrics elsewhere, all of them count as missing."
  }
}
