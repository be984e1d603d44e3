# SPDX-License-Identifier: MIT
# Covers: app/iam_starter.hpp
"""The program called iam-starter: credentials of a profile or a role for a command, or as lines."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import unittest

from aws_case import AwsTest
from fake_aws import FakeAws, faults
from runner_process import Finished, RunnerProcess

_NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION",
          "AWS_DEFAULT_REGION")
_SHOW = "; ".join(f'echo "{name}=${{{name}-unset}}"' for name in _NAMES)


class IamStarterTest(AwsTest):
    """What all of these need."""

    def setUp(self) -> None:
        self.folder = self.temporary_directory()
        self.program = self.folder / "iam-starter"
        self.program.symlink_to(os.path.abspath(os.environ["SLA_RUNNER"]))

    def machine(self, aws: FakeAws, **more: str) -> dict[str, str]:
        """A machine with the profiles `dev`, which has keys of its own, and `web`, which is a role
        on top of it; the environment has other keys."""
        key = aws.create_key("developer")
        role = aws.create_role("web-role")
        (self.folder / "config").write_text(
            f"[profile dev]\nregion = us-east-2\n[profile web]\nrole_arn = {role}\n"
            "source_profile = dev\n")
        (self.folder / "credentials").write_text(
            f"[dev]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret}\n")
        aws.create_topic("there", region="us-east-2")
        return aws.environment() | {
            "AWS_CONFIG_FILE": str(self.folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")} | more

    def begin(self, environment: dict[str, str], *arguments: str) -> RunnerProcess:
        return self.start(*arguments, program=str(self.program), environment=environment)

    def run_starter(self, environment: dict[str, str], *arguments: str) -> Finished:
        return self.begin(environment, *arguments).wait()

    def variables(self, text: str) -> dict[str, str]:
        """What a command that was told to show them printed."""
        return dict(line.split("=", 1) for line in text.splitlines())

    def shown(self, environment: dict[str, str], *arguments: str) -> dict[str, str]:
        """The variables of the command."""
        finished = self.run_starter(environment, *arguments, "--command", "/bin/sh", "-c", _SHOW)
        self.assertEqual((0, ""), (finished.code, finished.err_text), finished.out_text)
        return self.variables(finished.out_text)


class CommandTest(IamStarterTest):
    """What becomes of the command."""

    def test_a_profile_s_keys_replace_those_of_the_environment(self) -> None:
        aws = self.fake()
        environment = self.machine(aws, AWS_SESSION_TOKEN="of-another", AWS_ACCOUNT_ID="1")
        seen = self.shown(environment, "--profile", "dev")
        self.assertIn(seen["AWS_ACCESS_KEY_ID"], (self.folder / "credentials").read_text())
        self.assertEqual("unset", seen["AWS_SESSION_TOKEN"])

    def test_a_role_is_assumed_by_its_arn_or_its_name(self) -> None:
        aws = self.fake()
        role = aws.create_role("deploy")
        environment = self.machine(aws)
        for how in (role, "deploy"):
            seen = self.shown(environment, "--profile=dev", "--role", how)
            self.assertTrue(seen["AWS_ACCESS_KEY_ID"].startswith("ASIA"), seen)
            self.assertNotEqual("unset", seen["AWS_SESSION_TOKEN"])
        [asked] = aws.requests("iam:GetRole")
        self.assertEqual(("deploy", "us-east-1"), (asked.parameters["RoleName"], asked.region))
        self.assertEqual({role}, {entry.parameters["RoleArn"]
                                  for entry in aws.requests("sts:AssumeRole")})

    def test_a_profile_may_be_a_role_itself_and_have_another_on_top(self) -> None:
        aws = self.fake()
        aws.create_role("deploy")
        environment = self.machine(aws)
        self.shown(environment, "--profile", "web", "--role", "deploy")
        self.assertEqual(["web-role", "deploy"],
                         [entry.parameters["RoleArn"].rpartition("/")[2]
                          for entry in aws.requests("sts:AssumeRole")])

    def test_the_region_is_in_both_variables(self) -> None:
        aws = self.fake()
        environment = self.machine(aws)
        for arguments, more, region in (
                ([], {}, "eu-central-1"), (["--region", "US-EAST-2"], {}, "us-east-2"),
                ([], {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-2"}, "us-east-2"),
                (["--profile", "dev"], {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "us-east-2")):
            with self.subTest(arguments):
                seen = self.shown(environment | more, *arguments)
                self.assertEqual((region, region),
                                 (seen["AWS_REGION"], seen["AWS_DEFAULT_REGION"]))

    def test_it_becomes_the_command_with_its_exit_code_and_its_signals(self) -> None:
        aws = self.fake()
        environment = self.machine(aws)
        process = self.begin(environment, "--profile", "dev", "--command", "/bin/sh", "-c",
                             'echo $$ "$@"; exit 7', "zero", "--role", "x y")
        finished = process.wait()
        self.assertEqual((7, f"{process.pid} --role x y\n"), (finished.code, finished.out_text))
        process = self.begin(environment, "--command", "/bin/sh", "-c", "echo ready; exec sleep 60")
        process.wait_for_line("ready", stream="out")
        self.assertEqual(-signal.SIGTERM, process.stop(signal.SIGTERM).code)
        for words, code in (("no-such-program", 127), ("/etc/passwd", 126)):
            finished = self.run_starter(environment, "--command", words)
            self.assertEqual(code, finished.code, finished.err_text)
            self.assertIn(f"iam-starter: {words}: ", finished.err_text)

    def test_one_text_is_read_by_the_shell(self) -> None:
        aws = self.fake()
        finished = self.run_starter(self.machine(aws), "--profile", "dev", "--command",
                                    'echo one "two  three" && echo $AWS_DEFAULT_REGION')
        self.assertEqual((0, "one two  three\neu-central-1\n"),
                         (finished.code, finished.out_text), finished.err_text)


class LinesTest(IamStarterTest):
    """What it prints without a command."""

    def test_the_lines_are_sourced_by_a_shell(self) -> None:
        aws = self.fake()
        environment = self.machine(aws, AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z")
        role = aws.create_role("deploy")
        for arguments in (["--profile", "dev"], ["--profile", "dev", "--role", role]):
            line = shlex.join([str(self.program), *arguments, "--format", "shell"])
            done = subprocess.run(
                ["/bin/sh", "-euc", f'eval "$({line})"; {_SHOW}; '
                 'echo "old=${AWS_CREDENTIAL_EXPIRATION-unset}"'],
                env={"PATH": "/usr/bin:/bin"} | environment, text=True, capture_output=True,
                timeout=60, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            seen = self.variables(done.stdout)
            token = seen["AWS_SESSION_TOKEN"]
            self.assertEqual("--role" in arguments, token != "unset")
            self.assertEqual("unset", seen["old"])
            self.assertNotEqual(environment["AWS_ACCESS_KEY_ID"], seen["AWS_ACCESS_KEY_ID"])
            self.run_identity(environment | {name: seen[name] if seen[name] != "unset" else ""
                                             for name in _NAMES})

    def run_identity(self, environment: dict[str, str]) -> None:
        """The keys are good."""
        environment.pop("AWS_CREDENTIAL_EXPIRATION", None)
        finished = self.run_to_end("identity", environment=environment)
        self.assertEqual(0, finished.code, finished.err_text)

    def test_a_file_of_variables_has_all_five(self) -> None:
        aws = self.fake()
        finished = self.run_starter(self.machine(aws), "--profile=dev", "--format=env")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(list(_NAMES), list(self.variables(finished.out_text)))
        self.assertNotIn("'", finished.out_text)


class WrongTest(IamStarterTest):
    """One clear sentence each."""

    def refused(self, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
        finished = self.run_starter(environment, *arguments)
        self.assertEqual(b"", finished.out)
        [line] = finished.err_text.splitlines()
        return finished.code, line

    def test_a_command_line_that_cannot_be_understood_is_64(self) -> None:
        aws = self.fake()
        environment = self.machine(aws)
        for arguments, words in ((["--what"], "unknown flag '--what'"),
                                 (["--profile"], "--profile needs a value"),
                                 (["--role", "--command", "true"], "--role needs a value"),
                                 (["--format", "json"], "'json' is none of shell, env"),
                                 (["--format", "env", "--command", "true"], "exclude each other"),
                                 (["--command"], "--command needs a value"),
                                 (["--command", ""], "first word is empty")):
            with self.subTest(arguments):
                code, line = self.refused(environment, *arguments)
                self.assertEqual(64, code)
                self.assertIn(words, line)
        self.assertEqual([], aws.requests())

    def test_a_wrong_setting_is_78(self) -> None:
        aws = self.fake()
        environment = self.machine(aws)
        for arguments, words in ((["--profile", "nobody"], "--profile: there is no profile"),
                                 (["--role", "a b"], "--role: 'a b'"),
                                 (["--role", "arn:aws:iam::1:user/x"], "--role: "),
                                 (["--region", "a/b"], "--region: ")):
            with self.subTest(arguments):
                code, line = self.refused(environment, *arguments)
                self.assertEqual(78, code)
                self.assertIn(words, line)
        self.assertEqual([], aws.requests())

    def test_what_aws_does_not_give_is_75(self) -> None:
        aws = self.fake()
        environment = self.machine(aws)
        code, line = self.refused(environment, "--role", "nobody")
        self.assertEqual(75, code)
        self.assertIn("iam-starter: iam get role nobody: http 404: NoSuchEntity", line)
        role = f"arn:aws:iam::{aws.account}:role/forbidden"
        code, line = self.refused(environment, "--role", role)
        self.assertEqual(75, code)
        self.assertIn(f"iam-starter: role {role}: sts: http 403: AccessDenied", line)

    def test_a_signal_while_it_asks_starts_nothing(self) -> None:
        aws = self.fake()
        environment = self.machine(aws)
        aws.fail("sts:*", faults.stall(), times=None)
        process = self.begin(environment, "--profile", "web", "--command", "/bin/echo", "ran")
        aws.wait_for(aws.requests)
        finished = process.stop(signal.SIGTERM)
        self.assertEqual((0, b""), (finished.code, finished.out), finished.err_text)

    def test_help_and_version_are_its_own(self) -> None:
        aws = self.fake()
        for flag in ("--help", "-h"):
            self.assertIn("usage: iam-starter", self.run_starter(aws.environment(), flag).out_text)
        self.assertEqual(0, self.run_starter(aws.environment(), "--version").code)


if __name__ == "__main__":
    unittest.main()
