#!/usr/bin/python3
"""Copies of a ledger: an older one gets back what its partners hold of it before it writes, one that
wrote on is frozen, another brand's is not taken for one's own."""

import os
import shutil
import sys
import unittest

import wire
from coalition import Coalition, main, wait_for

INPUT = 2


class Copies(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel", "coffee"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.grocer = self.coalition["grocer"]
        self.fuel = self.coalition["fuel"]
        self.coffee = self.coalition["coffee"]
        self.cards = {node.partner: node.cli("member", "add")["card"] for node in self.coalition}
        for node in self.coalition:
            for card in self.cards.values():
                node.cli("earn", card, "80.00")
        self.coalition.wait_cleared()

    def traffic(self, told):
        """Something of everything between fuel and the others, each command with its id."""
        def tell(node, *words):
            identifier = wire.uuid7()
            told.append((node, (*words, "--transaction-id", identifier)))
            node.cli(*told[-1][1])
            return identifier
        for node in (self.grocer, self.coffee):
            card, own = self.cards[node.partner], self.cards["fuel"]
            sale = tell(self.fuel, "earn", card, "31.00")
            tell(self.fuel, "return", "purchase", sale)
            hold = tell(self.fuel, "burn", "authorise", card, 20)
            tell(self.fuel, "burn", "capture", hold, "--points", 12)
            tell(self.fuel, "burn", "void", hold)
            tell(self.fuel, "return", "burn", hold)
            tell(node, "earn", own, "17.00")
            hold = tell(node, "burn", "authorise", own, 9)
            tell(node, "burn", "capture", hold, "--points", 4)
            self.open_holds.append((node, hold))
            hold = tell(self.fuel, "burn", "authorise", card, 6)
            self.open_holds.append((self.fuel, hold))
        self.coalition.wait_cleared()

    def points(self):
        return {home.partner: int(home.cli("balance", self.cards[home.partner])
                                  ["balance"]["available_points"]) for home in self.coalition}

    def recovery(self, partner):
        peer = next(p for p in self.fuel.peers() if p["partner"] == partner)
        return peer.get("recovery")

    def wait_recovered(self, *partners):
        for partner in partners:
            wait_for(lambda partner=partner: (self.recovery(partner) or {}).get("ended_unix_ms"),
                     f"fuel has recovered from {partner}")

    def assert_whole(self, told, points):
        """All that went between brands is as it was; the same again is a repeat."""
        self.assertEqual(self.points(), points)
        rows = [int(node.cli("status")["journal_rows"]) for node in self.coalition]
        for node, words in told:
            node.cli(*words)
        self.assertEqual([int(node.cli("status")["journal_rows"]) for node in self.coalition], rows)
        for node, hold in self.open_holds:
            node.cli("burn", "capture", hold)
        self.coalition.wait_cleared()
        self.coalition.close_period(self.fuel.cli("status")["open_period"], seconds=30)
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])
            self.assertEqual([p["is_connected"] for p in node.peers()], [True, True])
            self.assertNotIn("frozen", node.talea("status").stdout)

    def test_a_restored_backup_recovers(self):
        self.open_holds, told = [], []
        folder = self.coalition.path("backup")
        self.fuel.cli("backup", folder)
        self.traffic(told)
        points = self.points()
        self.fuel.stop()
        self.fuel.talea("restore", folder, "--force")
        self.fuel.start()
        self.wait_recovered("grocer", "coffee")
        for partner in ("grocer", "coffee"):
            recovery = self.recovery(partner)
            self.assertEqual((int(recovery["own_entries"]), int(recovery["taken_entries"])), (5, 2))
            self.assertEqual(int(recovery.get("forced", 0)), 0)
        self.assertFalse(os.path.exists(self.fuel.path("data/restored")))
        self.assertIn("own entries", self.fuel.talea("status").stdout)
        self.assert_whole(told, points)

    def test_a_copy_without_a_mark_is_found_out(self):
        self.open_holds, told = [], []
        self.fuel.stop()
        shutil.copytree(self.fuel.path("data"), self.fuel.path("older"))
        self.fuel.start()
        self.coalition.wait_connected()
        self.traffic(told)
        points = self.points()
        self.fuel.kill()
        shutil.rmtree(self.fuel.path("data"))
        os.rename(self.fuel.path("older"), self.fuel.path("data"))
        self.fuel.start()
        self.wait_recovered("grocer", "coffee")
        self.assert_whole(told, points)

    def test_a_partner_that_is_away_is_not_written_for(self):
        self.open_holds, told = [], []
        folder = self.coalition.path("backup")
        self.fuel.cli("backup", folder)
        self.traffic(told)
        points = self.points()
        self.fuel.stop()
        self.coffee.stop()
        self.fuel.talea("restore", folder, "--force")
        self.fuel.start()
        self.wait_recovered("grocer")
        self.fuel.cli("earn", self.cards["grocer"], "1.00")
        self.fuel.cli("earn", self.cards["fuel"], "1.00")
        refused = self.fuel.talea("earn", self.cards["coffee"], "1.00", expect=3)
        self.assertIn("UNAVAILABLE", refused.stderr)
        self.assertFalse(self.recovery("coffee").get("ended_unix_ms"))
        self.fuel.kill()
        self.fuel.start()
        self.assertFalse(self.recovery("coffee").get("ended_unix_ms"))
        self.coffee.start()
        self.wait_recovered("coffee")
        self.coalition.wait_connected()
        self.coalition.wait_cleared()
        points["grocer"] += 1
        points["fuel"] += 1
        self.assert_whole(told, points)

    def test_a_copy_that_wrote_on_is_frozen(self):
        self.fuel.stop()
        shutil.copytree(self.fuel.path("data"), self.fuel.path("older"))
        self.fuel.start()
        self.coalition.wait_connected()
        self.fuel.cli("earn", self.cards["grocer"], "7.00")
        self.coalition.wait_cleared()
        self.fuel.stop()
        self.grocer.stop()
        shutil.rmtree(self.fuel.path("data"))
        os.rename(self.fuel.path("older"), self.fuel.path("data"))
        self.fuel.start()
        self.fuel.cli("earn", self.cards["grocer"], "8.00")  # nobody told it that it is a copy
        self.grocer.start()
        wait_for(lambda: 'talea_stream_frozen{partner="grocer"} 1' in
                 self.fuel.http_get("/metrics")[1], "the stream is frozen")
        self.assertIn("wrote on as an older copy", self.fuel.log_tail(100))
        refused = self.fuel.talea("earn", self.cards["grocer"], "9.00", expect=1)
        self.assertIn("STREAM_FROZEN", refused.stderr)
        self.fuel.cli("earn", self.cards["fuel"], "9.00")
        self.assertTrue(self.fuel.cli("verify")["is_clean"])

    def test_another_brands_ledger_is_refused(self):
        self.grocer.stop()
        self.fuel.stop()
        shutil.rmtree(self.grocer.path("data"))
        shutil.copytree(self.fuel.path("data"), self.grocer.path("data"))
        before = self.grocer.log_size()
        self.grocer.launch()
        self.assertEqual(self.grocer.wait(), INPUT)
        self.assertIn("is another node's", self.grocer.logged_since(before))


if __name__ == "__main__":
    sys.exit(main(220))
