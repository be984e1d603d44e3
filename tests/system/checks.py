# SPDX-License-Identifier: MIT
# Covers: app/checks/run_checks.hpp, app/checks/fetch_checks.hpp, app/settings/many.hpp
"""Many checks in one process: where their results go, when they start, and what none does to the
others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import own_processes
from aws_case import BUCKET, TOPIC, AwsTest
from fake_aws import FakeAws, faults
from runner_process import Finished, RunnerProcess
from store_case import StoreTest, wait_until

own_processes.enter()


class ChecksCase(StoreTest):
    """Runs files of checks."""

    def file(self, *checks: dict[str, object], **defaults: object) -> str:
        """A file of these checks."""
        path = self.folder / "checks.json"
        path.write_text(json.dumps({"defaults": defaults, "checks": checks}))
        return str(path)

    def start_checks(self, *checks: dict[str, object], flags: tuple[str, ...] = (),
                     program: str | None = None, store: Path | None = None,
                     **defaults: object) -> RunnerProcess:
        """Starts the program with them."""
        return self.start("--checks", self.file(*checks, **defaults),
                          "--store", str(store or self.store), *flags,
                          program=program, directory=self.folder)

    def services(self) -> dict[str, int]:
        """How many results each service has."""
        found: dict[str, int] = {}
        for event in self.events():
            name = str(event["service"])
            found[name] = found.get(name, 0) + 1
        return found

    def wait_for(self, count: int, *services: str, process: RunnerProcess) -> None:
        """Waits until each of the services has so many results."""
        wait_until(lambda: all(self.services().get(name, 0) >= count for name in services),
                   describe=process.describe)

    def stop(self, process: RunnerProcess, code: int = 0) -> Finished:
        """Ends it as an engine does."""
        process.send(signal.SIGTERM)
        finished = process.wait()
        self.assertEqual(code, finished.code, finished.err_text)
        process.assert_nothing_left()
        return finished


class ResultsTest(ChecksCase):
    """What each check leaves."""

    def test_checks_of_each_kind_have_their_results_in_the_store(self) -> None:
        process = self.start_checks(
            {"service": "text", "command": "echo \"$SLARUNNER_RUN_ID\" | wc -l", "groups": []},
            {"service": "words", "words": ["/bin/sh", "-c", 'echo "$1"; exit 3', "x", "a  b"]},
            {"service": "port", "tcp": "127.0.0.1:1", "delay": 0.1},
            {"service": "page", "url": "http://127.0.0.1:1/", "slo": 99.9, "groups": ["a", "b"]},
            {"service": "off", "command": "touch ran", "disabled": True},
            every=0.2, groups=["all"])
        self.wait_for(2, "text", "words", "port", "page", process=process)
        finished = self.stop(process)
        self.assertFalse((self.folder / "ran").exists())
        self.assertEqual(b"", finished.out)
        [started] = finished.lines("started")
        self.assertEqual(("5", "16"), (started.fields["checks"], started.fields["workers"]))
        last = {str(event["service"]): event for event in self.events()}
        self.assertEqual({"text", "words", "port", "page"}, set(last))
        self.assertEqual([True, False, False, False],
                         [last[name]["succeeded"] for name in ("text", "words", "port", "page")])
        self.assertEqual([[], ["all"], ["all"], ["a", "b"]],
                         [last[name]["groups"] for name in ("text", "words", "port", "page")])
        self.assertIn("slo", last["page"])
        self.assertNotIn("slo", last["port"])
        self.assertEqual(1, len({str(event["bootId"]) for event in self.events()}))
        for name in last:
            numbers = [event["seq"] for event in self.events() if event["service"] == name]
            self.assertEqual(list(range(1, len(numbers) + 1)), numbers)
        self.assertEqual(b"a  b\n", next((self.store / "words").iterdir()).read_bytes())

    def test_once_runs_each_check_once_and_tells_the_worst(self) -> None:
        flags = ("--once",)
        good = {"service": "good", "command": "true"}
        done = self.start_checks(good, {"service": "good2", "words": ["true"]}, flags=flags).wait()
        self.assertEqual(0, done.code, done.err_text)
        done = self.start_checks(good, {"service": "bad", "command": "false"}, flags=flags).wait()
        self.assertEqual(1, done.code, done.err_text)
        self.assertEqual({"good": 2, "good2": 1, "bad": 1}, self.services())

    def test_a_dry_run_prints_all_and_sends_nothing(self) -> None:
        process = self.start_checks({"service": "a", "command": "echo one"},
                                    {"service": "b", "command": "echo two; exit 1"},
                                    flags=("--dry-run",))
        finished = process.wait()
        self.assertEqual(1, finished.code, finished.err_text)
        self.assertEqual(2, finished.out_text.count("message: {"))
        for part in ("log:\none\n", "log:\ntwo\n"):
            self.assertIn(part, finished.out_text)
        self.assertFalse(self.store.exists())

    def test_a_command_that_cannot_be_started_is_said_before_the_first_run(self) -> None:
        finished = self.start_checks({"service": "a", "words": ["/no/such/program"]},
                                     {"service": "b", "words": ["/no/such/program"]},
                                     {"service": "off", "words": ["/none"], "disabled": True},
                                     {"service": "c", "words": ["true"]},
                                     {"service": "d", "command": "/no/such/program"},
                                     flags=("--once",)).wait()
        self.assertEqual(1, finished.code)
        self.assertEqual(["a", "b"], [line.fields["service"] for line in finished.lines(
            "the command cannot be started: /no/such/program: No such file or directory")])

    def test_the_settings_of_each_check_are_printed_as_a_file_would_have_them(self) -> None:
        path = self.file({"service": "a", "words": ["make", "a b"], "groups": ["x", "y"]},
                         {"service": "b", "url": "https://me:pw@shop/?q=pw", "retries": 2,
                          "header": ["Authorization: Bearer pw"]}, every="1h", timeout="2m")
        finished = self.run_to_end("--checks", path, "--store", str(self.store), "--grace", "7",
                                   "--print-settings")
        self.assertEqual(0, finished.code, finished.err_text)
        lines = finished.out_text.splitlines()
        common = {"every": "3600", "timeout": "120", "grace": "7"}
        self.assertEqual([
            {"words": ["make", "a b"], "service": "a", "groups": "x,y"} | common,
            {"service": "b", "url": "https://***@shop/?***", "retries": "2", "header": "***"}
            | common], [{name: value for name, value in json.loads(line).items()
                         if name != "passThrough"} for line in lines[-2:]])

    def test_a_restarted_process_goes_on_where_the_spool_tells(self) -> None:
        spool = ("--spool", str(self.folder / "spool"), "--once")
        check = {"service": "a", "command": "false", "failureThreshold": 2}
        for _ in range(2):
            self.start_checks(check, flags=spool).wait()
        self.assertEqual(["UNKNOWN", "DOWN"], [event["state"] for event in self.events()])


class ProblemsTest(ChecksCase):
    """What stops the program before anything starts."""

    def problems(self, *flags: str, text: str) -> list[str]:
        """The lines of a start that is refused."""
        (self.folder / "bad.json").write_text(text)
        finished = self.run_to_end("--checks", "bad.json", "--store", str(self.store), *flags,
                                   directory=self.folder)
        self.assertEqual((78, b""), (finished.code, finished.out), finished.err_text)
        self.assertFalse(self.store.exists())
        return finished.err_text.splitlines()

    def test_every_problem_of_a_file_is_told_with_its_place(self) -> None:
        self.assertEqual([
            "defaults.spool: belongs to the whole process: give --spool or $SLARUNNER_SPOOL",
            "checks[0].servise: no such setting; did you mean service?",
            "checks[0].service: is required",
            "checks[1].every: 'soon' is no number of seconds, such as 60, 0.5 or 2h30m",
            "checks[1].groups: expected a list of texts",
            "checks[2].service: 'b' is that of checks[1] too: each check needs its own",
            "checks[3].body: no-such-file: No such file or directory",
        ], self.problems(text=json.dumps({"defaults": {"spool": "x"}, "checks": [
            {"servise": "a", "tcp": "a:1", "every": 5},
            {"service": "b", "command": "true", "every": "soon", "groups": 7},
            {"service": "b", "command": "true", "every": 1},
            {"service": "c", "url": "http://c/", "body": "@no-such-file", "every": 1}]})))

    def test_what_is_no_json_has_a_line_and_a_column(self) -> None:
        self.assertEqual(
            ["Checks (--checks): 'bad.json': line 2, column 14: expected : at '='"],
            self.problems(text='{"checks":[\n  {"service" = "a"}]}'))

    def test_what_belongs_to_one_check_is_not_given_beside_the_file(self) -> None:
        self.assertEqual([
            "Service (--service) and Checks (--checks) exclude each other: each check has its own",
            "URL (--url) and Checks (--checks) exclude each other: each check has its own",
            "Splay (--splay) and Checks (--checks) exclude each other: starts are spread already",
        ], self.problems("--service", "a", "--url", "http://a/", "--splay", "5",
                         text='{"checks":[{"service":"a","tcp":"a:1","every":1}]}'))

    def test_workers_are_from_one_to_a_thousand(self) -> None:
        for count in ("0", "1001", "many"):
            self.assertEqual(
                [f"Workers (--workers): '{count}' is no whole number from 1 to 1000"],
                self.problems("--workers", count,
                              text='{"checks":[{"service":"a","tcp":"a:1","every":1}]}'))


class GridTest(ChecksCase):
    """When runs start."""

    def test_two_replicas_start_a_check_at_the_same_instants(self) -> None:
        checks: list[dict[str, object]] = [
            {"service": f"s{number}", "words": ["true"]} for number in range(5)]
        stores = [self.folder / name for name in ("one", "two")]
        processes = []
        for store in stores:
            processes.append(self.start_checks(*checks, store=store, every=1))
            self.store = store
            self.wait_for(2, *(f"s{number}" for number in range(5)), process=processes[-1])
        slots: list[dict[str, int]] = []
        for store, process in zip(stores, processes):
            self.stop(process)
            self.store = store
            slots.append({})
            for number in range(5):  # the earliest within the second is the least late
                slots[-1][f"s{number}"] = min(
                    int(str(event["startedAtMs"])) % 1000 for event in self.events()
                    if event["service"] == f"s{number}")
        between = [abs(slots[0][name] - slots[1][name]) for name in slots[0]]
        self.assertGreater(len(set(slots[0].values())), 3, slots)
        # A machine that is busy is late now and then, and none has a grid that is another's.
        self.assertLess(sorted(between)[2], 100, slots)


class ApartTest(ChecksCase):
    """What one check does not do to others."""

    def test_a_check_that_hangs_floods_or_crashes_delays_no_other(self) -> None:
        process = self.start_checks(
            {"service": "hangs", "words": ["sleep", "600"], "timeout": 0},
            {"service": "floods", "command": "exec yes", "timeout": 1, "logLimit": "64K"},
            {"service": "crashes", "command": "kill -SEGV $$", "every": 0.1},
            {"service": "good", "words": ["true"], "every": 0.1},
            flags=("--workers", "4", "--stop-timeout", "10"), every=0.5)
        self.wait_for(20, "good", "crashes", process=process)
        self.wait_for(2, "floods", process=process)
        self.assertNotIn("hangs", self.services())
        finished = self.stop(process)
        self.assertLess(finished.seconds, 100)
        verdicts = {str(event["service"]): event["verdict"] for event in self.events()}
        self.assertEqual({"floods": "timeout", "crashes": "signaled", "good": "pass"}, verdicts)
        self.assertEqual(1, len(list((self.store / "hangs").glob("*_INTERRUPTED"))))

    def test_a_stop_ends_all_within_one_budget(self) -> None:
        stubborn = "trap '' TERM; echo on >>started; while :; do sleep 1; done"
        checks: list[dict[str, object]] = [
            {"service": f"s{number}", "command": stubborn, "delay": 0} for number in range(12)]
        process = self.start_checks(*checks, flags=("--stop-timeout", "20", "--grace", "2"))
        started = self.folder / "started"
        wait_until(lambda: started.exists() and started.read_text().count("on") == 12,
                   describe=process.describe)
        self.stop(process)
        self.assertEqual(12, len(list(self.store.glob("*/*_INTERRUPTED"))))
        self.assertFalse((self.store / "events.ndjson").exists())


class ShardTest(ChecksCase):
    """Several processes that share a file."""

    def run_shard(self, shard: str, **environment: str) -> Finished:
        """Runs the checks of a shard once."""
        checks: list[dict[str, object]] = [
            {"service": f"s{number}", "words": ["true"]} for number in range(40)]
        return self.start("--checks", self.file(*checks), "--store", str(self.store), "--once",
                          "--shard", shard, environment=environment,
                          directory=self.folder).wait()

    def test_each_check_is_in_one_of_the_shards(self) -> None:
        for index in range(3):
            finished = self.run_shard(f"{index}/3")
            self.assertEqual(0, finished.code, finished.err_text)
            self.assertEqual(f"{index}/3", finished.lines("started")[0].fields["shard"])
        finished = self.run_shard("auto/4", JOB_COMPLETION_INDEX="1")
        self.assertEqual("1/4", finished.lines("started")[0].fields["shard"])
        finished = self.run_shard("auto/4", AWS_BATCH_JOB_ARRAY_INDEX="1")
        for event in self.events():
            self.assertTrue(event["succeeded"])
        fourth = [count - 1 for count in self.services().values()]
        self.assertEqual(40, len(fourth))
        self.assertEqual({0, 2}, set(fourth))  # what the two of auto/4 have, they have twice

    def test_a_shard_without_a_check_stays(self) -> None:
        process = self.start_checks({"service": "a", "words": ["true"]}, every=1,
                                    flags=("--shard", "0/10000"))
        process.wait_for_line("there is no check to run here")
        self.stop(process)

    def test_a_shard_that_is_not_there_is_a_problem(self) -> None:
        finished = self.run_shard("3/3")
        self.assertEqual((78, "Shard (--shard): '3/3' is not there: of 3 shards the last is 2, since "
                              "the first is 0\n"), (finished.code, finished.err_text))
        finished = self.run_shard("auto/3", JOB_COMPLETION_INDEX="3")
        self.assertEqual((78, "Shard (--shard): $JOB_COMPLETION_INDEX is '3', and of 3 shards the "
                              "last is 2\n"), (finished.code, finished.err_text))
        finished = self.run_to_end("--shard", "0/2", "--service", "a", "--command", "true",
                                   "--once", "--store", str(self.store))
        self.assertEqual((78, "Shard (--shard) is for many checks (--checks): give a file\n"),
                         (finished.code, finished.err_text))


class HealthTest(ChecksCase):
    """The healthcheck looks at all of them."""

    def setUp(self) -> None:
        super().setUp()
        self.program = shutil.copy(os.environ["SLA_RUNNER"], self.folder)

    def check(self) -> tuple[int, str]:
        done = subprocess.run([self.program, "healthcheck"], capture_output=True, env={},
                              stdin=subprocess.DEVNULL, timeout=120, check=False, text=True)
        return done.returncode, done.stdout

    def test_waiting_and_running_are_healthy(self) -> None:
        process = self.start_checks(
            {"service": "long", "command": "touch long; sleep 600"},
            {"service": "off", "command": "true", "disabled": True},
            program=self.program, delay=0)
        wait_until(lambda: (self.folder / "long").exists(), describe=process.describe)
        self.assertEqual((0, f"process {process.pid} is running the test\n"), self.check())
        self.stop(process)

        process = self.start_checks({"service": "off", "command": "true", "disabled": True},
                                    program=self.program, delay=0)
        process.wait_for_line("there is no check to run here")
        self.assertEqual((0, f"process {process.pid} is waiting for the next run\n"), self.check())
        self.stop(process)

    def test_a_process_that_is_stopped_is_stuck_once_a_run_is_overdue(self) -> None:
        process = self.start_checks(
            {"service": "short", "command": "echo $$ >pid; sleep 600", "timeout": 1, "grace": 1},
            {"service": "long", "command": "sleep 600"}, program=self.program, delay=0)
        wait_until(lambda: (self.folder / "pid").exists(), describe=process.describe)
        process.send(signal.SIGSTOP)
        wait_until(lambda: self.check()[0] == 1, describe=process.describe)
        self.assertIn("is stuck: running the test, overdue by", self.check()[1])
        process.send(signal.SIGCONT)
        self.stop(process)


class CloudTest(AwsTest):
    """The same with a topic and a bucket."""

    def test_checks_share_a_topic_and_a_bucket(self) -> None:
        aws = self.fake()
        folder = self.temporary_directory()
        path = folder / "checks.json"
        path.write_text(json.dumps({"checks": [
            {"service": "one", "command": "echo 1"}, {"service": "two", "command": "echo 2"},
            {"service": "three", "tcp": f"127.0.0.1:{aws.port}"}]}))
        process = self.start("--checks", str(path), "--once", "--sns-topic-arn", self.topic(aws),
                             "--s3-bucket-name", BUCKET, environment=aws.environment())
        finished = process.wait()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(["one", "three", "two"],
                         sorted(str(event["service"]) for event in self.events(aws)))
        self.assertEqual(["one", "three", "two"],
                         sorted(key.split("/")[0] for key in aws.objects(BUCKET)))

    def test_after_an_outage_what_waits_goes_ten_to_a_request_each_service_in_order(self) -> None:
        aws = self.fake()
        names = [f"check{number}" for number in range(30)]
        path = self.temporary_directory() / "checks.json"
        path.write_text(json.dumps({"defaults": {"every": 0.5}, "checks": [
            {"service": name, "command": "echo out"} for name in names]}))
        with aws.outage():
            process = self.start("--checks", str(path), "--sns-topic-arn", self.topic(aws),
                                 "--s3-bucket-name", BUCKET, environment=aws.environment())
            process.wait_for_line("run ended", 120, count=120)
        aws.fail(faults.ENTRY, faults.internal_error(), times=5)
        aws.wait_for(lambda: len(self.events(aws)) >= 120)
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        events = self.events(aws)
        ended = [line.fields["run"] for line in finished.lines("run ended")]
        self.assertEqual(sorted(ended), sorted({str(event["runId"]) for event in events}))
        self.assertLess(len(aws.requests("sns:Publish*")), len(events))
        for name in names:
            begun = [event["startedAtMs"] for event in events if event["service"] == name]
            self.assertEqual(sorted(begun), begun, name)
        self.assertEqual(sorted(ended), sorted(stored.metadata["run-id"]
                                               for stored in aws.objects(BUCKET).values()))

    def test_a_dry_run_says_the_topic_as_a_single_one_does(self) -> None:
        aws = self.fake()
        path = self.temporary_directory() / "checks.json"
        path.write_text(json.dumps({"checks": [{"service": "one", "command": "echo 1"}]}))
        finished = self.run_to_end("--checks", str(path), "--dry-run", "--sns-topic-name", TOPIC,
                                   environment=aws.environment())
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn(f"topic: {self.topic(aws)}\n", finished.out_text)


class KeptTest(AwsTest):
    """A file of checks that AWS keeps."""

    checks = json.dumps({"defaults": {"every": 60}, "checks": [
        {"service": "one", "words": ["true"]}, {"service": "two", "words": ["false"]}]})
    path = "/prod/checks"
    object = f"s3://{BUCKET}/eu/all checks+1.json"

    def keep(self, aws: FakeAws, text: str | None = None, kind: str = "String") -> list[str]:
        """Has it in a bucket and in a parameter; returns its names."""
        aws.put_object(BUCKET, self.object.split("/", 3)[3], (text or self.checks).encode())
        aws.put_parameter(self.path, text or self.checks, kind)
        return [self.object, f"ssm:{self.path}", "ssm:checks",
                f"arn:aws:ssm:{aws.region}:{aws.account}:parameter{self.path}"]

    def run_kept(self, aws: FakeAws, name: str, *arguments: str, **more: str) -> Finished:
        """Runs each of the checks once."""
        return self.run_to_end("--checks", name, "--once", *arguments, seconds=600,
                               environment=aws.environment() | {"AWS_ENV": "prod"} | more)

    def test_it_is_read_once_wherever_it_is(self) -> None:
        aws = self.fake(tls=True)
        for name in self.keep(aws):
            with self.subTest(name):
                store = self.temporary_directory()
                finished = self.run_kept(aws, name, "--store", str(store))
                self.assertEqual(1, finished.code, finished.err_text)
                self.assertEqual({"one": True, "two": False}, {
                    event["service"]: event["succeeded"] for event in map(
                        json.loads, (store / "events.ndjson").read_text().splitlines())})
        self.assertEqual([1, 3], [len(aws.requests(operation))
                                  for operation in ("s3:GetObject", "ssm:GetParameter")])

    def test_it_may_come_from_a_parameter_and_be_read_by_a_role(self) -> None:
        aws = self.fake()
        role = aws.create_role("reader")
        self.keep(aws)
        aws.put_parameter("/prod/shop/SLARUNNER_CHECKS", self.object)
        aws.put_parameter("/prod/shop/SLARUNNER_SHARD", "0/1")
        finished = self.run_kept(aws, "", "--ssm-name", "shop", "--role", role, "--dry-run",
                                 SLARUNNER_CHECKS="")
        self.assertEqual(78, finished.code)  # a flag that is empty takes the parameter back
        finished = self.run_to_end("--ssm-name", "shop", "--role", role, "--dry-run",
                                   environment=aws.environment() | {"AWS_ENV": "prod"})
        self.assertEqual(1, finished.code, finished.err_text)
        self.assertEqual(2, finished.out_text.count("message: {"))
        self.assertIn("sts:AssumeRole", {entry.name for entry in aws.requests()})

    def test_what_is_wrong_in_it_has_a_place_and_starts_nothing(self) -> None:
        aws = self.fake()
        for text, line in (
                ('{"checks":[{"service":"a","words":["true"],"evry":1}]}',
                 "checks[0].evry: no such setting; did you mean every?"),
                ('{"checks":[', None), ("", None)):
            for name in self.keep(aws, text or " ")[:2]:
                with self.subTest(text=text, name=name):
                    finished = self.run_kept(aws, name, "--store=/nowhere")
                    self.assertEqual(78, finished.code, finished.err_text)
                    self.assertIn(line or f"Checks (--checks): '{name}': line 1, column ",
                                  finished.err_text)

    def test_one_that_cannot_be_had_is_one_sentence(self) -> None:
        aws = self.fake()
        self.keep(aws)
        denied = faults.error("AccessDenied", 403, "not you")
        for name, fault, words in (
                (f"s3://{BUCKET}/none", None, f"s3://{BUCKET}/none: s3 get object: http 404: "
                                              "NoSuchKey: "),
                ("s3://no-bucket/none", None, "http 404: NoSuchBucket"),
                (self.object, denied, f"{self.object}: s3 get object: http 403: AccessDenied: not "
                                      "you"),
                (self.object, denied, "; without s3:ListBucket S3 says so of what is not there, too"),
                (self.object, faults.internal_error(), "after 3 attempts"),
                ("ssm:none", None, "ssm get parameter /prod/none: http 400: ParameterNotFound"),
                ("ssm:checks", faults.error("AccessDeniedException", 400, "not you"), "not you"),
                ("ssm:checks", faults.garbage(), "not JSON")):
            with self.subTest(name=name, words=words):
                aws.clear_faults()
                if fault is not None:
                    aws.fail("*", fault, times=None)
                finished = self.run_kept(aws, name, "--store=/nowhere")
                self.assertEqual((75, b""), (finished.code, finished.out), finished.err_text)
                [line] = finished.err_text.splitlines()
                self.assertTrue(line.startswith("Checks (--checks): "), line)
                self.assertIn(words, line)

    def test_a_name_that_is_none_is_told_before_anything_is_asked(self) -> None:
        aws = self.fake()
        for name, words in (("s3://logs", "'s3://logs' is no object: give s3://BUCKET/KEY"),
                            ("ssm:", "'ssm:' names no parameter: give ssm:/prod/checks, say"),
                            ("ssm:checks", "AWS_ENV is not set")):
            finished = self.run_kept(aws, name, "--store=/nowhere", AWS_ENV="")
            self.assertEqual(78, finished.code, finished.err_text)
            self.assertRegex(finished.err_text, rf"^Checks \(--checks\): .*{words}")
        self.assertEqual([], aws.requests())

    def test_a_secure_string_is_decrypted_and_not_shown(self) -> None:
        aws = self.fake()
        name = self.keep(aws, self.checks.replace("false", "very-secret"), "SecureString")[1]
        finished = self.run_kept(aws, name, "--store=/nowhere", "--print-settings")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertNotIn("very-secret", finished.out_text)
        self.assertEqual(("two", ["***"]), [(one["service"], one["words"]) for one in map(
            json.loads, finished.out_text.splitlines()[-2:])][1])

    def test_a_stop_while_it_is_read_ends_it_at_once(self) -> None:
        aws = self.fake()
        self.keep(aws)
        aws.fail("s3:GetObject", faults.stall(), times=None)
        process = self.start("--checks", self.object, "--store=/nowhere",
                             environment=aws.environment())
        aws.wait_for(lambda: aws.requests("s3:GetObject"))
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("stopped while the checks were read", finished.err_text)

    def test_iam_names_the_right_to_it_and_preflight_asks_for_it(self) -> None:
        aws = self.fake()
        names = self.keep(aws)
        arn = f"arn:aws:s3:::{BUCKET}/eu/all checks+1.json"
        for name, action, resource in ((names[0], "s3:GetObject", arn),
                                       (names[2], "ssm:GetParameter", names[3])):
            more = {"environment": aws.environment() | {"AWS_ENV": "prod"}}
            policy = self.run_to_end("iam", "--checks", name, "--store=/tmp", **more)
            self.assertEqual(0, policy.code, policy.err_text)
            statements = {one["Sid"]: one for one in json.loads(policy.out_text)["Statement"]}
            self.assertEqual((action, resource), (statements["ReadChecks"]["Action"],
                                                  statements["ReadChecks"]["Resource"]))
            done = self.run_to_end("preflight", "--checks", name, "--store=/tmp",
                                   "--s3-bucket-name", BUCKET, **more)
            self.assertEqual(0, done.code, done.out_text + done.err_text)
            self.assertIn(f"ok {action} on {resource}\n", done.out_text)
            self.assertIn(f"ok s3:PutObject on arn:aws:s3:::{BUCKET}/one/*", done.out_text)
            self.assertRegex(done.out_text, r"ok command (\S*/)?false\n")
            refusal = ("AccessDenied", 403) if name == names[0] else ("AccessDeniedException", 400)
            aws.fail(action, faults.error(*refusal, "not you"), times=None)
            done = self.run_to_end("preflight", "--checks", name, "--store=/tmp", **more)
            self.assertEqual(1, done.code, done.out_text + done.err_text)
            self.assertIn(f"denied {action} on {resource}: ", done.out_text)
            self.assertIn("not tested the rest: the checks are not read", done.out_text)
            aws.clear_faults()

    def test_a_hundred_thousand_checks_are_read(self) -> None:
        aws = self.fake()
        aws.put_object(BUCKET, "many.json", json.dumps({"defaults": {"every": 60}, "checks": [
            {"service": f"service-{number}", "tcp": f"host-{number}.example:443",
             "groups": ["web", "critical"]} for number in range(100_000)]}).encode())
        size = len(aws.objects(BUCKET)["many.json"].body)
        self.assertGreater(size, 8 << 20)
        finished = self.run_kept(aws, f"s3://{BUCKET}/many.json", "--shard=3/64",
                                 "--store=/nowhere", "--print-settings")
        self.assertEqual(0, finished.code, finished.err_text)
        own = [line for line in finished.out_text.splitlines() if line.startswith("{")]
        self.assertTrue(1300 <= len(own) <= 1800, len(own))
        aws.put_object(BUCKET, "large.json", b" " * ((64 << 20) + 1))
        finished = self.run_kept(aws, f"s3://{BUCKET}/large.json", "--store=/nowhere")
        self.assertEqual((75, "Checks (--checks): s3://logs/large.json: larger than 67108864 "
                              "bytes\n"), (finished.code, finished.err_text))


if __name__ == "__main__":
    unittest.main()
