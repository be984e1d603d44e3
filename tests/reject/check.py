# SPDX-License-Identifier: MIT
"""What must not compile. Each file beside this one compiles as it stands; with -DREJECT there is
exactly one error, in fewer than 20 lines that hold the sentence after '// expect:'. A file of
several cases has '// expect N:' for each, which is compiled with -DREJECT=N. The line with which
clang closes, '1 error generated.', is not counted."""

import re
import shutil
import subprocess
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent / "include"


def compile_case(compiler, case, *options):
    run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", f"-I{INCLUDE}", *options, case],
                         capture_output=True, text=True)
    return run.returncode, re.sub(r"^\d+ errors? generated\.\n", "", run.stderr, flags=re.M)


class Reject:
    """What is made for each of the files, by one compiler."""

    compiler = ""

    def check(self, case):
        if not shutil.which(self.compiler):
            self.skipTest(f"{self.compiler} is not installed")
        expected = re.findall(r"^// expect(?: (\d+))?: (.+)$", case.read_text(), re.M)
        self.assertTrue(expected, "the case has no line '// expect: SENTENCE'")
        self.assertEqual(compile_case(self.compiler, case), (0, ""))
        for number, sentence in expected:
            with self.subTest(number=number):
                self.check_refusal(case, number or "1", sentence)

    def check_refusal(self, case, number, sentence):
        status, output = compile_case(self.compiler, case, f"-DREJECT={number}")
        self.assertNotEqual(status, 0, f"it compiles with -DREJECT={number}")
        self.assertEqual(len(re.findall(r"\berror:", output)), 1, output)
        self.assertIn(sentence, output)
        self.assertLess(len(output.splitlines()), 20, output)


class ByGcc(Reject, unittest.TestCase):
    compiler = "g++"


class ByClang(Reject, unittest.TestCase):
    compiler = "clang++"


for found in sorted(HERE.glob("*.cpp")):
    setattr(Reject, f"test_{found.stem}_is_refused", lambda self, case=found: self.check(case))
