# SPDX-License-Identifier: MIT
# Covers: app/settings/outcome.hpp
"""More attempts within one run, and what is slow, with the real program."""

from __future__ import annotations

import signal

from store_case import StoreTest

_SECOND = "echo attempt $SLARUNNER_ATTEMPT; test $SLARUNNER_ATTEMPT = 2"


class AttemptsTest(StoreTest):
    """One run, several attempts."""

    def test_a_flaky_test_passes_and_its_event_tells_so(self) -> None:
        for spool in ([], ["--spool", str(self.folder / "spool")]):
            finished = self.run_once("--retries", "3", "--retry-delay", "0", *spool, "--command",
                                     _SECOND)
            self.assertEqual(0, finished.code, finished.err_text)
            event = self.events()[-1]
            self.assertEqual(("pass", True, 2, ["fail", "pass"], True), tuple(
                event[key] for key in ("verdict", "succeeded", "attempts", "attemptVerdicts",
                                       "flaky")))
        divided = (b"attempt 1\n[sla-runner: attempt 1 of 4 ended with verdict fail; the next "
                   b"follows]\nattempt 2\n")
        self.assertEqual([divided] * 2, [path.read_bytes() for path in self.logs("SUCCESS")])
        self.assertEqual([], list((self.folder / "spool").rglob("*.log")))

    def test_a_run_that_fails_each_time_fails(self) -> None:
        finished = self.run_once("--retries", "2", "--retry-delay", "0", "--", "false")
        self.assertEqual(1, finished.code, finished.err_text)
        event = self.event()
        self.assertEqual((3, ["fail"] * 3), (event["attempts"], event["attemptVerdicts"]))
        self.assertNotIn("flaky", event)

    def test_each_attempt_has_a_timeout_of_its_own(self) -> None:
        self.run_once("--retries", "1", "--retry-delay", "0", "--timeout", "0.2", "--", "sleep", "60")
        self.assertEqual(["timeout", "timeout"], self.event()["attemptVerdicts"])

    def test_one_attempt_is_as_without(self) -> None:
        self.run_once("--retries", "3", "--", "true")
        self.assertNotIn("attempts", self.event())

    def test_a_stop_between_two_attempts_makes_no_event(self) -> None:
        process = self.start_job("--retries", "1", "--retry-delay", "600", "--delay", "1",
                                 "--command", "echo failed; exit 1")
        process.wait_for_line("failed", stream="out")
        finished = process.stop(signal.SIGTERM)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("verdict=interrupted", finished.err_text)
        self.assertEqual([], self.events())

    def test_the_whole_must_fit_the_grid(self) -> None:
        for timeout, problem in (
                ("20", "Retries (--retries): 3 attempts of 20 s (timeout), 1 s apart (retry-delay), "
                       "do not fit Every (--every) of 60 s"),
                ("0", "Retries (--retries): attempts without a timeout do not fit Every (--every) "
                      "of 60 s")):
            finished = self.run_to_end(*self.job("--every", "60", "--retries", "2", "--timeout",
                                                 timeout, "--", "true"))
            self.assertEqual((78, problem + "\n"), (finished.code, finished.err_text))
        shown = self.run_to_end("--print-settings", *self.job(
            "--every", "62", "--retries", "2", "--timeout", "20", "--", "true"))
        self.assertEqual(0, shown.code, shown.err_text)

    def test_a_pass_that_took_long_is_degraded(self) -> None:
        self.run_once("--slow", "0.01", "--", "sleep", "0.05")
        event = self.event()
        self.assertEqual((True, True), (event["succeeded"], event["degraded"]))
        self.assertRegex(str(event["reason"]), r"^took \d+\.\d+ s, expected at most 0\.010 s$")
        self.run_once("--slow", "600", "--", "true")
        self.assertNotIn("degraded", self.events()[-1])

    def test_a_wrong_value_is_one_sentence(self) -> None:
        finished = self.run_to_end(*self.job("--once", "--retries", "11", "--slow", "0", "--", "true"))
        self.assertEqual((78, ["Retries (--retries): '11' is no whole number from 0 to 10",
                               "Slow (--slow): '0' is not more than 0 seconds"]),
                         (finished.code, sorted(finished.err_text.splitlines())))
