# SPDX-License-Identifier: MIT
"""For tests of what looks at all processes: as root they go on where they see none but theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_ENTERED = "SLA_TESTS_OWN_PROCESSES"
_UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def enter() -> None:
    """Starts the tests again in a PID namespace with a /proc of its own, where there may be one.
    The shell is its process 1, which waits for the orphans."""
    if os.geteuid() != 0 or not shutil.which(_UNSHARE[0]) or os.environ.pop(_ENTERED, ""):
        return
    if subprocess.run([*_UNSHARE, "true"], check=False, capture_output=True).returncode != 0:
        return
    os.environ[_ENTERED] = "yes"
    sys.stdout.flush()
    os.execvp(_UNSHARE[0], [*_UNSHARE, "sh", "-c", "\"$@\"; exit \"$?\"", "sh", sys.executable,
                            *sys.argv])
