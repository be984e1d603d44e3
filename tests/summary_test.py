# SPDX-License-Identifier: MIT
"""tests/summary.py on small logs: what counts as passed, failed and skipped."""

import json
import os
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

    def total(self, *tests, require=""):
        """Runs --total over tests of (result, output); returns its lines and its exit code."""
        if tests:
            (self.build / "meson-logs/testlog.json").write_text("".join(
                json.dumps({"name": f"sla:unit / core/t{number}", "result": result,
                            "stdout": output}) + "\n"
                for number, (result, output) in enumerate(tests)))
        run = subprocess.run([sys.executable, SUMMARY, "--total", self.build], text=True,
                             capture_output=True, env=os.environ | {"SLA_TESTS_REQUIRE": require})
        self.assertEqual(run.stderr, "")
        return run.stdout.splitlines(), run.returncode

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
        run = subprocess.run([sys.executable, SUMMARY, self.build], capture_output=True, text=True)
        self.assertEqual(run.stdout, "---- gcc: does not build\nFAILED: a.o\na.cpp:1: error\n----\n"
                         "gcc: 0 passed, 1 failed, 0 skipped\n")
