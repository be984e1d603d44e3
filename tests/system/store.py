# SPDX-License-Identifier: MIT
# Covers: app/pruned.hpp
"""What stays in a store, and how long."""

from __future__ import annotations

import json
import time
import unittest

from store_case import StoreTest, wait_until

_DAY = 86400


class RetentionTest(StoreTest):
    """`--store-days`, with results of today and of days that are long over."""

    def setUp(self) -> None:
        super().setUp()
        self.today = int(time.time()) // _DAY * _DAY
        self.old = self.today - 2 * _DAY - 1
        self.kept = self.today - 2 * _DAY + _DAY // 2  # also if midnight passes during the test
        self.logs_of = {ended: self.store / "shop" / f"{ended}_FAILURE_2"
                        for ended in (self.old, self.kept + _DAY)}
        for log in self.logs_of.values():
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("log\n")
        self.foreign = [self.store / "shop" / "1_SUCCESS.gz", self.store / "1_SUCCESS"]
        for file in self.foreign:
            file.write_text("foreign\n")
        lines = [json.dumps({"service": "shop", "timestamp": str(ended)}, separators=(",", ":"))
                 for ended in (self.old, self.kept + _DAY)]
        (self.store / "events.ndjson").write_text("\n".join(lines) + "\n")

    def test_without_it_everything_stays(self) -> None:
        self.run_once("--", "true")
        self.assertEqual(3, len(self.events()))
        self.assertTrue(all(log.exists() for log in self.logs_of.values()))

    def test_what_is_older_goes_at_the_start(self) -> None:
        finished = self.run_once("--store-days", "2", "--", "echo", "new")
        self.assertEqual(0, finished.code, finished.err_text)
        self.assertEqual(str(self.kept + _DAY), self.events()[0]["timestamp"])
        self.assertEqual(2, len(self.events()))
        self.assertFalse(self.logs_of[self.old].exists())
        self.assertTrue(self.logs_of[self.kept + _DAY].exists())
        self.assertTrue(all(file.exists() for file in self.foreign))
        self.assertIn("new\n", [log.read_text() for log in self.logs("SUCCESS")])
        report = self.run_to_end("report", "--store", str(self.store), "--format", "json")
        self.assertEqual(0, report.code, report.err_text)

    def test_what_cannot_be_dropped_is_said_once(self) -> None:
        events = self.store / "events.ndjson"
        (self.store / "events.ndjson.tmp" / "in-the-way").mkdir(parents=True)
        process = self.start_job("--store-days", "2", "--delay", "0.01", "--", "true")
        self.wait_for_events(6, process)
        finished = process.stop()
        [line] = finished.lines("what is old stays in the store")
        self.assertEqual((f"what is old stays in the store: {events}.tmp: File exists", "warning"),
                         (line.message, line.level))
        self.assertEqual(str(self.old), self.events()[0]["timestamp"])

    def test_several_runners_of_one_store_lose_nothing(self) -> None:
        events = self.store / "events.ndjson"
        first = events.read_text()
        processes = [self.start("--service", f"s{number}", "--store", str(self.store),
                                "--store-days", "2", "--delay", "0", "--", "true")
                     for number in range(3)]
        wait_until(lambda: first.splitlines()[0] not in events.read_text().splitlines())
        for process in processes:
            process.wait_for_line("run ended", count=5)
        for process in processes:
            self.assertEqual(0, process.stop().code)
        for number in range(3):
            numbers = [event["seq"] for event in self.events()
                       if event["service"] == f"s{number}"]
            self.assertEqual(list(range(1, len(numbers) + 1)), numbers)

    def test_a_wrong_number_is_one_sentence(self) -> None:
        finished = self.run_to_end(*self.job("--once", "--store-days", "0.5", "--", "true"))
        self.assertEqual((78, "Store Days (--store-days): '0.5' is no whole number from 1 to "
                              "1000000\n"), (finished.code, finished.err_text))


if __name__ == "__main__":
    unittest.main()
