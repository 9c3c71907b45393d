#!/usr/bin/python3
"""A brand's books: points and money as double entries that accountants' programs read (cluster/bootstrap
installs them), whose balances are what the node itself says; and the liability for
the points that are left."""

import csv
import datetime
import io
import itertools
import os
import re
import sys
import time
import unittest
from collections import defaultdict
from decimal import Decimal

import bank
import payment
from coalition import Coalition, dashed, main, run, wait_for

FORMATS = ("hledger", "ledger", "beancount")
CHECKS = {"hledger": ["hledger", "-f", "FILE", "check", "--strict"],
          "ledger": ["ledger", "--strict", "--pedantic", "-f", "FILE", "balance"],
          "beancount": ["bean-check", "FILE"]}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sums_of(rows, *keys):
    """What the keys name -> debit - credit."""
    sums = defaultdict(Decimal)
    for row in rows:
        sums[tuple(row[key] for key in keys)] += Decimal(row["debit"]) - Decimal(row["credit"])
    return {key: value for key, value in sums.items() if value != 0}


def amounts_of(text):
    """Of a journal for people: account -> sum."""
    sums = defaultdict(Decimal)
    for line in text.splitlines():
        found = re.match(r"^ {2,4}(\S.*?)  (-?[\d.]+) (\S+)$", line)
        if found:
            sums[found[1]] += Decimal(found[2])
    return sums


