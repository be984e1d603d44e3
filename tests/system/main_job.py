# SPDX-License-Identifier: MIT
# Covers: app/program.hpp, app/run.hpp
"""The main job of the real program: a command again and again, an event and a log for each run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import time
import unittest
from pathlib import Path

from aws_case import BUCKET, SERVICE, AwsTest, Proxy
from fake_aws import FakeAws
from runner_process import FASTER_THAN_DELIVERY
from store_case import wait_until

_UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_BYTES = r"printf 'out\n'; printf 'err \377\376\000\033[1m\n' >&2; printf 'end'"
_WROTE = b"out\nerr \xff\xfe\x00\x1b[1m\nend"


class Endpoints:
    """What holds wherever the services are; the classes below say where that is."""

    tls = False
    virtual_host = False

    def setUp(self) -> None:
        self.aws = self.fake(self.tls)
        self.environment = self.aws.environment(virtual_host=self.virtual_host)

    def test_each_run_is_one_event_and_one_object_over_two_lasting_connections(self) -> None:
        process = self.start(*self.sinks(self.aws), "--groups", "web, critical,,",
                             *FASTER_THAN_DELIVERY, "--command", _BYTES,
                             environment=self.environment)
        self.aws.wait_for(lambda: len(self.events(self.aws)) >= 5)
        finished = process.stop_delivered()
        self.assertEqual(0, finished.code, finished.err_text)
        events, objects = self.events(self.aws), self.aws.objects(BUCKET)
        runs = len(re.findall("run ended .* verdict=pass exit=0", finished.err_text))
        self.assertEqual((runs, runs, runs),
                         (len(events), len(objects), self.aws.puts(BUCKET)), finished.err_text)
        self.assertEqual(2, self.aws.connections)
        self.assertEqual({"sns:Publish", "s3:PutObject"} | ({"s3:HeadObject"} & self.called()),
                         self.called())
        self.assertEqual(_WROTE * runs, finished.out)
        self.assertEqual([f"s3://{BUCKET}/{key}" for key in objects],
                         [event["logUri"] for event in events])
        self.assertEqual({_WROTE}, {stored.body for stored in objects.values()})
        self.assertEqual(runs, len({event["runId"] for event in events}))
        style = {entry.request.host for entry in self.aws.requests("s3:PutObject")}
        self.assertEqual({f"{BUCKET}.s3.localhost" if self.virtual_host else "127.0.0.1"}, style)

    def test_a_topic_is_found_by_name_and_sts_is_asked_once(self) -> None:
        process = self.start("--service", SERVICE, "--sns-topic-name", "results", "--delay", "0",
                             "--", "/bin/true", environment=self.environment)
        self.aws.wait_for(lambda: len(self.events(self.aws)) >= 3)
        self.assertEqual(0, process.stop().code)
        self.assertEqual(1, len(self.aws.requests("sts:GetCallerIdentity")))
        self.assertEqual({"sns:Publish", "sts:GetCallerIdentity"}, self.called())

    def test_the_object_says_what_it_is(self) -> None:
        finished = self.run_to_end(*self.sinks(self.aws), "--once", "--command",
                                   _BYTES + "; exit 3", environment=self.environment)
        self.assertEqual(1, finished.code, finished.err_text)
        event = self.event(self.aws)
        key, stored = self.aws.objects(BUCKET).popitem()
        self.assertEqual(f"{SERVICE}/{event['timestamp']}_FAILURE", key)
        self.assertEqual(_WROTE, stored.body)
        self.assertEqual("text/plain; charset=utf-8", stored.content_type)
        self.assertEqual({"run-id": event["runId"], "exit-code": "3"}, stored.metadata)
        self.assertEqual("*", stored.headers["if-none-match"])
        self.assertEqual(hashlib.sha256(_WROTE).hexdigest(),
                         stored.headers["x-amz-content-sha256"])
        self.assertIn("x-amz-checksum-sha256", stored.checksums)

    def called(self) -> set[str]:
        return {entry.name for entry in self.aws.requests()}


class OverHttp(Endpoints, AwsTest):
    """By address, so buckets are in the path."""


class OverHttpByHost(Endpoints, AwsTest):
    """By name, so buckets are sub-domains."""

    virtual_host = True


class OverTls(Endpoints, AwsTest):
    """By address over TLS."""

    tls = True


class OverTlsByHost(Endpoints, AwsTest):
    """By name over TLS."""

    tls = True
    virtual_host = True


class EventTest(AwsTest):
    """The message, byte for byte, and its attributes."""

    def setUp(self) -> None:
        self.aws = self.fake()

    def test_the_message_is_the_documented_json(self) -> None:
        before = time.time()
        finished = self.run_once(
            self.aws, "--groups", "dev-team,critical",
            environment={"SLARUNNER_SVC_TAG": 'tag "1"', "SLA_TARGET": "99.9"})
        after = time.time()
        self.assertEqual(0, finished.code, finished.err_text)
        [message] = self.aws.messages(self.topic(self.aws))
        event = json.loads(message.message)
        self.assertRegex(event["runId"], f"^{_UUID7}$")
        self.assertRegex(event["bootId"], f"^{_UUID7}$")
        self.assertTrue(before - 0.01 <= event["startedAtMs"] / 1000 <= after, event)
        self.assertTrue(int(before) <= int(event["timestamp"]) <= after, event)
        expected = ('{"service":"shop","group":["dev-team","critical"],'
                    '"groups":["dev-team","critical"],"succeeded":true,'
                    f'"timestamp":"{event["timestamp"]}",'
                    f'"testExecutionSecs":"{event["durationMs"] // 1000}",'
                    f'"runId":"{event["runId"]}","verdict":"pass","exitCode":0,'
                    f'"startedAtMs":{event["startedAtMs"]},"durationMs":{event["durationMs"]},'
                    f'"bootId":"{event["bootId"]}","seq":1,"location":"{self.aws.region}",'
                    '"state":"UNKNOWN","slo":{"target":99.9,"window":"30d","good":1,"bad":0,'
                    '"budget":0,"budgetLeft":0,"alert":"none","complete":false},'
                    f'"logUri":"s3://{BUCKET}/shop/{event["timestamp"]}_SUCCESS",'
                    '"tagID":"tag \\"1\\"","slaTarget":"99.9"}')
        self.assertEqual(expected, message.message)
        self.assertEqual({"service": ("String", "shop"), "succeeded": ("String", "true"),
                          "verdict": ("String", "pass"), "state": ("String", "UNKNOWN"),
                          "alert": ("String", "none"),
                          "groups": ("String.Array", '["dev-team","critical"]')},
                         self.attributes())
        self.assertEqual((None, None, None, None), (message.subject, message.structure,
                                                    message.group_id, message.deduplication_id))

    def attributes(self) -> dict[str, tuple[str, object]]:
        [message] = self.aws.messages(self.topic(self.aws))
        return {name: (one.type, one.value) for name, one in message.attributes.items()}

    def test_a_failure_says_so_and_has_no_groups_where_there_are_none(self) -> None:
        finished = self.run_once(self.aws, command="exit 9")
        self.assertEqual(1, finished.code)
        event = self.event(self.aws)
        self.assertEqual((False, [], [], "fail", 9), tuple(
            event[name] for name in ("succeeded", "group", "groups", "verdict", "exitCode")))
        for absent in ("signal", "tagID", "slaTarget", "logError"):
            self.assertNotIn(absent, event)
        self.assertEqual({"service": ("String", "shop"), "succeeded": ("String", "false"),
                          "verdict": ("String", "fail"), "state": ("String", "UNKNOWN")},
                         self.attributes())

    def test_numbers_are_json_numbers_with_milliseconds(self) -> None:
        self.assertEqual(0, self.run_once(self.aws, "--event-format", "numbers",
                                          command="sleep 0.02").code)
        [message] = self.aws.messages(self.topic(self.aws))
        event = json.loads(message.message)
        self.assertIs(int, type(event["timestamp"]))
        self.assertEqual(event["durationMs"] / 1000, event["testExecutionSecs"])
        self.assertRegex(message.message, r'"timestamp":\d+,"testExecutionSecs":\d+(\.\d{1,3})?,')

    def test_whole_seconds_survive_a_reader_that_parses_and_prints_them(self) -> None:
        self.assertEqual(0, self.run_once(self.aws, command="sleep 1").code)
        event = self.event(self.aws)
        for name in ("timestamp", "testExecutionSecs"):
            self.assertEqual(event[name], str(int(str(event[name]))))
        self.assertGreaterEqual(int(str(event["testExecutionSecs"])), 1)

    def test_a_fifo_topic_gets_the_service_as_group_and_the_run_as_deduplication(self) -> None:
        arn = self.aws.create_topic("ordered.fifo")
        finished = self.run_to_end("--service", "shop", "--sns-topic-arn", arn, "--once", "--",
                                   "/bin/true", environment=self.aws.environment())
        self.assertEqual(0, finished.code, finished.err_text)
        [message] = self.aws.messages(arn)
        self.assertEqual(("shop", json.loads(message.message)["runId"]),
                         (message.group_id, message.deduplication_id))

    def test_a_fifo_topic_by_name_takes_a_service_of_any_letters(self) -> None:
        arn = self.aws.create_topic("ordered.fifo")
        finished = self.run_to_end("--service", "größe & co", "--sns-topic-name", "ordered.fifo",
                                   "--once", "--", "/bin/true", environment=self.aws.environment())
        self.assertEqual(0, finished.code, finished.err_text)
        [message] = self.aws.messages(arn)
        self.assertEqual("größe & co", json.loads(message.message)["service"])
        self.assertRegex(str(message.group_id), r"^gr_+e_&_co$")

    def test_the_id_of_the_run_is_the_one_that_the_command_saw(self) -> None:
        finished = self.run_once(self.aws, command="printf %s $SLARUNNER_RUN_ID")
        self.assertEqual(finished.out_text, self.event(self.aws)["runId"])
        self.assertIn(f"run={finished.out_text} ", finished.err_text)

    def test_what_a_service_is_called_leads_nowhere_else(self) -> None:
        folder = self.temporary_directory()
        for service in ("a/../b c/größe%2F+=&", "..", ".", "../../up", "/lead//double/", " blank ",
                        "a?b#c;d", "%2e%2e", "日本語 😀", "it's \"quoted\" \\<>", "*()!~"):
            for virtual_host in (False, True):
                with self.subTest(service, virtual_host=virtual_host):
                    self.aws, store = self.fake(), folder / "inner" / "store"
                    finished = self.run_to_end(
                        "--service", service, "--sns-topic-arn", self.topic(self.aws),
                        "--s3-bucket-name", BUCKET, "--store", str(store), "--once", "--",
                        "/bin/true", environment=self.aws.environment(virtual_host=virtual_host))
                    self.assertEqual(0, finished.code, finished.err_text + self.aws.show())
                    event = self.event(self.aws)
                    self.assertEqual(service, event["service"])
                    self.assertEqual([f"{service}/{event['timestamp']}_SUCCESS"],
                                     list(self.aws.objects(BUCKET)))
        self.assertEqual([folder / "inner"], list(folder.iterdir()))
        self.assertEqual([store], list((folder / "inner").iterdir()))
        self.assertEqual([store / "events.ndjson"],
                         [path for path in store.iterdir() if path.is_file()])


class SinksTest(AwsTest):
    """One sink, several, and none for logs."""

    def test_without_a_bucket_there_are_events_and_no_log(self) -> None:
        aws = self.fake()
        finished = self.run_to_end("--service", SERVICE, "--sns-topic-arn", self.topic(aws),
                                   "--once", "--", "/bin/echo", "hi", environment=aws.environment())
        self.assertEqual((0, b"hi\n"), (finished.code, finished.out), finished.err_text)
        self.assertNotIn("logUri", self.event(aws))
        self.assertEqual(["sns:Publish"], [entry.name for entry in aws.requests()])
        self.assertNotIn("error", finished.err_text)

    def test_a_store_alone_needs_no_account(self) -> None:
        store = self.temporary_directory() / "new" / "store"
        finished = self.run_to_end("--service", "a/../../b", "--store", str(store), "--once",
                                   "--groups", "g", "--command", _BYTES)
        self.assertEqual(0, finished.code, finished.err_text)
        [line] = (store / "events.ndjson").read_text().splitlines()
        event = json.loads(line)
        self.assertEqual(("a/../../b", ["g"]), (event["service"], event["groups"]))
        [log] = [path for path in store.rglob("*_SUCCESS")]
        self.assertEqual(_WROTE, log.read_bytes())
        self.assertEqual(f"{event['timestamp']}_SUCCESS", log.name)
        everything = {path for path in store.parent.parent.rglob("*") if path.is_file()}
        self.assertEqual({store / "events.ndjson", log}, everything)

    def test_topic_bucket_and_store_get_the_same_run(self) -> None:
        aws, store = self.fake(), self.temporary_directory()
        finished = self.run_once(aws, "--store", str(store))
        self.assertEqual(0, finished.code, finished.err_text)
        stored = json.loads((store / "events.ndjson").read_text())
        published = self.event(aws)
        self.assertTrue(stored.pop("logUri").startswith("file:///"))
        self.assertEqual(f"s3://{BUCKET}/{SERVICE}/{stored['timestamp']}_SUCCESS",
                         published.pop("logUri"))
        self.assertEqual(published, stored)

    def test_output_is_passed_on_of_all_runs_of_failures_or_of_none(self) -> None:
        aws = self.fake()
        good, bad = "echo fine", "echo why; exit 3"
        for arguments, command, shown in (
                ([], good, "fine\n"), ([], bad, "why\n"),
                (["--pass-through", "failures"], good, ""),
                (["--pass-through", "failures"], bad, "why\n"),
                (["--pass-through", "failures", "--log-limit", "4"], "echo 123456; false",
                 "12\n[sla-runner: 3 bytes left out here]\n6\n"),
                (["--pass-through", "failures", "--skip-code", "3"], bad, ""),
                (["--pass-through", "none"], good, ""), (["--pass-through", "none"], bad, "")):
            with self.subTest(command, arguments=arguments):
                finished = self.run_once(aws, *arguments, command=command)
                self.assertEqual(shown, finished.out_text)

    def test_logs_are_uploaded_always_after_failures_or_never(self) -> None:
        for which, expected in (("always", 2), ("failures", 1), ("never", 0)):
            with self.subTest(which):
                aws = self.fake()
                for command in ("exit 0", "exit 1"):
                    self.run_once(aws, "--upload-logs", which, command=command)
                self.assertEqual(2, len(self.events(aws)))
                self.assertEqual(expected, len(aws.objects(BUCKET)))
                self.assertEqual(expected, sum("logUri" in event for event in self.events(aws)))

    def test_no_log_replaces_another(self) -> None:
        aws = self.fake()
        process = self.start_job(aws, *FASTER_THAN_DELIVERY,
                                 "--command", "printf %s $SLARUNNER_RUN_ID")
        aws.wait_for(lambda: any(key.endswith("_SUCCESS_3") for key in aws.objects(BUCKET)))
        self.assertEqual(0, process.stop_delivered().code)
        objects, events = aws.objects(BUCKET), self.events(aws)
        self.assertEqual(len(events), len(objects))
        for event in events:
            key = str(event["logUri"]).removeprefix(f"s3://{BUCKET}/")
            self.assertEqual(event["runId"], objects[key].body.decode())
            self.assertRegex(key, rf"^shop/{event['timestamp']}_SUCCESS(_[2-9]|_[1-9]\d+)?$")

    def test_a_hundred_runs_keep_no_more_open_than_five(self) -> None:
        aws = self.fake(tls=True)
        process = self.start_job(aws, "--delay", "0", "--", "/bin/true")
        held = []
        for count in (5, 105):
            aws.wait_for(lambda: len(self.events(aws)) >= count)
            held.append(len(os.listdir(f"/proc/{process.pid}/fd")))
        self.assertEqual(0, process.stop().code)
        self.assertLess(held[1], held[0] + 20)  # a run in flight has a few
        self.assertEqual(2, aws.connections)

    def test_no_log_in_a_store_replaces_another(self) -> None:
        store = self.temporary_directory()
        process = self.start("--service", SERVICE, "--store", str(store), "--delay", "0",
                             "--command", "printf %s $SLARUNNER_RUN_ID")
        wait_until(lambda: list(store.rglob("*_SUCCESS_3")), 120, process.describe)
        self.assertEqual(0, process.stop().code)
        events = [json.loads(line) for line in (store / "events.ndjson").read_text().splitlines()]
        self.assertEqual(len(events), len(list((store / SERVICE).iterdir())))
        for event in events:
            log = Path(str(event["logUri"]).removeprefix("file://"))
            self.assertEqual(event["runId"], log.read_text())

    def test_the_region_of_the_topic_is_that_of_its_arn(self) -> None:
        aws = self.fake()
        arn = aws.create_topic("far", region="us-west-2")
        finished = self.run_to_end("--service", SERVICE, "--sns-topic-arn", arn, "--once", "--",
                                   "/bin/true", environment=aws.environment())
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual("us-west-2", aws.requests("sns:Publish")[0].region)

    def test_without_a_region_that_of_the_topic_serves(self) -> None:
        aws = self.fake()
        environment = aws.environment()
        del environment["AWS_REGION"], environment["AWS_DEFAULT_REGION"]
        finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                   environment=environment)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(1, len(aws.objects(BUCKET)))

    def test_a_session_token_is_sent_and_signed(self) -> None:
        aws = self.fake()
        environment = aws.environment(key=aws.create_key("session", lifetime=3600))
        finished = self.run_to_end(*self.sinks(aws), "--once", "--", "/bin/true",
                                   environment=environment)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual((1, 1), (len(self.events(aws)), len(aws.objects(BUCKET))))


class LargeLogTest(AwsTest):
    """Logs that do not fit a small memory."""

    size = 20 * 1024 * 1024

    def run_large(self, aws: FakeAws, *arguments: str) -> tuple[bytes, int]:
        """The object of a run that writes `size` bytes, and the peak of the runner's memory in KiB
        above what it was after a run that wrote nothing."""
        folder = self.temporary_directory()
        command = f"if mkdir {folder}/first 2>/dev/null; then :; else yes 0123456789abcde | " \
                  f"head -c {self.size}; fi"
        process = self.start_job(aws, "--delay", "0.05", *arguments, "--command", command)
        aws.wait_for(lambda: self.events(aws))
        before = self.peak(process.pid)
        aws.wait_for(lambda: len(self.events(aws)) >= 2)
        after = self.peak(process.pid)
        process.stop(signal.SIGTERM, 60)
        return list(aws.objects(BUCKET).values())[1].body, after - before

    @staticmethod
    def peak(pid: int) -> int:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]

    def test_a_log_without_a_limit_is_streamed_whole(self) -> None:
        body, memory = self.run_large(self.fake(), "--log-limit", "0")
        self.assertEqual(self.size, len(body))
        self.assertEqual(b"0123456789abcde\n" * (self.size // 16), body)
        print(f"    {self.size >> 20} MiB of output: {memory} KiB of memory")
        self.assertLess(memory, 8 * 1024)

    def test_a_log_beyond_the_limit_keeps_both_ends_and_says_what_is_missing(self) -> None:
        body, memory = self.run_large(self.fake(), "--log-limit", "1M")
        half = b"0123456789abcde\n" * (1 << 15)
        marker = f"\n[sla-runner: {self.size - (1 << 20)} bytes left out here]\n".encode()
        self.assertEqual(half + marker + half, body)
        self.assertLess(memory, 8 * 1024)


class HostNamesTest(AwsTest):
    """AWS's own names, through a proxy that leads to the fake."""

    def setUp(self) -> None:
        names = ("sns.eu-central-1.amazonaws.com", "sts.eu-central-1.amazonaws.com",
                 "s3.eu-central-1.amazonaws.com", "s3.eu-west-1.amazonaws.com")
        self.aws = self.fake(True, names=names)
        self.proxy = Proxy(self.aws.port)
        self.addCleanup(self.proxy.close)
        self.environment = self.aws.environment(HTTPS_PROXY=self.proxy.url)
        del self.environment["AWS_ENDPOINT_URL"]

    def run_named(self, bucket: str) -> str:
        finished = self.run_to_end(
            "--service", SERVICE, "--sns-topic-name", "results", "--s3-bucket-name", bucket,
            "--once", "--", "/bin/true", environment=self.environment)
        self.assertEqual(0, finished.code, finished.err_text + self.aws.show())
        return finished.err_text

    def test_requests_go_to_the_hosts_of_the_region(self) -> None:
        self.run_named(BUCKET)
        self.assertEqual(["CONNECT logs.s3.eu-central-1.amazonaws.com:443",
                          "CONNECT sns.eu-central-1.amazonaws.com:443",
                          "CONNECT sts.eu-central-1.amazonaws.com:443"], sorted(self.proxy.asked))
        self.assertEqual(1, len(self.events(self.aws)))

    def test_a_bucket_in_another_region_is_followed_there(self) -> None:
        self.aws.create_bucket("far-logs", region="eu-west-1")
        errors = self.run_named("far-logs")
        self.assertEqual(["PermanentRedirect", "ok"],
                         [entry.outcome for entry in self.aws.requests("s3:PutObject")])
        self.assertEqual(1, len(self.aws.objects("far-logs")))
        self.assertIn("CONNECT far-logs.s3.eu-west-1.amazonaws.com:443", self.proxy.asked)
        self.assertEqual(f"s3://far-logs/shop/{self.event(self.aws)['timestamp']}_SUCCESS",
                         self.event(self.aws)["logUri"])
        self.assertNotIn("error", errors)

    def test_the_region_of_a_bucket_is_learned_once(self) -> None:
        self.aws.create_bucket("far-logs", region="eu-west-1")
        process = self.start("--service", SERVICE, "--sns-topic-name", "results", "--delay", "0",
                             "--s3-bucket-name", "far-logs", "--", "/bin/true",
                             environment=self.environment)
        self.aws.wait_for(lambda: len(self.events(self.aws)) >= 3)
        self.assertEqual(0, process.stop().code)
        refused = [entry for entry in self.aws.requests("s3:PutObject")
                   if entry.outcome == "PermanentRedirect"]
        self.assertEqual(1, len(refused))

    def test_a_bucket_with_a_dot_goes_in_the_path_where_tls_is(self) -> None:
        self.aws.create_bucket("logs.example")
        self.run_named("logs.example")
        self.assertIn("CONNECT s3.eu-central-1.amazonaws.com:443", self.proxy.asked)
        self.assertEqual(1, len(self.aws.objects("logs.example")))


