# SPDX-License-Identifier: MIT
"""The base of the system tests that need no service: results go to a local store."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from runner_process import Finished, RunnerProcess, RunnerTest


def wait_until(condition: Callable[[], object], seconds: float = 120.0,
               describe: Callable[[], str] = str) -> None:
    """Waits for what nothing reports by itself; fails when time is up. It looks again after a
    twentieth of what it has waited so far, as what took long does not hurry."""
    began, pause = time.monotonic(), threading.Event()
    while not condition():
        waited = time.monotonic() - began
        if waited >= seconds:
            raise AssertionError(f"not within {seconds} s {describe()}")
        pause.wait(min(max(0.01, waited / 20), 0.1))


def children(pid: int) -> str:
    """The children of a process, whichever of its threads has them; those that were not reaped
    included."""
    found = ""
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread may have ended meanwhile
            found += file.read_text()
    return found


class StoreTest(RunnerTest):
    """Runs the program with a store in a folder of its own."""

    def setUp(self) -> None:
        self.folder = self.temporary_directory()
        self.store = self.folder / "store"

    def job(self, *arguments: str) -> list[str]:
        """The settings of a job that stores its results."""
        return ["--service", "shop", "--store", str(self.store), *arguments]

    def start_job(self, *arguments: str, **environment: str) -> RunnerProcess:
        """Starts it."""
        return self.start(*self.job(*arguments), environment=environment, directory=self.folder)

    def run_once(self, *arguments: str, seconds: float = 120.0, **environment: str) -> Finished:
        """One run; nothing is left behind."""
        process = self.start_job("--once", *arguments, **environment)
        finished = process.wait(seconds)
        process.assert_nothing_left()
        return finished

    def events(self) -> list[dict[str, object]]:
        """The events in the store, but for one that is being written at this moment."""
        file = self.store / "events.ndjson"
        if not file.exists():
            return []
        whole, _, _ = file.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def event(self) -> dict[str, object]:
        """The only event in the store."""
        events = self.events()
        self.assertEqual(1, len(events), events)
        return events[0]

    def logs(self, result: str = "") -> list[Path]:
        """The logs in the store, or those of a result such as SUCCESS."""
        return sorted(path for path in self.store.rglob(f"*_{result}*") if path.is_file())

    def log(self) -> bytes:
        """The only log in the store."""
        [path] = self.logs()
        return path.read_bytes()

    def wait_for_events(self, count: int, process: RunnerProcess, seconds: float = 120.0) -> None:
        """Waits for that many events."""
        wait_until(lambda: len(self.events()) >= count, seconds, process.describe)
