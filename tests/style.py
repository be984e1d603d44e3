# SPDX-License-Identifier: MIT
"""The layout of the C++ files, and what the checkers of C++ and of shell scripts find."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Other versions want another layout and find other things.
CLANG = "14"


def files(folders, suffixes):
    return sorted(str(file) for folder in folders for file in (ROOT / folder).rglob("*")
                  if file.suffix in suffixes and file.is_file())


def shell_scripts():
    for file in files([".ci", "tests", "examples", "terraform"], {"", ".sh"}):
        with open(file, "rb") as opened:
            if re.match(rb"#!.*\b(ba|da|)sh\b", opened.readline()):
                yield file


class Style(unittest.TestCase):
    def clang_tool(self, name):
        program = shutil.which(f"{name}-{CLANG}") or shutil.which(name)
        if not program:
            self.skipTest(f"{name} is not installed")
        run = subprocess.run([program, "--version"], capture_output=True, text=True)
        version = re.search(r"version (\d+)", run.stdout)[1]
        if version != CLANG:
            self.skipTest(f"this is {name} {version}, and the files are kept to that of {CLANG}")
        return program

    def test_clang_format_would_change_nothing(self):
        sources = files(["include", "tests", "examples"], {".hpp", ".cpp"})
        run = subprocess.run([self.clang_tool("clang-format"), "--dry-run", "-Werror", *sources],
                             capture_output=True, text=True)
        places = re.findall(r"^(\S+:\d+):\d+: error", run.stderr, re.M)
        self.assertEqual(run.returncode, 0, "run clang-format -i on the files named here:\n"
                         + "\n".join(dict.fromkeys(places)))

    def test_clang_tidy_finds_nothing_in_the_headers(self):
        program = self.clang_tool("clang-tidy")
        with tempfile.TemporaryDirectory() as folder:
            # The program instantiates what the umbrella only declares.
            everything = Path(folder) / "everything.cpp"
            everything.write_text('#include "sla/sla.hpp"\n'
                                  f'#include "{ROOT / "examples/sla_runner.cpp"}"  // NOLINT\n')
            run = subprocess.run([program, "--quiet", f"--config-file={ROOT / '.clang-tidy'}",
                                  everything, "--", "-std=c++20", f"-I{ROOT / 'include'}"],
                                 capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_shellcheck_finds_nothing(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        run = subprocess.run(["shellcheck", *shell_scripts()], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
