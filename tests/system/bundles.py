# SPDX-License-Identifier: MIT
"""Logs of passes in bundles: what the real program puts in the bucket, and what its events say of
it."""

from __future__ import annotations

import re
import signal
import unittest

from aws_case import BUCKET, SERVICE
from fake_aws import faults
from runner_process import RunnerProcess
from spool_case import SpoolTest

_BUNDLE = r"s3://logs/(bundles/\d{4}/\d\d/\d\d/\d\d/\d\d-[0-9a-f]{32}\.log)#bytes=(\d+)-(\d+)"
_LONG = ("--log-bundle", "1h")


class BundleTest(SpoolTest):
    """One service, whose logs are the ids of its runs."""

    def bundles(self) -> list[str]:
        """The keys of the bundles."""
        return [key for key in self.aws.objects(BUCKET) if key.startswith("bundles/")]

    def log_of(self, event: dict[str, object]) -> bytes:
        """What an event says where its log is, as it is there."""
        uri = str(event["logUri"])
        if found := re.fullmatch(_BUNDLE, uri):
            body = self.aws.objects(BUCKET)[found[1]].body
            return body[int(found[2]):int(found[3]) + 1]
        return self.aws.objects(BUCKET)[uri.removeprefix("s3://logs/")].body

    def assert_bundled(self, runs: list[str], bundles: int) -> None:
        """These arrived in order, each once, and their logs are parts of so many bundles."""
        events = self.events(self.aws)
        self.assertEqual(runs, [event["runId"] for event in events])
        for event in events:
            self.assertRegex(str(event["logUri"]), _BUNDLE)
            self.assertEqual(str(event["runId"]).encode(), self.log_of(event))
        self.assertEqual(bundles, len(self.bundles()), self.bundles())

    def start_runs(self, count: int, *arguments: str) -> RunnerProcess:
        """A life in which so many runs have ended."""
        process = self.start_life("--delay", "0.01", *arguments)
        process.wait_for_line("run ended", count=count)
        return process

    def test_runs_of_a_while_become_one_object_without_a_stop(self) -> None:
        process = self.start_runs(5, "--log-bundle", "0.5")
        self.aws.wait_for(lambda: len(self.arrived(self.aws)) >= 20)
        finished = self.end_life(process)
        self.assertEqual(0, finished.code)
        self.assertNotIn(" warning: ", finished.err_text)
        puts = len(self.bundles())
        self.assert_bundled(self.all_ended(), puts)
        self.assertEqual(puts, self.aws.puts(BUCKET))
        self.assertLess(puts, len(self.all_ended()) / 3)
        [stored] = {stored.content_type for stored in self.aws.objects(BUCKET).values()}
        self.assertEqual("text/plain; charset=utf-8", stored)
        self.assert_spool_empty()

    def test_a_stop_delivers_what_waits_as_one(self) -> None:
        finished = self.end_life(self.start_runs(10, *_LONG))
        self.assertEqual(0, finished.code)
        self.assert_bundled(self.all_ended(), 1)
        self.assert_spool_empty()

    def test_a_run_alone_does_not_wait(self) -> None:
        self.assertEqual(0, self.live_once(*_LONG).code)
        self.assert_bundled(self.all_ended(), 1)

    def test_a_failure_arrives_at_once_and_alone_after_what_passed_before_it(self) -> None:
        marker = self.folder / "down"
        process = self.start_job(
            self.aws, "--delay", "0.05", *_LONG, "--command",
            f'printf %s "$SLARUNNER_RUN_ID"; test ! -e {marker}')
        process.wait_for_line("run ended", count=4)
        self.assertEqual([], self.arrived(self.aws))
        marker.touch()
        failed = process.wait_for_line(r"run ended run=(\S+).* verdict=fail")[1]
        self.aws.wait_for(lambda: failed in self.arrived(self.aws))
        events = self.events(self.aws)
        ended = re.findall(r"run ended run=(\S+)", "\n".join(process.lines()))
        arrived = [str(event["runId"]) for event in events]
        self.assertEqual(ended[:len(arrived)], arrived)
        for event in events:
            self.assertEqual(str(event["runId"]).encode(), self.log_of(event))
            bundled = re.fullmatch(_BUNDLE, str(event["logUri"])) is not None
            self.assertEqual(event["succeeded"], bundled, event)
        self.assertEqual(1, len(self.bundles()))
        process.stop()

    def test_nothing_is_lost_and_nothing_comes_twice_when_it_is_killed_while_logs_wait(self) -> None:
        process = self.start_runs(6, *_LONG)
        process.send(signal.SIGKILL)
        self.lives.append(process.wait().err_text)
        self.assertEqual([], self.arrived(self.aws))
        self.assertEqual(0, self.live_once(*_LONG, limit="30").code)
        arrived = self.arrived(self.aws)
        self.assertEqual(self.all_ended(), [run for run in arrived if run in self.all_ended()])
        self.assert_bundled(arrived, len(self.bundles()))
        self.assertLessEqual(len(self.bundles()), 2)
        self.assert_spool_empty()

    def test_where_a_log_is_outlives_a_death_between_log_and_event(self) -> None:
        self.aws.fail("sns:*", faults.internal_error(), times=None)
        process = self.start_runs(6, "--log-bundle", "0.2")
        process.wait_for_line("events are not delivered")
        process.send(signal.SIGKILL)
        self.lives.append(process.wait().err_text)
        known = self.lives[0].partition("events are not delivered")[0]
        stored = dict(re.findall(r'log stored run=(\S+) log="(\S+)"', known))
        self.assertGreaterEqual(len(stored), 1)
        self.aws.clear_faults()
        self.assertEqual(0, self.live_once(limit="30").code)
        events = {str(event["runId"]): event for event in self.events(self.aws)}
        self.assertLessEqual(set(self.all_ended()), set(events))
        for run, uri in stored.items():
            self.assertEqual(uri, events[run]["logUri"])
        for run, event in events.items():
            self.assertEqual(run.encode(), self.log_of(event))
        self.assert_spool_empty()

    def test_where_no_bundle_can_be_stored_events_arrive_and_logs_follow_alone(self) -> None:
        self.aws.fail("s3:PutObject", faults.internal_error(), times=None)
        process = self.start_runs(3, "--log-bundle", "0.2")
        self.aws.wait_for(lambda: len(self.arrived(self.aws)) >= 3)
        self.aws.clear_faults()
        first = self.events(self.aws)[0]
        self.assertNotIn("logUri", first)
        # On a busy machine the log by itself was refused too before its event went.
        self.assertRegex(str(first["logError"]),
                         "^s3 put object s3://logs/(bundles|shop)/.*: http 500: InternalError")
        self.aws.wait_for(lambda: str(first["runId"]) in self.single_logs())
        self.end_life(process)
        self.assertEqual(str(first["runId"]).encode(), self.single_logs()[str(first["runId"])])
        self.assertEqual(self.all_ended(), self.arrived(self.aws))
        self.assert_spool_empty()

    def single_logs(self) -> dict[str, bytes]:
        """The logs that are objects of their own, by run."""
        return {stored.metadata["run-id"]: stored.body
                for key, stored in self.aws.objects(BUCKET).items() if key.startswith(SERVICE)}

    def test_a_run_that_wrote_nothing_has_no_log_and_a_long_one_is_alone(self) -> None:
        quiet = self.run_once(self.aws, *_LONG, command="true")
        self.assertEqual(0, quiet.code, quiet.err_text)
        event = self.event(self.aws)
        self.assertEqual({"logUri", "logError"} & set(event), set())
        self.assertEqual({}, dict(self.aws.objects(BUCKET)))
        self.assertEqual(0, self.run_once(self.aws, *_LONG,
                                          command="head -c 2000000 /dev/zero").code)
        uri = str(self.events(self.aws)[-1]["logUri"])
        self.assertRegex(uri, r"s3://logs/shop/\d+_SUCCESS$")

    def test_it_needs_a_bucket_and_logs_of_passes(self) -> None:
        for arguments, expected in (
                (["--store", str(self.folder)],
                 "Log Bundle (--log-bundle) bundles the logs of passes in S3: give a bucket "
                 "(--s3-bucket-name)"),
                (["--store", str(self.folder), "--s3-bucket-name", BUCKET, "--upload-logs", "never"],
                 "Log Bundle (--log-bundle) bundles the logs of passes in S3, and Upload Logs "
                 "(--upload-logs) stores none")):
            finished = self.run_to_end("--service", SERVICE, "--once", *_LONG, *arguments,
                                       "--command", "true", environment=self.aws.environment())
            self.assertEqual(78, finished.code)
            self.assertIn(expected, finished.err_text)


if __name__ == "__main__":
    unittest.main()
