#!/usr/bin/python3
"""Who pays for points, over a month of three brands: statements that match, figures worked by hand,
every ledger clean, and an audit of all exports.

Pharmacy's points are funded at burn, at 0.8 cents; between fuel and grocer points are paid for when
they are given, at 1.25."""

import os
import unittest

from coalition import TALEA, Coalition, dashed, main, run, wait_for

NAMES = ("fuel", "grocer", "pharmacy")

TARIFFS = """tariffs:
  - id: 1
    name: paid when they are spent
    issue_price_per_point: 0.0100
    redemption_price_per_point: 0.0080
    rounding: half_even
    issue_fee_percent: 2.5
    tax: {code: S, percent: 12, on: fees}
    funding: burn
  - id: 2
    name: fuel and grocer
    issue_price_per_point: 0.0125
    redemption_price_per_point: 0.0080
    rounding: half_even
    partners: [grocer, fuel]
"""


class Terms(Coalition):
    def terms(self):
        text = super().terms()
        start = text.index("tariffs:")
        return text[:start] + TARIFFS + text[text.index("\n# What one partner may owe"):]


class Funding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = c = Terms(list(NAMES))
        cls.addClassCleanup(c.close)
        try:
            c.make()
            c.start()
            cls.fuel, cls.grocer, cls.pharmacy = (c[name] for name in NAMES)
            cls.period = int(cls.grocer.cli("status")["open_period"])
            cls.trade()
            c.wait_cleared()
            c.close_period(cls.period)
        except BaseException:
            c.show_logs()
            raise

    @classmethod
    def earn(cls, node, card, points):
        node.cli("earn", card, "10.00", "--points", points, "--as", "back-office")

    @classmethod
    def hold(cls, node, card, points):
        return node.cli("burn", "authorise", card, points)["hold_id"]

    @classmethod
    def trade(cls):
        """Pharmacy gives grocer's member 1000 points. At grocer 400 are spent and 100 come back, at
        fuel 300, at pharmacy itself 150; the rest moves to fuel with the member, who spends 120."""
        c = cls.coalition
        card = cls.grocer.cli("member", "add")["card"]
        cls.earn(cls.pharmacy, card, 1000)
        c.wait_cleared()
        hold = cls.hold(cls.grocer, card, 500)
        cls.grocer.cli("burn", "capture", hold, "--points", "400")
        cls.grocer.cli("burn", "void", hold)
        cls.grocer.cli("return", "burn", hold, "100")
        cls.fuel.cli("burn", card, "300")
        cls.pharmacy.cli("burn", card, "150")
        c.wait_cleared()
        new = cls.fuel.cli("member", "add")["card"]
        cls.fuel.cli("member", "await", new, card)
        cls.grocer.cli("member", "move", card, "--to", "fuel", "--card", new)
        c.wait_cleared()
        wait_for(lambda: int(cls.fuel.cli("balance", new)["balance"]["available_points"]) == 250,
                 "the points have moved")
        cls.fuel.cli("burn", new, "120")
        c.wait_cleared()

    def statement(self, one, other):
        return self.coalition[one].cli("statement", "show", other,
                                       dashed(self.period))["statement"]

    def half(self, sender, receiver):
        """Points by kind, what the sender owes, and its charges."""
        halves = self.statement(sender, receiver)["halves"]
        half = next(h for h in halves if h["sender"] == sender)
        points = {t["kind"][len("ENTRY_KIND_"):]: int(t.get("points", 0)) for t in half["totals"]
                  if int(t.get("points", 0)) > 0}
        return points, int(half.get("owed_minor", 0)), half.get("charges", [])

    def test_nothing_is_due_when_they_are_given(self):
        points, owed, charges = self.half("pharmacy", "grocer")
        self.assertEqual(points, {"EARN": 1000, "CAPTURE": 150})
        self.assertEqual((owed, charges), (-120, []))  # for the burn at pharmacy alone

    def test_the_issuer_pays_the_home_when_they_are_spent(self):
        """850 less 100, at 0.8 cents: 600; 2.5 % of 680 and 80, 17 and 2, and 12 % of these."""
        points, owed, charges = self.half("grocer", "pharmacy")
        self.assertEqual(points, {"FUNDING": 850, "FUNDING_RETURN": 100})
        self.assertEqual([int(c["fee_minor"]) for c in charges], [15])
        self.assertEqual([int(c["tax_minor"]) for c in charges], [2])
        self.assertEqual(owed, -600 - 15 - 2)

    def test_points_that_moved_are_funded_to_the_new_home(self):
        points, owed, _ = self.half("fuel", "pharmacy")
        self.assertEqual(points, {"FUNDING": 120})
        self.assertEqual(owed, -96 - 2)  # 2.4 is 2, and no tax on that
        points, owed, _ = self.half("grocer", "fuel")
        self.assertEqual(points, {"MOVED_LOT": 250})
        self.assertEqual(owed, 0)  # pharmacy pays, when they are spent

    def test_a_burn_is_paid_as_ever(self):
        points, owed, _ = self.half("fuel", "grocer")
        self.assertEqual(points, {"CAPTURE": 300})
        self.assertEqual(owed, -240)

    def test_both_sides_say_the_same(self):
        for one in NAMES:
            for other in NAMES:
                if one < other:
                    self.assertEqual(self.statement(one, other), self.statement(other, one))

    def test_ledgers_are_clean(self):
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_the_audit_is_clean(self):
        folders = []
        for node in self.coalition:
            folders.append(self.coalition.path("export", node.partner))
            os.makedirs(self.coalition.path("export"), exist_ok=True)
            node.cli("period", "export", dashed(self.period), "--out", folders[-1])
        result = run([TALEA, "audit", "--json", *folders])
        self.assertIn('"clean": true', result.stdout)


if __name__ == "__main__":
    main(170)
