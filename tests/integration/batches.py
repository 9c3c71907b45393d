#!/usr/bin/python3
"""Commands in bulk: batches, linked ones, streams of them, and single transactions looked up."""

import json
import unittest
import uuid

import grpc

import wire
from coalition import Coalition, luhn, main

BATCH_MAX = 8192


def new_id():
    return uuid.UUID(wire.uuid7()).bytes


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = wire.messages().ledger
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.node = cls.coalition["grocer"]
        cls.till = cls.connect("till")
        cls.office = cls.connect("back-office")

    @classmethod
    def connect(cls, role):
        channel = wire.channel(cls.node, role)
        cls.addClassCleanup(channel.close)
        return wire.service(channel, cls.pb, "LedgerService")

    def setUp(self):
        self.member = self.node.cli("member", "add")
        self.card = self.member["card"]

    def tearDown(self):
        self.assertIn("clean", self.node.talea("verify").stdout)

    def earn(self, points, card=None, **more):
        return self.pb.BatchCommand(transaction_id=new_id(), earn=self.pb.BatchEarn(
            card=card or self.card, amount_minor=100, fixed_points=points), **more)

    def authorise(self, points, card=None):
        return self.pb.BatchCommand(transaction_id=new_id(), authorise=self.pb.BatchAuthorise(
            card=card or self.card, points=points))

    def capture(self, hold, points=0):
        return self.pb.BatchCommand(transaction_id=new_id(), capture=self.pb.BatchCapture(
            hold_id=hold.transaction_id, points=points))

    def execute(self, *commands, linked=False, service=None):
        request = self.pb.ExecuteBatchRequest(commands=commands, is_linked=linked)
        return list((service or self.office).ExecuteBatch(request).answers)

    def names(self, answers):
        return [self.pb.Refusal.Name(a.refusal)[len("REFUSAL_"):] for a in answers]

    def balance(self, card=None):
        b = self.node.cli("balance", card or self.card)["balance"]
        return b["available_points"], b["held_points"]


class Batches(Case):
    def test_every_kind_of_command(self):
        other = self.node.cli("member", "add")
        earn, hold, spare = self.earn(1000), self.authorise(300), self.authorise(50)
        capture = self.capture(hold, 200)
        void = self.pb.BatchCommand(transaction_id=new_id(), void_hold=self.pb.BatchVoid(
            hold_id=spare.transaction_id))
        give_back = self.pb.BatchCommand(
            transaction_id=new_id(), receipt="R-1", return_burn=self.pb.BatchReturnBurn(
                hold_id=hold.transaction_id, points=20))
        sale = self.earn(0)
        sale.earn.amount_minor = 100_000
        returned = self.pb.BatchCommand(
            transaction_id=new_id(), return_purchase=self.pb.BatchReturnPurchase(
                sale_id=sale.transaction_id))
        moved = self.pb.BatchCommand(transaction_id=new_id(), transfer=self.pb.BatchTransfer(
            from_id=uuid.UUID(self.member["member_id"]).bytes,
            to_id=uuid.UUID(other["member_id"]).bytes, points=7))
        answers = self.execute(earn, hold, spare, capture, void, give_back, sale, returned, moved)
        self.assertEqual(self.names(answers), ["UNSPECIFIED"] * 9)
        self.assertEqual([a.points for a in answers[:6]], [1000, 300, 50, 200, 50, 20])
        self.assertEqual(answers[3].left_points, 100)
        self.assertLess(answers[1].capture_by_unix_ms, answers[1].deliver_by_unix_ms)
        self.assertEqual(answers[7].points, answers[6].points)
        self.assertEqual(answers[8].points, 7)
        self.assertEqual(self.balance(), (1000 - 300 + 20 - 7, 100))
        self.assertEqual(self.balance(other["card"]), (7, 0))
        rows = [a.journal_row for a in answers]
        self.assertEqual(rows, sorted(set(rows)))

    def test_only_the_office_moves_more_than_a_till_may(self):
        sale = self.earn(0)
        sale.earn.amount_minor = 10_000_001_00
        commands = sale, self.authorise(10_000_001)
        self.assertEqual(self.names(self.execute(*commands, service=self.till)),
                         ["POINTS_TOO_LARGE"] * 2)
        self.assertEqual(self.names(self.execute(*commands)), ["UNSPECIFIED"] * 2)

    def test_each_command_has_its_own_verdict(self):
        good = self.earn(5)
        bad_id = self.earn(5)
        bad_id.transaction_id = b"short"
        bad_text = self.earn(5, receipt="x" * 65)
        nothing = self.pb.BatchCommand(transaction_id=new_id())
        late = self.earn(5, business_unix_ms=1 << 60)
        foreign = self.authorise(5, self.coalition["fuel"].cli("member", "add")["card"])
        answers = self.execute(good, bad_id, self.earn(5, "123"), bad_text, nothing, late, foreign,
                               self.authorise(6), self.authorise(5))
        self.assertEqual(self.names(answers),
                         ["UNSPECIFIED", "INVALID_ID", "INVALID_CARD", "TEXT_TOO_LONG",
                          "INVALID_COMMAND", "INVALID_TIME", "FOREIGN_CARD",
                          "INSUFFICIENT_POINTS", "UNSPECIFIED"])
        self.assertEqual(self.balance(), (0, 5))

    def test_a_till_may_less(self):
        other = self.node.cli("member", "add")
        plain = self.earn(0)
        moved = self.pb.BatchCommand(transaction_id=new_id(), transfer=self.pb.BatchTransfer(
            from_id=uuid.UUID(self.member["member_id"]).bytes,
            to_id=uuid.UUID(other["member_id"]).bytes, points=7))
        answers = self.execute(self.earn(5), moved, plain, service=self.till)
        self.assertEqual(self.names(answers),
                         ["ROLE_NOT_ALLOWED", "ROLE_NOT_ALLOWED", "UNSPECIFIED"])

    def test_a_repeat_is_answered_again(self):
        batch = [self.earn(5), self.authorise(100), self.earn(7)]
        first, again = self.execute(*batch), self.execute(*batch)
        self.assertEqual([a.is_repeat for a in first], [False] * 3)
        self.assertEqual([a.is_repeat for a in again], [True] * 3)
        self.assertEqual([(a.refusal, a.points, a.journal_row) for a in first],
                         [(a.refusal, a.points, a.journal_row) for a in again])
        self.assertEqual(self.balance(), (12, 0))
        batch[0].earn.fixed_points = 6
        self.assertEqual(self.names(self.execute(*batch))[0], "TRANSACTION_ID_REUSED")

    def test_linked_ones_all_or_none(self):
        good, bad = self.earn(5), self.authorise(6)
        self.assertEqual(self.names(self.execute(good, bad, self.earn(1), linked=True)),
                         ["LINKED_REFUSED", "INSUFFICIENT_POINTS", "LINKED_REFUSED"])
        self.assertEqual(self.balance(), (0, 0))
        bad.authorise.points = 5
        self.assertEqual(self.names(self.execute(good, bad, linked=True)), ["UNSPECIFIED"] * 2)
        self.assertEqual(self.balance(), (0, 5))
        malformed = self.earn(1)
        malformed.transaction_id = b""
        self.assertEqual(self.names(self.execute(self.earn(1), malformed, linked=True)),
                         ["LINKED_REFUSED", "INVALID_ID"])
        self.assertEqual(self.balance(), (0, 5))

    def test_a_whole_batch(self):
        answers = self.execute(*[self.earn(1) for _ in range(BATCH_MAX)])
        self.assertEqual(len(answers), BATCH_MAX)
        self.assertEqual({a.refusal for a in answers}, {0})
        self.assertEqual(self.balance(), (BATCH_MAX, 0))

    def test_too_many_or_none(self):
        for count in (0, BATCH_MAX + 1):
            request = self.pb.ExecuteBatchRequest(commands=[self.earn(1)] * count)
            self.assertEqual(wire.refusal(self.office.ExecuteBatch, request),
                             ("INVALID_ARGUMENT", "INVALID_BATCH"))


