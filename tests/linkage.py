# SPDX-License-Identifier: MIT
"""What a header defines may stand in many translation units: the linker takes one for all of them."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path


def strong(objects):
    """The names of sla that these object files define so that the linker allows them only once."""
    listed = subprocess.run(["nm", "--defined-only", "--demangle", *objects], capture_output=True,
                            text=True, check=True).stdout
    return sorted(set(re.findall(r"^[0-9a-f]+ [A-Z] (sla::.*)$", listed, re.M))
                  - set(re.findall(r"^[0-9a-f]+ [VW] (sla::.*)$", listed, re.M)))


class Linkage(unittest.TestCase):
    def test_no_header_defines_what_may_stand_only_once(self):
        # Between them the rooms include every header.
        objects = sorted(Path(os.environ["SLA_ROOMS"]).glob("room_*.p/*.o"))
        self.assertTrue(objects, "there are no rooms")
        self.assertEqual([], strong(objects), "these are not inline")

    def test_what_is_not_inline_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder) / "two.o"
            subprocess.run([os.environ.get("CXX", "c++"), "-x", "c++", "-c", "-", "-o", built],
                           input="namespace sla { void once() {} int count = 1;"
                                 "inline void many() {} void (*taken)() = many; }",
                           text=True, check=True)
            self.assertEqual(["sla::count", "sla::once()", "sla::taken"], strong([built]))
