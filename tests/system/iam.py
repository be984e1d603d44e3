# SPDX-License-Identifier: MIT
# Covers: app/access/iam.hpp
"""`sla-runner iam`: the policy that a run with its settings needs, by the grammar of IAM."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any

from aws_case import BUCKET, AwsTest
from fake_aws import faults

_REGION = {"AWS_REGION": "eu-west-1"}
_TOPIC = "arn:aws:sns:eu-west-1:123456789012:results"
_ROLE = "arn:aws:iam::123456789012:role/sla"
_ARN = re.compile(r"\*|arn:(\*|[a-z-]+):[a-z0-9-]+:(\*|[a-z0-9-]*):(\*|\d{12})?:.+")
_OPERATORS = {"StringEquals", "StringLike", "ForAnyValue:StringEquals"}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


class IamTest(AwsTest):
    """What it prints, and what it says beside it."""

    def check_grammar(self, document: dict[str, Any], trust: bool = False) -> None:
        """What IAM would refuse fails."""
        self.assertEqual({"Version", "Statement"}, set(document))
        self.assertEqual("2012-10-17", document["Version"])
        whom = {"Principal"} if trust else {"Sid", "Resource"}
        for statement in document["Statement"]:
            self.assertLessEqual({"Effect", "Action"} | whom, set(statement))
            self.assertLessEqual(set(statement), {"Effect", "Action", "Condition"} | whom)
            self.assertEqual("Allow", statement["Effect"])
            for action in _list(statement["Action"]):
                self.assertRegex(action, r"\A[a-z0-9]+:[A-Za-z]+\Z")
            for resource in _list(statement.get("Resource", "*")):
                self.assertTrue(_ARN.fullmatch(resource), resource)
            for operator, keys in statement.get("Condition", {}).items():
                self.assertIn(operator, _OPERATORS)
                for key, values in keys.items():
                    self.assertRegex(key, r"\A[\w./-]+(:[\w./-]+)+\Z")
                    self.assertTrue(all(_list(values)), values)
        sids = [statement.get("Sid") for statement in document["Statement"]]
        self.assertEqual(len(sids), 1 if trust else len(set(sids)))
        for sid in sids:
            self.assertRegex(sid or "x", r"\A[A-Za-z0-9]+\Z")

    def document(self, *arguments: str, notes: tuple[str, ...] = (),
                 environment: dict[str, str] | None = None) -> dict[str, Any]:
        """What it prints; on stderr there are these lines and no other."""
        finished = self.run_to_end("iam", *arguments,
                                   environment=_REGION if environment is None else environment)
        self.assertEqual(0, finished.code, finished.err_text)
        lines = finished.err_text.splitlines()
        self.assertEqual(len(notes), len(lines), lines)
        for note, line in zip(notes, lines):
            self.assertIn(note, line)
        return json.loads(finished.out_text)

    def policy(self, *arguments: str, notes: tuple[str, ...] = (),
               environment: dict[str, str] | None = None) -> dict[str, Any]:
        """The statements by their Sid."""
        document = self.document(*arguments, notes=notes, environment=environment)
        self.check_grammar(document)
        return {statement["Sid"]: statement for statement in document["Statement"]}

    def test_a_bucket_and_metrics_need_no_account(self) -> None:
        found = self.policy("--service=shop", "--s3-bucket-name=logs", "--metrics-namespace=SLA",
                            "--s3-tags=a=b")
        self.assertEqual({"PutLogs", "PutMetrics"}, set(found))
        self.assertEqual(["s3:PutObject", "s3:GetObject", "s3:PutObjectTagging"],
                         found["PutLogs"]["Action"])
        self.assertEqual("arn:aws:s3:::logs/shop/*", found["PutLogs"]["Resource"])
        self.assertEqual({"StringEquals": {"cloudwatch:namespace": "SLA"}},
                         found["PutMetrics"]["Condition"])

    def test_every_setting_at_once_is_good_grammar(self) -> None:
        found = self.policy(
            "--service=a b*", f"--sns-topic-arn={_TOPIC}", "--s3-bucket-name=logs", "--s3-acl=private",
            "--s3-tags=a=b", "--s3-sse=aws:kms", "--s3-kms-key-id=alias/logs", "--ssm-name=/prod/x",
            "--metrics-namespace=SLA", f"--role={_ROLE}",
            notes=("settings that parameters bring", "--kms-key", "AssumeRole is for whoever"))
        self.assertEqual({"PublishResults", "PutLogs", "PutMetrics", "LoadParameters",
                          "DecryptParameters", "UseBucketKey", "AssumeRole"}, set(found))

    def test_the_account_of_a_role_is_known(self) -> None:
        found = self.policy("--service=shop", "--sns-topic-name=results", f"--role={_ROLE}",
                            notes=("--kms-key", "AssumeRole is for whoever"))
        self.assertEqual(_TOPIC, found["PublishResults"]["Resource"])

    def test_the_account_is_asked_for_where_a_name_needs_it(self) -> None:
        aws = self.fake()
        found = self.policy("--service=shop", "--sns-topic-name=results",
                            environment=aws.environment(), notes=("--kms-key",))
        self.assertEqual(self.topic(aws), found["PublishResults"]["Resource"])
        self.assertEqual({"GetCallerIdentity"}, {entry.operation.rpartition(":")[2]
                                                 for entry in aws.requests()})

    def test_nothing_is_asked_where_arns_suffice(self) -> None:
        aws = self.fake()
        self.policy(*self.sinks(aws), environment=aws.environment(), notes=("--kms-key",))
        self.assertEqual([], aws.requests())

    def test_what_nobody_says_is_a_star_and_a_line(self) -> None:
        environment = {"AWS_EC2_METADATA_DISABLED": "true"}
        found = self.policy("--sns-topic-name=results", "--s3-bucket-name=logs",
                            "--ssm-name=shop", environment=environment,
                            notes=("AWS does not say the account: ", "no --service",
                                   "a * stands for the account or the region",
                                   "settings that parameters bring", "AWS_ENV is not set",
                                   "--kms-key"))
        self.assertEqual("arn:aws:sns:*:*:results", found["PublishResults"]["Resource"])
        self.assertEqual("arn:aws:s3:::logs/*", found["PutLogs"]["Resource"])
        self.assertEqual("arn:aws:ssm:*:*:parameter/*/shop/", found["LoadParameters"]["Resource"][1])
        self.assertEqual("ssm.*.amazonaws.com", found["DecryptParameters"]["Condition"][
            "StringLike"]["kms:ViaService"])

    def test_a_sts_that_refuses_changes_no_exit_code(self) -> None:
        aws = self.fake()
        aws.fail("sts:*", faults.error("InvalidClientTokenId", 403), times=None)
        found = self.policy("--service=shop", "--sns-topic-name=results",
                            environment=aws.environment(),
                            notes=("InvalidClientTokenId", "a * stands for", "--kms-key"))
        self.assertEqual(f"arn:aws:sns:{aws.region}:*:results", found["PublishResults"]["Resource"])

    def test_a_key_of_ones_own_is_one_statement(self) -> None:
        key = "arn:aws:kms:eu-west-1:123456789012:key/1"
        found = self.policy("--service=shop", f"--sns-topic-arn={_TOPIC}", "--s3-bucket-name=logs",
                            "--s3-sse=aws:kms", f"--s3-kms-key-id={key}", f"--kms-key={key}")
        self.assertEqual({"PublishResults", "PutLogs", "UseKey"}, set(found))
        self.assertEqual(["kms:GenerateDataKey", "kms:Decrypt"], found["UseKey"]["Action"])

    def test_many_checks_put_logs_below_their_services(self) -> None:
        checks = self.temporary_directory() / "checks.json"
        checks.write_text(json.dumps({"checks": [
            {"service": name, "url": "http://127.0.0.1/", "every": 60} for name in ("shop", "web")]}))
        found = self.policy("--s3-bucket-name=logs", f"--checks={checks}")
        self.assertEqual(["arn:aws:s3:::logs/shop/*", "arn:aws:s3:::logs/web/*"],
                         found["PutLogs"]["Resource"])

    def test_a_store_needs_no_right(self) -> None:
        self.assertEqual({}, self.policy("--service=shop", "--store=results",
                                         notes=("these settings need no right at AWS",)))

    def test_the_trust_stands_beside_the_policy(self) -> None:
        provider = "https://oidc.eks.eu-west-1.amazonaws.com/id/AB"
        for whom, action in (("ecs", "sts:AssumeRole"), ("ec2", "sts:AssumeRole"),
                             ("lambda", "sts:AssumeRole"),
                             ("eks", ["sts:AssumeRole", "sts:TagSession"]),
                             (f"eks={provider}", "sts:AssumeRoleWithWebIdentity")):
            with self.subTest(whom):
                found = self.document("--s3-bucket-name=logs", "--service=shop", "--trust", whom,
                                      f"--role={_ROLE}", notes=("AssumeRole is for",))
                self.assertEqual({"policy", "trust"}, set(found))
                self.check_grammar(found["policy"])
                self.check_grammar(found["trust"], trust=True)
                self.assertEqual(action, found["trust"]["Statement"][0]["Action"])

    def test_what_is_wrong_is_one_sentence(self) -> None:
        for code, line, *arguments in (
                (64, "iam: --trust: 'gke' is none of ecs, ec2, lambda, eks and eks=PROVIDER",
                 "--trust=gke"),
                (64, "iam: --kms-key: 'x' is no ARN of a key (arn:...:kms:...:key/...)",
                 "--kms-key=x"),
                (64, "iam: unexpected argument 'x': a command goes after --", "x"),
                (78, "S3 Bucket Name (--s3-bucket-name): 'B' is not the name of a bucket: it must "
                     "have 3 to 63 characters", "--s3-bucket-name=B")):
            with self.subTest(line):
                finished = self.run_to_end("iam", *arguments, environment=_REGION)
                self.assertEqual((code, "", line + "\n"),
                                 (finished.code, finished.out_text, finished.err_text))


if __name__ == "__main__":
    unittest.main()
