# SPDX-License-Identifier: MIT
"""The real program as the first process of a container, and in one that holds nothing else."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import unittest
from pathlib import Path

from aws_case import BUCKET, AwsTest
from certificates import Authority
from runner_process import RunnerProcess
from store_case import StoreTest, children, wait_until

_NAMESPACES = ["--pid", "--fork", "--kill-child", "--mount-proc"]
_CHILD = Path(__file__).resolve().parent.parent / "support" / "test_child.cpp"


def _why_not() -> str:
    """Why no namespace can be made here; empty where one can."""
    if os.geteuid() != 0:
        return "namespaces need root"
    if not shutil.which("unshare"):
        return "there is no unshare"
    done = subprocess.run(["unshare", *_NAMESPACES, "true"], capture_output=True, check=False,
                          text=True)
    return done.stderr.strip()


_REASON = _why_not()


def inner(process: RunnerProcess) -> int:
    """The process id, here, of the first process in a namespace."""
    wait_until(lambda: children(process.pid).split(), 120, process.describe)
    return int(children(process.pid).split()[0])


def states(pid: int) -> list[str]:
    """The states of the children of a process: Z is one that was not reaped."""
    found = []
    for child in children(pid).split():
        try:
            found.append(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0])
        except OSError:
            pass
    return found


@unittest.skipIf(_REASON, _REASON)
class FirstProcessTest(StoreTest):
    """As PID 1."""

    def start_first(self, *arguments: str) -> RunnerProcess:
        return self.start(*_NAMESPACES, os.environ["SLA_RUNNER"], *self.job(*arguments),
                          program="unshare", directory=self.folder)

    def test_it_is_process_1_and_stops_on_a_signal(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.store = self.temporary_directory()
            process = self.start_first("--delay", "3600", "--command", "echo $PPID")
            self.wait_for_events(1, process)
            self.assertEqual(b"1\n", self.log())
            os.kill(inner(process), number)
            self.assertEqual(0, process.wait().code)

    def test_it_reaps_what_others_leave_to_it_while_a_run_goes_on(self) -> None:
        process = self.start_first(
            "--delay", "3600", "--command",
            "for i in 1 2 3; do (sh -c 'exec >/dev/null 2>&1; exit 5' &); done; echo ready; "
            "while [ ! -e go ]; do sleep 0.01; done; exit 7")
        process.wait_for_line("ready", stream="out")
        first = inner(process)
        wait_until(lambda: len(states(first)) == 1, 120, lambda: str(states(first)))
        (self.folder / "go").touch()
        self.wait_for_events(1, process)
        self.assertEqual(("fail", 7), (self.event()["verdict"], self.event()["exitCode"]))
        # What writes to the store is a child for a moment too.
        wait_until(lambda: states(first) == [], 120, lambda: str(states(first)))

    def test_it_reaps_what_others_leave_to_it_while_it_waits(self) -> None:
        process = self.start_first("--delay", "3600", "--", "/bin/true")
        self.wait_for_events(1, process)
        first = inner(process)
        # Somebody enters the namespace, as `docker exec` does, and leaves an orphan behind.
        enter = ["nsenter", "--target", str(first), "--pid", "--mount", "--"]
        subprocess.run([*enter, "sh", "-c", "(sleep 0.05; exit 3) & (sleep 300 &) ; exit 0"],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=120)
        wait_until(lambda: states(first) == ["S"], 120, lambda: str(states(first)))
        os.kill(first, signal.SIGTERM)
        self.assertEqual(0, process.wait().code)

    @unittest.skipUnless(os.environ.get("SLA_EXAMPLES"), "SLA_EXAMPLES does not name the examples")
    def test_a_fleet_reaps_too(self) -> None:
        command = "for i in 1 2 3; do (setsid sleep 0.2 >/dev/null 2>&1 &); done; exit 7"
        process = self.start(*_NAMESPACES, str(Path(os.environ["SLA_EXAMPLES"]) / "fleet"),
                             str(self.store), "3600", "shop", command, program="unshare",
                             directory=self.folder)
        self.wait_for_events(1, process)
        self.assertEqual(("fail", 7), (self.event()["verdict"], self.event()["exitCode"]))
        first = inner(process)
        wait_until(lambda: states(first) == [], 120, lambda: str(states(first)))
        os.kill(first, signal.SIGTERM)
        self.assertEqual(0, process.wait().code)

    def test_nothing_outlives_a_run(self) -> None:
        process = self.start_first("--delay", "0.1", "--command",
                                   "exec >/dev/null 2>&1; setsid sleep 300 & (sleep 301 &); exit 4")
        self.wait_for_events(3, process)
        os.kill(inner(process), signal.SIGTERM)
        self.assertEqual(0, process.wait().code)
        self.assertEqual({4}, {event["exitCode"] for event in self.events()})
        process.assert_nothing_left()

    def test_a_run_in_flight_is_stopped_within_the_budget(self) -> None:
        process = self.start_first("--delay", "0", "--stop-timeout", "1", "--grace", "0.3",
                                   "--command", "trap '' TERM; setsid sleep 300 & echo ready; "
                                   "while :; do sleep 0.05; done")
        process.wait_for_line("ready", stream="out")
        os.kill(inner(process), signal.SIGTERM)
        self.assertEqual(0, process.wait(3).code)
        self.assertEqual(([], 1), (self.events(), len(self.logs("INTERRUPTED"))))

    def test_the_healthcheck_sees_it_from_within(self) -> None:
        process = self.start_first("--delay", "3600", "--", "/bin/true")
        self.wait_for_events(1, process)
        done = subprocess.run(
            ["nsenter", "--target", str(inner(process)), "--pid", "--mount", "--",
             os.environ["SLA_RUNNER"], "healthcheck"], capture_output=True, check=False, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout)
        self.assertRegex(done.stdout, r"^process 1 is \w+")


@unittest.skipIf(_REASON, _REASON)
class RootTest(AwsTest):
    """A root that holds the program, its libraries and a test command. The libraries are copied
    where the program is not static."""

    root: Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        compiler = shutil.which("c++") or shutil.which("g++")
        if compiler is None:
            raise unittest.SkipTest("there is no compiler for the static test command")
        needed = subprocess.run(["ldd", os.environ["SLA_RUNNER"]], capture_output=True, text=True,
                                check=False).stdout
        program = Path(os.environ["SLA_RUNNER"]).read_bytes()
        if b"__asan_init" in program or b"__tsan_init" in program:
            raise unittest.SkipTest("sanitizers need /proc")
        cls.root = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.root.chmod(0o755)
        for library in re.findall(r"(?:=> )?(/\S+) \(0x", needed):
            place = cls.root / library.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
        shutil.copy(os.environ["SLA_RUNNER"], cls.root / "sla-runner")
        subprocess.run([compiler, "-std=c++20", "-O1", "-static", str(_CHILD), "-o",
                        str(cls.root / "test")], check=True)


class LargeAnswer(http.server.BaseHTTPRequestHandler):
    """Answers with more than is kept in memory, and says nothing."""

    body = b"x" * 200_000 + b"needle"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *arguments: object) -> None:
        pass


class EmptyRootTest(RootTest):
    """In such a root: no /bin, /tmp, /etc or /proc, read-only, and as nobody."""

    def start_empty(self, *arguments: str, **environment: str) -> RunnerProcess:
        """Starts the program in the empty root."""
        enter = ("mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && root=$1 && shift"
                 " && exec chroot --userspec=65534:65534 \"$root\" /sla-runner \"$@\"")
        return self.start("--mount", *_NAMESPACES[:3], "sh", "-c", enter, "sh", str(self.root),
                          *arguments, program="unshare", environment=environment)

    def run_empty(self, *arguments: str, tls: bool = False, words: str = "exit 0",
                  virtual_host: bool = False) -> tuple[int, dict[str, object], bytes, str]:
        """One run: exit code, event, log, and the program's own lines."""
        aws = self.fake(tls)
        environment = aws.environment(virtual_host=virtual_host)
        if aws.ca_file:
            shutil.copy(aws.ca_file, self.root / "ca.pem")
            environment["AWS_CA_BUNDLE"] = "/ca.pem"
        process = self.start_empty(*self.sinks(aws), "--once", *arguments, "--", "/test",
                                   *words.split(), **environment)
        finished = process.wait()
        process.assert_nothing_left()
        self.assertEqual(1, len(self.events(aws)), finished.err_text)
        [stored] = aws.objects(BUCKET).values()
        return finished.code, self.event(aws), stored.body, finished.err_text

    def test_the_root_is_as_empty_as_it_should_be(self) -> None:
        names = {path.name for path in self.root.iterdir()} - {"ca.pem"}
        self.assertEqual({"sla-runner", "test"}, names - {"lib", "lib64", "usr"})
        self.assertEqual([], [path for path in self.root.rglob("sh")])

    def test_a_run_passes_and_is_delivered(self) -> None:
        for tls in (False, True):
            for virtual_host in (False, True):
                with self.subTest(tls=tls, virtual_host=virtual_host):
                    code, event, log, err = self.run_empty(
                        tls=tls, virtual_host=virtual_host, words="write 100000 1000")
                    self.assertEqual((0, "pass", 0), (code, event["verdict"], event["exitCode"]),
                                     err)
                    self.assertEqual((b"abcdefghijklmnopqrstuvwxyz" * 4000)[:100000], log)

    def test_a_probe_needs_nothing_but_the_program(self) -> None:
        aws, authority = self.fake(), Authority(self.temporary_directory())
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), LargeAnswer)
        server.socket = authority.leaf().server_context().wrap_socket(server.socket,
                                                                      server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        shutil.copy(authority.ca_file, self.root / "ca.pem")
        process = self.start_empty(*self.sinks(aws), "--once", "--url",
                                   f"https://127.0.0.1:{server.server_port}/", "--expect-body",
                                   "needle", SSL_CERT_FILE="/ca.pem", **aws.environment())
        finished = process.wait()
        self.assertEqual(0, finished.code, finished.err_text)
        probe = self.event(aws)["probe"]
        assert isinstance(probe, dict)
        self.assertEqual(200, probe["status"])
        self.assertIn("tlsMs", probe)
        [stored] = aws.objects(BUCKET).values()
        self.assertTrue(stored.body.endswith(b"\r\n\r\n" + LargeAnswer.body), stored.body[:300])

    def test_exit_codes_and_signals_are_told_apart(self) -> None:
        for words, verdict, exit_code in (("exit 3", "fail", 3), ("exit 255", "fail", 255),
                                          ("kill 11", "signaled", 139)):
            code, event, _, err = self.run_empty(words=words)
            self.assertEqual((1, verdict, exit_code),
                             (code, event["verdict"], event["exitCode"]), err)

    def test_a_timeout_ends_what_called_setsid(self) -> None:
        code, event, log, err = self.run_empty("--timeout", "0.5", "--grace", "0.3",
                                               words="ignore-term")
        self.assertEqual((1, "timeout", b"ready\n"), (code, event["verdict"], log), err)
        code, event, _, err = self.run_empty(words="orphans 6 1")
        self.assertEqual((1, "fail", 6), (code, event["verdict"], event["exitCode"]), err)

    def test_a_grandchild_that_holds_the_output_is_ended(self) -> None:
        code, event, _, err = self.run_empty(words="hold 0")
        self.assertEqual((0, "pass"), (code, event["verdict"]), err)
        self.assertIn("the command went on in the background and was ended", err)

    def test_a_text_is_split_into_words_where_there_is_no_shell(self) -> None:
        aws = self.fake()
        process = self.start_empty(*self.sinks(aws), "--once", "--command", "/test 'exit' \"4\"",
                                   **aws.environment())
        self.assertEqual(1, process.wait().code)
        self.assertEqual(4, self.event(aws)["exitCode"])

    def test_a_text_that_needs_a_shell_is_a_wrong_setting(self) -> None:
        aws = self.fake()
        for command, mark in (("/test | cat", "|"), ("/test $HOME", "$"), ("/test >x", ">"),
                              ("A=1 /test", "="), ("/test; /test", ";")):
            process = self.start_empty(*self.sinks(aws), "--once", "--command", command,
                                       **aws.environment())
            finished = process.wait()
            self.assertEqual(78, finished.code)
            self.assertRegex(finished.err_text,
                             rf"^Command.*needs a shell for its `{re.escape(mark)}`")
        self.assertEqual([], aws.requests())

    def test_it_stops_on_a_signal_while_it_waits_and_while_a_run_goes_on(self) -> None:
        aws = self.fake()
        for words in ("exit", "ignore-term"):
            process = self.start_empty(*self.sinks(aws), "--delay", "3600", "--stop-timeout", "1",
                                       "--grace", "0.3", "--", "/test", words, **aws.environment())
            if words == "exit":
                process.wait_for_line("run ended")
            else:
                process.wait_for_line("ready", stream="out")
            os.kill(inner(process), signal.SIGTERM)
            finished = process.wait(3)
            self.assertEqual(0, finished.code, finished.err_text)
            process.assert_nothing_left()
        self.assertEqual(1, len(self.events(aws)))

    def test_a_large_log_is_kept_in_memory_where_no_folder_can_be_written(self) -> None:
        code, _, log, err = self.run_empty("--log-limit", "0", words="write 3000000 65536")
        self.assertEqual((0, 3000000), (code, len(log)), err)


if __name__ == "__main__":
    unittest.main()
