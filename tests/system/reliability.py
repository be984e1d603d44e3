# SPDX-License-Identifier: MIT
"""What was measured is never lost: the real program through everything that goes wrong between it
and the services, and through 200 deaths."""

from __future__ import annotations

import random
import re
import signal
import time
import unittest

from fake_aws import faults
from runner_process import RunnerProcess
from spool_case import SpoolTest


class FaultsTest(SpoolTest):
    """Everything that goes wrong between the program and the services, one after another, while it
    runs its test on a fixed grid."""

    # What passes by itself, in the order in which a life meets it.
    PASSING = [
        ("500", faults.internal_error(500)), ("502", faults.internal_error(502)),
        ("503 SlowDown", faults.slow_down()), ("504", faults.internal_error(504)),
        ("429", faults.too_many_requests()), ("400 Throttling", faults.throttling()),
        ("reset before acceptance", faults.reset()),
        ("reset after acceptance", faults.reset(accepted=True)),
        ("truncated before acceptance", faults.truncated(accepted=False)),
        ("truncated after acceptance", faults.truncated()),
        ("garbage XML", faults.garbage()), ("garbage XML with a 500", faults.garbage(500)),
        ("a proxy's page", faults.reply(502, "<html>", {"Content-Type": "text/html"})),
        ("stall", faults.stall(2.0)), ("stall after acceptance", faults.stall(2.0, accepted=True)),
        ("expired token", faults.expired_token()),
    ]
    # What a person has to mend: a life each.
    LASTING = [
        ("301", faults.redirect("eu-west-1")), ("307", faults.redirect("eu-west-1", 307)),
        ("access denied", faults.error("AccessDenied", 403)),
        ("no such topic", faults.error("NotFound", 404)),
        ("refused", faults.error("InvalidParameter", 400)),
    ]
    RUNS = 8  # at least, under each fault

    def outlast(self, process: RunnerProcess, fault: faults.Fault) -> None:
        """Both services fail in this way for a number of runs, and then no more."""
        runs, requests = process.err.count(b"run ended"), len(self.aws.requests())
        self.aws.fail("*", fault, times=None)
        process.wait_for_line("run ended", 60, count=runs + self.RUNS)
        self.aws.wait_for(lambda: len(self.aws.requests()) > requests + 1, 20)
        self.aws.clear_faults()
        self.aws.wait_for(lambda: self.aws.requests()[-1].outcome == "ok", 60)

    def lateness(self) -> list[float]:
        """How late each run began, in milliseconds, on the grid of its life."""
        late: list[float] = []
        for life in self.lives:
            starts = [int(str(event["startedAtMs"])) for event in self.events(self.aws)
                      if str(event["runId"]) in life]
            starts = sorted(set(starts))
            late += [(start - starts[0] + 10) % 50 - 10 for start in starts]
        return late

    def test_no_result_is_lost_and_no_run_waits_for_a_delivery(self) -> None:
        process = self.start_life("--every", "0.05")
        for name, fault in self.PASSING:
            with self.subTest(name):
                self.outlast(process, fault)
        self.aws.clock_offset = 3600
        process.wait_for_line("run ended", count=process.err.count(b"run ended") + self.RUNS)
        self.aws.wait_for(lambda: self.aws.requests()[-1].outcome == "ok", 60)
        with self.aws.outage():
            process.wait_for_line("run ended", count=process.err.count(b"run ended") + self.RUNS)
        counts = re.findall(r"missed=(\d+)", self.end_life(process).err_text)
        missed = int(counts[-1]) if counts else 0

        for name, fault in self.LASTING:
            with self.subTest(name):
                self.aws.fail("*", fault, times=None)
                process = self.start_life("--every", "0.05", "--stop-timeout", "2")
                process.wait_for_line("run ended", count=self.RUNS)
                self.end_life(process)
                self.aws.clear_faults()
        for variables in ({"AWS_ENDPOINT_URL": "http://nobody.invalid:1"},
                          {"AWS_ENDPOINT_URL": self.aws.url.replace("http:", "https:")}):
            process = self.start_life("--every", "0.05", "--stop-timeout", "2", **variables)
            process.wait_for_line("run ended", count=self.RUNS)
            self.end_life(process)
        self.assertEqual(0, self.live_once(limit="60").code)
        self.assert_all_arrived()

        results = self.all_ended()
        late = sorted(self.lateness())
        count = len(self.PASSING) + len(self.LASTING) + 4
        repeated = len(self.events(self.aws)) - len(results)
        print(f"    {count} faults, {len(results)} results sent, 0 lost, {repeated} came twice; "
              f"starts late by {late[len(late) // 2]:.0f} ms (median), "
              f"{late[len(late) * 99 // 100]:.0f} ms (99 of 100); {missed} slots missed")
        self.assertEqual(sorted(results), sorted(self.ran.read_text().split()))
        # A run that waited for a stalled service would miss dozens of slots each time.
        self.assertLess(missed, len(results) // 4)


class KillTest(SpoolTest):
    """kill -9 at any instant."""

    KILLS = 200

    def test_nothing_is_lost_however_often_the_program_is_killed(self) -> None:
        self.aws.fail("*", *[faults.internal_error(), faults.none(), faults.reset(accepted=True),
                             faults.none(), faults.none()] * 40)
        chance = random.Random(7)
        for _ in range(self.KILLS):
            process = self.start_life("--delay", "0")
            time.sleep(chance.uniform(0.0, 0.12))  # the instant is what the test is about
            finished = self.end_life(process, signal.SIGKILL)
            self.assertEqual(-signal.SIGKILL, finished.code, finished.err_text)
        self.aws.clear_faults()
        last = self.live_once(limit="60")
        self.assertEqual(0, last.code, last.err_text)

        arrived, interrupted, logs = self.arrived(self.aws), self.interrupted(), self.logs()
        ran = self.ran.read_text().split()
        # What ended just before the process did may not have been written down any more; then the
        # run counts as one that died.
        lost = [run for run in self.all_ended() if run not in arrived and run not in interrupted]
        self.assertEqual([], lost)
        self.assertEqual([], [run for run in ran if run not in arrived and run not in interrupted])
        order = {run: place for place, run in enumerate(self.all_ended())}
        places = [order[run] for run in arrived]
        self.assertEqual(sorted(places), places)
        self.assertEqual({run: run.encode() for run in arrived},
                         {run: logs.get(run) for run in arrived})
        self.assert_spool_empty()
        print(f"    killed {self.KILLS} times: {len(arrived)} results, 0 lost; {len(interrupted)} "
              f"runs died with their runner, 0 logs lost; "
              f"{len(self.events(self.aws)) - len(arrived)} events came twice")


if __name__ == "__main__":
    unittest.main()
