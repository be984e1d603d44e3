# SPDX-License-Identifier: MIT
# Covers: app/spool_folders.hpp
"""The real program with a spool: restarts, deaths, disks that fail, and what people do about it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unittest

from aws_case import SERVICE
from fake_aws import faults
from runner_process import FASTER_THAN_DELIVERY, RunnerProcess
from spool_case import ENDED, SpoolTest


class RestartTest(SpoolTest):
    """From one process to the next."""

    def test_what_was_left_by_one_process_is_delivered_by_the_next_in_order(self) -> None:
        self.aws.fail("*", faults.internal_error(), times=None)
        process = self.start_life("--delay", "0.01", "--stop-timeout", "1")
        process.wait_for_line("run ended", count=20)
        self.assertIn("what is not delivered stays in the spool",
                      self.end_life(process).err_text)
        self.assertEqual([], self.arrived(self.aws))
        self.aws.clear_faults()
        self.assertEqual(0, self.live_once(limit="30").code)
        self.assertGreater(len(self.arrived(self.aws)), 20)
        self.assert_all_arrived()

    def test_a_restart_with_another_sink_setting_takes_what_is_there_along(self) -> None:
        with self.aws.outage():
            self.assertEqual(75, self.live_once().code)
        self.assertEqual(0, self.live_once("--event-format", "numbers").code)
        self.assert_all_arrived()

    def die(self, *arguments: str) -> str:
        """A life that is killed in its first run, which had written two lines by then."""
        process = self.start(*self.sinks(self.aws), "--spool", str(self.spool), "--delay", "0",
                             *arguments, "--command", "echo so far; echo ready >&2; exec sleep 60",
                             environment=self.aws.environment())
        process.wait_for_line("ready", stream="out")
        run = process.wait_for_line(r"run starts run=(\S+)")[1]
        process.kill_all()
        return run

    def test_a_run_that_died_with_its_runner_is_kept_as_interrupted(self) -> None:
        run = self.die()
        finished = self.live_once()
        self.assertEqual(0, finished.code)
        self.assertRegex(finished.err_text, f"warning: a run died with its runner.* run={run}")
        self.assertEqual({run}, self.interrupted())
        self.assertEqual(b"so far\nready\n", self.logs()[run])
        self.assertNotIn(run, self.arrived(self.aws))
        self.assert_spool_empty()

    def test_a_run_that_died_is_kept_as_interrupted_by_every_sink(self) -> None:
        store = self.folder / "store"
        run = self.die("--store", str(store))
        self.assertEqual(0, self.live_once("--store", str(store)).code)
        self.assertEqual(b"so far\nready\n", self.logs()[run])
        kept = [path.read_text() for path in (store / SERVICE).iterdir() if "INTER" in path.name]
        self.assertEqual(["so far\nready\n"], kept)
        self.assert_spool_empty()

    def test_a_log_that_nobody_wants_is_not_kept(self) -> None:
        with self.aws.outage():
            self.assertEqual(75, self.live_once("--upload-logs", "never").code)
        self.assertEqual([], list((self.spool / "aws" / "logs").iterdir()))
        self.assertEqual(0, self.live_once("--upload-logs", "never").code)
        self.assertEqual(self.all_ended(), self.arrived(self.aws))
        self.assertEqual({}, self.logs())
        self.assert_spool_empty()

    def test_two_runners_never_share_a_spool(self) -> None:
        first = self.start_life("--delay", "3600")
        first.wait_for_line("run ended")
        second = self.live_once()
        self.assertEqual(75, second.code)
        self.assertEqual(1, second.err_text.count("\n"), second.err_text)
        self.assertIn(f"is in use by another runner (process {first.pid})", second.err_text)
        self.end_life(first)
        self.assertEqual(0, self.live_once().code)
        self.assert_all_arrived()

    def test_nobody_else_may_read_a_spool(self) -> None:
        self.aws.fail("*", faults.internal_error(), times=None)
        self.assertEqual(75, self.live_once().code)
        for path in [self.spool, *self.spool.rglob("*")]:
            self.assertEqual(0o700 if path.is_dir() else 0o600, path.stat().st_mode & 0o777, path)

    def test_a_store_has_a_spool_of_its_own_and_waits_for_nobody(self) -> None:
        file = self.folder / "store"
        file.write_text("in the way")
        finished = self.live_once("--store", str(file))
        self.assertEqual(75, finished.code)
        self.assertEqual(self.all_ended(), self.arrived(self.aws))
        listed = self.run_to_end("spool", "list", "--spool", str(self.spool)).out_text
        self.assertRegex(listed, r"to=store event=waits log=waits .*\n1 waiting, 0 set aside")
        file.unlink()
        self.assertEqual(0, self.live_once("--store", str(file)).code)
        self.assertEqual(2, (file / "events.ndjson").read_text().count("\n"))
        self.assertEqual(2, len(list((file / SERVICE).iterdir())))


class PeopleTest(SpoolTest):
    """sla-runner spool list|replay|drop."""

    def command(self, verb: str, *words: str) -> str:
        finished = self.run_to_end("spool", verb, "--spool", str(self.spool), *words)
        self.assertEqual((0, ""), (finished.code, finished.err_text))
        return finished.out_text

    def set_aside(self) -> str:
        """A run whose event the topic refuses for good, because it is too long."""
        self.aws.delete_topic(self.topic(self.aws))
        self.aws.create_topic("results", maximum_size=1024)
        with self.aws.outage():
            self.assertEqual(75, self.live_once(SLARUNNER_SVC_TAG="x" * 1200).code)
        finished = self.live_once()
        self.assertEqual(75, finished.code)
        self.assertIn(f"refused for good: sns publish to {self.topic(self.aws)}: http 400: "
                      "InvalidParameter", finished.err_text)
        first, second = self.all_ended()
        self.assertEqual([second], self.arrived(self.aws))
        return first

    def test_what_alone_is_refused_is_set_aside_and_holds_up_no_other(self) -> None:
        run = self.set_aside()
        listed = self.command("list")
        self.assertRegex(listed, f" {run} to=aws event=refused log=done .*InvalidParameter")
        self.assertIn("0 waiting, 1 set aside, 0 dropped\n", listed)
        self.assertEqual(0, self.live_once().code)
        self.assertEqual(2, len(self.arrived(self.aws)))

    def test_replay_sends_what_was_set_aside_once_more(self) -> None:
        run = self.set_aside()
        self.assertEqual("1 waiting for the runner's next start\n", self.command("replay"))
        self.aws.delete_topic(self.topic(self.aws))
        self.aws.create_topic("results")
        self.assertEqual(0, self.live_once().code)
        self.assertIn(run, self.arrived(self.aws))
        self.assert_spool_empty()

    def test_drop_deletes_what_was_set_aside(self) -> None:
        self.set_aside()
        self.assertEqual("1 dropped\n", self.command("drop"))
        self.assert_spool_empty()

    def test_a_wrong_command_line_is_a_usage_error(self) -> None:
        for words in (["spool"], ["spool", "list"], ["spool", "purge", "--spool", "x"]):
            finished = self.run_to_end(*words)
            self.assertEqual((64, ""), (finished.code, finished.out_text))
            self.assertRegex(finished.err_text, r"^spool: .*\n$")


@unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
class DiskTest(SpoolTest):
    """A disk that fails holds up no run and loses no result."""

    def setUp(self) -> None:
        super().setUp()
        self.disk = self.temporary_directory()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "sla-test",
                                  str(self.disk)], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], check=True)
        self.spool = self.disk / "spool"

    def remount(self, mode: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.disk)], check=True)

    def fill(self) -> None:
        with (self.disk / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                return

    def test_a_full_disk(self) -> None:
        process = self.start_life("--delay", "0.05")
        process.wait_for_line("run ended")
        with self.aws.outage():
            process.wait_for_line("run ended", count=5)
            self.fill()
            process.wait_for_line("the spool cannot be written: results are kept in memory")
            process.wait_for_line("run ended", count=process.err.count(b"run ended") + 5)
            (self.disk / "filler").unlink()
        self.end_life(process)
        self.live_once()
        self.assert_all_arrived()

    def test_a_disk_that_turns_read_only(self) -> None:
        try:
            self.remount("ro")
            self.remount("rw")
        except subprocess.CalledProcessError:
            self.skipTest("no disk can be made read-only here")
        process = self.start_life("--delay", "3600")
        process.wait_for_line("run ended")
        self.end_life(process)
        self.remount("ro")
        finished = self.live_once()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("the spool cannot be written: results are kept in memory",
                      finished.err_text)
        self.remount("rw")
        self.live_once()
        self.assert_all_arrived()

    def test_a_folder_that_vanishes_takes_its_logs_along_and_no_result(self) -> None:
        # A log of so many bytes has a file of its own; a small one is where its result is.
        process = self.start_life("--delay", "0.05", BLANKS="5000")
        process.wait_for_line("run ended")
        with self.aws.outage():
            process.wait_for_line("run ended", count=5)
            while os.path.exists(self.spool):  # the runner goes on writing
                shutil.rmtree(self.spool, ignore_errors=True)
            process.wait_for_line("the spool cannot be written: results are kept in memory")
            process.wait_for_line("run ended", count=process.err.count(b"run ended") + 5)
        self.end_life(process)
        self.live_once()
        self.assertEqual(self.all_ended(), self.arrived(self.aws))
        logs = self.logs()
        without = [str(event.get("logError")) for event in self.events(self.aws)
                   if event["runId"] not in logs]
        self.assertEqual({"the log is gone from the spool"}, set(without))
        self.assertLess(len(without), len(logs))
        self.assert_spool_empty()


class RoomTest(SpoolTest):
    """Where there is no room the logs of passes go first, then the oldest passes, and the next event
    says how many."""

    LOG, RESULT = (f"no room for undelivered results: a {what} is dropped"
                   for what in ("log", "result"))

    def fill(self, begin: str, *arguments: str) -> RunnerProcess:
        """Starts the program, while nothing is accepted, with a script that begins like this and
        fails the first time."""
        self.aws.fail("*", faults.internal_error(), times=None)
        (self.folder / "fail").touch()
        process = self.start_job(self.aws, *FASTER_THAN_DELIVERY, "--", "sh", "-c",
                                 f"{begin}; [ ! -e {self.folder}/fail ]", *arguments)
        process.wait_for_line("run ended")
        (self.folder / "fail").unlink()
        return process

    def test_logs_of_passes_go_before_any_result(self) -> None:
        process = self.fill("head -c 1000000 /dev/zero")
        process.wait_for_line(self.LOG, 120, count=5)
        self.aws.clear_faults()
        finished = process.stop_delivered()
        self.assertNotIn(self.RESULT, finished.err_text)
        self.assertEqual(re.findall(ENDED, finished.err_text), self.arrived(self.aws))
        without = [event for event in self.events(self.aws)
                   if event.get("logError") == "dropped: no room in the spool"]
        self.assertGreaterEqual(len(without), 5)
        self.assertTrue(all(event["succeeded"] for event in without))

    def test_without_a_folder_memory_is_bounded_and_what_is_dropped_is_counted(self) -> None:
        process = self.fill("true", *["x" * 100_000] * 8)  # each result knows its command
        process.wait_for_line(self.RESULT, 120, count=5)
        self.aws.clear_faults()
        finished = process.stop_delivered()
        events = self.events(self.aws)
        dropped = sum(int(str(event.get("dropped", 0))) for event in events)
        ended = re.findall(ENDED, finished.err_text)
        self.assertGreaterEqual(dropped, 5)
        self.assertEqual(len(ended), len(events) + dropped)
        self.assertEqual(ended[0], events[0]["runId"])  # the failure outlives the passes
        self.assertFalse(events[0]["succeeded"])


if __name__ == "__main__":
    unittest.main()
