# SPDX-License-Identifier: MIT
"""The examples run and print what they should, and the README's code is the examples' code."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import sigv4_check as sigv4
from runner_process import RunnerProcess, RunnerTest
from store_case import wait_until

_ROOT = Path(__file__).resolve().parents[2]
_SIGNED = """\
Content-Type: application/x-www-form-urlencoded; charset=utf-8
X-Amz-Date: 20260101T000000Z
Authorization: AWS4-HMAC-SHA256 \
Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-central-1/sns/aws4_request, \
SignedHeaders=content-type;host;x-amz-date, \
Signature={signature}
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *arguments: object) -> None:
        pass


def code_of(text: str) -> str:
    """A program without its comments and blank lines."""
    return "\n".join(line for line in text.splitlines() if line.strip()
                     and not line.lstrip().startswith("//"))


@unittest.skipUnless(os.environ.get("SLA_EXAMPLES"), "SLA_EXAMPLES does not name the examples")
class ProgramsTest(unittest.TestCase):
    """The programs as they were built."""

    def run_example(self, name: str) -> str:
        done = subprocess.run([str(self.path(name))], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    @staticmethod
    def path(name: str) -> Path:
        return Path(os.environ["SLA_EXAMPLES"]) / name

    def test_a_publisher_of_one_s_own_gets_each_result(self) -> None:
        self.assertEqual("test -d /: green\ntest -f /: red\n", self.run_example("custom_publisher"))

    def test_a_request_signed_by_hand_is_signed_right(self) -> None:
        source = (_ROOT / "examples/sign_request.cpp").read_text()
        body = "".join(re.findall(r'"(Action=[^"]*|&TopicArn=[^"]*)"', source)).encode()
        secret = re.search(r'Secret\("([^"]+)"\)', source)[1]  # type: ignore[index]
        host = re.search(r'\.host = "([^"]+)"', source)[1]  # type: ignore[index]
        signed = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                  ("Host", host), ("X-Amz-Date", "20260101T000000Z")]
        scope = sigv4.Scope("20260101", "eu-central-1", "sns")
        canonical = sigv4.canonical_request(
            "POST", "/", "", signed, ["content-type", "host", "x-amz-date"],
            sigv4.sha256_hex(body))
        signature = sigv4.signature(secret, scope, sigv4.string_to_sign("20260101T000000Z", scope,
                                                                        canonical))
        printed = self.run_example("sign_request")
        self.assertEqual(sorted(_SIGNED.format(signature=signature).lower().splitlines()),
                         sorted(printed.lower().splitlines()))

    def test_the_smallest_runner_prints_each_result_and_stops_on_a_signal(self) -> None:
        process = RunnerProcess(["/bin/echo", "hi"], {}, program=str(self.path("minimal")))
        self.addCleanup(process.kill_all)
        process.wait_for_line(r'^\{"service":"minimal"', stream="out")
        finished = process.stop()
        lines = finished.lines()
        self.assertEqual((0, {"minimal"}), (finished.code, {line.program for line in lines}))
        self.assertEqual(["run starts", "run ended"], [line.message for line in lines][:2])
        self.assertEqual("hi", finished.out_text.splitlines()[0])
        event = json.loads(finished.out_text.splitlines()[1])
        self.assertEqual((True, "pass"), (event["succeeded"], event["verdict"]))

    def test_a_fleet_of_probes_asks_each_url(self) -> None:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_port}/"
        process = RunnerProcess(["good", url, "bad", url + "nowhere"], {},
                                program=str(self.path("probe")))
        self.addCleanup(process.kill_all)
        process.wait_for_line("run starts")
        process.send(signal.SIGUSR1)  # the second need not wait for its turn
        for service in ("good", "bad"):
            process.wait_for_line(f'^{{"service":"{service}"', stream="out")
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        events = {event["service"]: event
                  for event in map(json.loads, finished.out_text.splitlines())}
        self.assertEqual((True, 200),
                         (events["good"]["succeeded"], events["good"]["probe"]["status"]))
        self.assertEqual((False, "status"),
                         (events["bad"]["succeeded"], events["bad"]["cause"]))

    def test_the_durable_runner_delivers_what_a_kill_left_behind(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="sla-test-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "results").write_text("in the way")
        for _ in range(2):
            process = RunnerProcess(["/bin/echo", "hi"], {}, program=str(self.path("durable")),
                                    directory=folder)
            self.addCleanup(process.kill_all)
            process.wait_for_line("run ended")
            wait_until(lambda: not list((folder / "spool/runs").glob("*.run")))  # it is recorded
            process.kill_all()
        (folder / "results").unlink()
        process = RunnerProcess(["/bin/echo", "hi"], {}, program=str(self.path("durable")),
                                directory=folder)
        self.addCleanup(process.kill_all)
        process.wait_for_line("run ended")
        self.assertEqual(0, process.stop().code)
        events = (folder / "results/events.ndjson").read_text().splitlines()
        self.assertEqual([True] * 3, [json.loads(event)["succeeded"] for event in events])

    def test_a_fleet_runs_all_checks_of_its_file_side_by_side(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        names = [f"check-{number}" for number in range(30)]
        checks = [{"service": name, "command": f"echo {name}; test {name} != check-7",
                   "every": 0.5, "groups": ["web"]} for name in names]
        (folder / "checks.json").write_text(json.dumps({"checks": checks}))
        process = RunnerProcess([str(folder / "checks.json"), str(folder / "store")], {},
                                program=str(self.path("fleet")))
        self.addCleanup(process.kill_all)
        process.wait_for_line(r"verdict=", 30.0, count=3 * len(names))
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        events = [json.loads(line) for line in
                  (folder / "store/events.ndjson").read_text().splitlines()]
        self.assertEqual(set(names), {event["service"] for event in events})
        self.assertEqual({"check-7"}, {event["service"] for event in events
                                       if not event["succeeded"]})
        self.assertEqual(finished.err_text.count("verdict="), len(events))
        for event in events:
            log = Path(event["logUri"].removeprefix("file://"))
            self.assertEqual(event["service"] + "\n", log.read_text())

    def test_a_fleet_that_was_started_with_sigchld_ignored_knows_how_its_commands_ended(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        checks = [{"service": command, "command": command, "every": 0.1}
                  for command in ("true", "false")]
        (folder / "checks.json").write_text(json.dumps({"checks": checks}))
        process = RunnerProcess(["--ignore-signal=CHLD", str(self.path("fleet")),
                                 str(folder / "checks.json"), str(folder / "store")], {},
                                program="env")
        self.addCleanup(process.kill_all)
        process.wait_for_line("verdict=", count=6)
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        events = [json.loads(line) for line in
                  (folder / "store/events.ndjson").read_text().splitlines()]
        self.assertEqual({("true", "pass", 0), ("false", "fail", 1)}, {
            (event["service"], event["verdict"], event["exitCode"]) for event in events})

    def refused_fleet(self, file: Path) -> list[str]:
        """What a fleet says about a file that it cannot use, without the name of the file."""
        done = subprocess.run([str(self.path("fleet")), str(file), str(file.parent / "store")],
                              capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual((78, ""), (done.returncode, done.stdout), done.stderr)
        lines = done.stderr.splitlines()
        self.assertTrue(all(line.startswith(f"{file}: ") for line in lines), lines)
        return [line.removeprefix(f"{file}: ") for line in lines]

    def test_a_fleet_says_what_is_wrong_with_its_file(self) -> None:
        file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "checks.json"
        self.assertEqual(["No such file or directory"], self.refused_fleet(file))
        for text, sentence in (
                ("", r"it is not JSON \(.*no JSON found"),
                ('{"checks": [{"service": "a", "command": "b", "every": 1},]}',
                 r"it is not JSON \(.* commas"),
                ("[]", "it is JSON but no object$"),
                ('{"checks": []}', "'checks' must be a list of at least one check$"),
                ('{"checks": "all"}', "'checks' must be a list of at least one check$")):
            file.write_text(text)
            [line] = self.refused_fleet(file)
            self.assertRegex(line, f"^{sentence}")
        file.write_text('{"check": [1]}')
        self.assertEqual(["'check' is unknown; the nearest known one is checks",
                          "'checks' must be a list of at least one check"],
                         self.refused_fleet(file))

    def test_a_fleet_says_what_is_wrong_with_which_field_of_which_check(self) -> None:
        file = Path(self.enterContext(tempfile.TemporaryDirectory())) / "checks.json"
        good = {"service": "shop", "command": "true", "every": 30}
        texts = "must be a list of texts that are not empty"
        seconds = "must be a number of seconds from 0.001 to 1e9"
        for field, values, sentence in (
                ("every", ["10", 0, -1, -1e300, 1e300, 1e-300, None, [1]], seconds),
                ("timeout", ["10", 0, -1e300, 1e300, 1e-300, None, True], seconds),
                ("groups", ["web", None, {}, [1], ["web", ""], [["web"]]], texts),
                ("command", ["", None, 1, ["true"]], "must be a text that is not empty"),
                ("evry", [30], "is unknown; the nearest known one is every"),
                ("Groups", [["web"]], "is unknown; the nearest known one is groups")):
            for value in values:
                file.write_text(json.dumps({"checks": [good, good | {field: value}, good]}))
                self.assertEqual([f"check 2 'shop': '{field}' {sentence}"],
                                 self.refused_fleet(file), value)
        file.write_text(json.dumps({"checks": [good | {"groups": []}, {"service": "b\n", "every": 1},
                                               5]}))
        self.assertEqual(["check 2 'b\\n': 'command' must be a text that is not empty",
                          "check 3 '': 'service' must be a text that is not empty",
                          "check 3 '': 'command' must be a text that is not empty",
                          f"check 3 '': 'every' {seconds}"], self.refused_fleet(file))
        self.assertFalse((file.parent / "store").exists())

    @unittest.skipUnless(shutil.which("nm"), "there is no nm")
    def test_what_a_program_does_not_name_is_not_in_it(self) -> None:
        table = subprocess.run(["nm", "-C", str(self.path("minimal"))], capture_output=True,
                               text=True, check=True).stdout
        self.assertIn("sla::v1::", table)
        for name in (r"\bs3", r"put_object", r"\bsts\b", r"get_caller_identity", r"\bsns\b",
                     r"simdjson", r"curl_", r"EVP_", r"SHA256_", r"Signer", r"Credentials"):
            self.assertIsNone(re.search(name, table, re.I), re.findall(f".*{name}.*", table)[:3])


class InstallTest(RunnerTest):
    """What `meson install` makes of this build directory."""

    @unittest.skipUnless(shutil.which("meson"), "meson is not on the PATH")
    def test_programs_headers_and_what_finds_them_are_installed(self) -> None:
        folder = self.temporary_directory()
        build = Path(os.environ["SLA_EXAMPLES"]).parent
        done = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", folder],
                              capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        [prefix] = [path.parent for path in folder.rglob("bin")]
        for name in ("include/sla/sla.hpp", "include/sla/app/run.hpp", "share/pkgconfig/sla.pc",
                     "share/cmake/sla/sla-config.cmake", "share/man/man1/sla-runner.1",
                     "share/bash-completion/completions/sla-runner",
                     "share/zsh/site-functions/_sla-runner"):
            self.assertTrue((prefix / name).is_file(), name)
        finished = self.run_to_end("--version", program=str(prefix / "bin/sla-runner"))
        self.assertEqual(0, finished.code, finished.err_text)
        finished = self.run_to_end("--command", "x", program=str(prefix / "bin/ssm-starter"))
        self.assertEqual((64, "ssm-starter: --ssm-name NAME is missing\n"), (finished.code, finished.err_text))
        finished = self.run_to_end("--format", "x", program=str(prefix / "bin/iam-starter"))
        self.assertEqual((64, "iam-starter: --format: 'x' is none of shell, env\n"),
                         (finished.code, finished.err_text))


class ReadmeTest(RunnerTest):
    """The blocks of code in the README and in the reference beside the examples."""

    blocks: list[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.blocks = [block for name in ("README.md", "examples/README.md") for block in re.findall(
            r"^```cpp\n(.*?)^```", (_ROOT / name).read_text(), re.M | re.S)]

    def test_the_first_program_is_the_smallest_example(self) -> None:
        self.assertEqual(code_of((_ROOT / "examples/minimal.cpp").read_text()),
                         code_of(self.blocks[0]))

    def test_the_publisher_is_that_of_the_example(self) -> None:
        example = code_of((_ROOT / "examples/custom_publisher.cpp").read_text())
        self.assertTrue(any(code_of(block) in example for block in self.blocks[1:]))

    def test_the_fleet_of_probes_is_that_of_the_example(self) -> None:
        self.assertIn(code_of((_ROOT / "examples/probe.cpp").read_text()),
                      list(map(code_of, self.blocks)))

    def test_the_program_with_sns_and_s3_is_that_of_the_example(self) -> None:
        self.assertIn(code_of((_ROOT / "examples/sns_s3.cpp").read_text()),
                      list(map(code_of, self.blocks)))

    def test_the_reference_names_every_example(self) -> None:
        text = (_ROOT / "examples/README.md").read_text()
        for path in (_ROOT / "examples").iterdir():
            if path.suffix in ("", ".cpp"):
                self.assertIn(path.name, text)

    def test_the_readme_is_short_and_its_links_lead_somewhere(self) -> None:
        text = (_ROOT / "README.md").read_text()
        self.assertLess(len(text.splitlines()), 200)
        for link in re.findall(r"\]\(([^)]*)\)", text):
            file, _, anchor = link.partition("#")
            self.assertTrue((_ROOT / file).is_file(), link)
            headings = re.findall(r"(?m)^#+ (.*)$", (_ROOT / file).read_text()) if anchor else [""]
            self.assertIn(anchor, [one.lower().replace(" ", "-") for one in headings])

    @unittest.skipUnless(shutil.which("c++"), "there is no compiler")
    def test_every_block_compiles(self) -> None:
        self.assertTrue(self.blocks)
        for number, block in enumerate(self.blocks):
            with self.subTest(number), tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / "block.cpp"
                # A block without includes is an excerpt.
                head = '#include <cstdio>\n#include "sla/runner.hpp"\n'
                head = "" if "#include" in block else head
                source.write_text(head + block)
                done = subprocess.run(
                    ["c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                     f"-I{_ROOT / 'include'}", str(source)],
                    capture_output=True, text=True, check=False)
                self.assertEqual(0, done.returncode, done.stderr)

    def test_the_event_is_one_that_the_program_writes(self) -> None:
        text = (_ROOT / "README.md").read_text()
        block = re.search(r"```json\n\s*(\{.*?\})\n\s*```", text, re.S)[1]  # type: ignore[index]
        event = json.loads(block)
        self.assertEqual(["service", "group", "groups", "succeeded", "timestamp",
                          "testExecutionSecs", "runId", "verdict", "exitCode", "startedAtMs",
                          "durationMs", "bootId", "seq", "prevEndMs", "nextExpectedByMs",
                          "location", "logUri"], list(event))
        end = event["startedAtMs"] + event["durationMs"]
        self.assertEqual(end, 1000 * int(event["timestamp"]))
        delay, timeout, grace, slack = 30, 3600, 5, 2
        self.assertEqual(event["startedAtMs"] - 1000 * delay, event["prevEndMs"])
        self.assertEqual(end + 1000 * (delay + timeout + grace + slack), event["nextExpectedByMs"])

    def test_the_container_of_an_ecs_task_has_good_settings_and_a_health_check(self) -> None:
        text = (_ROOT / "examples/README.md").read_text()
        [container] = [block for block in map(json.loads, re.findall(
            r"^```json\n(.*?)^```", text, re.M | re.S)) if "healthCheck" in block]
        self.assertEqual(["CMD", "sla-runner", "healthcheck"], container["healthCheck"]["command"])
        environment = {entry["name"]: entry["value"] for entry in container["environment"]}
        finished = self.run_to_end("--print-settings", environment=environment)
        self.assertEqual((0, ""), (finished.code, finished.err_text))
        for value in environment.values():
            self.assertIn(value, finished.out_text)
        stop_budget = 25  # the default of --stop-timeout, in seconds
        self.assertGreater(container["stopTimeout"], stop_budget)


if __name__ == "__main__":
    unittest.main()
