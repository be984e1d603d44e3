# SPDX-License-Identifier: MIT
"""Runs the real program in system tests: a clean environment, captured output, nothing left.

`RunnerTest` is a unittest case whose `start` and `run_to_end` run the program named by $SLA_RUNNER
(skipped where it is not set). Each program and whatever it started is ended by process id when
the test ends; `assert_nothing_left` makes what it left behind a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from log_lines import LogLine, parse_all

MARK = "RUNNER_PROCESS_MARK"
# Runs that do not wait for their delivery: on a busy machine two hundred results wait at the stop, and
# each takes half a second.
FASTER_THAN_DELIVERY = ("--delay", "0", "--stop-timeout", "600")
_POLL_SECONDS = 0.01
_EXITING, _KERNEL_THREAD = 0x4, 0x00200000  # PF_EXITING, PF_KTHREAD: flags of proc_pid_stat(5)
_EXEC_READS = 1000  # of the environment of a process that is in the middle of an exec


@dataclass(frozen=True)
class Finished:
    """How a program ended; `code` is negative for a signal, as subprocess has it."""

    code: int
    out: bytes
    err: bytes
    seconds: float

    @property
    def out_text(self) -> str:
        return self.out.decode("utf-8", "replace")

    @property
    def err_text(self) -> str:
        return self.err.decode("utf-8", "replace")

    def lines(self, message: str = "") -> list[LogLine]:
        """Its own lines, which all of stderr must be, whose message begins so."""
        return parse_all(self.err_text, message)


class RunnerProcess:
    """A running program. Its environment is PATH, what is given, and a mark by which everything
    that it starts is found again, even after a change of session or parent."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str] | None = None, *,
                 program: str | None = None, directory: str | Path | None = None,
                 stdin: bytes = b"") -> None:
        self._mark = uuid.uuid4().hex
        self._condition = threading.Condition()
        self._data = {"out": bytearray(), "err": bytearray()}
        self._open = 2
        self.command = [program or os.environ["SLA_RUNNER"], *arguments]
        self.started = time.monotonic()
        whole = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")} | dict(environment or {})
        self._process = subprocess.Popen(
            self.command, env=whole | {MARK: self._mark}, cwd=directory, start_new_session=True,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self._born = _born(self.pid)
        self._readers = [threading.Thread(target=self._read, args=(name, pipe), daemon=True)
                         for name, pipe in (("out", self._process.stdout),
                                            ("err", self._process.stderr))]
        for reader in self._readers:
            reader.start()
        if stdin and self._process.stdin is not None:
            self._process.stdin.write(stdin)
            self._process.stdin.close()

    def _read(self, name: str, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        with pipe:
            while data := os.read(pipe.fileno(), 65536):
                with self._condition:
                    self._data[name] += data
                    self._condition.notify_all()
        with self._condition:
            self._open -= 1
            self._condition.notify_all()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def out(self) -> bytes:
        """What came on stdout so far."""
        with self._condition:
            return bytes(self._data["out"])

    @property
    def err(self) -> bytes:
        """What came on stderr so far."""
        with self._condition:
            return bytes(self._data["err"])

    def lines(self, stream: str = "err") -> list[str]:
        """The complete lines of a stream ('out' or 'err') so far."""
        with self._condition:
            return self._data[stream].decode("utf-8", "replace").split("\n")[:-1]

    def wait_for_line(self, pattern: str, seconds: float = 120.0, *, stream: str = "err",
                      count: int = 1) -> re.Match[str]:
        """Waits for the count-th complete line that the pattern is found in. Fails when time is
        up or the stream has ended without it."""
        expression = re.compile(pattern)
        end = time.monotonic() + seconds
        with self._condition:
            while True:
                found = [match for line in self.lines(stream) if (match := expression.search(line))]
                if len(found) >= count:
                    return found[count - 1]
                left = end - time.monotonic()
                if left <= 0 or self._open == 0:
                    reason = f"within {seconds} s" if left <= 0 else "before its output ended"
                    raise AssertionError(f"no line {count} like {pattern!r} on {stream} {reason}"
                                         f"{self.describe()}")
                self._condition.wait(left)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the program alone."""
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 120.0) -> Finished:
        """Sends a signal and waits for the end."""
        self.send(number)
        return self.wait(seconds)

    def stop_delivered(self) -> Finished:
        """Stops what was started FASTER_THAN_DELIVERY; all that it measured is delivered then."""
        return self.stop(seconds=660)

    def wait(self, seconds: float = 120.0) -> Finished:
        """Waits for the end of the program and of its output; fails when time is up."""
        end = time.monotonic() + seconds
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s{self.describe()}") from None
        finished = time.monotonic() - self.started
        with self._condition:
            self._condition.wait_for(lambda: self._open == 0, max(0.0, end - time.monotonic()))
            if self._open:
                raise AssertionError("the program ended, but something that it started holds its "
                                     f"output open: {self.leftovers()}{self.describe()}")
            return Finished(code, bytes(self._data["out"]), bytes(self._data["err"]), finished)

    def leftovers(self) -> dict[int, str]:
        """The processes that the program started and that still exist (zombies are not counted),
        by process id: command line."""
        found: dict[int, str] = {}
        parents: dict[int, int] = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) not in (self.pid, os.getpid()):
                self._inspect(int(name), found, parents)
        added = True
        while added:
            new = {pid for pid, parent in parents.items()
                   if pid not in found and (parent in found or parent == self.pid)}
            found |= {pid: _command_line(pid) for pid in new}
            added = bool(new)
        return found

    def _inspect(self, pid: int, found: dict[int, str], parents: dict[int, int]) -> None:
        try:
            for _ in range(_EXEC_READS):
                fields = _stat(pid)
                # What is older than the program comes from elsewhere: no need to read more of it.
                if int(fields[19]) < self._born or fields[0] in b"ZX" or \
                        int(fields[6]) & _KERNEL_THREAD:
                    return
                variables = Path(f"/proc/{pid}/environ").read_bytes()
                start, end = fields[47:49]
                if variables or start == end != b"0":
                    break
            parents[pid] = int(fields[1])
            if f"{MARK}={self._mark}".encode() in variables.split(b"\0") or \
                    int(fields[3]) == self.pid:
                found[pid] = _command_line(pid)
        except (OSError, IndexError):
            return  # it ended meanwhile, or is not ours to read

    def assert_nothing_left(self, seconds: float = 0.0) -> None:
        """Fails if anything that the program started still exists after `seconds`. What was killed
        does not count, though it ends only once it gets a processor."""
        end = time.monotonic() + seconds
        while left := {pid: words for pid, words in self.leftovers().items() if not _is_dying(pid)}:
            if time.monotonic() >= end:
                raise AssertionError(f"left behind: {left}{self.describe()}")
            time.sleep(_POLL_SECONDS)

    def kill_all(self) -> None:
        """Ends the program and everything that it started, by process id."""
        if self.running:
            self._process.kill()
        self._process.wait()
        for _ in range(100):
            left = self.leftovers()
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if not left:
                break
            time.sleep(_POLL_SECONDS)
        for reader in self._readers:
            reader.join(5)

    def describe(self) -> str:
        """Command and output, for the message of a failure."""
        with self._condition:
            return (f"\ncommand: {self.command}\nstdout: "
                    f"{self._data['out'][-4000:].decode('utf-8', 'replace')}\nstderr: "
                    f"{self._data['err'][-4000:].decode('utf-8', 'replace')}")


def _stat(pid: int) -> list[bytes]:
    """The fields of proc_pid_stat(5) from the third on, which is the state. This is read for each
    process of the machine, again and again, so without what an open file costs in Python."""
    descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    try:
        return os.read(descriptor, 4096).rpartition(b")")[2].split()
    finally:
        os.close(descriptor)


def _born(pid: int) -> int:
    """When a child that nobody has waited for began, in ticks since the machine did."""
    return int(_stat(pid)[19])


def _is_dying(pid: int) -> bool:
    """True if SIGKILL waits for the process, or it ends already."""
    try:
        fields = _stat(pid)
        pending = re.findall(r"(?m)^(?:SigPnd|ShdPnd):\s*(\w+)$",
                             Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return True
    killed = 1 << (signal.SIGKILL - 1)
    return bool(int(fields[6]) & _EXITING) or any(int(mask, 16) & killed for mask in pending)


def _command_line(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        return words.replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return "?"


@unittest.skipUnless(os.environ.get("SLA_RUNNER"), "SLA_RUNNER does not name the program to test")
class RunnerTest(unittest.TestCase):
    """The base of the system tests."""

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None,
              program: str | None = None, directory: str | Path | None = None,
              stdin: bytes = b"") -> RunnerProcess:
        """Starts the program; it ends with the test at the latest."""
        process = RunnerProcess(arguments, environment, program=program, directory=directory,
                                stdin=stdin)
        self.addCleanup(process.kill_all)
        return process

    def run_to_end(self, *arguments: str, environment: Mapping[str, str] | None = None,
                   seconds: float = 120.0, program: str | None = None,
                   directory: str | Path | None = None) -> Finished:
        """Runs the program until it ends by itself."""
        process = self.start(*arguments, environment=environment, program=program,
                             directory=directory)
        return process.wait(seconds)

    def assert_took_less(self, seconds: float, began: float, reason: str = "") -> None:
        """Fails if more seconds have gone by since. Where the machine is in use it may take longer,
        by thirty times what a start of the program takes there at that moment."""
        took = time.monotonic() - began
        if took < seconds:
            return
        starts = []
        for _ in range(5):
            again = time.monotonic()
            subprocess.run([os.environ["SLA_RUNNER"], "--version"], check=True, capture_output=True)
            starts.append(time.monotonic() - again)
        self.assertLess(took, seconds + 30 * max(starts), reason)

    def temporary_directory(self) -> Path:
        """An empty directory that is removed with the test."""
        path = Path(tempfile.mkdtemp(prefix="sla-test-"))
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path
