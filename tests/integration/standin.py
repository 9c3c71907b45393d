#!/usr/bin/python3
"""A home that does not answer: its mandates stand in for it, and afterwards both ledgers agree.

Grocer is the home: it lets fuel burn 50 points at once, and 120 in a day.
"""

import json
import signal
import time
import unittest

import wire
from coalition import Coalition, luhn, main, run, wait_for, TALEA

FLOOR, CAP = 50, 120
CAPTURE = 2  # of EntryKind
STAND_IN = f"stand_in: {{floor_points: {FLOOR}, daily_cap_points: {CAP}}}\n"


def given(node, redeemer):
    """The mandate that a home gave, as it sees it."""
    rows = node.cli("mandate", "list").get("mandates", [])
    return next((row for row in rows if row["redeemer"] == redeemer), None)


class StandIn(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.home, self.shop = self.coalition["grocer"], self.coalition["fuel"]
        with open(self.home.path("node.yaml"), "a", encoding="utf-8") as file:
            file.write(STAND_IN)
        self.coalition.start()
        wait_for(lambda: given(self.shop, "fuel"), "fuel has a mandate of grocer", 10)

    def member(self, points):
        card = self.home.cli("member", "add")["card"]
        if points:
            self.home.cli("earn", card, "1.00", "--points", points, "--as", "admin")
        return card

    def balance(self, card):
        balance = self.home.cli("balance", card)["balance"]
        return {key: balance.get(key, 0) for key in ("available_points", "held_points",
                                                     "debt_points")}

    def assert_balance(self, card, available, debt=0, held=0):
        self.assertEqual(self.balance(card), {"available_points": available, "held_points": held,
                                              "debt_points": debt})

    def authorise(self, card, points, *more):
        return self.shop.cli("burn", "authorise", card, points, *more)

    def refused(self, reason, *words, expect=1):
        result = self.shop.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)
        return result.stderr

    def proven(self):
        for node in self.coalition:
            self.assertIn("clean", node.talea("verify").stdout)

    def settled(self):
        """Both sides say the same, are clean, and sign the same statement."""
        self.coalition.wait_cleared()
        self.proven()
        period = self.home.cli("status")["open_period"]
        self.coalition.close_period(period)

    def unreachable(self, *words):
        return self.refused("HOME_UNREACHABLE", *words, expect=3)

    def stands_in(self, card, points):
        hold = self.authorise(card, points)
        self.assertEqual(hold["authorised_by"], "AUTHORISED_BY_MANDATE")
        self.shop.cli("burn", "capture", hold["hold_id"])
        return hold

    def burns_while_away(self):
        """Returns what to look at when the home is back: cards, and what they must have."""
        rich, poor, nobodys, blocked = self.cards
        self.refused("CARD_BLOCKED", "burn", blocked, 20)
        first = self.stands_in(rich, FLOOR)
        self.assertEqual(first["mandate_id"], given(self.shop, "fuel")["mandate_id"])
        self.stands_in(poor, 40)
        self.unreachable("burn", rich, FLOOR + 1)
        unused = self.authorise(rich, 10)
        self.shop.cli("burn", "void", unused["hold_id"])
        self.stands_in(nobodys, 20)
        self.unreachable("burn", rich, CAP - FLOOR - 40 - 20 + 1)
        self.stands_in(rich, CAP - FLOOR - 40 - 20)
        self.unreachable("burn", rich, 1)
        return first

    def look_afterwards(self, first):
        self.coalition.wait_connected()
        self.coalition.wait_cleared()
        rich, poor = self.cards[:2]
        self.assert_balance(rich, 500 - FLOOR - 10)
        self.assert_balance(poor, 0, debt=30)
        report = {row["account"]: row for row in self.home.cli("report")["accounts"]}
        self.assertEqual(report["adjustment"]["debit_points"], 20)
        mandate = given(self.home, "fuel")
        self.assertEqual((mandate["used_points"], mandate["burns"]), (CAP, 4))
        self.assertEqual(given(self.shop, "fuel")["used_points"], CAP)
        self.check_evidence()
        self.shop.cli("return", "burn", first["hold_id"], 20)
        self.coalition.wait_cleared()
        self.assert_balance(rich, 500 - FLOOR - 10 + 20)
        self.settled()

    def evidence(self, node, partner, is_sent):
        """Of the first entry that was stood in for: its number, and what is signed of it."""
        pb = wire.messages()
        with wire.channel(node, "back-office") as channel:
            office = wire.service(channel, pb.back_office, "BackOfficeService")
            for number in range(1, 50):
                entry = pb.back_office.StreamEntry(partner=partner, is_sent=is_sent, number=number)
                answer = office.GetDisputeEvidence(
                    pb.back_office.GetDisputeEvidenceRequest(entry=entry))
                for data in answer.entries:
                    found = pb.peer.ClearingEntry.FromString(data)
                    if found.number == number and found.mandate_id and found.kind == CAPTURE:
                        return found.number, answer
        raise AssertionError("nothing was stood in for")

    def check_evidence(self):
        """Both sides have the mandate, as its home signed it; an auditor needs the charter alone."""
        for node, partner, is_sent in ((self.shop, "grocer", True), (self.home, "fuel", False)):
            number, evidence = self.evidence(node, partner, is_sent)
            self.assertEqual(len(evidence.mandates), 1)
            path = self.coalition.path(node.partner + ".evidence")
            with open(path, "wb") as file:
                file.write(evidence.SerializeToString())
            words = [TALEA, "audit", "dispute", path, str(number), "--charter",
                     self.coalition.path("charter.talea")]
            proof = json.loads(run([*words, "--json"]).stdout)
            self.assertEqual((proof["kind"], proof["promise"], proof["covered"]),
                             ("capture", "mandate", True))
            self.assertIn("a mandate of grocer", run(words).stdout)
            evidence.mandates[0].payload = evidence.mandates[0].payload[:-1]
            with open(path, "wb") as file:
                file.write(evidence.SerializeToString())
            self.assertIn("mandate", run(words, expect=4).stderr)

    def nobodys_card(self):
        """Under the home's prefix, and never issued."""
        return luhn(self.home.cli("member", "add")["card"][:6] + "999999999")

    def make_cards(self):
        self.cards = [self.member(500), self.member(10), self.nobodys_card(), self.member(100)]
        self.home.cli("card", "block", self.cards[3])
        self.coalition.wait_cleared()

    def test_a_killed_home(self):
        self.make_cards()
        self.home.kill()
        wait_for(lambda: not self.shop.peers()[0]["is_connected"], "fuel sees that grocer is away")
        earned = self.shop.cli("earn", self.cards[0], "7.00")
        first = self.burns_while_away()
        again = self.shop.cli("burn", "authorise", self.cards[0], FLOOR, "--transaction-id",
                              first["hold_id"])
        self.assertEqual(again, first)
        self.home.start()
        self.coalition.wait_connected()
        self.coalition.wait_cleared()
        self.assertEqual(self.balance(self.cards[0])["available_points"],
                         500 - FLOOR - 10 + earned["earned_points"])
        self.shop.cli("return", "purchase", earned["sale_id"])
        self.look_afterwards(first)

    def test_a_stopped_home(self):
        """It takes what it is asked, and answers when nobody waits any more."""
        self.make_cards()
        self.home.signal(signal.SIGSTOP)
        begun = time.monotonic()
        first = self.burns_while_away()
        self.assertLess(time.monotonic() - begun, 40)
        self.home.signal(signal.SIGCONT)
        self.look_afterwards(first)

    def test_the_deadline_is_kept(self):
        card = self.member(500)
        self.home.signal(signal.SIGSTOP)
        try:
            begun = time.monotonic()
            hold = self.authorise(card, 10, "--timeout", "1")
            self.assertEqual(hold["authorised_by"], "AUTHORISED_BY_MANDATE")
            self.assertLess(time.monotonic() - begun, 1.5)
        finally:
            self.home.signal(signal.SIGCONT)

    def test_what_was_granted_in_vain_is_given_back(self):
        """Nothing covers it: the till is refused, and the grant that comes of it is void."""
        card = self.member(500)
        words = ["burn", "authorise", card, 300, "--transaction-id", wire.uuid7()]
        self.home.signal(signal.SIGSTOP)
        self.unreachable(*words)
        self.home.signal(signal.SIGCONT)
        self.coalition.wait_cleared()
        wait_for(lambda: self.balance(card)["held_points"] == 0, "nothing is on hold")
        self.assert_balance(card, 500)
        self.unreachable(*words)
        hold = self.authorise(card, 300)
        self.assertEqual(hold["authorised_by"], "AUTHORISED_BY_GRANT")
        self.shop.cli("burn", "capture", hold["hold_id"])
        self.settled()

    def test_who_answers(self):
        own = self.shop.cli("member", "add")["card"]
        self.shop.cli("earn", own, "1.00", "--points", 10, "--as", "admin")
        self.assertEqual(self.authorise(own, 5)["authorised_by"], "AUTHORISED_BY_OWN")
        card = self.member(100)
        words = ("burn", "authorise", card, 5, "--transaction-id", wire.uuid7())
        granted = self.shop.cli(*words)
        self.assertEqual(granted["authorised_by"], "AUTHORISED_BY_GRANT")
        self.home.kill()
        self.assertEqual(self.shop.cli(*words), granted)  # it is recorded, and nobody is asked
        self.home.start()
        self.coalition.wait_connected()
        burned = self.shop.cli("burn", card, 5)
        self.assertEqual((burned["authorised_by"], burned["captured_points"]),
                         ("AUTHORISED_BY_GRANT", 5))
        shown = self.shop.talea("burn", card, 5).stdout
        self.assertIn("granted    by grocer", shown)
        self.proven()

    def test_mandates_are_seen(self):
        mandate = given(self.home, "fuel")
        self.assertEqual((mandate["floor_points"], mandate["daily_cap_points"], mandate["state"]),
                         (FLOOR, CAP, "MANDATE_STATE_LIVE"))
        self.assertEqual(self.home.cli("mandate", "list")["exposure_points"], CAP)
        self.assertEqual(self.shop.cli("mandate", "list")["allowance_points"], CAP)
        shown = self.shop.talea("mandate", "show", mandate["mandate_id"]).stdout
        self.assertIn(f"floor      {FLOOR} ", shown)
        self.assertIn("allowance ", self.shop.talea("mandate", "list").stdout)
        self.assertIn(f"stand-in      {CAP} Sparks by its tills, 0 by ours",
                      self.home.talea("peer", "show", "fuel").stdout)
        self.refused("MANDATE_UNKNOWN", "mandate", "show", wire.uuid7())
        status, page = self.home.http_get("/metrics")
        self.assertEqual(status, 200)
        self.assertIn(f'talea_stand_in_exposure_points{{partner="fuel"}} {CAP}', page)
        self.home.stop()
        self.home.start()  # the same mandate is given again
        self.coalition.wait_connected()
        self.assertEqual(given(self.home, "fuel")["mandate_id"], mandate["mandate_id"])
        self.assertEqual(len(self.home.cli("mandate", "list")["mandates"]), 1)

    def test_no_mandate(self):
        """Fuel gives none: its members are asked for, or nobody burns."""
        card = self.shop.cli("member", "add")["card"]
        self.shop.cli("earn", card, "1.00", "--points", 10, "--as", "admin")
        self.assertIn("a card of fuel: only", self.home.talea("balance", card, expect=1).stderr)
        self.shop.kill()
        wait_for(lambda: not self.home.peers()[0]["is_connected"], "grocer sees that fuel is away")
        result = self.home.talea("burn", card, 5, expect=3)
        self.assertIn("(HOME_UNREACHABLE)", result.stderr)
        self.shop.start()


if __name__ == "__main__":
    main(280)
