# SPDX-License-Identifier: MIT
"""Builds and runs real images with buildah and podman, as root and without a daemon, in a folder
of their own: nothing that the machine has is seen or changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import static_build

TOOLS = ("buildah", "podman", "runc", "debootstrap", "busybox")
# What containers need that run inside of one, as continuous integration often does: no cgroups of
# systemd's, no network of their own.
RUN = ("--cgroup-manager", "cgroupfs", "--runtime", "runc")
LIMITS = ("--network", "host", "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=20000:20000")
# Of an image, as Debian's have it, and where the compilers in it find static_build.cache().
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CACHE = "/ccache"
# Where the plain Debian images have their packages from.
SOURCES = """\
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
"""


def why_not() -> str:
    """Why there can be no images here; empty where there can."""
    if os.geteuid() != 0:
        return "images are built as root"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{missing[0]} is not installed" if missing else ""


class Containers:
    """Images and containers in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        static_build.cache().mkdir(exist_ok=True)
        configuration = folder / "containers.conf"
        configuration.write_text("[containers]\ndefault_ulimits = []\n")
        self.environment = os.environ | {"CONTAINERS_CONF": str(configuration)}
        self._storage = ["--root", str(folder / "images"), "--runroot", str(folder / "run"),
                         "--storage-driver", "overlay"]
        # What may mount nothing copies every layer.
        if subprocess.run(self.podman_command("info"), env=self.environment, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False).returncode != 0:
            self._storage[-1] = "vfs"

    def podman_command(self, *arguments: str) -> list[str]:
        """The words that run podman here."""
        return ["podman", *self._storage, *RUN, *arguments]

    def podman(self, *arguments: str) -> str:
        """What podman prints; an error holds what it complained about."""
        return self._run(self.podman_command(*arguments))

    def start_command(self, *arguments: str) -> list[str]:
        """The words that run a container."""
        return self.podman_command("run", *LIMITS, *arguments)

    def import_base(self, name: str) -> None:
        """Makes a plain Debian 12 under this name, where there is none. But for one thing:
        compilers look first for what they made of the same text elsewhere."""
        if name in self.podman("images", "--format", "{{.Repository}}:{{.Tag}}"):
            return
        base = self.folder / "base"
        shutil.rmtree(base, ignore_errors=True)
        self._run(["debootstrap", "--variant=minbase", "--include=ccache", "bookworm", str(base)])
        (base / "etc/apt/sources.list").write_text(SOURCES)
        archive = self.folder / "base.tar"
        self._run(["tar", "-C", str(base), "-cf", str(archive), "."])
        settings = static_build.CACHE_SETTINGS | {
            "CCACHE_DIR": CACHE, "PATH": f"{static_build.CACHE_PATH}:{PATH}"}
        self.podman("import", "--quiet", *(word for name_value in settings.items()
                                           for word in ("--change", "ENV " + "=".join(name_value))),
                    str(archive), name)
        shutil.rmtree(base)
        archive.unlink()

    def build_command(self, *arguments: str) -> list[str]:
        """The words that build an image."""
        return ["buildah", *self._storage, "bud", "--isolation", "chroot", "--network", "host",
                "--pull=never", "--layers", "--quiet", "--volume", f"{static_build.cache()}:{CACHE}",
                *arguments]

    def build(self, source: Path, name: str, *arguments: str) -> None:
        """Builds the image of the Dockerfile in a folder."""
        self._run(self.build_command("--tag", name, *arguments, str(source)))

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")
        return done.stdout
