#!/usr/bin/python3
"""Fraud rules and their reviews, caps on gifts, points by hand: two running brands."""

import threading
import unittest

import wire
from coalition import Coalition, main, wait_for

PROGRAMME = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
fraud:
  review_days: 10
  rules:
    - {rule: fast card, counts: earns, by: card, more_than: 6, within: 1h, action: refuse}
    - {rule: all day, counts: earns, by: card_at_cashier, more_than: 2, share: 50, within: 1d,
       action: hold}
    - {rule: loops, counts: returns, by: card, more_than: 1, within: 1d, action: alert}
    - {rule: a lot, counts: points, by: card, more_than: 500, within: 1d, action: alert}
    - {rule: half the town, counts: referrals, by: referrer, more_than: 2, within: 1d,
       action: alert}
transfers: {per_gift: 50, per_day: 100, per_month: 120, per_receiver: 90}
by_hand: {points: 400}
rules:
  - {rule: web, channels: [web], give: {points: 1}}
"""


class Fraud(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.node = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        with open(cls.node.path("programme.yaml"), "w", encoding="utf-8") as file:
            file.write(PROGRAMME)
        with open(cls.fuel.path("programme.yaml"), "a", encoding="utf-8") as file:
            file.write("transfers: {per_month: 30}\n")
        cls.coalition.start()

    def card(self, points=0):
        member = self.node.cli("member", "add")
        if points:
            self.node.cli("earn", member["card"], "0.01", "--points", points, "--as", "admin")
        return member["card"]

    def earn(self, card, amount, *words, node=None):
        return (node or self.node).cli("earn", card, amount, *words)

    def balance(self, card):
        balance = self.node.cli("balance", card)["balance"]
        return balance["available_points"], balance["pending_points"]

    def alerts(self, rule, *words):
        reply = self.node.cli("alert", "list", "--rule", rule, *words)
        return reply["alerts"]

    def refused(self, reason, *words, expect=1):
        result = self.node.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)
        return result.stderr

    def test_too_many_purchases_are_refused(self):
        card = self.card()
        sales = [self.earn(card, "1.00", "--transaction-id", wire.uuid7())["sale_id"]
                 for _ in range(6)]
        last = wire.uuid7()
        self.assertIn("7 earns in 1 h, more than 6",
                      self.refused("FRAUD_LIMIT", "earn", card, "1.00", "--transaction-id", last))
        self.refused("FRAUD_LIMIT", "earn", card, "1.00", "--transaction-id", last)
        self.refused("FRAUD_LIMIT", "earn", card, "1.00")
        repeat = self.earn(card, "1.00", "--transaction-id", sales[0])
        self.assertEqual(repeat["earned_points"], 1)
        self.assertEqual(self.balance(card), (6, 0))
        (alert,) = [alert for alert in self.alerts("fast card") if card in alert["subject"]]
        self.assertEqual(alert["action"], "ALERT_ACTION_REFUSED")
        self.node.kill()
        self.node.start()
        self.coalition.wait_connected()
        self.refused("FRAUD_LIMIT", "earn", card, "1.00")
        self.earn(self.card(), "1.00")
        # Of two rules that it breaks the stricter one decides.
        rich = self.card()
        for _ in range(6):
            self.earn(rich, "100.00")
        self.refused("FRAUD_LIMIT", "earn", rich, "100.00")

    def test_many_at_once_are_counted_exactly(self):
        card = self.card()
        results = []

        def buy():
            results.append(self.node.talea("earn", card, "1.00", expect=None).returncode)
        threads = [threading.Thread(target=buy) for _ in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [0] * 6 + [1] * 3)
        self.assertEqual(self.balance(card), (6, 0))
        page = self.node.http_get("/metrics")[1]
        self.assertIn('talea_fraud_findings_total{rule="fast card",action="refuse"}', page)

    def held(self, cashier):
        card = self.card()
        for _ in range(2):
            self.earn(card, "10.00", "--cashier", cashier)
        transaction = wire.uuid7()
        words = ["10.00", "--cashier", cashier, "--till", "2", "--transaction-id", transaction]
        reply = self.earn(card, *words)
        self.assertEqual(self.earn(card, *words)["journal_row"], reply["journal_row"])
        self.assertEqual(self.balance(card), (20, 10))
        return card, reply["alert_id"]

    def test_a_review_releases_or_takes_back(self):
        good, alert = self.held("7")
        shown = self.node.talea("alert", "show", alert).stdout
        self.assertIn(f"card {good} at cashier 7", shown)
        self.assertIn("3 earns in 1 d, more than 2; of 3 there, more than 50 %", shown)
        words = ["alert", "close", alert, "--verdict", "innocent", "--reason", "a regular",
                 "--transaction-id", wire.uuid7()]
        row = self.node.cli(*words)["journal_row"]
        self.assertEqual(self.node.cli(*words)["journal_row"], row)
        self.assertEqual(self.balance(good), (30, 0))
        self.refused("ALERT_ENDED", "alert", "close", alert, "--verdict", "fraud", "--reason", "x")
        self.assertEqual(self.balance(good), (30, 0))
        bad, alert = self.held("8")
        words = ["alert", "close", alert, "--verdict", "fraud", "--reason", "own card",
                 "--transaction-id", wire.uuid7()]
        self.assertEqual(self.node.cli(*words)["taken_points"], 10)
        self.node.cli(*words)
        self.assertEqual(self.balance(bad), (20, 0))
        (row,) = [row for row in self.alerts("all day", "--state", "fraud")]
        self.assertEqual((row["alert_id"], row["reason"]), (alert, "own card"))
        self.assertIn("back-office", row["reviewer"])
        self.refused("ALERT_UNKNOWN", "alert", "show", wire.uuid7())
        self.refused("ROLE_NOT_ALLOWED", "alert", "close", alert, "--verdict", "fraud", "--reason",
                     "x", "--as", "till")

    def test_what_a_quote_promised_is_held(self):
        card = self.card()
        quote = self.node.cli("quote", card, "5.00")
        for _ in range(6):
            self.earn(card, "1.00")
        reply = self.node.cli("confirm", quote["quote_id"])
        self.assertNotEqual(reply["sale"]["alert_id"], "")
        self.assertEqual(self.balance(card), (6, 5))
        self.refused("FRAUD_LIMIT", "earn", card, "1.00")

    def test_what_partners_tell_is_counted(self):
        card = self.card()
        for _ in range(2):
            self.earn(card, "260.00", node=self.fuel)
        wait_for(lambda: any(card in alert["subject"] for alert in self.alerts("a lot")),
                 "an alert about what a partner told")
        (alert,) = [alert for alert in self.alerts("a lot") if card in alert["subject"]]
        self.assertEqual(alert["found"], "520 points in 1 d, more than 500")
        self.assertEqual(alert["action"], "ALERT_ACTION_ALERT")

    def test_earned_and_returned(self):
        card = self.card()
        for _ in range(2):
            sale = self.earn(card, "10.00")["sale_id"]
            self.node.cli("return", "purchase", sale)
        wait_for(lambda: any(card in alert["subject"] for alert in self.alerts("loops")),
                 "an alert about returns")
        self.earn(card, "10.00")
        self.assertEqual(len([1 for alert in self.alerts("loops") if card in alert["subject"]]), 1)

    def test_who_brings_many_is_found(self):
        card = self.card()
        for _ in range(3):
            self.node.cli("member", "add", "--referrer", card)
        wait_for(lambda: self.alerts("half the town"), "an alert about a referrer")
        (alert,) = self.alerts("half the town")
        self.assertEqual(alert["found"], "3 referrals in 1 d, more than 2")

    def test_gifts_have_caps(self):
        giver, first, second, third = self.card(400), self.card(), self.card(), self.card()
        self.assertIn("transfers.per_gift: at most 50 points at a time",
                      self.refused("GIFT_LIMIT", "transfer", giver, first, 51))
        results = []

        def give(receiver):
            result = self.node.talea("transfer", giver, receiver, 25, expect=None)
            results.append("GIFT_LIMIT" if "(GIFT_LIMIT)" in result.stderr else result.returncode)
        threads = [threading.Thread(target=give, args=(receiver,))
                   for receiver in [first, second, third] * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(str, results)), ["0"] * 4 + ["GIFT_LIMIT"] * 5)
        self.assertEqual(self.balance(giver), (300, 0))
        stderr = self.refused("GIFT_LIMIT", "transfer", giver, first, 1)
        self.assertIn("at most 100 points a day may be given; 100 were, and this is 1", stderr)
        pool = self.node.cli("pool", "open", "Home", giver)["pool_id"]
        words = ["transfer", giver, pool, 200, "--transaction-id", wire.uuid7()]
        row = self.node.cli(*words)["journal_row"] # into a pool is no gift
        self.assertEqual(self.node.cli(*words)["journal_row"], row)
        self.node.cli("transfer", pool, giver, 60, "--by", giver)
        self.refused("GIFT_LIMIT", "transfer", pool, first, 10, "--by", giver)
        other = self.card(400)
        for points in (50, 40):
            self.node.cli("transfer", other, first, points)
        self.assertIn("transfers.per_receiver: at most 90 points a month to one member",
                      self.refused("GIFT_LIMIT", "transfer", other, first, 1))
        self.node.cli("transfer", other, second, 10)
        near, far = [self.fuel.cli("member", "add")["card"] for _ in range(2)]
        self.fuel.cli("earn", near, "0.01", "--points", 60, "--as", "admin")
        self.fuel.cli("transfer", near, far, 20)
        result = self.fuel.talea("transfer", near, far, 11, expect=1)
        self.assertIn("transfers.per_month: at most 30 points a month", result.stderr)

    def test_a_partners_shop_asks_what_one_may_spend(self):
        ann, bob = self.card(300), self.card()
        pool = self.node.cli("pool", "open", "Home", ann)["pool_id"]
        self.node.cli("pool", "join", pool, bob)
        self.node.cli("transfer", ann, pool, 300)
        card = self.node.cli("card", "issue", "--member", pool)["card"]
        self.node.cli("pool", "card", card, bob)
        self.node.cli("pool", "rights", pool, bob, "--spend", "40/month")
        hold = self.fuel.cli("burn", "authorise", card, 30)["hold_id"]
        result = self.fuel.talea("burn", "authorise", card, 11, expect=1)
        self.assertIn("(POOL_LIMIT)", result.stderr)
        self.fuel.cli("burn", "capture", hold)
        self.coalition.wait_cleared()
        (right,) = [right for right in self.node.cli("pool", "show", pool)["rights"]
                    if right["spend"] == "POOL_SPEND_MONTH"]
        self.assertEqual((right["held_points"], right["spent_points"], right["left_points"]),
                         (0, 30, 10))
        self.assertIn("(POOL_LIMIT)", self.fuel.talea("burn", card, 11, expect=1).stderr)

    def test_one_person_alone_has_a_bound(self):
        card = self.card(400)
        self.assertIn("400 points at most",
                      self.refused("NEEDS_SECOND_PERSON", "earn", card, "0.01", "--points", 401,
                                   "--as", "admin"))

    def tearDown(self):
        self.assertIn("clean", self.node.talea("verify").stdout)


if __name__ == "__main__":
    main(100)
