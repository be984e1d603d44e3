# SPDX-License-Identifier: MIT
"""What runs beside the program, cannot be ended, or is odd about its container: each as somebody
met it, started as they start it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest
from pathlib import Path

from container import inner
from runner_process import RunnerProcess
from store_case import StoreTest, wait_until

REFUSING = str(Path(__file__).resolve().parent.parent / "support" / "refusing.py")
CLONE3, GETRANDOM, CLOSE_RANGE, PIDFD_OPEN = "435", "318", "436", "434"
_ROOT = unittest.skipUnless(os.getuid() == 0, "only root may make these places")


class BystanderTest(StoreTest):
    """What the runner did not start."""

    def shell(self, script: str, *namespaces: str, **environment: str) -> RunnerProcess:
        """Starts the entry point of a container; `$RUN` is the runner with its store."""
        run = shlex.join([os.environ["SLA_RUNNER"], *self.job()])
        return self.start("--fork", "--kill-child", *namespaces, "sh", "-c",
                          script.replace("$RUN", run), program="unshare", directory=self.folder,
                          environment=environment)

    @_ROOT
    def test_a_helper_of_the_entry_point_outlives_every_run(self) -> None:
        for namespaces in (["--pid", "--mount-proc"], ["--pid"], ["--mount"]):
            with self.subTest(namespaces):
                self.store = self.temporary_directory()
                process = self.shell(
                    "sleep 1234 & (setsid sleep 1235 &) ; HELPER=$! exec $RUN --delay 0.1 "
                    "--command 'kill -0 $HELPER'", *namespaces)
                self.wait_for_events(4, process)
                self.assertEqual({"pass"}, {event["verdict"] for event in self.events()})
                names = list(process.leftovers().values())
                self.assertEqual(2, sum(name.startswith("sleep 123") for name in names), names)
                self.assertNotIn("background", process.describe())
                process.kill_all()

    @_ROOT
    def test_what_a_helper_or_somebody_else_starts_meanwhile_is_left_alone(self) -> None:
        process = self.shell(
            "while sleep 0.05; do (env -i setsid sleep 1236 &); done & exec $RUN --delay 0 "
            "--command 'env -i setsid -f sleep 1237; sleep 0.1; exit 3'", "--pid", "--mount-proc")
        self.wait_for_events(3, process)
        subprocess.run(["nsenter", "-t", str(inner(process)), "--pid", "sh", "-c",
                        "(setsid sleep 1238 >/dev/null 2>&1 &)"], check=True)
        self.wait_for_events(len(self.events()) + 3, process)
        names = list(process.leftovers().values())
        self.assertGreater(sum(name.startswith("sleep 1236") for name in names), 3)
        listed = subprocess.check_output(["nsenter", "-t", str(inner(process)), "--pid", "--mount",
                                          "pgrep", "-fc", "^sleep 1238"], text=True)
        self.assertEqual("1", listed.strip())
        self.assertLessEqual(sum(name.startswith("sleep 1237") for name in names), 1)
        self.assertEqual({3}, {event["exitCode"] for event in self.events()})

    @_ROOT
    def test_a_proc_of_another_namespace_or_with_hidden_users_is_no_hindrance(self) -> None:
        hide = "mount -t proc -o hidepid=2 proc /proc && "
        for prepare, user in (("", "0"), (hide, "0"), (hide, "65534")):
            with self.subTest((prepare, user)):
                self.folder.chmod(0o777)
                self.store = self.folder / f"store{len(prepare)}{user}"
                process = self.shell(
                    f"{prepare}exec setpriv --reuid {user} --regid {user} --clear-groups $RUN "
                    "--delay 0.1 --command 'exec >/dev/null 2>&1; setsid sleep 1239 & exit 4'",
                    "--pid", "--mount")
                self.wait_for_events(3, process)
                self.assertEqual({4}, {event["exitCode"] for event in self.events()})
                first = inner(process)
                ticks = sum(int(field) for field in
                            Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[11:13])
                self.assertLess(ticks, 300, "it is busy")
                names = list(process.leftovers().values())
                self.assertLessEqual(sum(name.startswith("sleep 1239") for name in names), 1)
                process.kill_all()


@_ROOT
class UnkillableTest(StoreTest):
    """Children that nothing can end: on a disk that hangs."""

    def setUp(self) -> None:
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        image = self.folder / "image"
        with image.open("wb") as file:
            file.truncate(32 * 1024 * 1024)
        if not shutil.which("mkfs.ext4") or not shutil.which("fsfreeze"):
            self.skipTest("mkfs.ext4 and fsfreeze are not there")
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        if subprocess.run(["mount", "-o", "loop", image, self.disk], check=False).returncode != 0:
            self.skipTest("no loop device may be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        subprocess.run(["fsfreeze", "-f", self.disk], check=True)
        self.addCleanup(subprocess.run, ["fsfreeze", "-u", self.disk], check=False)

    def test_they_delay_no_later_run_and_no_stop_and_are_named_once(self) -> None:
        process = self.start_job("--delay", "0.1", "--timeout", "0.2", "--grace", "0.2", "--",
                                 "touch", str(self.disk / "x"))
        self.wait_for_events(3, process, 60)
        health = subprocess.run([os.environ["SLA_RUNNER"], "healthcheck"], check=False,
                                capture_output=True, text=True)
        self.assertEqual(0, health.returncode, health.stdout)
        began = time.monotonic()
        finished = process.stop()
        self.assert_took_less(26, began)
        self.assertEqual(0, finished.code)
        events = self.events()
        self.assertEqual({"timeout"}, {event["verdict"] for event in events})
        first, last = (int(str(event["durationMs"])) for event in (events[0], events[2]))
        self.assertLess(last, first + 1500, "later runs wait for earlier ones")
        given_up = [line for line in finished.err_text.splitlines() if "given up: touch (" in line]
        self.assertGreaterEqual(len(given_up), 3)
        self.assertEqual(len(given_up), len(set(given_up)))
        for line in given_up:
            self.assertEqual(1, line.count("touch ("), line)


class StopToAllTest(StoreTest):
    """A stop that reaches the command as well."""

    def test_it_makes_no_failure_in_whatever_order_it_comes(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            for first in ("runner", "command"):
                with self.subTest((number, first)):
                    self.store = self.temporary_directory()
                    process = self.start_job("--delay", "60", "--command",
                                             "echo ready; exec sleep 30")
                    process.wait_for_line("ready", stream="out")
                    wait_until(lambda: any(name.startswith("sleep")
                                           for name in process.leftovers().values()))
                    [command] = [pid for pid, name in process.leftovers().items()
                                 if name.startswith("sleep")]
                    pids = [process.pid, command]
                    for pid in pids if first == "runner" else reversed(pids):
                        os.kill(pid, number)
                    self.assertEqual(0, process.wait().code)
                    self.assertEqual([], self.events())
                    [log] = self.logs()
                    self.assertRegex(log.name, r"^\d+_INTERRUPTED$")

    def test_a_command_that_fails_by_itself_after_the_stop_is_a_failure(self) -> None:
        process = self.start_job("--delay", "60", "--command",
                                 "echo ready; while [ ! -e go ]; do sleep 0.01; done; exit 9")
        process.wait_for_line("ready", stream="out")
        process.send(signal.SIGTERM)
        (self.folder / "go").touch()
        self.assertEqual(0, process.wait().code)
        self.assertEqual(("fail", 9), (self.event()["verdict"], self.event()["exitCode"]))


class CommandTest(StoreTest):
    """What a command finds, and what it is said to have done."""

    def test_a_command_has_no_terminal_to_prompt_on(self) -> None:
        self.assertEqual(0, self.run_once(
            "--command", "(: </dev/tty) 2>/dev/null && echo prompt; ps -o tty= -p $$").code)
        self.assertEqual(b"?\n", self.log())

    def test_a_command_that_goes_on_in_the_background_is_said_to(self) -> None:
        for script, words in (("sleep 0.3; echo FAILED; exit 1", "where its exit code is not known"),
                              ("exec >/dev/null 2>&1; sleep 300", "and was ended")):
            self.store = self.temporary_directory()
            finished = self.run_once("--", "setsid", "sh", "-c", script)
            self.assertEqual(0, finished.code)
            self.assertIn(f"warning: the command went on in the background{', ' * words.startswith('where')}"
                          f"{' ' * words.startswith('and')}{words}", finished.err_text)

    def test_a_broken_pipe_ends_a_command_however_the_runner_was_started(self) -> None:
        command = "yes | head -n 1 >/dev/null; yes 2>&1 | (exec <&-; sleep 0.2); echo end"
        ignoring = ("import os, signal, sys; signal.signal(signal.SIGPIPE, signal.SIG_IGN); "
                    "os.execvp(sys.argv[1], sys.argv[1:])")
        process = self.start("-c", ignoring, os.environ["SLA_RUNNER"],
                             *self.job("--once", "--command", command), program=sys.executable,
                             directory=self.folder)
        self.assertEqual(0, process.wait().code)
        self.assertEqual(b"end\n", self.log())

    def test_a_command_text_that_looks_like_an_option_is_none(self) -> None:
        for text in ("-e; exit 5", "+x; exit 5"):
            self.store = self.temporary_directory()
            self.assertEqual(1, self.run_once(SLARUNNER_COMMAND=text).code)
            self.assertEqual(5, self.event()["exitCode"])

    def test_a_start_that_fails_says_why_in_the_log_line_and_in_the_event(self) -> None:
        script = self.folder / "script"
        script.write_text("#!/bin/bsh\n")
        script.chmod(0o755)
        plain = self.folder / "plain"
        plain.write_text("#!/bin/sh\n")
        for words, why in (([str(script)], "its interpreter /bin/bsh is not there"),
                           ([str(plain)], "it is not executable: chmod +x it"),
                           (["no-such-program"], "it is in no folder of PATH="),
                           ([str(self.folder)], "it is a directory")):
            self.store = self.temporary_directory()
            finished = self.run_once("--", *words)
            self.assertEqual(1, finished.code)
            self.assertIn(why, str(self.event()["reason"]))
            self.assertIn(f"could not start {words[0]}: ", finished.err_text)
            self.assertEqual("spawn_error", self.event()["verdict"])
        self.store = self.temporary_directory()
        self.run_once("--command", f"{script} --all")
        self.assertEqual(("fail", 127, f"could not start {script}: its interpreter /bin/bsh is not "
                          "there"), tuple(self.event()[key] for key in ("verdict", "exitCode",
                                                                       "reason")))


class OddContainerTest(StoreTest):
    """Places that are not as they should be."""

    @unittest.skipUnless(os.uname().machine == "x86_64", "the numbers are those of x86_64")
    def test_calls_that_a_profile_refuses_are_done_without(self) -> None:
        calls = ",".join((GETRANDOM, CLOSE_RANGE, PIDFD_OPEN))
        process = self.start(REFUSING, calls, os.environ["SLA_RUNNER"],
                             *self.job("--delay", "0", "--command", "exit 6"),
                             program=sys.executable, directory=self.folder)
        self.wait_for_events(20, process)
        self.assertEqual(0, process.stop().code)
        events = self.events()
        self.assertEqual({6}, {event["exitCode"] for event in events})
        self.assertEqual(len(events), len({event["runId"] for event in events}))

    @unittest.skipUnless(os.uname().machine == "x86_64", "the numbers are those of x86_64")
    def test_a_runtime_that_refuses_clone3_is_named_and_runs_and_stores_go_on(self) -> None:
        process = self.start(REFUSING, CLONE3, os.environ["SLA_RUNNER"],
                             *self.job("--delay", "0", "--command", "exit 6"),
                             program=sys.executable, directory=self.folder)
        self.wait_for_events(5, process)
        self.assertEqual(0, process.stop().code)
        self.assertEqual({6}, {event["exitCode"] for event in self.events()})
        self.assertRegex(process.err.decode(), "results are delivered between runs: thread: .*"
                                               "allow clone3 in its seccomp profile")

    def test_a_temporary_folder_that_is_not_there_costs_no_memory(self) -> None:
        process = self.start_job("--delay", "60", "--command",
                                 "head -c 300000 /dev/zero; echo; echo ready; sleep 60",
                                 TMPDIR="/there/is/none")
        process.wait_for_line("ready", stream="out")
        open_files = [os.readlink(link) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
        self.assertTrue(any(name.startswith("/tmp/") for name in open_files), open_files)
        self.assertFalse(any("memfd:sla-runner-log" in name for name in open_files), open_files)

    @_ROOT
    def test_a_dev_null_that_may_not_be_opened_is_no_hindrance(self) -> None:
        script = ("mount -t tmpfs -o nodev none /dev && mknod -m 666 /dev/null c 1 3 && exec "
                  + shlex.join([os.environ["SLA_RUNNER"],
                                *self.job("--once", "--command", "wc -c; exit 7")]))
        process = self.start("--mount", "sh", "-c", script, program="unshare",
                             directory=self.folder)
        self.assertEqual(1, process.wait().code)
        self.assertEqual((7, b"0\n"), (self.event()["exitCode"], self.log()))


if __name__ == "__main__":
    unittest.main()
