# SPDX-License-Identifier: MIT
# Covers: app/gate.hpp, app/gate/junit.hpp, app/gate/request.hpp
"""The test as the gate of a deployment: its verdict, its exit codes, its JUnit XML."""

from __future__ import annotations

import json
import socket
import unittest
from pathlib import Path
from xml.etree import ElementTree

from fake_aws import FakeAws
from runner_process import Finished, RunnerTest
from store_case import StoreTest

_PASSED, _FAILED, _USAGE, _INCONCLUSIVE, _SETTINGS = 0, 1, 64, 75, 78


def _verdict(finished: Finished) -> dict[str, object]:
    """The only line on stdout."""
    [line] = finished.out_text.splitlines()
    verdict: dict[str, object] = json.loads(line)
    return verdict


class GateCase(StoreTest):
    """Runs a gate whose test has a result for each run."""

    def gate(self, *arguments: str, exits: str = "", count: int = 0, code: int | None = None,
             **environment: str) -> dict[str, object]:
        """Runs a gate; the test exits with each of these codes in turn."""
        process = self.start(*self.words(*arguments, exits=exits, count=count),
                             environment=environment, directory=self.folder)
        finished = process.wait()
        process.assert_nothing_left()
        if code is not None:
            self.assertEqual(code, finished.code, finished.err_text)
        verdict = _verdict(finished)
        expected = {"passed": _PASSED, "failed": _FAILED, "inconclusive": _INCONCLUSIVE}
        self.assertEqual(expected[str(verdict["verdict"])], finished.code)
        return verdict

    def words(self, *arguments: str, exits: str, count: int = 0) -> list[str]:
        """A command line; the codes are taken from a file, one by one."""
        left = self.folder / "exits"
        left.write_text("".join(f"{code}\n" for code in exits.split()))
        take = 'read code < exits; sed -i 1d exits; echo "exit $code"; exit $code'
        return ["gate", "--count", str(count or len(exits.split())), "--interval", "0.01",
                *arguments, "--", "sh", "-c", take]

    def figures(self, verdict: dict[str, object]) -> tuple[object, ...]:
        return tuple(verdict[name] for name in (
            "verdict", "runs", "passed", "failed", "inconclusive", "skipped"))


