# SPDX-License-Identifier: MIT
"""AWS's variables, files and agents, read by the real program and by boto3 side by side: the same
machine, the same outcome. Without boto3 the program is tried alone."""

from __future__ import annotations

import json
import os
import unittest

import boto3_beside
from aws_case import AwsTest, Proxy
from fake_aws import FakeAws, faults
from runner_process import Finished

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def setUpModule() -> None:
    """One boto3 for all."""
    if boto3_beside.IS_THERE:
        LikeBoto3Test.other = unittest.enterModuleContext(boto3_beside.Boto3("sts"))


class LikeBoto3Test(AwsTest):
    """What both are asked."""

    other: boto3_beside.Boto3

    def bare(self, aws: FakeAws, **more: str) -> dict[str, str]:
        """The environment of a fake without keys."""
        environment = aws.environment()
        return {name: value for name, value in environment.items() if name not in _KEYS} | more

    def files(self, config: str = "", credentials: str = "") -> dict[str, str]:
        """The variables that name the two files of profiles."""
        folder = self.temporary_directory()
        (folder / "config").write_text(config)
        (folder / "credentials").write_text(credentials)
        return {"AWS_CONFIG_FILE": str(folder / "config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}

    def container(self, aws: FakeAws) -> dict[str, str]:
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + aws.container.path,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": str(aws.container.authorization)}

    def keys(self, aws: FakeAws, user: str, mark: str = "=") -> str:
        """The lines of a profile that has a key of this user."""
        key = aws.create_key(user)
        return (f"aws_access_key_id {mark} {key.access_key}\n"
                f"aws_secret_access_key {mark} {key.secret}\n")

    def ask_boto3(self, environment: dict[str, str]) -> str:
        """As whom boto3 speaks, without the name of the session."""
        return self.other.ask({"PATH": os.environ["PATH"], "HOME": "/nowhere"} | environment, "sts",
                              "get_caller_identity", "Arn")

    def ask(self, environment: dict[str, str]) -> str:
        """As whom the program speaks."""
        finished = self.run_to_end("identity", environment=environment)
        self.assertEqual((0, ""), (finished.code, finished.err_text), finished.out_text)
        return {line[:14].strip(): line[14:] for line in finished.out_text.splitlines()}["arn"]

    def check(self, environment: dict[str, str], arn: str) -> None:
        """Both speak as the one whose ARN holds this."""
        self.assertIn(arn, self.ask(environment))
        if boto3_beside.IS_THERE:
            self.assertIn(arn, self.ask_boto3(environment))


class FilesTest(LikeBoto3Test):
    """Profiles."""

    def test_aws_default_profile_names_the_profile_before_aws_profile(self) -> None:
        aws = self.fake()
        files = self.files(credentials="".join(
            f"[{name}]\n" + self.keys(aws, name) for name in ("default", "one", "two")))
        for variables, user in (({"AWS_DEFAULT_PROFILE": "one"}, "one"),
                                ({"AWS_PROFILE": "one"}, "one"),
                                ({"AWS_DEFAULT_PROFILE": "two", "AWS_PROFILE": "one"}, "two"),
                                ({}, "default")):
            with self.subTest(variables):
                self.check(self.bare(aws, **files, **variables), f"user/{user}")

    def test_a_name_with_a_blank_stands_in_quotes(self) -> None:
        aws = self.fake()
        for quoted in ("'my team'", '"my team"', "my\\ team"):
            with self.subTest(quoted):
                files = self.files(f"[profile {quoted}]\n" + self.keys(aws, "team"))
                self.check(self.bare(aws, AWS_PROFILE="my team", **files), "user/team")
        files = self.files("[profile 'my team']\nregion = eu-central-1\n",
                           "[my team]\n" + self.keys(aws, "cli"))
        self.check(self.bare(aws, AWS_PROFILE="my team", **files), "user/cli")

    def test_a_file_that_is_indented_and_has_colons_is_read(self) -> None:
        aws = self.fake()
        def indented(text: str, by: str) -> str:
            return "".join(by + line for line in text.splitlines(True))
        for user, text in (("spaces", indented("[default]\n" + self.keys(aws, "spaces"), "    ")),
                           ("tabs", indented("# a\n[default]\n" + self.keys(aws, "tabs"), "\t")),
                           ("below", "[default]\n" + indented(self.keys(aws, "below"), "  ")),
                           ("colons", "[default]\n" + self.keys(aws, "colons", ":")),
                           ("comments", "[default]\n" + self.keys(aws, "comments")
                            + "  # a comment\n    ; another\n")):
            with self.subTest(user):
                self.check(self.bare(aws, **self.files(credentials=text)), f"user/{user}")

    def test_the_region_of_the_environment_is_that_of_a_role_s_sts(self) -> None:
        aws = self.fake()
        aws.create_topic("there", region="us-east-2")
        role = aws.create_role("publisher")
        files = self.files(f"[profile web]\nrole_arn = {role}\nsource_profile = base\n"
                           "region = eu-central-1\n", "[base]\n" + self.keys(aws, "base"))
        environment = self.bare(aws, AWS_PROFILE="web", **files)
        environment |= {"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-east-2"}
        self.check(environment, "assumed-role/publisher/")
        self.assertEqual({"us-east-2"}, {entry.region for entry in aws.requests("sts:AssumeRole")})

    def test_a_region_is_read_as_one(self) -> None:
        aws = self.fake()
        aws.create_topic("there", region="us-east-2")
        for text in (" us-east-2", "US-EAST-2", "aws-global"):
            finished = self.run_to_end("identity", environment=aws.environment(AWS_REGION=text))
            self.assertEqual(0, finished.code, finished.err_text)
        for text in ("fips-us-east-2", "us-east-2-fips"):
            environment = aws.environment(AWS_REGION=text)
            finished = self.run_to_end("identity", environment=environment)
            self.assertIn("cannot be combined with FIPS", finished.err_text)

    def test_the_host_of_an_endpoint_may_end_with_a_dot(self) -> None:
        aws = self.fake(tls=True)
        proxy = Proxy(aws.port)  # which finds the name, as name servers do
        self.addCleanup(proxy.close)
        self.check(aws.environment(AWS_ENDPOINT_URL=aws.url_at("localhost."),
                                   HTTPS_PROXY=proxy.url), "user/tester")
        self.assertEqual({f"CONNECT localhost.:{aws.port}"}, set(proxy.asked))


class AgentsTest(LikeBoto3Test):
    """What the machine's agents say."""

    def test_a_momentary_refusal_of_the_container_s_agent_passes(self) -> None:
        aws = self.fake()
        for status in (400, 404, 429, 500):
            with self.subTest(status):
                environment = self.bare(aws, **self.container(aws))
                aws.fail("container:*", faults.reply(status, "not now"))
                self.assertIn("assumed-role/task-role", self.ask(environment))
                if not boto3_beside.IS_THERE:
                    continue
                aws.fail("container:*", faults.reply(status, "not now"))
                self.assertIn("assumed-role/task-role", self.ask_boto3(environment))

    def test_an_agent_behind_tls_is_trusted_as_aws_is(self) -> None:
        aws = self.fake(tls=True)
        for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE"):
            environment = self.bare(aws, **self.container(aws))
            bundle = environment.pop("AWS_CA_BUNDLE")
            self.assertIn("assumed-role/task-role", self.ask(environment | {name: bundle}))

    def test_an_expiry_in_any_form_and_year_is_one(self) -> None:
        aws = self.fake()
        key = aws.create_key("made", 3600)
        for text in ("2999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "2099-01-01T00:00:00+0000",
                     "2099-01-01T00:00:00.123456+00:00", "2099-01-01T00:00:00+00"):
            with self.subTest(text):
                told = {"Version": 1, "AccessKeyId": key.access_key, "SecretAccessKey": key.secret,
                        "SessionToken": key.token, "Expiration": text}
                files = self.files(f"[default]\ncredential_process = echo '{json.dumps(told)}'\n")
                self.check(self.bare(aws, **files), "assumed-role/made/")
                document = {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret,
                            "Token": key.token, "Expiration": text}
                aws.fail("container:*", faults.reply(200, json.dumps(document)), times=2)
                self.check(self.bare(aws, **self.container(aws)), "assumed-role/made/")
                aws.clear_faults()


class LoadingTest(LikeBoto3Test):
    """What could not be loaded for a reason that passes is no wrong setting."""

    def load(self, environment: dict[str, str]) -> Finished:
        return self.run_to_end("--service=shop", "--ssm-name=/prod/shop/", "--once",
                               "--store=/nowhere", "--", "/bin/true", environment=environment)

    def test_an_agent_that_refuses_is_75(self) -> None:
        aws = self.fake()
        for status in (400, 403, 404, 429, 503):
            aws.fail("container:*", faults.reply(status, "no"), times=None)
            finished = self.load(self.bare(aws, **self.container(aws)))
            self.assertEqual(75, finished.code, finished.err_text)
            self.assertIn(f"container credentials: http {status}", finished.err_text)
            aws.clear_faults()

    def test_sts_that_does_not_know_the_keys_yet_is_75_and_a_wrong_file_is_78(self) -> None:
        aws = self.fake()
        role = aws.create_role("reader")
        aws.fail("sts:*", faults.error("InvalidClientTokenId", 403), times=None)
        finished = self.load(aws.environment(SLARUNNER_ROLE=role))
        self.assertEqual(75, finished.code, finished.err_text)
        files = self.files("[default]\nrole_arn = nothing\nsource_profile = default\n")
        self.assertEqual(78, self.load(self.bare(aws, **files)).code)


if __name__ == "__main__":
    unittest.main()
