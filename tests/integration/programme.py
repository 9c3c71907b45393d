#!/usr/bin/python3
"""A programme's file is checked, tried on an export of receipts, and explains one of them."""

import csv
import json
import os
import tempfile
import unittest

from coalition import TALEA, main, run

PROGRAMME = """version: 2
currency: EUR
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
goods:
  - {name: bread, categories: [bread]}
metrics:
  - {name: month, of: spend, window: month}
rules:
  - rule: bread-double
    for: [bread]
    give: {multiple: 2, rounding: down}
  - rule: first
    purchase: 1
    give: {points: 10}
  - rule: loyal
    metrics: [{metric: month, at_least: 50.00}]
    give: {percent_off: 10, rounding: half_up}
    caps: [{per: month, amount: 3.00}]
"""

PLAIN = """version: 1
currency: EUR
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
"""

MAP = """rows: lines
columns:
  receipt: {column: receipt}
  time: {column: time}
  customer: {column: customer}
  product: {column: product}
  category: {column: category}
  quantity: {column: quantity}
  amount: {column: amount}
  kind: {column: kind}
  currency: {column: currency}
time: {formats: ["%Y-%m-%d %H:%M"]}
returns: {values: [R], match: [customer, product]}
"""

COLUMNS = ("receipt", "time", "customer", "product", "category", "quantity", "amount", "kind",
           "currency")
ROWS = [
    ("1", "2026-10-01 09:00", "anna", "b1", "bread", "1", "4.60", "S", "EUR"),
    ("1", "2026-10-01 09:00", "anna", "m1", "milk", "2", "50.40", "S", "EUR"),
    ("2", "2026-10-02 09:00", "anna", "b1", "bread", "1", "20.00", "S", "EUR"),
    ("3", "2026-10-02 10:00", "ben", "m1", "milk", "1", "0.99", "S", "EUR"),
    ("4", "2026-10-03 10:00", "anna", "m1", "milk", "1", "40.00", "S", "EUR"),
    ("5", "2026-11-01 10:00", "anna", "m1", "milk", "1", "7.00", "S", "EUR"),
    ("7", "2026-11-01 10:00", "anna", "m1", "milk", "1", "7.00", "S", "USD"),
    ("6", "2026-11-02 10:00", "anna", "m1", "milk", "1", "7.00", "R", "EUR"),
]


