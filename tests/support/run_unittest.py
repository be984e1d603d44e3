#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the unittest cases of one file.

usage: run_unittest.py FILE [NAME...]

Prints 'skipped: case: reason' for each case that was skipped and ends with the line
'N passed, N failed, N skipped'. Exits 77, which meson calls a skip, when nothing else ran, and
fails when there is no case at all. FILE may import what stands beside it and in tests/support.
"""

import importlib.util
import sys
import unittest
from pathlib import Path


class Counted(unittest.TextTestResult):
    """Counts what passed. The number of cases run says less: a class that is skipped as a whole is
    not in it."""

    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main(arguments):
    path = Path(arguments[0]).resolve()
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(path.parent), str(Path(__file__).resolve().parent)]
    spec = importlib.util.spec_from_file_location("cases", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["cases"] = module
    spec.loader.exec_module(module)
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(arguments[1:], module) if arguments[1:] else (
        loader.loadTestsFromModule(module))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Counted).run(suite)

    for case, reason in result.skipped:
        print(f"skipped: {case.id().removeprefix('cases.')}: {reason}")
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    print(f"{result.passed} passed, {failed} failed, {skipped} skipped")
    if failed or not result.passed + skipped:
        return 1
    return 0 if result.passed else 77


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
