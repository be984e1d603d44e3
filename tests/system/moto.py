# SPDX-License-Identifier: MIT
"""The main job against moto, a server of AWS that others wrote and that checks signatures itself.
What it took in is read back with boto3. Skipped where one of the two is not there."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path
from typing import Any

import certificates
from moto_server import check_callers, moto_server, why_not
from runner_process import FASTER_THAN_DELIVERY, Finished, RunnerTest

try:
    import boto3
    import botocore.config
except ImportError:
    boto3 = None

_REGION = "eu-central-1"
_BYTES = r"printf 'out\n'; printf 'err \377\376\033[1m\n' >&2"
_WROTE = b"out\nerr \xff\xfe\x1b[1m\n"
_REASON = why_not()


class Server:
    """What the tests below find wherever the server is."""

    scheme = "http"

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()  # type: ignore[misc]
        if not os.environ.get("SLA_RUNNER"):
            raise unittest.SkipTest("SLA_RUNNER does not name the program to test")
        folder = Path(tempfile.mkdtemp(prefix="sla-moto-"))
        cls.addClassCleanup(shutil.rmtree, folder)  # type: ignore[attr-defined]
        arguments: list[str] = []
        cls.ca_file = None
        if cls.scheme == "https":
            authority = certificates.Authority(folder)
            leaf, cls.ca_file = authority.leaf(), str(authority.ca_file)
            arguments = ["-s", "-c", str(leaf.certificate), "-k", str(leaf.key)]
        port = cls.enterClassContext(  # type: ignore[attr-defined]
            moto_server(folder / "log", *arguments))
        cls.url = f"{cls.scheme}://127.0.0.1:{port}"
        cls.key = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "any"}
        cls.clients = {}
        cls.set_up()

    @classmethod
    def client(cls, service: str) -> Any:
        """The client of boto3 with the key of the tests and nothing of the machine's set-up."""
        key = cls.key["AWS_ACCESS_KEY_ID"]
        if (service, key) not in cls.clients:
            cls.clients[service, key] = boto3.client(
                service, region_name=_REGION, endpoint_url=cls.url, verify=cls.ca_file,
                aws_access_key_id=key, aws_secret_access_key=cls.key["AWS_SECRET_ACCESS_KEY"],
                config=botocore.config.Config(s3={"addressing_style": "path"}))
        return cls.clients[service, key]

    @classmethod
    def set_up(cls) -> None:
        """A user who may do everything, topics with a queue each, a bucket; from then on the server
        checks who calls."""
        iam, sqs, sns = cls.client("iam"), cls.client("sqs"), cls.client("sns")
        iam.create_user(UserName="tester")
        everything = {"Version": "2012-10-17",
                      "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="tester", PolicyName="all",
                            PolicyDocument=json.dumps(everything))
        made = iam.create_access_key(UserName="tester")["AccessKey"]
        cls.key = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"],
                   "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
        cls.topics, cls.queues = {}, {}
        for name in ("results", "ordered.fifo"):
            fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
            topic = sns.create_topic(Name=name, Attributes={"FifoTopic": "true"} if fifo else {})
            queue = sqs.create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
            sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs",
                          Endpoint=arn["Attributes"]["QueueArn"])
            cls.topics[name], cls.queues[name] = topic["TopicArn"], queue
        cls.client("s3").create_bucket(
            Bucket="logs", CreateBucketConfiguration={"LocationConstraint": _REGION})
        check_callers(cls.url, cls.ca_file)

    def setUp(self) -> None:
        self.environment = self.key | {
            "AWS_ENDPOINT_URL": self.url, "AWS_REGION": _REGION, "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
        if self.ca_file:
            self.environment["AWS_CA_BUNDLE"] = self.ca_file

    def run_once(self, *arguments: str, **environment: str) -> Finished:
        finished: Finished = self.run_to_end(  # type: ignore[attr-defined]
            "--service", "shop", "--once", "--command", _BYTES, *arguments,
            environment=self.environment | environment)
        return finished

    def messages(self, topic: str) -> list[dict[str, Any]]:
        """The notifications in the queue of a topic, which is empty then."""
        sqs, queue = self.client("sqs"), self.queues[topic]
        found = []
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(one["Body"]) for one in batch]
            sqs.delete_message_batch(QueueUrl=queue, Entries=[
                {"Id": str(i), "ReceiptHandle": one["ReceiptHandle"]}
                for i, one in enumerate(batch)])
        return found

    def message(self, topic: str) -> dict[str, Any]:
        """The only notification in the queue of a topic."""
        found = self.messages(topic)
        self.assertEqual(1, len(found), found)  # type: ignore[attr-defined]
        return found[0]

    def test_a_run_arrives_as_message_and_object(self) -> None:
        finished = self.run_once("--sns-topic-arn", self.topics["results"], "--groups", "a,größe",
                                 "--s3-bucket-name", "logs")
        self.assertEqual((0, _WROTE), (finished.code, finished.out), finished.err_text)
        message = self.message("results")
        event = json.loads(message["Message"])
        self.assertEqual((True, ["a", "größe"], "pass"),
                         (event["succeeded"], event["groups"], event["verdict"]))
        self.assertEqual({"service": ("String", "shop"), "succeeded": ("String", "true"),
                          "verdict": ("String", "pass"), "state": ("String", "UNKNOWN"),
                          "groups": ("String.Array", '["a","größe"]')},
                         {name: (one["Type"], one["Value"])
                          for name, one in message["MessageAttributes"].items()})
        key = event["logUri"].removeprefix("s3://logs/")
        self.assertEqual(f"shop/{event['timestamp']}_SUCCESS", key)
        stored = self.client("s3").get_object(Bucket="logs", Key=key)
        self.assertEqual(_WROTE, stored["Body"].read())
        self.assertEqual("text/plain; charset=utf-8", stored["ContentType"])
        self.assertEqual({"run-id": event["runId"], "exit-code": "0"}, stored["Metadata"])

    def test_what_a_bucket_demands_of_an_object_is_there(self) -> None:
        finished = self.run_once(
            "--sns-topic-arn", self.topics["results"], "--s3-bucket-name", "logs", "--s3-sse",
            "aws:kms", "--s3-kms-key-id", "alias/logs", "--s3-storage-class", "STANDARD_IA",
            "--s3-tags", "team=web, cost center=a/b+c", "--s3-acl", "bucket-owner-full-control")
        self.assertEqual(0, finished.code, finished.err_text)
        event = json.loads(self.message("results")["Message"])
        where = {"Bucket": "logs", "Key": event["logUri"].removeprefix("s3://logs/")}
        head = self.client("s3").head_object(**where)
        self.assertEqual(("aws:kms", "STANDARD_IA"),
                         (head["ServerSideEncryption"], head["StorageClass"]))
        self.assertIn("alias/logs", head["SSEKMSKeyId"])
        tags = self.client("s3").get_object_tagging(**where)["TagSet"]
        self.assertEqual({"team": "web", "cost center": "a/b+c"},
                         {tag["Key"]: tag["Value"] for tag in tags})

    def test_a_topic_is_found_by_name(self) -> None:
        finished = self.run_once("--sns-topic-name", "results")
        self.assertEqual(0, finished.code, finished.err_text)
        self.message("results")

    def test_a_fifo_topic_takes_the_event(self) -> None:
        finished = self.run_once("--sns-topic-arn", self.topics["ordered.fifo"])
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual("shop", json.loads(self.message("ordered.fifo")["Message"])["service"])

    def test_the_results_of_many_checks_arrive_each_once(self) -> None:
        path = Path(tempfile.mkdtemp(prefix="sla-moto-"), "checks.json")
        self.addCleanup(shutil.rmtree, path.parent)  # type: ignore[attr-defined]
        names = [f"check{number}" for number in range(60)]
        path.write_text(json.dumps({"checks": [
            {"service": name, "words": ["/bin/echo", name]} for name in names]}))
        finished: Finished = self.run_to_end(  # type: ignore[attr-defined]
            "--checks", str(path), "--once", "--stop-timeout", "600", "--sns-topic-arn",
            self.topics["results"], "--s3-bucket-name", "logs", environment=self.environment,
            seconds=660)
        self.assertEqual(0, finished.code, finished.err_text)
        events = [json.loads(one["Message"]) for one in self.messages("results")]
        self.assertEqual(sorted(names),  # type: ignore[attr-defined]
                         sorted(event["service"] for event in events))
        s3 = self.client("s3")
        for event in events:
            key = event["logUri"].removeprefix("s3://logs/")
            self.assertEqual(f"{event['service']}\n".encode(),  # type: ignore[attr-defined]
                             s3.get_object(Bucket="logs", Key=key)["Body"].read())

    def test_the_logs_of_many_checks_are_ranges_of_a_few_objects(self) -> None:
        path = Path(tempfile.mkdtemp(prefix="sla-moto-"), "checks.json")
        self.addCleanup(shutil.rmtree, path.parent)  # type: ignore[attr-defined]
        path.write_text(json.dumps({"defaults": {"every": 0.2}, "checks": [
            {"service": f"check{number}",
             "command": f"seq {number}; echo $SLARUNNER_RUN_ID"} for number in range(8)]}))
        process = self.start(  # type: ignore[attr-defined]
            "--checks", str(path), "--log-bundle", "0.5", "--stop-timeout", "600",
            "--sns-topic-arn", self.topics["results"], "--s3-bucket-name", "logs",
            environment=self.environment)
        process.wait_for_line("log stored", 120, count=60)
        finished = process.stop_delivered()
        self.assertEqual(0, finished.code, finished.err_text)
        events = [json.loads(one["Message"]) for one in self.messages("results")]
        self.assertEqual(sorted(re.findall(r"run ended run=(\S+)", finished.err_text)),
                         sorted(event["runId"] for event in events))
        keys = set()
        for event in events:
            place, _, part = event["logUri"].partition("#")
            keys.add(key := place.removeprefix("s3://logs/"))
            got = self.client("s3").get_object(Bucket="logs", Key=key, Range=part)
            numbers = [str(number + 1) for number in range(int(event["service"][-1]))]
            self.assertEqual(numbers + [event["runId"]], got["Body"].read().decode().splitlines())
        self.assertLess(len(keys), len(events) / 4)
        report = self.run_to_end(  # type: ignore[attr-defined]
            "report", "--from-keys", "s3://logs", environment=self.environment)
        self.assertIn(f"report: {len(keys)} objects are bundles of logs of passes (--log-bundle), "
                      "which keys cannot count: read the events", report.err_text)

    def test_runs_within_a_second_get_objects_of_their_own(self) -> None:
        process = self.start(  # type: ignore[attr-defined]
            "--service", "fast", *FASTER_THAN_DELIVERY, "--sns-topic-arn", self.topics["results"],
            "--s3-bucket-name", "logs", "--command", "printf %s $SLARUNNER_RUN_ID",
            environment=self.environment)
        process.wait_for_line("run ended", 120, count=6)
        finished = process.stop_delivered()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertNotIn(" error: ", finished.err_text)
        events = [json.loads(one["Message"]) for one in self.messages("results")]
        self.assertEqual(sorted(re.findall(r"run ended run=(\S+)", finished.err_text)),
                         sorted(event["runId"] for event in events))
        s3 = self.client("s3")
        for event in events:
            key = event["logUri"].removeprefix("s3://logs/")
            stored = s3.get_object(Bucket="logs", Key=key)["Body"].read()
            self.assertEqual(event["runId"], stored.decode())

    def test_checks_are_read_from_an_object_and_a_parameter(self) -> None:
        text = json.dumps({"checks": [{"service": "kept", "command": "echo hello"}]})
        self.client("s3").put_object(Bucket="logs", Key="checks/all of them.json",
                                     Body=text.encode())
        self.client("ssm").put_parameter(Name="/prod/checks", Value=text, Type="SecureString",
                                         Overwrite=True)
        [found] = self.client("ssm").get_parameters(Names=["/prod/checks"])["Parameters"]
        for name in ("s3://logs/checks/all of them.json", "ssm:/prod/checks", found["ARN"]):
            finished = self.run_to_end(  # type: ignore[attr-defined]
                "--checks", name, "--once", "--sns-topic-arn", self.topics["results"],
                environment=self.environment)
            self.assertEqual(0, finished.code, finished.err_text)  # type: ignore[attr-defined]
            event = json.loads(self.message("results")["Message"])
            self.assertEqual("kept", event["service"])  # type: ignore[attr-defined]
        for name, words in (("s3://logs/none", "s3://logs/none: s3 get object: http 404: NoSuchKey"),
                            ("ssm:/prod/none", "ssm get parameter /prod/none: http 400: "
                                               "ParameterNotFound")):
            finished = self.run_to_end(  # type: ignore[attr-defined]
                "--checks", name, "--once", "--sns-topic-arn", self.topics["results"],
                environment=self.environment)
            self.assertEqual(75, finished.code, finished.err_text)  # type: ignore[attr-defined]
            self.assertIn(words, finished.err_text)  # type: ignore[attr-defined]

    def test_a_wrong_secret_is_refused(self) -> None:
        finished = self.run_once("--sns-topic-arn", self.topics["results"], "--s3-bucket-name",
                                 "logs", AWS_SECRET_ACCESS_KEY="wrong")
        self.assertEqual(75, finished.code, finished.err_text)
        self.assertRegex(finished.err_text, r"s3 put object s3://logs/\S+: http 403: "
                         rf"SignatureDoesNotMatch.*; sns publish to {self.topics['results']}: http 403")
        self.assertEqual([], self.messages("results"))

    def test_a_topic_and_a_bucket_that_do_not_exist_are_named(self) -> None:
        finished = self.run_once("--sns-topic-arn", self.topics["results"] + "2")
        self.assertEqual(75, finished.code)
        self.assertIn(f"sns publish to {self.topics['results']}2: http 404: NotFound",
                      finished.err_text)
        finished = self.run_once("--sns-topic-arn", self.topics["results"], "--s3-bucket-name",
                                 "no-logs")
        self.assertEqual(75, finished.code)
        self.assertRegex(finished.err_text,
                         r"s3 put object s3://no-logs/\S+_SUCCESS: http 404: NoSuchBucket")
        self.assertEqual(1, len(self.messages("results")), "the event arrives without its log")


@unittest.skipIf(_REASON, _REASON)
class OverHttp(Server, RunnerTest):
    """Plain."""


@unittest.skipIf(_REASON, _REASON)
class OverTls(Server, RunnerTest):
    """Over TLS, with an authority of the test's own."""

    scheme = "https"


if __name__ == "__main__":
    unittest.main()
