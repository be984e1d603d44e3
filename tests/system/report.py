# SPDX-License-Identifier: MIT
# Covers: app/report.hpp, app/report/arguments.hpp, app/report/bar.hpp, app/report/bucket.hpp, app/report/days.hpp, app/report/flags.hpp, app/report/format.hpp, app/report/output.hpp, app/report/page.hpp, app/report/page_style.hpp, app/report/progress.hpp, app/report/source.hpp, app/report/text.hpp
"""`sla-runner report`: what the real program says of events, of others and of its own."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from moto_server import check_callers, empty, moto_server, why_not
from runner_process import Finished, RunnerProcess
from store_case import StoreTest, wait_until

try:
    import boto3
except ImportError:
    boto3 = None
sys.path.append("/usr/lib/python3/dist-packages")  # Debian's own, where this is another Python
try:
    import html5lib
except ImportError:
    html5lib = None

_START = 1_700_000_000_000  # 2023-11-14T22:13:20Z
_BOOT = "018bcfe5-6800-7000-8000-000000000001"


def event(number: int, verdict: str = "pass", **more: object) -> dict[str, object]:
    """The event of one run a minute."""
    end = _START + number * 60_000
    told: dict[str, object] = {
        "service": "shop", "groups": ["web"], "succeeded": verdict == "pass",
        "timestamp": str(end // 1000), "runId": f"run-{number}", "verdict": verdict,
        "startedAtMs": end - 900, "durationMs": 900, "logUri": f"s3://logs/shop/{number}",
        "bootId": _BOOT, "seq": number, "prevEndMs": end - 60_000,
        "nextExpectedByMs": end + 120_000}
    return told | more


def line(told: object) -> str:
    return json.dumps(told) + "\n"


class ReportTest(StoreTest):
    """What all of these need."""

    def write(self, *told: object, name: str = "events") -> str:
        file = self.folder / name
        file.write_text("".join(map(line, told)))
        return str(file)

    def report(self, *arguments: str, **environment: str) -> Finished:
        return self.run_to_end("report", *arguments, environment=environment,
                               directory=self.folder, seconds=600)

    def answer(self, *arguments: str, **environment: str) -> dict[str, object]:
        finished = self.report(*arguments, **environment)
        self.assertEqual((0, ""), (finished.code, finished.err_text))
        answer = json.loads(finished.out)
        assert isinstance(answer, dict)
        return answer

    def refused(self, code: int, sentence: str, *arguments: str) -> None:
        finished = self.report(*arguments)
        self.assertEqual((code, b""), (finished.code, finished.out), finished.err_text)
        self.assertEqual(1, finished.err_text.count("\n"), finished.err_text)
        self.assertTrue(finished.err_text.startswith("report: "), finished.err_text)
        self.assertIn(sentence, finished.err_text)


class AnswerTest(ReportTest):
    """The formats, byte for byte."""

    def setUp(self) -> None:
        super().setUp()
        # Nine of ten: number 5 was lost, number 4 failed and holds for its two minutes.
        told = [event(n, "fail" if n == 4 else "pass") for n in range(1, 10) if n != 5]
        told.insert(3, event(10, service="shop"))
        self.events_file = self.write(*told)
        self.window = ("--from", str(_START), "--to", "2023-11-14T22:23:20Z")

    def test_json(self) -> None:
        answer = self.answer(*self.window, self.events_file)
        shop = {
            "service": "shop", "groups": ["web"], "state": "UP", "inferred": False,
            "up": 420_000, "down": 60_000, "unknown": 60_000, "unmonitored": 60_000,
            "excluded": 0, "good": 7, "bad": 1, "uncounted": 0, "degraded": 0, "flaky": 0,
            "lost": 1, "duplicates": 0, "conflicts": 0, "clockSteps": 0,
            "availability": "87.500", "worst": "70.000", "coverage": "80.000",
            "occurrences": "87.500", "timeslices": "80.000",
            "outages": [{"from": _START + 240_000, "to": _START + 300_000, "service": "shop",
                         "verdict": "fail", "runId": "run-4", "logUri": "s3://logs/shop/4"}]}
        web = {"group": "web"} | {key: shop[key] for key in (
            "up", "down", "unknown", "unmonitored", "excluded", "availability", "worst",
            "coverage", "outages")}
        self.assertEqual({"from": _START, "to": _START + 600_000, "quorum": "majority",
                          "unreadable": 0, "services": [shop], "groups": [web]}, answer)
        self.assertEqual(list(shop), list(answer["services"][0]))  # type: ignore[index]

    def test_the_order_of_the_lines_and_the_way_they_come_mean_nothing(self) -> None:
        expected = self.report(*self.window, self.events_file).out
        lines = Path(self.events_file).read_text().splitlines()
        random.Random(7).shuffle(lines)
        envelopes = [line({"Type": "Notification", "MessageId": str(i), "Message": text,
                           "TopicArn": "arn:aws:sns:eu-west-1:123456789012:sla"})
                     for i, text in enumerate(lines)]
        half = self.folder / "half"
        # Two files of an editor of Windows in one, each with its byte order mark.
        half.write_text("\ufeff" + "".join(envelopes[:2]) + "\ufeff" + "".join(envelopes[2:5]),
                        "utf-8", newline="\r\n")
        (self.folder / "rest").write_text("\n\n" + "".join(envelopes[5:]).rstrip("\n"))
        self.assertEqual(expected, self.report(*self.window, "half", "rest").out)
        finished = self.run_to_end("-c", f'"$SLA_RUNNER" report {" ".join(self.window)} - half '
                                   "< rest", program="/bin/sh", directory=self.folder,
                                   environment={"SLA_RUNNER": os.environ["SLA_RUNNER"]})
        self.assertEqual(expected, finished.out, finished.err_text)

    def test_stdout_that_takes_nothing_is_named(self) -> None:
        with open("/dev/full", "wb") as full:
            finished = subprocess.run([os.environ["SLA_RUNNER"], "report", self.write(event(1))],
                                      stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual((75, b"stdout: write: No space left on device\n"),
                         (finished.returncode, finished.stderr))

    def test_csv(self) -> None:
        finished = self.report(*self.window, "--format=csv", "--slo", "50", self.events_file)
        self.assertEqual("", finished.err_text)
        self.assertEqual(
            "kind,name,groups,state,inferred,from,to,up,down,unknown,unmonitored,excluded,"
            "availability,worst,coverage,occurrences,timeslices,good,bad,uncounted,degraded,"
            "flaky,lost,duplicates,conflicts,clockSteps,outages,budget,budgetLeft\n"
            "service,shop,web,UP,false,1700000000000,1700000600000,420000,60000,60000,60000,0,"
            "87.500,70.000,80.000,87.500,80.000,7,1,0,0,0,1,0,0,0,1,4,3\n"
            "group,web,,,,1700000000000,1700000600000,420000,60000,60000,60000,0,"
            "87.500,70.000,80.000,,,,,,,,,,,,1,,\n", finished.out_text)
        file = self.write(event(1, service='a,"b"', groups=["x", "y"]), name="odd")
        rows = list(csv.reader(io.StringIO(self.report("--format", "csv", file).out_text)))
        self.assertEqual({len(rows[0])}, {len(row) for row in rows})
        self.assertEqual(["service", 'a,"b"', "x,y"], rows[1][:3])

    def test_text(self) -> None:
        finished = self.report(*self.window, "--format", "text", "--slo", "99.9",
                               self.events_file)
        self.assertEqual((
            "2023-11-14T22:13:20.000Z to 2023-11-14T22:23:20.000Z, 10m\n\n"
            "service  state  availability  worst   coverage  occurrences  timeslices  up  down  "
            "unknown  unmonitored  excluded\n"
            "shop     UP     87.500        70.000  80.000    87.500       80.000      7m  1m    "
            "1m       1m           0s\n"
            "group\n"
            "web             87.500        70.000  80.000    -            -           7m  1m    "
            "1m       1m           0s\n\n"
            "days of UTC, 2023-11-14 to 2023-11-14: \u2588 up, \u2583 some of it down, "
            "\u2592 some of it unknown, \u2581 unmonitored, \u2591 excluded\n"
            "shop  \u2583\n\n"
            "shop: 7 good, 1 bad, 1 lost; of 0 failures that 99.9% allows, -1 are left\n\n"
            "outages, the last one first\n"
            "2023-11-14T22:17:20.000Z  1m  shop  fail  s3://logs/shop/4\n"), finished.out_text)

    def test_a_bar_of_90_days(self) -> None:
        told = [event(n * 720, "unknown" if n == 40 else "fail" if n == 20 else "pass",
                      counted=n != 40, seq=n, prevEndMs=_START + (n - 1) * 720 * 60_000,
                      nextExpectedByMs=_START + (n + 2) * 720 * 60_000)
                for n in range(1, 241) if not 60 <= n < 70]  # two a day
        (self.folder / "planned").write_text(line({
            "from": "2024-01-24T00:00:00Z", "to": "2024-01-26T00:00:00Z", "service": "*",
            "reason": "move"}))
        finished = self.report("--format", "text", "--ascii", "--exclude", "planned", "--to",
                               "2024-02-20T12:00:00Z", self.write(*told))
        self.assertEqual("", finished.err_text)
        self.assertRegex(finished.out_text,
                         "\ndays of UTC, 2023-11-23 to 2024-02-20: # up, x some of it down, ")
        [bar] = re.findall("\nshop  ([#x?.-]*)\n", finished.out_text)
        self.assertEqual(90, len(bar))
        self.assertEqual({"#", "x", "?", "-"}, set(bar))
        self.assertNotIn("\x1b", finished.out_text)

    def on_a_terminal(self, command: str, **environment: str) -> RunnerProcess:
        """The program behind a terminal, for stdout and stderr in one."""
        return self.start("-qec", command, "/dev/null", program="script", directory=self.folder,
                          environment={"SLA_RUNNER": os.environ["SLA_RUNNER"]} | environment)

    def test_colours_are_for_terminals(self) -> None:
        command = f'"$SLA_RUNNER" report {" ".join(self.window)} events'
        finished = self.on_a_terminal(command).wait()
        self.assertEqual(0, finished.code, finished.out_text)
        self.assertIn("shop  \x1b[31m\u2583\x1b[m\r\n", finished.out_text)
        finished = self.on_a_terminal(command, NO_COLOR="1").wait()
        self.assertIn("shop  \u2583\r\n", finished.out_text)
        self.assertNotIn("\x1b", finished.out_text)

    def test_who_waits_at_a_terminal_sees_how_far_it_is(self) -> None:
        os.mkfifo(self.folder / "slow")
        process = self.on_a_terminal('"$SLA_RUNNER" report --format csv slow')
        # Opened for both, it waits for no reader, who may have failed to start.
        with os.fdopen(os.open(self.folder / "slow", os.O_RDWR), "w") as slow:
            number = 0

            def told() -> bool:
                nonlocal number
                self.assertTrue(process.running, process.describe())
                number += 1
                print(json.dumps(event(number)), file=slow, flush=True)
                return b" events read ..." in process.out
            wait_until(told)
        finished = process.wait()
        self.assertEqual(0, finished.code, finished.out_text)
        self.assertIn("\r\x1b[Kkind,name,", finished.out_text)

    def test_slo_in_json(self) -> None:
        [shop] = self.answer(*self.window, "--slo", "87.5", self.events_file)["services"]  # type: ignore[misc]
        self.assertEqual({"target": 87.5, "good": 7, "bad": 1, "budget": 1, "budgetLeft": 0},
                         shop["slo"])

    def test_exclusions(self) -> None:
        (self.folder / "planned").write_text(line({
            "from": "2023-11-14T22:17:00Z", "to": "2023-11-14T22:18:20Z", "group": "web",
            "reason": "move"}))
        [shop] = self.answer(*self.window, "--exclude", "planned", self.events_file)["services"]  # type: ignore[misc]
        self.assertEqual((0, 80_000, 400_000, []),
                         (shop["down"], shop["excluded"], shop["up"], shop["outages"]))


class ChoiceTest(ReportTest):
    """What is asked for."""

    def test_a_service_or_a_group(self) -> None:
        file = self.write(event(1), event(1, service="db", groups=["web", "data"]),
                          event(1, service="mail", groups=[]))

        def names(*arguments: str) -> tuple[list[str], list[str]]:
            answer = self.answer(*arguments, file)
            return ([each["service"] for each in answer["services"]],  # type: ignore[attr-defined]
                    [each["group"] for each in answer["groups"]])  # type: ignore[attr-defined]

        self.assertEqual((["db", "mail", "shop"], ["data", "web"]), names())
        self.assertEqual((["mail", "shop"], []), names("--service", "mail", "--service=shop"))
        self.assertEqual((["db", "shop"], ["web"]), names("--group", "web"))
        self.refused(66, "no event is of the service 'sohp'", "--service", "sohp", file)
        self.refused(66, "no event is of the group 'w'", "--group", "w", file)

    def test_hold_and_quorum(self) -> None:
        told = [event(n, location=place, verdict="fail" if place == "a" else "pass")
                for n in (1, 2) for place in ("a", "b", "c")]
        for each in told:
            for key in ("bootId", "seq", "runId"):
                del each[key]
        file = self.write(*told)
        window = ("--from", str(_START + 60_000), "--to", str(_START + 300_000))
        [shop] = self.answer(*window, file)["services"]  # type: ignore[misc]
        self.assertEqual((True, 180_000, 0), (shop["inferred"], shop["up"], shop["down"]))
        [shop] = self.answer(*window, "--quorum", "any", "--hold", "30.5", file)["services"]  # type: ignore[misc]
        self.assertEqual((61_000, 0), (shop["down"], shop["up"]))

    def test_a_span_before_the_end(self) -> None:
        answer = self.answer("--from", "2h", "--to", "2023-11-15", self.write(event(1)))
        self.assertEqual((1_699_999_200_000, 1_700_006_400_000), (answer["from"], answer["to"]))

    def test_help(self) -> None:
        for arguments in (["--help"], ["-h"], ["--format", "csv", "--help"]):
            finished = self.report(*arguments)
            self.assertEqual((0, ""), (finished.code, finished.err_text))
            self.assertIn("usage: sla-runner report [OPTION]", finished.out_text)


class StoredTest(ReportTest):
    """Of the store that the runner itself filled."""

    def test_its_own_runs(self) -> None:
        self.assertEqual(0, self.run_once("--groups", "web", "--", "/bin/true").code)
        self.assertEqual(1, self.run_once("--groups", "web", "--", "/bin/false").code)
        self.assertEqual(0, self.run_once("--groups", "web", "--", "/bin/true").code)
        first, failed, last = self.events()
        for arguments, more in ((["--store", "store"], {}), ([], {"SLARUNNER_STORE": "store"})):
            answer = self.answer(*arguments, **more)
            [shop] = answer["services"]  # type: ignore[misc]
            self.assertEqual((2, 1), (shop["good"], shop["bad"]))
            self.assertEqual("66.666", shop["occurrences"])
            parts = ("up", "down", "unknown", "unmonitored", "excluded")
            self.assertEqual(answer["to"] - answer["from"],  # type: ignore[operator]
                             sum(shop[part] for part in parts))
            self.assertEqual(first["startedAtMs"] + first["durationMs"],  # type: ignore[operator]
                             answer["from"])
            for outage in shop["outages"]:
                self.assertEqual((failed["runId"], failed["logUri"]),
                                 (outage["runId"], outage["logUri"]))


class PageTest(ReportTest):
    """The page, for people."""

    NAME = '<script>alert("1")</script> & \x1b[2J'
    WINDOW = ("--to", "2023-11-14T23:00:00Z")

    def page(self, *arguments: str) -> str:
        finished = self.report("--format", "html", *self.WINDOW, *arguments)
        self.assertEqual((0, ""), (finished.code, finished.err_text))
        return finished.out_text

    @unittest.skipUnless(html5lib, "html5lib, which reads a page strictly, cannot be imported")
    def test_a_strict_parser_has_nothing_to_say(self) -> None:
        told = [event(n, "fail" if n % 7 == 0 else "pass", service=name, seq=n)
                for name in (self.NAME, "shop") for n in range(1, 60)]
        (self.folder / "planned").write_text(line({
            "from": "2023-11-14T22:30:00Z", "to": "2023-11-14T22:40:00Z", "group": "web",
            "reason": self.NAME}))
        for page in (self.page("--slo", "90", "--exclude", "planned", self.write(*told)),
                     self.page(self.write())):
            html5lib.HTMLParser(strict=True).parse(page)

    def test_what_comes_from_outside_is_text(self) -> None:
        told = [event(n, "fail" if n == 4 else "pass", service=self.NAME, groups=["<b>'"],
                      logUri=link) for n, link in
                zip(range(1, 10), ["javascript:alert(1)"] * 4 + ["s3://logs/x"] * 5)]
        page = self.page(self.write(*told))
        self.assertNotIn("<script", page)
        self.assertNotIn("<b>'", page)
        self.assertIn("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; \\x1b[2J", page)
        self.assertIn("<td>javascript:alert(1)", page)
        self.assertNotIn('href="javascript', page)

    def test_it_needs_nothing_else_and_tells_every_figure(self) -> None:
        told = [event(n, "fail" if n == 4 else "pass") for n in range(1, 47)]
        (self.folder / "planned").write_text(line({
            "from": "2023-11-14T22:30:00Z", "to": "2023-11-14T22:40:00Z", "group": "web",
            "reason": "a move"}))
        page = self.page("--slo", "90", "--exclude", "planned", self.write(*told))
        for absent in ("<script", "src=", "@import", "url(http", "<link", "<img"):
            self.assertNotIn(absent, page)
        for present in ("<b class=UP>UP</b>", "<th>24 h<td>", "<th>2023-11<td>", "<td>fail<td>",
                        '<a href="s3://logs/shop/4">4</a>', "of 4 failures that 90 % allows, 3 are",
                        "<td>web<td>a move", "<table>", "0.896"):
            self.assertIn(present, page)
        self.assertRegex(page, "<title>2023-11-14: 9[0-9.]+, seen ")

    @unittest.skipUnless(shutil.which("chromium"), "chromium is not on the PATH")
    def test_a_browser_shows_it_narrow_and_wide_light_and_dark(self) -> None:
        told = [event(n, "fail" if n % 7 == 0 else "pass", service=name, seq=n)
                for name in (self.NAME, "shop", "x" * 120) for n in range(1, 60)]
        (self.folder / "page.html").write_text(self.page("--slo", "90", self.write(*told)))
        frames = "".join(f"<iframe src=page.html width={width}></iframe>"
                         for width in (320, 800, 1600))
        (self.folder / "frames.html").write_text(
            f"<!DOCTYPE html><body>{frames}<pre id=o></pre><script>onload=()=>{{o.textContent="
            "[...document.querySelectorAll('iframe')].map(f=>{const d=f.contentDocument;return["
            "d.documentElement.scrollWidth<=f.width,d.scripts.length,d.images.length,"
            "getComputedStyle(d.body).backgroundColor].join(' ')}).join(';')}</script>")
        for scheme, background in ((0, "rgb(13, 17, 23)"), (1, "rgb(255, 255, 255)")):
            done = subprocess.run(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                 "--allow-file-access-from-files", f"--user-data-dir={self.folder}/profile",
                 "--enable-logging=stderr", f"--blink-settings=preferredColorScheme={scheme}",
                 (self.folder / "frames.html").as_uri()],
                capture_output=True, text=True, timeout=300, check=True)
            [shown] = re.findall('<pre id="o">(.*)</pre>', done.stdout)
            self.assertEqual([f"true 0 0 {background}"] * 3, shown.split(";"))
            self.assertNotIn("CONSOLE", done.stderr)

    def test_50_services_of_90_days_are_less_than_200_kb(self) -> None:
        every, count = 240, 6 * 90  # minutes
        for failures in (0.002, 0.5):
            chance = random.Random(5)
            told = [event(every * (number - count), "fail" if chance.random() < failures else "pass",
                          service=f"service-{service}", runId=f"{service}-{number}", seq=number + 1,
                          nextExpectedByMs=_START + (every * (number - count) + 360) * 60_000)
                    for service in range(50) for number in range(count)]
            page = self.page(self.write(*told))
            self.assertEqual(50, page.count("<section id=s"))
            self.assertLess(len(page.encode()), 200_000)
            self.assertIn("By days" if failures < 0.1 else "By weeks", page)

    def test_without_events_it_is_a_page_too(self) -> None:
        self.assertIn("How the figures are made", self.page(self.write()))


@unittest.skipIf(why_not(), why_not())
class BucketTest(ReportTest):
    """Of a bucket, at a server that others wrote, which is empty again for each test."""

    @classmethod
    def setUpClass(cls) -> None:
        log = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sla-test-"))) / "moto"
        port = cls.enterClassContext(moto_server(log, MOTO_S3_DEFAULT_MAX_KEYS="10"))
        cls.url = f"http://127.0.0.1:{port}"

    def setUp(self) -> None:
        super().setUp()
        check_callers(self.url, unchecked=1_000_000)
        empty(self.url)
        self.environment = {
            "AWS_ENDPOINT_URL": self.url, "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true"}
        self.s3 = boto3.client("s3", region_name="eu-central-1", endpoint_url=self.url,
                               aws_access_key_id="a", aws_secret_access_key="b")
        self.s3.create_bucket(Bucket="history", CreateBucketConfiguration={
            "LocationConstraint": "eu-central-1"})

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket="history", Key=key, Body=text.encode())

    def test_objects_under_a_prefix_are_read_part_by_part(self) -> None:
        count = 9
        for number in range(1, count + 1):
            self.put(f"events/a b&c/{number}", line(event(number)))
        unreadable = 10_000
        padding = line({"no": "event", "long": "x" * 500}) * unreadable  # more than a part
        self.put("events/large", padding + line(event(count + 1)) + line(event(count + 2)).rstrip())
        self.put("events/empty", "")
        self.put("elsewhere", line(event(5000)))
        window = ("--from", str(_START), "--to", str(_START + 70_000_000))
        finished = self.report(*window, "s3://history/events/", **self.environment)
        self.assertEqual(0, finished.code, finished.err_text)
        answer = json.loads(finished.out)
        [shop] = answer["services"]
        self.assertEqual((count + 2, 0, unreadable),
                         (shop["good"], shop["lost"], answer["unreadable"]))
        self.assertIn("line 1 of s3://history/events/large", finished.err_text)
        self.assertEqual(shop, json.loads(self.report(
            *window, "s3://history/events", **self.environment).out)["services"][0])

    def test_keys_are_read_page_by_page(self) -> None:
        count = 23  # more than two pages
        for number in range(count):
            self.put(f"shop/{_START // 1000 + 60 * number}_SUCCESS", "")
        [shop] = self.answer("--from-keys", "s3://history/shop/", "--to",
                             str(_START + 70_000_000), **self.environment)["services"]  # type: ignore[misc]
        self.assertEqual(count, shop["good"])

    def test_the_keys_of_logs_are_enough(self) -> None:
        for number in range(4):
            self.put(f"shop/{_START // 1000 + 60 * number}_SUCCESS", "a log")
        for key in ("shop/1700000240_FAILURE", "shop/1700000240_INTERRUPTED",
                    "shop/1700000250_UNKNOWN", "shop/1700000255_SKIPPED_2",
                    "a/b/1700000000_SUCCESS", "index.html"):
            self.put(key, "")
        finished = self.report("--from-keys", "s3://history", "--to", "1700000300000",
                               **self.environment)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn("the key 'index.html': it is no log's", finished.err_text)
        other, shop = json.loads(finished.out)["services"]
        self.assertEqual(("a/b", "shop", True), (other["service"], shop["service"],
                                                 shop["inferred"]))
        self.assertEqual((4, 1, 240_000, 60_000), (shop["good"], shop["bad"], shop["up"],
                                                   shop["down"]))
        self.assertEqual("s3://history/shop/1700000240_FAILURE", shop["outages"][0]["logUri"])

    def test_the_files_of_the_former_monitor(self) -> None:
        self.put("old/2023", "".join(line(event(n, "fail" if n == 4 else "pass"))
                                     for n in range(1, 10)))
        out = ("--slamon", "dev", "--to", "2023-11-14T22:23:20Z", "--out")
        for place in ("folder/reports", "s3://history/reports", "s3://history"):
            finished = self.report("s3://history/old/", *out, place, **self.environment)
            self.assertEqual((0, "", b""), (finished.code, finished.err_text, finished.out))
        paths = ["services.json", "shop/history/14d.json", "shop/history/1d.json",
                 "shop/history/3d.json", "shop/history/7d.json", "shop/summary.json"]
        folder = self.folder / "folder/reports/slamon/dev"
        self.assertEqual(paths, sorted(str(path.relative_to(folder))
                                       for path in folder.rglob("*.json")))
        for path in paths:
            for prefix in ("reports/", ""):
                stored = self.s3.get_object(Bucket="history", Key=f"{prefix}slamon/dev/{path}")
                self.assertEqual("application/json", stored["ContentType"])
                self.assertEqual((folder / path).read_bytes(), stored["Body"].read())
        summary = json.loads((folder / "shop/summary.json").read_text())
        self.assertEqual(("shop", "dev", "SUCCESS", 5), (
            summary["serviceName"], summary["env"], summary["currentStatus"],
            summary["currentStatusDurationMins"]))
        self.assertEqual(
            {"numAttempts": 9, "numSuccesses": 8, "successPercent": 88,
             "successPercentExact": "88.888", "failureMins": 1.0, "numFailures": 1,
             "numOutages": 1}, summary["rangeSummaries"][3]["summary"])
        self.assertEqual([("SUCCESS", "s3://logs/shop/5"), ("FAILURE", "s3://logs/shop/4")],
                         [(change["status"], change["detailLocation"])
                          for change in summary["statusChanges"]])

    def test_a_page_as_an_object(self) -> None:
        self.put("events/1", line(event(1)))
        finished = self.report("--format", "html", "--out", "s3://history/page/index.html",
                               "s3://history/events", **self.environment)
        self.assertEqual((0, ""), (finished.code, finished.err_text))
        stored = self.s3.get_object(Bucket="history", Key="page/index.html")
        self.assertEqual("text/html; charset=utf-8", stored["ContentType"])
        self.assertTrue(stored["Body"].read().startswith(b"<!DOCTYPE html>"))

    def test_what_is_missing_is_named(self) -> None:
        finished = self.report("s3://nowhere/x", **self.environment)
        self.assertEqual(66, finished.code)
        self.assertRegex(finished.err_text, "^report: s3://nowhere: s3 list objects: http 404: ")
        check_callers(self.url)
        for arguments in (["s3://history"], ["--from-keys", "s3://history"]):
            finished = self.report(*arguments, **self.environment)
            self.assertEqual((75, 1), (finished.code, finished.err_text.count("\n")),
                             finished.err_text)
            self.assertIn("report: denied s3:ListBucket on arn:aws:s3:::history: ",
                          finished.err_text)
        finished = self.report("--out", "s3://history/page", self.write(event(1)),
                               **self.environment)
        self.assertEqual(75, finished.code)
        self.assertIn("report: --out: denied s3:PutObject on arn:aws:s3:::history/page: ",
                      finished.err_text)


class WrongTest(ReportTest):
    """What is wrong, in a sentence."""

    def test_lines_that_are_no_events(self) -> None:
        file = self.folder / "mixed"
        file.write_text("hello\x1b[2J\n" + line(event(1)) + "{}\n" + "x" * 5_000_000 + "\n"
                        + line(event(2)) + '{"service":"shop","succ')
        finished = self.report("--to", "2023-11-15", str(file))
        self.assertEqual(0, finished.code)
        self.assertEqual(1, finished.err_text.count("\n"))
        self.assertIn("4 lines are no events; the first: line 1 of ", finished.err_text)
        self.assertIn(r"'hello\x1b[2J'", finished.err_text)
        answer = json.loads(finished.out)
        self.assertEqual((4, 2), (answer["unreadable"], answer["services"][0]["good"]))

    def test_a_compressed_file_is_called_so(self) -> None:
        file = self.folder / "events.gz"
        file.write_bytes(gzip.compress(line(event(1)).encode()))
        finished = self.report(str(file))
        self.assertEqual((66, b""), (finished.code, finished.out))
        self.assertIn("it is compressed with gzip: unpack it first", finished.err_text)

    def test_an_event_in_the_future(self) -> None:
        finished = self.report("--to", "2023-11-15", self.write(
            event(1), event(2, startedAtMs=32_503_680_000_000)))
        self.assertEqual(0, finished.code)
        self.assertIn("1 event ends in the future", finished.err_text)

    def test_sources(self) -> None:
        (self.folder / "empty").mkdir()
        self.refused(66, "empty is no store: it has no events.ndjson", "--store", "empty")
        self.refused(66, "No such file", "--store", "nowhere")
        self.refused(66, "nowhere: No such file", "nowhere")
        self.refused(64, "empty is a folder; the events of a store are read with --store empty",
                     "empty")
        self.refused(66, "there are no events; say since when with --from", self.write())
        self.refused(64, "nothing to read")
        self.refused(64, "'s3://a/events': not the name of a bucket", "s3://a/events")
        self.refused(64, "'logs': it is no s3://BUCKET/PREFIX", "--from-keys", "logs")
        answer = self.answer("--from", "2023-11-14", "--to", "2023-11-15", self.write())
        self.assertEqual(([], []), (answer["services"], answer["groups"]))

    def test_arguments(self) -> None:
        file = self.write(event(1))
        for arguments, sentence in (
                (["--frmo", "1"], "unknown flag '--frmo'; the nearest known one is --from"),
                (["--from"], "--from needs a value"), (["--to="], "--to needs a value"),
                (["--to", "1", "--to", "2"], "--to is given more than once"),
                (["--from", "yesterday"], "--from: 'yesterday' is no time"),
                (["--to", "2023-13-01"], "--to: '2023-13-01' is no time"),
                (["--from", "2023-11-15", "--to", "2023-11-14"],
                 "the window ends at 2023-11-14T00:00:00.000Z, before it begins at 2023-11-15"),
                (["--slo", "101"], "--slo: '101' is no percentage"),
                (["--slo", "99.99999"], "--slo: '99.99999' is no percentage"),
                (["--slo", "-1"], "--slo: '-1' is no percentage"),
                (["--hold", "long"], "--hold: 'long' is no number of seconds"),
                (["--quorum", "0"], "--quorum: '0' is neither majority, any, all"),
                (["--slamon", "dev"], "--slamon needs --out DIR or --out s3://BUCKET/PREFIX"),
                (["--slamon", "dev", "--out", "x", "--format", "csv"],
                 "--slamon goes without --from and --format"),
                (["--out", "s3://a/x"], "--out: 's3://a/x' is no place: not the name of a bucket"),
                (["--out", "s3://bucket"], "--out names no object: say s3://BUCKET/KEY"),
                (["--out", "s3://bucket/a/"], "--out names no object: say s3://BUCKET/KEY"),
                (["--format", "xml"], "--format: 'xml' is none of text, json, csv, html")):
            with self.subTest(arguments):
                self.refused(64, sentence, *arguments, *([file] if len(arguments) > 1 else []))

    def test_exclusions(self) -> None:
        file = self.write(event(1))
        (self.folder / "planned").write_text('\n{"from":"2026-01-31","to":1}\n')
        self.refused(78, "planned: line 2: its from is no time", "--exclude", "planned", file)
        self.refused(66, "--exclude: nowhere: No such file", "--exclude", "nowhere", file)

    def test_out_is_replaced_whole_or_not_at_all(self) -> None:
        file = self.write(event(1))
        out = self.folder / "report.json"
        out.write_text("older")
        self.refused(66, "No such file", "--out", str(out), "nowhere")
        self.assertEqual("older", out.read_text())
        finished = self.report("--to", "2023-11-15", "--out", str(out), file)
        self.assertEqual((0, b"", ""), (finished.code, finished.out, finished.err_text))
        self.assertEqual(1, len(json.loads(out.read_text())["services"]))
        (self.folder / "taken").mkdir()
        self.refused(75, "--out: taken: ", "--out", "taken", file)
        self.refused(75, "No such file", "--out", "no/where", file)
        left = {path.name for path in self.folder.iterdir()}
        self.assertEqual({"events", "report.json", "taken"}, left)

    def test_a_service_whose_name_leads_elsewhere_has_no_files(self) -> None:
        file = self.write(event(1, service="../../x"), event(1))
        self.refused(75, "--out: 'slamon/dev/../../x/history/1d.json' cannot be the path of a file",
                     "--slamon", "dev", "--out", "files", "--to", "2023-11-15", file)
        self.assertEqual({"events"}, {path.name for path in self.folder.iterdir()})


if __name__ == "__main__":
    unittest.main()
