# SPDX-License-Identifier: MIT
"""What clang-tidy finds, which takes a minute."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from clang_tool import clang_tool
from simdjson_flags import FEWER

ROOT = Path(__file__).resolve().parent.parent


class Tidy(unittest.TestCase):
    def test_clang_tidy_finds_nothing_in_the_headers(self):
        program = clang_tool(self, "clang-tidy")
        with tempfile.TemporaryDirectory() as folder:
            # The program instantiates what the umbrella only declares.
            everything = Path(folder) / "everything.cpp"
            everything.write_text('#include "sla/sla.hpp"\n'
                                  f'#include "{ROOT / "examples/sla_runner.cpp"}"  // NOLINT\n')
            run = subprocess.run([program, "--quiet", f"--config-file={ROOT / '.clang-tidy'}",
                                  everything, "--", "-std=c++20", f"-I{ROOT / 'include'}", *FEWER],
                                 capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
