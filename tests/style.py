# SPDX-License-Identifier: MIT
"""The layout of the C++ files, what the checker of shell scripts finds, that each header has a test:
tests/<path>.cpp, or one whose line 'Covers: path.hpp, path.hpp' names it, and what costs nothing to
those who do not use it."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from clang_tool import clang_tool

ROOT = Path(__file__).resolve().parent.parent


def files(folders, suffixes):
    return sorted(str(file) for folder in folders for file in (ROOT / folder).rglob("*")
                  if file.suffix in suffixes and file.is_file())


def shell_scripts():
    for file in files([".ci", "tests", "examples", "terraform"], {"", ".sh"}):
        with open(file, "rb") as opened:
            if re.match(rb"#!.*\b(ba|da|)sh\b", opened.readline()):
                yield file


def covers():
    """The headers that tests name, with those tests."""
    named = {}
    for file in files(["tests"], {".cpp", ".py"}):
        for line in re.findall(r"^(?://|#) Covers: (.+)$", Path(file).read_text(), re.M):
            for name in line.split(", "):
                named.setdefault(name, []).append(file)
    return named


class Tested(unittest.TestCase):
    def test_every_header_has_a_test(self):
        tree, named = ROOT / "include" / "sla", covers()
        headers = {path.relative_to(tree).as_posix() for path in tree.rglob("*.hpp")}
        self.assertEqual({}, {name: where for name, where in named.items() if name not in headers},
                         "there are no such headers")
        own = {name for name in headers if (ROOT / "tests" / name).with_suffix(".cpp").exists()}
        self.assertEqual([], sorted(headers - own - set(named)),
                         "these have no test; write tests/<path>.cpp, or name them after 'Covers:'")
        self.assertEqual([], sorted(own & set(named)), "these have a test of their own")


class Includes(unittest.TestCase):
    def test_a_spool_in_memory_needs_nothing_of_the_disk(self):
        reached, waiting = set(), {"sla/spool/memory.hpp"}
        while waiting:
            name = waiting.pop()
            reached.add(name)
            text = (ROOT / "include" / name).read_text()
            waiting |= set(re.findall(r'^#include "(.*)"', text, re.M)) - reached
        self.assertEqual({f"sla/spool/{name}.hpp" for name in
                          ("entry_state", "eviction", "gathering", "index", "memory",
                           "record_position")},
                         {name for name in reached if name.startswith("sla/spool/")})


class Style(unittest.TestCase):
    def test_no_file_holds_the_marks_of_a_conflict(self):
        """In a comment, or in a list that is read by its words, nothing else notices them."""
        marks = re.compile(rb"^(<{7} |={7}$|>{7} )", re.M)
        tracked = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True)
        if tracked.returncode:
            self.skipTest("this is no checkout")
        files = [ROOT / os.fsdecode(name) for name in tracked.stdout.split(b"\0") if name]
        self.assertEqual([], [str(file) for file in files
                              if file.is_file() and marks.search(file.read_bytes())])

    def test_clang_format_would_change_nothing(self):
        sources = files(["include", "tests", "examples"], {".hpp", ".cpp"})
        run = subprocess.run([clang_tool(self, "clang-format"), "--dry-run", "-Werror", *sources],
                             capture_output=True, text=True)
        places = re.findall(r"^(\S+:\d+):\d+: error", run.stderr, re.M)
        self.assertEqual(run.returncode, 0, "run clang-format -i on the files named here:\n"
                         + "\n".join(dict.fromkeys(places)))

    def test_shellcheck_finds_nothing(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        run = subprocess.run(["shellcheck", *shell_scripts()], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
