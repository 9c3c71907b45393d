#!/usr/bin/python3
"""A partner who is away: what waits for it is bounded, and said in time; when it is back, all of it
arrives."""

import sys
import unittest

from coalition import Coalition, main, wait_for

BOUND = 10
RESERVE = 2


class Outbox(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.grocer = self.coalition["grocer"]
        self.fuel = self.coalition["fuel"]
        with open(self.fuel.path("node.yaml"), "a", encoding="utf-8") as file:
            file.write(f"limits: {{outbox_entries: {BOUND}}}\n")
        self.coalition.start()

    def backlog(self):
        lines = self.fuel.http_get("/metrics")[1].splitlines()
        return {line.split("{")[0]: int(line.split()[-1]) for line in lines
                if line.startswith("talea_clearing_backlog_entries")}

    def test_what_waits_is_bounded(self):
        card = self.grocer.cli("member", "add")["card"]
        sale = self.fuel.cli("earn", card, "500.00")["sale_id"]
        self.coalition.wait_cleared()
        hold = self.fuel.cli("burn", "authorise", card, "100")["hold_id"]
        self.grocer.stop()
        for _ in range(BOUND):
            self.fuel.cli("earn", card, "10.00")
        wait_for(lambda: '"outbox_filling"' in self.fuel.log_tail(200) or
                 '"outbox_full"' in self.fuel.log_tail(200), "the outbox is said to fill up")
        self.assertIn("OUTBOX_FULL", self.fuel.talea("earn", card, "10.00", expect=1).stderr)
        self.assertEqual(self.backlog(), {"talea_clearing_backlog_entries": BOUND,
                                          "talea_clearing_backlog_entries_max": BOUND})
        own = self.fuel.cli("member", "add")["card"]
        self.fuel.cli("earn", own, "10.00")
        self.fuel.cli("burn", "capture", hold, "--points", "60")
        self.fuel.cli("return", "purchase", sale)
        self.assertIn("OUTBOX_FULL", self.fuel.talea("burn", "void", hold, expect=1).stderr)
        self.grocer.start()
        self.coalition.wait_cleared()
        wait_for(lambda: '"outbox_has_room"' in self.fuel.log_tail(200), "there is room again")
        self.fuel.cli("earn", card, "10.00")
        self.fuel.cli("burn", "void", hold)
        self.coalition.wait_cleared()
        self.assertEqual(self.backlog()["talea_clearing_backlog_entries"], 0)
        balance = self.grocer.cli("balance", card)["balance"]
        self.assertEqual(balance["available_points"], BOUND * 10 + 10 - 60)
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(110)
