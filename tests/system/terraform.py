# SPDX-License-Identifier: MIT
"""The folder terraform/: its form, what it plans, and what it makes of an account. The account is
that of moto, a server of AWS that others wrote; the runner then uses what was made. Skipped where
terraform, its provider for AWS or moto is not there."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from fake.world import Entry
from fake_aws import FakeAws, faults
from lambda_api import Api
from moto_server import check_callers, moto_server, why_not
from runner_process import Finished, RunnerTest
from store_case import wait_until

try:
    import boto3
    from botocore.exceptions import ClientError
except ImportError:
    boto3 = None

_ROOT = Path(__file__).resolve().parents[2]
_TREE = _ROOT / "terraform"
# Where terraform finds the provider, without asking the registry.
_PLUGINS = os.environ.get("SLA_TERRAFORM_PLUGINS", "/opt/tf-plugins")

# In seconds, for one command; the provider waits a minute for AWS to agree with itself.
_PATIENCE = 400


def _why_not() -> str:
    if not shutil.which("terraform"):
        return "terraform is not on the PATH"
    if not Path(_PLUGINS, "registry.terraform.io/hashicorp/aws").is_dir():
        return "SLA_TERRAFORM_PLUGINS names no folder with terraform's provider for AWS"
    return ""


_REASON = _why_not()


@contextmanager
def _provider(environment: Mapping[str, str]) -> Iterator[str]:
    """A provider that serves every command with this in $TF_REATTACH_PROVIDERS. Without it each
    command starts several, one after another, which takes 3 s of a processor for each. It has the
    environment of its own start."""
    program = max(Path(_PLUGINS, "registry.terraform.io/hashicorp/aws").glob(
        "*/linux_*/terraform-provider-aws_*"))
    with subprocess.Popen([program, "-debug"], env=dict(environment), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            found = next(filter(None, (re.search(r"TF_REATTACH_PROVIDERS='(.+)'", line)
                                       for line in process.stdout)), None)
            if not found:
                raise AssertionError(f"{program} -debug does not say how to reach it")
            yield found[1]
        finally:
            process.terminate()


class Terraform:
    """A copy of terraform/ and the program, with nothing of the machine's set-up."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "terraform"
        unwanted = shutil.ignore_patterns(".terraform*", "*.tfstate*")
        shutil.copytree(_TREE, self.tree, ignore=unwanted)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                            "TMPDIR": str(folder),  # the provider leaves its socket there
                            "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
                            "GOGC": "400"}  # collecting garbage is a third of each command

    def run(self, *arguments: str, folder: str = ".", code: int = 0,
            environment: Mapping[str, str] | None = None) -> str:
        """Runs it in a folder of the copy; gives what it printed."""
        run = subprocess.run(["terraform", *arguments], cwd=self.tree / folder, text=True,
                             env=self.environment | dict(environment or {}),
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE)
        if run.returncode != code:
            raise AssertionError(f"terraform {' '.join(arguments)} in {folder} ended with "
                                 f"{run.returncode}\n{run.stdout}\n{run.stderr}")
        return run.stdout

    def keep_provider(self, test: type[unittest.TestCase]) -> None:
        """Keeps one provider for all commands of a test class in this environment."""
        self.environment["TF_REATTACH_PROVIDERS"] = test.enterClassContext(
            _provider(self.environment))

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
        cls.terraform.keep_provider(cls)

    def test_the_layout_is_terraforms_own(self) -> None:
        self.terraform.run("fmt", "-check", "-diff", "-recursive")

    def test_each_folder_is_valid(self) -> None:
        folders = ("state", "modules/checks", "modules/ecs-check", "modules/lambda-checks")
        for folder in folders:
            self.terraform.init("-backend=false", folder=folder)
        for folder in (".", *folders):
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


