#!/usr/bin/python3
"""Fraud rules and their reviews, caps on gifts, points by hand: two running brands."""

import json
import threading
import time
import unittest
import uuid

import wire
from coalition import Coalition, main, wait_for
from notify import SECRET, Gateway

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
    - {rule: too much, counts: points, by: card, more_than: 5000, within: 1d, action: refuse}
    - {rule: half the town, counts: referrals, by: referrer, more_than: 2, within: 1d,
       action: alert}
transfers: {per_gift: 50, per_day: 100, per_month: 120, per_receiver: 90}
by_hand: {points: 400}
rules:
  - {rule: web, channels: [web], give: {points: 1}}
  - {rule: review, on: review, give: {points: 1}}
"""
BY_RATE = """transfers: {per_month: 30}
fraud:
  rules:
    - {rule: fast card, counts: earns, by: card, more_than: 6, within: 1h, action: refuse}
    - {rule: one till, counts: earns, by: card_at_till, more_than: 1, within: 1h, action: hold}
"""
NOTIFICATIONS = """version: 1
brand: Fuel
language: en
webhooks:
  - {{name: staff, channel: chat, url: "{}", secret: hook.key, kinds: [alert_raised]}}
"""
MAPPING = """rows: lines
columns:
  receipt: {column: receipt}
  time: {column: time}
  card: {column: card}
  product: {value: bread}
  amount: {column: amount}
  currency: {value: USD}
  cashier: {column: cashier}
