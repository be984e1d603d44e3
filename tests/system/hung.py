# SPDX-License-Identifier: MIT
"""What hangs around the real program: a terminal that shows nothing, a disk that answers nobody.
The loop goes on, and a stop ends within its budget."""

from __future__ import annotations

import os
import signal
import subprocess
import termios
import threading
import time
import unittest

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
        wait_until(lambda: len(self.events()) >= count, 60)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(30))
        self.assertLess(time.monotonic() - began, 5 + 1)

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
        wait_until(lambda: len(self.events()) >= 100, 60)
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
            wait_until(lambda: not children(process.pid), 30)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            self.assertLess(time.monotonic() - began, 2 + 1)
        finally:
            over.set()
            reading.join()


if __name__ == "__main__":
    unittest.main()
