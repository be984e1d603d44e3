# SPDX-License-Identifier: MIT
"""Four shards of one file of checks on three processes, one of which is killed at random, again and
again, and comes back as whichever shard has none: no slot is counted twice, and none is lost but those
of the time without a process. It takes $SLA_SHARDS_SECONDS, half a minute unless that says more."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import unittest
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from runner_process import Finished, RunnerProcess
from store_case import StoreTest

_MASK = (1 << 64) - 1


def hash_of(service: str) -> int:
    """FNV-1a of the name and a zero, mixed: where the service stands on its grid."""
    value = 0xCBF29CE484222325
    for byte in (*service.encode(), 0):
        value = (value ^ byte) * 0x100000001B3 & _MASK
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ value >> shift) * factor & _MASK
    return value ^ value >> 31


@dataclass
class Life:
    """A process of one shard."""

    shard: int
    process: RunnerProcess
    end: float = 0.0  # when it was told to end
    finished: Finished | None = None

    def lines(self) -> list[str]:
        """What it said; a kill may cut the last line, which is left out."""
        assert self.finished
        return self.finished.err_text.split("\n")[:-1]

    def begin(self) -> float:
        """When its first run began, so that it had read its file and placed all checks; infinity
        where none did."""
        for line in self.lines():
            if " run starts" in line:
                return datetime.fromisoformat(line.split()[0].replace("Z", "+00:00")).timestamp()
        return float("inf")

    def missed(self) -> Counter[str]:
        """The slots of each service that it says it missed, on a machine that was too busy."""
        found: Counter[str] = Counter()
        for line in self.lines():
            if " missed=" in line:
                fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
                found[fields["service"]] = int(fields["missed"])
        return found


class ShardsTest(StoreTest):
    """Lives and deaths of the processes of a fleet."""

    SHARDS = 4
    PROCESSES = 3
    PERIOD = 1.0  # seconds, of each check
    SERVICES = [f"check-{number}" for number in range(24)]
    SECONDS = float(os.environ.get("SLA_SHARDS_SECONDS", "30"))

    def setUp(self) -> None:
        super().setUp()
        self.chance = random.Random(20)
        self.lives: list[Life] = []
        self.file = self.folder / "checks.json"
        self.file.write_text(json.dumps({
            "defaults": {"every": self.PERIOD, "timeout": 1, "words": ["true"]},
            "checks": [{"service": name} for name in self.SERVICES]}))

    def begin(self, shard: int) -> Life:
        """Starts the process of a shard."""
        process = self.start("--checks", str(self.file), "--shard", f"{shard}/{self.SHARDS}",
                             "--store", str(self.store), "--spool", str(self.folder / f"spool-{shard}"),
                             directory=self.folder)
        self.lives.append(Life(shard, process))
        return self.lives[-1]

    def finish(self, life: Life, number: signal.Signals) -> Finished:
        """Ends a process and keeps what it said."""
        life.end = time.time()
        life.finished = life.process.stop(number)
        return life.finished

    def live_and_die(self) -> None:
        """Kills and starts until the time is over; then each shard has a process, which is let go on
        until it ends as told."""
        running = [self.begin(shard) for shard in range(self.PROCESSES)]
        until = time.monotonic() + self.SECONDS
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(0.0, 1.5))  # what the test is about
            victim = running.pop(self.chance.randrange(len(running)))
            self.finish(victim, signal.SIGKILL)
            free = set(range(self.SHARDS)) - {life.shard for life in running}
            running.append(self.begin(self.chance.choice(sorted(free))))
        missing = set(range(self.SHARDS)) - {life.shard for life in running}
        running += [self.begin(shard) for shard in missing]
        for life in running:
            life.process.wait_for_line("run ended", count=2 * len(self.SERVICES) // self.SHARDS)
        for life in running:
            finished = self.finish(life, signal.SIGTERM)
            self.assertEqual(0, finished.code, finished.err_text)

    def shard_of(self, service: str) -> int:
        """The shard that has a service, by who says that it ran it."""
        shards = {life.shard for life in self.lives if life.finished
                  and f" service={service} " in life.finished.err_text.replace("\n", " ")}
        self.assertEqual(1, len(shards), (service, shards))
        return shards.pop()

    def slots(self, service: str) -> Counter[int]:
        """How many runs each slot of a service has; a run belongs to the slot that it began in, and
        what comes twice is one run."""
        period = round(self.PERIOD * 1000)
        place = hash_of(service) % round(self.PERIOD * 1e9) // 1_000_000
        runs = {str(event["runId"]): int(str(event["startedAtMs"])) for event in self.events()
                if event["service"] == service}
        # A start may be stamped a millisecond early, since the clocks of wall and machine differ.
        return Counter((start + 2 - place) // period for start in runs.values())

    def due(self, service: str) -> Iterator[int]:
        """The slots in which a process of the service's shard was there from before the slot until
        a period after it."""
        shard = self.shard_of(service)
        place = hash_of(service) % round(self.PERIOD * 1e9) / 1e9
        for life in self.lives:
            if life.shard != shard:
                continue
            begin, end = life.begin(), life.end - self.PERIOD
            slot = 0 if begin > end else int((begin - place) // self.PERIOD) + 1
            while begin <= end and slot * self.PERIOD + place <= end:
                yield slot
                slot += 1

    def ledger(self) -> dict[str, dict[str, int]]:
        """What the program says of all events, by service."""
        finished = self.run_to_end("report", "--store", str(self.store), "--format", "json")
        self.assertEqual(0, finished.code, finished.err_text)
        answer = json.loads(finished.out)
        self.assertEqual(0, answer["unreadable"])
        return {one["service"]: one for one in answer["services"]}

    def test_no_slot_is_counted_twice_and_none_is_lost_but_while_there_is_no_process(self) -> None:
        self.live_and_die()
        for shard in range(self.SHARDS):  # a kill leaves nothing undelivered behind
            self.assertEqual([], list((self.folder / f"spool-{shard}").rglob("*.run")))
        told = self.ledger()
        self.assertEqual(set(self.SERVICES), set(told))
        missed = sum((life.missed() for life in self.lives), Counter())
        counted = lost = due = 0
        for service in self.SERVICES:
            slots, expected = self.slots(service), list(self.due(service))
            self.assertEqual(len(expected), len(set(expected)), service)
            self.assertEqual([], [slot for slot, runs in slots.items() if runs > 1], service)
            gone = [slot for slot in expected if slot not in slots]
            self.assertLessEqual(len(gone), missed[service], (service, gone))
            self.assertEqual((len(slots), 0, 0, 0, 0), tuple(
                told[service][key] for key in ("good", "bad", "lost", "conflicts", "clockSteps")))
            counted, lost, due = counted + len(slots), lost + len(gone), due + len(expected)
        repeated = sum(one["duplicates"] for one in told.values())
        kills = sum(life.finished is not None and life.finished.code == -signal.SIGKILL
                    for life in self.lives)
        self.assertGreater(kills, self.SECONDS / 3)
        print(f"    {kills} kills in {self.SECONDS:.0f} s: {counted} slots counted, none twice; of "
              f"{due} with a process all but {lost} have a run, and the log says that these were "
              f"missed; {repeated} events came twice")


if __name__ == "__main__":
    unittest.main()
