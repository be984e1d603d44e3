# SPDX-License-Identifier: MIT
"""The static program, built by examples/build-static into $SLA_STATIC, once for all who ask."""

from __future__ import annotations

import os
import platform
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "examples" / "build-static"
DATE = "1700000000"  # of the SBOM, the same for all who build in this folder
# The image builds the same once more. What a compiler made of a text it need not make of the same text
# again: whatever differs is compiled. Compilers are told apart by their bytes, and so are the languages
# that they may complain in.
CACHE_PATH = "/usr/lib/ccache"
CACHE_SETTINGS = {"CCACHE_COMPILERCHECK": "content", "CCACHE_CONFIGPATH": "/dev/null",
                  "CCACHE_NOCOMPRESS": "1", "CCACHE_NOCPP2": "1", "LANG": "C.UTF-8"}


def why_not() -> str:
    """Why it cannot be built here; empty where it can."""
    if "SLA_STATIC" not in os.environ:
        return "SLA_STATIC does not name the folder for the static program"
    try:
        if platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm":
            return ""
    except OSError:
        pass
    return "the static program is built on Debian 12"


def cache() -> Path:
    """The folder of what compilers made in this build directory, and nowhere else."""
    return Path(os.environ["SLA_STATIC"]).with_name("cache")


def cached() -> dict[str, str]:
    """The environment in which compilers look there first, if ccache is installed."""
    if not Path(CACHE_PATH).exists():
        return dict(os.environ)
    own = {name: value for name, value in os.environ.items() if not name.startswith("CCACHE_")}
    return own | CACHE_SETTINGS | {"CCACHE_DIR": str(cache()),
                                   "PATH": f"{CACHE_PATH}:{os.environ['PATH']}"}


def build(arch: str = platform.machine(), script: Path = SCRIPT, folder: str = "") -> Path:
    """The folder with what the script makes for one architecture; see there."""
    if reason := why_not():
        raise unittest.SkipTest(reason)
    folder = folder or os.environ["SLA_STATIC"]
    # Nothing builds that of another architecture once more.
    environment = cached() if arch == platform.machine() else dict(os.environ)
    done = subprocess.run([script, "--arch", arch, folder], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env={"SOURCE_DATE_EPOCH": DATE, "SLA_COMMIT": ""} | environment)
    if done.returncode != 0:
        raise AssertionError(f"{script} failed:\n{done.stdout}")
    return Path(folder) / arch


def program(folder: Path) -> Path:
    """The static program in such a folder."""
    return folder / "root" / "usr" / "local" / "bin" / "sla-runner"
