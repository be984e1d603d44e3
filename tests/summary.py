#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the cases of meson's test logs.

usage: summary.py BUILD             one build directory: what failed, with its output, and one line
       summary.py --total BUILD...  all of them: what was skipped and why, then the count; exits 1
                                    when anything failed

Each program is one case, unless its output says how many it held: doctest does, and so does
run_unittest.py. A line 'skipped: reason', or a MESSAGE of doctest with this text, is a skipped
case. $SLA_TESTS_REQUIRE is a list of words; a skip whose line holds one of them is a failure.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed")
UNITTEST = re.compile(r"^(\d+) passed, (\d+) failed, \d+ skipped$", re.M)
SKIP = re.compile(r"^(?:\S+ MESSAGE: )?skipped: (.*)", re.M)


class Count(NamedTuple):
    passed: int
    failed: int
    skips: list
    failures: list  # the name of a test and what it printed


def count_test(test):
    """One program's cases, from one entry of meson's log."""
    output = test.get("stdout", "") + test.get("stderr", "")
    name = test["name"].split(" / ")[-1]
    skips = SKIP.findall(output)
    if doctest := DOCTEST.search(output):
        # A case of doctest that says so returns early, and doctest believes that it passed.
        passed, failed = int(doctest[2]) - len(skips), int(doctest[3])
        failed += int(doctest[1]) == 0
    elif unittest := UNITTEST.search(output):
        passed, failed = int(unittest[1]), int(unittest[2])
    else:
        passed, failed = int(test["result"] == "OK"), 0
    if test["result"] == "SKIP" and not skips:
        skips = [(output.strip().splitlines() or ["no reason given"])[-1]]
    if test["result"] not in ("OK", "SKIP"):
        failed = max(failed, 1)

    required = os.environ.get("SLA_TESTS_REQUIRE", "").split()
    wrong = [skip for skip in skips if any(word in f"{name} {skip}" for word in required)]
    failures = []
    if failed:
        failures.append((f"{name} ({test['result']})", output))
    if wrong:
        failures.append((name, "must not be skipped here:\n" + "\n".join(wrong)))
    kept = [f"{name}: {skip}" for skip in skips if skip not in wrong]
    return Count(passed, failed + len(wrong), kept, failures)


def count_build(build):
    """All programs of one build directory. Without a log it did not build: one failure."""
    log = build / "meson-logs" / "testlog.json"
    tests = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if not tests:
        lines = build.with_suffix(".log").read_text(errors="replace").splitlines()
        first = next((i for i, line in enumerate(lines) if re.search("FAILED:|ERROR", line)), 0)
        shown = "\n".join(line[:300] for line in lines[first:first + 60])
        return Count(0, 1, [], [("does not build", shown)])
    counts = [count_test(test) for test in tests]
    return Count(sum(c.passed for c in counts), sum(c.failed for c in counts),
                 sum((c.skips for c in counts), []), sum((c.failures for c in counts), []))


def show_build(build):
    count = count_build(build)
    for name, output in count.failures:
        print(f"---- {build.name}: {name}\n{output.rstrip()}\n----")
    print(f"{build.name}: {count.passed} passed, {count.failed} failed, {len(count.skips)} skipped",
          flush=True)


def show_total(builds):
    counts = {build.name: count_build(build) for build in builds}
    skips = {}  # the cases of one program that one reason skipped, in which builds
    for name, count in counts.items():
        for skip in count.skips:
            reason = re.sub(r": \w+\.test_\w+:", ":", skip, count=1)
            skips.setdefault(reason, []).append(name)
    for reason, names in skips.items():
        print(f"skipped {len(names)} ({', '.join(dict.fromkeys(names))}): {reason}")
    failed = sum(count.failed for count in counts.values())
    print(f"{sum(len(count.skips) for count in counts.values())} skipped")
    print(f"{sum(count.passed for count in counts.values())} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--total"]:
        sys.exit(show_total([Path(build) for build in sys.argv[2:]]))
    show_build(Path(sys.argv[1]))
