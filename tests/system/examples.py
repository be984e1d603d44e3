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

    def test_a_fleet_runs_all_checks_side_by_side(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        names = [f"check-{number}" for number in range(30)]
        checks = [word for name in names for word in (name, f"echo {name}; test {name} != check-7")]
        process = RunnerProcess([str(folder / "store"), "0.5", *checks], {},
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
        process = RunnerProcess(["--ignore-signal=CHLD", str(self.path("fleet")),
                                 str(folder / "store"), "0.1", "true", "true", "false", "false"],
                                {}, program="env")
        self.addCleanup(process.kill_all)
        process.wait_for_line("verdict=", count=6)
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        events = [json.loads(line) for line in
                  (folder / "store/events.ndjson").read_text().splitlines()]
        self.assertEqual({("true", "pass", 0), ("false", "fail", 1)}, {
            (event["service"], event["verdict"], event["exitCode"]) for event in events})

    def test_a_fleet_says_how_it_is_used(self) -> None:
        for words in ([], ["store", "1"], ["store", "1", "a"], ["store", "soon", "a", "true"],
                      ["store", "1", "a", "true", "b"]):
            done = subprocess.run([str(self.path("fleet")), *words], capture_output=True, text=True,
                                  check=False, timeout=120)
            self.assertEqual((64, "", 1), (done.returncode, done.stdout, done.stderr.count("usage: ")))

    @unittest.skipUnless(shutil.which("nm"), "there is no nm")
    def test_what_a_program_does_not_name_is_not_in_it(self) -> None:
        table = subprocess.run(["nm", "-C", str(self.path("minimal"))], capture_output=True,
                               text=True, check=True).stdout
        self.assertIn("sla::v1::", table)
        for name in (r"\bs3", r"put_object", r"\bsts\b", r"get_caller_identity", r"\bsns\b",
                     r"simdjson", r"curl_", r"EVP_", r"SHA256_", r"Signer", r"Credentials"):
            self.assertEqual([], re.findall(f"(?i){name}.*", table)[:3])


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
        built = [code_of(path.read_text()) for path in (_ROOT / "examples").glob("*.cpp")]
        for number, block in enumerate(self.blocks):
            if any(code_of(block) in source for source in built):
                continue  # the build has compiled it
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
