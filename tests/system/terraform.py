# SPDX-License-Identifier: MIT
"""The folder terraform/: its form, what it plans, and what it makes of an account. The account is
that of moto, a server of AWS that others wrote; the runner then uses what was made. Skipped where
terraform, its provider for AWS or moto is not there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Mapping
from pathlib import Path

_TREE = Path(__file__).resolve().parents[2] / "terraform"
# Where terraform finds the provider, without asking the registry.
_PLUGINS = os.environ.get("SLA_TERRAFORM_PLUGINS", "/opt/tf-plugins")


def _why_not() -> str:
    if not shutil.which("terraform"):
        return "terraform is not on the PATH"
    if not Path(_PLUGINS, "registry.terraform.io/hashicorp/aws").is_dir():
        return "SLA_TERRAFORM_PLUGINS names no folder with terraform's provider for AWS"
    return ""


_REASON = _why_not()


class Terraform:
    """A copy of terraform/ and the program, with nothing of the machine's set-up."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "terraform"
        shutil.copytree(_TREE, self.tree, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                            "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}

    def run(self, *arguments: str, folder: str = ".", code: int = 0,
            environment: Mapping[str, str] | None = None) -> str:
        """Runs it in a folder of the copy; gives what it printed."""
        run = subprocess.run(["terraform", *arguments], cwd=self.tree / folder, text=True,
                             env=self.environment | dict(environment or {}),
                             stdin=subprocess.DEVNULL, capture_output=True)
        if run.returncode != code:
            raise AssertionError(f"terraform {' '.join(arguments)} in {folder} ended with "
                                 f"{run.returncode}\n{run.stdout}\n{run.stderr}")
        return run.stdout

    def init(self, *arguments: str, folder: str = ".",
             environment: Mapping[str, str] | None = None) -> None:
        """`terraform init` with the local provider."""
        self.run("init", "-no-color", "-input=false", f"-plugin-dir={_PLUGINS}", *arguments,
                 folder=folder, environment=environment)


@unittest.skipIf(_REASON, _REASON)
class FolderTest(unittest.TestCase):
    """What shows without an account."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(tempfile.mkdtemp(prefix="sla-terraform-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.terraform = Terraform(folder)
        cls.terraform.init("-backend=false")

    def test_the_layout_is_terraforms_own(self) -> None:
        self.terraform.run("fmt", "-check", "-diff", "-recursive")

    def test_each_folder_is_valid(self) -> None:
        for folder in ("state", "modules/ecs-check"):
            self.terraform.init("-backend=false", folder=folder)
        for folder in (".", "state", "modules/ecs-check"):
            with self.subTest(folder):
                self.terraform.run("validate", "-no-color", folder=folder)

    def test_the_plans_are_what_was_promised(self) -> None:
        printed = self.terraform.run("test", "-no-color")
        passed = set(re.findall(r'run "(\w+)"\.\.\. pass', printed))
        written = {name for file in (self.terraform.tree / "tests").glob("*.tftest.hcl")
                   for name in re.findall(r'(?m)^run "(\w+)"', file.read_text())}
        self.assertTrue(written)
        self.assertEqual(written, passed, printed)


class SourcesTest(unittest.TestCase):
    """What shows in the files."""

    def sources(self) -> dict[str, str]:
        """The files by name, without those of the tests."""
        found = {str(file.relative_to(_TREE)): file.read_text() for file in _TREE.rglob("*.tf")
                 if ".terraform" not in file.parts}
        self.assertIn("variables.tf", found)
        return found

    def blocks(self, kind: str) -> list[tuple[str, str]]:
        """Each block of a kind: its name and its text."""
        found = [(f"{file}: {name}", body) for file, text in self.sources().items()
                 for name, body in re.findall(rf'(?ms)^{kind} "(\w+)" {{\n(.*?)^}}', text)]
        self.assertTrue(found)
        return found

    def test_every_variable_says_what_it_is_and_refuses_what_is_wrong(self) -> None:
        for name, body in self.blocks("variable"):
            for part in (r"description += ", r"type += ", r"validation {"):
                with self.subTest(name, part=part):
                    self.assertRegex(body, rf"(?m)^  {part}")

    def test_every_output_says_what_it_is(self) -> None:
        for name, body in self.blocks("output"):
            with self.subTest(name):
                self.assertRegex(body, r"(?m)^  description += ")

    def test_no_partition_is_written_out(self) -> None:
        for name, text in self.sources().items():
            self.assertNotIn("arn:aws:", text, name)


if __name__ == "__main__":
    unittest.main()
