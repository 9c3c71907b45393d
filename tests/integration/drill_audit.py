#!/usr/bin/python3
"""The audit of cluster/drill finds what it is for: in ledgers made by hand, one fault at a time."""

import copy
import os
import sys
import types
import unittest

from coalition import SOURCE

sys.path.insert(0, os.path.join(SOURCE, "cluster/drills"))
import accounts  # noqa: E402
from tills import ACKNOWLEDGED, REFUSED, UNANSWERED, Command  # noqa: E402

PERIOD = 202611
# kind, at, home, points
TOLD = (("earn", "fuel", "fuel", 90), ("earn", "fuel", "grocer", 70), ("earn", "grocer", "fuel", 5),
        ("authorise", "fuel", "grocer", 20), ("capture", "fuel", "grocer", 12),
        ("void", "fuel", "grocer", 8), ("authorise", "grocer", "grocer", 3),
        ("return", "fuel", "grocer", 30), ("give back", "fuel", "grocer", 2))
CARDS = {"fuel": "c-fuel", "grocer": "c-grocer"}
POINTS = {"c-fuel": 95, "c-grocer": 30}


class FakeNode:
    """Answers what the audit asks."""

    def __init__(self, world, partner):
        self.world, self.partner = world, partner

    def cli(self, *words, **unused):
        if words[0] == "member":
            card = CARDS[self.partner]
            return {"members": [{"cards": [{"number": card}], "balance": {
                "available_points": self.world.balances[card] - 1, "pending_points": 0,
                "held_points": 2, "debt_points": 1}}]}
        return {"pairs": self.world.pairs[self.partner]}


class World:
    """A book, and two ledgers that agree with it."""

    def __init__(self):
        self.book, self.events = [], {"fuel": [], "grocer": []}
        self.balances = dict(POINTS)
        self.pairs = {"fuel": [self.pair("grocer", ("EARN", 1, 70), ("CAPTURE", 1, 12),
                                         ("VOID", 1, 0), ("EARN_RETURN", 1, 30),
                                         ("BURN_RETURN", 1, 2), ("PERIOD_MARK", 1, 0))],
                      "grocer": [self.pair("fuel", ("EARN", 1, 5), ("PERIOD_MARK", 1, 0))]}
        for kind, at, home, points in TOLD:
            command = Command(at, home, CARDS[home], kind, points)
            command.told, command.points, command.sent = ACKNOWLEDGED, points, 1
            self.book.append(command)
            self.record(command)

    @staticmethod
    def pair(partner, *totals):
        return {"partner": partner, "period": PERIOD, "sent": [
            {"kind": "ENTRY_KIND_" + kind, "count": count, "points": points}
            for kind, count, points in totals]}

    def record(self, command):
        kind = accounts.EVENTS[command.kind][command.brand != command.home]
        self.add(command.brand, kind, command.brand, command.id, command.points)
        if command.brand != command.home:
            is_hold = command.kind == "authorise"
            self.add(command.home, "HOLD" if is_hold else "TAKE_ENTRY", command.brand, command.id,
                     0 if command.kind == "void" else command.points)

    def add(self, partner, kind, origin, id, points, refusal="UNSPECIFIED"):
        self.events[partner].append({
            "kind": "EVENT_KIND_" + kind, "origin": origin, "transaction_id": id,
            "points": points, "member_id": "m", "refusal": "REFUSAL_" + refusal})

    def findings(self):
        tills = types.SimpleNamespace(book=self.book,
                                      cards={home: [card] for home, card in CARDS.items()})
        return accounts.audit(tills, [FakeNode(self, partner) for partner in self.events], PERIOD,
                              lambda node: self.events[node.partner])


class Audit(unittest.TestCase):
    def setUp(self):
        self.world = World()

    def found(self):
        found = self.world.findings()
        return {name: getattr(found, name) for name in ("lost", "twice", "wrong", "unanswered")
                if getattr(found, name)}

    def rows(self):
        return [(partner, place) for partner, events in self.world.events.items()
                for place in range(len(events))]

    def test_nothing_is_found_where_nothing_is(self):
        found = self.world.findings()
        self.assertTrue(found.is_clean(), found.notes)
        self.assertEqual(found.acknowledged, len(TOLD))

    def test_each_row_that_is_not_there(self):
        for partner, place in self.rows():
            with self.subTest(partner=partner, place=place):
                self.world = World()
                del self.world.events[partner][place]
                self.assertEqual(self.found(), {"lost": 1})

    def test_each_row_that_is_there_twice(self):
        for partner, place in self.rows():
            with self.subTest(partner=partner, place=place):
                self.world = World()
                self.world.events[partner].append(
                    copy.deepcopy(self.world.events[partner][place]))
                self.assertEqual(self.found(), {"twice": 1})

    def test_each_row_with_other_points(self):
        for partner, place in self.rows():
            self.world = World()
            event = self.world.events[partner][place]
            if (event["kind"], event["points"]) == ("EVENT_KIND_TAKE_ENTRY", 0):
                continue  # a void's entry says nothing of points
            with self.subTest(partner=partner, place=place):
                event["points"] += 1
                self.assertEqual(self.found(), {"wrong": 1})

    def test_each_row_that_was_refused(self):
        for partner, place in self.rows():
            with self.subTest(partner=partner, place=place):
                self.world = World()
                event = self.world.events[partner][place]
                event["refusal"] = "REFUSAL_CARD_BLOCKED"
                is_entry = event["kind"] == "EVENT_KIND_TAKE_ENTRY"
                self.assertEqual(self.found(), {"lost": 2 if is_entry else 1})

    def test_what_no_till_asked_for(self):
        self.world.add("fuel", "EARN", "fuel", "an-id", 5)
        self.world.add("fuel", "TAKE_ENTRY", "grocer", "another", 5)
        self.assertEqual(self.found(), {"wrong": 2})

    def test_refused_and_done_all_the_same(self):
        refused = Command("fuel", "fuel", "c-fuel", "earn", 5)
        refused.told = REFUSED
        self.world.book.append(refused)
        self.assertEqual(self.found(), {})
        self.world.add("fuel", "EARN", "fuel", refused.id, 5)
        self.assertEqual(self.found(), {"wrong": 1})

    def test_never_answered(self):
        open_one = Command("fuel", "fuel", "c-fuel", "earn", 5)
        self.assertEqual(open_one.told, UNANSWERED)
        self.world.book.append(open_one)
        self.assertEqual(self.found(), {"unanswered": 1})

    def test_told_other_points_than_asked_for(self):
        self.world.book[0].asked -= 1
        self.assertEqual(self.found(), {"wrong": 1})

    def test_a_balance_too_low_and_one_too_high(self):
        self.world.balances["c-fuel"] -= 1
        self.world.balances["c-grocer"] += 1
        self.assertEqual(self.found(), {"lost": 1, "twice": 1})

    def test_a_statement_that_says_otherwise(self):
        self.world.pairs["fuel"][0]["sent"][0]["count"] = 2
        self.assertEqual(self.found(), {"wrong": 1})


if __name__ == "__main__":
    unittest.main(verbosity=2)
