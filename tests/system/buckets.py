# SPDX-License-Identifier: MIT
"""Logs in buckets of every make: what a bucket demands of an object, and what a store cannot do.
Where boto3 is there it puts an object with the same settings, and meets the same."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
import unittest

from aws_case import BUCKET, AwsTest
from runner_process import Finished
from spool_case import SpoolTest

_BOTO3 = importlib.util.find_spec("boto3") is not None
# Puts an object with the given parameters; says how that ended.
_PEER = """
import json, sys, boto3, botocore.exceptions
try:
    boto3.client("s3").put_object(**json.load(sys.stdin))
    print("ok")
except botocore.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
except Exception as error:
    print(type(error).__name__)
"""


class BucketTest(AwsTest):
    """The base: one run with a log, and boto3 beside it."""

    def setUp(self) -> None:
        self.aws = self.fake()

    def put_log(self, *arguments: str, command: str = "echo hello",
                **environment: str) -> Finished:
        """One run with a bucket."""
        return self.run_once(self.aws, *arguments, command=command, environment=environment)

    def assert_stored(self, finished: Finished) -> None:
        """The result and its log arrived without a word of trouble."""
        self.assertEqual(0, finished.code, finished.err_text + self.aws.show())
        self.assertNotIn(" error: ", finished.err_text)
        self.assertEqual(1, len(self.aws.objects(BUCKET)))

    def beside_boto3(self, environment: Mapping[str, str], **parameters: object) -> str:
        """How boto3 fares with the same settings of AWS: `ok`, or the code of the error."""
        if not _BOTO3:
            return "boto3 is not there"
        request = {"Bucket": BUCKET, "Key": "beside", "Body": "hello\n"} | parameters
        done = subprocess.run(
            [sys.executable, "-c", _PEER], input=json.dumps(request), text=True, check=True,
            stdout=subprocess.PIPE, timeout=60,
            env=os.environ | self.aws.environment() | {"AWS_MAX_ATTEMPTS": "1"} | environment)
        self.aws.objects(BUCKET).pop("beside", None)
        return done.stdout.strip()

    def assert_beside(self, expected: str, environment: Mapping[str, str],
                      **parameters: object) -> None:
        """boto3 fares so, where it is there."""
        if _BOTO3:
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
                    self.assert_stored(self.put_log(*arguments, command=command))
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
                self.assert_stored(self.put_log(**environment))
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


class SpooledChecksumTest(SpoolTest):
    """What comes out of a spool has its checksum too."""

    def test_the_log_of_a_run_that_died_has_its_checksum(self) -> None:
        for said in ("", "echo so far; "):
            with self.subTest(said):
                self.aws = self.fake()
                self.aws.create_bucket(BUCKET, object_lock=True)
                process = self.start_job(self.aws, "--spool", str(self.spool), "--delay", "0",
                                         "--command", f"{said}sleep 60")
                process.wait_for_line("run starts")
                if said:
                    process.wait_for_line("so far", stream="out")
                process.kill_all()
                self.assertEqual(0, self.live_once().code)
                self.assertEqual(1, len(self.interrupted()))
                for stored in self.aws.objects(BUCKET).values():
                    self.assertEqual(checksum(stored.body),
                                     stored.headers["x-amz-checksum-sha256"])

    def test_a_log_whose_bytes_changed_in_the_spool_is_stored_as_it_is(self) -> None:
        with self.aws.outage():
            self.assertEqual(75, self.live_once(limit="1").code)
        [log] = (self.spool / "aws" / "logs").iterdir()
        log.write_bytes(b"?" * log.stat().st_size)
        self.assertEqual(0, self.live_once().code)
        self.assertIn(b"?" * 36, [stored.body for stored in self.aws.objects(BUCKET).values()])
        self.assert_spool_empty()


if __name__ == "__main__":
    unittest.main()
