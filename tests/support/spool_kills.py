#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a runner at random instants and counts what became of its results.

usage: spool_kills.py VICTIM KILLS FOLDER

VICTIM is tests/support/spool_victim.cpp, compiled. Every run that was recorded must have arrived
at least once, in the order of the runs, with its own log; every run that began and was not recorded
must have arrived as interrupted, unless its beginning was not noted either. The last line counts.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path


def lines(path):
    """The whole lines of a file: the victim may have died in the middle of the last one."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text[:text.rfind("\n") + 1].splitlines()


def kill_one(victim, folder):
    with subprocess.Popen([victim, folder], stderr=subprocess.DEVNULL) as process:
        time.sleep(random.uniform(0.0, 0.25))
        process.send_signal(signal.SIGKILL)
        process.wait()
        return process.returncode == -signal.SIGKILL


def first_arrivals(events):
    """The runs in the order in which each arrived first, and how each ended."""
    verdicts = {}
    for line in events:
        _, _, run, verdict = line.split(" ")
        verdicts.setdefault(run, verdict)
    return verdicts


def main(victim, kills, folder):
    killed = sum(kill_one(victim, folder) for _ in range(kills))
    last = subprocess.run([victim, folder, "1"], stderr=subprocess.PIPE, text=True, check=False)
    base = Path(folder)
    begun, recorded = lines(base / "begun"), lines(base / "recorded")
    arrived = first_arrivals(lines(base / "events"))
    logs = dict(line.split(" ", 1) for line in lines(base / "logs"))
    longest = max(int(line) for line in lines(base / "longest")) / 1e6

    results = [run for run, verdict in arrived.items() if verdict == "pass"]
    interrupted = [run for run, verdict in arrived.items() if verdict == "interrupted"]
    lost = [run for run in recorded if arrived.get(run) != "pass"]
    lost_logs = [run for run in results if logs.get(run) != f"log of {run}"]
    order = {run: place for place, run in enumerate(begun)}
    places = [order[run] for run in results]
    disorder = sum(a > b for a, b in zip(places, places[1:]))
    unknown = [run for run in begun[:-1] if run not in arrived]
    print(f"killed {killed} times, {len(begun)} runs begun, {len(recorded)} recorded; "
          f"arrived: {len(results)} results, {len(interrupted)} interrupted, "
          f"{len(lines(base / 'events')) - len(arrived)} repeated; "
          f"lost {len(lost)} results and {len(lost_logs)} logs, {disorder} out of order, "
          f"{len(unknown)} never heard of; the longest publish() took {longest:.1f} ms; "
          f"the last one ended with {last.returncode}")
    left = [str(path) for part in ("logs", "runs") for path in (base / "spool" / part).iterdir()]
    bad = lost or lost_logs or disorder or left or last.returncode != 0
    for what in left[:10]:
        print("left behind:", what)
    if bad:
        print(last.stderr[-2000:])
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(64)
    os.makedirs(sys.argv[3], exist_ok=True)
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
