# SPDX-License-Identifier: MIT
"""The tools of clang that look at sources, in the version that these are kept to."""

import re
import shutil
import subprocess

# Other versions want another layout and find other things.
CLANG = "14"


def clang_tool(test, name):
    """The path of one; skips the test where the machine does not have it in this version."""
    program = shutil.which(f"{name}-{CLANG}") or shutil.which(name)
    if not program:
        test.skipTest(f"{name} is not installed")
    run = subprocess.run([program, "--version"], capture_output=True, text=True)
    version = re.search(r"version (\d+)", run.stdout)[1]
    if version != CLANG:
        test.skipTest(f"this is {name} {version}, and the files are kept to that of {CLANG}")
    return program
