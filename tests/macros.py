# SPDX-License-Identifier: MIT
# Covers: sla.hpp, version.hpp
"""The library leaves no macro behind but its version."""

import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SINGLE = ROOT / "single_include" / "sla.hpp"


def macros(compiler, source):
    run = subprocess.run([compiler, "-std=c++20", "-dM", "-E", "-x", "c++", "-",
                          f"-I{ROOT / 'include'}"],
                         input=source, capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines())


class Macros(unittest.TestCase):
    def test_after_everything_is_included_only_the_version_is_new(self):
        # The single header names every system header that the library includes.
        others = [line for line in SINGLE.read_text().splitlines()
                  if line.startswith("#include <")]
        compiler = os.environ.get("CXX", "c++")
        before = macros(compiler, "\n".join(others) + "\n")
        after = macros(compiler, '#include "sla/sla.hpp"\n')
        # Reserved names are the compiler's and the C library's; some depend on the order.
        names = (re.match(r"#define (\w+)", line)[1] for line in after ^ before)
        new = sorted(name for name in names if not name.startswith("__"))
        self.assertEqual(new, ["SLA_VERSION_MAJOR", "SLA_VERSION_MINOR", "SLA_VERSION_PATCH"])
