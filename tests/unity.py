#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Joins unit tests into one translation unit, so that what they all include is parsed once.

usage: unity.py OUTPUT SOURCE...

After its includes, which come first, the text of each file is put into a namespace of its own, so
that no name of one meets that of another. Errors and doctest name the lines of the files.
"""

import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent


def joined(source):
    lines = source.read_text().splitlines()
    body = 1 + max(i for i, line in enumerate(lines) if line.startswith("#include"))
    name = re.sub(r"\W", "_", str(source.resolve().relative_to(TESTS).with_suffix("")))
    return [f'#line 1 "{source}"', *(included(source, line) for line in lines[:body]),
            f"namespace test_{name} {{", f'#line {body + 1} "{source}"', *lines[body:], "}"]


def included(source, line):
    """This line; a file that it includes from beside the source is found from anywhere."""
    path = re.fullmatch(r'#include "(.*)"', line)
    beside = path and (source.parent / path[1])
    return f'#include "{beside.resolve()}"' if beside and beside.is_file() else line


def main(output, *sources):
    lines = [line for source in sources for line in joined(Path(source))]
    Path(output).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