class VerdictTest(GateCase):
    """Each verdict, and when it is given."""

    def test_all_runs_pass(self) -> None:
        verdict = self.gate(exits="0 0 0")
        self.assertEqual(("passed", 3, 3, 0, 0, 0), self.figures(verdict))
        self.assertEqual("all runs are done, within the limits", verdict["reason"])
        self.assertEqual("gate", verdict["service"])
        self.assertNotIn("delivered", verdict)

    def test_a_failure_more_than_may_be_ends_it(self) -> None:
        self.assertEqual(("failed", 2, 1, 1, 0, 0), self.figures(self.gate(exits="0 1 0 0")))
        verdict = self.gate("--failure-limit", "1", exits="1 0 7 0")
        self.assertEqual(("failed", 3, 1, 2, 0, 0), self.figures(verdict))
        self.assertEqual("2 failed, at most 1 may", verdict["reason"])

    def test_it_does_not_run_what_can_change_nothing(self) -> None:
        verdict = self.gate("--failure-limit", "2", exits="0 0 1 1")
        self.assertEqual(("passed", 2, 2, 0, 0, 0), self.figures(verdict))
        self.assertEqual("no further run can change it", verdict["reason"])

    def test_what_may_be_unknown_is_waited_for(self) -> None:
        verdict = self.gate("--failure-limit", "2", "--exit-codes", "nagios", exits="0 0 1 3")
        self.assertEqual(("inconclusive", 4, 3, 0, 1, 0), self.figures(verdict))
        self.assertEqual("1 inconclusive, none may be", verdict["reason"])
        verdict = self.gate("--inconclusive-limit", "1", "--exit-codes", "nagios", exits="3 0")
        self.assertEqual(("passed", 2, 1, 0, 1, 0), self.figures(verdict))

    def test_so_many_in_a_row_are_enough(self) -> None:
        arguments = ("--consecutive-success-limit", "2", "--failure-limit", "4")
        verdict = self.gate(*arguments, exits="0 1 0 0 1")
        self.assertEqual(("passed", 4, 3, 1, 0, 0), self.figures(verdict))
        verdict = self.gate(*arguments, exits="0 1 0 1 0")
        self.assertEqual(("inconclusive", 4, 2, 2, 0, 0), self.figures(verdict))
        self.assertEqual("no 2 in a row passed", verdict["reason"])

    def test_a_gate_whose_runs_are_all_skipped_is_no_pass(self) -> None:
        verdict = self.gate("--skip-code", "77", exits="77 77")
        self.assertEqual(("inconclusive", 2, 0, 0, 0, 2), self.figures(verdict))
        self.assertEqual("no run passed", verdict["reason"])

    def test_retries_are_within_a_run(self) -> None:
        verdict = self.gate("--retries", "1", "--retry-delay", "0", exits="1 0 0", count=2)
        self.assertEqual(("passed", 2, 2, 0, 0, 0), self.figures(verdict))

    def test_a_command_that_is_not_there_fails(self) -> None:
        finished = self.run_to_end("gate", "--count", "1", "--", "/nowhere/to/be/found")
        self.assertEqual(_FAILED, finished.code)
        self.assertEqual("failed", _verdict(finished)["verdict"])

    def test_a_probe_is_a_gate_too(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"127.0.0.1:{server.getsockname()[1]}"
            finished = self.run_to_end("gate", "--count", "2", "--interval", "0", "--tcp", address)
            self.assertEqual(_PASSED, finished.code, finished.err_text)

    def test_what_the_image_says_about_when_to_run_does_not_matter(self) -> None:
        verdict = self.gate(exits="0", SLARUNNER_DELAY="30", SLARUNNER_ONCE="yes")
        self.assertEqual("passed", verdict["verdict"])
        verdict = self.gate(exits="0", SLARUNNER_DISABLED="yes")
        self.assertEqual(("inconclusive", "disabled: nothing is run"),
                         (verdict["verdict"], verdict["reason"]))

    def test_what_the_test_writes_goes_to_stderr(self) -> None:
        finished = self.run_to_end("gate", "--count", "1", "--", "sh", "-c", "echo out; echo err >&2")
        self.assertEqual("passed", _verdict(finished)["verdict"])
        self.assertIn("\nout\nerr\n", finished.err_text)
        finished = self.run_to_end("gate", "--count", "1", "--pass-through", "failures", "--", "sh",
                                   "-c", "echo why; exit 1")
        self.assertEqual("failed", _verdict(finished)["verdict"])
        self.assertIn("\nwhy\n", finished.err_text)


class TimeTest(GateCase):
    """A gate that is told to stop, by whoever started it or by its own limit."""

    def test_a_signal_ends_the_command_and_decides_nothing(self) -> None:
        xml = self.folder / "gate.xml"
        process = self.start("gate", "--count", "3", "--interval", "1", "--junit", str(xml), "--",
                             "sh", "-c", "echo begun; sleep 600 & sleep 600")
        process.wait_for_line("^begun$")
        finished = process.stop()
        self.assertEqual(_INCONCLUSIVE, finished.code, finished.err_text)
        process.assert_nothing_left()
        verdict = _verdict(finished)
        self.assertEqual(("inconclusive", 0, 0, 0, 0, 0), self.figures(verdict))
        self.assertEqual("told to stop before it was decided", verdict["reason"])
        [case] = ElementTree.parse(xml).getroot().iter("testcase")
        self.assertIsNotNone(case.find("skipped"))

    def test_a_signal_between_two_runs_ends_it(self) -> None:
        process = self.start("gate", "--count", "2", "--interval", "600", "--", "true")
        process.wait_for_line("run ended")
        finished = process.stop()
        self.assertEqual(_INCONCLUSIVE, finished.code, finished.err_text)
        self.assertEqual(1, _verdict(finished)["passed"])

    def test_its_limit_ends_the_run_in_flight(self) -> None:
        process = self.start("gate", "--count", "1", "--for", "0.2", "--", "sleep", "600")
        finished = process.wait()
        process.assert_nothing_left()
        self.assertEqual(_INCONCLUSIVE, finished.code, finished.err_text)
        self.assertEqual("not decided within 0.2 s", _verdict(finished)["reason"])

    def test_a_run_that_would_begin_too_late_is_not_waited_for(self) -> None:
        finished = self.run_to_end("gate", "--count", "2", "--interval", "600", "--for", "5m",
                                   "--", "true")
        self.assertEqual(_INCONCLUSIVE, finished.code, finished.err_text)
        self.assertEqual("not decided within 300 s", _verdict(finished)["reason"])


class SinkTest(GateCase):
    """Results of a gate are delivered as those of a run."""

    def test_a_store_has_the_events_and_the_logs(self) -> None:
        verdict = self.gate(*self.job("--failure-limit", "1"), exits="1 0 0")
        self.assertEqual((True, "shop"), (verdict["delivered"], verdict["service"]))
        self.assertEqual(["fail", "pass", "pass"], [event["verdict"] for event in self.events()])
        self.assertEqual([1, 2, 3], [event["seq"] for event in self.events()])
        self.assertEqual({b"exit 1\n", b"exit 0\n"}, {log.read_bytes() for log in self.logs()})

    def test_a_verdict_stands_though_nobody_hears_of_it(self) -> None:
        with FakeAws() as aws:  # which knows no such topic
            topic = f"arn:aws:sns:{aws.region}:{aws.account}:nowhere"
            finished = self.run_to_end(
                "gate", "--count", "1", "--service", "shop", "--sns-topic-arn", topic,
                "--stop-timeout", "2", "--", "true", environment=aws.environment())
        self.assertEqual(_PASSED, finished.code, finished.err_text)
        self.assertIs(False, _verdict(finished)["delivered"])
        self.assertIn("not everything was delivered; the verdict stands", finished.err_text)

    def test_a_sink_needs_a_service(self) -> None:
        finished = self.run_to_end("gate", "--count", "1", "--store", str(self.store), "--", "true")
        self.assertEqual((_SETTINGS, "Service ($SLARUNNER_SERVICE) is a required argument\n", b""),
                         (finished.code, finished.err_text, finished.out))


class JunitTest(GateCase):
    """What shows results of tests can read the runs."""

    def setUp(self) -> None:
        super().setUp()
        self.xml = self.folder / "gate.xml"

    def suite(self) -> ElementTree.Element:
        """The test suite, whose figures are those of its cases."""
        root = ElementTree.parse(self.xml).getroot()
        self.assertEqual("testsuites", root.tag)
        [suite] = root
        cases = suite.findall("testcase")
        counts = {"tests": len(cases)}
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            counts[name] = sum(case.find(tag) is not None for case in cases)
        self.assertEqual({name: str(count) for name, count in counts.items()},
                         {name: suite.get(name) for name in counts})
        self.assertAlmostEqual(float(suite.get("time", "")),
                               sum(float(case.get("time", "")) for case in cases), delta=0.01)
        self.assertRegex(suite.get("timestamp", ""), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
        self.assertEqual(["system-out"], [child.tag for child in suite if child.tag != "testcase"])
        return suite

    def test_each_run_is_a_case_with_its_log(self) -> None:
        verdict = self.gate("--junit", str(self.xml), "--exit-codes", "nagios", "--skip-code", "77",
                            "--inconclusive-limit", "1", "--service", 'a "<&> shop',
                            exits="0 1 77 3 2")
        self.assertEqual("failed", verdict["verdict"])
        suite = self.suite()
        self.assertEqual('a "<&> shop', suite.get("name"))
        cases = suite.findall("testcase")
        self.assertEqual([[], [], ["skipped"], ["error"], ["failure"]],
                         [[child.tag for child in case if child.tag != "system-out"]
                          for case in cases])
        self.assertEqual([f"exit {code}\n" for code in (0, 1, 77, 3, 2)],
                         [case.findtext("system-out") for case in cases])
        self.assertEqual([f"run {number}" for number in range(1, 6)],
                         [case.get("name") for case in cases])
        failure = cases[4].find("failure")
        assert failure is not None
        self.assertEqual(("fail", "exit 2"), (failure.get("type"), failure.get("message")))
        self.assertEqual(verdict, json.loads(suite.findtext("system-out") or ""))
        self.assertEqual([self.xml.name], [path.name for path in self.folder.glob("gate.xml*")])

    def test_any_bytes_are_valid_xml(self) -> None:
        # Characters of two, three and four bytes that stand across the ends of blocks of 64 KiB.
        log = b"<a b='c'>&amp; ]]>\r\n\t\x00\x1b[1m\xff\xc3(\xef\xbf\xbe\xed\xa0\x80\x7f"
        log += b"x" * ((1 << 16) - 1 - len(log)) + "\u00e9".encode()
        log += b"y" * ((1 << 17) - 1 - len(log)) + "\U0001f600".encode() + "\u20ac".encode() * 30000
        log += b"\xe2\x82"
        (self.folder / "log").write_bytes(log)
        finished = self.run_to_end("gate", "--count", "1", "--junit", str(self.xml), "--", "cat",
                                   str(self.folder / "log"))
        self.assertEqual(_PASSED, finished.code, finished.err_text[-500:])
        text = self.suite().findtext("testcase/system-out") or ""
        bad = "\ufffd"
        start = f"<a b='c'>&amp; ]]>\r\n\t{bad}{bad}[1m{bad}{bad}({bad}{bad}{bad}{bad}\x7fx"
        self.assertEqual(start, text[:len(start)])
        self.assertEqual("x\u00e9y", text[text.index("\u00e9") - 1:][:3])
        self.assertEqual("y\U0001f600" + "\u20ac" * 30000 + bad * 2, text[text.rindex("y"):])

    def test_a_folder_that_is_not_there_is_said_before_the_first_run(self) -> None:
        for path, why in ((self.folder / "no" / "gate.xml", "No such file or directory"),
                          (Path("/proc/gate.xml"), "")):
            with self.subTest(str(path)):
                finished = self.run_to_end("gate", "--count", "1", "--junit", str(path), "--",
                                           "touch", str(self.folder / "ran"))
                self.assertEqual((_SETTINGS, b""), (finished.code, finished.out))
                self.assertRegex(finished.err_text, f"^gate: --junit: {path}: .*{why}\n$")
                self.assertFalse((self.folder / "ran").exists())

    def test_a_file_that_was_there_is_replaced_when_the_new_one_is_whole(self) -> None:
        self.xml.write_text("old")
        self.gate("--junit", str(self.xml), exits="0")
        self.assertEqual("1", self.suite().get("tests"))
        process = self.start("gate", "--count", "1", "--junit", str(self.xml), "--", "sh", "-c",
                             "echo begun; sleep 600", directory=self.folder)
        process.wait_for_line("^begun$")
        self.assertEqual("1", self.suite().get("tests"))
        process.stop()
        self.assertEqual("gate", self.suite().get("name"))


class UsageTest(RunnerTest):
    """Each mistake is one sentence."""

    def test_what_cannot_be_understood(self) -> None:
        for arguments, line in (
                ((), "gate: --count is required: how many runs at most"),
                (("--count", "2"), "gate: --interval is required: the seconds between two runs"),
                (("--count", "0"), "gate: --count: '0' is no whole number from 1 to 1000000"),
                (("--count", "2", "--interval", "1", "--failure-limit", "2"),
                 "gate: --failure-limit 2 of 2 runs: the gate could never fail"),
                (("--count", "2", "--interval", "1", "--consecutive-success-limit", "3"),
                 "gate: --consecutive-success-limit 3 of 2 runs: the gate could never pass"),
                (("--count", "1", "--failure-limit", "-1"),
                 "gate: --failure-limit: '-1' is no whole number from 0 to 1000000"),
                (("--count", "1", "--for", "0"), "gate: --for: '0' is not more than 0 seconds"),
                (("--count", "1", "--for", "soon"),
                 "gate: --for: 'soon' is no number of seconds, such as 60, 0.5 or 2h30m"),
                (("--count", "1", "--every", "1"), "gate: unknown flag '--every'; use --interval"),
                (("--count", "1", "--delay", "1"), "gate: unknown flag '--delay'; use --interval"),
                (("--count", "1", "--once"), "gate: unknown flag '--once'")):
            with self.subTest(arguments):
                finished = self.run_to_end("gate", *arguments, "--", "true")
                self.assertEqual((_USAGE, line + "\n", b""),
                                 (finished.code, finished.err_text, finished.out))

    def test_what_is_missing(self) -> None:
        finished = self.run_to_end("gate", "--count", "1")
        self.assertEqual((_SETTINGS, "Command ($SLARUNNER_COMMAND) is a required argument\n"),
                         (finished.code, finished.err_text))


if __name__ == "__main__":
    unittest.main()
