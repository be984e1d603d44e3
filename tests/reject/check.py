# SPDX-License-Identifier: MIT
"""What must not compile. Each case beside this file compiles as it stands; with -DREJECT there is
exactly one error, in fewer than 20 lines that hold the sentence after '// expect:'. The line with
which clang closes, '1 error generated.', is not counted."""

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


class Reject(unittest.TestCase):
    def check(self, compiler, case):
        if not shutil.which(compiler):
            self.skipTest(f"{compiler} is not installed")
        expected = re.search(r"^// expect: (.+)$", case.read_text(), re.M)
        self.assertTrue(expected, "the case has no line '// expect: SENTENCE'")
        self.assertEqual(compile_case(compiler, case), (0, ""))
        status, output = compile_case(compiler, case, "-DREJECT")
        self.assertNotEqual(status, 0, "it compiles with -DREJECT")
        self.assertEqual(len(re.findall(r"\berror:", output)), 1, output)
        self.assertIn(expected[1], output)
        self.assertLess(len(output.splitlines()), 20, output)


def add(compiler, case):
    name = f"test_{case.stem}_is_refused_by_{compiler.replace('+', 'x')}"
    setattr(Reject, name, lambda self: self.check(compiler, case))


for found in sorted(HERE.glob("*.cpp")):
    for program in ("g++", "clang++"):
        add(program, found)