class OutputTest(AwsTest):
    """What goes to stdout and what to stderr."""

    def test_stdout_is_the_command_s_and_stderr_has_a_line_for_each_start_and_end(self) -> None:
        finished = self.run_once(self.fake(), command=_BYTES + "; exit 4")
        self.assertEqual(_WROTE, finished.out)
        lines = finished.lines()
        self.assertEqual(["log stored", "run ended", "run starts", "started"],
                         sorted(line.message for line in lines), finished.err_text)
        self.assertEqual({("sla-runner", "info")}, {(line.program, line.level) for line in lines})
        self.assertEqual("started", lines[0].message)
        [starts], [ended] = finished.lines("run starts"), finished.lines("run ended")
        run, seconds = starts.fields["run"], ended.fields["seconds"]
        self.assertRegex(run, f"^{_UUID7}$")
        self.assertRegex(seconds, r"^\d+\.\d{3}$")
        self.assertEqual({"run": run, "service": "shop"}, starts.fields)
        self.assertEqual({"run": run, "service": "shop", "verdict": "fail", "exit": "4",
                          "seconds": seconds}, ended.fields)

    def test_the_log_says_where_each_log_is(self) -> None:
        aws, store = self.fake(), self.temporary_directory()
        finished = self.run_once(aws, "--store", str(store), command="true")
        [key] = aws.objects(BUCKET)
        stored = {line.fields["target"]: line.fields for line in finished.lines("log stored")}
        self.assertEqual(f"s3://{BUCKET}/{key}", stored["aws"]["log"])
        self.assertEqual(f"file://{store}/{key}", stored["store"]["log"])
        self.assertEqual({self.event(aws)["runId"]}, {one["run"] for one in stored.values()})

    def test_the_first_line_says_what_begins(self) -> None:
        aws, store = self.fake(), self.temporary_directory() / "a b"
        finished = self.run_once(aws, "--store", str(store), "--metrics-namespace", "N")
        [started] = finished.lines("started")
        version = self.run_to_end("--version").out_text.split()[1]
        self.assertEqual({"version": version, "service": "shop", "schedule": "once",
                          "sinks": f"{self.topic(aws)} s3://{BUCKET} {store} cloudwatch:N",
                          "spool": "in memory"}, started.fields)

    def test_lines_are_json_where_that_is_asked_for(self) -> None:
        finished = self.run_once(self.fake(), "--log-format", "json", "--groups", "g")
        lines = [json.loads(line) for line in finished.err_text.splitlines()]
        [ended] = [line for line in lines if line["message"] == "run ended"]
        self.assertEqual(("shop", "pass", 0), (ended["service"], ended["verdict"], ended["exit"]))
        self.assertIsInstance(ended["seconds"], float)

    def test_output_is_passed_through_while_the_command_runs(self) -> None:
        folder = self.temporary_directory()
        process = self.start_job(self.fake(), "--once", "--command",
                                 f"echo first; while [ ! -e {folder}/go ]; do sleep 0.02; done")
        process.wait_for_line("^first$", 120, stream="out")
        self.assertTrue(process.running)
        (folder / "go").touch()
        self.assertEqual(0, process.wait().code)


if __name__ == "__main__":
    unittest.main()
