# SPDX-License-Identifier: MIT
# Covers: app/lambda.hpp, app/lambda/payload.hpp, app/lambda/runtime.hpp
"""sla-runner as the bootstrap of a Lambda function, under a runtime API of our own."""

from __future__ import annotations

import json
import os
import re
import unittest
from pathlib import Path

from aws_case import BUCKET, AwsTest
from fake_aws import FakeAws, faults
from lambda_api import Answer, Api
from runner_process import RunnerProcess
from store_case import wait_until

_HOOK = {"serviceArn": "arn:aws:ecs:eu-west-1:123456789012:service/c/s",
         "targetServiceRevisionArn": "arn:aws:ecs:eu-west-1:123456789012:service-revision/c/s/1",
         "testTrafficWeights": {}, "productionTrafficWeights": {}, "hookDetails": {"command": "x"}}


class LambdaTest(AwsTest):
    """What an invocation does, and how it is answered."""

    def api(self, *payloads: object, **options: object) -> Api:
        """A runtime API that hands these out."""
        api = Api([one if isinstance(one, str) else json.dumps(one) for one in payloads],
                  **options)  # type: ignore[arg-type]
        self.addCleanup(api.close)
        return api

    def begin(self, api: Api, aws: FakeAws | None = None, program: str | None = None,
              **settings: str) -> RunnerProcess:
        """Starts the function with these settings, as variables."""
        environment = {"AWS_LAMBDA_RUNTIME_API": api.address,
                       "http_proxy": "http://127.0.0.1:9"}  # which it must not use
        environment |= {f"SLARUNNER_{name}": value for name, value in settings.items()}
        if aws is not None:
            environment |= aws.environment() | {"no_proxy": "127.0.0.1"}
        return self.start(environment=environment, program=program)

    def answers(self, api: Api, process: RunnerProcess, count: int) -> list[Answer]:
        """Waits for so many answers and for the next invocation to be asked for."""
        wait_until(lambda: len(api.answers) >= count and (api.asked > count or api.asked == 0),
                   describe=process.describe)
        self.assertEqual(count, len(api.answers), api.answers)
        return api.answers

    def test_each_invocation_runs_once_and_is_answered_when_all_is_delivered(self) -> None:
        aws = self.fake()
        api = self.api({}, "", {})
        process = self.begin(api, aws, SERVICE="shop", SNSTOPICARN=self.topic(aws),
                             S3BUCKETNAME=BUCKET,
                             COMMAND='echo "$_X_AMZN_TRACE_ID"; test "$_X_AMZN_TRACE_ID" != Root=1-2')
        answers = self.answers(api, process, 3)
        self.assertEqual([(f"invocation/id-{number}/response", {"passed": number != 2})
                          for number in (1, 2, 3)], [(one.path, one.body) for one in answers])
        self.assertEqual([True, False, True], [one["succeeded"] for one in self.events(aws)])
        logs = {stored.body for stored in aws.objects(BUCKET).values()}
        self.assertEqual({b"Root=1-1\n", b"Root=1-2\n", b"Root=1-3\n"}, logs)
        process.kill_all()

    def test_a_payload_says_the_shard_and_where_the_checks_are(self) -> None:
        aws = self.fake()
        aws.put_object(BUCKET, "c.json", json.dumps({"checks": [
            {"service": f"s{number}", "words": ["true"]} for number in range(20)]}).encode())
        where = f"s3://{BUCKET}/c.json"
        api = self.api(*({"shard": index, "of": 3, "checks": where} for index in range(3)))
        process = self.begin(api, aws, SNSTOPICARN=self.topic(aws))
        self.answers(api, process, 3)
        self.assertEqual(sorted(f"s{number}" for number in range(20)),
                         sorted(str(event["service"]) for event in self.events(aws)))
        process.kill_all()

    def test_logs_of_an_invocation_are_one_bundle_that_is_there_when_it_is_answered(self) -> None:
        aws = self.fake()
        folder = self.temporary_directory()
        (folder / "checks.json").write_text(json.dumps({"checks": [
            {"service": f"s{number}", "words": ["echo", f"{number}"]} for number in range(20)]}))
        api = self.api({}, {})
        process = self.begin(api, aws, CHECKS=str(folder / "checks.json"),
                             SNSTOPICARN=self.topic(aws), S3BUCKETNAME=BUCKET, LOGBUNDLE="60")
        self.assertEqual([{"passed": True}] * 2,
                         [answer.body for answer in self.answers(api, process, 2)])
        objects = aws.objects(BUCKET)
        self.assertLessEqual(len(objects), 4, objects.keys())
        self.assertEqual(40, len(self.events(aws)))
        for event in self.events(aws):
            found = re.fullmatch(rf"s3://{BUCKET}/(bundles/.*)#bytes=(\d+)-(\d+)",
                                 str(event["logUri"]))
            assert found is not None, event
            log = objects[found[1]].body[int(found[2]):int(found[3]) + 1]
            self.assertEqual(f"s{log.decode().strip()}", event["service"])
        process.kill_all()

    def test_what_is_no_payload_is_refused_and_runs_nothing(self) -> None:
        ran = self.temporary_directory() / "ran"
        payloads: list[object] = [
            {"command": f"touch {ran}"}, {"checks": "/etc/checks.json"}, {"shard": 1}, "[]", "{",
            {"shard": 3, "of": 3}, {"checks": "s3://x"}]
        api = self.api(*payloads)
        process = self.begin(api, SERVICE="a", STORE=str(ran.parent / "store"),
                             COMMAND=f"touch {ran}")
        for answer in self.answers(api, process, len(payloads)):
            self.assertTrue(answer.path.endswith("/error"), answer)
            self.assertEqual(("Runner.Payload", "Runner.Payload", []), (
                answer.error_type, answer.body["errorType"], answer.body["stackTrace"]))
            self.assertTrue(str(answer.body["errorMessage"]).startswith("payload: "), answer)
        self.assertEqual("payload: 'command': no such member; it has shard, of and checks",
                         api.answers[0].body["errorMessage"])
        self.assertFalse(ran.exists())
        process.kill_all()

    def test_a_run_ends_two_seconds_before_the_deadline_or_by_its_own_limit(self) -> None:
        store = self.temporary_directory()
        for timeout in ("0", "3600", "0.5"):
            api = self.api({}, seconds=6)
            process = self.begin(api, SERVICE="a", STORE=str(store), COMMAND="sleep 600",
                                 TIMEOUT=timeout, GRACE="0.1")
            self.assertEqual({"passed": False}, self.answers(api, process, 1)[0].body)
            process.kill_all()
        events = [json.loads(line) for line in
                  Path(store / "events.ndjson").read_text().splitlines()]
        self.assertEqual(["timeout"] * 3, [event["verdict"] for event in events])
        took = [int(event["durationMs"]) for event in events]
        self.assertGreater(took[0], took[2] * 2)
        self.assertGreater(took[1], took[2] * 2)
        api = self.api({}, seconds=1)
        process = self.begin(api, SERVICE="a", STORE=str(store), COMMAND="true")
        self.assertEqual("Runner.Time", self.answers(api, process, 1)[0].error_type)
        process.kill_all()

    def test_checks_for_which_no_time_was_left_fail_the_invocation(self) -> None:
        folder = self.temporary_directory()
        (folder / "checks.json").write_text(json.dumps({"checks": [
            {"service": name, "command": "sleep 600"} for name in ("a", "b", "c")]}))
        api = self.api({}, seconds=6)
        process = self.begin(api, CHECKS=str(folder / "checks.json"), STORE=str(folder / "store"),
                             WORKERS="1", GRACE="0.1")
        [answer] = self.answers(api, process, 1)
        self.assertEqual("Runner.NotDelivered", answer.error_type, process.describe())
        process.kill_all()

    def test_what_is_not_delivered_or_wrong_fails_the_invocation(self) -> None:
        aws = self.fake()
        aws.fail("sns:Publish", faults.error("AuthorizationError", 403), times=None)
        api = self.api({})
        process = self.begin(api, aws, SERVICE="a", SNSTOPICARN=self.topic(aws), COMMAND="true",
                             STOPTIMEOUT="1")
        self.assertEqual("Runner.NotDelivered", self.answers(api, process, 1)[0].error_type)
        process.kill_all()
        api = self.api({})
        process = self.begin(api, SERVICE="a", STORE="/nowhere")
        self.assertEqual("Runner.Settings", self.answers(api, process, 1)[0].error_type)
        process.wait_for_line(r"Command \(\$SLARUNNER_COMMAND\) is a required argument")
        process.kill_all()

    def test_wrong_settings_are_told_before_the_first_invocation(self) -> None:
        api = self.api({})
        finished = self.begin(api, SERVICE="a", TIMEOUT="soon").wait()
        self.assertEqual(78, finished.code)
        [answer] = api.answers
        self.assertEqual(("init/error", "Runner.Settings", 0),
                         (answer.path, answer.error_type, api.asked))
        self.assertIn("Timeout ($SLARUNNER_TIMEOUT): 'soon' is no number of seconds",
                      str(answer.body["errorMessage"]))

    def test_what_the_runtime_api_refuses(self) -> None:
        settings = {"SERVICE": "a", "STORE": str(self.temporary_directory()), "COMMAND": "true"}
        for status, paths, goes_on in (
                (413, ["response", "error", "response", "error"], True),
                (400, ["response", "response"], True), (403, ["response", "response"], True),
                (500, ["response"], False)):
            with self.subTest(status):
                api = self.api({}, {}, statuses={"response": status})
                process = self.begin(api, **settings)
                if goes_on:
                    wait_until(lambda: api.asked == 3, describe=process.describe)  # noqa: B023
                    process.kill_all()
                else:
                    self.assertEqual(75, process.wait().code)
                self.assertEqual(paths, [one.path.rpartition("/")[2] for one in api.answers])
        api = self.api(end=500)
        finished = self.begin(api, **settings).wait()
        self.assertEqual((75, 1), (finished.code, api.asked), finished.err_text)
        self.assertIn("bootstrap: next invocation: http 500", finished.err_text)

    def test_a_deployment_hook_of_ecs_gets_a_verdict(self) -> None:
        store = str(self.temporary_directory())
        program = self.temporary_directory() / "bootstrap"
        program.symlink_to(os.environ["SLA_RUNNER"])
        for command, status in (("true", "SUCCEEDED"), ("false", "FAILED"),
                                ("exit 7", "IN_PROGRESS")):
            with self.subTest(status):
                api = self.api(_HOOK)
                process = self.begin(api, SERVICE="a", STORE=store, COMMAND=command, SKIPCODE="7",
                                     program=str(program))
                [answer] = self.answers(api, process, 1)
                self.assertEqual(("invocation/id-1/response", {"hookStatus": status}),
                                 (answer.path, answer.body), process.describe())
                process.kill_all()

    def test_variables_say_how_the_gate_of_a_hook_decides(self) -> None:
        folder = self.temporary_directory()
        count = 'n=$(cat n 2>/dev/null || echo 0); echo $((n + 1)) > n; '
        for name, command, settings, runs, status in (
                ("limit", "test $n != 1", {"GATECOUNT": "4", "GATEFAILURELIMIT": "1"}, 4, "SUCCEEDED"),
                ("none", "test $n != 1", {"GATECOUNT": "4"}, 2, "FAILED"),
                ("row", "true", {"GATECOUNT": "9", "GATECONSECUTIVESUCCESSLIMIT": "2"}, 2, "SUCCEEDED"),
                ("skip", "exit 7", {"GATECOUNT": "3", "GATEINCONCLUSIVELIMIT": "3"}, 3, "IN_PROGRESS")):
            with self.subTest(name):
                (folder / name).mkdir()
                api = self.api(_HOOK)
                process = self.begin(api, SERVICE="a", STORE=str(folder / "store"), SKIPCODE="7",
                                     COMMAND=f"cd {folder / name}; {count}{command}",
                                     GATEINTERVAL="0.1", **settings)
                [answer] = self.answers(api, process, 1)
                self.assertEqual({"hookStatus": status}, answer.body, process.describe())
                self.assertEqual(str(runs), (folder / name / "n").read_text().strip())
                self.assertNotIn("unknown variable", process.describe())
                process.kill_all()

    def test_wrong_limits_of_a_gate_are_told(self) -> None:
        store = str(self.temporary_directory())
        finished = self.begin(self.api(_HOOK), SERVICE="a", STORE=store, COMMAND="true",
                              GATECOUNT="many").wait()
        self.assertEqual(78, finished.code)
        self.assertIn("gate: $SLARUNNER_GATECOUNT: 'many' is no", finished.err_text)
        api = self.api(_HOOK)
        process = self.begin(api, SERVICE="a", STORE=store, COMMAND="true", GATECOUNT="2")
        self.assertEqual("Runner.Settings", self.answers(api, process, 1)[0].error_type)
        process.wait_for_line("gate: --interval is required")
        process.kill_all()


if __name__ == "__main__":
    unittest.main()
