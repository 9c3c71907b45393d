#!/usr/bin/python3
"""The postings as an accountant's journal: they add up to what the node's own report says, and the
programs they are made for read them, where those are installed."""

import csv
import io
import re
import shutil
import unittest
from collections import defaultdict

from coalition import Coalition, main, run, wait_for



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

    def sums(self, text):
        """kind -> debit - credit"""
        sums = defaultdict(int)
        for row in csv.DictReader(io.StringIO(text)):
            sums[row["kind"]] += int(row["debit"]) - int(row["credit"])
        return sums

    def test_adds_up_to_the_report(self):
        sums = self.sums(self.books("csv"))
        self.assertEqual(sum(sums.values()), 0)
        self.assertEqual(sums["issued"], 507)
        self.assertEqual(sums["redeemed"], -20)
        self.assertEqual(sums["receivable"], 40)
        self.assertEqual(sums["payable"], -100)
        self.assertEqual(sums["available"] + sums["held"], -(507 + 40 - 120))

    def amounts(self, text):
        """Of a journal for people: account -> sum."""
        sums = defaultdict(int)
        for line in text.splitlines():
            found = re.match(r"^ {2,4}(\S.*?)  (-?\d+) (\S+)$", line)
            if found:
                sums[found[1]] += int(found[2])
        return sums

    def test_journals_say_the_same(self):
        hledger = self.amounts(self.books("hledger"))
        self.assertEqual(hledger["Expenses:Loyalty:Issued"], 507)
        self.assertEqual(hledger["Liabilities:Loyalty:Payable:fuel"], -100)
        self.assertEqual(sum(hledger.values()), 0)
        beancount = self.amounts(self.books("beancount"))
        self.assertEqual(beancount["Liabilities:Loyalty:Payable:Fuel"], -100)
        self.assertEqual(sorted(hledger.values()), sorted(beancount.values()))

    def test_names_of_ones_own(self):
        path = self.coalition.path("chart.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write("issued: 6000 Marketing:Points given\npayable: 2400 {partner}\n")
        text = self.books("hledger", "--accounts", path)
        self.assertEqual(self.amounts(text)["6000 Marketing:Points given"], 507)
        self.assertEqual(self.amounts(text)["2400 fuel"], -100)
        with open(path, "w", encoding="utf-8") as file:
            file.write("isued: Expenses\n")
        refused = self.grocer.talea("books", "--accounts", path, expect=2)
        self.assertIn("chart.yaml:1", refused.stderr)

    def test_times(self):
        self.assertEqual(self.sums(self.books("csv", "--to", "2020-01-01")), {})
        self.assertEqual(self.sums(self.books("csv", "--from", "2020-01-01")),
                         self.sums(self.books("csv")))
        self.grocer.talea("books", "--format", "ods", expect=2)

    def judged(self, program, form, *words):
        if shutil.which(program) is None:
            self.skipTest(f"{program} is not installed")
        path = self.coalition.path(f"books.{form}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.books(form))
        return run([program, *[word.replace("FILE", path) for word in words]]).stdout

    def test_hledger(self):
        self.judged("hledger", "hledger", "-f", "FILE", "check")
        self.assertIn("507", self.judged("hledger", "hledger", "-f", "FILE", "balance", "Issued"))

    def test_ledger(self):
        self.assertIn("507", self.judged("ledger", "ledger", "-f", "FILE", "balance", "Issued"))

    def test_beancount(self):
        self.assertEqual(self.judged("bean-check", "beancount", "FILE"), "")


if __name__ == "__main__":
    main(110)
