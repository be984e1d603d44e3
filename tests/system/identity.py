# SPDX-License-Identifier: MIT
"""As whom the real program speaks to AWS: every source of credentials, the region, and `identity`,
which tells; and what it says where something is wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import unittest
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws, faults
from runner_process import Finished
from store_case import wait_until

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_SECRET = "very/secret+key"


class IdentityTest(AwsTest):
    """What all of these need."""

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

    def imds(self, aws: FakeAws) -> dict[str, str]:
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url, "AWS_EC2_METADATA_DISABLED": "false"}

    def identity(self, environment: dict[str, str], *arguments: str,
                 seconds: float = 120.0) -> dict[str, str]:
        """What `identity` says, by name."""
        finished = self.run_to_end("identity", *arguments, environment=environment,
                                   seconds=seconds)
        self.assertEqual((0, ""), (finished.code, finished.err_text), finished.out_text)
        return {line[:14].strip(): line[14:] for line in finished.out_text.splitlines()}

    def refused(self, environment: dict[str, str], *arguments: str, code: int = 1,
                seconds: float = 120.0) -> str:
        """The one line that `identity` says where there is none."""
        finished = self.run_to_end("identity", *arguments, environment=environment,
                                   seconds=seconds)
        self.assertEqual((code, b""), (finished.code, finished.out), finished.err_text)
        [line] = finished.err_text.splitlines()
        self.assertNotIn(_SECRET, line)
        return line

    def deliver(self, aws: FakeAws, environment: dict[str, str], *arguments: str) -> Finished:
        """One run with topic and bucket."""
        return self.run_to_end(*self.sinks(aws), "--once", *arguments, "--", "/bin/true",
                               environment=environment)

    def signers(self, aws: FakeAws) -> set[str]:
        """The access keys that event and log were signed with."""
        return {str(entry.access_key)
                for entry in aws.requests("sns:Publish") + aws.requests("s3:PutObject")}


class SourcesTest(IdentityTest):
    """Each source, to the end: what it gives delivers a result."""

    def check(self, aws: FakeAws, environment: dict[str, str], source: str, *arguments: str,
              arn: str = "") -> None:
        told = self.identity(environment, *arguments)
        self.assertEqual(aws.account, told["account"])
        self.assertRegex(told["credentials"], source)
        self.assertIn(arn, told["arn"])
        finished = self.deliver(aws, environment, *arguments)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(1, len(self.signers(aws)), self.signers(aws))
        self.assertEqual((1, 1), (len(self.events(aws)), len(aws.objects(BUCKET))))

    def test_the_environment(self) -> None:
        aws = self.fake()
        self.check(aws, aws.environment(), "^environment$", arn="user/tester")

    def test_a_profile_with_keys(self) -> None:
        aws = self.fake()
        files = self.files("[profile web]\nregion = eu-central-1\n",
                           f"[web]\naws_access_key_id = {aws.key.access_key}\n"
                           f"aws_secret_access_key = {aws.key.secret}\n")
        environment = self.bare(aws, AWS_PROFILE="web", **files)
        del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
        self.check(aws, environment, "profile 'web'", arn="user/tester")

    def test_a_profile_s_role_on_top_of_another_profile(self) -> None:
        aws = self.fake()
        role = aws.create_role("publisher", external_id="ext-1")
        files = self.files(f"[profile web]\nrole_arn = {role}\nsource_profile = base\n"
                           "external_id = ext-1\nrole_session_name = nightly\n",
                           f"[base]\naws_access_key_id = {aws.key.access_key}\n"
                           f"aws_secret_access_key = {aws.key.secret}\n")
        self.check(aws, self.bare(aws, AWS_PROFILE="web", **files), "profile 'web': role",
                   arn="assumed-role/publisher/nightly")

    def test_a_profile_s_process(self) -> None:
        aws = self.fake()
        told = {"Version": 1, "AccessKeyId": aws.key.access_key,
                "SecretAccessKey": aws.key.secret}
        files = self.files(f"[default]\ncredential_process = echo '{json.dumps(told)}'\n")
        self.check(aws, self.bare(aws, **files), "credential_process", arn="user/tester")
        finished = self.run_to_end("--ignore-signal=CHLD", os.environ["SLA_RUNNER"], "identity",
                                   environment=self.bare(aws, **files), program="env")
        self.assertEqual(0, finished.code, finished.err_text)

    def test_a_web_identity_whose_token_is_read_again_each_time(self) -> None:
        aws = self.fake()
        role = aws.create_role("pod", web_identity_tokens=["token-one"])
        token = self.temporary_directory() / "token"
        token.write_text("token-one\n")
        environment = self.bare(aws, AWS_ROLE_ARN=role, AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
                                AWS_ROLE_SESSION_NAME="pod-7")
        self.check(aws, environment, "^web identity, role ", arn="assumed-role/pod/pod-7")
        for entry in aws.requests("sts:AssumeRoleWithWebIdentity"):
            self.assertIsNone(entry.request.header("authorization"))

    def test_a_container(self) -> None:
        aws = self.fake()
        self.check(aws, self.bare(aws, **self.container(aws)), "^container, role .*task-role$",
                   arn="assumed-role/task-role/")

    def test_a_container_s_token_file(self) -> None:
        aws = self.fake()
        token = self.temporary_directory() / "token"
        token.write_text(str(aws.container.authorization))
        environment = self.bare(aws, **self.container(aws))
        del environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(token)
        self.check(aws, environment, "^container, role ")

    def test_an_instance_which_says_the_region_too(self) -> None:
        aws = self.fake()
        environment = self.bare(aws, **self.imds(aws))
        del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
        told = self.identity(environment)
        self.assertEqual(("imds, role instance-role", "eu-central-1"),
                         (told["credentials"], told["region"]))
        finished = self.run_to_end("--service=shop", "--sns-topic-name=results", "--once",
                                   "--s3-bucket-name", BUCKET, "--", "/bin/true",
                                   environment=environment)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual((1, 1), (len(self.events(aws)), len(aws.objects(BUCKET))))

    def test_the_instance_is_not_asked_for_a_region_that_is_known(self) -> None:
        aws = self.fake()
        environment = aws.environment() | self.imds(aws)
        self.assertEqual(0, self.deliver(aws, environment).code)
        del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
        told = self.run_to_end(*self.sinks(aws), "--dry-run", "--", "/bin/true",
                               environment=environment)
        self.assertEqual(0, told.code, told.err_text)
        self.assertEqual([], aws.requests("imds:Region") + aws.requests("imds:Token"))

    def test_a_role_on_top_of_each(self) -> None:
        for name in ("environment", "container", "imds"):
            with self.subTest(name):
                aws = self.fake()
                role = aws.create_role("publisher")
                environment = {"environment": aws.environment(),
                               "container": self.bare(aws, **self.container(aws)),
                               "imds": self.bare(aws, **self.imds(aws))}[name]
                self.check(aws, environment, f"^role {role}, with {name}", "--role", role,
                           arn="assumed-role/publisher/sla-runner-")
                told = self.identity(environment | {"SLARUNNER_ROLE": role})
                self.assertIn("assumed-role/publisher", told["arn"])

    def test_the_first_that_is_configured_is_used(self) -> None:
        aws = self.fake()
        environment = aws.environment() | self.container(aws) | self.imds(aws)
        self.assertEqual("environment", self.identity(environment)["credentials"])
        environment = self.bare(aws, **(self.container(aws) | self.imds(aws)))
        self.assertTrue(self.identity(environment)["credentials"].startswith("container"))

    def test_one_that_is_configured_and_fails_is_not_passed_over(self) -> None:
        aws = self.fake()
        aws.fail("container:*", faults.error("AccessDeniedException", 403, "not you"), times=None)
        line = self.refused(self.bare(aws, **(self.container(aws) | self.imds(aws))))
        self.assertIn("container credentials: http 403", line)
        self.assertEqual([], aws.requests("imds:Token"))


class RenewalTest(IdentityTest):
    """Credentials that come to an end."""

    def test_one_set_serves_topic_bucket_and_account(self) -> None:
        aws = self.fake()
        finished = self.run_to_end("--service=shop", "--sns-topic-name=results", "--once",
                                   "--s3-bucket-name", BUCKET, "--", "/bin/true",
                                   environment=self.bare(aws, **self.container(aws)))
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(1, len(aws.requests("container:Credentials")))

    def test_an_expired_token_renews_once_and_repeats(self) -> None:
        aws = self.fake()
        aws.fail("sns:Publish", faults.expired_token())
        finished = self.deliver(aws, self.bare(aws, **self.container(aws)))
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(2, len(aws.requests("container:Credentials")))
        first, second = aws.requests("sns:Publish")
        self.assertNotEqual(first.access_key, second.access_key)
        self.assertEqual(1, len(self.events(aws)))

    def test_a_token_that_is_expired_for_good_is_tried_twice_an_attempt(self) -> None:
        aws = self.fake()
        aws.fail("sns:Publish", faults.expired_token(), times=None)
        finished = self.deliver(aws, self.bare(aws, **self.container(aws)))
        self.assertEqual(75, finished.code, finished.err_text)
        keys = [entry.access_key for entry in aws.requests("sns:Publish")]
        self.assertEqual(keys[1:-1:2], keys[2::2], "an attempt starts with the keys of the last")
        self.assertEqual(len(keys) // 2 + 1, len(set(keys)), "and renews them once")

    def test_short_lived_credentials_are_renewed_between_runs(self) -> None:
        aws = self.fake()
        aws.container.lifetime = 8.0
        process = self.start(*self.sinks(aws), "--delay=0.1", "--", "/bin/true",
                             environment=self.bare(aws, **self.container(aws)))
        aws.wait_for(lambda: len(self.signers(aws)) >= 3)
        self.assertEqual(0, process.stop().code)
        for entry in aws.requests():
            self.assertNotEqual("ExpiredToken", entry.outcome)

    def check_hanging(self, aws: FakeAws, environment: dict[str, str],
                      hangs: Callable[[], object]) -> None:
        """Renewals begin when half of the time of the keys is over, and none of them ends."""
        process = self.start(*self.sinks(aws), "--delay=0.1", "--", "/bin/true",
                             environment=environment)
        aws.wait_for(lambda: self.events(aws))
        for operation in ("container:*", "imds:*", "sts:*"):
            aws.fail(operation, faults.stall(), times=None)
        wait_until(hangs, describe=aws.show)
        keys, seen = self.signers(aws), len(self.events(aws))
        aws.wait_for(lambda: len(self.events(aws)) >= seen + 2)
        self.assertEqual(keys, self.signers(aws))
        self.assertNotIn("ExpiredToken", [entry.outcome for entry in aws.requests()])
        self.assertEqual(0, process.stop().code)

    def test_a_renewal_by_a_container_s_agent_that_hangs_holds_up_nothing(self) -> None:
        aws = self.fake()
        aws.container.lifetime = 24.0
        self.check_hanging(aws, self.bare(aws, **self.container(aws)),
                           lambda: len(aws.requests("container:Credentials")) >= 2)

    def test_a_renewal_by_the_instance_that_hangs_holds_up_nothing(self) -> None:
        aws = self.fake()
        aws.imds.lifetime = 24.0
        self.check_hanging(aws, self.bare(aws, **self.imds(aws)),
                           lambda: len(aws.requests("imds:RoleList")) >= 2)

    def test_a_renewal_by_sts_that_hangs_holds_up_nothing(self) -> None:
        aws = self.fake()
        role = aws.create_role("publisher", lifetime=24.0)
        self.check_hanging(aws, aws.environment(SLARUNNER_ROLE=role),
                           lambda: len(aws.requests("sts:AssumeRole")) >= 2)

    def test_a_renewal_by_a_process_that_hangs_holds_up_nothing(self) -> None:
        aws = self.fake()
        key = aws.create_key("made", 24.0)
        told, asked = (self.temporary_directory() / name for name in ("told", "asked"))
        told.write_text(json.dumps({
            "Version": 1, "AccessKeyId": key.access_key, "SecretAccessKey": key.secret,
            "SessionToken": key.token,
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(key.expires))}))
        files = self.files(f"[default]\ncredential_process = echo >> {asked}; "
                           f"[ $(wc -l < {asked}) = 1 ] || exec sleep 600; cat {told}\n")
        self.check_hanging(aws, self.bare(aws, **files),
                           lambda: asked.exists() and asked.read_text().count("\n") >= 2)

    def test_a_source_that_is_away_leaves_the_credentials_in_use(self) -> None:
        aws = self.fake()
        aws.container.lifetime = 16.0
        environment = self.bare(aws, **self.container(aws))
        process = self.start(*self.sinks(aws), "--delay=0.1", "--", "/bin/true",
                             environment=environment)
        aws.wait_for(lambda: len(self.events(aws)) >= 1)
        aws.fail("container:*", faults.error("Away", 404), times=None)
        process.wait_for_line("credentials are not renewed yet")
        seen = len(self.events(aws))
        aws.wait_for(lambda: len(self.events(aws)) > seen)
        self.assertEqual(0, process.stop().code)


class ClockTest(IdentityTest):
    """A clock that is wrong."""

    def test_the_offset_is_told_and_signed_with(self) -> None:
        for offset in (7200, -7200):
            aws = self.fake()
            aws.clock_offset = offset
            told = self.identity(aws.environment())["clock offset"]
            self.assertRegex(told, r"^[+-]7(199|200|201) s$")
            self.assertEqual(offset > 0, told.startswith("+"))
            finished = self.deliver(aws, aws.environment())
            self.assertEqual(0, finished.code, finished.err_text)

    def test_credentials_are_valid_by_the_service_s_clock(self) -> None:
        aws = self.fake()
        aws.clock_offset = 7 * 3600
        environment = self.bare(aws, **self.container(aws))
        finished = self.deliver(aws, environment)
        self.assertEqual(0, finished.code, finished.err_text)

    def test_a_time_that_is_refused_as_too_early_or_too_late_is_corrected(self) -> None:
        for code, offset in (("RequestExpired", 5400), ("RequestInTheFuture", -5400)):
            aws = self.fake()
            date = formatdate(time.time() + offset, usegmt=True)
            aws.fail("sns:Publish", faults.error(code, 400, headers={"Date": date}))
            finished = self.run_to_end("--service=shop", f"--sns-topic-arn={self.topic(aws)}",
                                       "--once", "--", "/bin/true", environment=aws.environment())
            self.assertEqual(0, finished.code, finished.err_text)
            # The second one is signed with the time that the first answer told, which was wrong.
            self.assertEqual([code, "SignatureDoesNotMatch", "ok"],
                             [entry.outcome.split(" ")[-1]
                              for entry in aws.requests("sns:Publish")], aws.show())

    def test_what_one_client_learns_all_know(self) -> None:
        aws = self.fake()
        aws.clock_offset = 5400
        role = aws.create_role("publisher")
        finished = self.deliver(aws, aws.environment(), "--role", role)
        self.assertEqual(0, finished.code, finished.err_text)
        wrong = [entry.name for entry in aws.requests() if entry.status not in (200, 404, 412)]
        self.assertEqual(["sts:AssumeRole"], wrong, aws.show())

    def test_later_requests_start_right(self) -> None:
        aws = self.fake()
        aws.clock_offset = -3600
        process = self.start(*self.sinks(aws), "--delay=0", "--", "/bin/true",
                             environment=aws.environment())
        aws.wait_for(lambda: len(self.events(aws)) >= 3)
        process.stop()
        wrong = [entry for entry in aws.requests() if entry.status not in (200, 404, 412)]
        self.assertEqual(1, len(wrong), aws.show())


class TellingTest(IdentityTest):
    """What `identity` says where all is well, and where nothing is."""

    def test_it_tells_account_source_region_hosts_and_clock(self) -> None:
        aws = self.fake()
        environment = aws.environment()
        told = self.identity(environment)
        self.assertEqual({"account": aws.account, "arn": aws.key.arn, "credentials": "environment",
                          "access key": aws.key.access_key, "region": aws.region,
                          "sns": aws.url + "/", "s3": aws.url + "/", "sts": aws.url + "/",
                          "clock offset": told["clock offset"]}, told)
        self.assertRegex(told["clock offset"], "^(0|-1|[+]1) s$")

    def test_hosts_are_those_of_region_and_settings(self) -> None:
        aws = self.fake()
        environment = aws.environment() | {"AWS_REGION": "eu-west-1"}
        environment["AWS_ENDPOINT_URL_STS"] = environment.pop("AWS_ENDPOINT_URL")
        aws.create_topic("there", region="eu-west-1")
        told = self.identity(environment)
        self.assertEqual("https://sns.eu-west-1.amazonaws.com/", told["sns"])
        self.assertEqual("https://s3.eu-west-1.amazonaws.com/", told["s3"])
        files = self.files("[default]\nservices = mine\n[services mine]\n"
                           "sns =\n  endpoint_url = http://localhost:1/base\n")
        self.assertEqual("http://localhost:1/base", self.identity(environment | files)["sns"])

    def test_temporary_credentials_say_when_they_end(self) -> None:
        aws = self.fake()
        told = self.identity(self.bare(aws, **self.container(aws)))
        self.assertRegex(told["expire"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

    def test_no_source_at_all_is_told_in_order(self) -> None:
        aws = self.fake()
        line = self.refused(self.bare(aws))
        places = [line.find(words) for words in (
            "no credentials; tried in this order: environment: AWS_ACCESS_KEY_ID is not set; ",
            "; profile: there is no profile 'default'; ", "; web identity: ",
            "; container credentials: ", "; imds: turned off by AWS_EC2_METADATA_DISABLED")]
        self.assertNotIn(-1, places, line)
        self.assertEqual(sorted(places), places)
        self.assertEqual([], aws.requests())

    def test_a_region_that_nothing_says_is_told_beside_what_else_is_wrong(self) -> None:
        aws = self.fake()
        environment = aws.environment()
        del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
        for variables, words in ((environment, "sts get caller identity: signing: no region"),
                                 ({name: value for name, value in environment.items()
                                   if name not in _KEYS}, "no credentials; tried in this order")):
            finished = self.run_to_end("identity", environment=variables)
            self.assertEqual((1, b""), (finished.code, finished.out), finished.err_text)
            first, second = finished.err_text.splitlines()
            self.assertIn(words, first)
            self.assertTrue(second.startswith("AWS_REGION is not set: "), second)

    def test_what_was_tried_is_told_before_what_failed(self) -> None:
        aws = self.fake()
        line = self.refused(self.bare(aws, AWS_ROLE_ARN=aws.create_role("pod"),
                                      AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere/token"))
        self.assertRegex(line, "environment: AWS_ACCESS_KEY_ID is not set; profile: .*; "
                               "web identity: the token file: /nowhere/token: No such file")

    def test_keys_that_sts_does_not_know_are_named_without_their_secret(self) -> None:
        aws = self.fake()
        line = self.refused(aws.environment() | {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN",
                                                 "AWS_SECRET_ACCESS_KEY": _SECRET})
        self.assertIn("the credentials AKIAUNKNOWN from environment: ", line)
        self.assertIn("InvalidClientTokenId", line)

    def test_a_wrong_secret_is_not_taken_for_a_wrong_clock(self) -> None:
        aws = self.fake()
        line = self.refused(aws.environment() | {"AWS_SECRET_ACCESS_KEY": _SECRET})
        self.assertIn("SignatureDoesNotMatch", line)
        self.assertEqual(1, len(aws.requests()))

    def test_a_role_that_may_not_be_assumed_is_told(self) -> None:
        aws = self.fake()
        role = f"arn:aws:iam::{aws.account}:role/nobody"
        line = self.refused(aws.environment(), "--role", role)
        self.assertIn(f"role {role}: sts: http 403", line)

    def test_aws_out_of_reach_is_75(self) -> None:
        aws = self.fake()
        with aws.outage():
            line = self.refused(aws.environment(), code=75)
        self.assertIn("could not connect", line)

    def test_its_settings_are_checked_like_the_runner_s(self) -> None:
        aws = self.fake()
        self.assertIn("'me' is no ARN", self.refused(aws.environment(), "--role=me", code=78))
        self.assertIn("--rol", self.refused(aws.environment(), "--rol=me", code=64))
        self.assertIn("usage: sla-runner identity", self.run_to_end("identity", "--help").out_text)
        self.assertEqual([], aws.requests())

    def test_the_role_may_come_from_a_parameter(self) -> None:
        aws = self.fake()
        aws.put_parameter("/prod/shop/SLARUNNER_ROLE", aws.create_role("publisher"))
        told = self.identity(aws.environment(), "--ssm-name=/prod/shop")
        self.assertIn("assumed-role/publisher", told["arn"])


class BadInputTest(IdentityTest):
    """What is wrong is told clearly, and soon."""

    def both(self, environment: dict[str, str], *words: str, code: int = 78) -> None:
        """`identity` and a runner say the same before anything is run."""
        line = self.refused(environment, code=code)
        finished = self.run_to_end("--service=x", "--once", "--sns-topic-name=results",
                                   "--", "/bin/echo", "ran", environment=environment)
        self.assertEqual((78, b""), (finished.code, finished.out), finished.err_text)
        for word in words:
            self.assertIn(word, line)
            self.assertIn(word, finished.err_text)

    def test_a_profile_that_does_not_exist(self) -> None:
        aws = self.fake()
        self.both(aws.environment() | {"AWS_PROFILE": "nobody"},
                  "AWS_PROFILE: there is no profile 'nobody'")

    def test_a_file_that_does_not_parse(self) -> None:
        aws = self.fake()
        for text, line in (("[default\nregion=x\n", 1), ("[default]\nregion\n", 2),
                           ("\n\nx = y\n", 3)):
            files = self.files(text)
            self.both(aws.environment() | files, f"{files['AWS_CONFIG_FILE']}: line {line}: ")
        files = self.files("", "[default]\n= " + _SECRET + "\n")
        self.both(aws.environment() | files, f"{files['AWS_SHARED_CREDENTIALS_FILE']}: line 2: ")

    def test_profiles_in_a_circle(self) -> None:
        aws = self.fake()
        role = aws.create_role("publisher")
        files = self.files(f"[profile a]\nrole_arn = {role}\nsource_profile = b\n"
                           f"[profile b]\nrole_arn = {role}\nsource_profile = a\n")
        line = self.refused(self.bare(aws, AWS_PROFILE="a", **files))
        self.assertRegex(line, "loop|circle")
        self.assertEqual([], aws.requests())

    def test_half_a_pair_of_keys(self) -> None:
        aws = self.fake()
        line = self.refused(self.bare(aws, AWS_ACCESS_KEY_ID="AKIA", **self.container(aws)))
        self.assertIn("AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not", line)

    def test_a_token_file_that_is_missing_or_empty(self) -> None:
        aws = self.fake()
        empty = self.temporary_directory() / "token"
        empty.write_text("\n")
        for path, words in (("/nowhere/token", "No such file"), (str(empty), "is empty")):
            web = self.bare(aws, AWS_ROLE_ARN=aws.create_role("pod"),
                            AWS_WEB_IDENTITY_TOKEN_FILE=path)
            self.assertIn(words, self.refused(web))
        empty.write_text("")
        container = self.bare(aws, **self.container(aws))
        for path, words in (("/nowhere/token", "No such file"), (str(empty), "is empty")):
            self.assertIn(words, self.refused(
                container | {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}))
        self.assertEqual([], aws.requests())

    def test_a_token_that_would_forge_a_header(self) -> None:
        aws = self.fake()
        environment = self.bare(aws, **self.container(aws))
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = f"{_SECRET}\r\nX-Injected: yes"
        self.assertIn("control character", self.refused(environment))
        self.assertEqual([], aws.requests())

    def test_a_credential_process_that_fails_or_prints_rubbish(self) -> None:
        aws = self.fake()
        for command, words in ((f"echo {_SECRET}; echo why >&2; exit 3", "exit code 3: why"),
                               (f"echo {_SECRET}", "not JSON"), ("/nowhere/x", "127"),
                               ("echo '{\"Version\":1}'", "AccessKeyId"), ("kill -9 $$", "137"),
                               ("yes", "too much")):
            with self.subTest(command):
                files = self.files(f"[default]\ncredential_process = {command}\n")
                line = self.refused(self.bare(aws, **files))
                self.assertIn("credential_process", line)
                self.assertIn(words, line)

    def test_a_credential_process_that_hangs_is_ended(self) -> None:
        aws = self.fake()
        files = self.files("[default]\ncredential_process = sleep 600\n")
        process = self.start("identity", environment=self.bare(aws, **files))
        finished = process.wait(40)
        self.assertEqual(75, finished.code, finished.err_text)
        self.assertIn("credential_process: it took too long", finished.err_text)
        process.assert_nothing_left()

    def test_nothing_outlasts_a_question_that_is_given_up(self) -> None:
        aws = self.fake()
        begun = self.temporary_directory() / "begun"
        files = self.files(f"[default]\ncredential_process = touch {begun}; sleep 600\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("identity", environment=self.bare(aws, **files))
            wait_until(begun.exists)
            finished = process.stop(number)
            self.assertEqual(75, finished.code, finished.err_text)
            self.assertIn("because of the stop", finished.err_text)
            process.assert_nothing_left()
            begun.unlink()

    def test_a_credential_process_that_hangs_does_not_outlast_a_stop(self) -> None:
        aws = self.fake()
        files = self.files("[default]\ncredential_process = echo asked >&2; sleep 600\n")
        process = self.start(*self.sinks(aws), "--delay", "3600", "--stop-timeout", "2", "--",
                             "/bin/true", environment=self.bare(aws, **files))
        process.wait_for_line("run ended")
        began = time.monotonic()
        finished = process.stop()
        self.assert_took_less(10, began)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn('"undelivered"', finished.err_text)
        process.assert_nothing_left()

    def test_an_endpoint_that_is_no_url(self) -> None:
        aws = self.fake()
        for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"):
            for url in ("rubbish", "ftp://x", "http://", "http://a b/", "http://x\r\nY: z"):
                self.both(aws.environment() | {name: url}, name + ": ")
        files = self.files("[default]\nendpoint_url = rubbish\n")
        environment = aws.environment() | files
        del environment["AWS_ENDPOINT_URL"]
        self.both(environment, "endpoint_url: ")
        container = self.bare(aws, AWS_CONTAINER_CREDENTIALS_FULL_URI="http://example.com/x")
        self.assertIn("only localhost", self.refused(container))
        imds = self.bare(aws, AWS_EC2_METADATA_DISABLED="false",
                         AWS_EC2_METADATA_SERVICE_ENDPOINT="rubbish")
        self.assertIn("AWS_EC2_METADATA_SERVICE_ENDPOINT", self.refused(imds))

    def test_an_instance_that_stalls(self) -> None:
        aws = self.fake()
        aws.fail("imds:*", faults.stall(), times=None)
        environment = self.bare(aws, **self.imds(aws))
        started = time.monotonic()
        line = self.refused(environment)
        self.assertIn("imds: ", line)
        del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
        finished = self.run_to_end("--service=x", "--once", "--sns-topic-name=results", "--",
                                   "/bin/echo", "ran", environment=environment)
        self.assertEqual((78, b""), (finished.code, finished.out), finished.err_text)
        self.assert_took_less(12, started)

    def test_a_source_that_takes_the_connection_and_says_nothing(self) -> None:
        aws = self.fake()
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            container = self.bare(aws, AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/x")
            self.assertIn("no answer in time", self.refused(container, code=75, seconds=90))

    def test_answers_that_are_rubbish(self) -> None:
        aws = self.fake()
        good = {"AccessKeyId": "A", "SecretAccessKey": _SECRET, "Token": "t",
                "Expiration": "2099-01-01T00:00:00Z"}
        for fault in (faults.garbage(), faults.reply(200, ""), faults.reply(200, "{}"),
                      faults.reply(200, json.dumps(good | {"AccessKeyId": "A\r\nX: y"})),
                      faults.reply(200, json.dumps(good | {"Expiration": "soon"}))):
            aws.clear_faults()
            aws.fail("container:*", fault, times=None)
            self.assertIn("container credentials: ", self.refused(
                self.bare(aws, **self.container(aws)), code=75))
        self.assertEqual([], aws.requests("sts:GetCallerIdentity"))

    def test_a_stop_signal_is_heeded_while_a_source_is_silent(self) -> None:
        aws = self.fake()
        aws.fail("container:*", faults.stall(), times=None)
        process = self.start(*self.sinks(aws), "--delay=0", "--stop-timeout=2", "--", "/bin/true",
                             environment=self.bare(aws, **self.container(aws)))
        aws.wait_for(lambda: aws.requests("container:Credentials"))
        finished = process.stop(signal.SIGTERM)
        self.assertEqual(0, finished.code, finished.err_text)


class SecretsTest(IdentityTest):
    """Credentials stay where they are."""

    def test_the_child_does_not_get_credentials_that_were_not_in_the_environment(self) -> None:
        aws = self.fake()
        files = self.files("", f"[default]\naws_access_key_id = {aws.key.access_key}\n"
                               f"aws_secret_access_key = {aws.key.secret}\n")
        finished = self.run_to_end(*self.sinks(aws), "--once", "--role", aws.create_role("other"),
                                   "--", "/usr/bin/env", environment=self.bare(aws, **files))
        self.assertEqual(0, finished.code, finished.err_text)
        for name in _KEYS:
            self.assertNotIn(name, finished.out_text)
        self.assertNotIn(aws.key.secret, finished.out_text + finished.err_text)

    def test_no_secret_is_in_a_line_of_the_log(self) -> None:
        aws = self.fake()
        key = aws.create_key("tester", 3600)
        aws.fail("*", faults.error("AccessDenied", 403), times=None)
        for arguments in (["identity"], ["--print-settings"],
                          [*self.sinks(aws), "--once", "--", "/bin/true"]):
            finished = self.run_to_end(*arguments, environment=aws.environment(key=key))
            said = finished.out_text + finished.err_text
            self.assertNotIn(key.secret, said)
            self.assertNotIn(str(key.token), said)

    def test_files_of_others_are_read_with_their_rights(self) -> None:
        aws = self.fake()
        folder = Path(self.temporary_directory())
        finished = self.deliver(aws, aws.environment() | {"AWS_CONFIG_FILE": str(folder)})
        self.assertEqual(0, finished.code, finished.err_text)


if __name__ == "__main__":
    unittest.main()
