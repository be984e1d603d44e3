# SPDX-License-Identifier: MIT
"""A command that the kernel kills for lack of memory, in a cgroup with a limit."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import unittest
import uuid
from pathlib import Path

from store_case import StoreTest, wait_until

_ROOT = Path("/sys/fs/cgroup")
_LIMIT = 48 << 20
_EAT = f"{sys.executable} -c 'x = b\"x\" * {256 << 20}'"


def _make() -> tuple[Path | None, str]:
    """A new cgroup with a limit, or why there can be none."""
    old = (_ROOT / "memory").is_dir()
    folder = (_ROOT / "memory" if old else _ROOT) / f"sla-test-{uuid.uuid4().hex[:8]}"
    names = (["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] if old
             else ["memory.max", "memory.swap.max"])
    try:
        folder.mkdir()
    except OSError as error:
        return None, f"a cgroup cannot be made: {error}"
    try:
        (folder / names[0]).write_text(str(_LIMIT))
    except OSError as error:
        folder.rmdir()
        return None, f"a cgroup cannot be limited: {error}"
    with contextlib.suppress(OSError):  # where nothing is swapped
        (folder / names[1]).write_text(str(_LIMIT) if old else "0")
    return folder, ""


class MemoryTest(StoreTest):
    """One cgroup for each test."""

    def run_within(self, *arguments: str) -> dict[str, object]:
        """The event of one run of the program in a cgroup with little memory."""
        folder, reason = _make()
        if folder is None:
            raise unittest.SkipTest(reason)
        self.addCleanup(wait_until, lambda: self.removed(folder))
        process = self.start("-c", 'echo $$ >"$0" && exec "$@"', str(folder / "cgroup.procs"),
                             os.environ["SLA_RUNNER"], *self.job("--once", *arguments),
                             program="sh", directory=self.folder)
        self.assertEqual(1, process.wait().code, process.describe())
        return self.event()

    @staticmethod
    def removed(folder: Path) -> bool:
        """Whether it is gone; what was in it may take a moment to end."""
        with contextlib.suppress(OSError):
            folder.rmdir()
        return not folder.exists()

    def test_a_command_that_was_killed_for_lack_of_memory_says_so(self) -> None:
        event = self.run_within("--command", f"exec {_EAT}")
        self.assertEqual(("signaled", signal.SIGKILL, "oom"),
                         (event["verdict"], event["signal"], event["cause"]))
        self.assertEqual("the kernel killed it for lack of memory", event["reason"])

    def test_so_does_one_whose_child_was_killed(self) -> None:
        event = self.run_within("--command", f"{_EAT}; exit 3")
        self.assertEqual(("fail", 3, "oom"), (event["verdict"], event["exitCode"], event["cause"]))

    def test_what_is_killed_by_others_has_no_cause(self) -> None:
        event = self.run_within("--command", "kill -9 $$")
        self.assertEqual("signaled", event["verdict"])
        self.assertNotIn("cause", event)
