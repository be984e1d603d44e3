# SPDX-License-Identifier: MIT
# Covers: app/access/preflight.hpp, app/access/questions.hpp, app/access/ask_bucket.hpp
# Covers: app/access/ask_checks.hpp, app/access/reach.hpp
"""`sla-runner preflight`: what it finds, and that it changes nothing. The fake denies one action
after another, and each time exactly that one has to be named."""

from __future__ import annotations

import json
import signal
import socket
import tempfile
import time
import unittest
from collections.abc import Mapping
from pathlib import Path

import certificates
from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws, faults
from kept_port import keep_port
from moto_server import check_callers, moto_server, why_not

try:
    import boto3
except ImportError:
    boto3 = None

_ALL = ("--metrics-namespace=SLA", "--s3-tags=a=b", "--s3-acl=private", "--ssm-name=/dev/shop")
_REGION = "eu-central-1"


class PreflightTest(AwsTest):
    """What all of these need."""

    def check(self, *arguments: str, environment: Mapping[str, str], code: int = 0) -> list[str]:
        """The lines that it prints; nothing is on stderr."""
        finished = self.run_to_end("preflight", "--service=shop", "--delay=60", *arguments,
                                   "--", "/bin/true", environment=environment)
        self.assertEqual((code, ""), (finished.code, finished.err_text), finished.out_text)
        return finished.out_text.splitlines()

    def sinks(self, aws: FakeAws) -> list[str]:
        return ["--sns-topic-arn", self.topic(aws), "--s3-bucket-name", BUCKET]

    def bad(self, lines: list[str]) -> list[str]:
        """The lines that are not ok."""
        return [line for line in lines if not line.startswith(("ok ", "not tested "))]

    def changes(self, aws: FakeAws) -> list[object]:
        """Whatever it left at AWS."""
        return [*aws.messages(self.topic(aws)), *aws.objects(BUCKET), *aws.metrics()]


