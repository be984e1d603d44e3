# SPDX-License-Identifier: MIT
# Covers: app/commands.hpp, app/healthcheck.hpp
"""The commands of the real program: the table that they stand in, their help, how one is chosen."""

from __future__ import annotations

import os
import re
import unittest

from runner_process import Finished, RunnerTest

_STARTERS = ("ssm-starter", "iam-starter", "bootstrap")
_USAGE, _SETTINGS = 64, 78


class CommandsTest(RunnerTest):
    """Each command that the help of the program lists, and the program without one."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temporary_directory()
        overview = self.run_to_end("--help").out_text
        listed = overview.split("\ncommands", 1)[1].split("\n\n", 1)[0]
        self.purposes = dict(re.findall(r"(?m)^  (\S+) +(\S.*)$", listed))
        self.names = ["", *self.purposes]

    def named(self, name: str, *words: str) -> Finished:
        """Runs a command; what becomes another program is chosen by the name of the program."""
        if name not in _STARTERS:
            return self.run_to_end(*([name] if name else []), *words)
        return self.run_to_end(*words, program=self.linked(name))

    def linked(self, name: str) -> str:
        link = self.folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(os.environ["SLA_RUNNER"])
        return str(link)

    def test_the_help_of_the_program_lists_the_others(self) -> None:
        self.assertLessEqual({"healthcheck", "iam", "identity", "preflight", "report", "spool",
                              *_STARTERS, "help", "version"}, set(self.purposes))
        for name, purpose in self.purposes.items():
            self.assertTrue(self.run_to_end("help", name).out_text.startswith(purpose), name)

    def test_help_fits_100_columns_and_says_each_flag_once(self) -> None:
        for name in self.names:
            with self.subTest(name):
                text = self.run_to_end("help", name).out_text
                self.assertRegex(text, r"[^\n]\n\Z")
                for line in text.splitlines():
                    self.assertLessEqual(len(line), 100, line)
                    self.assertEqual(line.rstrip(), line)
                flags = re.findall(r"(?m)^  (--[a-z0-9-]+)(?:[ ,].*)?  \S", text)
                self.assertIn("--help", flags)
                self.assertEqual(sorted(set(flags)), sorted(flags))

    def test_help_says_the_exit_codes_in_order(self) -> None:
        for name in self.names:
            with self.subTest(name):
                text = self.run_to_end("help", name).out_text
                codes = [int(code) for code in
                         re.findall(r"(?m)^ +(\d+)  \S", text.split("\nexit codes:\n", 1)[1])]
                self.assertIn(_USAGE, codes)
                self.assertEqual(sorted(set(codes)), codes)

    def test_each_knows_help_and_version_and_refuses_what_it_does_not_know(self) -> None:
        for name in self.names:
            with self.subTest(name):
                for flag in ("--help", "-h", "--version"):
                    self.assertEqual(0, self.named(name, flag).code, flag)
                for flag in ("--bogus", "-x", "--help-me", "--help=me"):
                    finished = self.named(name, flag)
                    self.assertEqual((_USAGE, b""), (finished.code, finished.out), flag)
                    self.assertIn(flag.split("=")[0], finished.err_text)

    def test_the_name_of_the_program_comes_first_then_the_first_word(self) -> None:
        for words, code in ((["version"], 0), (["help"], 0), (["help", "help"], 0),
                            (["help", "nothing"], _USAGE), (["help", "spool", "list"], _USAGE),
                            (["spol", "list"], _USAGE), (["ssm-starter", "--help"], _USAGE),
                            ([""], _USAGE), ([], _SETTINGS)):
            self.assertEqual(code, self.run_to_end(*words).code, words)
        for name, words, code in (("ssm-starter", ["version"], _USAGE),
                                  ("ssm-starter.d/sla-runner", ["version"], 0),
                                  ("my-ssm-starter", [], _SETTINGS), ("x", ["help"], 0)):
            finished = self.run_to_end(*words, program=self.linked(name))
            self.assertEqual(code, finished.code, name)


if __name__ == "__main__":
    unittest.main()
