#!/usr/bin/python3
"""Who pays for points, over a month of three brands: statements that match, figures worked by hand,
every ledger clean, and an audit of all exports.

Pharmacy's points are funded at burn, at 0.8 cents; between fuel and grocer points are paid for when
they are given, at 1.25. Fuel gives points under a promotion that grocer pays 60 % of and pharmacy 15 %."""

import os
import time
import unittest
import uuid
from decimal import Decimal

import bank
import books
import wire
from coalition import TALEA, Coalition, dashed, main, run, wait_for
from payment import PayingNode

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
promotions:
  - id: 7
    name: a bonus at the pump
    shop: fuel
    valid_from: 2020-01-01
    valid_until: 2100-01-01
    budget: 500
    per_purchase: 300
    split:
      - {partner: fuel, percent: 25}
      - {partner: grocer, percent: 60}
      - {partner: pharmacy, percent: 15}
"""


class Terms(Coalition):
    node_kind = PayingNode

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
        cls.promote()

    @classmethod
    def promote(cls):
        """Fuel gives pharmacy's member 201 and 77 points; the 77 return. What is over the budget, or
        of another promotion, is refused."""
        card = cls.pharmacy.cli("member", "add")["card"]

        def give(points, promotion="7", expect=0):
            return cls.fuel.cli("earn", card, "10.00", "--points", points, "--promotion", promotion,
                                expect=expect)
        give("201")
        sale = give("77")["sale_id"]
        cls.fuel.cli("return", "purchase", sale)
        cls.refusals = [cls.fuel.talea("earn", card, "10.00", "--points", points, "--promotion",
                                       number, expect=1).stderr
                        for points, number in (("301", "7"), ("300", "7"), ("5", "8"))]
        cls.coalition.wait_cleared()

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
        points, owed, _ = self.half("grocer", "fuel")
        self.assertEqual(points, {"MOVED_LOT": 250})
        self.assertEqual(owed, 0)  # pharmacy pays, when they are spent

    def test_a_promotion_is_paid_by_all_who_agreed(self):
        """Of 201 points grocer pays 120, of 278 166; pharmacy 30 and 41. At 1.25 cents and at 0.8,
        which is what points cost that pharmacy and fuel pay for when they are spent."""
        points, owed, _ = self.half("fuel", "grocer")
        self.assertEqual(points, {"CAPTURE": 300, "PROMOTION": 166, "PROMOTION_RETURN": 46})
        self.assertEqual(owed, -240 - 208 + 58)  # 207.5 is 208, 57.5 is 58: half to even
        points, owed, charges = self.half("fuel", "pharmacy")
        self.assertEqual(points, {"EARN": 278, "EARN_RETURN": 77, "FUNDING": 120,
                                  "PROMOTION": 41, "PROMOTION_RETURN": 11})
        self.assertEqual(owed, -96 - 2 - 33 - 1 + 9)  # 2.5 % of 33 is 0.825, of 9 0.225
        self.assertEqual([int(c["fee_minor"]) for c in charges], [3])

    def shown(self, node):
        (row,) = node.cli("promotion", "show", "7")["promotions"]
        return row, {p["partner"]: p for p in row["parts"]}

    def test_promotions_in_bulk(self):
        """Through a batch, a stream and an import of receipts; what is left, and who paid, is shown."""
        pb = wire.messages().ledger
        row, parts = self.shown(self.fuel)
        given = int(row["given_points"])
        self.assertEqual((given, int(row["left_points"])), (201, 299))
        self.assertEqual([int(parts[n]["funded_points"]) for n in NAMES], [51, 120, 30])
        card = self.pharmacy.cli("member", "add")["card"]
        sale = uuid.UUID(wire.uuid7()).bytes
        channel = wire.channel(self.fuel, "till")
        self.addCleanup(channel.close)
        service = wire.service(channel, pb, "LedgerService")

        def earn(points, promotion=7, ident=None):
            return pb.BatchCommand(transaction_id=ident or uuid.UUID(wire.uuid7()).bytes,
                                   earn=pb.BatchEarn(card=card, amount_minor=1000,
                                                     fixed_points=points, promotion=promotion))
        commands = [earn(100, ident=sale), earn(301), earn(5, 8), earn(0), earn(5, 0)]
        answers = service.ExecuteBatch(pb.ExecuteBatchRequest(commands=commands)).answers
        names = [pb.Refusal.Name(a.refusal)[len("REFUSAL_"):] for a in answers]
        self.assertEqual(names, ["UNSPECIFIED", "PROMOTION_EXHAUSTED", "PROMOTION_NOT_IN_FORCE",
                                 "POINTS_NOT_POSITIVE", "ROLE_NOT_ALLOWED"])
        streamed = list(service.ExecuteStream(iter(
            [pb.ExecuteStreamRequest(commands=[earn(10)])])))
        self.assertEqual([a.refusal for s in streamed for a in s.answers], [0])
        self.receipts(card, [("R1", 50, "7"), ("R2", 3, ""), ("R3", 301, "7")])
        self.coalition.wait_cleared()
        row, parts = self.shown(self.fuel)
        self.assertEqual(int(row["given_points"]), given + 160)
        self.assertEqual([int(parts[n]["funded_points"]) for n in NAMES], [91, 216, 54])
        self.assertEqual(sum(int(p["funded_points"]) for p in parts.values()), given + 160)
        row, parts = self.shown(self.grocer)  # of its own part
        self.assertEqual((int(row["given_points"]), int(row["left_points"])), (216, 84))
        self.assertFalse(parts["fuel"]["is_known"])
        self.assertIn("a bonus at the pump", self.grocer.talea("promotion", "list").stdout)
        self.assertIn("216", self.fuel.talea("promotion", "show", "7").stdout)
        self.fuel.talea("promotion", "show", "8", expect=1)
        # What returns gives back the shares.
        self.fuel.cli("return", "purchase", str(uuid.UUID(bytes=sale)))
        self.coalition.wait_cleared()
        _, parts = self.shown(self.fuel)
        self.assertEqual([int(parts[n]["funded_points"]) for n in NAMES], [66, 156, 39])

    def receipts(self, card, rows):
        table, mapping = self.coalition.path("receipts.csv"), self.coalition.path("map.yaml")
        day = time.strftime("%Y-%m-%d")
        with open(table, "w", encoding="utf-8") as file:
            file.write("receipt,day,card,points,promotion\n")
            for receipt, points, promotion in rows:
                file.write(f"{receipt},{day},{card},{points},{promotion}\n")
        with open(mapping, "w", encoding="utf-8") as file:
            file.write("rows: receipts\ncolumns:\n")
            for role, column in (("receipt", "receipt"), ("time", "day"), ("card", "card"),
                                 ("points", "points"), ("promotion", "promotion")):
                file.write(f"  {role}: {{column: {column}}}\n")
            file.write('time: {formats: ["%Y-%m-%d"]}\n')
        result = self.fuel.talea("import", "receipts", table, "--map", mapping, expect=1)
        self.assertIn("PROMOTION_EXHAUSTED", result.stdout + result.stderr)

    def test_a_promotion_has_bounds(self):
        self.assertIn("(PROMOTION_EXHAUSTED)", self.refusals[0])
        self.assertIn("(PROMOTION_EXHAUSTED)", self.refusals[1])
        self.assertIn("(PROMOTION_NOT_IN_FORCE)", self.refusals[2])

    def test_who_pays_must_sign(self):
        """Two of three would do for the charter, but not for what the third is to pay."""
        c = self.coalition
        out = c.path("unsigned.talea")
        run([TALEA, "charter", "make", "--terms", c.path("coalition.yaml"), "--out", out])
        for name in ("fuel", "grocer"):
            run([TALEA, "charter", "sign", "--key", c[name].path("keys/root.key"), out])
        text = run([TALEA, "charter", "verify", out], expect=None)
        self.assertNotEqual(text.returncode, 0)
        self.assertIn("pharmacy, who pays for promotion 7, has not signed", text.stderr)
        self.assertIn("fuel 25.00 %, grocer 60.00 %, pharmacy 15.00 %",
                      run([TALEA, "charter", "show", out]).stdout)

    def test_both_sides_say_the_same(self):
        for one in NAMES:
            for other in NAMES:
                if one < other:
                    self.assertEqual(self.statement(one, other), self.statement(other, one))

    def test_the_books_have_it_by_name(self):
        """What is receivable and payable is what the node says is owed, and nothing is posted as
        something else; programs read it."""
        for node in self.coalition:
            rows = books.rows_of(node.talea("books", "--format", "csv", "--only", "money").stdout)
            owed = {(p["partner"],): -Decimal(p["status"]["net_minor"]) / 100
                    for p in node.cli("period", "list", dashed(self.period))["pairs"]}
            open_ = books.sums_of([r for r in rows if r["kind"] in ("money_receivable",
                                                                   "money_payable")], "partner")
            self.assertEqual(open_, {k: v for k, v in owed.items() if v})
            self.assertEqual(sum(Decimal(r["debit"]) + Decimal(r["credit"]) for r in rows
                                 if r["kind"] == "other_settled"), 0)
            books.accept(node, self.coalition.root)
        rows = books.rows_of(self.grocer.talea("books", "--format", "csv").stdout)
        sums = books.sums_of([r for r in rows if r["partner"] == "pharmacy"], "event", "kind")
        self.assertEqual(sums["funding_sent", "points_funded"], Decimal("-6.80"))
        self.assertEqual(sums["funding_return_sent", "points_funded"], Decimal("0.80"))
        sums = books.sums_of([r for r in rows if r["partner"] == "fuel"], "event", "kind")
        self.assertEqual(sums["promotion_received", "points_given"], Decimal("2.075"))
        self.assertEqual(sums["promotion_return_received", "points_given"], Decimal("-0.575"))

    def test_what_is_due_is_paid_by_valid_files(self):
        """What funding and promotions come to, to the cent. Last of all: it changes the books."""
        paid = 0
        for node in self.coalition:
            def owes(node=node):
                pairs = node.cli("period", "list", dashed(self.period))["pairs"]
                states = {p["status"]["state"][len("SETTLEMENT_STATE_"):] for p in pairs}
                return states <= {"NETTED", "INSTRUCTED", "PAID", "CLOSED"} and pairs
            wait_for(owes, f"{node.partner}'s pairs are netted")
            due = sum(max(int(p["status"].get("net_minor", 0)), 0) for p in owes())
            path = self.coalition.path(node.partner + ".pain")
            node.talea("payment", "instruct", "--out", path, "--period", dashed(self.period),
                       expect=0 if due else 1)
            if due:
                problem = bank.validate(path, "pain.001.001.09")
                self.assertFalse(problem, problem)
                file = bank.PaymentFile(path)
                self.assertEqual(sum(Decimal(e.text) for e in file.all("InstdAmt")),
                                 Decimal(due) / 100)
                paid += 1
        self.assertGreater(paid, 0)

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
    main(220)