time: {formats: ["%Y-%m-%d %H:%M"]}
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
            file.write(BY_RATE)
        cls.gateway = Gateway()
        cls.addClassCleanup(cls.gateway.close)
        cls.fuel.replace("hook.key", SECRET + b"\n")
        cls.fuel.replace("notifications.yaml", NOTIFICATIONS.format(cls.gateway.url).encode())
        config = cls.fuel.read("node.yaml")
        cls.fuel.replace("node.yaml", config + b"\nnotifications: notifications.yaml\n")
        cls.coalition.start()
        cls.pb = wire.messages().ledger
        cls.offices = {}
        for node in (cls.node, cls.fuel):
            channel = wire.channel(node, "back-office")
            cls.addClassCleanup(channel.close)
            cls.offices[node] = wire.service(channel, cls.pb, "LedgerService")

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

    def bulk(self, card, count, **more):
        return [self.pb.BatchCommand(transaction_id=uuid.UUID(wire.uuid7()).bytes,
                                     earn=self.pb.BatchEarn(card=card, amount_minor=1000, **more))
                for _ in range(count)]

    def execute(self, commands, node=None, linked=False):
        request = self.pb.ExecuteBatchRequest(commands=commands, is_linked=linked)
        return list(self.offices[node or self.node].ExecuteBatch(request).answers)

    def names(self, answers):
        return [self.pb.Refusal.Name(answer.refusal)[len("REFUSAL_"):] for answer in answers]

    def check_refused_in_bulk(self, node, way):
        """The seventh is refused, whichever way; and what is refused is not counted."""
        card = node.cli("member", "add")["card"]
        node.cli("card", "block", card)
        self.assertEqual(self.names(way(self.bulk(card, 9))), ["CARD_BLOCKED"] * 9)
        node.cli("card", "unblock", card)
        commands = self.bulk(card, 8)
        answers = way(commands)
        self.assertEqual(self.names(answers), ["UNSPECIFIED"] * 6 + ["FRAUD_LIMIT"] * 2)
        self.assertEqual(answers[7].message, f'The programme\'s rule "fast card" refuses it: card '
                         f'{card}, 7 earns in 1 h, more than 6.')
        again = way(commands)
        self.assertEqual(self.names(again), self.names(answers))
        self.assertEqual([answer.is_repeat for answer in again], [True] * 6 + [False] * 2)
        self.assertEqual(again[6].message, answers[6].message)
        self.assertIn("(FRAUD_LIMIT)", node.talea("earn", card, "1.00", expect=1).stderr)

    def check_held_in_bulk(self, node, way, count, **desk):
        card = node.cli("member", "add")["card"]
        commands = self.bulk(card, count, **desk)
        answers = way(commands)
        self.assertEqual([bool(answer.alert_id) for answer in answers],
                         [False] * (count - 1) + [True])
        self.assertEqual([answer.alert_id for answer in way(commands)],
                         [answer.alert_id for answer in answers])
        balance = node.cli("balance", card)["balance"]
        self.assertEqual((balance["available_points"], balance["pending_points"]),
                         ((count - 1) * 10, 10))
        alert = str(uuid.UUID(bytes=answers[-1].alert_id))
        node.cli("alert", "close", alert, "--verdict", "innocent", "--reason", "known")
        self.assertEqual(node.cli("balance", card)["balance"]["available_points"], count * 10)

    def streamed(self, commands):
        requests = [self.pb.ExecuteStreamRequest(commands=commands[at:at + 2])
                    for at in range(0, len(commands), 2)]
        return [answer for response in self.offices[self.node].ExecuteStream(iter(requests))
                for answer in response.answers]

    def test_batches_and_streams(self):
        self.check_refused_in_bulk(self.node, self.execute)
        self.check_refused_in_bulk(self.node, self.streamed)
        self.check_held_in_bulk(self.node, self.execute, 3, cashier="21")
        by_rate = lambda commands: self.execute(commands, node=self.fuel)
        self.check_refused_in_bulk(self.fuel, by_rate)
        self.check_held_in_bulk(self.fuel, by_rate, 2, till="4")
        linked = lambda commands: self.execute(commands, node=self.fuel, linked=True)
        self.check_held_in_bulk(self.fuel, linked, 2, till="5")
        card = self.fuel.cli("member", "add")["card"]
        answers = linked(self.bulk(card, 8))
        self.assertEqual(self.names(answers),
                         ["LINKED_REFUSED"] * 6 + ["FRAUD_LIMIT", "LINKED_REFUSED"])
        self.assertIn(f"card {card}, 7 earns", answers[6].message)
        self.assertEqual(self.names(linked(self.bulk(card, 6))), ["UNSPECIFIED"] * 6)
        member = self.fuel.cli("member", "add")["member_id"]
        commands = self.bulk("", 7, member_id=uuid.UUID(member).bytes)
        self.assertIn(f"member {member}, 7 earns", by_rate(commands)[6].message)
        alerts = {alert["alert_id"]: alert
                  for alert in self.fuel.cli("alert", "list", "--state", "all")["alerts"]}
        wait_for(lambda: len(self.gateway.all()) >= len(alerts), "the staff's notifications")
        told = {message["alert_id"]: message for message in self.gateway.of("alert_raised")}
        self.assertEqual(sorted(told), sorted(alerts))
        for alert, message in told.items():
            row = alerts[alert]
            self.assertEqual([message[key] for key in ("rule", "subject", "found", "text")],
                             [row["rule"], row["subject"], row["found"],
                              f'Fuel: to review, "{row["rule"]}": {row["subject"]}, '
                              f'{row["found"]}.'])
            self.assertNotIn("member_id", message)

    def receipts(self, node, name, rows):
        for file, text in ((name, "receipt,time,card,amount,cashier\n" + "\n".join(rows) + "\n"),
                           ("map.yaml", MAPPING)):
            with open(node.path(file), "w", encoding="utf-8") as out:
                out.write(text)
        words = ["import", "receipts", "--map", node.path("map.yaml"), node.path(name)]
        return [json.loads(node.talea("--json", *words, expect=None).stdout) for _ in range(2)]

    def test_old_receipts_count_at_their_own_time(self):
        for node in (self.node, self.fuel):
            card = node.cli("member", "add")["card"]
            self.earn(card, "1.00", node=node)
            old = [f"A{day}x{n},2026-0{1 + day % 3}-{10 + day} {10 + n}:00,{card},1.00,"
                   for day in range(12) for n in range(3)]
            first, again = self.receipts(node, "old.csv", old)
            self.assertEqual((first["rows_imported"], first["rows_rejected"]), (36, 0), first)
            self.assertEqual(again["repeats"], 36, again)
            fast = [f"B{n},2026-04-02 10:{10 + n},{card},1.00," for n in range(9)]
            first, again = self.receipts(node, "fast.csv", fast)
            self.assertEqual((first["rows_imported"], first["rows_rejected"]), (6, 3), first)
            self.assertEqual(first["rejected"][0]["reason"], "FRAUD_LIMIT")
            self.assertEqual((again["repeats"], again["rejected"]), (6, first["rejected"]))
            self.earn(card, "1.00", node=node)
        card = self.card()
        self.receipts(self.node, "held.csv", [f"C{n},2026-05-01 1{n}:00,{card},10.00,9"
                                              for n in range(3)])
        self.assertEqual(self.balance(card), (20, 10))

    def test_a_till_may_be_late(self):
        """Purchases count at their own time, as far back as a till may have been offline."""
        hour = int(time.time()) // 3600 * 3600
        yesterday = [hour - 86400 + 60 * minute for minute in range(7)]
        others = [hour - 3600 * hours for hours in (1, 22, 26, 6 * 24)]
        for node in (self.node, self.fuel):
            card = node.cli("member", "add")["card"]
            commands = self.bulk(card, 12)
            for command, at in zip(commands, yesterday + others + [hour - 9 * 86400]):
                command.business_unix_ms = at * 1000
            with wire.channel(node, "till") as channel:
                till = wire.service(channel, self.pb, "LedgerService")
                answers = till.ExecuteBatch(self.pb.ExecuteBatchRequest(commands=commands)).answers
                self.assertEqual(self.names(answers), ["UNSPECIFIED"] * 6 + ["FRAUD_LIMIT"] +
                                 ["UNSPECIFIED"] * 4 + ["FRAUD_LIMIT"])
                self.assertIn("7 earns in 1 h, more than 6", answers[6].message)
                self.assertEqual(answers[11].message, 'The programme\'s rule "late_days" refuses it: '
                                 f"card {card}, told 9 d after it took place, more than 7 d.")
                self.assertEqual(self.names(self.execute(commands[11:], node=node)),
                                 ["UNSPECIFIED"])  # the office may
                answers = till.ExecuteBatch(self.pb.ExecuteBatchRequest(commands=commands[11:]))
                self.assertTrue(answers.answers[0].is_repeat)
        result = self.fuel.talea("earn", card, "1.00", "--time",
                                 time.strftime("%Y-%m-%d", time.gmtime(hour - 9 * 86400)), expect=1)
        self.assertIn('rule "late_days" refuses it', result.stderr)

    def test_rules_that_change_count_what_was(self):
        card = self.fuel.cli("member", "add")["card"]
        earn = lambda count: self.execute(self.bulk(card, count), node=self.fuel)
        earn(4)
        before = self.fuel.read("programme.yaml")
        stricter = before.replace(b"more_than: 6", b"more_than: 4")
        self.fuel.replace("programme.yaml", stricter)
        self.fuel.reload("reload_failed")  # unless it is another version
        self.fuel.replace("programme.yaml", stricter.replace(b"version: 1\n", b"version: 2\n"))
        self.fuel.reload()
        (answer,) = earn(1)
        self.assertIn("5 earns in 1 h, more than 4", answer.message)
        self.fuel.replace("programme.yaml", before.replace(b"version: 1\n", b"version: 3\n"))
        self.fuel.reload()
        self.assertEqual(self.names(earn(3)), ["UNSPECIFIED"] * 2 + ["FRAUD_LIMIT"])

    def test_too_many_purchases_are_refused(self):
        card = self.card()
        for _ in range(3):
            self.node.cli("event", card, "review")
        sales = [self.earn(card, "1.00", "--transaction-id", wire.uuid7())["sale_id"]
                 for _ in range(6)]
        last = wire.uuid7()
        self.assertIn("7 earns in 1 h, more than 6",
                      self.refused("FRAUD_LIMIT", "earn", card, "1.00", "--transaction-id", last))
        self.refused("FRAUD_LIMIT", "earn", card, "1.00", "--transaction-id", last)
        self.refused("FRAUD_LIMIT", "earn", card, "1.00")
        repeat = self.earn(card, "1.00", "--transaction-id", sales[0])
        self.assertEqual(repeat["earned_points"], 1)
        self.assertEqual(self.balance(card), (9, 0))
        (alert,) = [alert for alert in self.alerts("fast card") if card in alert["subject"]]
        self.assertEqual(alert["action"], "ALERT_ACTION_REFUSED")
        self.held("17")
        self.bring()
        self.node.kill()
        self.node.start()
        self.coalition.wait_connected()
        # Counted once more from the journal, where events and rewards are no purchases.
        self.assertIn("7 earns in 1 h, more than 6",
                      self.refused("FRAUD_LIMIT", "earn", card, "1.00"))
        self.bring() # and so what the journal has was looked at
        for rule in ("half the town", "all day", "fast card"):
            subjects = [alert["subject"] for alert in self.alerts(rule, "--state", "all")]
            self.assertEqual(len(subjects), len(set(subjects)), subjects)
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

    def bring(self):
        """Somebody brings so many that it is found."""
        card = self.card()
        before = len(self.alerts("half the town"))
        for _ in range(3):
            self.node.cli("member", "add", "--referrer", card)
        wait_for(lambda: len(self.alerts("half the town")) > before, "an alert about a referrer")
        return self.alerts("half the town")[-1]

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
        self.node.talea("member", "erase", bad, "--yes")
        (row,) = [row for row in self.alerts("all day", "--state", "fraud")]
        self.assertEqual((row["reason"], row["is_reason_erased"]), ("", True))
        self.assertIn("\nreason     (erased)", self.node.talea("alert", "show", alert).stdout)
        self.assertNotIn(b"own card", self.node.read("data", "journal.mdb"))
        self.refused("ALERT_UNKNOWN", "alert", "show", wire.uuid7())
        # Of what the node has, a trial says nothing about fraud rules: not that they found nothing.
        month = time.strftime("%Y-%m", time.gmtime())
        tried = self.node.cli("programme", "try", self.node.path("programme.yaml"), "--period", month)
        self.assertNotIn("fraud", tried)
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

    def test_points_that_rules_give_are_counted_before_they_are_given(self):
        card = self.card()
        words = ["earn", card, "5001.00", "--transaction-id", wire.uuid7()]
        said = f'The programme\'s rule "too much" refuses it: card {card}, 5001 points in 1 d, ' \
               "more than 5000 (FRAUD_LIMIT)"
        for _ in range(2):
            self.assertIn(said, self.refused("FRAUD_LIMIT", *words))
        self.assertEqual(self.balance(card), (0, 0))
        (alert,) = [alert for alert in self.alerts("too much") if card in alert["subject"]]
        self.assertEqual(alert["action"], "ALERT_ACTION_REFUSED")
        self.earn(card, "3000.00")  # what was refused is not counted
        quote = self.node.cli("quote", card, "2500.00")
        reply = self.node.cli("confirm", quote["quote_id"])
        self.assertNotEqual(reply["sale"]["alert_id"], "")
        self.assertEqual(self.balance(card), (3000, 2500))
        bulk = self.node.cli("member", "add")["card"]
        commands = self.bulk(bulk, 4)
        for command, amount in zip(commands, (300000, 300000, 200000, 100)):
            command.earn.amount_minor = amount
        for _ in range(2):
            self.assertEqual(self.names(self.execute(commands)),
                             ["UNSPECIFIED", "FRAUD_LIMIT", "UNSPECIFIED", "FRAUD_LIMIT"])
        self.assertEqual(self.balance(bulk), (5000, 0))
        old = self.node.cli("member", "add")["card"]
        rows = [f"D{n},2026-06-01 1{n}:00,{old},{amount}.00,"
                for n, amount in enumerate((3000, 3000, 2000, 1))]
        first, again = self.receipts(self.node, "much.csv", rows)
        self.assertEqual((first["rows_imported"], first["rows_rejected"]), (2, 2), first)
        self.assertEqual([row["reason"] for row in first["rejected"]], ["FRAUD_LIMIT"])
        self.assertEqual(self.balance(old), (5000, 0))
        self.assertEqual((again["repeats"], again["rejected"]), (2, first["rejected"]))

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
        self.assertEqual(self.bring()["found"], "3 referrals in 1 d, more than 2")

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
