# SPDX-License-Identifier: MIT
# Covers: app/watched.hpp
"""`sla-runner healthcheck` of the real program. Each test has a copy of the program of its own: the
healthcheck looks at everything that runs the same file. Where it has few rights it must take notice
of whatever bears the same name, so as root the tests have processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

import own_processes
from fake_aws import FakeAws, faults
from runner_process import RunnerProcess
from store_case import StoreTest, wait_until

own_processes.enter()


class HealthCase(StoreTest):
    """The base: a program of its own, and the healthcheck of it."""

    def setUp(self) -> None:
        super().setUp()
        self.program = shutil.copy(os.environ["SLA_RUNNER"], self.folder)

    def start_own(self, *arguments: str, **environment: str) -> RunnerProcess:
        """Starts the copy with a store."""
        return self.start(*self.job(*arguments), program=self.program, environment=environment,
                          directory=self.folder)

    def check(self, *prefix: str) -> tuple[int, str]:
        """The exit code and the line of a healthcheck."""
        done = subprocess.run([*prefix, self.program, "healthcheck"], capture_output=True, env={},
                              stdin=subprocess.DEVNULL, timeout=120, check=False, text=True)
        self.assertEqual("", done.stderr)
        self.assertEqual(1, done.stdout.count("\n"), done.stdout)
        return done.returncode, done.stdout

    def assert_alive(self, process: RunnerProcess, activity: str) -> None:
        self.assertEqual((0, f"process {process.pid} is {activity}\n"), self.check())


class HealthTest(HealthCase):
    """Whether the loop is alive."""

    def test_without_a_runner_nothing_is_alive(self) -> None:
        self.assertEqual((1, "no runner is alive here\n"), self.check())

    def test_a_runner_that_waits_for_its_first_run_is_alive(self) -> None:
        process = self.start_own("--delay", "1", "--splay", "20d", "--", "/bin/true")
        wait_until(lambda: "waiting" in self.check()[1])
        self.assert_alive(process, "waiting for the next run")
        process.stop()

    def test_a_waiting_runner_is_alive(self) -> None:
        process = self.start_own("--delay", "3600", "--", "/bin/true")
        self.wait_for_events(1, process)
        wait_until(lambda: "waiting" in self.check()[1])
        self.assert_alive(process, "waiting for the next run")
        process.stop()
        self.assertEqual((1, "no runner is alive here\n"), self.check())

    def test_a_running_test_is_alive(self) -> None:
        for limit in ("0", "60"):
            process = self.start_own("--delay", "3600", "--timeout", limit, "--command",
                                     "echo ready; exec sleep 300")
            process.wait_for_line("ready", stream="out")
            self.assert_alive(process, "running the test")
            process.kill_all()

    def test_a_failing_test_is_alive(self) -> None:
        process = self.start_own("--delay", "3600", "--", "/bin/false")
        self.wait_for_events(1, process)
        wait_until(lambda: "waiting" in self.check()[1])
        self.assertEqual(0, self.check()[0])

    def test_a_disabled_runner_is_alive(self) -> None:
        process = self.start_own("--delay", "1", "--disabled", "--", "/bin/true")
        process.wait_for_line("disabled")
        wait_until(lambda: "waiting" in self.check()[1])
        self.assertEqual(0, self.check()[0])

    def test_a_delivery_that_takes_its_time_is_alive(self) -> None:
        with FakeAws() as aws:
            topic = aws.create_topic("results")
            aws.fail("sns:Publish", faults.stall(), times=None)
            process = self.start_own("--delay", "0", "--sns-topic-arn", topic, "--", "/bin/true",
                                     **aws.environment())
            aws.wait_for(aws.requests)
            self.assertEqual(0, self.check()[0], self.check()[1])
            process.kill_all()

    def test_a_runner_whose_standard_descriptors_are_closed_is_alive(self) -> None:
        words = " ".join(f"'{word}'" for word in self.job("--delay", "3600", "--", "/bin/true"))
        process = self.start("-c", f"exec \"$0\" {words} <&- >&- 2>&-", self.program,
                             program="/bin/sh")
        self.wait_for_events(1, process)
        wait_until(lambda: "waiting" in self.check()[1])
        self.assert_alive(process, "waiting for the next run")

    def test_a_runner_that_is_stuck_is_not_and_one_that_goes_on_is_again(self) -> None:
        process = self.start_own("--delay", "0.1", "--", "/bin/true")
        self.wait_for_events(2, process)
        process.send(signal.SIGSTOP)
        wait_until(lambda: self.check()[0] == 1)
        self.assertRegex(self.check()[1], rf"^process {process.pid} is stuck: "
                         r"(waiting|running|publishing).*, overdue by \d+\.\d+ s$")
        process.send(signal.SIGCONT)
        wait_until(lambda: self.check()[0] == 0)

    def test_a_runner_that_is_slow_to_start_a_long_wait_is_not_taken_for_stuck(self) -> None:
        process = self.start_own("--every", "1000000000", "--", "/bin/true")
        self.wait_for_events(1, process)
        wait_until(lambda: "waiting" in self.check()[1])
        self.assertEqual(0, self.check()[0])

    def test_it_answers_without_settings_or_a_writable_disk_and_writes_nothing(self) -> None:
        process = self.start_own("--delay", "3600", "--", "/bin/true")
        self.wait_for_events(1, process)
        before = sorted(self.folder.rglob("*"))
        seconds = []
        for _ in range(20):
            began = time.perf_counter()
            self.assertEqual(0, self.check()[0])
            seconds.append(time.perf_counter() - began)
        self.assertEqual(before, sorted(self.folder.rglob("*")))
        print(f"    a healthcheck with its process: {1000 * min(seconds):.1f} to "
              f"{1000 * max(seconds):.1f} ms")

    def test_a_program_that_was_replaced_while_it_runs_is_alive(self) -> None:
        process = self.start_own("--delay", "3600", "--", "/bin/true")
        self.wait_for_events(1, process)
        wait_until(lambda: "waiting" in self.check()[1])
        for way in ("deleted", "another file"):
            with self.subTest(way):
                newer = shutil.copy(self.program, self.folder / "newer")
                if way == "deleted":
                    os.unlink(self.program)
                os.rename(newer, self.program)
                self.assert_alive(process, "waiting for the next run")

    def test_one_that_is_stuck_among_several_is_found(self) -> None:
        first, second = (self.start_own("--delay", "0.1", "--", "/bin/true") for _ in range(2))
        self.wait_for_events(4, first)
        second.send(signal.SIGSTOP)
        wait_until(lambda: self.check()[0] == 1)
        self.assertIn(f"process {second.pid} is stuck: ", self.check()[1])
        second.kill_all()
        wait_until(lambda: self.check()[0] == 0)
        self.assertIn(f"process {first.pid} is ", self.check()[1])


# What Docker gives to root in a container.
_DOCKER = ("chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap,"
           "net_bind_service,sys_chroot,kill,audit_write")


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root, and setpriv")
class OtherUserTest(HealthCase):
    """The runner belongs to one user and the healthcheck to another, as an entry point that gives
    up its rights makes it."""

    ROOT = ("setpriv", "--bounding-set", "-all,+" + _DOCKER.replace(",", ",+"))

    def setUp(self) -> None:
        super().setUp()
        os.chmod(self.folder, 0o777)

    @staticmethod
    def user(number: int) -> tuple[str, ...]:
        return ("setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups")

    def start_as(self, number: int, *prefix: str) -> RunnerProcess:
        words = [*prefix, *self.user(number), self.program,
                 *self.job("--delay", "3600", "--", "/bin/true")]
        process = self.start(*words[1:], program=words[0], directory=self.folder)
        self.wait_for_events(1, process)
        return process

    def test_root_without_the_right_to_trace_sees_another_user_s_runner(self) -> None:
        process = self.start_as(12345)
        wait_until(lambda: "waiting" in self.check(*self.ROOT)[1])
        self.assertEqual((0, f"process {process.pid} is waiting for the next run\n"),
                         self.check(*self.ROOT))
        self.assertEqual(0, self.check(*self.user(12345))[0])

    def test_a_user_is_told_that_another_s_runner_cannot_be_asked(self) -> None:
        process = self.start_as(12345)
        for prefix in (self.user(12346), (*self.user(0), "--bounding-set=-all")):
            with self.subTest(prefix):
                self.assertEqual(
                    (1, f"cannot tell: process {process.pid} belongs to user 12345, whose processes "
                        "may not be looked into; ask as that user, or as root\n"),
                    self.check(*prefix))

    def test_a_proc_that_hides_other_users_is_named(self) -> None:
        self.start_as(12345)
        hidden = ("unshare", "-m", "sh", "-c",
                  "mount -t proc -o hidepid=2 proc /proc || exit 77; exec \"$0\" \"$@\"")
        if subprocess.run([*hidden, "true"], check=False).returncode != 0:
            self.skipTest("/proc may not be mounted again here")
        code, reason = self.check(*hidden, *self.user(12346))
        self.assertEqual((1, "cannot tell: /proc hides the processes of other users (hidepid)\n"),
                         (code, reason))

    def test_the_same_name_is_no_runner(self) -> None:
        name = os.path.basename(self.program)
        (self.folder / "elsewhere").mkdir()
        sleep = shutil.copy("/bin/sleep", self.folder / "elsewhere" / name)
        process = self.start(*self.user(12345)[1:], str(sleep), "300", program="setpriv")
        wait_until(lambda: Path(f"/proc/{process.pid}/comm").read_text() == f"{name}\n")
        self.assertEqual((1, "no runner is alive here\n"), self.check(*self.ROOT))
        process.kill_all()


if __name__ == "__main__":
    unittest.main()