_REGION = "eu-central-1"
_ACCOUNT = "123456789012"
_TOPIC = f"arn:aws:sns:{_REGION}:{_ACCOUNT}:sla-monitor-result-published-dev"
_BUCKET = f"sla-monitor-runner-logs-dev-{_REGION}"
_STATE = "shop-tfstate-dev"
_ROLE = "sla-monitor-runner-role-dev"
_POLICY = "sla-monitor-runner-policy-dev"
# The condition's value where a bucket is one of the account's own.
_OWN = {"aws:ResourceAccount": _ACCOUNT}
_OPTIONS = {
    "metrics": True, "dashboard": True, "monitored_services": {"shop": {}},
    "alarm_actions": [f"arn:aws:sns:{_REGION}:{_ACCOUNT}:pager"],
    "subscribers": {
        name: {"protocol": "sqs", "endpoint": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{name}",
               "results": name, "raw": True} for name in ("all", "failures", "transitions")},
    "history": True,
}
# What the former project made, by its own names; its README told users to rename the bucket.
_FORMER = """
variable "aws_env" {}

provider "aws" {
  region = "eu-central-1"
}

resource "aws_sns_topic" "sla-monitor-report-processing" {
  name = "sla-monitor-result-published-${var.aws_env}"
}

resource "aws_s3_bucket" "sla-monitor-runner-logs-bucket" {
  bucket = "shop-sla-logs-of-our-own"
}

resource "aws_iam_role" "sla-monitor-runner-role" {
  name = "sla-monitor-runner-role"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "sts:AssumeRole"
    Principal = { Service = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"] }
  }] })
}

resource "aws_iam_policy" "sla-monitor-runner-policy" {
  name = "sla-monitor-runner-policy"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sns:Publish", Resource = aws_sns_topic.sla-monitor-report-processing.arn },
    { Effect = "Allow", Action = "s3:*", Resource = "${aws_s3_bucket.sla-monitor-runner-logs-bucket.arn}/*" },
    { Effect = "Allow", Action = "ssm:Get*", Resource = "arn:aws:ssm:*:*:parameter/${var.aws_env}/sla-monitor-globals/*" },
  ] })
}

resource "aws_iam_role_policy_attachment" "sla-monitor-runner-policy-attach" {
  role       = aws_iam_role.sla-monitor-runner-role.name
  policy_arn = aws_iam_policy.sla-monitor-runner-policy.arn
}
"""
# What an earlier version of the folder called its resources.
_EARLIER = {
    "aws_sns_topic.results": "aws_sns_topic.sla-monitor-report-processing",
    "aws_s3_bucket.logs": "aws_s3_bucket.sla-monitor-runner-logs-bucket",
    "aws_iam_role.runner": "aws_iam_role.sla-monitor-runner-role",
    "aws_iam_policy.runner": "aws_iam_policy.sla-monitor-runner-policy",
    "aws_iam_role_policy_attachment.runner":
        "aws_iam_role_policy_attachment.sla-monitor-runner-policy-attach",
}


def _blocks(file: str, language: str) -> list[str]:
    """The blocks of code in a README."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", (_ROOT / file).read_text())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements_by_name(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """What each statement says, however it is written: one value as one or as a list, in any
    order."""
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        return sorted(_listed(value))

    return {one["Sid"]: plain({key: value for key, value in one.items() if key != "Sid"})
            for one in statements}


def _asked(entry: Entry) -> tuple[str, str, dict[str, str]]:
    """What IAM is asked about one request: the action, the resource, the conditions' values."""
    def parameter(name: str) -> str:
        return entry.parameters[name]

    if entry.service == "s3":
        action = {"PutObject": "s3:PutObject", "HeadObject": "s3:GetObject"}[entry.operation]
        return action, f"arn:aws:s3:::{entry.request.path.lstrip('/')}", _OWN
    if entry.service == "sns":
        return entry.name, parameter("TopicArn"), {}
    if entry.service == "ssm":
        return entry.name, f"arn:aws:ssm:{_REGION}:{_ACCOUNT}:parameter{parameter('Path')}", {}
    assert entry.service == "cloudwatch", entry.name
    return entry.name, "*", {"cloudwatch:namespace": parameter("Namespace")}


def _allows(statement: dict[str, Any], action: str, resource: str, values: dict[str, str]) -> bool:
    """Whether a statement of a policy allows that; of the conditions it knows StringEquals."""
    conditions = dict(statement.get("Condition", {}))
    expected = conditions.pop("StringEquals", {})
    assert not conditions and statement["Effect"] == "Allow", statement
    return (action in _listed(statement["Action"])
            and any(fnmatch.fnmatchcase(resource, one) for one in _listed(statement["Resource"]))
            and all(values.get(key) in _listed(value) for key, value in expected.items()))


