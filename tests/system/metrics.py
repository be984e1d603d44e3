# SPDX-License-Identifier: MIT
"""The SLA metrics of the real program: what is put to CloudWatch, and that it never harms a run."""

from __future__ import annotations

import signal
import unittest

from aws_case import BUCKET, SERVICE, AwsTest
from fake_aws import FakeAws, faults
from runner_process import FASTER_THAN_DELIVERY, Finished

_NAMESPACE = "SLA-Monitor"
_NAMES = ("integration-sla-attempts", "integration-sla-success", "integration-sla-failure",
          "sla-test-duration-secs")


class MetricsTest(AwsTest):
    """One namespace, one fake."""

    def setUp(self) -> None:
        self.aws = self.fake()

    def measure(self, *arguments: str, **how: str) -> Finished:
        """One run with metrics."""
        return self.run_once(self.aws, "--metrics-namespace", _NAMESPACE, *arguments,
                             **how)  # type: ignore[arg-type]

    def values(self, **dimensions: str) -> list[float]:
        """The one value of each of the four metrics with these dimensions."""
        found = [[metric.values for metric in self.aws.metrics(_NAMESPACE)
                  if (metric.name, metric.dimensions) == (name, dimensions)] for name in _NAMES]
        for name, values in zip(_NAMES, found):
            self.assertEqual([1], [len(one) for one in values], (name, values))
        return [values[0][0][0] for values in found]

    def test_a_run_is_four_metrics_of_its_service_and_of_each_group(self) -> None:
        finished = self.measure("--groups", "web,critical,web", command="sleep 0.2")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertNotIn("warning", finished.err_text)
        self.assertEqual(12, len(self.aws.metrics()))
        event, region = self.event(self.aws), self.aws.region
        for dimensions in ({"Region": region, "Service": SERVICE},
                           {"Group": "web", "Region": region},
                           {"Group": "critical", "Region": region}):
            values = self.values(**dimensions)
            self.assertEqual([1, 1, 0], values[:3])
            self.assertAlmostEqual(int(str(event["durationMs"])) / 1000, values[3], delta=0.0011)
        ended = {metric.timestamp for metric in self.aws.metrics()}
        self.assertEqual([int(str(event["timestamp"]))], [int(time or 0) for time in ended])
        self.assertEqual({"Count", "Seconds"}, {metric.unit for metric in self.aws.metrics()})
        [request] = self.aws.requests("cloudwatch:PutMetricData")
        self.assertEqual(region, request.region)

    def test_a_failed_run_is_an_attempt_and_a_failure(self) -> None:
        self.assertEqual(1, self.measure(command="exit 3").code)
        self.assertEqual([1, 0, 1], self.values(Region=self.aws.region, Service=SERVICE)[:3])

    def test_many_runs_a_minute_all_count(self) -> None:
        process = self.start_job(self.aws, "--metrics-namespace", _NAMESPACE,
                                 *FASTER_THAN_DELIVERY, "--", "/bin/true")
        self.aws.wait_for(lambda: len(self.aws.metrics()) >= 5 * len(_NAMES))
        finished = process.stop_delivered()
        self.assertEqual(0, finished.code, finished.err_text)
        attempts = [metric for metric in self.aws.metrics() if metric.name == _NAMES[0]]
        self.assertEqual(len(self.events(self.aws)), len(attempts))
        self.assertEqual(3, self.aws.connections)

    def test_nothing_is_put_that_nobody_asked_for(self) -> None:
        self.assertEqual(0, self.run_once(self.aws).code)
        self.assertEqual([], self.aws.requests("cloudwatch:PutMetricData"))

    def test_a_run_that_is_cut_short_is_no_attempt(self) -> None:
        process = self.start_job(self.aws, "--metrics-namespace", _NAMESPACE, "--once",
                                 "--stop-timeout", "2", "--grace", "0.1",
                                 "--command", "echo started; sleep 60")
        process.wait_for_line("started", stream="out")
        process.send(signal.SIGTERM)
        finished = process.stop()
        self.assertIn("verdict=interrupted", finished.err_text)
        self.assertEqual([], self.aws.metrics())

    def test_a_service_of_any_letters_is_written_in_ascii(self) -> None:
        finished = self.run_to_end("--service", "größe", "--store", str(self.temporary_directory()),
                                   "--metrics-namespace", _NAMESPACE, "--once", "--", "/bin/true",
                                   environment=self.aws.environment())
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual([1, 1, 0], self.values(Region=self.aws.region, Service="gr__e")[:3])

    def test_a_refusal_is_a_warning_and_the_result_is_delivered(self) -> None:
        self.aws.fail("cloudwatch:*", faults.error("AccessDenied", 403, "not you"), times=None)
        process = self.start_job(self.aws, "--metrics-namespace", _NAMESPACE,
                                 *FASTER_THAN_DELIVERY, "--", "/bin/true")
        self.aws.wait_for(lambda: len(self.events(self.aws)) >= 5)
        finished = process.stop_delivered()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(len(self.events(self.aws)), len(self.aws.objects(BUCKET)))
        [warning] = [line for line in finished.lines() if line.level == "warning"]
        self.assertRegex(warning.message, r"^metrics are dropped: cloudwatch put metric data: http "
                                          r"403: AccessDenied: not you \(request id .*\)$")
        self.assertEqual({"dropped": "1", "target": "aws"}, warning.fields)
        self.assertEqual([], self.aws.metrics())

    def test_a_service_that_never_answers_costs_a_few_seconds_and_nothing_else(self) -> None:
        self.aws.fail("cloudwatch:*", faults.stall(), times=None)
        finished = self.measure()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("warning: metrics are dropped: cloudwatch put metric data: ",
                      finished.err_text)
        self.assertEqual(1, len(self.events(self.aws)))
        self.assertLess(finished.seconds, 10)

    def test_metrics_need_a_region(self) -> None:
        finished = self.run_to_end("--service", SERVICE, "--store", str(self.temporary_directory()),
                                   "--metrics-namespace", _NAMESPACE, "--once", "--", "/bin/true",
                                   environment={"AWS_EC2_METADATA_DISABLED": "true"})
        self.assertEqual(78, finished.code)
        self.assertRegex(finished.err_text, "^AWS_REGION is not set")


if __name__ == "__main__":
    unittest.main()
