#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the cases of meson's test logs.

usage: summary.py BUILD             one build directory: its count, and the names of what failed
       summary.py --failed BUILD    the names of the tests that failed, to run them once more
       summary.py --total BUILD...  all of them: what was skipped and why, what failed or is flaky,
                                    with its output, then their names and the counts; exits 1 when
                                    anything failed, or more than two tests are flaky

A test that failed and then passed when it was run once more, as meson-logs/retry.json has it, is
flaky: its cases count as passed, and both outputs are shown.

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
    failures: list  # the name of a test, how it failed, and what it printed
    flaky: list  # the same of those that passed when they were run once more


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
        failures.append((name, test["result"], output))
    if wrong:
        failures.append((name, "SKIP", "must not be skipped here:\n" + "\n".join(wrong)))
    kept = [f"{name}: {skip}" for skip in skips if skip not in wrong]
    return Count(passed, failed + len(wrong), kept, failures, [])


def count_twice(first, second):
    """The count of a test that failed and was run once more."""
    if second is None or not has_failed(first) or has_failed(second):
        return count_test(first)
    outputs = [test.get("stdout", "") + test.get("stderr", "") for test in (first, second)]
    return count_test(second)._replace(flaky=[(
        first["name"].split(" / ")[-1], first["result"],
        f"{outputs[0].rstrip()}\n---- and when it was run once more:\n{outputs[1]}")])


def has_failed(test):
    return count_test(test).failed > 0 and test["result"] != "SKIP"


def read_logs(build, pattern):
    return [json.loads(line) for log in sorted((build / "meson-logs").glob(pattern))
            for line in log.read_text().splitlines()]


def failed_build(build):
    """The first errors of what did not build, as tests/run notes it, or where no test ran at all."""
    lines = build.with_suffix(".log").read_text(errors="replace").splitlines()
    first = next((i for i, line in enumerate(lines) if re.search("FAILED:|ERROR", line)), 0)
    shown = "\n".join(line[:300] for line in lines[first:first + 60])
    return Count(0, 1, [], [("the build", "it is not whole", shown)], [])


def count_build(build):
    """All programs of one build directory, and whether it is whole."""
    tests = read_logs(build, "testlog*.json")
    again = {test["name"]: test for test in read_logs(build, "retry.json")}
    counts = [count_twice(test, again.get(test["name"])) for test in tests]
    if not tests or build.with_suffix(".failed").exists():
        counts.append(failed_build(build))
    return Count(sum(c.passed for c in counts), sum(c.failed for c in counts),
                 *(sum((getattr(c, field) for c in counts), [])
                   for field in ("skips", "failures", "flaky")))


def show_build(build):
    count = count_build(build)
    for name, result, _ in count.failures:
        print(f"{build.name}: {name} failed ({result})")
    print(f"{build.name}: {count.passed} passed, {count.failed} failed, {len(count.skips)} skipped",
          flush=True)


def show_failed(build):
    for test in read_logs(build, "testlog*.json"):
        if has_failed(test):
            print(test["name"].split(" / ")[-1])


def show_outputs(build, kind, outputs):
    """What tests printed, whole, each with the command that repeats it alone."""
    prefix = "" if build == "gcc" else f"{build}:"
    for name, result, output in outputs:
        repeat = "" if name == "the build" else f"; to repeat it: tests/run {prefix}{name}"
        print(f"---- {build}: {name} {kind} ({result}){repeat}\n{output.rstrip()}\n----")


def show_names(build, kind, outputs):
    """Names again what failed, for a reader who has only the end of a long report."""
    for name, result, _ in outputs:
        print(f"{kind}: {build}: {name} ({result})")


def show_total(builds):
    counts = {build.name: count_build(build) for build in builds}
    skips = {}  # the cases of one program that one reason skipped, in which builds
    for name, count in counts.items():
        for skip in count.skips:
            reason = re.sub(r": \w+\.test_\w+:", ":", skip, count=1)
            skips.setdefault(reason, []).append(name)
    for reason, names in skips.items():
        print(f"skipped {len(names)} ({', '.join(dict.fromkeys(names))}): {reason}")
    for name, count in counts.items():
        show_outputs(name, "is flaky", count.flaky)
        show_outputs(name, "failed", count.failures)
    for name, count in counts.items():
        show_names(name, "flaky", count.flaky)
        show_names(name, "failed", count.failures)
    failed = sum(count.failed for count in counts.values())
    flaky = sum(len(count.flaky) for count in counts.values())
    print(f"{sum(len(count.skips) for count in counts.values())} skipped")
    print(f"{flaky} flaky")
    print(f"{sum(count.passed for count in counts.values())} passed, {failed} failed")
    return 1 if failed or flaky > 2 else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--total"]:
        sys.exit(show_total([Path(build) for build in sys.argv[2:]]))
    elif sys.argv[1:2] == ["--failed"]:
        show_failed(Path(sys.argv[2]))
    else:
        show_build(Path(sys.argv[1]))
