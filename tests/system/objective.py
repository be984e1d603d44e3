# SPDX-License-Identifier: MIT
"""What the real program says of its service's objective: state, transitions, error budget, alerts."""

from __future__ import annotations

import unittest

from spool_case import SpoolTest

Event = dict[str, object]


class ObjectiveTest(SpoolTest):
    """Events at the topic, and what subscriptions filter them by."""

    def told(self) -> list[tuple[object, object]]:
        """State and transition of each event, in order."""
        return [(event["state"], event.get("transition")) for event in self.events(self.aws)]

    def run_each(self, results: str, *arguments: str) -> None:
        """A process for each result: a plus passes, a minus fails."""
        for result in results:
            command = "true" if result == "+" else "false"
            finished = self.run_once(self.aws, *arguments, command=command)
            self.assertEqual(0 if result == "+" else 1, finished.code, finished.err_text)

    def test_a_process_with_a_spool_goes_on_where_the_one_before_was(self) -> None:
        self.run_each("++---+-++", "--spool", str(self.spool), "--slo", "99.9")
        self.assertEqual(
            [("UNKNOWN", None), ("UP", None), ("UP", None), ("UP", None), ("DOWN", "DOWN"),
             ("DOWN", None), ("DOWN", None), ("DOWN", None), ("UP", "UP")], self.told())
        events = self.events(self.aws)
        ends = [int(str(event["startedAtMs"])) + int(str(event["durationMs"])) for event in events]
        self.assertEqual((ends[2], ends[7], ends[7] - ends[2]),
                         (events[4]["sinceMs"], events[8]["sinceMs"], events[8]["downMs"]))
        self.assertEqual(
            {"target": 99.9, "window": "30d", "good": 5, "bad": 4, "budget": 0, "budgetLeft": -4,
             "alert": "page", "complete": False}, events[8]["slo"])
        attributes = [{name: one.value for name, one in message.attributes.items()}
                      for message in self.aws.messages(self.topic(self.aws))]
        self.assertEqual(["none"] * 4 + ["page"] * 5, [each["alert"] for each in attributes])
        self.assertEqual(["DOWN", "UP"],
                         [each["transition"] for each in attributes if "transition" in each])
        self.assertEqual([state for state, _ in self.told()],
                         [each["state"] for each in attributes])

    def test_without_a_spool_each_process_begins_anew(self) -> None:
        self.run_each("+++")
        self.assertEqual([("UNKNOWN", None)] * 3, self.told())
        for event in self.events(self.aws):
            self.assertNotIn("slo", event)

    def test_thresholds_and_the_target_of_the_environment(self) -> None:
        finished = self.run_once(self.aws, "--failure-threshold", "1", "--slo-window", "36h",
                                 command="false", environment={"SLA_TARGET": "50"})
        self.assertEqual(1, finished.code, finished.err_text)
        event = self.event(self.aws)
        self.assertEqual(("DOWN", "DOWN", "50"),
                         (event["state"], event["transition"], event["slaTarget"]))
        slo = event["slo"]
        assert isinstance(slo, dict)
        self.assertEqual((50, "36h", "none"), (slo["target"], slo["window"], slo["alert"]))

    def test_a_killed_process_forgets_no_more_than_the_run_that_died(self) -> None:
        process = self.start_life("--delay", "0.01", "--slo", "99")
        process.wait_for_line("run ended", count=20)
        process.kill_all()
        process.wait()
        self.assertEqual(0, self.live_once("--slo", "99", limit="60").code)
        events = self.events(self.aws)
        last = events[-1]
        self.assertEqual("UP", last["state"])
        self.assertNotIn("transition", last)
        slo = last["slo"]
        assert isinstance(slo, dict)
        self.assertAlmostEqual(len(self.arrived(self.aws)), slo["good"], delta=1)


if __name__ == "__main__":
    unittest.main()
