# SPDX-License-Identifier: MIT
"""tests/summary.py on small logs: what counts as passed, failed and skipped."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SUMMARY = Path(__file__).resolve().parent / "summary.py"
DOCTEST = "[doctest] test cases:  {} |  {} passed | {} failed | 0 skipped\n"


class Summary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name) / "gcc"
        (self.build / "meson-logs").mkdir(parents=True)
        self.build.with_suffix(".log").write_text("[1/2] c++ a.cpp\nFAILED: a.o\na.cpp:1: error\n")

    def log(self, file, tests):
        (self.build / "meson-logs" / file).write_text("".join(
            json.dumps({"name": f"sla:unit / core/t{number}", "result": result,
                        "stdout": output}) + "\n"
            for number, (result, output) in enumerate(tests)))

    def run_total(self, require=""):
        """Runs --total; returns its lines and its exit code."""
        run = subprocess.run([sys.executable, SUMMARY, "--total", self.build], text=True,
                             capture_output=True, env=os.environ | {"SLA_TESTS_REQUIRE": require})
        self.assertEqual(run.stderr, "")
        return run.stdout.splitlines(), run.returncode

    def total(self, *tests, require=""):
        """Runs --total over tests of (result, output); returns the lines around what failed tests
        printed, and its exit code."""
        if tests:
            self.log("testlog.json", tests)
        lines, code = self.run_total(require)
        shown = "\n".join(lines) + "\n"
        self.assertNotIn("1 flaky", shown)
        shown = re.sub(r"(?ms)^---- .*?^----$\n|^failed: [^\n]*\n|^0 flaky\n", "", shown)
        return shown.splitlines(), code

    def test_the_cases_inside_each_program_are_counted(self):
        self.assertEqual(self.total(("OK", DOCTEST.format(5, 5, 0)),
                                    ("OK", "...\n3 passed, 0 failed, 0 skipped\n"),
                                    ("OK", "some text\n")),
                         (["0 skipped", "9 passed, 0 failed"], 0))

    def test_failed_cases_are_counted_and_the_exit_code_says_so(self):
        self.assertEqual(self.total(("FAIL", DOCTEST.format(5, 3, 2)),
                                    ("FAIL", "1 passed, 1 failed, 0 skipped\n")),
                         (["0 skipped", "4 passed, 3 failed"], 1))

    def test_a_program_that_ends_without_a_count_has_failed_once(self):
        for result in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT"):
            with self.subTest(result):
                self.assertEqual(self.total((result, "")), (["0 skipped", "0 passed, 1 failed"], 1))

    def test_a_program_that_fails_after_all_its_cases_passed_has_failed(self):
        self.assertEqual(self.total(("FAIL", DOCTEST.format(5, 5, 0))),
                         (["0 skipped", "5 passed, 1 failed"], 1))

    def test_a_unit_test_without_a_case_has_failed(self):
        self.assertEqual(self.total(("OK", DOCTEST.format(0, 0, 0))),
                         (["0 skipped", "0 passed, 1 failed"], 1))

    def test_skips_are_listed_once_for_each_reason_and_have_not_passed(self):
        self.assertEqual(self.total(("OK", "a.cpp:7: MESSAGE: skipped: only root can do this\n\n"
                                     + DOCTEST.format(5, 5, 0)),
                                    ("OK", "skipped: A.test_b: no c\nskipped: A.test_d: no c\n"
                                     "1 passed, 0 failed, 2 skipped\n"),
                                    ("SKIP", "skipped: no data\n"), ("SKIP", "text\nno shell\n")),
                         (["skipped 1 (gcc): core/t0: only root can do this",
                           "skipped 2 (gcc): core/t1: no c",
                           "skipped 1 (gcc): core/t2: no data",
                           "skipped 1 (gcc): core/t3: no shell",
                           "5 skipped", "5 passed, 0 failed"], 0))

    def test_a_skip_of_what_is_required_is_a_failure(self):
        tests = ("SKIP", "skipped: no conformance data\n"), ("SKIP", "skipped: no terraform\n")
        self.assertEqual(self.total(*tests, require="moto conformance"),
                         (["skipped 1 (gcc): core/t1: no terraform", "1 skipped",
                           "0 passed, 1 failed"], 1))

    def test_a_build_that_fails_is_one_failure_and_shows_the_error(self):
        self.assertEqual(self.total(), (["0 skipped", "0 passed, 1 failed"], 1))
        self.assertIn("\n---- gcc: the build failed (it is not whole)\n"
                      "FAILED: a.o\na.cpp:1: error\n----\n", "\n".join(["", *self.run_total()[0]]))

    def test_a_build_that_fails_after_some_of_its_tests_passed_is_a_failure(self):
        self.build.with_suffix(".failed").write_text("rooms\n")
        self.assertEqual(self.total(("OK", "")), (["0 skipped", "1 passed, 1 failed"], 1))

    def test_the_output_of_a_failed_test_is_whole_with_the_command_that_repeats_it(self):
        self.log("testlog.json", [("OK", DOCTEST.format(1, 1, 0)), ("FAIL", "one\ntwo\n")])
        self.assertEqual(self.run_total(), (
            ["---- gcc: core/t1 failed (FAIL); to repeat it: tests/run core/t1", "one", "two",
             "----", "failed: gcc: core/t1 (FAIL)", "0 skipped", "0 flaky", "1 passed, 1 failed"], 1))

    def test_what_passes_when_it_is_run_once_more_is_flaky_and_shown(self):
        good = "3 passed, 0 failed, 0 skipped\n"
        self.log("testlog.json", [("FAIL", "2 passed, 1 failed, 0 skipped\n")])
        self.log("retry.json", [("OK", good)])
        lines, code = self.run_total()
        self.assertEqual((lines[0], lines[-2:], code), (
            "---- gcc: core/t0 is flaky (FAIL); to repeat it: tests/run core/t0",
            ["1 flaky", "3 passed, 0 failed"], 0))
        self.assertIn("2 passed, 1 failed, 0 skipped", lines)
        self.assertIn(good.strip(), lines)
        self.assertIn("flaky: gcc: core/t0 (FAIL)", lines)

    def test_what_fails_twice_has_failed(self):
        self.log("testlog.json", [("FAIL", "one\n")])
        self.log("retry.json", [("TIMEOUT", "two\n")])
        lines, code = self.run_total()
        self.assertEqual((lines[-2:], code), (["0 flaky", "0 passed, 1 failed"], 1))

    def test_two_flaky_tests_are_borne_and_three_are_not(self):
        for count, expected in ((2, 0), (3, 1)):
            self.log("testlog.json", [("FAIL", "bad\n")] * count)
            self.log("retry.json", [("OK", "good\n")] * count)
            lines, code = self.run_total()
            self.assertEqual((lines[-2:], code),
                             ([f"{count} flaky", f"{count} passed, 0 failed"], expected))

    def test_the_names_of_failed_tests_are_listed_to_run_them_again(self):
        self.log("testlog.json", [("FAIL", ""), ("OK", "text\n"), ("TIMEOUT", "")])
        run = subprocess.run([sys.executable, SUMMARY, "--failed", self.build], text=True,
                             capture_output=True, check=True)
        self.assertEqual(run.stdout, "core/t0\ncore/t2\n")
