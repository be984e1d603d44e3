# SPDX-License-Identifier: MIT
"""The base of the system tests of the spool: one spool, many lives of the program."""

from __future__ import annotations

import re
import signal

from aws_case import BUCKET, AwsTest
from runner_process import Finished, RunnerProcess

# Says on its own which runs there were, and has their id for a log, with so many blanks behind it.
_COMMAND = ('echo "$SLARUNNER_RUN_ID" >>"$RAN"; printf %s "$SLARUNNER_RUN_ID"; '
            'printf "%${BLANKS:-0}s" ""')
ENDED = r"run ended run=(\S+)(?!.*verdict=interrupted)"  # one that was cut short is no result


class SpoolTest(AwsTest):
    """The base: one fake, one spool, and what became of each run."""

    def setUp(self) -> None:
        self.aws = self.fake()
        self.folder = self.temporary_directory()
        self.spool = self.folder / "spool"
        self.ran = self.folder / "ran"
        self.lives: list[str] = []

    def start_life(self, *arguments: str, **environment: str) -> RunnerProcess:
        """Starts the program with the spool; its command is the one that tells its id."""
        return self.start_job(self.aws, "--spool", str(self.spool), *arguments, "--command",
                              _COMMAND, environment={"RAN": str(self.ran)} | environment)

    def end_life(self, process: RunnerProcess, number: signal.Signals = signal.SIGTERM) -> Finished:
        """Ends it, and keeps what it said."""
        finished = process.stop(number)
        self.lives.append(finished.err_text)
        return finished

    def live_once(self, *arguments: str, limit: str = "3", **environment: str) -> Finished:
        """One run, from start to end; `limit` is the time for deliveries in seconds."""
        finished = self.start_life("--once", *arguments, SLARUNNER_STOPTIMEOUT=limit,
                                   **environment).wait(700)
        self.lives.append(finished.err_text)
        return finished

    def all_ended(self) -> list[str]:
        """The runs that ended, in all lives, in order."""
        return [run for life in self.lives for run in re.findall(ENDED, life)]

    def logs(self) -> dict[str, bytes]:
        """The stored logs by run."""
        return {stored.metadata["run-id"]: stored.body
                for stored in self.aws.objects(BUCKET).values()}

    def interrupted(self) -> set[str]:
        """The runs whose log is kept as INTERRUPTED."""
        return {stored.metadata["run-id"] for key, stored in self.aws.objects(BUCKET).items()
                if "_INTERRUPTED" in key}

    def assert_all_arrived(self) -> None:
        """Each run that ended arrived, in order, with its log; nothing is left in the spool."""
        self.assertEqual(self.all_ended(), self.arrived(self.aws))
        logs = self.logs()
        self.assertEqual({run: run.encode() for run in self.arrived(self.aws)},
                         {run: logs.get(run) for run in self.arrived(self.aws)})
        self.assert_spool_empty()

    def assert_spool_empty(self) -> None:
        left = [str(path) for part in ("logs", "runs")
                for path in (self.spool / "aws" / part).iterdir() if path.name != ".draft"]
        self.assertEqual([], left)
        listed = self.run_to_end("spool", "list", "--spool", str(self.spool))
        self.assertEqual("0 waiting, 0 set aside, 0 dropped\n", listed.out_text)