class FakeTest(PreflightTest):
    """Against the fake."""

    def test_all_is_well_and_nothing_is_changed(self) -> None:
        aws = self.fake()
        aws.put_parameter("/dev/shop/FOO", "very-secret", "SecureString")
        store = self.temporary_directory() / "a" / "b"
        spool = self.temporary_directory()
        lines = self.check(*self.sinks(aws), *_ALL, f"--store={store}", f"--spool={spool}",
                           environment=aws.environment())
        topic, logs = self.topic(aws), f"arn:aws:s3:::{BUCKET}/shop/*"
        base = f"arn:aws:ssm:{_REGION}:{aws.account}:parameter/dev/shop/"
        host = aws.url.partition("//")[2]
        self.assertEqual([
            f"ok region {_REGION}", f"ok tcp {host}",
            f"ok identity arn:aws:iam::{aws.account}:user/tester, credentials of environment",
            f"ok ssm:GetParametersByPath on {base}: 1 parameter",
            f"ok kms:Decrypt on arn:aws:kms:{_REGION}:{aws.account}:key/*",
            f"not tested sns:Publish on {topic}: SNS cannot be asked without publishing; "
            "--send-test publishes one message that does not count",
            f"ok s3:PutObject on {logs}", f"ok s3:GetObject on {logs}",
            f"ok s3:PutObjectTagging on {logs}", f"ok s3:PutObjectAcl on {logs}",
            "not tested cloudwatch:PutMetricData on *: CloudWatch cannot be asked without a figure; "
            "--send-test puts one that is named Preflight",
        ], lines[:11])
        self.assertRegex(lines[11], r"^ok clock: [01] s (behind|ahead of) AWS's$")
        self.assertEqual(["ok command /bin/true", f"ok store {store}", f"ok spool {spool}"],
                         lines[12:])
        self.assertEqual([], self.changes(aws))
        self.assertFalse(store.parent.exists())
        self.assertEqual([], list(spool.iterdir()))
        self.assertNotIn("very-secret", "\n".join(lines))

    def denied(self, operation: str, action: str, resource: str, *arguments: str,
               words: str | None = None, others: int = 0) -> None:
        """One action is denied, in AWS's words; that one line is bad, and names it."""
        with self.subTest(action):
            aws = self.fake()
            aws.put_parameter("/dev/shop/FOO", "value")
            role = aws.create_role("publisher")
            message = words if words is not None else (
                f"User: arn:aws:iam::1:user/x is not authorized to perform: {action} on resource: "
                "x because no identity-based policy allows it")
            service = operation.partition(":")[0]
            code = "AuthorizationError" if service == "sns" else "AccessDenied"
            if service == "ssm":
                code = "AccessDeniedException"
            times = None if not others else others
            aws.fail(operation, faults.error(code, 400 if service == "ssm" else 403, message),
                     times=times)
            lines = self.check(*self.sinks(aws), *_ALL, "--role", role, *arguments,
                               environment=aws.environment(), code=1)
            resource = resource.format(topic=self.topic(aws), account=aws.account, role=role)
            bad = self.bad(lines)
            self.assertEqual(1, len(bad), lines)
            self.assertTrue(bad[0].startswith(f"denied {action} on {resource}: "), bad)

    def test_each_action_that_is_denied_is_named_and_no_other(self) -> None:
        logs = f"arn:aws:s3:::{BUCKET}/shop/*"
        self.denied("sns:Publish", "sns:Publish", "{topic}", "--send-test")
        self.denied("s3:PutObject", "s3:PutObject", logs)
        self.denied("s3:PutObject", "s3:PutObjectTagging", logs, others=1)
        self.denied("s3:PutObject", "s3:PutObjectAcl", logs, others=1)
        self.denied("s3:GetObject", "s3:GetObject", logs)
        self.denied("cloudwatch:PutMetricData", "cloudwatch:PutMetricData", "*", "--send-test")
        self.denied("ssm:GetParametersByPath", "ssm:GetParametersByPath",
                    f"arn:aws:ssm:{_REGION}:{{account}}:parameter/dev/shop/")
        self.denied("sts:AssumeRole", "sts:AssumeRole", "{role}")

    def test_the_right_to_put_bundles_of_logs_is_asked_for_by_itself(self) -> None:
        aws = self.fake()
        logs, bundles = (f"arn:aws:s3:::{BUCKET}/{folder}/*" for folder in ("shop", "bundles"))
        arguments = (*self.sinks(aws), *_ALL, "--log-bundle", "60")
        lines = self.check(*arguments, environment=aws.environment())
        for action, where in (("PutObject", bundles), ("PutObjectTagging", bundles),
                              ("PutObjectAcl", bundles), ("GetObject", logs)):
            self.assertIn(f"ok s3:{action} on {where}", lines)
        self.assertNotIn(f"s3:GetObject on {bundles}", "\n".join(lines))
        aws.fail("s3:PutObject", faults.none(), *(3 * [faults.error(
            "AccessDenied", 403, "User: me is not authorized to perform: s3:PutObject on it")]))
        lines = self.check(*arguments, environment=aws.environment(), code=1)
        self.assertIn(f"ok s3:PutObject on {logs}", lines)
        [bad] = self.bad(lines)
        self.assertTrue(bad.startswith(f"denied s3:PutObject on {bundles}: "), bad)

    def test_the_right_to_a_key_is_named(self) -> None:
        self.denied("ssm:GetParametersByPath", "kms:Decrypt",
                    f"arn:aws:kms:{_REGION}:{{account}}:key/*",
                    words="The ciphertext refers to a customer master key that does not exist, does "
                          "not exist in this region, or you are not allowed to access.")
        aws = self.fake()
        aws.fail("sns:Publish", faults.error(
            "KMSAccessDenied", 400, "User: x is not authorized to perform: kms:GenerateDataKey on "
            "resource: arn:aws:kms:eu-central-1:1:key/5"), times=None)
        [line] = self.bad(self.check(*self.sinks(aws), "--send-test",
                                     environment=aws.environment(), code=1))
        self.assertTrue(line.startswith("denied kms:GenerateDataKey, which sns:Publish needs: sns "
                                        f"publish to {self.topic(aws)}: http 400: "
                                        "KMSAccessDenied: User: x"), line)

    def test_where_s3_names_no_action_what_goes_along_is_left_out(self) -> None:
        logs = f"arn:aws:s3:::{BUCKET}/shop/*"
        for count, action in ((1, "s3:PutObjectAcl"), (2, "s3:PutObjectTagging"),
                              (None, "s3:PutObject")):
            with self.subTest(action):
                aws = self.fake()
                aws.fail("s3:PutObject", faults.error("AccessDenied", 403, "Access Denied"),
                         times=count)
                lines = self.check(*self.sinks(aws), "--s3-tags=a=b", "--s3-acl=private",
                                   environment=aws.environment(), code=1)
                [bad] = self.bad(lines)
                self.assertTrue(bad.startswith(f"denied {action} on {logs}: "), lines)

    def test_without_the_right_to_list_get_is_not_known_or_told_by_the_words(self) -> None:
        for words, found in (("Access Denied", "not tested s3:GetObject on .*: without s3:ListBucket"),
                             ("User: x is not authorized to perform: s3:ListBucket on resource: y",
                              "ok s3:GetObject on ")):
            aws = self.fake()
            aws.fail("s3:GetObject", faults.error("AccessDenied", 403, words), times=None)
            lines = self.check(*self.sinks(aws), environment=aws.environment())
            self.assertRegex("\n".join(lines), f"(?m)^{found}")

    def test_a_test_is_delivered_where_it_is_asked_for_and_does_not_count(self) -> None:
        aws = self.fake()
        lines = self.check(*self.sinks(aws), *_ALL, "--groups=web", "--s3-sse=aws:kms",
                           "--s3-kms-key-id=1234", "--send-test", environment=aws.environment())
        [message] = aws.messages(self.topic(aws))
        self.assertEqual(("false", "skipped"), (message.attributes["counted"].value,
                                                message.attributes["verdict"].value))
        event = json.loads(message.message)
        self.assertEqual((False, "skipped", "a test by sla-runner preflight --send-test, not a result"),
                         (event["counted"], event["verdict"], event["message"]))
        [(key, log)] = aws.objects(BUCKET).items()
        self.assertRegex(key, r"^shop/\d+_SKIPPED$")
        self.assertEqual(b"a test by sla-runner preflight --send-test, not a result\n", log.body)
        [metric] = aws.metrics()
        self.assertEqual(("SLA", "Preflight", 1), (metric.namespace, metric.name, metric.value))
        self.assertIn(f"ok test log s3://{BUCKET}/{key}", lines)
        self.assertIn(f"ok kms:GenerateDataKey on arn:aws:kms:{_REGION}:{aws.account}:key/1234",
                      lines)
        self.assertEqual([], self.bad(lines))

    def test_a_bucket_that_is_not_there_is_told(self) -> None:
        aws = self.fake()
        lines = self.check("--sns-topic-arn", self.topic(aws), "--s3-bucket-name=nowhere",
                           environment=aws.environment(), code=1)
        [line] = self.bad(lines)
        self.assertTrue(line.startswith("wrong bucket s3://nowhere: there is no such one: s3 put "
                                        "object s3://nowhere/shop/preflight: http 404: "
                                        "NoSuchBucket: "), line)

    def test_a_topic_that_is_not_there_is_told(self) -> None:
        aws = self.fake()
        lines = self.check("--sns-topic-arn", self.topic(aws, "nowhere"), "--send-test",
                           environment=aws.environment(), code=1)
        [line] = self.bad(lines)
        self.assertRegex(line, "^wrong sns:Publish on (arn:.*:nowhere): sns publish to \\1: http 404: "
                               "NotFound")

    def test_a_topic_by_name_is_in_the_account_of_the_caller(self) -> None:
        aws = self.fake()
        lines = self.check("--sns-topic-name=results", environment=aws.environment())
        self.assertIn(f"not tested sns:Publish on {self.topic(aws)}: ", "\n".join(lines))

    def test_what_comes_from_parameters_is_tested_too(self) -> None:
        aws = self.fake()
        aws.put_parameter("/dev/shop/SLARUNNER_S3BUCKETNAME", "nowhere")
        aws.put_parameter("/dev/shop/SLARUNNER_SNSTOPICARN", self.topic(aws))
        lines = self.check("--ssm-name=/dev/shop", environment=aws.environment(), code=1)
        self.assertRegex("\n".join(lines), "(?m)^wrong bucket s3://nowhere: ")
        aws.put_parameter("/dev/shop/SLARUNNER_EVENTFORMAT", "wrong")
        lines = self.check("--ssm-name=/dev/shop", environment=aws.environment(), code=1)
        self.assertIn("wrong setting Event Format ($SLARUNNER_EVENTFORMAT): ", "\n".join(lines))

    def test_a_wrong_clock_is_a_warning(self) -> None:
        for offset, way in ((3600, "behind"), (-3600, "ahead of")):
            aws = self.fake()
            aws.clock_offset = offset
            lines = self.check(*self.sinks(aws), environment=aws.environment())
            [line] = self.bad(lines)
            self.assertRegex(line, rf"^warning clock: 3(600|599|601) s {way} AWS's: requests are "
                                   "signed by AWS's, but events tell this one$")

    def test_credentials_that_are_wrong_or_missing_are_told(self) -> None:
        aws = self.fake()
        environment = aws.environment() | {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}
        [line] = self.bad(self.check(*self.sinks(aws), environment=environment, code=1))
        self.assertRegex(line, "^wrong identity: the credentials AKIAUNKNOWN from environment: .*"
                               "InvalidClientTokenId")
        aws.fail("sts:*", faults.expired_token(), times=None)
        [line] = self.bad(self.check(*self.sinks(aws), environment=aws.environment(), code=1))
        self.assertRegex(line, "^wrong identity: the credentials .* from environment: .*ExpiredToken")
        environment = {name: value for name, value in aws.environment().items()
                       if not name.startswith(("AWS_ACCESS", "AWS_SECRET", "AWS_SESSION"))}
        [line] = self.bad(self.check(*self.sinks(aws), environment=environment, code=1))
        self.assertRegex(line, "^wrong identity: no credentials; tried in this order: environment: ")
        self.assertNotIn(aws.key.secret, line)

    def test_a_bucket_in_another_region_is_told(self) -> None:
        aws = self.fake()
        aws.fail("s3:*", faults.redirect("eu-west-1"), times=None)
        lines = self.check(*self.sinks(aws), environment=aws.environment(), code=1)
        self.assertRegex("\n".join(self.bad(lines)),
                         "(?m)^wrong s3:PutObject on .*: s3 put object s3://.*: http 301: "
                         "PermanentRedirect")

    def test_no_region_is_told(self) -> None:
        aws = self.fake()
        environment = {name: value for name, value in aws.environment().items()
                       if "REGION" not in name} | {"AWS_EC2_METADATA_DISABLED": "true"}
        lines = self.check("--sns-topic-name=results", environment=environment, code=1)
        self.assertRegex(lines[0], "^wrong region: AWS_REGION is not set: ")

    def test_a_store_alone_asks_nobody(self) -> None:
        store = self.temporary_directory()
        self.assertEqual(["ok command /bin/true", f"ok store {store}"],
                         self.check(f"--store={store}", environment={}))

    def test_a_store_that_is_not_heeding_the_condition_keeps_nothing(self) -> None:
        aws = self.fake()
        aws.create_bucket("minio", ignores_conditions=True)
        lines = self.check("--sns-topic-arn", self.topic(aws), "--s3-bucket-name=minio",
                           environment=aws.environment())
        self.assertEqual([], self.bad(lines))
        self.assertEqual({}, aws.objects("minio"))


