#!/usr/bin/python3
"""Blocks of points that fuel buys of grocer in advance, over a month: sold, accepted, drawn from,
given back to, used up, ended; statements that match, figures worked by hand, books, every ledger
clean, and an audit of both exports."""

import datetime
import os
import time
import unittest
from decimal import Decimal

import books
from coalition import Coalition, dashed, main, run, wait_for
from coalition import TALEA

NAMES = ("fuel", "grocer")

TARIFFS = """tariffs:
  - id: 1
    name: usual
    issue_price_per_point: 0.0200
    redemption_price_per_point: 0.0100
    rounding: half_even
  - id: 2
    name: in advance
    issue_price_per_point: 0.0150
    redemption_price_per_point: 0.0050
    rounding: half_even
    issue_fee_percent: 2.5
    tax: {code: S, percent: 12, on: fees}
    partners: [grocer, fuel]
    funding: prepaid
"""

SHORT_S = 12  # that the second block lasts


def at(seconds):
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


class Terms(Coalition):
    def terms(self):
        text = super().terms()
        start = text.index("tariffs:")
        return text[:start] + TARIFFS + text[text.index("\n# What one partner may owe"):]


class Prepaid(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = c = Terms(list(NAMES))
        cls.addClassCleanup(c.close)
        try:
            c.make()
            c.start()
            cls.fuel, cls.grocer = (c[name] for name in NAMES)
            cls.period = int(cls.grocer.cli("status")["open_period"])
            cls.card = cls.grocer.cli("member", "add")["card"]
            cls.trade()
            c.wait_cleared()
            c.close_period(cls.period)
        except BaseException:
            c.show_logs()
            raise

    @classmethod
    def block(cls, node, block):
        return node.cli("block", "show", block)["block"]

    @classmethod
    def offered(cls, node, block):
        return any(b["block_id"] == block and b["state"] == "BLOCK_STATE_OFFERED"
                   for b in node.cli("block", "list").get("blocks", []))

    @classmethod
    def sell(cls, name, points, until, *more, by_file=False):
        """Sold and bought: the block's id, once it is live on both sides."""
        offer = cls.coalition.path(name + ".offer")
        sold = cls.grocer.cli("block", "sell", "fuel", "--points", str(points), "--tariff", "2",
                              "--until", until, "--out", offer, *more)
        block = sold["block"]["block_id"]
        if not by_file:
            wait_for(lambda: cls.offered(cls.fuel, block), "the offer has come")
        bought = cls.fuel.cli("block", "accept", offer if by_file else block)
        assert bought["block_id"] == block and bought["seller"] == "grocer"
        wait_for(lambda: cls.block(cls.fuel, block)["state"] == "BLOCK_STATE_LIVE", "it is live")
        assert cls.block(cls.grocer, block)["state"] == "BLOCK_STATE_LIVE"
        return block, offer

    @classmethod
    def earn(cls, points, expect=0):
        return cls.fuel.cli("earn", cls.card, "10.00", "--points", str(points), "--as",
                            "back-office", expect=expect)

    @classmethod
    def trade(cls):
        cls.long, cls.offer = cls.sell("long", 1000, "2099-01-01", by_file=True)
        sale = cls.earn(400)["sale_id"]
        cls.earn(500)
        cls.listed_low = cls.fuel.cli("block", "list")["blocks"][0]
        cls.fuel.cli("return", "purchase", sale)  # 500 are left again
        cls.earn(501)  # at the usual price
        cls.end = time.monotonic() + SHORT_S
        cls.short, _ = cls.sell("short", 500, at(SHORT_S), "--only")
        cls.earn(200)  # of the one that ends first
        cls.earn(301)  # which the other one has
        cls.refused = cls.fuel.talea("earn", cls.card, "10.00", "--points", "301", "--as",
                                     "back-office", expect=1).stderr
        cls.coalition.wait_cleared()
        cls.before = [cls.block(node, cls.short) for node in cls.coalition]
        wait_for(lambda: cls.block(cls.grocer, cls.short)["state"] == "BLOCK_STATE_ENDED",
                 "it has ended", 60)
        cls.fuel.cli("burn", "authorise", cls.card, "1", expect=0)

    def statement(self, one, other):
        return self.coalition[one].cli("statement", "show", other,
                                       dashed(self.period))["statement"]

    def test_both_know_what_is_left(self):
        for node in self.coalition:
            block = self.block(node, self.long)
            self.assertEqual((block["state"], int(block["left_points"])),
                             ("BLOCK_STATE_LIVE", 199))
        for block in self.before:
            self.assertEqual(int(block["left_points"]), 300)
        self.assertEqual(int(self.block(self.fuel, self.short).get("left_points", 0)), 0)

    def test_a_low_block_is_told(self):
        self.assertTrue(self.listed_low["is_low"])
        self.assertIn("LOW", self.fuel.talea("block", "show", self.long).stdout)  # 199 of 1000

    def test_both_logs_and_metrics_tell(self):
        for node, metric, partner in ((self.grocer, "sold", "fuel"), (self.fuel, "bought", "grocer")):
            wait_for(lambda: '"block_low"' in node.logged_since(0) and
                     self.long in node.logged_since(0), f"{node.partner} is told")
            self.assertIn(f'talea_blocks_{metric}_points{{partner="{partner}"}} 199\n',
                          node.http_get("/metrics")[1])

    def test_an_empty_block_refuses_when_it_says_so(self):
        self.assertIn("(BLOCK_EMPTY)", self.refused)

    def test_the_statement_shows_draws_apart(self):
        """1500 points at 1.5 cents, 2.5 % of 2250 in two periods' lines as one, 12 % of that; 501
        at 2 cents; 300 bought back at half a cent."""
        half = next(h for h in self.statement("fuel", "grocer")["halves"] if h["sender"] == "fuel")
        lines = {(t["kind"][len("ENTRY_KIND_"):], t["tariff"]): (int(t["count"]), int(t["points"]))
                 for t in half["totals"] if int(t.get("points", 0)) > 0}
        self.assertEqual(lines, {("EARN", 1): (1, 501), ("EARN", 2): (4, 1401),
                                 ("EARN_RETURN", 2): (1, 400), ("BLOCK_BOUGHT", 2): (2, 1500),
                                 ("BLOCK_ENDED", 2): (1, 300)})
        self.assertEqual([(int(c["fee_minor"]), int(c["tax_minor"])) for c in half["charges"]],
                         [(56, 7)])
        self.assertEqual(int(half["owed_minor"]), 1002 + 2250 - 150 + 56 + 7)
        self.assertEqual(self.statement("fuel", "grocer"), self.statement("grocer", "fuel"))

    def test_an_offer_is_for_one_and_once(self):
        refused = self.fuel.talea("block", "accept", self.offer, expect=1).stderr
        self.assertIn("(BLOCK_EXISTS)", refused)
        refused = self.grocer.talea("block", "accept", self.offer, expect=2).stderr
        self.assertIn("it is for fuel", refused)
        with open(self.offer, "rb") as file:
            forged = bytearray(file.read())
        at_points = forged.index(b"grocer") + 20  # somewhere in what is signed
        forged[at_points] ^= 1
        path = self.coalition.path("forged.offer")
        with open(path, "wb") as file:
            file.write(forged)
        self.assertIn("(INVALID_OFFER)", self.fuel.talea("block", "accept", path, expect=2).stderr)
        self.grocer.talea("block", "show", self.long, "--out", self.coalition.path("again"),
                          expect=1)

    def test_an_offer_comes_and_goes(self):
        """What nobody took by its time is shown no more; what was bought can't be bought again."""
        soon = self.grocer.cli("block", "sell", "fuel", "--points", "70", "--tariff", "2", "--until",
                               "2099-01-01", "--accept-by", at(9))["block"]["block_id"]
        wait_for(lambda: self.offered(self.fuel, soon), "the offer has come")
        shown = self.fuel.cli("block", "show", soon)
        self.assertEqual((shown["block"]["seller"], int(shown["block"]["left_points"])),
                         ("grocer", 70))
        self.assertTrue(shown["offer"])
        wait_for(lambda: not self.offered(self.fuel, soon), "the offer has gone")
        self.assertIn("(BLOCK_", self.fuel.talea("block", "accept", soon, expect=1).stderr)
        self.assertIn("(BLOCK_EXISTS)", self.fuel.talea("block", "accept", self.long,
                                                        expect=1).stderr)
        unknown = "0199a000-0000-7000-8000-00000000ffff"
        self.assertIn("(BLOCK_UNKNOWN)", self.fuel.talea("block", "accept", unknown,
                                                         expect=1).stderr)

    def test_an_offer_is_withdrawn(self):
        block = self.grocer.cli("block", "sell", "fuel", "--points", "80", "--tariff", "2", "--until",
                                "2099-01-01")["block"]["block_id"]
        wait_for(lambda: self.offered(self.fuel, block), "the offer has come")
        self.grocer.cli("block", "withdraw", "fuel", block)
        wait_for(lambda: not self.offered(self.fuel, block), "the offer has gone")
        self.assertIn("(BLOCK_UNKNOWN)", self.fuel.talea("block", "accept", block, expect=1).stderr)
        self.assertIn("(BLOCK_NOT_OPEN)", self.grocer.talea("block", "withdraw", "fuel", self.long,
                                                            expect=1).stderr)

    def test_what_can_not_be_sold(self):
        def sell(*words):
            return self.grocer.talea("block", "sell", "fuel", "--out", self.coalition.path("none"),
                                     *words, expect=1).stderr
        self.assertIn("(TARIFF_NOT_IN_FORCE)", sell("--points", "5", "--tariff", "1", "--until",
                                                    "2099-01-01"))
        self.assertIn("(TARIFF_UNKNOWN)", sell("--points", "5", "--tariff", "9", "--until",
                                               "2099-01-01"))
        self.assertIn("(BLOCK_", sell("--points", "5", "--tariff", "2", "--until", "2020-01-01"))

    def test_the_books_show_what_is_in_blocks(self):
        """199 points are left in a block, at 1.5 cents; 300 lapsed, at the cent that did not come back."""
        folder = self.coalition.path("books")
        os.makedirs(folder, exist_ok=True)
        for node, account in ((self.fuel, "Points prepaid"), (self.grocer, "Points sold")):
            path = books.accept(node, folder)
            self.assertIn("2.98", run(["hledger", "-f", path, "balance", account]).stdout)
            self.assertIn("3.00", run(["hledger", "-f", path, "balance", "Points lapsed"]).stdout)
            rows = books.rows_of(node.talea("books", "--format", "csv", "--only", "money").stdout)
            self.assertEqual(sum(Decimal(r["debit"]) + Decimal(r["credit"]) for r in rows
                                 if r["kind"] == "other_settled"), 0)

    def test_ledgers_are_clean(self):
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_the_audit_is_clean(self):
        folders = []
        os.makedirs(self.coalition.path("export"), exist_ok=True)
        for node in self.coalition:
            folders.append(self.coalition.path("export", node.partner))
            node.cli("period", "export", dashed(self.period), "--out", folders[-1])
        self.assertIn('"clean": true', run([TALEA, "audit", "--json", *folders]).stdout)


class Restored(unittest.TestCase):
    """A ledger that is restored from before a block was sold has it again, as the other holds it."""

    def setUp(self):
        self.coalition = c = Terms(list(NAMES))
        self.addCleanup(c.close)
        c.make()
        c.start()
        self.fuel, self.grocer = (c[name] for name in NAMES)
        self.card = self.grocer.cli("member", "add")["card"]

    def restore(self, node):
        folder = self.coalition.path("backup")
        node.cli("backup", folder)
        offer = self.coalition.path("block.offer")
        self.grocer.cli("block", "sell", "fuel", "--points", "1000", "--tariff", "2", "--until",
                        "2099-01-01", "--out", offer)
        block = self.fuel.cli("block", "accept", offer)["block_id"]
        self.wait_left(self.fuel, block, 1000)
        sale = self.earn(400)
        self.earn(250)
        self.fuel.cli("return", "purchase", sale)
        self.coalition.wait_cleared()
        node.stop()
        node.talea("restore", folder, "--force")
        node.start()
        for each in self.coalition:
            self.wait_left(each, block, 750)
        self.coalition.wait_connected()
        self.earn(700)
        self.coalition.wait_cleared()
        for each in self.coalition:
            self.wait_left(each, block, 50)
        self.coalition.close_period(self.fuel.cli("status")["open_period"])
        for each in self.coalition:
            self.assertTrue(each.cli("verify")["is_clean"])

    def earn(self, points):
        return self.fuel.cli("earn", self.card, "10.00", "--points", str(points), "--as",
                             "back-office")["sale_id"]

    def wait_left(self, node, block, points):
        def is_so():
            row = next((b for b in node.cli("block", "list").get("blocks", [])
                        if b["block_id"] == block), {})
            return (row.get("state"), int(row.get("left_points", -1))) == ("BLOCK_STATE_LIVE",
                                                                            points)
        wait_for(is_so, f"{node.partner} has {points} left of the block")

    def test_a_buyer(self):
        self.restore(self.fuel)

    def test_a_seller(self):
        self.restore(self.grocer)


if __name__ == "__main__":
    main(220)
