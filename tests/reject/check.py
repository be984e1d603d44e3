# SPDX-License-Identifier: MIT
"""What must not compile. Each file beside this one compiles as it stands; with -DREJECT there is
exactly one error, in fewer than 20 lines that hold the sentence after '// expect:'. A file of
several cases has '// expect N:' for each, which is compiled with -DREJECT=N; -DREJECT=0 is all of them
together. The line with which clang closes, '1 error generated.', is not counted."""

import re
import shutil
import subprocess
import tempfile
import unittest
import zlib
from collections import Counter
from pathlib import Path

from simdjson_flags import FEWER

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent / "include"


class Reject:
    """What is made for each of the files, by one compiler. What a file includes is precompiled, so that
    a case takes a fraction of the time."""

    compiler = ""
    ending = ""  # of what it precompiles
    always, making, using = [], [], []

    @classmethod
    def setUpClass(cls):
        if not shutil.which(cls.compiler):
            raise unittest.SkipTest(f"{cls.compiler} is not installed")
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def compiled(self, source, *options):
        """The exit code, and what the compiler says, but for what comes of precompiling: where it
        says that a header was included from."""
        run = subprocess.run([self.compiler, "-std=c++20", f"-I{INCLUDE}", f"-I{HERE}",
                              *FEWER, *self.always, *options],
                             input=source, capture_output=True, text=True, cwd=self.folder)
        extra = r"^\d+ errors? generated\.\n|^In file included from .*-\d+\.hpp:\d+:\n"
        return run.returncode, re.sub(extra, "", run.stderr, flags=re.M)

    def precompiled(self, includes):
        """The name of a precompiled header with these lines."""
        name = f"includes-{zlib.crc32(includes.encode())}.hpp"
        if not (self.folder / name).exists():
            (self.folder / name).write_text(includes)
            self.assertEqual((0, ""), self.compiled(
                "", *self.making, "-x", "c++-header", name, "-o", name + self.ending))
        return name

    def compiled_case(self, case, define=""):
        text = case.read_text()
        before = (HERE / "minimal.hpp").read_text()  # what each includes first
        name = self.precompiled("".join(re.findall(r'^#include "sla/.*"\n', before + text, re.M)))
        options = [option.format(name) for option in self.using]
        return self.compiled(f'#include "{name}"\n{define}\n#line 1 "{case}"\n{text}',
                             "-fsyntax-only", *options, "-x", "c++", "-")

    def check(self, case):
        expected = re.findall(r"^// expect(?: (\d+))?: (.+)$", case.read_text(), re.M)
        self.assertTrue(expected, "the case has no line '// expect: SENTENCE'")
        self.assertEqual((0, ""), self.compiled_case(case))
        if len(expected) > 1 and self.refused_together(case, expected):
            return
        for number, sentence in expected:
            with self.subTest(number=number):
                self.check_refusal(case, number or "1", sentence)

    def refused_together(self, case, expected):
        """Whether there are as many errors as cases, each with a sentence of its own; if not, each case
        by itself shows what is wrong."""
        _, output = self.compiled_case(case, "#define REJECT 0")
        errors = re.split(r"\berror:", output)[1:]  # each until the next one
        wanted = Counter(sentence for _, sentence in expected)
        return (len(errors) == len(expected)
                and all(len(error.splitlines()) < 20 for error in errors)
                and all(sum(sentence in error for error in errors) == number
                        for sentence, number in wanted.items()))

    def check_refusal(self, case, number, sentence):
        status, output = self.compiled_case(case, f"#define REJECT {number}")
        self.assertNotEqual(status, 0, f"it compiles with -DREJECT={number}")
        self.assertEqual(len(re.findall(r"\berror:", output)), 1, output)
        self.assertIn(sentence, output)
        self.assertLess(len(output.splitlines()), 20, output)


class ByGcc(Reject, unittest.TestCase):
    compiler = "g++"
    always = ["--param=ggc-min-heapsize=1048576"]  # it collects no garbage, an eighth of its time
    ending = ".gch"
    using = ["-Winvalid-pch", "-Werror=invalid-pch"]


class ByClang(Reject, unittest.TestCase):
    compiler = "clang++"
    ending = ".pch"
    making = ["-fpch-instantiate-templates"]
    using = ["-include-pch", "{}.pch"]


for found in sorted(HERE.glob("*.cpp")):
    setattr(Reject, f"test_{found.stem}_is_refused", lambda self, case=found: self.check(case))
