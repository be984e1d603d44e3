# SPDX-License-Identifier: MIT
"""The life of the real program: signals, limits, schedules, verdicts, and what is left behind."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import socket
import subprocess
import time
import unittest
from datetime import datetime
from pathlib import Path

from aws_case import BUCKET, AwsTest
from fake_aws import faults
from runner_process import RunnerProcess
from store_case import StoreTest, children, wait_until

# A command that says when it is there, and ends when a file `go` appears.
_WAITS = "echo ready; while [ ! -e go ]; do sleep 0.01; done; echo done"
_IGNORES_TERM = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
_OBEYS_TERM = ("trap 'echo told; exit 3' TERM; echo ready; "
               "while :; do sleep 0.05; done 2>/dev/null")  # where the shell notes sleep's end


class StopTest(StoreTest):
    """Told to stop."""

    def stop_idle(self, number: signal.Signals) -> float:
        """How long the exit of an idle program takes."""
        self.store = self.temporary_directory()
        process = self.start_job("--delay", "3600", "--", "/bin/true")
        self.wait_for_events(1, process)
        began = time.monotonic()
        finished = process.stop(number)
        seconds = time.monotonic() - began
        self.assertEqual(0, finished.code, finished.err_text)
        return seconds

    def test_an_idle_program_is_gone_at_once(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGRTMIN + 3):
            seconds = sorted(self.stop_idle(number) for _ in range(5))
            print(f"    signal {int(number)} to exit: {1000 * seconds[0]:.1f} to "
                  f"{1000 * seconds[-1]:.1f} ms")
            self.assertLess(seconds[0], 0.5)
            self.assertLess(seconds[-1], 2.0)

    def test_the_log_says_when_the_stop_came_and_what_is_waited_for(self) -> None:
        process = self.start_job("--delay", "0", "--command", _WAITS)
        process.wait_for_line("ready", stream="out")
        process.send(signal.SIGTERM)
        process.wait_for_line("told to stop; the run in flight may end by itself", 60)
        (self.folder / "go").touch()
        first, second = process.wait().lines("told to stop; ")
        self.assertRegex(first.fields["within_seconds"], r"^1\d\.\d+$")
        self.assertEqual("told to stop; what is pending is delivered", second.message)
        self.assertRegex(second.fields["within_seconds"], r"^2\d\.\d+$")

    def test_a_run_in_flight_may_finish(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self.store = self.temporary_directory()
            (self.folder / "go").unlink(missing_ok=True)
            process = self.start_job("--delay", "0", "--command", _WAITS)
            process.wait_for_line("ready", stream="out")
            process.send(number)
            (self.folder / "go").touch()
            finished = process.wait()
            self.assertEqual((0, b"ready\ndone\n"), (finished.code, finished.out))
            self.assertEqual(("pass", 0), (self.event()["verdict"], self.event()["exitCode"]))
            process.assert_nothing_left()

    def cut_short(self, command: str, stop_timeout: float, *arguments: str,
                  limit: float) -> float:
        """Stops a run that does not end; gives the seconds to the exit, which are within the limit.
        There is no event, and the log is kept as what it is."""
        process = self.start_job("--delay", "0", "--stop-timeout", str(stop_timeout), *arguments,
                                 "--command", command)
        process.wait_for_line("ready", stream="out")
        began = time.monotonic()
        finished = process.stop()
        seconds = time.monotonic() - began
        self.assert_took_less(limit, began)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual([], self.events())
        [log] = self.logs()
        self.assertRegex(log.name, r"^\d+_INTERRUPTED$")
        self.assertEqual(finished.out, log.read_bytes())
        self.assertRegex(finished.err_text, "run ended .* verdict=interrupted")
        process.assert_nothing_left()
        return seconds

    def test_a_run_that_needs_too_long_is_told_to_stop_and_is_no_result(self) -> None:
        seconds = self.cut_short(_OBEYS_TERM, 2, "--grace", "1", limit=2.2)
        self.assertEqual(b"ready\ntold\n", self.log())
        self.assertGreater(seconds, 0.4)  # 2 s, less the grace and what delivery may need

    def test_a_run_that_ignores_term_is_killed_within_the_budget(self) -> None:
        self.cut_short(_IGNORES_TERM, 2, "--grace", "0.5", limit=2.2)

    def test_a_grace_beyond_the_budget_is_cut(self) -> None:
        self.cut_short(_IGNORES_TERM, 1.5, "--grace", "60", limit=1.7)

    def test_a_run_without_a_time_limit_is_stopped_all_the_same(self) -> None:
        self.cut_short(_IGNORES_TERM, 1, "--grace", "0.3", "--timeout", "0", limit=1.2)

    def test_a_budget_of_nothing_ends_at_once(self) -> None:
        self.cut_short(_IGNORES_TERM, 0, limit=1.0)

    def test_once_that_is_cut_short_is_no_failure(self) -> None:
        process = self.start_job("--once", "--stop-timeout", "0.5", "--command", _OBEYS_TERM)
        process.wait_for_line("ready", stream="out")
        self.assertEqual(0, process.stop().code)
        self.assertEqual([], self.events())

    def test_a_second_signal_stops_the_command_now(self) -> None:
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)):
            self.store = self.temporary_directory()
            process = self.start_job("--delay", "0", "--stop-timeout", "300", "--grace", "100",
                                     "--command", _OBEYS_TERM)
            process.wait_for_line("ready", stream="out")
            process.send(first)
            # Seen only by the absence of an end: the run goes on after the first signal. What comes
            # within half a second of it is the same request.
            with self.assertRaises(AssertionError):
                process.wait(0.6)
            began = time.monotonic()
            finished = process.stop(second)
            self.assert_took_less(2.0, began)
            self.assertEqual((0, b"ready\ntold\n", []), (finished.code, finished.out,
                                                         self.events()))

    def test_a_second_signal_ends_in_kill_after_the_grace(self) -> None:
        process = self.start_job("--delay", "0", "--stop-timeout", "300", "--grace", "0.3",
                                 "--command", _IGNORES_TERM)
        process.wait_for_line("ready", stream="out")
        process.send(signal.SIGTERM)
        with self.assertRaises(AssertionError):
            process.wait(0.6)  # the first half second is one request, however often it is told
        process.send(signal.SIGINT)
        self.assertEqual(0, process.wait().code)
        process.assert_nothing_left()

    def test_a_stop_that_is_told_twice_at_once_lets_the_run_finish(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGRTMIN + 3):
            self.store = self.temporary_directory()
            (self.folder / "go").unlink(missing_ok=True)
            process = self.start_job("--delay", "0", "--command", _WAITS)
            process.wait_for_line("ready", stream="out")
            process.send(number)
            process.send(signal.SIGTERM)
            (self.folder / "go").touch()
            self.assertEqual((0, b"ready\ndone\n"), (process.wait().code, process.out))
            self.assertEqual("pass", self.event()["verdict"])

    def test_a_stop_while_a_run_starts_is_not_lost(self) -> None:
        for _ in range(10):
            self.store = self.temporary_directory()
            process = self.start_job("--delay", "0", "--", "/bin/true")
            process.wait_for_line("run starts")
            self.assertEqual(0, process.stop().code)

    def test_the_command_s_own_stop_is_a_failure_and_not_an_interruption(self) -> None:
        self.assertEqual(1, self.run_once("--command", "kill -TERM $$").code)
        self.assertEqual(("signaled", 143, 15), tuple(
            self.event()[name] for name in ("verdict", "exitCode", "signal")))

    def test_a_lock_on_the_events_that_another_process_holds_is_not_waited_for(self) -> None:
        self.store.mkdir()
        with open(self.store / "events.ndjson", "w") as events:
            fcntl.flock(events, fcntl.LOCK_EX)
            process = self.start_job("--delay", "3600", "--stop-timeout", "1", "--", "/bin/true")
            process.wait_for_line("events are not delivered: .*another process holds its lock")
            began = time.monotonic()
            finished = process.stop()
        self.assert_took_less(4, began)
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertIn('{"undelivered":', finished.err_text)


class SignalTest(StoreTest):
    """The other signals."""

    def test_sigusr1_runs_now(self) -> None:
        process = self.start_job("--delay", "3600", "--", "/bin/true")
        for count in (1, 2, 3):
            self.wait_for_events(count, process)
            process.send(signal.SIGUSR1)
        self.wait_for_events(4, process)
        self.assertEqual(0, process.stop().code)
        self.assertEqual(4, len(self.events()))

    def test_sigusr1_during_a_run_means_once_more_after_it(self) -> None:
        process = self.start_job("--delay", "3600", "--command", _WAITS)
        process.wait_for_line("ready", stream="out")
        for _ in range(3):  # however often
            process.send(signal.SIGUSR1)
        (self.folder / "go").touch()
        self.wait_for_events(2, process)
        process.send(signal.SIGHUP)
        process.send(signal.SIGUSR1)
        self.wait_for_events(3, process)
        self.assertEqual(0, process.stop().code)
        self.assertEqual(3, len(self.events()))

    def test_sighup_is_ignored(self) -> None:
        process = self.start_job("--delay", "0", "--command", _WAITS)
        process.wait_for_line("ready", stream="out")
        process.send(signal.SIGHUP)
        (self.folder / "go").touch()
        self.wait_for_events(3, process)
        process.send(signal.SIGHUP)
        self.wait_for_events(5, process)
        self.assertEqual(0, process.stop().code)

    def test_the_command_gets_the_original_signals_and_no_descriptor(self) -> None:
        status = "sed -n 's/^Sig[BI][lg][kn]://p' /proc/self/status; ls /proc/self/fd | wc -l"
        direct = subprocess.run(["/bin/sh", "-c", status], capture_output=True, check=True,
                                stdin=subprocess.DEVNULL)
        self.assertEqual(0, self.run_once("--command", status).code)
        # Beyond the first 31 are two that the C library keeps to itself.
        self.assertEqual([[int(word, 16) & 0x7fffffff for word in text.split()]
                          for text in (direct.stdout,)],
                         [[int(word, 16) & 0x7fffffff for word in self.log().split()]])

    def test_stdin_is_empty(self) -> None:
        process = self.start(*self.job("--once", "--command", "wc -c; readlink /proc/self/fd/0"),
                             stdin=b"nothing of this reaches the command")
        self.assertEqual(0, process.wait().code)
        self.assertEqual(["0", "/dev/null"], self.log().decode().split())


class ReaderTest(StoreTest):
    """Whoever reads the program's own stdout."""

    size = 4 * 1024 * 1024

    def run_with(self, reader: int, writer: int) -> str:
        """One run that writes `size` bytes while nobody reads; gives stderr. The log is whole."""
        command = f"yes 0123456789abcde | head -c {self.size}"
        arguments = self.job("--once", "--command", command)
        with os.fdopen(writer, "wb") as out, subprocess.Popen(
                [os.environ["SLA_RUNNER"], *arguments], stdout=out, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL, cwd=self.folder,
                env={"PATH": os.environ["PATH"]}) as process:
            try:
                _, err = process.communicate(timeout=120)
            finally:
                process.kill()
        self.assertEqual(0, process.returncode, err)
        self.assertEqual(b"0123456789abcde\n" * (self.size // 16), self.log())
        return err.decode()

    def test_a_reader_that_is_gone_ends_nothing(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        self.assertIn(f"{self.size} bytes of output were not passed on to stdout",
                      self.run_with(reader, writer))

    def test_a_reader_that_does_not_read_holds_up_nobody(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as pipe:
            err = self.run_with(reader, writer)
            passed = len(pipe.read())
        dropped = int(re.search(r"(\d+) bytes of output were not", err)[1])  # type: ignore[index]
        self.assertEqual(self.size, passed + dropped)
        self.assertLess(int(str(self.event()["durationMs"])), 5000)

    def test_a_socket_that_does_not_read_holds_up_nobody(self) -> None:
        ours, theirs = socket.socketpair()
        with ours:
            self.assertIn("were not passed on", self.run_with(0, theirs.detach()))

    def test_a_dry_run_that_nobody_reads_ends_when_it_is_told_to(self) -> None:
        arguments = self.job("--dry-run", "--stop-timeout", "1", "--command", "yes | head -c 1000000")
        for make in (os.pipe, os.openpty):
            reader, writer = make()
            with self.subTest(make.__name__), os.fdopen(reader, "rb"), subprocess.Popen(
                    [os.environ["SLA_RUNNER"], *arguments], stdout=writer, stderr=subprocess.PIPE,
                    stdin=subprocess.DEVNULL, cwd=self.folder,
                    env={"PATH": os.environ["PATH"]}) as process:
                os.close(writer)
                try:
                    assert process.stderr is not None
                    select.select([reader], [], [])  # it prints
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(75, process.wait(120))
                    self.assertIn(b"nobody read it before the stop", process.stderr.read())
                finally:
                    process.kill()

    def test_a_loop_goes_on_without_stdout_and_stderr(self) -> None:
        closed, writer = os.pipe()
        os.close(closed)
        process = subprocess.Popen(
            [os.environ["SLA_RUNNER"], *self.job("--delay", "0", "--", "/bin/echo", "hello")],
            stdout=writer, stderr=writer, stdin=subprocess.DEVNULL, cwd=self.folder, env={})
        try:
            os.close(writer)
            wait_until(lambda: len(self.events()) >= 3)
            process.terminate()
            self.assertEqual(0, process.wait(120))
        finally:
            process.kill()
            process.wait()
        self.assertEqual({b"hello\n"}, {path.read_bytes() for path in self.logs()})

    def test_standard_descriptors_that_are_closed_are_not_taken_for_others(self) -> None:
        words = " ".join(f"'{word}'" for word in self.job(
            "--delay", "0", "--command", "printf 8-bytes."))
        process = self.start("-c", f"exec \"$0\" {words} <&- >&- 2>&-",
                             os.environ["SLA_RUNNER"], program="/bin/sh")
        self.wait_for_events(3, process)
        for descriptor in range(3):
            link = Path(f"/proc/{process.pid}/fd/{descriptor}").readlink()
            self.assertEqual("/dev/null", str(link))
        self.assertEqual(0, process.stop().code)
        self.assertEqual({b"8-bytes."}, {path.read_bytes() for path in self.logs("SUCCESS")})
        first, second = (int(str(event["startedAtMs"])) for event in self.events()[:2])
        self.assertLess(second - first, 900)


class ScheduleTest(StoreTest):
    """When runs begin."""

    def test_every_keeps_its_grid_and_counts_what_it_misses(self) -> None:
        process = self.start_job("--every", "0.5", "--command", "sleep 0.7")
        self.wait_for_events(3, process)
        finished = process.stop()
        self.assertEqual(0, finished.code)
        events = self.events()
        starts = [int(str(event["startedAtMs"])) for event in events]
        slots = [(start - starts[0]) / 500 for start in starts]
        for slot in slots:
            self.assertLess(abs(slot - round(slot)), 0.4, starts)  # a busy machine is a little late
        ends = [start + int(str(event["durationMs"])) for start, event in zip(starts, events)]
        self.assertTrue(all(end <= start + 2 for end, start in zip(ends, starts[1:])), events)
        missed = [int(number) for number in re.findall("warning: .* missed=(\\d+)",
                                                       finished.err_text)]
        self.assertGreaterEqual(len(missed), 2, finished.err_text)
        self.assertEqual(sorted(missed), missed)
        self.assertEqual(round(slots[2]) - 2, missed[1])

    def test_a_slot_that_passes_while_a_run_out_of_turn_goes_on_is_counted(self) -> None:
        process = self.start_job("--every", "1", "--command", "sleep 0.7")
        process.wait_for_line("run ended")
        process.send(signal.SIGUSR1)
        process.wait_for_line("warning: .* missed=1 service=shop$")
        self.assertEqual(0, process.stop().code)

    def test_the_delay_is_between_the_end_and_the_next_start(self) -> None:
        process = self.start_job("--delay", "0.4", "--command", "sleep 0.2")
        self.wait_for_events(3, process)
        process.stop()
        events = self.events()
        for first, second in zip(events, events[1:]):
            gap = (int(str(second["startedAtMs"])) - int(str(first["startedAtMs"]))
                   - int(str(first["durationMs"])))
            self.assertGreaterEqual(gap, 395, events)
            self.assertLess(gap, 2000, events)

    def test_the_first_run_waits_for_its_part_of_the_splay(self) -> None:
        waits = []
        for schedule in (("--delay", "3600"), ("--every", "3600"), ("--once",)):
            with self.subTest(schedule):
                process = self.start_job(*schedule, "--splay", "20d", "--", "/bin/true")
                process.wait_for_line(r" the first run waits seconds=\d+\.\d{3}$")
                waits += re.findall(r"first run waits seconds=(\S+)", process.err.decode())
                finished = process.stop()
                self.assertEqual((0, []), (finished.code, self.events()), finished.err_text)
        self.assertEqual(waits[:1] * 3, waits)
        self.assertLess(float(waits[0]), 20 * 86400)
        finished = self.run_once("--splay", "0.2", "--", "/bin/true")
        wait = float(finished.lines("the first run waits")[0].fields["seconds"])
        said = datetime.fromisoformat(finished.lines("started")[0].time.replace("Z", "+00:00"))
        began = int(str(self.event()["startedAtMs"])) / 1000
        self.assertLess(wait, 0.2)
        self.assertGreaterEqual(began - said.timestamp(), wait - 0.002)

    def test_a_run_now_does_not_wait_for_the_splay(self) -> None:
        process = self.start_job("--delay", "3600", "--splay", "20d", "--", "/bin/true")
        process.wait_for_line("the first run waits")
        process.send(signal.SIGUSR1)
        self.wait_for_events(1, process)
        self.assertEqual(0, process.stop().code)

    def test_a_dry_run_waits_for_no_splay(self) -> None:
        finished = self.run_to_end(*self.job("--dry-run", "--splay", "20d", "--", "/bin/true"))
        self.assertEqual(0, finished.code, finished.err_text)

    def test_once_is_once(self) -> None:
        self.assertEqual(0, self.run_once("--", "/bin/true").code)
        self.event()


class VerdictTest(StoreTest):
    """What is said of a run."""

    def test_every_exit_code_is_reported_as_it_is(self) -> None:
        (self.folder / "n").write_text("0\n")
        process = self.start_job("--delay", "0", "--command",
                                 "read n <n; echo $((n + 1)) >n; exit $n")
        self.wait_for_events(256, process, 60)
        process.stop()
        self.assertEqual(
            [("pass" if code == 0 else "fail", code, code == 0, None) for code in range(256)],
            [(event["verdict"], event["exitCode"], event["succeeded"], event.get("signal"))
             for event in self.events()[:256]])

    def check(self, verdict: str, exit_code: int, *arguments: str,
              number: int | None = None) -> str:
        """One run that fails with this verdict; gives stderr."""
        self.store = self.temporary_directory()
        finished = self.run_once(*arguments)
        event = self.event()
        self.assertEqual((1, verdict, exit_code, False, number),
                         (finished.code, event["verdict"], event["exitCode"], event["succeeded"],
                          event.get("signal")), finished.err_text)
        self.assertRegex(finished.err_text, f"run ended .* verdict={verdict} exit={exit_code} ")
        self.assertEqual(1, len(self.logs("FAILURE")))
        return finished.err_text

    def test_a_signal_that_ends_the_command_is_named(self) -> None:
        for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP,
                       signal.SIGPIPE, signal.SIGINT):
            with self.subTest(number.name):
                self.check("signaled", 128 + number, "--command", f"kill -{number.value} $$",
                           number=number.value)

    def test_what_cannot_be_started_is_told_apart_from_what_fails(self) -> None:
        script, folder = self.folder / "script", self.folder / "folder"
        script.write_text("#!/nowhere/interpreter\n")
        script.chmod(0o755)
        folder.mkdir()
        (self.folder / "plain").write_text("text")
        for path, exit_code in (("/nowhere/program", 127), (str(script), 127),
                                (str(self.folder / "plain"), 126), (str(folder), 126)):
            with self.subTest(path):
                self.assertIn(path, self.check("spawn_error", exit_code, "--", path))

    def test_a_command_that_the_shell_does_not_find_fails_as_there(self) -> None:
        self.check("fail", 127, "--command", "/nowhere/program")
        self.check("fail", 126, "--command", "/")

    def test_a_timeout_ends_everything_term_first(self) -> None:
        self.check("timeout", 3, "--timeout", "0.3", "--command", _OBEYS_TERM)
        self.assertEqual(b"ready\ntold\n", self.log())
        began = time.monotonic()
        self.check("timeout", 137, "--timeout", "0.2", "--grace", "0.2", "--command",
                   _IGNORES_TERM, number=9)
        self.assert_took_less(4, began)

    def test_a_timeout_that_is_answered_with_success_is_still_one(self) -> None:
        command = "trap 'exit 0' TERM; while :; do sleep 0.05; done"
        self.check("timeout", 0, "--timeout", "0.2", "--command", command)

    def test_the_shell_reads_a_text_and_words_stay_as_they_are(self) -> None:
        self.assertEqual(0, self.run_once("--command", "x='a  b'; echo \"$x\" | tr a-z A-Z").code)
        self.assertEqual(b"A  B\n", self.log())
        self.store = self.temporary_directory()
        words = ["a  b", "", "$HOME", "*", "'\"\\", "--once", "--", "größe", "\udcff", "a\nb"]
        self.assertEqual(0, self.run_once("--", "/usr/bin/printf", r"[%s]\n", *words).code)
        self.assertEqual(b"".join(b"[" + os.fsencode(word) + b"]\n" for word in words), self.log())

    def test_the_environment_reaches_the_command(self) -> None:
        self.assertEqual(0, self.run_once("--command", "echo $OWN:$SLARUNNER_SERVICE", OWN="1",
                                          SLARUNNER_SERVICE="variable").code)
        self.assertEqual(b"1:variable\n", self.log())


class LeftoversTest(StoreTest):
    """Nothing that a run started outlives it."""

    def test_daemons_in_sessions_of_their_own_are_ended_with_the_run(self) -> None:
        command = ("setsid sleep 300 >/dev/null 2>&1 & (setsid sleep 301 >/dev/null 2>&1 &);"
                   " sleep 302 >/dev/null 2>&1 & (trap '' TERM HUP; setsid sh -c 'sleep 303; :'"
                   " >/dev/null 2>&1 & ); exit 0")
        process = self.start_job("--delay", "0.2", "--command", command)
        for count in (1, 2, 3):
            self.wait_for_events(count, process)
        finished = process.stop()
        self.assertEqual({"pass"}, {event["verdict"] for event in self.events()})
        self.assertIn("warning: the command went on in the background and was ended",
                      finished.err_text)
        process.assert_nothing_left()

    def test_after_each_run_the_program_has_no_child_left(self) -> None:
        process = self.start_job("--delay", "3600", "--command",
                                 "exec >/dev/null 2>&1; setsid sleep 300 & (sleep 301 &); true")
        for count in range(1, 6):
            self.wait_for_events(count, process)
            # The program's own helper, which stored the event, ends a moment later.
            wait_until(lambda: not process.leftovers() and not children(process.pid), 60,
                       lambda: f"{process.leftovers()}, {children(process.pid)}")
            process.send(signal.SIGUSR1)
        process.stop()

    def test_a_hundred_runs_with_three_orphans_each_end_with_none_and_the_right_codes(self) -> None:
        (self.folder / "n").write_text("0\n")
        process = self.start_job(
            "--delay", "0", "--command", "read n <n; echo $((n + 1)) >n; exec >/dev/null 2>&1; "
            "setsid sleep 300 & sleep 301 & (sleep 302 &); exit $n")
        self.wait_for_events(100, process, 60)
        process.stop()
        process.assert_nothing_left()
        self.assertEqual(list(range(100)), [event["exitCode"] for event in self.events()[:100]])

    def test_a_grandchild_that_holds_the_output_delays_the_result_by_two_seconds_at_most(
            self) -> None:
        began = time.monotonic()
        finished = self.run_once("--command", "(setsid sleep 300 &); echo done")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assert_took_less(6, began)
        self.assertIn("the command went on in the background and was ended", finished.err_text)
        self.assertLess(int(str(self.event()["durationMs"])), 1500)
        self.assertEqual(b"done\n", self.log())

    def test_a_timeout_ends_what_left_its_group_too(self) -> None:
        finished = self.run_once("--timeout", "0.3", "--grace", "0.3", "--command",
                                 "setsid sh -c \"trap '' TERM; sleep 300; :\" & "
                                 "(setsid sleep 301 &); trap '' TERM; sleep 302; :")
        self.assertEqual(("timeout", 1), (self.event()["verdict"], finished.code))

    def test_a_killed_program_leaves_its_store_readable(self) -> None:
        process = self.start_job("--delay", "0", "--", "/bin/true")
        self.wait_for_events(3, process)
        process.send(signal.SIGKILL)
        self.assertEqual(-9, process.wait().code)
        self.events()
        self.assertTrue((self.store / "events.ndjson").read_text().endswith("}\n"))


class UnreachableTest(AwsTest):
    """Told to stop while the services say nothing."""

    def start_stuck(self, *arguments: str, **environment: str) -> tuple[RunnerProcess, object]:
        aws = self.fake()
        aws.fail("*", faults.stall(), times=None)
        process = self.start_job(aws, "--delay", "0", "--stop-timeout", "2", *arguments,
                                 environment=environment)
        return process, aws

    def assert_gone_in_time(self, process: RunnerProcess) -> None:
        began = time.monotonic()
        finished = process.stop()
        self.assert_took_less(2.5, began)
        self.assertEqual(0, finished.code, finished.err_text)
        # Where nothing gets a processor it may be the runner that gives up, and not the delivery.
        self.assertRegex(finished.err_text,
                         "error: not delivered: (.*the program stops|it hangs)")
        process.assert_nothing_left()

    def test_a_delivery_that_is_stuck_ends_within_the_budget(self) -> None:
        for arguments in ([], ["--upload-logs", "never"]):
            process, aws = self.start_stuck("--command", "true", *arguments)
            aws.wait_for(aws.requests)  # type: ignore[attr-defined]
            self.assert_gone_in_time(process)

    def test_a_run_in_flight_and_then_a_stuck_delivery_end_within_the_budget(self) -> None:
        folder = self.temporary_directory()
        process, _ = self.start_stuck(
            "--command", f"echo ready; while [ ! -e {folder}/go ]; do sleep 0.01; done")
        process.wait_for_line("ready", stream="out")
        began = time.monotonic()
        process.send(signal.SIGTERM)
        (folder / "go").touch()
        finished = process.wait()
        self.assert_took_less(2.5, began)
        self.assertEqual(0, finished.code)

    def test_a_run_that_never_ends_and_a_stuck_delivery_end_within_the_budget(self) -> None:
        process, aws = self.start_stuck("--grace", "0.3", "--command", _IGNORES_TERM)
        process.wait_for_line("ready", stream="out")
        began = time.monotonic()
        finished = process.stop()
        self.assert_took_less(2.5, began)
        self.assertEqual(0, finished.code)
        self.assertEqual([], aws.requests("sns:Publish"))  # type: ignore[attr-defined]

    def test_a_host_that_accepts_and_says_nothing_holds_up_nobody(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            for scheme in ("http", "https"):
                aws = self.fake()
                process = self.start_job(
                    aws, "--delay=0", "--stop-timeout=2", "--", "/bin/true",
                    environment={"AWS_ENDPOINT_URL": f"{scheme}://127.0.0.1:"
                                 f"{silent.getsockname()[1]}"})
                process.wait_for_line("run ended")
                self.assert_gone_in_time(process)

    def test_a_wait_between_two_attempts_ends_within_the_budget(self) -> None:
        aws = self.fake()
        aws.fail("sns:Publish", faults.error("Throttling", 400,
                                             headers={"x-amz-retry-after": "15000"}), times=None)
        process = self.start_job(aws, "--delay", "0", "--stop-timeout", "1", "--", "/bin/true")
        aws.wait_for(lambda: aws.requests("sns:Publish"))
        began = time.monotonic()
        self.assertEqual(0, process.stop().code)
        self.assert_took_less(1.5, began)

    def test_an_interrupted_log_reaches_the_bucket_and_no_event_the_topic(self) -> None:
        aws = self.fake()
        process = self.start_job(aws, "--delay=0", "--stop-timeout=2", "--grace=1", "--command",
                                 _OBEYS_TERM)
        process.wait_for_line("ready", stream="out")
        finished = process.stop()
        self.assertEqual(0, finished.code, finished.err_text)
        [(key, stored)] = aws.objects(BUCKET).items()
        self.assertRegex(key, r"^shop/\d+_INTERRUPTED$")
        self.assertEqual(b"ready\ntold\n", stored.body)
        self.assertEqual([], self.events(aws))


if __name__ == "__main__":
    unittest.main()