class Streams(Case):
    def requests(self, *batches, linked=False):
        return iter([self.pb.ExecuteStreamRequest(commands=b, is_linked=linked) for b in batches])

    def test_answers_come_in_order(self):
        batches = [[self.earn(n + 1) for _ in range(3)] for n in range(40)]
        replies = list(self.office.ExecuteStream(self.requests(*batches)))
        self.assertEqual([[a.points for a in r.answers] for r in replies],
                         [[n + 1] * 3 for n in range(40)])
        self.assertEqual(self.balance(), (3 * sum(range(1, 41)), 0))

    def test_one_linked_batch_is_refused_alone(self):
        batches = [[self.earn(5)], [self.earn(1), self.authorise(100)], [self.authorise(5)]]
        replies = list(self.office.ExecuteStream(self.requests(*batches, linked=True)))
        self.assertEqual([self.names(r.answers) for r in replies],
                         [["UNSPECIFIED"], ["LINKED_REFUSED", "INSUFFICIENT_POINTS"],
                          ["UNSPECIFIED"]])

    def test_a_wrong_batch_ends_the_stream_after_the_answers_before(self):
        call = self.office.ExecuteStream(self.requests([self.earn(5)], []))
        replies = []
        with self.assertRaises(grpc.RpcError) as caught:
            for reply in call:
                replies.append(reply)
        self.assertEqual(wire.details(caught.exception)[0], "INVALID_BATCH")
        self.assertEqual(len(replies), 1)

    def test_a_caller_that_goes_away(self):
        call = self.office.ExecuteStream(self.requests(*[[self.earn(1)] for _ in range(20)]))
        next(call)
        call.cancel()
        self.assertEqual(self.names(self.execute(self.earn(1))), ["UNSPECIFIED"])