def accept(node, folder, *options):
    """The programs whose formats they are read the books; gives the path of hledger's."""
    path = None
    for form in FORMATS:
        path = os.path.join(folder, f"{node.partner}.{form}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(node.talea("books", "--format", form, *options).stdout)
        run([word.replace("FILE", path) for word in CHECKS[form]])
    return os.path.join(folder, f"{node.partner}.hledger")


class Books(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.grocer, cls.fuel = cls.coalition["grocer"], cls.coalition["fuel"]
        card = cls.grocer.cli("member", "add")["card"]
        for points in (500, 7):
            cls.grocer.cli("earn", card, "10.00", "--points", points, "--as", "admin")
        cls.fuel.cli("earn", card, "10.00", "--points", 40, "--as", "admin")
        wait_for(lambda: int(cls.grocer.cli("balance", card)["balance"]["available_points"]) == 547,
                 "the fuel station's earn")
        cls.grocer.cli("burn", card, "20")
        cls.fuel.cli("burn", card, "100")
        wait_for(lambda: cls.books("csv").count("payable") > 0, "the fuel station's capture")

    @classmethod
    def books(cls, form, *options):
        return cls.grocer.talea("books", "--format", form, *options).stdout

    def test_adds_up_to_the_report(self):
        sums = sums_of(rows_of(self.books("csv")), "kind")
        self.assertEqual(sum(sums.values()), 0)
        self.assertEqual(sums["issued",], 507)
        self.assertEqual(sums["redeemed",], -20)
        self.assertEqual(sums["receivable",], 40)
        self.assertEqual(sums["payable",], -100)
        self.assertEqual(sums["available",] + sums.get(("held",), 0), -(507 + 40 - 120))

    def test_journals_say_the_same(self):
        hledger = amounts_of(self.books("hledger"))
        self.assertEqual(hledger["Expenses:Loyalty:Issued"], 507)
        self.assertEqual(hledger["Liabilities:Loyalty:Payable:fuel"], -100)
        self.assertEqual(sum(hledger.values()), 0)
        beancount = amounts_of(self.books("beancount"))
        self.assertEqual(beancount["Liabilities:Loyalty:Payable:Fuel"], -100)
        self.assertEqual(sorted(hledger.values()), sorted(beancount.values()))
        self.assertEqual(amounts_of(self.books("ledger")), hledger)

    def write(self, text):
        path = self.coalition.path("accounting.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_names_of_ones_own(self):
        path = self.write("accounts:\n  issued: 6000 Маркетинг:Берілген ұпай\n"
                          "  payable: 2400 {partner}\n")
        text = self.books("hledger", "--accounts", path)
        self.assertEqual(amounts_of(text)["6000 Маркетинг:Берілген ұпай"], 507)
        self.assertEqual(amounts_of(text)["2400 fuel"], -100)
        accept(self.grocer, self.coalition.root, "--accounts", path)
        refused = self.grocer.talea("books", "--accounts", self.write("accounts:\n  isued: A\n"),
                                    expect=2)
        self.assertIn("accounting.yaml:2", refused.stderr)

    def test_the_example_is_the_default(self):
        path = self.write(self.grocer.talea("books", "example").stdout)
        for form in FORMATS + ("csv",):
            self.assertEqual(self.books(form, "--accounts", path), self.books(form))

    def test_times(self):
        rows = rows_of(self.books("csv"))
        self.assertEqual(rows_of(self.books("csv", "--to", "2020-01-01")), [])
        self.assertEqual(rows_of(self.books("csv", "--from", "2020-01-01")), rows)
        self.assertEqual(rows_of(self.books("csv", "--only", "money")), [])
        self.assertEqual(rows_of(self.books("csv", "--only", "points")), rows)
        self.grocer.talea("books", "--format", "ods", expect=2)
        self.grocer.talea("books", "--only", "cash", expect=2)

    def test_deferred_revenue(self):
        """Up to a moment: the balance is what the report says of it, in every format."""
        moment = datetime.datetime.fromtimestamp(int(time.time()) + 1, datetime.timezone.utc)
        wait_for(lambda: datetime.datetime.now(datetime.timezone.utc) > moment, "the next second")
        to = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        path = self.write("liability: {breakage: [{from: 2020-01, percent: 5}]}\n")
        report = self.grocer.cli("books", "liability", "--at", to, "--accounts", path)
        options = ("--only", "revenue", "--to", to, "--accounts", path)
        sums = sums_of(rows_of(self.books("csv", *options)), "kind")
        self.assertGreater(report["deferred_minor"], 0)
        self.assertEqual(sums["deferred_revenue",], -Decimal(report["deferred_minor"]) / 100)
        self.assertEqual(sums["sales_deferred",], Decimal(report["allocated_minor"]) / 100)
        self.assertEqual(sums["points_recognised",], -Decimal(report["recognised_minor"]) / 100)
        path = accept(self.grocer, self.coalition.root, *options)
        text = run(["hledger", "-f", path, "balance", "-N", "Deferred revenue"]).stdout
        self.assertIn(f"-{report['deferred_minor'] / 100:.2f}", text)
        # The month has not ended: without a bound nothing is said of it.
        self.assertEqual(rows_of(self.books("csv", "--only", "revenue")), [])

    def test_programs_read_them(self):
        path = accept(self.grocer, self.coalition.root)
        self.assertIn("507", run(["hledger", "-f", path, "balance", "Issued"]).stdout)

    def test_liability(self):
        report = self.grocer.cli("books", "liability")
        node = self.grocer.cli("report")
        left = sum(int(node[f"{kind}_points"]) for kind in ("available", "pending", "held"))
        self.assertEqual(report["total"]["points"], left)
        for table in ("by_issuer", "by_age", "by_expiry"):
            for figure, whole in report["total"].items():
                self.assertEqual(sum(row[figure] for row in report[table]), whole, table)
        # 120 were spent: all were given within the hour, the fuel station's among them.
        self.assertEqual(report["by_age"][0]["points"], left)
        self.assertEqual({row["issuer"] for row in report["by_issuer"]} - {"grocer", "fuel"}, set())
        self.assertEqual(report["total"]["worth_minor"], left)  # a point is 0.01
        (month,) = report["deferrals"]
        self.assertEqual((month["sales_minor"], month["points"]), (2000, 507))
        self.assertEqual(month["allocated_minor"], round(2000 * 507 / 2507))
        self.assertEqual(month["redeemed_points"] + month["left_points"], 507)
        self.assertEqual(self.grocer.cli("books", "liability", "--at", "2020-01-01")["total"],
                         {"points": 0, "breakage_points": 0, "worth_minor": 0,
                          "liability_minor": 0})

    def test_liability_by_an_estimate(self):
        path = self.write("liability:\n  price: 0.02\n  ages: [7]\n"
                          "  breakage: [{from: 2020-01, percent: 50}]\n")
        report = self.grocer.cli("books", "liability", "--accounts", path)
        left = report["total"]["points"]
        self.assertEqual(report["total"]["worth_minor"], 2 * left)
        self.assertEqual(report["total"]["liability_minor"],
                         2 * (left - report["total"]["breakage_points"]))
        self.assertEqual([row["age"] for row in report["by_age"]], ["0 to 7 days", "over 7 days"])
        (month,) = report["deferrals"]
        self.assertEqual(month["expected_points"], 254)  # half of 507, to the even one
        text = self.grocer.talea("books", "liability", "--from", "2020-01-01").stdout
        self.assertIn("deferred now", text)
        table = rows_of(self.grocer.talea("books", "liability", "--format", "csv").stdout)
        self.assertEqual(sum(int(row["points"]) for row in table if row["table"] == "issuer"), left)


# Between the two: a price that does not come out even, fees, and a tax on everything.
TARIFF = """  - id: 2
    name: fuel and grocer
    issue_price_per_point: 0.0125
    redemption_price_per_point: 0.0075
    rounding: half_even
    partners: [grocer, fuel]
    issue_fee_percent: 1.5
    redemption_fee_percent: 2
    minimum_fee: 0.80
    tax: {code: S, percent: 12, on: all}
"""


def priced(terms):
    return terms.replace("\n# What one partner may owe", TARIFF + "\n# What one partner may owe")


class Priced(payment.Paying):
    def terms(self):
        return priced(super().terms())


class PricedTogether(payment.Netting):
    def terms(self):
        return priced(super().terms())


class Month(payment.Money):
    """Two months between three brands: fees, taxes, a price that does not come out even, a dispute,
    part payments and one too much."""

    kind = Priced
    is_multilateral = False

    def setUp(self):
        super().setUp()
        self.bookings = itertools.count(1)
        self.fuel, self.grocer = self.coalition["fuel"], self.coalition["grocer"]

    def books(self, node, *options):
        return rows_of(node.talea("books", "--format", "csv", *options).stdout)

    def spend(self):
        card = self.grocer.cli("member", "add")["card"]
        self.grocer.cli("earn", card, "500.00")
        self.fuel.cli("earn", card, "33.00")
        self.coalition.wait_cleared()
        self.fuel.cli("burn", card, "78")
        self.coalition["hotel"].cli("burn", card, "123")
        self.fuel.cli("earn", card, "41.00")
        self.coalition.wait_cleared()
        return next(int(p["sent_number"]) for p in self.fuel.peers() if p["partner"] == "grocer")

    def dispute(self, verb, node, number, *more):
        other, way = ("fuel", "received") if node is self.grocer else ("grocer", "sent")
        node.cli("dispute", verb, other, number, *more, "--direction", way)

    def wait_dispute(self, number, state):
        for node, other, way in ((self.fuel, "grocer", "sent"), (self.grocer, "fuel", "received")):
            wait_for(lambda n=node, o=other, w=way: any(
                d["state"] == f"DISPUTE_STATE_{state}" and int(d["entry"]["number"]) == number
                for d in n.cli("dispute", "list", o, "--all").get("disputes", [])),
                f"{node.partner}: the dispute is {state}")

    def settled(self, period):
        for node in self.coalition:
            node.cli("period", "close", dashed(period), "--early")
        self.period = period
        self.wait_netted()

    def pay(self, over):
        """By two files, and by the bank of each: a part, then the rest, and more than that."""
        for debtor in self.coalition:
            due = {r: p for r, p in self.payments(debtor).items()
                   if p["debtor"] == debtor.partner and int(p["amount_minor"]) > 0}
            if not due:
                continue
            self.instruct(debtor, "--period", dashed(self.period))
            for reference, row in due.items():
                amount, creditor = int(row["amount_minor"]), self.coalition[row["creditor"]]
                for part in (amount // 3, amount - amount // 3 + over):
                    number = next(self.bookings)
                    money = f"{part / 100:.2f}"
                    self.book(debtor, [bank.Entry(reference, money, f"OUT{number}", False)])
                    self.book(creditor, [bank.Entry(reference, money, f"IN{number}", True)])
                self.wait_state([debtor, creditor], reference, "CLOSED")

    def money(self, rows, kind):
        return {(key[0], key[1]): value for key, value in
                sums_of([r for r in rows if r["kind"] == kind], "partner", "period").items()}

    def check_owed(self, period):
        """Before it is paid, what is receivable and payable is what the node says is owed."""
        for node in self.coalition:
            rows = self.books(node)
            text = dashed(period)
            for partner, status in self.statuses(node).items():
                owed = -Decimal(status["net_minor"]) / 100
                both = (self.money(rows, "money_receivable").get((partner, text), 0) +
                        self.money(rows, "money_payable").get((partner, text), 0))
                if not self.is_multilateral:
                    self.assertEqual(both, owed, (node.partner, partner))
            both = sum(value for kind in ("money_receivable", "money_payable", "netting")
                       for (_, month), value in self.money(rows, kind).items() if month == text)
            self.assertEqual(both, sum(-Decimal(s["net_minor"]) / 100
                                       for s in self.statuses(node).values()))

    def check_invoices(self, node, period):
        """Fees and taxes are the invoices'; points' money is exact, and rounded once with them."""
        fees = taxes = worth = Decimal(0)
        for partner in self.coalition.nodes:
            if partner == node.partner:
                continue
            path = self.coalition.path(f"{node.partner}-{next(self.files)}.html")
            made = node.cli("invoice", partner, dashed(period), "--out", path)
            sign = 1 if made["debtor"] == node.partner else -1
            for line in made["lines"]:
                amount = sign * Decimal(line["amount_minor"]) / 100
                if line["kind"] == "fee":
                    fees += amount
                elif line["kind"].startswith("tax"):
                    taxes += amount
                else:
                    worth += amount
        rows = [r for r in self.books(node) if r["period"] == dashed(period) and
                not r["title"].endswith(", disputed")]
        sums = defaultdict(Decimal, {k[0]: v for k, v in sums_of(rows, "kind").items()})
        self.assertEqual(sums["fees_paid"] + sums["fees_earned"], fees)
        self.assertEqual(sums["tax_paid"] + sums["tax_charged"], taxes)
        exact = sum(sums[k] for k in ("points_given", "points_taken", "points_funded",
                                      "points_corrected"))
        self.assertEqual(exact + sums["rounding"], worth)
        self.assertEqual(sums["other_settled"], 0)
        return sums["rounding"]

    def check_points(self, node):
        """Each account of the node's report has the same balance in hledger's eyes."""
        path = accept(node, self.coalition.root)
        text = run(["hledger", "-f", path, "balance", "--flat", "-N", "-O", "csv", "cur:Sparks"])
        balances = {r["account"]: int(r["balance"].split()[0]) for r in rows_of(text.stdout)}
        expected = defaultdict(int)
        for row in node.cli("report")["accounts"]:
            name = {"issued": "Expenses:Loyalty:Issued", "redeemed": "Income:Loyalty:Redeemed",
                    "breakage": "Income:Loyalty:Breakage", "members": "members",
                    "adjustment": "Expenses:Loyalty:Adjustments",
                    "receivable": f"Assets:Loyalty:Receivable:{row['partner']}",
                    "payable": f"Liabilities:Loyalty:Payable:{row['partner']}",
                    "suspense": f"Liabilities:Loyalty:Suspense:{row['partner']}"}[row["account"]]
            expected[name] += int(row["debit_points"]) - int(row["credit_points"])
        members = [f"Liabilities:Loyalty:{name}" for name in ("Available", "Pending", "Held")]
        balances["members"] = sum(balances.pop(name, 0)
                                  for name in members + ["Assets:Loyalty:Debts"])
        self.assertEqual({k: v for k, v in balances.items() if v},
                         {k: v for k, v in expected.items() if v})

    def check_paid(self, node, over):
        """Nothing is open with anybody, but what was paid too much; hledger agrees."""
        rows = self.books(node)
        for kind in ("money_receivable", "money_payable", "money_disputed"):
            self.assertEqual(self.money(rows, kind), {}, (node.partner, kind))
        self.assertEqual(sums_of([r for r in rows if r["kind"] == "netting"], "period"), {})
        sums = defaultdict(Decimal, {k[0]: v for k, v in sums_of(rows, "kind").items()})
        self.assertEqual(sums["in_transit"], 0)
        too_much = sum(over * (1 if p["debtor"] == node.partner else -1)
                       for p in node.cli("payment", "list")["payments"]
                       if int(p["residual_minor"]) < 0)
        self.assertEqual(sums["overpaid_by"] + sums["overpaid_to"], Decimal(too_much) / 100)
        path = accept(node, self.coalition.root)
        text = run(["hledger", "-f", path, "balance", "-N", "Settlement:Receivable",
                    "Settlement:Payable", "Netting", "Disputed"]).stdout
        self.assertEqual(text.strip(), "", node.partner)

    def test_two_months(self):
        first = self.period
        self.trade()
        number = self.spend()
        self.dispute("open", self.grocer, number, "--reason", "DOUBLED", "--points", 7)
        self.wait_dispute(number, "OPENED")
        self.settled(first)
        self.check_owed(first)
        # 7 of the points that the fuel station gave wait: at 0.0125.
        for node, sign in ((self.grocer, 1), (self.fuel, -1)):
            waiting = self.money(self.books(node), "money_disputed")
            other = "fuel" if node is self.grocer else "grocer"
            self.assertEqual(waiting, {(other, dashed(first)): sign * Decimal("0.0875")})
        remainders = [self.check_invoices(node, first) for node in self.coalition]
        self.assertEqual(remainders[:2], [Decimal("0.0075"), Decimal("-0.0075")])
        self.pay(100)
        # The dispute is over, its points are paid in the second month.
        self.dispute("reject", self.fuel, number)
        self.wait_dispute(number, "REJECTED")
        self.dispute("concede", self.grocer, number)
        self.wait_dispute(number, "ADJUSTED")
        self.coalition.wait_cleared()
        self.settled(first + 1 if first % 100 < 12 else first + 89)
        self.check_owed(self.period)
        self.pay(0)
        for node in self.coalition:
            self.check_invoices(node, self.period)
            self.check_paid(node, 100)
            self.check_points(node)
        corrected = sums_of(self.books(self.grocer, "--only", "money"), "kind")
        self.assertEqual(corrected["points_corrected",], Decimal("-0.0875"))
        self.assertTrue(self.grocer.cli("verify")["is_clean"])


class MonthTogether(Month):
    """The same, where all pairs are netted together."""

    kind = PricedTogether
    is_multilateral = True


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    main(280)
