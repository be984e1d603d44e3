# SPDX-License-Identifier: MIT
"""Logs in buckets of every make: what a bucket demands of an object, and what a store cannot do.
Where boto3 is there it puts an object with the same settings, and meets the same."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import socket
import subprocess
import unittest
from collections.abc import Mapping

import boto3_beside
from aws_case import BUCKET, AwsTest
from runner_process import Finished
from spool_case import SpoolTest
from store_case import wait_until

_S3RVER = shutil.which("s3rver")


def setUpModule() -> None:
    """One boto3 for all."""
    if boto3_beside.IS_THERE:
        BucketTest.boto3 = unittest.enterModuleContext(boto3_beside.Boto3("s3"))


def _listens(port: int) -> bool:
    """Whether somebody answers there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class BucketTest(AwsTest):
    """The base: one run with a log, and boto3 beside it."""

    boto3: boto3_beside.Boto3

    def setUp(self) -> None:
        self.aws = self.fake()

    def put_log(self, *arguments: str, command: str = "echo hello",
                **environment: str) -> Finished:
        """One run with a bucket."""
        return self.run_once(self.aws, *arguments, command=command, environment=environment)

    def assert_stored(self, *arguments: str, command: str = "echo hello",
                      **environment: str) -> None:
        """The result and the log of one run arrive without a word of trouble."""
        patience = {"SLARUNNER_STOPTIMEOUT": "120"}
        finished = self.put_log(*arguments, command=command, **patience, **environment)
        self.assertEqual(0, finished.code, finished.err_text + self.aws.show())
        self.assertNotIn(" error: ", finished.err_text)
        self.assertEqual(1, len(self.aws.objects(BUCKET)))

    def beside_boto3(self, environment: Mapping[str, str], **parameters: object) -> str:
        """How boto3 fares with the same settings of AWS: `ok`, or the code of the error."""
        if not boto3_beside.IS_THERE:
            return "boto3 is not there"
        request = {"Bucket": BUCKET, "Key": "beside", "Body": "hello\n"} | parameters
        ended = self.boto3.ask(
            os.environ | self.aws.environment() | {"AWS_MAX_ATTEMPTS": "1"} | environment, "s3",
            "put_object", **request)
        self.aws.objects(BUCKET).pop("beside", None)
        return ended

    def assert_beside(self, expected: str, environment: Mapping[str, str],
                      **parameters: object) -> None:
        """boto3 fares so, where it is there."""
        if boto3_beside.IS_THERE:
            self.assertEqual(expected, self.beside_boto3(environment, **parameters))