class Transactions(Case):
    def test_looked_up(self):
        earn = self.earn(5, receipt="R-9")
        answer = self.execute(earn)[0]
        text = str(uuid.UUID(bytes=earn.transaction_id))
        event = self.node.cli("transaction", "show", text)["event"]
        self.assertEqual((event["journal_row"], event["kind"], event["points"], event["receipt"],
                          event["card"], event["member_id"]),
                         (answer.journal_row, "EVENT_KIND_EARN", 5, "R-9", self.card,
                          self.member["member_id"]))
        self.assertEqual([(p["debit"]["account"], p["credit"]["account"], p["points"])
                          for p in event["postings"]], [("issued", "available", 5)])
        self.assertRegex(self.node.talea("transaction", "show", text).stdout,
                         self.member["member_id"] + r" +5 +0  grocer  1 +-  +20\d\d-")

    def test_a_refused_one_too(self):
        hold = self.authorise(5)
        self.execute(hold)
        text = str(uuid.UUID(bytes=hold.transaction_id))
        event = self.node.cli("transaction", "show", text)["event"]
        self.assertEqual(event["refusal"], "REFUSAL_INSUFFICIENT_POINTS")

    def test_one_of_a_partner(self):
        fuel = self.coalition["fuel"]
        sale = fuel.cli("earn", self.card, "7.00")
        self.coalition.wait_cleared()
        for words in ([], ["--origin", "fuel"]):
            shown = self.node.cli("transaction", "show", sale["sale_id"], *words)
            event = shown["event"]
            self.assertEqual((event["kind"], event["origin"], event["points"], event["member_id"]),
                             ("EVENT_KIND_TAKE_ENTRY", "fuel", 7, self.member["member_id"]))
            self.assertEqual(shown.get("other_origins", []), [])
        hold = fuel.cli("burn", "authorise", self.card, 3)["hold_id"]
        event = self.node.cli("transaction", "show", hold)["event"]
        self.assertEqual((event["kind"], event["origin"], event["points"]),
                         ("EVENT_KIND_HOLD", "fuel", 3))
        result = self.node.talea("transaction", "show", sale["sale_id"], "--origin", "grocer",
                                 expect=1)
        self.assertIn("TRANSACTION_UNKNOWN", result.stderr)

    def test_one_that_two_brands_made(self):
        fuel, id = self.coalition["fuel"], wire.uuid7()
        fuel.cli("earn", self.card, "7.00", "--transaction-id", id)
        self.coalition.wait_cleared()
        self.node.cli("earn", self.card, "5.00", "--transaction-id", id)
        shown = self.node.cli("transaction", "show", id)
        self.assertEqual((shown["event"]["origin"], shown["event"]["points"]), ("grocer", 5))
        self.assertEqual(shown["other_origins"], ["fuel"])
        self.assertIn("fuel made the same id: --origin fuel",
                      self.node.talea("transaction", "show", id).stdout)
        shown = self.node.cli("transaction", "show", id, "--origin", "fuel")
        self.assertEqual(shown["event"]["points"], 7)

    def test_what_the_home_made_of_it(self):
        fuel = self.coalition["fuel"]
        good = fuel.cli("earn", self.card, "7.00")["sale_id"]
        self.coalition.wait_cleared()
        sent = fuel.cli("transaction", "show", good)["sent"]
        self.assertEqual((sent["partner"], sent["state"], sent.get("reason", "")),
                         ("grocer", "SENT_ENTRY_STATE_APPLIED", ""))
        nobodys = luhn(self.card[:6] + "999999999")
        bad = fuel.cli("earn", nobodys, "9.00")["sale_id"]
        self.coalition.wait_cleared()
        shown = fuel.cli("transaction", "show", bad)
        sent = shown["sent"]
        self.assertEqual((sent["state"], sent["reason"]),
                         ("SENT_ENTRY_STATE_REFUSED", "CARD_UNKNOWN"))
        self.assertIn(f"entry {sent['number']} to grocer: refused, CARD_UNKNOWN and reversed, row "
                      f"{sent['receipt_row']}", fuel.talea("transaction", "show", bad).stdout)
        events = [json.loads(line) for line in fuel.talea(
            "events", "--from", shown["event"]["journal_row"]).stdout.splitlines()]
        reversal = next(event for event in events if event.get("reversed_id") == bad)
        self.assertEqual([(p["debit"]["account"], p["credit"]["account"], p["points"])
                          for p in reversal["postings"]], [("payable", "issued", 9)])
        receipt = next(event for event in events
                       if event["journal_row"] == sent["receipt_row"])
        self.assertEqual(receipt["entry_refusals"], [
            {"partner": "grocer", "number": sent["number"], "reason": "CARD_UNKNOWN"}])

    def test_not_answered_yet(self):
        fuel = self.coalition["fuel"]
        self.node.stop()
        try:
            sale = fuel.cli("earn", self.card, "7.00")["sale_id"]
            self.assertEqual(fuel.cli("transaction", "show", sale)["sent"]["state"],
                             "SENT_ENTRY_STATE_WAITING")
        finally:
            self.node.start()

    def test_unknown(self):
        result = self.node.talea("transaction", "show", wire.uuid7(), expect=1)
        self.assertIn("TRANSACTION_UNKNOWN", result.stderr)


if __name__ == "__main__":
    main(160)
