# SPDX-License-Identifier: MIT
"""examples/build-manual: the manual pages and the completions, which are made of the help."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from runner_process import RunnerTest

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "build-manual"
PAGES = ("sla-runner.1", "iam-starter.1", "ssm-starter.1")


class ManualTest(RunnerTest):
    """What is made of the program under test."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp(prefix="sla-manual-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def setUp(self) -> None:
        super().setUp()
        if not any(self.folder.iterdir()):
            subprocess.run([sys.executable, SCRIPT, self.program(), self.folder], check=True)

    def program(self) -> str:
        """The program under test."""
        return os.environ["SLA_RUNNER"]

    def flags(self, *command: str) -> set[str]:
        """The flags that the help of a command names."""
        found = set(re.findall(r"(?m)^  (--[a-z][a-z0-9-]+)",
                               self.run_to_end("help", *command).out_text))
        self.assertIn("--help", found)
        return found

    def tool(self, name: str) -> str:
        """A program that not every machine has."""
        if not (found := shutil.which(name)):
            self.skipTest(f"{name} is not installed")
        return found

    def complete(self, *words: str) -> list[str]:
        """What bash offers for the last of the words."""
        script = ('. "$0" && name=$1 && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && '
                  'how=$(complete -p "${name##*/}") && how=${how##*-F } && "${how%% *}" "$name" && '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        made = subprocess.run(["bash", "-c", script, self.folder / "sla-runner.bash", *words],
                              capture_output=True, text=True, check=True, cwd=self.folder)
        self.assertEqual("", made.stderr)
        return sorted(set(made.stdout.split()))

    def test_the_manual_names_every_flag_and_variable(self) -> None:
        page = (self.folder / "sla-runner.1").read_text().replace("\\-", "-")
        for command in ("", "gate", "iam", "report", "spool"):
            for flag in self.flags(command):
                self.assertIn(f"\\fB{flag}\\fR", page, command)
        for variable in re.findall(r"(?m)^    (SLA\w+)", self.run_to_end("--help").out_text):
            self.assertIn(f"\\fB${variable}\\fR", page)
        for name in ("iam-starter", "ssm-starter"):
            page = (self.folder / f"{name}.1").read_text().replace("\\-", "-")
            for flag in self.flags(name):
                self.assertIn(f"\\fB{flag}\\fR", page, name)

    def test_man_reads_the_pages_without_a_warning(self) -> None:
        groff = self.tool("groff")
        for page in PAGES:
            done = subprocess.run([groff, "-man", "-ww", "-z", "-Tutf8", self.folder / page],
                                  capture_output=True, text=True, check=True)
            self.assertEqual("", done.stdout + done.stderr, page)

    def test_whatis_finds_a_name_and_a_purpose(self) -> None:
        lexgrog = self.tool("lexgrog")
        for page in PAGES:
            done = subprocess.run([lexgrog, self.folder / page], capture_output=True, text=True,
                                  check=True)
            self.assertIn(f'"{page.removesuffix(".1")} - ', done.stdout)

    def test_bash_completes_commands_flags_and_values(self) -> None:
        for words, expected in (
                (("sla-runner", "ga"), ["gate"]),
                (("sla-runner", "--upload"), ["--upload-logs"]),
                (("/usr/bin/sla-runner", "--upload"), ["--upload-logs"]),
                (("sla-runner", "--upload-logs", ""), ["always", "failures", "never"]),
                (("sla-runner", "--once", "--log-format", "j"), ["json"]),
                (("sla-runner", "gate", "--consec"), ["--consecutive-success-limit"]),
                (("sla-runner", "--consec"), []),
                (("sla-runner", "report", "--format", "h"), ["html"]),
                (("sla-runner", "spool", "re"), ["replay"]),
                (("sla-runner", "help", "ssm"), ["ssm-starter"]),
                (("sla-runner", "--store", "ssm"), ["ssm-starter.1"]),
                (("sla-runner", "--once", "--", "unshar"), ["unshare"]),
                (("iam-starter", "--f"), ["--format"]),
                (("iam-starter", "--command", "unshar"), ["unshare"]),
                (("ssm-starter", "--abort"), ["--abort-if-duplicates"])):
            with self.subTest(words):
                self.assertEqual(expected, self.complete(*words))

    def test_bash_offers_every_flag_of_the_help(self) -> None:
        for words in (("sla-runner",), ("sla-runner", "iam"), ("iam-starter",)):
            self.assertEqual(self.flags(*(word for word in words if word != "sla-runner")),
                             {flag for flag in self.complete(*words, "--") if flag != "--"})

    def test_zsh_takes_the_completion_and_offers_the_same(self) -> None:
        zsh = self.tool("zsh")
        # A terminal of its own, in which the keys of somebody who asks for completions arrive.
        script = f"""
zmodload zsh/zpty
zpty shell {zsh} -f -i
ask() {{ zpty -w shell "$1"; local line; repeat 2400; do
  zpty -r -t shell line || {{ zselect -t 5; continue }}; print -rn -- "$line"
  [[ "$line" == *END-OF-$2* ]] && break; done }}
zmodload zsh/zselect
ask 'fpath=({self.folder} $fpath); autoload -Uz compinit; compinit -D -u; print END-OF-"1"' 1
zpty -w -n shell $'sla-runner gate --consec\t ; print END-OF-"2"\n'
ask '' 2
zpty -d shell
"""
        done = subprocess.run([zsh, "-f", "-c", script], capture_output=True, text=True,
                              check=False, timeout=400)
        self.assertIn("--consecutive-success-limit", done.stdout, done.stderr)
        self.assertNotIn("command not found: _arguments", done.stdout)


if __name__ == "__main__":
    unittest.main()