def checksum(body: bytes) -> str:
    """The value of x-amz-checksum-sha256."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


class ChecksumTest(BucketTest):
    """A bucket with Object Lock takes nothing without a checksum, others refuse the header."""

    def test_every_log_has_its_checksum(self) -> None:
        for command in ("true", "echo hello", "head -c 3000000 /dev/zero"):
            for arguments in ([], ["--spool", str(self.temporary_directory())],
                              ["--log-limit", "100"]):
                with self.subTest(f"{command} {arguments}"):
                    self.aws = self.fake()
                    self.aws.create_bucket(BUCKET, object_lock=True)
                    self.assert_stored(*arguments, command=command)
                    [stored] = self.aws.objects(BUCKET).values()
                    self.assertEqual(checksum(stored.body),
                                     stored.headers["x-amz-checksum-sha256"])
        self.assert_beside("ok", {})

    def test_a_store_that_refuses_checksums_gets_none_where_that_is_set(self) -> None:
        config = self.temporary_directory() / "config"
        config.write_text("[default]\nrequest_checksum_calculation = when_required\n")
        for environment in ({"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"},
                            {"AWS_REQUEST_CHECKSUM_CALCULATION": "WHEN_REQUIRED"},
                            {"AWS_CONFIG_FILE": str(config)}):
            with self.subTest(environment):
                self.aws = self.fake()
                self.aws.create_bucket(BUCKET, no_checksums=True)
                self.assert_stored(**environment)
                [request] = {entry.request.header("x-amz-checksum-sha256")
                             for entry in self.aws.requests("s3:PutObject")}
                self.assertIsNone(request)
                self.assert_beside("ok", environment)
        finished = self.put_log()
        self.assertIn("x-amz-checksum-sha256", finished.err_text)
        self.assert_beside("InvalidArgument", {})

    def test_a_value_that_is_none_is_a_problem_at_the_start(self) -> None:
        finished = self.put_log(AWS_REQUEST_CHECKSUM_CALCULATION="never")
        self.assertEqual(78, finished.code)
        self.assertIn("AWS_REQUEST_CHECKSUM_CALCULATION: must be when_supported or when_required",
                      finished.err_text)
        self.assert_beside("InvalidChecksumConfigError",
                           {"AWS_REQUEST_CHECKSUM_CALCULATION": "never"})


class AddressingTest(BucketTest):
    """Where the bucket's name goes."""

    def hosts(self) -> set[tuple[str, str]]:
        """The host and the first part of the path of what was put."""
        return {((entry.request.header("host") or "").partition(":")[0],
                 entry.request.path.split("/")[1]) for entry in self.aws.requests("s3:PutObject")}

    def test_another_store_than_aws_gets_the_bucket_in_the_path(self) -> None:
        config = self.temporary_directory() / "config"
        in_path, in_host = ("s3.localhost", BUCKET), (f"{BUCKET}.s3.localhost", "shop")
        for style, variable, expected in ((None, None, in_path), ("auto", None, in_path),
                                          ("virtual", None, in_host), ("path", None, in_path),
                                          ("virtual", "path", in_path), ("path", "virtual", in_host),
                                          ("virtual", "auto", in_host)):
            with self.subTest(config=style, variable=variable):
                self.aws = self.fake()
                config.write_text("[default]\n" + (f"s3 =\n  addressing_style = {style}\n"
                                                   if style else ""))
                settings = {"AWS_CONFIG_FILE": str(config),
                            "AWS_ENDPOINT_URL_S3": self.aws.url_at("s3.localhost")}
                mine = {"SLARUNNER_S3ADDRESSING": variable} if variable else {}
                self.assert_stored(**settings, **mine)
                self.assertEqual({expected}, self.hosts())
                if variable is None and style != "virtual":  # that is no name for boto3
                    self.assert_beside("ok", settings | {
                        "AWS_ENDPOINT_URL_S3": self.aws.url_at("localhost")})

    def test_what_cannot_be_is_a_problem_at_the_start(self) -> None:
        finished = self.put_log("--s3-addressing", "virtual")
        self.assertEqual(78, finished.code)
        self.assertIn("the bucket 'logs' cannot be a part of the host 127.0.0.1; address it by path",
                      finished.err_text)
        finished = self.put_log("--s3-addressing", "dns")
        self.assertEqual(78, finished.code)
        self.assertIn("is none of auto, path, virtual", finished.err_text)


