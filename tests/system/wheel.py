# SPDX-License-Identifier: MIT
"""The Python wheel: installed by pip without a network, into a home of its own, and run."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import unittest
from pathlib import Path

import static_build
from aws_case import AwsTest

SCRIPT = static_build.ROOT / "examples" / "build-wheel"

built: Path


def setUpModule() -> None:
    global built
    if importlib.util.find_spec("pip") is None:
        raise unittest.SkipTest("pip is not installed")
    built = static_build.build()


class WheelTest(AwsTest):
    """As its users have it."""

    def setUp(self) -> None:
        super().setUp()
        self.home = self.temporary_directory()
        self.environment = {"HOME": str(self.home), "PYTHONUSERBASE": str(self.home / ".local"),
                            "PATH": f"{self.home}/.local/bin:{os.environ['PATH']}"}

    def wheel(self, **environment: str) -> Path:
        folder = self.temporary_directory()
        out = subprocess.check_output([sys.executable, SCRIPT, built, folder], text=True,
                                      env=os.environ | environment)
        self.assertEqual([Path(out.strip())], list(folder.iterdir()))
        return Path(out.strip())

    def pip(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", *arguments,
             "--break-system-packages"], env=self.environment, capture_output=True, text=True,
            check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_installed_for_a_user_its_programs_are_on_the_path_and_work(self) -> None:
        self.pip("install", "--user", "--no-index", str(self.wheel()))
        files = sorted(path.name for path in (self.home / ".local/bin").iterdir())
        self.assertEqual(["iam-starter", "sla-runner", "ssm-starter"], files)
        aws = self.fake(tls=True)
        aws.put_parameter("/test/shop/SLARUNNER_COMMAND", "exit 3")
        finished = self.run_to_end(
            "--ssm-name", "shop", "--command", "sla-runner", *self.sinks(aws), "--once",
            environment=aws.environment() | self.environment | {"AWS_ENV": "test"},
            program=str(self.home / ".local/bin/ssm-starter"))
        self.assertEqual(1, finished.code, finished.err_text)
        self.assertEqual(3, self.event(aws)["exitCode"])
        self.pip("uninstall", "--yes", "sla-runner")
        self.assertEqual([], list(self.home.rglob("*-*er")))

    def test_the_same_program_gives_the_same_wheel(self) -> None:
        first, second = (self.wheel(TZ=zone, SOURCE_DATE_EPOCH=static_build.DATE)
                         for zone in ("UTC", "Asia/Tokyo"))
        self.assertEqual(first.name, second.name)
        self.assertTrue(first.read_bytes() == second.read_bytes(), "they differ")

    def test_what_cannot_be_packed_is_said_in_a_sentence(self) -> None:
        done = subprocess.run([sys.executable, SCRIPT, self.home], capture_output=True, text=True,
                              check=False)
        self.assertEqual((1, f"build-wheel: {self.home}/root/usr/local/bin/sla-runner is not "
                          "there; examples/build-static makes it\n"),
                         (done.returncode, done.stderr))


if __name__ == "__main__":
    unittest.main()
