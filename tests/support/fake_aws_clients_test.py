# SPDX-License-Identifier: MIT
"""Checks the fake of AWS with AWS' own clients, boto3 and the aws command line, where they are.

What they can do against AWS they can do against the fake, and they fail with the same codes.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fake_aws import FakeAws, faults

try:
    import boto3
    import botocore.config
    import botocore.exceptions
    import botocore.loaders
    import botocore.session

    # What a service looks like takes a fifth of a second to read.
    _LOADER = botocore.loaders.create_loader()
except ImportError:
    boto3 = None

_BOTO3 = unittest.skipIf(boto3 is None, "boto3 is not installed")
_CLI = unittest.skipIf(shutil.which("aws") is None, "the aws command line is not installed")


@contextlib.contextmanager
def _localhost_resolves() -> Iterator[None]:
    """Sub-domains of localhost lead to loopback, as curl does it and Python does not."""
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        local = isinstance(host, str) and host.endswith("localhost")
        return real("127.0.0.1" if local else host, *rest, **more)

    with mock.patch("socket.getaddrinfo", resolve):
        yield


def _session() -> Any:
    session = botocore.session.get_session()
    session.register_component("data_loader", _LOADER)
    return boto3.session.Session(botocore_session=session)


def _client(aws: FakeAws, service: str, secret: str | None = None, style: str = "path",
            **more: Any) -> Any:
    host = "s3.localhost" if style == "virtual" else "127.0.0.1"
    settings = botocore.config.Config(retries={"total_max_attempts": 1},
                                      s3={"addressing_style": style})
    with mock.patch.dict(os.environ, {"AWS_CONFIG_FILE": os.devnull}):
        return _session().client(service, **{
            "region_name": aws.region, "endpoint_url": aws.url_at(host), "config": settings,
            "aws_access_key_id": aws.key.access_key,
            "aws_secret_access_key": secret or aws.key.secret, "verify": aws.ca_file} | more)


@_BOTO3
class Boto3Test(unittest.TestCase):
    """Every service with boto3, over http and over https."""

    def setUp(self) -> None:
        # Elsewhere in the environment there may be proxies and other people's keys.
        clean = {name: value for name, value in os.environ.items()
                 if not name.upper().startswith("AWS_") and not name.lower().endswith("_proxy")}
        patch = mock.patch.dict(os.environ, clean, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def code(self, function: Callable[..., Any], **arguments: Any) -> str:
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            function(**arguments)
        return caught.exception.response["Error"]["Code"]

    def test_sns_publishes_over_http_and_https(self) -> None:
        for tls in (False, True):
            with self.subTest(tls=tls), FakeAws(tls) as aws:
                topic = aws.create_topic("results")
                answer = _client(aws, "sns").publish(
                    TopicArn=topic, Message="text \u00fc \U0001f600 &<>+ %", Subject="a subject",
                    MessageAttributes={
                        "service": {"DataType": "String", "StringValue": "a b"},
                        "raw": {"DataType": "Binary", "BinaryValue": b"\0\1"}})
                message, = aws.messages(topic)
                self.assertEqual(answer["MessageId"], message.message_id)
                self.assertEqual("text \u00fc \U0001f600 &<>+ %", message.message)
                self.assertEqual("a b", message.attributes["service"].value)
                self.assertEqual(b"\0\1", message.attributes["raw"].value)

    def test_sns_publishes_in_batches(self) -> None:
        for tls in (False, True):
            with self.subTest(tls=tls), FakeAws(tls) as aws:
                topic = aws.create_topic("results")
                client = _client(aws, "sns")
                client.publish(TopicArn=topic, Message="alone")
                attribute = {"service": {"DataType": "String", "StringValue": "a b"}}
                answer = client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
                    {"Id": "b-2", "Message": "text \u00fc &<>+ %", "MessageAttributes": attribute},
                    {"Id": "none", "Message": "\x1b"}, {"Id": "a_1", "Message": "last"}])
                messages = aws.messages(topic)
                self.assertEqual(["alone", "text \u00fc &<>+ %", "last"],
                                 [message.message for message in messages])
                self.assertEqual([("b-2", messages[1].message_id), ("a_1", messages[2].message_id)],
                                 [(one["Id"], one["MessageId"]) for one in answer["Successful"]])
                self.assertEqual("a b", messages[1].attributes["service"].value)
                failed, = answer["Failed"]
                self.assertEqual(("none", "InvalidParameter", True),
                                 (failed["Id"], failed["Code"], failed["SenderFault"]))
                self.assertEqual(2, len(aws.requests("sns:Publish*")))

    def test_sns_refuses_batches_and_entries_of_them(self) -> None:
        with FakeAws() as aws:
            topic = aws.create_topic("ordered.fifo", content_deduplication=True)
            client = _client(aws, "sns")

            def publish(identifiers: tuple[str, ...], message: str = "m") -> Any:
                return client.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
                    {"Id": one, "Message": message + one, "MessageGroupId": "g"}
                    for one in identifiers])

            for code, identifiers, message in (
                    ("EmptyBatchRequest", (), "m"), ("BatchEntryIdsNotDistinct", ("1", "1"), "m"),
                    ("TooManyEntriesInBatchRequest", tuple(map(str, range(11))), "m"),
                    ("InvalidBatchEntryId", ("a b",), "m"),
                    ("BatchRequestTooLong", ("1", "2"), "m" * 131072)):
                with self.subTest(code):
                    self.assertEqual(code, self.code(publish, identifiers=identifiers,
                                                     message=message))
            aws.fail("sns:PublishBatch", faults.unknown_action("PublishBatch"))
            self.assertEqual("InvalidAction", self.code(publish, identifiers=("1",)))
            aws.fail(faults.ENTRY, faults.none(), faults.throttling(), faults.internal_error())
            answer = publish(("1", "2", "3", "4"))
            self.assertEqual([("2", "Throttling", True), ("3", "InternalError", False)],
                             [(one["Id"], one["Code"], one["SenderFault"])
                              for one in answer["Failed"]])
            self.assertEqual(["m1", "m4"], [message.message for message in aws.messages(topic)])
            self.assertLess(*[one["SequenceNumber"] for one in answer["Successful"]])

    def test_a_delay_is_that_of_each_answer_and_not_of_all_together(self) -> None:
        with FakeAws() as aws, concurrent.futures.ThreadPoolExecutor(16) as threads:
            bucket = aws.create_bucket("logs")
            clients = [_client(aws, "s3") for _ in range(16)]
            aws.delay = 1.0
            begun = time.monotonic()
            list(threads.map(lambda client: client.put_object(Bucket=bucket, Key="k", Body=b"1"),
                             clients))
            self.assertGreaterEqual(time.monotonic() - begun, aws.delay)
            self.assertLess(time.monotonic() - begun, aws.delay * len(clients))

    def test_a_fifo_topic_drops_duplicates(self) -> None:
        with FakeAws() as aws:
            topic = aws.create_topic("results.fifo")
            answers = [_client(aws, "sns").publish(TopicArn=topic, Message="m", MessageGroupId="g",
                                                   MessageDeduplicationId="d") for _ in range(2)]
            self.assertEqual(answers[0]["SequenceNumber"], answers[1]["SequenceNumber"])
            self.assertEqual(1, len(aws.messages(topic)))
            self.assertEqual(2, len(aws.messages(topic, duplicates=True)))

    def test_s3_puts_and_gets_in_both_styles_over_http_and_https(self) -> None:
        key = "a b/\u00fc+~*(1)'!;=&$@,:/../x//y"
        for tls in (False, True):
            for style in ("path", "virtual"):
                with self.subTest(tls=tls, style=style), FakeAws(tls) as aws, _localhost_resolves():
                    bucket = aws.create_bucket("logs-of-tests")
                    client = _client(aws, "s3", style=style)
                    client.put_object(Bucket=bucket, Key=key, Body=b"line\n\xff",
                                      ContentType="text/plain", Metadata={"Run-Id": "7"})
                    stored = aws.objects(bucket)[key]
                    self.assertEqual((b"line\n\xff", "text/plain", {"run-id": "7"}),
                                     (stored.body, stored.content_type, stored.metadata))
                    head = client.head_object(Bucket=bucket, Key=key)
                    self.assertEqual({"run-id": "7"}, head["Metadata"])
                    got = client.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
                    self.assertEqual(b"line\n\xff", got["Body"].read())
                    hosts = {entry.request.host for entry in aws.requests("s3:PutObject")}
                    self.assertEqual({"logs-of-tests.s3.localhost" if style == "virtual"
                                      else "127.0.0.1"}, hosts)

    def test_s3_says_no_with_its_own_codes(self) -> None:
        with FakeAws() as aws:
            bucket = aws.create_bucket("logs")
            client = _client(aws, "s3")
            put = {"Bucket": bucket, "Key": "k", "Body": b"1"}
            client.put_object(**put, ChecksumAlgorithm="SHA256")
            self.assertEqual("PreconditionFailed",
                             self.code(client.put_object, **put, IfNoneMatch="*"))
            self.assertEqual("NoSuchBucket",
                             self.code(client.put_object, Bucket="none", Key="k", Body=b"1"))
            self.assertEqual("NoSuchKey", self.code(client.get_object, Bucket=bucket, Key="no"))
            self.assertEqual("404", self.code(client.head_object, Bucket=bucket, Key="no"))
            self.assertEqual("KeyTooLongError", self.code(client.put_object, Bucket=bucket,
                                                          Key="k" * 1025, Body=b"1"))

    def test_sts_knows_who_calls_and_gives_out_roles_that_work(self) -> None:
        for tls in (False, True):
            with self.subTest(tls=tls), FakeAws(tls) as aws:
                role = aws.create_role("runner", external_id="x-1")
                client = _client(aws, "sts")
                self.assertEqual(aws.key.arn, client.get_caller_identity()["Arn"])
                self.assertEqual("AccessDenied", self.code(client.assume_role, RoleArn=role,
                                                           RoleSessionName="one"))
                given = client.assume_role(RoleArn=role, RoleSessionName="one",
                                           ExternalId="x-1")["Credentials"]
                keys = {"aws_access_key_id": given["AccessKeyId"],
                        "aws_secret_access_key": given["SecretAccessKey"],
                        "aws_session_token": given["SessionToken"]}
                as_role = _client(aws, "sts", **keys)
                self.assertTrue(as_role.get_caller_identity()["Arn"].endswith("/runner/one"))
                aws.expire(given["AccessKeyId"])
                self.assertEqual("ExpiredToken", self.code(as_role.get_caller_identity))

    def test_web_identity_needs_no_key(self) -> None:
        with FakeAws() as aws:
            role = aws.create_role("pod", web_identity_tokens=["a.web.token"])
            client = _client(aws, "sts", aws_access_key_id="no", aws_secret_access_key="no")
            good = {"RoleArn": role, "RoleSessionName": "pod", "WebIdentityToken": "a.web.token"}
            answer = client.assume_role_with_web_identity(**good)
            self.assertTrue(answer["Credentials"]["AccessKeyId"].startswith("ASIA"))
            self.assertEqual("InvalidIdentityToken", self.code(
                client.assume_role_with_web_identity, **good | {"WebIdentityToken": "other"}))

    def test_ssm_pages_and_decrypts(self) -> None:
        with FakeAws() as aws:
            aws.empty_pages = True
            for number in range(23):
                aws.put_parameter(f"/app/{number:02}", f"value {number}")
            aws.put_parameter("/app/deep/secret", "hidden", "SecureString")
            client = _client(aws, "ssm")
            pages = list(client.get_paginator("get_parameters_by_path").paginate(
                Path="/app/", Recursive=True, WithDecryption=True))
            found = {one["Name"]: one["Value"] for page in pages for one in page["Parameters"]}
            self.assertEqual((24, "hidden"), (len(found), found["/app/deep/secret"]))
            self.assertEqual([0, 10, 10, 4], [len(page["Parameters"]) for page in pages])
            flat = client.get_parameters(Names=["/app/deep/secret", "/none"])
            self.assertEqual(["/none"], flat["InvalidParameters"])
            self.assertTrue(flat["Parameters"][0]["Value"].startswith("AQICAH"))

    def test_cloudwatch_takes_metrics(self) -> None:
        with FakeAws() as aws:
            client = _client(aws, "cloudwatch")
            datum = {"MetricName": "runs", "Unit": "Count", "Value": 1.5,
                     "Dimensions": [{"Name": "service", "Value": "s"}]}
            client.put_metric_data(Namespace="sla", MetricData=[datum])
            metric, = aws.metrics("sla")
            self.assertEqual(("runs", 1.5, {"service": "s"}),
                             (metric.name, metric.value, metric.dimensions))
            bad = datum | {"Dimensions": [{"Name": "service", "Value": " "}]}
            self.assertEqual("InvalidParameterValue", self.code(
                client.put_metric_data, Namespace="sla", MetricData=[bad]))

    def test_wrong_keys_are_refused_by_every_service(self) -> None:
        with FakeAws() as aws:
            aws.create_bucket("logs")
            calls = {
                "sns": ("publish", {"TopicArn": aws.create_topic("t"), "Message": "m"}),
                "s3": ("put_object", {"Bucket": "logs", "Key": "k", "Body": b"b"}),
                "sts": ("get_caller_identity", {}),
                "ssm": ("get_parameters_by_path", {"Path": "/"}),
                "cloudwatch": ("put_metric_data", {"Namespace": "n", "MetricData": [
                    {"MetricName": "m", "Value": 1.0}]}),
            }
            wrong = {"sns": ("SignatureDoesNotMatch", "InvalidClientTokenId"),
                     "s3": ("SignatureDoesNotMatch", "InvalidAccessKeyId"),
                     "ssm": ("InvalidSignatureException", "UnrecognizedClientException")}
            for service, (name, arguments) in calls.items():
                secret, unknown = wrong.get(service, wrong["sns"])
                with self.subTest(service):
                    client = _client(aws, service, secret="wrong")
                    self.assertEqual(secret, self.code(getattr(client, name), **arguments))
                    client = _client(aws, service, aws_access_key_id="AKIDNOBODY")
                    self.assertEqual(unknown, self.code(getattr(client, name), **arguments))
                    client = _client(aws, service, aws_session_token="invented")
                    self.assertIn("Token" if service != "ssm" else "UnrecognizedClient",
                                  self.code(getattr(client, name), **arguments))

    def test_boto3_retries_the_scripted_faults_away(self) -> None:
        settings = {"retries": {"total_max_attempts": 3, "mode": "standard"}}
        script = (faults.throttling(), faults.internal_error(), faults.slow_down(),
                  faults.reset(), faults.truncated(accepted=False))
        for fault in script:
            with self.subTest(fault.name), FakeAws() as aws:
                topic = aws.create_topic("t")
                aws.fail("sns:Publish", fault)
                client = _client(aws, "sns", config=botocore.config.Config(**settings))
                client.publish(TopicArn=topic, Message="m")
                self.assertEqual(1, len(aws.messages(topic)))
                self.assertEqual(2, len(aws.requests("sns:Publish")))

    def test_instance_and_container_credentials_are_found(self) -> None:
        with FakeAws() as aws:
            sources = [
                {"AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url},
                {"AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + aws.container.path,
                 "AWS_CONTAINER_AUTHORIZATION_TOKEN": str(aws.container.authorization)}]
            for source in sources:
                empty = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
                with self.subTest(next(iter(source))), mock.patch.dict(os.environ, empty | source):
                    client = _session().client(
                        "sts", region_name=aws.region, endpoint_url=aws.url)
                    self.assertIn("assumed-role", client.get_caller_identity()["Arn"])


@_CLI
class CommandLineTest(unittest.TestCase):
    """The aws command line, with the environment that system tests give to the runner."""

    def aws(self, fake: FakeAws, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        environment = {"PATH": os.environ["PATH"], "HOME": home.name, "AWS_MAX_ATTEMPTS": "1"}
        for name in ("PYENV_VERSION", "PYENV_ROOT"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return subprocess.run(["aws", *words], env=environment | fake.environment() | more,
                              capture_output=True, text=True, check=False, timeout=60)

    def test_the_command_line_reaches_every_service(self) -> None:
        with FakeAws(tls=True) as fake, tempfile.TemporaryDirectory() as directory:
            topic, bucket = fake.create_topic("t"), fake.create_bucket("logs")
            log = Path(directory, "log")
            log.write_bytes(b"a log\n")
            datum = json.dumps([{"MetricName": "m", "Value": 1}])
            for words in (
                    ("sns", "publish", "--topic-arn", topic, "--message", "hello"),
                    ("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", str(log)),
                    ("sts", "get-caller-identity"),
                    ("ssm", "get-parameters-by-path", "--path", "/"),
                    ("cloudwatch", "put-metric-data", "--namespace", "n", "--metric-data", datum)):
                with self.subTest(words[0]):
                    done = self.aws(fake, *words)
                    self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertEqual("hello", fake.messages(topic)[0].message)
            self.assertEqual(b"a log\n", fake.objects(bucket)["k"].body)
            self.assertEqual(1, len(fake.metrics("n")))

    def test_the_command_line_is_refused_with_a_wrong_secret(self) -> None:
        with FakeAws() as fake:
            done = self.aws(fake, "sts", "get-caller-identity", AWS_SECRET_ACCESS_KEY="wrong")
            self.assertNotEqual(0, done.returncode)
            self.assertIn("SignatureDoesNotMatch", done.stderr)


if __name__ == "__main__":
    unittest.main()