class DemandsTest(BucketTest):
    """What the policy of a bucket demands, signed and sent as boto3 does."""

    KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    # The settings, and the same in boto3's words.
    CASES: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"SSE": "AES256"}, {"ServerSideEncryption": "AES256"}),
        ({"SSE": "aws:kms"}, {"ServerSideEncryption": "aws:kms"}),
        ({"SSE": "aws:kms", "KMSKEYID": KEY},
         {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY}),
        ({"SSE": "aws:kms:dsse", "KMSKEYID": "alias/logs"},
         {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": "alias/logs"}),
        ({"ACL": "bucket-owner-full-control"}, {"ACL": "bucket-owner-full-control"}),
        ({"STORAGECLASS": "STANDARD_IA"}, {"StorageClass": "STANDARD_IA"}),
        ({"TAGS": "team=web, cost center=a/b+c,note=gr\u00f6\u00dfe"},
         {"Tagging": "team=web&cost%20center=a%2Fb%2Bc&note=gr%C3%B6%C3%9Fe"}),
        ({"BUCKETOWNER": "123456789012"}, {"ExpectedBucketOwner": "123456789012"}),
    ]

    def demanded(self) -> dict[str, str]:
        """The headers of the last PUT that a policy may ask for; all of them are signed."""
        request = self.aws.requests("s3:PutObject")[-1].request
        signed = request.header("authorization") or ""
        own = ("x-amz-server-side", "x-amz-acl", "x-amz-storage", "x-amz-tagging",
               "x-amz-expected")
        found = {name.lower(): value for name, value in request.headers
                 if name.lower().startswith(own)}
        for name in found:
            self.assertIn(name, signed)
        return found

    def test_each_demand_is_met_as_boto3_meets_it(self) -> None:
        for settings, parameters in self.CASES:
            with self.subTest(settings):
                self.aws = self.fake()
                variables = {f"SLARUNNER_S3{name}": value for name, value in settings.items()}
                self.assert_stored(**variables)
                ours = self.demanded()
                self.assertEqual(len(settings), len(ours))
                flags = {"SSE": "sse", "KMSKEYID": "kms-key-id", "ACL": "acl", "TAGS": "tags",
                         "STORAGECLASS": "storage-class", "BUCKETOWNER": "bucket-owner"}
                self.assertEqual(0, self.put_log(*[
                    word for name, value in settings.items()
                    for word in (f"--s3-{flags[name]}", value)]).code)
                self.assertEqual(ours, self.demanded())
                self.assert_beside("ok", {}, **parameters)
                if boto3_beside.IS_THERE:
                    self.assertEqual(ours, self.demanded())

    def test_a_bucket_of_another_account_gets_nothing(self) -> None:
        finished = self.put_log("--s3-bucket-owner", "999999999999")
        self.assertEqual(75, finished.code)
        self.assertIn("AccessDenied", finished.err_text)
        self.assertEqual({}, self.aws.objects(BUCKET))
        self.assert_beside("AccessDenied", {}, ExpectedBucketOwner="999999999999")
        self.event(self.aws)

    def test_what_cannot_be_is_told_at_the_start_all_at_once(self) -> None:
        finished = self.put_log(
            "--s3-sse", "kms", "--s3-kms-key-id", "my key", "--s3-acl", "mine",
            "--s3-storage-class", "a b", "--s3-tags", "a=1,a=2", "--s3-bucket-owner", "me")
        self.assertEqual(78, finished.code)
        for line in ("S3 SSE (--s3-sse): 'kms' is none of AES256, aws:kms, aws:kms:dsse",
                     "S3 KMS Key ID (--s3-kms-key-id): 'my key' is no key of KMS",
                     "S3 ACL (--s3-acl): 'mine' is none of private",
                     "S3 Storage Class (--s3-storage-class): 'a b' is no storage class",
                     "S3 Tags (--s3-tags): 'a=1,a=2' has a tag twice",
                     "S3 Bucket Owner (--s3-bucket-owner): 'me' is no account of AWS"):
            self.assertIn(line, finished.err_text)
        finished = self.put_log(SLARUNNER_S3KMSKEYID="alias/logs", SLARUNNER_S3SSE="AES256")
        self.assertEqual(78, finished.code)
        self.assertIn("a key of KMS needs S3 SSE to be aws:kms or aws:kms:dsse", finished.err_text)
        self.assertEqual([], self.aws.requests())


class ConditionTest(BucketTest):
    """Stores that do not keep what is there: no log replaces another all the same."""

    def logs_of(self, runners: int, runs: int, environment: Mapping[str, str]) -> list[Finished]:
        """Many runners at once, with many runs in each second."""
        processes = [self.start_job(self.aws, "--delay", "0.3", "--command",
                                    "printf %s $SLARUNNER_RUN_ID", environment=environment)
                     for _ in range(runners)]
        for process in processes:
            process.wait_for_line("run ended", 120, count=runs)
        return [process.stop() for process in processes]

    def assert_all_there(self, finished: list[Finished], logs: list[bytes]) -> None:
        """Each run has a log, and each event leads to that of its run."""
        ended = [run for one in finished
                 for run in re.findall(r"run ended run=(\S+)", one.err_text)]
        self.assertEqual(sorted(ended), sorted({log.decode() for log in logs}))
        for one in finished:
            self.assertEqual(0, one.code, one.err_text)
            self.assertNotIn(" error: ", one.err_text)

    def test_a_store_that_does_not_know_conditions_is_looked_at_first(self) -> None:
        for trait, word in (("ignores_conditions", "ignores"), ("no_conditions", "refuses")):
            with self.subTest(trait):
                self.aws = self.fake()
                self.aws.create_bucket(BUCKET, **{trait: True})
                finished = self.logs_of(2, 6, {})
                self.assert_all_there(finished, [stored.body for stored
                                                 in self.aws.objects(BUCKET).values()])
                for one in finished:
                    self.assertEqual(1, one.err_text.count(f"the store {word} If-None-Match"))
                objects = self.aws.objects(BUCKET)
                for event in self.events(self.aws):
                    key = str(event["logUri"]).removeprefix(f"s3://{BUCKET}/")
                    self.assertEqual(event["runId"], objects[key].body.decode())

    def test_a_store_that_keeps_what_is_there_is_found_out_once(self) -> None:
        [finished] = self.logs_of(1, 5, {})
        self.assertNotIn("If-None-Match", finished.err_text)
        self.assertLessEqual(self.aws.puts(BUCKET), len(self.aws.objects(BUCKET)))
        asked = [entry.operation for entry in self.aws.requests() if entry.service == "s3"]
        self.assertEqual(["HeadObject", "PutObject", "PutObject", "PutObject"], asked[:4])

    @unittest.skipUnless(_S3RVER, "s3rver, a store from npm, is not there")
    def test_s3rver_which_ignores_conditions(self) -> None:
        folder = self.temporary_directory()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [str(_S3RVER), "--directory", str(folder), "--port", str(port), "--address",
             "127.0.0.1", "--configure-bucket", BUCKET], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        wait_until(lambda: _listens(port), 60)
        key = self.aws.create_key("s3rver", known_as=("S3RVER", "S3RVER"))
        finished = self.logs_of(2, 6, self.aws.environment(key=key)
                                | {"AWS_ENDPOINT_URL_S3": f"http://localhost:{port}"})
        self.assert_all_there(finished, [path.read_bytes() for path
                                         in (folder / BUCKET).rglob("*._S3rver_object")])


class SpooledChecksumTest(SpoolTest):
    """What comes out of a spool has its checksum too."""

    def test_the_log_of_a_run_that_died_has_its_checksum(self) -> None:
        for said in ("", "echo so far; "):
            with self.subTest(said):
                self.aws = self.fake()
                self.aws.create_bucket(BUCKET, object_lock=True)
                process = self.start_job(self.aws, "--spool", str(self.spool), "--delay", "0",
                                         "--command", f"{said}sleep 60")
                runs = self.spool / "aws" / "runs"
                wait_until(lambda: runs.exists() and list(runs.glob("*.run")))
                if said:
                    process.wait_for_line("so far", stream="out")
                process.kill_all()
                self.assertEqual(0, self.live_once().code)
                self.assertEqual(1, len(self.interrupted()))
                for stored in self.aws.objects(BUCKET).values():
                    self.assertEqual(checksum(stored.body),
                                     stored.headers["x-amz-checksum-sha256"])

    def test_a_log_whose_bytes_changed_in_the_spool_is_stored_as_it_is(self) -> None:
        with self.aws.outage():  # a small log would be in the journal, with its checksum
            self.assertEqual(75, self.live_once(limit="1", BLANKS="5000").code)
        [log] = (self.spool / "aws" / "logs").iterdir()
        changed = b"?" * log.stat().st_size
        log.write_bytes(changed)
        self.assertEqual(0, self.live_once().code)
        self.assertIn(changed, [stored.body for stored in self.aws.objects(BUCKET).values()])
        self.assert_spool_empty()


if __name__ == "__main__":
    unittest.main()
