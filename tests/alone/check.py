# SPDX-License-Identifier: MIT
"""Each header includes what it needs: it compiles when nothing but its own includes came before.

A hub is precompiled, and a header that includes one, directly or not, is compiled on top of it: all
includes come first, and each is checked too, so this finds what compiling the header alone would.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

INCLUDE = Path(__file__).resolve().parent.parent.parent / "include"
COMPILER = shutil.which("clang++")
HUBS = ["sla/core/result.hpp", "sla/core/stop.hpp", "sla/core/log.hpp", "sla/core/apart.hpp",
        "sla/aws/call/client.hpp", "sla/aws/wire/reply.hpp", "sla/app/aws_access.hpp",
        "sla/app/settings/checks.hpp", "sla/app/settings/settings.hpp", "sla/app/settings/table.hpp",
        "sla/app/startup.hpp"]


def reach(direct, header):
    """All headers of ours that this one includes, directly or not."""
    found, todo = set(), [header]
    while todo:
        new = set(direct[todo.pop()]) - found
        found |= new
        todo += new
    return found


@unittest.skipUnless(COMPILER, "clang++ is not installed")
class Alone(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        direct = {str(path.relative_to(INCLUDE)):
                  re.findall(r'^#include "(sla/.*)"', path.read_text(), re.M)
                  for path in sorted(INCLUDE.rglob("*.hpp"))}
        self.reach = {header: reach(direct, header) for header in direct}

    def errors(self, header, *options):
        """What the compiler says of this header, on top of the largest of these hubs in it."""
        hub = max(self.reach[header] & set(HUBS), key=lambda hub: len(self.reach[hub]), default=None)
        if hub and not options:
            options = ("-include-pch", self.precompiled(hub), "-fsyntax-only")
        source = self.folder / (header.replace("/", "_") + ".cpp")
        source.write_text(f'#include "{header}"\n' * 2)
        done = subprocess.run(
            [COMPILER, "-std=c++20", "-w", "-pthread", f"-I{INCLUDE}",
             *(options or ["-fsyntax-only"]), source], capture_output=True, text=True, check=False)
        return f"{header}:\n{done.stderr}" if done.returncode else ""

    def precompiled(self, hub):
        return self.folder / (hub.replace("/", "_") + ".pch")

    def test_every_header_includes_what_it_needs(self):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual("", "".join(pool.map(
                lambda hub: self.errors(hub, "-x", "c++-header", "-o", self.precompiled(hub)), HUBS)))
            self.assertEqual("", "".join(pool.map(
                self.errors, [header for header in self.reach if header not in HUBS])))