class Programme(unittest.TestCase):
    def setUp(self):
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="talea-programme-")
        self.addCleanup(self.folder.cleanup)
        self.new = self.write("new.yaml", PROGRAMME)
        self.old = self.write("old.yaml", PLAIN)
        self.map = self.write("map.yaml", MAP)
        self.receipts = self.path("receipts.csv")
        with open(self.receipts, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(ROWS)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def talea(self, *words, expect=0):
        return run([TALEA, "programme", *words], expect=expect)

    def try_it(self, *words):
        return json.loads(self.talea("try", self.new, "--receipts", self.receipts, "--map",
                                     self.map, "--json", *words).stdout)

    def explain(self, receipt, *words, expect=0):
        return self.talea("explain", self.new, "--receipts", self.receipts, "--map", self.map,
                          "--receipt", receipt, *words, expect=expect)

    def test_check(self):
        self.assertIn("4 rules, 2 metrics, 1 sets of goods: good",
                      self.talea("check", self.new).stdout)
        unused = self.write("unused.yaml", PROGRAMME.replace("[bread]}\n", "[bread]}\n"
                                                             "  - {name: tea, brands: [Tee]}\n"))
        self.assertIn(f"{unused}:7: goods tea: no rule is for them",
                      self.talea("check", unused).stdout)
        never = self.write("never.yaml", PROGRAMME.replace("    for: [bread]\n",
                                                           "    for: [bread]\n"
                                                           "    except: [bread]\n"))
        self.assertIn(f"{never}:10: rule bread-double never fires: all goods that it is for are "
                      "excepted", self.talea("check", never, expect=1).stdout)
        wrong = self.write("wrong.yaml", PROGRAMME.replace("metric: month", "metric: mouth"))
        self.assertIn(f"{wrong}:17: rules[2].metrics: no metric is called mouth",
                      self.talea("check", wrong, expect=2).stderr)
        twice = self.write("twice.yaml", PROGRAMME.replace("rule: first", "rule: loyal"))
        self.assertIn("rule loyal is there twice, on line", self.talea("check", twice, expect=2).stderr)

    def test_the_example_is_good(self):
        example = self.write("example.yaml", self.talea("example").stdout)
        self.assertIn("17 rules, 7 metrics, 3 sets of goods: good",
                      self.talea("check", example).stdout)

    def test_check_names_all_mistakes(self):
        path = self.write("many.yaml", PROGRAMME
                          .replace("metric: month", "metric: mouth").replace("[bread]}", "[bread]}\n"
                          "burn: {except: [bred], smalest: 1}\ncoupons:\n"
                          "  - {coupon: a, codes: [Spring, SPRING], persnal: {x: 1}}\n", 1)
                          .replace("per: 1.00", "per: 0", 1))
        said = self.talea("check", path, expect=2).stderr
        for text in ["earn.per: \"0\" is not from", "burn.except: no goods are called bred; did you "
                     "mean bread?", "no metric is called mouth; did you mean month?", "burn.smalest: is not a key that "
                     "belongs here; did you mean smallest?", "coupons[0].persnal: is not a key",
                     "coupons[0].codes[1]: is Spring of a in other letters"]:
            self.assertIn(text, said)
        self.assertIn(f"{path}: 6 mistakes (INVALID_INPUT)", said)
        lines = [row["line"] for row in
                 json.loads(self.talea("check", path, "--json", expect=2).stdout)["findings"]]
        self.assertEqual(lines, sorted(lines))
        self.assertEqual(len(lines), 6)
        self.assertIn("did you mean programme check?", self.talea("chek", path, expect=2).stderr)
        key = self.write("key.yaml", PROGRAMME.replace("per: 1.00", "per: 1,00", 1))
        self.assertIn("numbers have a point, as 12.50", self.talea("check", key, expect=2).stderr)

    def test_try(self):
        answer = self.try_it("--price", "0.01")
        rules = {row["rule"]: row for row in answer["rules"]}
        # Receipt 1: 55 and 4.6/55 of them for bread; 2: 2.00 off, 18; 4: 1.00 of 4.00 off, 39;
        # 5 gave 7, and all of it came back.
        self.assertEqual(rules["earn"], {"rule": "earn", "gives": "points", "sales": 4,
                                         "members": 1, "given": 55 + 18 + 39, "cut": 0})
        self.assertEqual(rules["bread-double"]["given"], 5 + 18)
        self.assertEqual((rules["first"]["sales"], rules["first"]["given"]), (2, 20))
        self.assertEqual((rules["loyal"]["given"], rules["loyal"]["cut"]), (300, 300))
        self.assertEqual(answer["points"], 112 + 23 + 20)
        self.assertEqual(answer["discount_minor"], 300)
        self.assertEqual(answer["cost_minor"], 155)
        self.assertEqual((answer["returned_points"], answer["returns_without_sale"]), (7, 0))
        self.assertEqual((answer["sales"], answer["members"], answer["returns"]), (5, 2, 1))
        self.assertEqual(answer["sales_in_other_currencies"], 1)
        words = self.talea("try", self.new, "--receipts", self.receipts, "--map", self.map).stdout
        self.assertIn("bread-double", words)
        self.assertIn("155 points, 3.00 EUR off", words)
        self.assertIn("1 returns (7.00 EUR) took back 7 points", words)

    def test_a_return_that_no_import_takes_is_none_for_fraud_rules(self):
        rules = "fraud:\n  rules:\n    - {rule: loops, counts: returns, by: card, more_than: 1, " \
                "within: 7d, action: alert}\n"
        self.write("new.yaml", PROGRAMME + rules)
        with open(self.receipts, "a", encoding="utf-8") as file:
            file.write("8,2026-11-02 11:00,anna,m1,milk,1,7.00,R,EUR\n"
                       "9,2026-11-02 12:00,anna,cake,cake,1,7.00,R,EUR\n")
        answer = self.try_it()
        self.assertEqual((answer["returns"], answer["returns_without_sale"]), (3, 1))
        (loops,) = answer["fraud"]
        self.assertEqual([row["receipt"] for row in loops["examples"]], ["8"])
        self.assertIn("2 returns in 7 d", loops["examples"][0]["found"])
        self.assertEqual(loops["sales"], 1)

    def test_against(self):
        answer = self.try_it("--against", self.old)
        against = answer["against"]
        self.assertEqual(against["points"], 55 + 20 + 40)
        self.assertEqual((against["members_more"], against["members_fewer"],
                          against["members_same"]), (2, 0, 0))

    def test_explain(self):
        words = self.explain("4", "--all").stdout
        self.assertIn("receipt 4 of anna: 40.00 EUR, 1.00 off, 39 points", words)
        self.assertRegex(words, r"\+ loyal +1.00 EUR, cut by a cap from 4.00")
        self.assertRegex(words, r"- bread-double +none of its goods are in the basket")
        self.assertRegex(words, r"- first +this is purchase 3, not 1")
        words = self.explain("5").stdout
        self.assertNotIn("loyal", words)
        self.assertIn("no sale has the number 17", self.explain("17", expect=1).stderr)

    def test_diff(self):
        self.assertIn("both say the same", self.talea("diff", self.new, self.new).stdout)
        changed = self.write("changed.yaml", PROGRAMME.replace("version: 2", "version: 3")
                             .replace("multiple: 2", "multiple: 2.5")
                             .replace("    purchase: 1\n", "    weekdays: [mon, fri]\n")
                             .replace("categories: [bread]", "categories: [bread, rolls]")
                             .replace("rule: loyal", "rule: faithful"))
        words = self.talea("diff", self.new, changed, expect=1).stdout.splitlines()
        for line in ("programme EUR: version: 2 -> 3",
                     "rule bread-double: give: multiple 2, rounding down -> multiple 2.5, "
                     "rounding down",
                     "rule first: purchase: 1 -> (none)",
                     "rule first: weekdays: (none) -> mon, fri",
                     "rule loyal: is gone",
                     "rule faithful: is new",
                     "rule faithful: metrics: (none) -> month at least 50.00",
                     "rule faithful: give: (none) -> percent off 10, rounding half_up",
                     "rule faithful: caps: (none) -> 3.00 per month",
                     "metric purchases: is gone",
                     "goods bread: categories: bread -> bread, rolls"):
            self.assertIn(line, words)
        self.assertEqual(len(words), 11)
        rows = json.loads(self.talea("diff", self.new, changed, "--json", expect=1).stdout)
        self.assertIn({"what": "rule", "name": "first", "key": "purchase", "before": "1",
                       "after": None}, rows)

    def test_wrong_use(self):
        self.assertIn("one of --receipts and --period", self.talea("try", self.new, expect=2).stderr)
        result = self.talea("try", self.new, "--receipts", self.receipts, "--map", self.map,
                            "--price", "cheap", expect=2)
        self.assertIn("--price", result.stderr)
        result = self.talea("check", self.path("none.yaml"), expect=None)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("none.yaml", result.stderr)


if __name__ == "__main__":
    main(50)
