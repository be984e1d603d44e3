# SPDX-License-Identifier: MIT
"""The C library and the modules for name services of other systems, as their packages have them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

PACKAGES = ("libc6", "libcap2", "libnss-mdns", "libnss-myhostname", "libnss-resolve",
            "libnss-systemd")
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def _mirror() -> str:
    """Where this machine has Debian from."""
    lines = subprocess.run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(SITE)",
                            "Created-By: Packages"], capture_output=True, text=True, check=True)
    for line in sorted(lines.stdout.splitlines()):
        if line.startswith("Debian bookworm "):
            return line.split()[2]
    raise unittest.SkipTest("apt knows no mirror of Debian")


def _fetch(release: str, into: Path) -> None:
    (into / "lists/partial").mkdir(parents=True)
    (into / "archives/partial").mkdir(parents=True)
    (into / "sources.list").write_text(f"deb [signed-by={_KEYS}] {_mirror()} {release} main\n")
    own = [f"Dir::Etc::SourceList={into}/sources.list", "Dir::Etc::SourceParts=/dev/null",
           f"Dir::State::Lists={into}/lists", f"Dir::Cache={into}", "APT::Sandbox::User=root",
           "Acquire::Languages=none", "Acquire::Retries=2"]
    apt = ["apt-get", "-q=2", *(word for option in own for word in ("-o", option))]
    try:
        for command in (["update", "--error-on=any"], ["download", *PACKAGES]):
            subprocess.run([*apt, *command], cwd=into, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise unittest.SkipTest(
            f"no packages of Debian {release}: {error.stderr.strip()[-300:]}") from error
    for package in into.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, into / "root"], check=True)


def libraries(release: str) -> Path:
    """A folder with the shared libraries of that release; fetched once into $SLA_STATIC."""
    folder = Path(os.environ["SLA_STATIC"]) / "foreign" / release
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        _fetch(release, Path(work) / "apt")
        found = Path(work) / "libraries"
        found.mkdir()
        for path in (Path(work) / "apt/root").rglob("*.so*"):
            if path.is_file() and path.parent.name != "gconv":
                shutil.copy(path, found / path.name)
        found.chmod(0o755)
        found.rename(folder)
    return folder
