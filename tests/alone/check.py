# SPDX-License-Identifier: MIT
"""Each header includes what it needs: it compiles when nothing but its own includes came before.

A hub is a set of headers that many include, and is precompiled; a header that includes all of one,
directly or not, is compiled on top of it: all includes come first, and each is checked too, so this
finds what compiling the header alone would.
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
HUBS = [("<string>",), ("sla/core/result.hpp",), ("sla/core/stop.hpp",), ("sla/core/log.hpp",),
        ("sla/core/apart.hpp",), ("sla/aws/call/client.hpp",), ("sla/aws/wire/reply.hpp",),
        ("sla/aws/call/client.hpp", "sla/aws/wire/reply.hpp"), ("sla/app/aws_access.hpp",),
        ("sla/app/settings/settings.hpp",), ("sla/app/settings/checks.hpp",),
        ("sla/app/settings/checks.hpp", "sla/aws/wire/reply.hpp"), ("sla/app/settings/table.hpp",),
        ("sla/app/settings/table.hpp", "sla/aws/wire/reply.hpp"), ("sla/app/startup.hpp",)]


def reach(direct, headers):
    """These headers and all that they include, directly or not."""
    found, todo = set(headers), list(headers)
    while todo:
        new = set(direct.get(todo.pop(), [])) - found
        found |= new
        todo += new
    return found


def name_of(headers):
    return re.sub("[/<>]", "_", "_".join(headers))


@unittest.skipUnless(COMPILER, "clang++ is not installed")
class Alone(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        direct = {str(path.relative_to(INCLUDE)):
                  re.findall(r'^#include "?(<.*>|sla/.*hpp)', path.read_text(), re.M)
                  for path in sorted(INCLUDE.rglob("*.hpp"))}
        self.reach = {headers: reach(direct, headers)
                      for headers in [*HUBS, *((header,) for header in direct)]}

    def errors(self, headers, *options):
        """What the compiler says of these headers, each included twice."""
        source = self.folder / f"{name_of(headers)}.cpp"
        source.write_text("".join(
            f"#include {header}\n" if header[0] == "<" else f'#include "{header}"\n'
            for header in headers * 2))
        done = subprocess.run([COMPILER, "-std=c++20", "-w", "-pthread", f"-I{INCLUDE}", *options, source],
                              capture_output=True, text=True, check=False)
        return f"{headers}:\n{done.stderr}" if done.returncode else ""

    def precompiled(self, hub):
        return self.folder / f"{name_of(hub)}.pch"

    def errors_of_hub(self, hub):
        # What its templates become is not made again for all that comes on top of it.
        return self.errors(hub, "-x", "c++-header", "-fpch-instantiate-templates",
                           "-o", self.precompiled(hub))

    def errors_on_hub(self, headers):
        hubs = [hub for hub in HUBS if self.reach[headers].issuperset(hub)]
        best = max(hubs, key=lambda hub: len(self.reach[hub]), default=None)
        return self.errors(headers, "-fsyntax-only",
                           *(["-include-pch", self.precompiled(best)] if best else []))

    def test_every_header_includes_what_it_needs(self):
        alone = [headers for headers in self.reach if headers not in HUBS]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.assertEqual("", "".join(pool.map(self.errors_of_hub, HUBS)))
            self.assertEqual("", "".join(pool.map(self.errors_on_hub, alone)))
