# SPDX-License-Identifier: MIT
"""The static program built a second time, elsewhere and in another environment, all but OpenSSL,
which takes most of the time. tests/run --all as root builds that a second time too, in the image."""

from __future__ import annotations

import json
import os
import shutil
import unittest
from pathlib import Path

import static_build
from runner_process import RunnerTest

built: Path


def setUpModule() -> None:
    global built
    built = static_build.build()


class ReproducibleTest(RunnerTest):
    """The same sources give the same bytes."""

    def test_another_folder_user_settings_and_time_zone_make_no_difference(self) -> None:
        copy = self.temporary_directory() / "a folder of another length"
        for name in ("include", "examples"):
            shutil.copytree(static_build.ROOT / name, copy / name)
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(TZ="Asia/Tokyo", LANG="C.UTF-8", CFLAGS="-O3", CXXFLAGS="-g", USER="else",
                          SOURCE_DATE_EPOCH="1234567890")
        self.addCleanup(os.umask, os.umask(0o077))
        out = self.temporary_directory() / "out"
        parts = out / built.name
        parts.mkdir(parents=True)
        (parts / "openssl").symlink_to(built / "openssl")
        shutil.copy(built / "openssl.recipe", parts)
        again = static_build.build(script=copy / "examples" / "build-static", folder=str(out))
        first, second = (static_build.program(folder).read_bytes() for folder in (built, again))
        self.assertTrue(first == second, "the programs differ")
        self.assertEqual(0o755, static_build.program(again).stat().st_mode & 0o777)
        sbom = json.loads((again / "sla-runner.spdx.json").read_text())
        self.assertEqual("2009-02-13T23:31:30Z", sbom["creationInfo"]["created"])


if __name__ == "__main__":
    unittest.main()
