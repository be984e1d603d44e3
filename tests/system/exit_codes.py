# SPDX-License-Identifier: MIT
"""What the exit codes of a command mean: those of monitoring plugins, and one that skips."""

from __future__ import annotations

import json
import socket
import unittest
from pathlib import Path

from aws_case import AwsTest
from fake_aws import FakeAws
from kept_port import keep_port
from store_case import StoreTest

_NAGIOS = ("--exit-codes", "nagios")
_PLUGINS = Path("/usr/lib/nagios/plugins")


class VerdictTest(StoreTest):
    """Verdict by exit code and setting."""

    def test_each_exit_code_has_its_verdict(self) -> None:
        for code, arguments, verdict, succeeded, exit_code in (
                (0, _NAGIOS, "pass", True, 0),
                (1, _NAGIOS, "warn", True, 0),
                (2, _NAGIOS, "fail", False, 1),
                (3, _NAGIOS, "unknown", False, 0),
                (99, _NAGIOS, "unknown", False, 0),
                (99, ("--skip-code", "99"), "skipped", False, 0),
                (2, (*_NAGIOS, "--skip-code", "2"), "skipped", False, 0),
                (1, (), "fail", False, 1)):
            with self.subTest(f"{code} {arguments}"):
                finished = self.run_once(*arguments, "--", "sh", "-c", f"exit {code}")
                self.assertEqual(exit_code, finished.code, finished.err_text)
                event = self.events()[-1]
                self.assertEqual((verdict, succeeded, code),
                                 (event["verdict"], event["succeeded"], event["exitCode"]))
                self.assertEqual(verdict not in ("unknown", "skipped"), event.get("counted", True))
                self.assertEqual(verdict == "warn", event.get("degraded", False))

    def test_settings_that_meet_have_one_verdict(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            reached = ("--witness", f"127.0.0.1:{server.getsockname()[1]}")
            self.check_table(reached)

    def check_table(self, reached: tuple[str, ...]) -> None:
        """One run for each row: the command, the settings, the verdict, those of its attempts, and
        whether it is degraded."""
        unreached, skip = ("--witness", "127.0.0.1:1"), ("--skip-code", "77")
        again = ("--retries", "1", "--retry-delay", "0")
        second = '[ "$SLARUNNER_ATTEMPT" = 2 ] || exit '
        for command, settings, verdict, attempts, degraded in (
                ("exit 3", (*_NAGIOS, *again), "unknown", ["unknown", "unknown"], False),
                (second + "1", again, "pass", ["fail", "pass"], False),
                (second + "3", (*_NAGIOS, *again), "pass", ["unknown", "pass"], False),
                (second + "77", (*skip, *again), "skipped", None, False),
                ("exit 1", (*_NAGIOS, *again), "warn", None, True),
                (second + "2; exit 1", (*_NAGIOS, *again), "warn", ["fail", "warn"], True),
                ("sleep 0.1", ("--slow", "0.01"), "pass", None, True),
                ("sleep 0.1; exit 1", (*_NAGIOS, "--slow", "0.01"), "warn", None, True),
                ("sleep 0.1; exit 1", ("--slow", "0.01"), "fail", None, False),
                ("kill -9 $$", _NAGIOS, "signaled", None, False),
                ("kill -9 $$", (*_NAGIOS, "--skip-code", "137"), "signaled", None, False),
                ("sleep 60", (*_NAGIOS, "--timeout", "0.1"), "timeout", None, False),
                ("sleep 60", ("--timeout", "0.1", *again), "timeout", ["timeout", "timeout"], False),
                ("exit 2", (*_NAGIOS, *unreached), "unknown", None, False),
                ("exit 2", (*_NAGIOS, *reached), "fail", None, False),
                ("exit 3", (*_NAGIOS, *reached), "unknown", None, False),
                ("exit 77", (*skip, *unreached), "skipped", None, False),
                ("exit 1", (*_NAGIOS, *unreached), "warn", None, True),
                ("exit 1", (*again, *unreached), "unknown", ["fail", "fail"], False),
                ("sleep 60", ("--timeout", "0.1", *unreached), "unknown", None, False)):
            with self.subTest(command, settings=settings):
                finished = self.run_once(*settings, "--", "sh", "-c", command)
                event = self.events()[-1]
                found = (event["verdict"], event.get("attemptVerdicts"), "degraded" in event)
                self.assertEqual((verdict, attempts, degraded), found, finished.err_text)
                good, counted = verdict in ("pass", "warn"), verdict not in ("unknown", "skipped")
                self.assertEqual((good, counted, int(counted and not good)),
                                 (event["succeeded"], event.get("counted", True), finished.code))
                result = "SUCCESS" if good else "FAILURE" if counted else verdict.upper()
                self.assertRegex(str(event["logUri"]), rf"/\d+_{result}(_\d+)?$")

    def test_the_first_line_is_in_the_event_and_the_log_is_as_it_was(self) -> None:
        text = "DISK WARNING - 9% free | '/ a'=9%;10;@5:8;0;100\nmore\n"
        self.run_once(*_NAGIOS, "--", "sh", "-c", f"printf '%s' \"{text}\"; exit 1")
        event = self.event()
        self.assertEqual("DISK WARNING - 9% free", event["message"])
        self.assertEqual([{"label": "/ a", "value": 9, "unit": "%", "warn": "10", "crit": "@5:8",
                           "min": 0, "max": 100}], event["perf"])
        self.assertEqual(text.encode(), self.log())

    def test_what_is_unknown_changes_no_figure_of_a_report(self) -> None:
        for code in (0, 1, 3, 77):
            self.run_once(*_NAGIOS, "--skip-code", "77", "--", "sh", "-c", f"exit {code}")
        finished = self.run_to_end("report", "--store", str(self.store), "--format", "json")
        self.assertEqual(0, finished.code, finished.err_text)
        [service] = json.loads(finished.out)["services"]
        self.assertEqual((2, 0, 2, 1), tuple(service[name] for name in (
            "good", "bad", "uncounted", "degraded")))

    def test_a_wrong_value_is_one_sentence(self) -> None:
        finished = self.run_to_end(*self.job("--once", "--exit-codes", "x", "--skip-code", "256",
                                             "--", "true"))
        self.assertEqual((78, ["Exit Codes (--exit-codes): 'x' is none of plain, nagios",
                               "Skip Code (--skip-code): '256' is no exit code from 0 to 255"]),
                         (finished.code, sorted(finished.err_text.splitlines())))

    @unittest.skipUnless((_PLUGINS / "check_dummy").exists(), "there are no monitoring plugins")
    def test_the_plugins_of_debian_are_understood(self) -> None:
        for code, verdict in enumerate(("pass", "warn", "fail", "unknown")):
            self.run_once(*_NAGIOS, "--", str(_PLUGINS / "check_dummy"), str(code), "said so")
            event = self.events()[-1]
            self.assertEqual(verdict, event["verdict"])
            self.assertIn("said so", str(event["message"]))
        self.run_once(*_NAGIOS, "--", str(_PLUGINS / "check_load"), "-w", "9999", "-c", "9999")
        perf = self.events()[-1]["perf"]
        assert isinstance(perf, list)
        self.assertEqual(["load1", "load5", "load15"], [one["label"] for one in perf])
        aws = FakeAws()  # any server of HTTP
        self.addCleanup(aws.__exit__, None, None, None)
        for port, verdict in ((aws.port, "pass"), (1, "fail")):
            self.run_once(*_NAGIOS, "--", str(_PLUGINS / "check_http"), "-I", "127.0.0.1", "-p",
                          str(port), "-e", "HTTP/1.")
            self.assertEqual(verdict, self.events()[-1]["verdict"], self.events()[-1])
        perf = self.events()[-2]["perf"]
        assert isinstance(perf, list)
        self.assertEqual([("time", "s"), ("size", "B")], [(one["label"], one["unit"]) for one in perf])


class WitnessTest(AwsTest):
    """An outage of this side is none of the target's."""

    def verdict(self, aws: FakeAws, *arguments: str, command: str = "false") -> object:
        """That of one run."""
        finished = self.run_once(aws, *arguments, command=command)
        self.assertIn(finished.code, (0, 1), finished.err_text)
        return self.events(aws)[-1]["verdict"]

    def test_a_run_that_did_not_pass_is_unknown_if_no_witness_is_reached(self) -> None:
        aws = self.fake()
        listener = socket.create_server(("127.0.0.1", 0))
        good = f"127.0.0.1:{listener.getsockname()[1]}"
        closed = self.enterContext(keep_port())
        bad = f"127.0.0.1:{closed.getsockname()[1]}"
        self.assertEqual("unknown", self.verdict(aws, "--witness", bad))
        self.assertIs(False, self.events(aws)[-1]["counted"])
        self.assertEqual("fail", self.verdict(aws, "--witness", f"{bad},{good}"))
        self.assertEqual("fail", self.verdict(aws, "--witness", f"{bad},aws"))  # the fake
        listener.setblocking(False)
        listener.accept()[0].close()
        self.assertEqual("pass", self.verdict(aws, "--witness", good, command="true"))
        with self.assertRaises(BlockingIOError):
            listener.accept()
        listener.close()

    def test_a_wrong_witness_is_one_sentence(self) -> None:
        finished = self.run_to_end(*self.sinks(self.fake()), "--once", "--witness", "a.example",
                                   "--", "true", environment={"AWS_REGION": "eu-central-1"})
        self.assertEqual((78, "Witness (--witness): 'a.example' is no list of host:port or aws, such "
                          "as aws,one.example:443\n"), (finished.code, finished.err_text))


class UncountedTest(AwsTest):
    """What says nothing about the service is told, and is no metric."""

    def test_what_is_unknown_is_an_event_that_does_not_count_and_no_metric(self) -> None:
        aws = self.fake()
        for code, counted in ((3, "false"), (1, None)):
            finished = self.run_once(aws, *_NAGIOS, "--metrics-namespace", "SLA",
                                     command=f"exit {code}")
            self.assertEqual(0, finished.code, finished.err_text)
            message = aws.messages(self.topic(aws))[-1]
            attribute = message.attributes.get("counted")
            self.assertEqual(counted, attribute.value if attribute else None)
        names = [metric.name for metric in aws.metrics("SLA")]
        self.assertEqual(4, len(set(names)))
        success = [metric.values for metric in aws.metrics("SLA")
                   if metric.name == "integration-sla-success"]
        self.assertTrue(success)
        self.assertTrue(all(value == success[0] for value in success))
