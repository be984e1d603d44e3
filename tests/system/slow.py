# SPDX-License-Identifier: MIT
"""Name servers, services and proxies that are slow: what comes late arrives, and arrives once, as with
boto3 beside it. All the cases wait at the same time."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path
from typing import NamedTuple

from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws, faults
from name_server import A, AAAA, NameServer
from runner_process import RunnerProcess

NAME = "aws.test"
_ENTER = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
_BOTO3 = """
import boto3, sys
boto3.client("s3").put_object(Bucket=sys.argv[1], Key="boto3", Body=b"x")
boto3.client("sns").publish(TopicArn=sys.argv[2], Message="boto3")
"""
_TRUE = ("--", "/bin/true")


class Case(NamedTuple):
    """A fake and who speaks to it: the program, and boto3."""

    aws: FakeAws
    process: RunnerProcess
    other: FakeAws
    beside: RunnerProcess | None


def _why_not() -> str:
    """Why name servers cannot be put in place here; empty where they can."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return "a name server of one's own needs root and unshare"
    if not Path("/etc/resolv.conf").exists():
        return "there is no /etc/resolv.conf"
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True,
                          check=False)
    return done.stderr.strip()


_REASON = _why_not()


@unittest.skipIf(_REASON, _REASON)
class SlowTest(AwsTest):
    """What is slow is waited for, and no request is made that would not be made otherwise; a stop ends
    the waiting."""

    def enter(self, *silent: tuple[bytes, ...], options: str = "") -> list[str]:
        """The words that start something where these are the name servers, each silent about some
        types of questions."""
        servers = [NameServer(silent=types) for types in silent]
        for server in servers:
            self.addCleanup(server.close)
        file = self.temporary_directory() / "resolv.conf"
        lines = [f"nameserver {server.address}" for server in servers] + [options]
        file.write_text("\n".join(lines))
        return ["unshare", "--mount", "sh", "-c", _ENTER, "sh", str(file)]

    def start_within(self, enter: list[str], words: list[str], **environment: str) -> RunnerProcess:
        first, *rest = [*enter, *words]
        return self.start(*rest, program=first, environment=environment)

    def start_case(self, enter: list[str], *words: str, fault: tuple[str, float] | None = None
                   ) -> Case:
        """Starts one run by name, and boto3 beside it."""
        aws, other = self.fake(tls=True, names=[NAME]), self.fake(tls=True, names=[NAME])
        for one in (aws, other):
            if fault:
                one.fail(fault[0], faults.stall(fault[1], accepted=True))
        runner = [os.environ["SLA_RUNNER"], *self.sinks(aws), "--once", "--stop-timeout", "600"]
        process = self.start_within(enter, [*runner, *words], **self.at_name(aws))
        beside = None
        if importlib.util.find_spec("boto3"):
            boto3 = [sys.executable, "-c", _BOTO3, BUCKET, self.topic(other)]
            beside = self.start_within(enter, boto3, **self.at_name(other))
        return Case(aws, process, other, beside)

    @staticmethod
    def at_name(aws: FakeAws) -> dict[str, str]:
        return aws.environment() | {"AWS_ENDPOINT_URL": aws.url_at(NAME)}

    def requests(self, aws: FakeAws, process: RunnerProcess | None) -> list[str]:
        """What was asked for by the time that it had delivered one event and one log."""
        if process is None:
            return []
        finished = process.wait(600)
        self.assertEqual(0, finished.code, finished.err_text + aws.show())
        self.assertEqual((1, 1), (len(aws.messages(self.topic(aws))), len(aws.objects(BUCKET))))
        return [entry.name for entry in aws.requests()]

    def test_what_is_slow_is_delivered_at_the_first_attempt(self) -> None:
        both, quick = (A, AAAA), self.enter(())
        cases = {
            "the first name server is dead": self.start_case(self.enter(both, ()), *_TRUE),
            "two name servers are dead": self.start_case(
                self.enter(both, both, (), options="options timeout:3"), *_TRUE),
            "no name server answers about IPv6": self.start_case(self.enter((AAAA,)), *_TRUE),
            "SNS answers after 13 s": self.start_case(quick, *_TRUE, fault=("sns:Publish", 13)),
            "a proxy passes a large log on slowly": self.start_case(
                quick, "--command", "head -c 12000000 /dev/zero", fault=("s3:PutObject", 16)),
        }
        plain = self.start_case(quick, *_TRUE)
        for name, case in cases.items():
            with self.subTest(name):
                self.assertEqual(self.requests(plain.aws, plain.process),
                                 self.requests(case.aws, case.process), case.aws.show())
                self.assertEqual(self.requests(plain.other, plain.beside),
                                 self.requests(case.other, case.beside), case.other.show())

    def test_a_stop_ends_a_lookup_at_once(self) -> None:
        aws, enter = self.fake(), self.enter((A, AAAA))
        runner = [os.environ["SLA_RUNNER"], *self.sinks(aws), "--delay", "3600", "--stop-timeout",
                  "2", *_TRUE]
        process = self.start_within(enter, runner, **self.at_name(aws))
        process.wait_for_line("run ended")
        began = time.monotonic()
        process.stop()
        self.assert_took_less(5, began)  # a lookup takes 10 s


if __name__ == "__main__":
    unittest.main()
