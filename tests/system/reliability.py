# SPDX-License-Identifier: MIT
"""What was measured is never lost: the real program through everything that goes wrong between it
and the services, and through 200 deaths."""

from __future__ import annotations

import json
import random
import re
import signal
import time
import unittest
from pathlib import Path

from fake_aws import faults
from runner_process import RunnerProcess
from spool_case import ENDED, SpoolTest


class FaultsTest(SpoolTest):
    """Everything that goes wrong between the program and the services, one after another, while it
    runs its test on a fixed grid."""

    STALL = 4.0  # seconds
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
        ("stall", faults.stall(STALL)),
        ("stall after acceptance", faults.stall(STALL, accepted=True)),
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
        process.wait_for_line("run ended", 120, count=runs + self.RUNS)
        self.aws.wait_for(lambda: len(self.aws.requests()) > requests + 1)
        self.aws.clear_faults()
        self.aws.wait_for(lambda: self.aws.requests()[-1].outcome == "ok")

    def starts(self) -> list[list[int]]:
        """When the runs of each life began, in milliseconds."""
        begun = {str(event["runId"]): int(str(event["startedAtMs"]))
                 for event in self.events(self.aws)}
        return [[begun[run] for run in re.findall(ENDED, life)] for life in self.lives]

    def lateness(self) -> list[int]:
        """How late each run began in its slot, in milliseconds."""
        return [(start - starts[0] + 10) % 50 - 10 for starts in self.starts() for start in starts]

    def gaps(self) -> list[int]:
        """From each start to the next, in milliseconds."""
        return [later - start for starts in self.starts()
                for start, later in zip(starts, starts[1:])]

    def test_no_result_is_lost_and_no_run_waits_for_a_delivery(self) -> None:
        process = self.start_life("--every", "0.05")
        for name, fault in self.PASSING:
            with self.subTest(name):
                self.outlast(process, fault)
        self.aws.clock_offset = 3600
        process.wait_for_line("run ended", count=process.err.count(b"run ended") + self.RUNS)
        self.aws.wait_for(lambda: self.aws.requests()[-1].outcome == "ok")
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
        self.assertEqual(0, self.live_once(limit="600").code)
        self.assert_all_arrived()

        results = self.all_ended()
        late = sorted(self.lateness())
        count = len(self.PASSING) + len(self.LASTING) + 4
        repeated = len(self.events(self.aws)) - len(results)
        print(f"    {count} faults, {len(results)} results sent, 0 lost, {repeated} came twice; "
              f"starts late by {late[len(late) // 2]:.0f} ms (median), "
              f"{late[len(late) * 99 // 100]:.0f} ms (99 of 100); {missed} slots missed")
        # The stop at the end of a life may cut a run short, which is no result then.
        cut = self.interrupted()
        self.assertEqual(sorted(results),
                         sorted(run for run in self.ran.read_text().split() if run not in cut))
        # A start that is more than a slot late counts as missed: on a busy machine a few are, but a
        # run that waited for a stalled service would begin as late as that.
        self.assertLess(missed, len(results) // 4)
        self.assertLess(max(self.gaps()), self.STALL * 1000)


class KillTest(SpoolTest):
    """kill -9 at any instant, with a store beside AWS."""

    KILLS = 200

    def stored(self) -> tuple[set[str], int]:
        """The runs of which the store has the event, and how many logs it has of those that died."""
        folder = self.folder / "store"
        events = [json.loads(line) for line in (folder / "events.ndjson").read_text().splitlines()]
        logs = {event["logUri"]: event["runId"] for event in events}
        for uri, run in logs.items():
            self.assertEqual(run, Path(uri.removeprefix("file://")).read_text())
        return set(logs.values()), sum("_INTERRUPTED" in path.name for path in folder.rglob("*"))

    def test_nothing_is_lost_however_often_the_program_is_killed(self) -> None:
        self.aws.fail("*", *[faults.internal_error(), faults.none(), faults.reset(accepted=True),
                             faults.none(), faults.none()] * 40)
        chance = random.Random(7)
        store = ("--store", str(self.folder / "store"))
        for _ in range(self.KILLS):
            process = self.start_life("--delay", "0", *store)
            time.sleep(chance.uniform(0.0, 0.2))  # the instant is what the test is about
            finished = self.end_life(process, signal.SIGKILL)
            self.assertEqual(-signal.SIGKILL, finished.code, finished.err_text)
        self.aws.clear_faults()
        last = self.live_once(*store, limit="600")
        self.assertEqual(0, last.code, last.err_text)

        arrived, interrupted, logs = self.arrived(self.aws), self.interrupted(), self.logs()
        ran = self.ran.read_text().split()
        # What ended just before the process did may not have been written down any more; then the
        # run counts as one that died.
        lost = [run for run in self.all_ended() if run not in arrived and run not in interrupted]
        self.assertEqual([], lost)
        self.assertEqual([], [run for run in ran if run not in arrived and run not in interrupted])
        # A result is written down before the line that says that its run ended.
        order = {run: place for place, run in enumerate(ran)}
        places = [order[run] for run in arrived]
        self.assertEqual(sorted(places), places)
        self.assertEqual({run: run.encode() for run in arrived},
                         {run: logs.get(run) for run in arrived})
        for run in interrupted:  # as far as the runner had read it
            self.assertIn(logs[run], (b"", run.encode()))
        in_store, died = self.stored()
        self.assertEqual([], [run for run in self.all_ended()
                              if run not in in_store and run not in interrupted])
        self.assertLessEqual(len(set(ran) - in_store), died)
        self.assert_spool_empty()
        print(f"    killed {self.KILLS} times: {len(arrived)} results with their logs, 0 lost; "
              f"{len(interrupted)} runs died with their runner, "
              f"{len(self.events(self.aws)) - len(arrived)} events came twice")


if __name__ == "__main__":
    unittest.main()
