# SPDX-License-Identifier: MIT
"""What the events of the real program prove, however often it is killed: `sla-runner report` over
what arrived at the topic."""

from __future__ import annotations

import json
import random
import signal
import time
import unittest

from runner_process import RunnerProcess
from spool_case import SpoolTest

# One in four runs fails; the id of a run ends at random.
_COMMAND = "case $SLARUNNER_RUN_ID in *[0-3]) exit 1 ;; esac"
_PARTS = ("up", "down", "unknown", "unmonitored", "excluded")

Event = dict[str, object]


def number(event: Event, key: str) -> int:
    value = event[key]
    assert isinstance(value, int), event
    return value


def end(event: Event) -> int:
    """When the run ended, in milliseconds."""
    return number(event, "startedAtMs") + number(event, "durationMs")


class LedgerTest(SpoolTest):
    """Lives and deaths of the program, and what is left of them."""

    LIVES = 40
    LONGEST = 0.4  # seconds

    def setUp(self) -> None:
        super().setUp()
        self.chance = random.Random(17)

    def begin(self, *arguments: str) -> RunnerProcess:
        return self.start_job(self.aws, "--delay", "0.01", "--timeout", "1", "--grace", "0.1",
                              "--location", "rack-1", "--command", _COMMAND, *arguments)

    def live_and_die(self, *arguments: str) -> None:
        for _ in range(self.LIVES):
            process = self.begin(*arguments)
            time.sleep(self.chance.uniform(0.0, self.LONGEST))  # what the test is about
            process.stop(signal.SIGKILL)
        process = self.begin(*arguments)
        process.wait_for_line("run ended", count=20)
        self.assertEqual(0, process.stop().code)

    def answer(self, events: list[Event]) -> Event:
        """What the program says of these events, which come in any order, as SNS hands them on."""
        lines = [json.dumps({"Type": "Notification", "MessageId": str(i), "Message": json.dumps(event),
                             "TopicArn": self.topic(self.aws)}) for i, event in enumerate(events)]
        self.chance.shuffle(lines)
        file = self.folder / "envelopes"
        file.write_text("\n".join(lines))
        window = (min(map(end, events)) - 1000, max(map(end, events)) + 10_000)
        finished = self.run_to_end("report", "--from", str(window[0]), "--to", str(window[1]),
                                   "--format", "json", str(file))
        self.assertEqual(0, finished.code, finished.err_text)
        [shop] = json.loads(finished.out)["services"]
        self.assertEqual(window[1] - window[0], sum(shop[part] for part in _PARTS))
        assert isinstance(shop, dict)
        return shop

    def assert_answer(self, events: list[Event]) -> Event:
        """The counts are those of the events; what a boot numbered and is not there is lost."""
        once = {str(event["runId"]): event for event in events}
        last: dict[str, int] = {}
        for event in once.values():
            boot = str(event["bootId"])
            last[boot] = max(last.get(boot, 0), number(event, "seq"))
        shop = self.answer(events)
        self.assertEqual(
            {"good": sum(event["succeeded"] is True for event in once.values()),
             "bad": sum(event["succeeded"] is False for event in once.values()),
             "lost": sum(last.values()) - len(once), "duplicates": len(events) - len(once),
             "conflicts": 0, "clockSteps": 0, "uncounted": 0, "inferred": False, "excluded": 0},
            {key: shop[key] for key in ("good", "bad", "lost", "duplicates", "conflicts",
                                        "clockSteps", "uncounted", "inferred", "excluded")})
        return shop

    def assert_seen(self, events: list[Event]) -> None:
        """Nothing is lost, and what was not seen is what no result holds: each to the next one of
        its boot, but no longer than until that should have come."""
        shop = self.assert_answer(events)
        self.assertEqual((0, 0), (shop["lost"], shop["unknown"]))
        held, until = 0, 0
        for event, after in zip(events, [*events[1:], None]):
            limit = number(event, "nextExpectedByMs")
            if after and after["bootId"] == event["bootId"]:
                limit = min(limit, end(after))
            held += max(0, limit - max(until, end(event)))
            until = max(until, limit)
        late = max(0, until - max(map(end, events)) - 10_000)
        self.assertEqual(held - late, number(shop, "up") + number(shop, "down"))

    def assert_followed(self, events: list[Event], across_boots: bool) -> None:
        """Each event knows when the one before it ended, and came when it was expected."""
        for before, after in zip(events, events[1:]):
            same = before["bootId"] == after["bootId"]
            self.assertEqual(number(before, "seq") + 1 if same else 1, after["seq"])
            if same or across_boots:
                self.assertEqual(end(before), after.get("prevEndMs"), (before, after))
            else:
                self.assertNotIn("prevEndMs", after)
            if same:
                self.assertLessEqual(end(after), number(before, "nextExpectedByMs"))

    def without_some(self, events: list[Event]) -> list[Event]:
        """The events, but for some that got lost, and some twice."""
        kept = [event for event in events if self.chance.random() > 0.2]
        return kept + self.chance.sample(kept, len(kept) // 10)

    def arrived_once(self) -> list[Event]:
        """The first event of each run, in the order of their arrival."""
        return list({str(event["runId"]): event for event in reversed(self.events(self.aws))}
                    .values())[::-1]

    def test_with_a_spool_every_event_follows_the_one_before(self) -> None:
        self.live_and_die("--spool", str(self.spool))
        events = self.arrived_once()
        self.assert_followed(events, across_boots=True)
        self.assert_seen(events)
        self.assert_answer(self.events(self.aws))  # some of them twice, where an answer was lost
        self.assertEqual({"rack-1"}, {event["location"] for event in events})
        shop = self.assert_answer(self.without_some(events))
        self.assertGreater(number(shop, "lost"), 0)
        boots = len({event["bootId"] for event in events})
        print(f"    {boots} boots, {len(events)} events; without some of them {shop['lost']} lost, "
              f"{shop['unknown']} ms unknown")

    def test_without_a_spool_what_is_lost_is_known(self) -> None:
        self.live_and_die()
        events = self.arrived_once()
        self.assert_followed(events, across_boots=False)
        self.assert_seen(events)
        self.assert_answer(self.without_some(events))


if __name__ == "__main__":
    unittest.main()
