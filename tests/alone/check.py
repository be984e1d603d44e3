# SPDX-License-Identifier: MIT
"""Each header includes what it needs: it compiles when nothing but its own includes came before.

A hub is a set of headers that many include, and is precompiled, on top of another where it can be;
a header that includes all of one, directly or not, is compiled on top of it: all includes come
first, and each is checked too, so this finds what compiling the header alone would.
"""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from simdjson_flags import FEWER

INCLUDE = Path(__file__).resolve().parent.parent.parent / "include"
COMPILER = shutil.which("clang++")
HUBS = [("<string>",), ("sla/core/result.hpp",), ("sla/core/stop.hpp",), ("sla/core/log.hpp",),
        ("sla/core/apart.hpp",), ("sla/core/random.hpp",), ("sla/core/text.hpp",),
        ("sla/core/time.hpp",), ("sla/spool/store.hpp",), ("sla/ledger/timeline.hpp",),
        ("sla/aws/http/url.hpp",), ("sla/aws/http/curl_options.hpp",),
        ("sla/aws/sign/credentials.hpp",), ("sla/aws/call/client.hpp",), ("sla/aws/wire/reply.hpp",),
        ("sla/aws/call/client.hpp", "sla/aws/wire/reply.hpp"), ("sla/app/aws_access.hpp",),
        ("sla/app/settings/settings.hpp",), ("sla/app/settings/checks.hpp",),
        ("sla/app/settings/checks.hpp", "sla/aws/wire/reply.hpp"), ("sla/app/settings/table.hpp",),
        ("sla/app/settings/table.hpp", "sla/aws/wire/reply.hpp"), ("sla/app/load_parameters.hpp",),
        ("sla/app/startup.hpp",), ("sla/app/checks/run_checks.hpp",)]


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
        self.made = {}
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
        done = subprocess.run([COMPILER, "-std=c++20", "-w", "-fno-crash-diagnostics", "-pthread",
                               f"-I{INCLUDE}", *FEWER, *options, source],
                              capture_output=True, text=True, check=False)
        return f"{headers}:\n{done.stderr}" if done.returncode else ""

    def precompiled(self, hub):
        return self.folder / f"{name_of(hub)}.pch"

    def errors_of_hub(self, hub):
        # What its templates become is not made again for all that comes on top of it.
        making = ["-x", "c++-header", "-fpch-instantiate-templates", "-o", self.precompiled(hub)]
        base = self.on_best_hub(hub)
        # clang++ 14 cannot read some of those that it made on top of others.
        if base and not self.errors(hub, *base, *making) and not self.errors(
                ("<cstddef>", *hub), "-include-pch", self.precompiled(hub), "-fsyntax-only"):
            return ""
        return self.errors(hub, *making)

    def errors_on_hub(self, headers):
        on_hub = self.errors(headers, *self.on_best_hub(headers), "-fsyntax-only")
        # What clang++ 14 makes of several that are on top of each other is not always right.
        return self.errors(headers, "-fsyntax-only") if on_hub else ""

    def on_best_hub(self, headers):
        """What compiles these on top of the hub that saves most."""
        hubs = [hub for hub in HUBS if hub != headers and self.reach[headers].issuperset(hub)]
        best = max(hubs, key=lambda hub: len(self.reach[hub]), default=None)
        if not best:
            return []
        self.made[best].result()
        return ["-include-pch", self.precompiled(best)]

    def test_every_header_includes_what_it_needs(self):
        alone = [headers for headers in self.reach if headers not in HUBS]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for hub in sorted(HUBS, key=lambda hub: len(self.reach[hub])):
                self.made[hub] = pool.submit(self.errors_of_hub, hub)
            self.assertEqual("", "".join(hub.result() for hub in self.made.values()))
            self.assertEqual("", "".join(pool.map(self.errors_on_hub, alone)))
