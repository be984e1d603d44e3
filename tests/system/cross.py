# SPDX-License-Identifier: MIT
"""The static program for aarch64, made by a cross compiler and run by an emulator."""

from __future__ import annotations

import os
import platform
import shutil
import struct
import unittest
from pathlib import Path

import static_build
from aws_case import BUCKET, AwsTest

ARCH = "aarch64"
AARCH64_MACHINE = 183
MOST_BYTES = 3_400_000

program: Path


def setUpModule() -> None:
    global program
    if platform.machine() == ARCH:
        raise unittest.SkipTest("this machine is aarch64 itself")
    if not shutil.which(f"qemu-{ARCH}"):
        raise unittest.SkipTest(f"qemu-{ARCH} is not installed")
    if os.geteuid() != 0 and not shutil.which(f"{ARCH}-linux-gnu-g++"):
        raise unittest.SkipTest(f"g++-{ARCH}-linux-gnu is not installed")
    program = static_build.program(static_build.build(ARCH))


class CrossTest(AwsTest):
    """It does there what it does here."""

    def test_it_is_a_small_program_for_that_machine(self) -> None:
        elf = program.read_bytes()
        self.assertEqual((AARCH64_MACHINE,), struct.unpack_from("<H", elf, 18))
        self.assertLessEqual(len(elf), MOST_BYTES)

    def test_a_run_is_published_and_its_log_uploaded_over_tls(self) -> None:
        aws = self.fake(tls=True)
        finished = self.run_to_end(
            str(program), *self.sinks(aws), "--once", "--command", "echo hello; exit 3",
            environment=aws.environment(), program=f"qemu-{ARCH}", seconds=120)
        self.assertEqual(1, finished.code, finished.err_text)
        self.assertEqual(("fail", 3), (self.event(aws)["verdict"], self.event(aws)["exitCode"]))
        [stored] = aws.objects(BUCKET).values()
        self.assertEqual(b"hello\n", stored.body)

    def test_it_stops_when_told(self) -> None:
        aws = self.fake(tls=True)
        process = self.start(str(program), *self.sinks(aws), "--delay", "3600", "--", "/bin/true",
                             environment=aws.environment(), program=f"qemu-{ARCH}")
        aws.wait_for(lambda: self.events(aws))
        self.assertEqual(0, process.stop().code)


if __name__ == "__main__":
    unittest.main()
