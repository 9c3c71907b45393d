#!/usr/bin/python3
"""The net debit cap: both sides are told at 80 %, new debt is refused at 100 %, what was promised is
honoured, and a settled period makes room."""

import sys
import unittest

import wire
from coalition import Coalition, main, wait_for


class Capped(Coalition):
    """10.00 a pair: 1,000 points at the example's price."""

    def terms(self):
        return super().terms().replace("net_debit: 50000.00", "net_debit: 10.00")


class Caps(unittest.TestCase):
    def setUp(self):
        self.coalition = Capped(["fuel", "grocer"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.fuel, self.grocer = self.coalition["fuel"], self.coalition["grocer"]
        self.card = self.grocer.cli("member", "add")["card"]
        self.period = self.grocer.cli("status")["open_period"]

    def show(self, node, partner):
        return node.cli("peer", "show", partner)

    def metric(self, node, name, partner):
        wanted = f'{name}{{partner="{partner}"}} '
        return next(line[len(wanted):] for line in node.http_get("/metrics")[1].splitlines()
                    if line.startswith(wanted))

    def told(self, node, event):
        return wait_for(lambda: event in node.logged_since(0), f"{node.partner} says {event}")

    def test_earns(self):
        self.fuel.cli("earn", self.card, "799.00")
        self.coalition.wait_cleared()
        self.assertEqual(self.show(self.fuel, "grocer")["own_cap"], "CAP_STATE_FREE")
        self.fuel.cli("earn", self.card, "1.00")
        self.coalition.wait_cleared()
        shown = self.show(self.fuel, "grocer")
        self.assertEqual((shown["own_cap"], int(shown["owed_minor"])), ("CAP_STATE_NEAR", 800))
        shown = self.show(self.grocer, "fuel")
        self.assertEqual((shown["partner_cap"], int(shown["owed_minor"])),
                         ("CAP_STATE_NEAR", -800))
        for node in (self.fuel, self.grocer):
            self.told(node, "net_debit_near_cap")
        self.fuel.cli("earn", self.card, "200.00")
        refused = self.fuel.talea("earn", self.card, "1.00", expect=1)
        self.assertIn("NET_DEBIT_CAP", refused.stderr)
        self.coalition.wait_cleared()
        for node, partner in ((self.fuel, "grocer"), (self.grocer, "fuel")):
            self.told(node, "net_debit_cap_reached")
            shown = self.show(node, partner)
            self.assertIn("NET_DEBIT_CAP", "".join(a["problem"] for a in shown["advice"]))
            self.assertIn("CAP REACHED", node.talea("peer", "show", partner).stdout)
            self.assertEqual(self.metric(node, "talea_peer_cap_reached", partner), "1")
        self.assertEqual(float(self.metric(self.fuel, "talea_peer_owed_money", "grocer")), 10.0)
        # The other way there is all the more room, and it makes room this way.
        self.fuel.cli("burn", self.card, "100")
        self.coalition.wait_cleared()
        self.fuel.cli("earn", self.card, "100.00")
        self.coalition.wait_cleared()
        # Settled, nothing is owed any more but what was agreed.
        self.coalition.close_period(self.period)
        self.assertEqual(int(self.show(self.fuel, "grocer")["owed_minor"]), 0)
        self.fuel.cli("earn", self.card, "900.00")
        self.coalition.wait_cleared()
        for node in (self.fuel, self.grocer):
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_promises(self):
        """Holds that were granted count, and are captured whatever is owed by then."""
        self.grocer.cli("earn", self.card, "5000.00")
        hold = self.fuel.cli("burn", "authorise", self.card, "900")["hold_id"]
        shown = self.show(self.grocer, "fuel")
        self.assertEqual((int(shown["promised_minor"]), int(shown["owed_minor"])), (900, 0))
        self.assertEqual(shown["own_cap"], "CAP_STATE_NEAR")
        refused = self.fuel.talea("burn", "authorise", self.card, "101", expect=1)
        self.assertIn("NET_DEBIT_CAP", refused.stderr)
        self.fuel.cli("burn", "authorise", self.card, "100")
        fuel_card = self.fuel.cli("member", "add")["card"]
        refused = self.grocer.talea("earn", fuel_card, "1.00", expect=1)
        self.assertIn("NET_DEBIT_CAP", refused.stderr)
        self.fuel.cli("burn", "capture", hold)
        self.coalition.wait_cleared()
        shown = self.show(self.grocer, "fuel")
        self.assertEqual((int(shown["promised_minor"]), int(shown["owed_minor"])), (100, 900))
        self.fuel.cli("return", "burn", hold, "500")
        self.coalition.wait_cleared()
        self.assertEqual(int(self.show(self.grocer, "fuel")["owed_minor"]), 400)
        self.grocer.cli("earn", fuel_card, "500.00")
        self.assertTrue(self.grocer.cli("verify")["is_clean"])


class Waiting(Capped):
    def terms(self):
        return super().terms().replace("net_debit: 10.00", "net_debit: 10.00, at_cap: wait")


class CapsThatWait(unittest.TestCase):
    """New debt beyond the cap comes when there is room."""

    def test_points_come_later(self):
        c = Waiting(["fuel", "grocer"])
        self.addCleanup(c.close)
        c.make()
        c.start()
        fuel, grocer = c["fuel"], c["grocer"]
        card = grocer.cli("member", "add")["card"]

        def available():
            return int(grocer.cli("balance", card)["balance"]["available_points"])
        fuel.cli("earn", card, "900.00")
        self.assertEqual(int(fuel.cli("earn", card, "300.00")["earned_points"]), 300)
        c.wait_cleared()
        self.assertEqual(available(), 900)
        self.assertEqual(int(fuel.cli("peer", "show", "grocer")["waiting_earns"]), 1)
        fuel.cli("burn", card, "250")  # makes room
        wait_for(lambda: available() == 950, "the points that waited", 60)
        self.assertEqual(int(fuel.cli("peer", "show", "grocer").get("waiting_earns", 0)), 0)
        # A hold waits no longer than its till.
        own = fuel.cli("member", "add")["card"]
        fuel.cli("earn", own, "5000.00")
        refused = grocer.talea("burn", "authorise", own, "3000", expect=None)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("HOME_UNREACHABLE", refused.stderr)
        wait_for(lambda: grocer.talea("burn", own, "30", expect=None).returncode == 0,
                 "a burn that has room", 30)
        c.wait_cleared()
        for node in (fuel, grocer):
            self.assertTrue(node.cli("verify")["is_clean"])


if __name__ == "__main__":
    sys.exit(main(110))