@unittest.skipIf(_REASON or why_not(), _REASON or why_not())
class AccountTest(RunnerTest):
    """An empty account of moto, which the commands of its README set up; in the end it is emptied
    again. moto knows no aws:SecureTransport: to it every request is one that the buckets' policies
    refuse, so what needs an object lifts them for as long."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(tempfile.mkdtemp(prefix="sla-account-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        port = cls.enterClassContext(moto_server(folder / "log"))
        cls.url = f"http://127.0.0.1:{port}"
        cls.key = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "any"}
        cls.machine = {
            "AWS_ENDPOINT_URL": cls.url, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        cls.terraform = Terraform(folder)
        cls.terraform.environment |= cls.machine | cls.key | {
            "TF_CLI_ARGS_init": f"-no-color -plugin-dir={_PLUGINS}",
            "TF_CLI_ARGS_apply": "-no-color -auto-approve"}
        cls.folder = folder
        cls.terraform.keep_provider(cls)
        cls.first_apply()
        cls.apply_options()
        cls.addClassCleanup(cls.leave_an_empty_account)

    @classmethod
    def client(cls, service: str, **key: str) -> Any:
        """A client of boto3."""
        key = key or cls.key
        return boto3.client(service, region_name=_REGION, endpoint_url=cls.url,
                            aws_access_key_id=key["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=key["AWS_SECRET_ACCESS_KEY"],
                            aws_session_token=key.get("AWS_SESSION_TOKEN"))

    @classmethod
    def shell(cls, script: str, path: str = "", **environment: str) -> str:
        """Runs commands of the README where terraform/ is."""
        whole = cls.terraform.environment | environment
        whole["PATH"] = f"{path}:{whole['PATH']}" if path else whole["PATH"]
        run = subprocess.run(["sh", "-euc", script], cwd=cls.folder, env=whole, text=True,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE)
        if run.returncode:
            raise AssertionError(f"{script}\n{run.stdout}\n{run.stderr}")
        return run.stdout

    @classmethod
    def first_apply(cls) -> None:
        """The five lines of the README for an empty account."""
        [lines] = [block.splitlines() for block in _blocks("terraform/README.md", "sh")
                   if "terraform/state" in block]
        if len(lines) != 5:
            raise AssertionError(f"these are no five lines: {lines}")
        cls.shell("\n".join(lines[:3]))
        cls.client("s3").delete_bucket_policy(Bucket=_STATE)
        cls.shell("\n".join([lines[0], *lines[3:]]))

    @classmethod
    def apply_options(cls) -> None:
        """The same again with everything that is off by default."""
        for name in ("all", "failures", "transitions"):
            cls.client("sqs").create_queue(QueueName=name)
        file = cls.folder / "options.tfvars.json"
        file.write_text(json.dumps(_OPTIONS))
        options = ["-var=aws_env=dev", f"-var=aws_region={_REGION}", f"-var-file={file}"]
        for command in ("plan", "apply", "destroy"):
            arguments = " ".join(options + ["-auto-approve"] * (command != "plan"))
            cls.terraform.environment[f"TF_CLI_ARGS_{command}"] = f"-no-color {arguments}"
        cls.terraform.run("apply")

    @classmethod
    def leave_an_empty_account(cls) -> None:
        """What was made is destroyed; where the state is kept is not."""
        s3 = cls.client("s3")
        s3.delete_bucket_policy(Bucket=_BUCKET)
        for stored in s3.list_objects_v2(Bucket=_BUCKET).get("Contents", []):
            s3.delete_object(Bucket=_BUCKET, Key=stored["Key"])
        cls.terraform.run("destroy")
        cloudwatch, iam = cls.client("cloudwatch"), cls.client("iam")
        left = {
            "topics": cls.client("sns").list_topics()["Topics"],
            "subscriptions": cls.client("sns").list_subscriptions()["Subscriptions"],
            "buckets": [one["Name"] for one in s3.list_buckets()["Buckets"]
                        if one["Name"] != _STATE],
            "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]
                      if one["RoleName"].startswith("sla-")],
            "policies": iam.list_policies(Scope="Local")["Policies"],
            "profiles": iam.list_instance_profiles()["InstanceProfiles"],
            "alarms": cloudwatch.describe_alarms()["MetricAlarms"],
            "streams": cls.client("firehose").list_delivery_streams()["DeliveryStreamNames"],
            "dashboards": cloudwatch.list_dashboards()["DashboardEntries"],
        }
        if any(left.values()):
            raise AssertionError(f"destroy left {left}")

    @contextmanager
    def any_transport(self) -> Iterator[None]:
        """Inside, objects of the log bucket can be reached."""
        s3 = self.client("s3")
        policy = s3.get_bucket_policy(Bucket=_BUCKET)["Policy"]
        s3.delete_bucket_policy(Bucket=_BUCKET)
        try:
            yield
        finally:
            s3.put_bucket_policy(Bucket=_BUCKET, Policy=policy)

    def runner_environment(self) -> dict[str, str]:
        """What the README's command prints, read as a program does that takes such a file."""
        readme = (_ROOT / "terraform/README.md").read_text()
        [command] = re.findall(r"`(terraform [^`]*output -raw env)`", readme)
        return dict(line.split("=", 1) for line in self.shell(command).splitlines())

    def run_once(self, *arguments: str, **environment: str) -> Finished:
        """One run with what was made."""
        return self.run_to_end("--once", *arguments, environment=self.machine | self.key
                               | self.runner_environment() | environment)

    def events(self, queue: str) -> list[dict[str, Any]]:
        """The events in a queue, which is empty then."""
        sqs, found = self.client("sqs"), []
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for one in batch:
                found.append(json.loads(one["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def total(self, metric: str, **dimensions: str) -> float:
        """What a metric adds up to."""
        now = datetime.now(timezone.utc)
        data = self.client("cloudwatch").get_metric_statistics(
            Namespace="SLA-Monitor", MetricName=metric, Period=3600, Statistics=["Sum"],
            StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=5),
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()])
        return sum(point["Sum"] for point in data["Datapoints"])

    def statements(self) -> list[dict[str, Any]]:
        """What the role is allowed, as the account has it."""
        iam = self.client("iam")
        [policy] = iam.list_attached_role_policies(RoleName=_ROLE)["AttachedPolicies"]
        self.assertEqual(_POLICY, policy["PolicyName"])
        version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        statements: list[dict[str, Any]] = document["PolicyVersion"]["Document"]["Statement"]
        return statements

    def test_the_known_command_changes_nothing_afterwards(self) -> None:
        starter = self.folder / "bin" / "iam-starter"
        starter.parent.mkdir()
        starter.symlink_to(os.path.abspath(os.environ["SLA_RUNNER"]))
        credentials = self.folder / "credentials"
        credentials.write_text("[dev]\n" + "".join(
            f"{name.lower()} = {value}\n" for name, value in self.key.items()))
        [block] = [block for block in _blocks("terraform/README.md", "sh") if "iam-starter" in block]
        printed = self.shell(block, path=str(starter.parent), AWS_ACCESS_KEY_ID="",
                             AWS_SECRET_ACCESS_KEY="",
                             AWS_SHARED_CREDENTIALS_FILE=str(credentials))
        self.assertIn("Resources: 0 added, 0 changed, 0 destroyed.", printed)

    def test_the_state_of_an_earlier_version_keeps_what_it_has(self) -> None:
        for now, then in _EARLIER.items():
            self.terraform.run("state", "mv", now, then)
        printed = self.terraform.run("plan")
        for now, then in _EARLIER.items():
            self.assertIn(f"{then} has moved to {now}", printed)
            self.terraform.run("state", "mv", then, now)
        self.assertIn("Plan: 0 to add, 0 to change, 0 to destroy.", printed)

    def test_a_state_of_the_former_project_loses_nothing(self) -> None:
        commands = {"TF_CLI_ARGS_plan": "-no-color", "TF_CLI_ARGS_apply": "-no-color -auto-approve",
                    "TF_CLI_ARGS_destroy": "-no-color -auto-approve", "TF_VAR_aws_env": "old",
                    "TF_VAR_aws_region": _REGION}
        former, ours = self.folder / "former", self.folder / "ours"
        former.mkdir()
        (former / "main.tf").write_text(_FORMER)
        self.terraform.init(folder="../former", environment=commands)
        self.terraform.run("apply", folder="../former", environment=commands)
        topic = f"arn:aws:sns:{_REGION}:{_ACCOUNT}:sla-monitor-result-published-old"
        s3, iam, bucket = self.client("s3"), self.client("iam"), "shop-sla-logs-of-our-own"
        s3.put_object(Bucket=bucket, Key="shop/1_SUCCESS", Body=b"kept")
        role = iam.get_role(RoleName="sla-monitor-runner-role")["Role"]

        shutil.copytree(_TREE, ours, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        (ours / "override.tf").write_text(
            'terraform {\n  backend "local" {\n    path = "../former/terraform.tfstate"\n  }\n}\n')
        self.terraform.init(folder="../ours", environment=commands)
        self.terraform.run("plan", "-out=planned", folder="../ours", environment=commands)
        planned = json.loads(self.terraform.run("show", "-json", "planned", folder="../ours"))
        actions = {one["address"]: one["change"]["actions"] for one in planned["resource_changes"]}
        self.assertEqual([], [one for one, todo in actions.items() if "delete" in todo])
        self.assertEqual(["no-op"], actions["aws_sns_topic.results"])
        self.terraform.run("apply", folder="../ours", environment=commands)
        self.assertEqual(role["RoleId"],
                         iam.get_role(RoleName="sla-monitor-runner-role")["Role"]["RoleId"])
        attributes = self.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
        self.assertFalse(attributes.get("KmsMasterKeyId"))
        arn = f"arn:aws:iam::{_ACCOUNT}:policy/sla-monitor-runner-policy"
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        for path in ("slarunner", "sla-monitor-globals"):
            self.assertEqual(["LoadParameters"], [
                one["Sid"] for one in document["Document"]["Statement"]
                if _allows(one, "ssm:GetParametersByPath",
                           f"arn:aws:ssm:{_REGION}:{_ACCOUNT}:parameter/old/{path}/", _OWN)])
        s3.delete_bucket_policy(Bucket=bucket)
        self.assertEqual(b"kept", s3.get_object(Bucket=bucket, Key="shop/1_SUCCESS")["Body"].read())
        s3.delete_object(Bucket=bucket, Key="shop/1_SUCCESS")
        self.terraform.run("destroy", folder="../ours", environment=commands)

    def test_modules_account_is_the_folder_without_a_provider_of_its_own(self) -> None:
        folder = self.folder / "called"
        folder.mkdir()
        [block] = [block for block in _blocks("terraform/README.md", "hcl") if "for_each" in block]
        (folder / "main.tf").write_text(block)
        plan = {"TF_CLI_ARGS_plan": "-no-color"}
        self.terraform.init(folder="../called", environment=plan)
        printed = self.terraform.run("plan", folder="../called", environment=plan)
        for stage in ("test", "prod"):
            self.assertIn(f'module.sla["{stage}"].aws_sns_topic.results will be created', printed)
        root = {file.name for file in _TREE.glob("*.tf")}
        links = {file.name for file in (_TREE / "modules/account").glob("*.tf")}
        self.assertEqual({"root.tf"}, root - links)
        self.assertLessEqual(links, root)

    def test_the_runner_delivers_with_the_outputs_as_its_environment(self) -> None:
        with self.any_transport():
            passed = self.run_once("--service", "both", "--groups", "a", "--command", "echo hello")
            failed = self.run_once("--service", "both", "--command", "exit 3")
            self.assertEqual((0, 1), (passed.code, failed.code), passed.err_text + failed.err_text)
            self.assertNotIn("warning", passed.err_text + failed.err_text)
            events = self.events("all")
            self.assertEqual([True, False], [event["succeeded"] for event in events])
            self.assertEqual(events[1:], self.events("failures"))
            key = events[0]["logUri"].removeprefix(f"s3://{_BUCKET}/")
            stored = self.client("s3").get_object(Bucket=_BUCKET, Key=key)
            self.assertEqual(b"hello\n", stored["Body"].read())
        for metric, expected in (("attempts", 2), ("success", 1), ("failure", 1)):
            self.assertEqual(expected, self.total(f"integration-sla-{metric}", Region=_REGION,
                                                  Service="both"), metric)
        self.assertEqual(1, self.total("integration-sla-attempts", Region=_REGION, Group="a"))

    def test_who_asks_for_transitions_hears_of_an_outages_begin_and_end_alone(self) -> None:
        spool = ("--spool", str(self.temporary_directory()), "--service", "spare")
        with self.any_transport():
            for passes in (True, True, False, False, False, False, True, True, True):
                finished = self.run_once(*spool, "--command", "true" if passes else "false")
                self.assertEqual(0 if passes else 1, finished.code, finished.err_text)
        self.assertEqual(["DOWN", "UP"],
                         [event["transition"] for event in self.events("transitions")])
        self.assertEqual(9, len(self.events("all")))
        self.events("failures")

    def test_the_history_has_a_stream_from_the_topic(self) -> None:
        streams = self.client("firehose").list_delivery_streams()["DeliveryStreamNames"]
        self.assertEqual(["sla-monitor-history-dev"], streams)
        subscriptions = self.client("sns").list_subscriptions()["Subscriptions"]
        self.assertEqual(1, sum(one["Protocol"] == "firehose" for one in subscriptions))

    def test_a_request_that_is_not_over_tls_is_refused(self) -> None:
        finished = self.run_once("--service", "plain", "--command", "true")
        self.assertEqual(75, finished.code)
        self.assertRegex(finished.err_text, rf"s3 put object s3://{_BUCKET}/plain/\S+: http 403")
        self.events("all")

    def test_the_alarms_and_the_dashboard_are_there(self) -> None:
        cloudwatch = self.client("cloudwatch")
        alarms = {one["AlarmName"]: one for one in cloudwatch.describe_alarms()["MetricAlarms"]}
        self.assertEqual({"sla-monitor-dev-shop-failure", "sla-monitor-dev-shop-missing"},
                         set(alarms))
        for alarm in alarms.values():
            self.assertEqual(_OPTIONS["alarm_actions"], alarm["AlarmActions"])
        board = cloudwatch.get_dashboard(DashboardName="sla-monitor-dev")
        self.assertEqual(3, len(json.loads(board["DashboardBody"])["widgets"]))

    def test_a_check_is_a_service_whose_container_the_runner_can_be(self) -> None:
        self.client("ecs").create_cluster(clusterName="checks")
        [block] = [block for block in _blocks("terraform/README.md", "hcl") if 'module "shop"' in block]
        for name, made in self.network().items():
            block = re.sub(rf'"{name}-[0-9a-f]+"', f'"{made}"', block)
        folder = self.folder / "checks"
        folder.mkdir()
        hourly = (block[block.index("module"):].replace("shop", "hourly")
                  .replace('name   = "hourly"', 'name   = "hourly"\n  schedule = "rate(1 hour)"'))
        (folder / "main.tf").write_text(f'provider "aws" {{\n  region = "{_REGION}"\n}}\n{block}\n'
                                        f"{hourly}")
        plain = {f"TF_CLI_ARGS_{name}": "-no-color -auto-approve" for name in ("apply", "destroy")}
        where = "../checks"
        self.terraform.init(folder=where)
        self.terraform.run("apply", folder=where, environment=plain)
        container, environment = self.container("sla-check-shop-dev")
        self.assertEqual((True, "65532:65532", 30),
                         tuple(container[name] for name in ("readonlyRootFilesystem", "user",
                                                            "stopTimeout")))
        with self.any_transport():
            finished = self.run_to_end("--once", environment=self.machine | self.key | environment)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(["shop"], [event["service"] for event in self.events("all")])
        schedule = self.client("scheduler").get_schedule(Name="sla-check-hourly-dev")
        self.assertEqual("rate(1 hour)", schedule["ScheduleExpression"])
        self.terraform.run("destroy", folder=where, environment=plain)
        self.assertEqual([], self.client("logs").describe_log_groups()["logGroups"])

    def test_checks_are_shards_that_run_them_all(self) -> None:
        self.client("ecs").create_cluster(clusterName="checks")
        [remote] = [block[:block.index("module")] for block in _blocks("terraform/README.md", "hcl")
                    if block.startswith("data ")]
        [block] = [block for block in _blocks("terraform/README.md", "hcl") if 'module "web"' in block]
        for name, made in self.network().items():
            block = re.sub(rf'"{name}-[0-9a-f]+"', f'"{made}"', block)
        # No task ever runs at moto, so nothing is steady.
        block = block.replace("shards = 4", "shards = 2\n  wait_for_steady_state = false")
        folder = self.folder / "web"
        folder.mkdir()
        (folder / "main.tf").write_text(f'provider "aws" {{\n  region = "{_REGION}"\n}}\n'
                                        f"{remote}{block}")
        services = [f"check-{number}" for number in range(8)]
        (folder / "checks.json").write_text(json.dumps({"checks": [
            {"service": name, "words": ["true"], "every": 60} for name in services]}))
        plain = {f"TF_CLI_ARGS_{name}": "-no-color -auto-approve" for name in ("apply", "destroy")}
        self.terraform.init(folder="../web")
        self.terraform.run("apply", folder="../web", environment=plain)
        [bucket] = [one["Name"] for one in self.client("s3").list_buckets()["Buckets"]
                    if one["Name"].startswith("sla-checks-web-")]
        self.client("s3").delete_bucket_policy(Bucket=bucket)
        with self.any_transport():
            for name in ("sla-check-web-dev", "sla-check-web-1-dev"):
                finished = self.run_to_end("--once", environment=self.machine | self.key
                                           | self.container(name)[1])
                self.assertEqual(0, finished.code, finished.err_text)
                self.assertGreater(len(finished.lines("run ended")), 0)
        self.assertEqual(services, sorted(event["service"] for event in self.events("all")))
        printed = self.run_to_end("iam", environment=self.machine | self.key
                                  | self.container("sla-check-web-dev")[1])
        iam = self.client("iam")
        own = iam.get_role_policy(RoleName="sla-checks-web-dev", PolicyName="read-checks")
        [read] = own["PolicyDocument"]["Statement"]
        [same] = [one for one in json.loads(printed.out)["Statement"] if one["Sid"] == read["Sid"]]
        self.assertEqual((read["Action"], read["Resource"]), (same["Action"], same["Resource"]))
        [policy] = iam.list_attached_role_policies(RoleName="sla-checks-web-dev")["AttachedPolicies"]
        self.assertEqual(_POLICY, policy["PolicyName"])
        self.terraform.run("destroy", folder="../web", environment=plain)
        self.assertEqual([], self.client("logs").describe_log_groups()["logGroups"])

    def test_checks_are_a_function_that_each_schedule_calls_for_its_shard(self) -> None:
        [remote] = [block[:block.index("module")] for block in _blocks("terraform/README.md", "hcl")
                    if block.startswith("data ")]
        [block] = [block for block in _blocks("terraform/README.md", "hcl")
                   if 'module "hourly"' in block]
        folder = self.folder / "hourly"
        folder.mkdir()
        # The provider that serves all commands has a working directory of its own.
        block = block.replace('"bootstrap.zip"', f'"{folder}/bootstrap.zip"')
        (folder / "main.tf").write_text(f'provider "aws" {{\n  region = "{_REGION}"\n}}\n'
                                        f"{remote}{block}")
        with zipfile.ZipFile(folder / "bootstrap.zip", "w") as package:
            package.writestr("bootstrap", "no invocation ever comes at moto")
        plain = {f"TF_CLI_ARGS_{name}": "-no-color -auto-approve" for name in ("apply", "destroy")}
        self.terraform.init(folder="../hourly")
        self.terraform.run("apply", folder="../hourly", environment=plain)
        self.terraform.run("plan", "-detailed-exitcode", folder="../hourly",
                           environment={"TF_CLI_ARGS_plan": "-no-color"})
        function = self.client("lambda").get_function(FunctionName="sla-lambda-hourly-dev")
        variables = function["Configuration"]["Environment"]["Variables"]
        self.assertNotIn("AWS_REGION", variables)
        self.check_role_of_function(variables)
        payloads = self.payloads("sla-lambda-hourly-dev-")
        services = [f"check-{number}" for number in range(8)]
        bucket, key = variables["SLARUNNER_CHECKS"].removeprefix("s3://").split("/")
        s3 = self.client("s3")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": _REGION})
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({"checks": [
            {"service": name, "words": ["true"], "every": 3600} for name in services]}))
        api = Api(payloads)
        self.addCleanup(api.close)
        with self.any_transport():
            process = self.start(environment=self.machine | self.key | variables | {
                "AWS_REGION": _REGION, "AWS_LAMBDA_RUNTIME_API": api.address})
            wait_until(lambda: len(api.answers) == len(payloads), describe=process.describe)
        self.assertEqual([{"passed": True}] * len(payloads), [one.body for one in api.answers])
        self.assertEqual(services, sorted(event["service"] for event in self.events("all")))
        s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)
        self.terraform.run("destroy", folder="../hourly", environment=plain)
        self.assertEqual([], self.client("lambda").list_functions()["Functions"])
        self.assertEqual([], self.client("logs").describe_log_groups()["logGroups"])

    def payloads(self, schedules: str) -> list[str]:
        """What those whose names begin so call the function with; nobody tries again."""
        scheduler = self.client("scheduler")
        targets = [scheduler.get_schedule(Name=one["Name"])["Target"] for one in
                   scheduler.list_schedules(NamePrefix=schedules)["Schedules"]]
        retries = self.client("lambda").get_function_event_invoke_config(
            FunctionName="sla-lambda-hourly-dev")["MaximumRetryAttempts"]
        self.assertEqual({0}, {one["RetryPolicy"]["MaximumRetryAttempts"] for one in targets}
                         | {retries})
        return [one["Input"] for one in targets]

    def check_role_of_function(self, variables: dict[str, str]) -> None:
        """It may read the checks as `iam` says, and what every runner may."""
        printed = self.run_to_end("iam", environment=self.machine | self.key | variables | {
            "AWS_REGION": _REGION})
        iam, role = self.client("iam"), "sla-lambda-hourly-dev"
        own = iam.get_role_policy(RoleName=role, PolicyName="function")
        [read] = [one for one in own["PolicyDocument"]["Statement"] if one["Sid"] == "ReadChecks"]
        [same] = [one for one in json.loads(printed.out)["Statement"] if one["Sid"] == read["Sid"]]
        self.assertEqual((read["Action"], read["Resource"]), (same["Action"], same["Resource"]))
        [policy] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        self.assertEqual(_POLICY, policy["PolicyName"])

    def container(self, service: str) -> tuple[dict[str, Any], dict[str, str]]:
        """The only container of a service of ECS, and its environment."""
        ecs = self.client("ecs")
        [found] = ecs.describe_services(cluster="checks", services=[service])["services"]
        definition = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])
        [container] = definition["taskDefinition"]["containerDefinitions"]
        return container, {one["name"]: one["value"] for one in container["environment"]}

    def network(self) -> dict[str, str]:
        """A subnet and a security group, by how their ids begin."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/25")["Subnet"]
        group = ec2.create_security_group(VpcId=vpc, GroupName="checks", Description="checks")
        return {"subnet": subnet["SubnetId"], "sg": group["GroupId"]}

    def test_the_policy_allows_every_request_of_a_runner_and_nothing_else(self) -> None:
        statements = self.statements()
        with FakeAws(region=_REGION, account=_ACCOUNT) as aws:
            aws.create_topic(_TOPIC.rpartition(":")[2])
            aws.create_bucket(_BUCKET)
            aws.put_parameter("/dev/slarunner/SLARUNNER_SERVICE", "web")
            aws.fail("s3:PutObject", faults.reset(accepted=True))  # so that it asks whose log it is
            finished = self.run_to_end("--once", "--ssm-name", "slarunner", "--command", "true",
                                       environment=aws.environment() | self.runner_environment())
            self.assertEqual(0, finished.code, finished.err_text)
            asked = [_asked(entry) for entry in aws.requests()]
        used = set()
        for one in asked:
            allowed = [statement["Sid"] for statement in statements if _allows(statement, *one)]
            self.assertEqual(1, len(allowed), one)
            used.add((allowed[0], one[0]))
        self.assertEqual({(statement["Sid"], action) for statement in statements
                          for action in _listed(statement["Action"])}, used)
        for other in (("sns:Publish", _TOPIC + "2", {}),
                      ("s3:PutObject", f"arn:aws:s3:::{_BUCKET}2/web/1_SUCCESS", _OWN),
                      ("s3:PutObject", f"arn:aws:s3:::{_BUCKET}/web/1_SUCCESS",
                       {"aws:ResourceAccount": "210987654321"}),
                      ("s3:DeleteObject", f"arn:aws:s3:::{_BUCKET}/web/1_SUCCESS", _OWN),
                      ("s3:ListBucket", f"arn:aws:s3:::{_BUCKET}", _OWN),
                      ("ssm:GetParametersByPath",
                       f"arn:aws:ssm:{_REGION}:{_ACCOUNT}:parameter/prod/slarunner/", {}),
                      ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Other"})):
            self.assertFalse(any(_allows(statement, *other) for statement in statements), other)

    def test_the_policy_is_what_iam_prints_for_the_outputs(self) -> None:
        """Without a key of one's own parameters are under AWS's, which needs no right: that one
        statement iam cannot know to be needless."""
        key = f"arn:aws:kms:{_REGION}:{_ACCOUNT}:key/1234"
        for terraform, flags, needless in (("", [], {"DecryptParameters"}),
                                           (f"-var=kms_key_arn={key}", ["--kms-key", key], set())):
            with self.subTest(flags):
                ssm_names, permissions = self.console("[var.ssm_names, local.permissions]", terraform)
                names = [f"--ssm-name={name}" for name in ssm_names]
                printed = self.run_to_end(
                    "iam", *names, *flags, "--s3-bucket-owner", _ACCOUNT,
                    environment=self.machine | self.key | self.runner_environment())
                self.assertEqual(0, printed.code, printed.err_text)
                ours = _statements_by_name(json.loads(printed.out_text)["Statement"])
                theirs = _statements_by_name(permissions)
                self.assertEqual(set(theirs) | needless, set(ours))
                for name, statement in theirs.items():
                    self.assertEqual(statement, ours[name], name)

    def console(self, expression: str, *options: str) -> Any:
        """The value of an expression in the folder's state. Where the lock of that takes a moment
        terraform says so, on stdout too."""
        given = self.terraform.environment["TF_CLI_ARGS_plan"].removeprefix("-no-color ")
        printed = self.shell(f"cd terraform; echo 'jsonencode({expression})' | "
                             f"terraform console {given} {' '.join(options)}")
        [value] = [line for line in printed.splitlines() if line.startswith('"')]
        return json.loads(json.loads(value))

    def test_moto_lets_a_runner_with_that_role_do_its_job_and_nothing_else(self) -> None:
        self.client("ssm").put_parameter(Name="/dev/slarunner/SLARUNNER_SERVICE", Value="web",
                                         Type="String")
        key = self.session()
        environment = self.machine | self.runner_environment() | key
        with self.any_transport():
            check_callers(self.url)
            try:
                finished = self.run_to_end("--once", "--ssm-name", "slarunner", "--command",
                                           "true", environment=environment)
                self.assertEqual(0, finished.code, finished.err_text)
                self.assertNotIn("warning", finished.err_text)
                for service, call, arguments in (
                        ("sns", "create_topic", {"Name": "other"}),
                        ("ssm", "get_parameter", {"Name": "/dev/slarunner/SLARUNNER_SERVICE"}),
                        ("s3", "delete_object", {"Bucket": _BUCKET, "Key": "web/1_SUCCESS"}),
                        ("s3", "put_object", {"Bucket": _STATE, "Key": "web/1_SUCCESS"}),
                        ("cloudwatch", "list_metrics", {})):
                    with self.subTest(call), self.assertRaisesRegex(ClientError, "AccessDenied"):
                        getattr(self.client(service, **key), call)(**arguments)
            finally:
                check_callers(self.url, unchecked=1_000_000)
        self.assertEqual(["web"], [event["service"] for event in self.events("all")])

    def session(self) -> dict[str, str]:
        """A key of a role with the policy as moto understands it: of resources it knows those of
        S3 alone, and it calls CloudWatch as its host is called."""
        statements = [statement if statement["Sid"] == "PutLogs" else statement | {"Resource": "*"}
                      for statement in self.statements()]
        actions = json.dumps(statements).replace("cloudwatch:Put", "monitoring:Put")
        iam = self.client("iam")
        role = iam.create_role(RoleName="copy", AssumeRolePolicyDocument="{}")["Role"]
        iam.put_role_policy(RoleName="copy", PolicyName="copy", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": json.loads(actions)}))
        made = self.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")
        return {"AWS_ACCESS_KEY_ID": made["Credentials"]["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": made["Credentials"]["SecretAccessKey"],
                "AWS_SESSION_TOKEN": made["Credentials"]["SessionToken"]}


if __name__ == "__main__":
    unittest.main()
