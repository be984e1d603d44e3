# SPDX-License-Identifier: MIT
"""What hangs around the real program: a terminal that shows nothing, a disk that answers nobody.
The loop goes on, and a stop ends within its budget."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import termios
import threading
import time
import unittest
from pathlib import Path

from aws_case import AwsTest
from fake_aws import faults
from runner_process import Finished, RunnerProcess
from spool_case import ENDED
from store_case import StoreTest, children, wait_until


class TerminalTest(StoreTest):
    """stdout and stderr are a terminal."""

    def start_on(self, terminal: int, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [os.environ["SLA_RUNNER"], *self.job(*arguments)], stdin=subprocess.DEVNULL,
            stdout=terminal, stderr=terminal, cwd=self.folder, env={"PATH": os.environ["PATH"]})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def open_terminal(self) -> tuple[int, int]:
        screen, terminal = os.openpty()
        self.addCleanup(os.close, screen)
        self.addCleanup(os.close, terminal)
        return screen, terminal

    def assert_goes_on_and_stops(self, process: subprocess.Popen[bytes], count: int) -> None:
        wait_until(lambda: len(self.events()) >= count)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(30))
        self.assert_took_less(5 + 1, began)

    def test_a_terminal_that_nobody_reads_holds_up_nobody(self) -> None:
        _, terminal = self.open_terminal()
        process = self.start_on(terminal, "--delay", "0.005", "--stop-timeout", "5", "--", "echo",
                                "hello")
        self.assert_goes_on_and_stops(process, 300)

    def test_output_that_was_stopped_by_hand_holds_up_nobody_and_comes_back(self) -> None:
        screen, terminal = self.open_terminal()
        termios.tcflow(terminal, termios.TCOOFF)
        process = self.start_on(terminal, "--delay", "0.005", "--stop-timeout", "5", "--", "echo",
                                "hello")
        wait_until(lambda: len(self.events()) >= 100)
        termios.tcflow(terminal, termios.TCOON)
        seen = b""
        while seen.count(b"run ended") < 20:
            seen += os.read(screen, 65536)
        self.assert_goes_on_and_stops(process, 130)

    def test_a_reader_that_is_merely_slow_gets_every_byte(self) -> None:
        screen, terminal = self.open_terminal()
        lines = 3000
        process = self.start_on(terminal, "--once", "--command", f"seq 1 {lines}")
        seen, pause = bytearray(), threading.Event()
        while b"run ended" not in seen:
            seen += os.read(screen, 512)
            pause.wait(0.002)
        self.assertEqual(0, process.wait(30))
        numbers = [line for line in seen.decode().split("\r\n") if line.isdigit()]
        self.assertEqual([str(number) for number in range(1, lines + 1)], numbers)

    def test_a_stop_does_not_wait_for_a_slow_reader_of_the_last_output(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb") as pipe:
            process = subprocess.Popen(
                [os.environ["SLA_RUNNER"], *self.job("--once", "--stop-timeout", "2", "--command",
                                                     "yes | head -c 4000000")],
                stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.DEVNULL,
                cwd=self.folder, env={"PATH": os.environ["PATH"]})
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            os.close(writer)
            self.stopped_while_it_is_read(process, pipe.fileno())

    def stopped_while_it_is_read(self, process: subprocess.Popen[bytes], pipe: int) -> None:
        """Reads so slowly that what is passed on would take ten seconds."""
        over, came, pause = threading.Event(), threading.Event(), threading.Event()

        def read() -> None:
            while not over.is_set():
                os.read(pipe, 8192)
                came.set()
                pause.wait(0.2)

        reading = threading.Thread(target=read)
        reading.start()
        try:
            came.wait(30)
            wait_until(lambda: not children(process.pid), 120)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            self.assert_took_less(2 + 1, began)
        finally:
            over.set()
            reading.join()


class Disk:
    """A small disk of its own that can be made to hang: no call to it that writes returns, and none
    of these calls can be interrupted."""

    def __init__(self, test: unittest.TestCase, folder: Path) -> None:
        self.path = folder / "disk"
        self.path.mkdir()
        image = folder / "disk.img"
        self.command(test, "truncate", "-s", "32M", str(image))
        self.command(test, "mkfs.ext4", "-q", str(image))
        self.command(test, "mount", "-o", "loop", str(image), str(self.path))
        test.addCleanup(self.remove)

    @staticmethod
    def command(test: unittest.TestCase, *words: str) -> None:
        """Runs one; a machine that does not allow it, such as a container, skips the test."""
        if os.geteuid() != 0 or shutil.which(words[0]) is None:
            test.skipTest(f"{words[0]} needs root, or is not there")
        done = subprocess.run(words, capture_output=True, check=False, timeout=120, text=True)
        if done.returncode != 0:
            test.skipTest(f"{words[0]} is not allowed here: {done.stderr.strip()}")

    def freeze(self, test: unittest.TestCase) -> None:
        self.command(test, "fsfreeze", "-f", str(self.path))

    def thaw(self) -> None:
        subprocess.run(["fsfreeze", "-u", str(self.path)], capture_output=True, check=False,
                       timeout=120)

    def remove(self) -> None:
        self.thaw()
        wait_until(lambda: subprocess.run(["umount", str(self.path)], capture_output=True,
                                          check=False, timeout=120).returncode == 0)


class HungReads:
    """Makes every read of a file in a folder hang, until it is let go."""

    _CONTENT, _ADD, _ACCESS, _ON_CHILD = 0x4, 0x1, 0x20000, 0x08000000

    def __init__(self, test: unittest.TestCase, folder: Path) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._group = library.fanotify_init(self._CONTENT, os.O_RDONLY)
        events = ctypes.c_uint64(self._ACCESS | self._ON_CHILD)
        if self._group < 0 or library.fanotify_mark(self._group, self._ADD, events, -100,
                                                    str(folder).encode()) != 0:
            test.skipTest(f"fanotify is not allowed here: {os.strerror(ctypes.get_errno())}")
        test.addCleanup(self.let_go)

    def let_go(self) -> None:
        if self._group >= 0:
            os.close(self._group)
        self._group = -1


class HungDiskTest(AwsTest):
    """A disk that hangs under what the program writes to."""

    def setUp(self) -> None:
        self.folder = self.temporary_directory()
        self.disk = Disk(self, self.folder)
        self.addCleanup(self.disk.thaw)  # before the programs are waited for

    def begin(self, *arguments: str, delay: str = "0.05", **environment: str) -> RunnerProcess:
        process = self.start("--service", "shop", "--delay", delay, "--stop-timeout", "3",
                             *arguments, environment=environment, directory=self.folder)
        self.addCleanup(self.disk.thaw)
        return process

    def assert_stops(self, process: RunnerProcess) -> Finished:
        began = time.monotonic()
        finished = process.stop()
        self.assert_took_less(3 + 1, began, process.describe())
        self.assertEqual(0, finished.code)
        return finished

    def runs(self, process: RunnerProcess) -> int:
        return process.err.count(b"run ended")

    def results(self, *lives: Finished) -> int:
        """How many runs have a result; one that a stop cut short has none."""
        return sum(len(re.findall(ENDED, life.err_text)) for life in lives)

    def assert_goes_on(self, process: RunnerProcess, seconds: float = 30) -> None:
        before = self.runs(process)
        process.wait_for_line("run ended", seconds, count=before + 20)

    def test_a_store_that_hangs_holds_up_neither_the_loop_nor_a_stop(self) -> None:
        store = self.disk.path / "store"
        process = self.begin("--store", str(store), "--", "/bin/echo", "hello")
        wait_until(lambda: (store / "events.ndjson").exists(), 120, process.describe)
        self.disk.freeze(self)
        self.assert_goes_on(process)
        finished = self.assert_stops(process)
        self.assertIn('{"undelivered":{', finished.err_text)

    def test_a_store_that_hangs_and_answers_again_gets_everything(self) -> None:
        store = self.disk.path / "store"
        process = self.begin("--store", str(store), "--", "/bin/echo", "hello")
        wait_until(lambda: (store / "events.ndjson").exists(), 120, process.describe)
        self.disk.freeze(self)
        self.assert_goes_on(process)
        self.disk.thaw()
        finished = self.assert_stops(process)
        self.assertEqual(self.results(finished),
                         len((store / "events.ndjson").read_text().splitlines()))

    def test_a_store_that_hangs_does_not_keep_aws_from_its_results(self) -> None:
        aws = self.fake()
        store = self.disk.path / "store"
        process = self.begin("--store", str(store), "--sns-topic-arn", aws.create_topic("results"),
                             "--", "/bin/echo", "hello", **aws.environment())
        wait_until(lambda: (store / "events.ndjson").exists(), 120, process.describe)
        self.disk.freeze(self)
        self.assert_goes_on(process)
        finished = self.assert_stops(process)
        self.assertEqual(self.results(finished), len(self.events(aws)))

    def test_a_store_that_hangs_does_not_keep_what_aws_did_not_get_from_being_listed(self) -> None:
        aws = self.fake()
        aws.fail("sns:Publish", faults.stall(), times=None)
        store = self.disk.path / "store"
        process = self.begin("--store", str(store), "--sns-topic-arn", aws.create_topic("results"),
                             "--", "/bin/echo", "hello", **aws.environment())
        wait_until(lambda: (store / "events.ndjson").exists(), 120, process.describe)
        self.disk.freeze(self)
        self.assert_goes_on(process)
        finished = self.assert_stops(process)
        self.assertGreater(finished.err_text.count('{"undelivered":{'), self.runs(process))

    def test_a_spool_that_hangs_holds_up_neither_the_loop_nor_aws_nor_a_stop(self) -> None:
        aws = self.fake()
        process = self.begin("--spool", str(self.disk.path / "spool"), "--sns-topic-arn",
                             aws.create_topic("results"), "--", "/bin/echo", "hello",
                             **aws.environment())
        process.wait_for_line("run ended", 120, count=5)
        self.disk.freeze(self)
        self.assert_goes_on(process, 60)
        wait_until(lambda: len(self.events(aws)) >= self.runs(process) - 3, 120)
        finished = self.assert_stops(process)
        self.assertIn("the spool does not answer", finished.err_text)
        self.assertGreaterEqual(len(self.events(aws)), self.results(finished) - 1)

    def test_a_spool_that_begins_to_hang_during_a_run_costs_no_byte_of_its_log(self) -> None:
        aws = self.fake()
        aws.create_bucket("logs")
        process = self.begin(
            "--spool", str(self.disk.path / "spool"), "--sns-topic-arn",
            aws.create_topic("results"), "--s3-bucket-name", "logs", "--command",
            "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two", **aws.environment())
        process.wait_for_line("one", 120, stream="out")
        self.disk.freeze(self)
        (self.folder / "go").touch()
        process.wait_for_line("run ended", 120)
        aws.wait_for(lambda: aws.objects("logs") and self.events(aws))
        self.assertEqual(b"one\ntwo\n", list(aws.objects("logs").values())[0].body)
        self.assert_stops(process)

    def test_logs_that_cannot_be_read_hold_up_neither_events_nor_a_stop(self) -> None:
        aws = self.fake()
        aws.create_bucket("logs")
        spool = self.disk.path / "spool"
        process = self.begin("--spool", str(spool), "--sns-topic-arn", aws.create_topic("results"),
                             "--s3-bucket-name", "logs",
                             "--command", "printf %5000s hello",  # a small log has no file
                             delay="0.5",  # so that a busy machine delivers as fast as it runs
                             **aws.environment())
        aws.wait_for(lambda: aws.objects("logs") and self.events(aws))
        reads = HungReads(self, spool / "aws" / "logs")
        self.assert_goes_on(process, 60)
        wait_until(lambda: len(self.events(aws)) >= self.runs(process) - 3, 120, process.describe)
        finished = self.assert_stops(process)
        reads.let_go()
        self.assertGreaterEqual(len(self.events(aws)), finished.err_text.count("run ended") - 1)

    def test_a_spool_that_hangs_at_the_start_is_gone_without_until_it_answers(self) -> None:
        aws = self.fake()
        arguments = ("--spool", str(self.disk.path / "spool"), "--sns-topic-arn",
                     aws.create_topic("results"), "--", "/bin/echo", "hello")
        first = self.begin(*arguments, **aws.environment())
        first.wait_for_line("run ended", 120)
        before = self.assert_stops(first)
        self.disk.freeze(self)
        process = self.begin(*arguments, **aws.environment())
        self.assert_goes_on(process, 60)
        self.disk.thaw()
        process.wait_for_line("the spool answers again", 120)
        self.assert_goes_on(process, 60)
        finished = self.assert_stops(process)
        self.assertEqual(self.results(before, finished), len(self.events(aws)))

    def test_a_command_that_nothing_can_kill_does_not_hold_up_a_stop(self) -> None:
        self.disk.freeze(self)
        process = self.begin("--store", str(self.folder / "store"), "--", "touch",
                             str(self.disk.path / "x"))
        # On its way to its program it has the words of the runner, which end with these.
        wait_until(lambda: any(command.startswith("touch ")
                               for command in process.leftovers().values()))
        finished = self.assert_stops(process)
        self.assertIn("could not be ended and was given up: touch", finished.err_text)

    def test_stdout_and_stderr_in_files_on_a_disk_that_hangs_hold_up_nobody(self) -> None:
        events = self.folder / "store" / "events.ndjson"
        with (self.disk.path / "log").open("wb") as log:
            process = subprocess.Popen(
                [os.environ["SLA_RUNNER"], "--service", "shop", "--delay", "0.01", "--store",
                 str(events.parent), "--stop-timeout", "3", "--", "echo", "hello"], stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(self.disk.thaw)
        wait_until(lambda: (self.disk.path / "log").stat().st_size > 1000, 120)
        self.disk.freeze(self)
        before = len(events.read_text().splitlines())
        wait_until(lambda: len(events.read_text().splitlines()) > before + 300)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(120))
        self.assert_took_less(3 + 1, began)


if __name__ == "__main__":
    unittest.main()