class WayTest(PreflightTest):
    """How far it gets."""

    def test_a_closed_port_and_a_name_that_is_not_there(self) -> None:
        aws = self.fake()
        closed = self.enterContext(keep_port())
        port = closed.getsockname()[1]
        for url, words in (
                (f"http://127.0.0.1:{port}",
                 f"unreachable tcp 127.0.0.1:{port}: 127.0.0.1:{port} refused the connection"),
                ("https://no.such.name.invalid", "unreachable dns no.such.name.invalid: ")):
            lines = self.check(*self.sinks(aws), environment=aws.environment() | {
                "AWS_ENDPOINT_URL_S3": url}, code=75)
            [line] = self.bad(lines)
            self.assertTrue(line.startswith(words), line)
            self.assertIn(f"not tested s3:PutObject on arn:aws:s3:::{BUCKET}/shop/*: the service was "
                          "not reached", lines)
            lines = self.check("--sns-topic-name=results", environment=aws.environment() | {
                "AWS_ENDPOINT_URL_STS": url}, code=75)
            self.assertTrue(self.bad(lines)[0].startswith(words), lines)

    def test_sts_is_not_missed_where_a_run_does_not_ask_it(self) -> None:
        aws = self.fake()
        lines = self.check(*self.sinks(aws), environment=aws.environment() | {
            "AWS_ENDPOINT_URL_STS": "http://no.such.name.invalid"})
        [line] = self.bad(lines)
        self.assertTrue(line.startswith("warning dns no.such.name.invalid: "), line)
        self.assertIn("not tested identity: STS, which a run does not ask", lines)
        self.assertIn(f"ok s3:PutObject on arn:aws:s3:::{BUCKET}/shop/*", lines)

    def test_a_certificate_that_is_not_trusted_is_wrong(self) -> None:
        aws = self.fake(tls=True)
        environment = aws.environment()
        lines = self.check(*self.sinks(aws), environment=environment)
        self.assertIn("ok tls ", "\n".join(lines))
        self.assertEqual([], self.bad(lines))
        other = certificates.Authority(self.temporary_directory())
        lines = self.check(*self.sinks(aws), environment=environment | {
            "AWS_CA_BUNDLE": str(other.ca_file)}, code=1)
        self.assertTrue(self.bad(lines)[0].startswith("warning tls "), lines)  # of STS
        self.assertRegex(self.bad(lines)[1], "^wrong tls .*: the certificate of .* is signed by an unknown authority")

    def test_a_server_that_is_silent_takes_its_own_time_and_no_more(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
            port = silent.getsockname()[1]
            aws = self.fake()
            lines = self.check(*self.sinks(aws), environment=aws.environment() | {
                "AWS_ENDPOINT_URL_SNS": f"http://127.0.0.1:{port}"}, code=75)
        [line] = self.bad(lines)
        self.assertRegex(line, f"^unreachable http 127.0.0.1:{port}: timeout after 8 s")
        self.assertIn(f"ok s3:PutObject on arn:aws:s3:::{BUCKET}/shop/*", lines)

    def test_a_stop_ends_it_at_once(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
            port = silent.getsockname()[1]
            aws = self.fake()
            process = self.start("preflight", "--service=shop", "--delay=1", *self.sinks(aws), "--",
                                 "/bin/true", environment=aws.environment() | {
                                     "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})
            silent.settimeout(60)
            silent.accept()[0].recv(1)
            asked = time.monotonic()
            process.send(signal.SIGTERM)
            finished = process.wait(60)
        self.assertEqual(75, finished.code, finished.err_text)
        self.assertLess(time.monotonic() - asked, 5)


class MachineTest(PreflightTest):
    """What the machine itself has to have."""

    def command(self, *words: str, code: int = 1) -> str:
        finished = self.run_to_end("preflight", "--service=shop", "--delay=1", "--store=/tmp", "--",
                                   *words, environment={})
        self.assertEqual(code, finished.code, finished.out_text)
        return finished.out_text.splitlines()[0]

    def test_a_program_that_is_not_there_or_cannot_be_started(self) -> None:
        script = self.temporary_directory() / "script"
        self.assertEqual("ok command true", self.command("true", code=0))
        self.assertEqual(f"wrong command {script}: No such file or directory",
                         self.command(str(script)))
        script.write_text("#!/no/such/shell\n")
        self.assertRegex(self.command(str(script)), "it is not executable: chmod")
        script.chmod(0o755)
        self.assertEqual(f"wrong command {script}: its interpreter /no/such/shell is not there",
                         self.command(str(script)))
        self.assertRegex(self.command("no-such-program"), "it is in no folder of PATH=")

    def test_the_program_of_each_check(self) -> None:
        checks = self.temporary_directory() / "checks.json"
        checks.write_text(json.dumps({"checks": [
            {"service": "shop", "words": ["/bin/true"], "every": 60},
            {"service": "web", "words": ["/no/such/program"], "every": 60}]}))
        finished = self.run_to_end("preflight", f"--checks={checks}", "--store=/tmp", environment={})
        self.assertEqual((1, [
            "ok command /bin/true",
            "wrong command /no/such/program: No such file or directory", "ok store /tmp"]),
            (finished.code, finished.out_text.splitlines()), finished.err_text)

    def test_a_folder_that_cannot_be_written_to(self) -> None:
        file = self.temporary_directory() / "file"
        file.write_text("")
        for folder in (file, file / "below", Path("/proc/none")):
            with self.subTest(folder):
                lines = self.check(f"--store={folder}", environment={}, code=1)
                self.assertRegex(self.bad(lines)[0], f"^wrong store {folder}: nothing can be "
                                                     "written there: ")
        self.assertEqual("", file.read_text())


class UsageTest(PreflightTest):
    """What is wrong is told before anything is asked."""

    def test_settings_are_those_of_a_run(self) -> None:
        finished = self.run_to_end("preflight", environment={})
        self.assertEqual((78, ""), (finished.code, finished.out_text))
        self.assertIn("Command ($SLARUNNER_COMMAND) is a required argument\n", finished.err_text)

    def test_what_it_does_not_know_is_usage(self) -> None:
        finished = self.run_to_end("preflight", "--service=x", "--bogus", environment={})
        self.assertEqual(64, finished.code)
        self.assertIn("preflight: unknown flag '--bogus'\n", finished.err_text)


@unittest.skipIf(why_not(), why_not())
class MotoTest(PreflightTest):
    """Against a server of AWS that others wrote, with its policies."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sla-preflight-"))
        port = cls.enterClassContext(moto_server(Path(folder) / "log"))
        cls.url = f"http://127.0.0.1:{port}"

    def client(self, service: str) -> object:
        return boto3.client(service, region_name=_REGION, endpoint_url=self.url,
                            aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="any")

    def test_what_iam_prints_is_what_preflight_asks_for(self) -> None:
        iam, s3 = self.client("iam"), self.client("s3")
        s3.create_bucket(Bucket="shop-logs",
                         CreateBucketConfiguration={"LocationConstraint": _REGION})
        topic = self.client("sns").create_topic(Name="results")["TopicArn"]
        iam.create_user(UserName="runner")
        key = iam.create_access_key(UserName="runner")["AccessKey"]
        environment = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_REGION": _REGION,
                       "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
                       "AWS_ENDPOINT_URL": self.url}
        settings = ["--sns-topic-name=results", "--s3-bucket-name=shop-logs"]
        check_callers(self.url)
        lines = self.check(*settings, "--send-test", environment=environment, code=1)
        self.assertIn("denied s3:PutObject on arn:aws:s3:::shop-logs/shop/*: ", "\n".join(lines))
        self.assertIn(f"denied sns:Publish on {topic}: ", "\n".join(lines))
        printed = self.run_to_end("iam", "--service=shop", *settings, environment=environment)
        policy = json.loads(printed.out_text)
        for statement in policy["Statement"]:
            if statement["Sid"] != "PutLogs":  # of resources moto knows those of S3 alone
                statement["Resource"] = "*"
        check_callers(self.url, unchecked=1)
        iam.put_user_policy(UserName="runner", PolicyName="sla", PolicyDocument=json.dumps(policy))
        lines = self.check(*settings, environment=environment)
        self.assertEqual([], self.bad(lines), lines)
        check_callers(self.url, unchecked=1000)
        self.assertNotIn("Contents", s3.list_objects_v2(Bucket="shop-logs"))
        check_callers(self.url)
        lines = self.check(*settings, "--send-test", environment=environment)
        self.assertIn(f"ok sns:Publish on {topic}", lines)


if __name__ == "__main__":
    unittest.main()
