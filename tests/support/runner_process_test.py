# SPDX-License-Identifier: MIT
"""Checks the helpers of the system tests with plain shells in the place of the program."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from runner_process import RunnerProcess


class RunnerProcessTest(unittest.TestCase):
    """What system tests rely on."""

    def start(self, script: str, **environment: str) -> RunnerProcess:
        process = RunnerProcess(["-c", script], environment, program="/bin/sh")
        self.addCleanup(process.kill_all)
        return process

    def test_both_streams_and_the_exit_code_are_captured(self) -> None:
        finished = self.start("echo out; echo err >&2; exit 3").wait()
        self.assertEqual((3, b"out\n", b"err\n"), (finished.code, finished.out, finished.err))

    def test_the_environment_is_the_path_and_what_is_given(self) -> None:
        names = {line.partition("=")[0] for line in
                 self.start("env", GIVEN="1").wait().out_text.splitlines()}
        self.assertEqual({"PATH", "GIVEN", "RUNNER_PROCESS_MARK"}, names - {"PWD", "_", "SHLVL"})

    def test_a_line_is_waited_for_and_counted(self) -> None:
        process = self.start("echo round 1 >&2; sleep 0.1; echo round 2 >&2; sleep 60")
        self.assertEqual("2", process.wait_for_line(r"round (\d)", count=2).group(1))

    def test_a_line_that_never_comes_fails_with_the_output(self) -> None:
        with self.assertRaisesRegex(AssertionError, "(?s)before its output ended.*something else"):
            self.start("echo something else >&2").wait_for_line("expected", 10)

    def test_stop_sends_the_signal_and_returns_the_end(self) -> None:
        process = self.start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done")
        process.wait_for_line("ready", stream="out")
        self.assertEqual(7, process.stop(signal.SIGTERM, 10).code)

    def test_a_child_in_a_session_of_its_own_is_found_and_ended(self) -> None:
        process = self.start("setsid sleep 300 >/dev/null 2>&1 & echo done")
        process.wait()
        with self.assertRaisesRegex(AssertionError, "left behind: .*sleep 300"):
            process.assert_nothing_left()
        process.kill_all()
        process.assert_nothing_left(5)

    def test_a_child_that_was_killed_is_not_left_behind_before_it_has_ended_either(self) -> None:
        process = self.start("setsid sleep 302 >/dev/null 2>&1 & echo $!")
        child = int(process.wait().out_text)
        os.kill(child, signal.SIGKILL)
        process.assert_nothing_left()

    def test_a_child_is_found_in_every_instant_of_an_exec(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            script = Path(directory, "again")
            script.write_text('#!/bin/sh\nexec "$0"\n')
            script.chmod(0o755)
            process = self.start(f"setsid '{script}' >/dev/null 2>&1 & echo done")
            process.wait()
            seen = [bool(process.leftovers()) for _ in range(300)]
            process.kill_all()
        self.assertEqual([], [at for at, found in enumerate(seen) if not found])

    def test_a_child_that_holds_the_output_open_is_named(self) -> None:
        with self.assertRaisesRegex(AssertionError, "holds its output open.*sleep 301"):
            self.start("sleep 301 & echo done").wait(0.5)


if __name__ == "__main__":
    unittest.main()
