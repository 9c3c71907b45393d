#!/usr/bin/python3
"""What people get of a statement: the page, the entries, and what other prices would have come to."""

import csv
import json
import re
import sys
import unittest
import xml.etree.ElementTree
from collections import defaultdict
from fractions import Fraction

import wire
from coalition import Coalition, dashed, is_matched, main, wait_for

FULL_PAGE = 1000  # entries in one answer of the node
DISPUTED, CLAIMED = 7, 3  # number of the entry, points of it

# From the beginning, between the two and nobody else.
TARIFF = """  - id: 2
    name: fuel and grocer
    issue_price_per_point: 0.0125
    redemption_price_per_point: 0.0075
    rounding: half_even
    partners: [grocer, fuel]
    issue_fee_percent: 1.5
    redemption_fee_percent: 2
    minimum_fee: 3.00
    tax: {code: S, percent: 12, on: all}
"""


class WithTariff(Coalition):
    def terms(self):
        return super().terms().replace("\n# What one partner may owe", TARIFF + "\n# What one")


def half_even(amount):
    return round(amount)  # of a Fraction: half to even


class StatementFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = WithTariff(["fuel", "grocer", "pharmacy"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.fuel, cls.grocer = cls.coalition["fuel"], cls.coalition["grocer"]
        cls.period = cls.grocer.cli("status")["open_period"]
        cls.trade()
        cls.coalition.close_period(cls.period)

    @classmethod
    def trade(cls):
        pb = wire.messages()
        card = cls.grocer.cli("member", "add")["card"]
        prefix = card[:6]
        with wire.channel(cls.fuel, "till") as channel:
            till = wire.service(channel, pb.till, "TillService")
            for number in range(FULL_PAGE + 30):
                till.Earn(pb.till.EarnRequest(transaction_id=wire.uuid7(), card=card,
                                              amount_minor=100 * (1 + number % 7),
                                              currency="USD"))
        nobody = next(n for n in (prefix + f"{i:010}" for i in range(900000, 900010))
                      if cls.grocer.talea("card", "check", n, expect=None).returncode == 0)
        cls.fuel.cli("earn", nobody, "5.00")  # refused by its home, and reversed
        cls.coalition.wait_cleared()
        cls.fuel.cli("burn", card, "333")
        fuels = cls.fuel.cli("member", "add")["card"]
        cls.grocer.cli("earn", fuels, "41.00")
        cls.coalition["pharmacy"].cli("earn", card, "10.00")
        cls.coalition.wait_cleared()
        # Of an entry of seven points three are disputed, and wait.
        cls.grocer.cli("dispute", "open", "fuel", DISPUTED, "--reason", "AMOUNT_WRONG", "--points",
                       CLAIMED)
        cls.coalition.wait_cleared()

    def show(self, *options, node=None, other="fuel", expect=0):
        return (node or self.grocer).talea("statement", "show", other, dashed(self.period),
                                           *options, expect=expect)

    def statement(self, other="fuel"):
        return json.loads(self.show("--json", other=other).stdout)["statement"]

    def lines(self, name, **more):
        path = self.coalition.path(name)
        self.show("--csv", path, **more)
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file, strict=True))

    def test_lines_add_up(self):
        rows = self.lines("lines.csv")
        statement = self.statement()
        sums = defaultdict(lambda: [0, 0, Fraction(0)])
        for half in statement["halves"]:
            numbers = [int(r["number"]) for r in rows if r["sender"] == half["sender"]]
            self.assertEqual(numbers, list(range(int(half["first_number"]),
                                                 int(half["last_number"]) + 1)))
        refused = [r for r in rows if r["verdict"] != "OK"]
        self.assertEqual([r["verdict"] for r in refused], ["CARD_UNKNOWN"])
        self.assertEqual(refused[0]["owed_minor"], "0")
        for row in rows:
            worth = int(row["owed_minor"]) + Fraction(int(row["owed_rest"]),
                                                      int(row["owed_rest_of"]))
            if row["verdict"] == "OK":
                entry = sums[row["sender"], row["kind"], int(row["tariff"])]
                entry[0] += 1
                entry[1] += int(row["points"]) - int(row["disputed"])
                entry[2] += worth
        self.check_totals(statement, sums)

    def test_what_is_disputed_is_said_of_its_entry(self):
        rows = [r for r in self.lines("disputed.csv") if r["disputed"] != "0"]
        self.assertEqual([(r["sender"], r["number"], r["points"], r["disputed"]) for r in rows],
                         [("fuel", str(DISPUTED), "7", str(CLAIMED))])
        worth = int(rows[0]["owed_minor"]) + Fraction(int(rows[0]["owed_rest"]),
                                                      int(rows[0]["owed_rest_of"]))
        self.assertEqual(worth, Fraction((7 - CLAIMED) * 125, 100))
        half = next(h for h in self.statement()["halves"] if h["sender"] == "fuel")
        self.assertEqual([(w["kind"], w["count"], int(w["points"])) for w in half["suspended"]],
                         [("ENTRY_KIND_EARN", 1, CLAIMED)])

    def invoice(self, language, name):
        path = self.coalition.path(name)
        made = self.grocer.cli("invoice", "fuel", dashed(self.period), "--out", path,
                               *(["--language", language] if language else []))
        return made, xml.etree.ElementTree.parse(path).getroot()

    def test_invoice_in_each_language(self):
        """Its lines are the statement's money, and its sums are those of its lines."""
        statement = self.statement()
        titles = set()
        for language in (None, "en", "ru", "kk"):
            made, root = self.invoice(language, f"invoice-{language}.html")
            self.assertEqual(root.get("lang"), language or "en")
            titles.add(next(root.iter("h1")).text)
            self.assertEqual(made["amount_minor"], int(statement["net_minor"]))
            self.assertEqual(sum(line["amount_minor"] for line in made["lines"]),
                             made["amount_minor"])
            *tables, totals = root.iter("table")
            cells = [round(float(row.findall("td")[-1].find("data").get("value")) * 100)
                     for table in tables for row in table.find("tbody")]
            self.assertEqual(cells, [line["amount_minor"] for line in made["lines"]])
            sums = [round(float(d.get("value")) * 100) for d in totals.iter("data")]
            self.assertEqual(sums[-1], made["amount_minor"])
            self.assertEqual(sum(sums[:-1]), made["amount_minor"])
            taxes = sum(line["amount_minor"] for line in made["lines"] if line["kind"] == "tax")
            self.assertEqual(sums[2], taxes)
            self.assertNotEqual(taxes, 0)
            text = "".join(root.itertext())
            self.assertIn(made["reference"], text)
            self.assertNotIn("{1}", text)
            if language in ("ru", "kk"):
                self.assertIsNone(re.search("(?i)invoice|subtotal|payable|price", text))
        self.assertEqual(len(titles), 3)
        self.grocer.talea("invoice", "fuel", dashed(self.period), "--out",
                          self.coalition.path("none.html"), "--language", "de", expect=2)

    def check_totals(self, statement, sums):
        """Each line of totals is the sum of its entries; with fee and tax it is what is owed."""
        found = 0
        for half in statement["halves"]:
            owed = 0
            fees = 0
            tax = 0
            for total in half["totals"]:
                kind = total["kind"][len("ENTRY_KIND_"):].lower().replace("_", "-")
                count, points, worth = sums[half["sender"], kind, total["tariff"]]
                self.assertEqual((count, points), (int(total["count"]), int(total["points"])))
                found += 1
                rate = {"earn": 15000, "capture": 20000}.get(kind, 0)
                fee = half_even(Fraction(abs(half_even(worth)) * rate, 10 ** 6))
                owed += half_even(worth)
                fees += fee
                tax += half_even(Fraction(half_even(worth) * 12, 100))
                tax += half_even(Fraction(fee * 12, 100))
            lack = max(0, 300 - fees)
            tax += half_even(Fraction(lack * 12, 100))
            self.assertEqual(owed + fees + lack + tax, int(half["owed_minor"]))
            charges = half["charges"]
            self.assertEqual({c["tax_code"] for c in charges}, {"S"})
            self.assertEqual(sum(c["fee_minor"] for c in charges), fees + lack)
            self.assertEqual(sum((-1 if c["is_by_sender"] else 1) * c["tax_minor"]
                                 for c in charges), tax)
        self.assertEqual(found, len(sums))
        net = int(statement["halves"][0]["owed_minor"]) - int(statement["halves"][1]["owed_minor"])
        self.assertEqual(abs(net), int(statement["net_minor"]))

    def test_both_sides_have_the_same_lines(self):
        ours = self.lines("ours.csv")
        theirs = self.lines("theirs.csv", node=self.fuel, other="grocer")
        self.assertGreater(len(ours), FULL_PAGE)
        self.assertEqual(ours, theirs)

    def test_everybodys_tariff_is_for_the_others(self):
        statement = self.statement("pharmacy")
        earns = [t for h in statement["halves"] for t in h["totals"]
                 if t["kind"] == "ENTRY_KIND_EARN"]
        self.assertEqual([(t["tariff"], t["points"]) for t in earns], [(1, 10)])
        self.assertEqual([h["charges"] for h in statement["halves"]], [[], []])
        self.assertEqual(int(statement["net_minor"]), 10)

    def page(self, language):
        path = self.coalition.path(f"{self.id()}-{language}.html")
        self.show("--html", path, "--language", language)
        return xml.etree.ElementTree.parse(path).getroot(), path

    def test_pages_say_what_the_statement_says(self):
        statement = self.statement()
        for language in ("en", "ru", "kk"):
            root, path = self.page(language)
            self.assertEqual(root.get("lang"), language)
            tables = [t for t in root.iter("table")]
            sums = []
            for half in statement["halves"]:
                table = tables.pop(0)
                points = [row.findall("td")[3].find("data").get("value")
                          for row in table.find("tbody")]
                self.assertEqual([int(p) for p in points],
                                 [int(t["points"]) for t in half["totals"]])
                sums = [d.get("value") for d in table.find("tfoot").iter("data")]
                charges = tables.pop(0)
                waits = tables.pop(0).find("tbody") if half["suspended"] else []
                waits = [[d.get("value") for d in row.iter("data")] for row in waits]
                self.assertEqual([points for points, _ in waits],
                                 [str(w["points"]) for w in half["suspended"]])
                self.assertTrue(all(float(worth) > 0 for _, worth in waits))
                cells = [[d.get("value") for d in row.iter("data")]
                         for row in charges.find("tbody")]
                self.assertEqual(
                    [[round(float(v) * 100) for v in row] for row in cells],
                    [[c["fee_minor"], c["taxed_minor"], c["tax_minor"]] for c in half["charges"]])
            self.assertEqual(len(sums), 2)
            text = "".join(root.itertext())
            net = int(statement["net_minor"])
            mark = "." if language == "en" else ","
            self.assertIn(f"{net // 100}{mark}{net % 100:02}\u00a0USD", text)
            keys = [cell.text for cell in root.iter("td") if cell.get("class") == "hash"]
            self.assertEqual(len(keys), 3)
            self.assertTrue(all(re.fullmatch("[0-9a-f]{16}", key) for key in keys), keys)
            self.assertNotIn("{1}", text)
            with open(path, encoding="utf-8") as file:
                self.assertNotIn("http", file.read())  # nothing is fetched from anywhere

    def test_a_page_needs_no_node(self):
        file = self.coalition.path("proof.talea")
        self.show("--out", file)
        path = self.coalition.path("offline.html")
        self.grocer.talea("statement", "verify", file, "--html", path)
        with open(path, encoding="utf-8") as offline, open(self.page("en")[1],
                                                           encoding="utf-8") as online:
            self.assertEqual(offline.read(), online.read())

    def test_files_are_not_overwritten(self):
        path = self.coalition.path("kept.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("mine")
        for option in ("--csv", "--html"):
            self.show(option, path, expect=2)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), "mine")

    def test_what_if(self):
        before = self.statement()
        terms = self.coalition.path("proposed.yaml")
        with open(terms, "w", encoding="utf-8") as file:
            file.write(self.coalition.terms().replace("0.0125", "0.0250")
                       .replace("issue_fee_percent: 1.5", "issue_fee_percent: 0"))
        result = self.grocer.cli("statement", "reprice", "fuel", dashed(self.period),
                                 "--tariffs", terms)
        self.assertEqual(result["agreed"]["net_minor"], int(before["net_minor"]))
        self.assertEqual(result["agreed"]["debtor"], before["debtor"])
        half = next(h for h in before["halves"] if h["sender"] == "grocer")
        points = sum(int(t["points"]) for t in half["totals"] if t["kind"] == "ENTRY_KIND_EARN")
        worth = Fraction(points * 250, 100)
        self.assertEqual(next(h["owed_minor"] for h in result["repriced"]["halves"]
                              if h["sender"] == "grocer"),
                         half_even(worth) + half_even(half_even(worth) * Fraction(12, 100)))
        plain = self.grocer.cli("statement", "reprice", "fuel", dashed(self.period),
                                "--tariff", "1")
        self.assertEqual(next(h["owed_minor"] for h in plain["repriced"]["halves"]
                              if h["sender"] == "grocer"), points)
        text = self.grocer.talea("statement", "reprice", "fuel", dashed(self.period),
                                 "--tariff", "1").stdout
        self.assertIn("difference", text)
        self.grocer.talea("statement", "reprice", "fuel", dashed(self.period), expect=2)
        self.grocer.talea("statement", "reprice", "fuel", dashed(self.period), "--tariff", "77",
                          expect=2)
        self.assertEqual(self.statement(), before)
        self.assertTrue(is_matched(self.grocer.pair("fuel", self.period)))

    def test_an_open_period_has_no_lines(self):
        pb = wire.messages()
        following = self.period + 1 if self.period % 100 < 12 else self.period + 89
        with wire.channel(self.grocer, "back-office") as channel:
            office = wire.service(channel, pb.back_office, "BackOfficeService")

            def ask(**more):
                request = pb.back_office.ListStatementLinesRequest(
                    **{"partner": "fuel", "sender": "fuel", "period": self.period, **more})
                return wire.refusal(office.ListStatementLines, request)[0]
            self.assertEqual(ask(period=following), "UNAVAILABLE")
            self.assertEqual(ask(partner="nobody"), "NOT_FOUND")
            self.assertEqual(ask(partner="grocer"), "NOT_FOUND")
            self.assertEqual(ask(sender="pharmacy"), "NOT_FOUND")
            self.assertEqual(ask(from_number=10 ** 9), "NOT_FOUND")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(170)
