# SPDX-License-Identifier: MIT
"""examples/release: one command makes everything that is released, of one version."""

from __future__ import annotations

import hashlib
import os
import subprocess
import unittest
from pathlib import Path

import static_build
from cross import setUpModule  # noqa: F401  it needs the same as the tests of aarch64
from runner_process import RunnerTest

SCRIPT = static_build.ROOT / "examples" / "release"
# In place of docker, since the test of the image builds it: writes down what it is asked for.
DOCKER = """#!/bin/sh
echo "$*" >>"$0.asked"
if [ "$1" = save ]; then echo image >"$3"; fi
"""


class ReleaseTest(RunnerTest):
    """What it makes."""

    def test_every_artefact_is_made_and_summed(self) -> None:
        folder = self.temporary_directory()
        docker, out = folder / "docker", folder / "out"
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        done = subprocess.run([SCRIPT, out], capture_output=True, text=True, check=False,
                              env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}",
                                                "SOURCE_DATE_EPOCH": static_build.DATE})
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        host = static_build.program(static_build.build())
        version = subprocess.check_output([host, "--version"], text=True).split()[1]
        names = {f"sla-{version}.hpp", f"sla-runner-{version}-image.tar"}
        for arch in ("x86_64", "aarch64"):
            names |= {f"sla-runner-{version}-{arch}", f"sla-runner-{version}-{arch}.spdx.json",
                      f"sla_runner-{version}-py3-none-manylinux_2_17_{arch}.manylinux2014_{arch}."
                      f"musllinux_1_1_{arch}.whl"}
        self.assertEqual(names | {"SHA256SUMS"}, {path.name for path in out.iterdir()})
        sums = dict(reversed(line.split("  ")) for line in
                    (out / "SHA256SUMS").read_text().splitlines())
        self.assertEqual({name: hashlib.sha256((out / name).read_bytes()).hexdigest()
                          for name in names}, sums)
        self.assertEqual(
            [f"build --build-arg SOURCE_DATE_EPOCH={static_build.DATE} -t sla-runner:{version} .",
             f"save -o {out}/sla-runner-{version}-image.tar sla-runner:{version}"],
            Path(f"{docker}.asked").read_text().splitlines())

    def test_a_folder_that_holds_something_is_left_alone(self) -> None:
        folder = self.temporary_directory()
        (folder / "kept").touch()
        done = subprocess.run([SCRIPT, folder.name], capture_output=True, text=True, check=False,
                              cwd=folder.parent)
        self.assertEqual((73, f"release: {folder.name} holds something already: name a folder that "
                          "is empty or not there\n"), (done.returncode, done.stderr))
        self.assertTrue((folder / "kept").exists())


if __name__ == "__main__":
    unittest.main()
