#!/usr/bin/python3
"""The ledger's points against an independent calculation from the same files, to the last point.

    recompute_points.py       makes a small coalition with awkward exports of its own
    recompute_points.py DIR BRAND FILE MAPPING [BRAND FILE MAPPING ...]
        judges a running coalition whose nodes have their folders in DIR and imported these files, in
        this order: each is imported again, which adds nothing, and what the ledger answers about
        each home is compared
"""

import collections
import csv
import json
import os
import sys
import unittest

import points
from coalition import TALEA, Coalition, luhn, main, run, seeded

PROGRAMMES = {
    "grocer": {"points: 1": "points: 250", "per: 1.00": "per: 2.00", "rounding: down":
               "rounding: half_even"},
    "fuel": {"per: 1.00": "per: 0.70", "rounding: down": "rounding: half_up",
             "# minimum: 5.00": "minimum: 5.00"}}

# A till's export of central Europe: decimal commas, its own dates, numbered lines, named originals.
TILL = """
format: {delimiter: ";", encoding: latin-1}
repeated: reject
columns:
  receipt: {column: Bon}
  line: {column: Pos}
  date: {column: Datum}
  clock: {column: Uhrzeit}
  store: {column: Filiale, drop_prefix: F}
  card: {column: Karte}
  product: {column: Artikel}
  quantity: {column: Menge}
  amount: {column: Betrag}
  currency: {value: USD}
  kind: {column: Art}
  original: {column: Urbon}
time:
  formats: ["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"]
  offset: "+01:00"
number: {point: ",", group: "."}
returns:
  values: [R]
  match: [receipt, product]
"""
# A web shop's: customer numbers, prices for each, negative quantities, rows in any order.
SHOP = """
grouped: false
columns:
  receipt: {column: order}
  time: {column: at}
  customer: {column: customer, drop_suffix: ".0"}
  product: {column: sku}
  quantity: {column: qty}
  unit_price: {column: price}
  currency: {value: USD}
time:
  formats: ["%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M %p"]
  offset: "-08:00"
money: {decimals: 2, rounding: half_up}
returns:
  prefix: C
  match: [customer, product]
exclude: {sku: [], product: [POST, "BANK CHARGES"]}
cards: cards.csv
"""
# What came back to the web shop: a file of nothing but returns, without prices.
BACK = """
columns:
  receipt: {column: number}
  time: {column: at}
  customer: {column: customer}
  product: {column: sku}
  quantity: {column: qty}
time:
  formats: ["%Y-%m-%d"]
returns:
  rows_are: returns
  match: [customer, product]
cards: cards.csv
"""
# Points given by hand: a row is a receipt.
BONUS = """
rows: receipts
columns:
  receipt: {column: number}
  time: {column: at}
  card: {column: card}
  product: {column: what}
  amount: {column: amount}
  points: {column: points}
  currency: {value: USD}
time:
  formats: ["%Y-%m-%dT%H:%M:%S%z"]
returns:
  match: [customer, product]
"""


class Exports:
    """Writes the awkward files of one brand; times never repeat."""

    def __init__(self, folder, rng, cards):
        self.folder, self.rng, self.cards = folder, rng, cards
        self.minute = 0
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def tick(self):
        """(day, hour, minute) of March 2026, later each time."""
        self.minute += self.rng.randrange(1, 9)
        return 1 + self.minute // 1440, self.minute // 60 % 24, self.minute % 60

    def mapping(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def write(self, name, header, rows, **form):
        with open(self.path(name), "w", encoding=form.pop("encoding", "utf-8"), newline="") as file:
            writer = csv.writer(file, **form)
            writer.writerow(header)
            writer.writerows(rows)
        return self.path(name)

    def some_card(self):
        """Mostly a member's; or of nobody, of no brand, mistyped."""
        odd = self.rng.random()
        if odd < 0.03:
            return luhn("610001000099999")
        if odd < 0.05:
            return luhn("999999000000001")
        if odd < 0.08:
            card = self.rng.choice(self.cards)
            return card[:-1] + str((int(card[-1]) + 1) % 10)
        card = self.rng.choice(self.cards)
        return " ".join(card[i:i + 4] for i in range(0, 16, 4)) if odd < 0.2 else card

    def euro(self, cents):
        sign, cents = "-" if cents < 0 else "", abs(cents)
        whole = f"{cents // 100:,}".replace(",", ".")
        return f"{sign}{whole},{cents % 100:02}"

    def till(self, receipts):
        rows, sold = [], []
        for number in range(receipts):
            day, hour, minute = self.tick()
            clock = f"{hour:02}:{minute:02}" + (":07" if number % 3 == 0 else "")
            head = [f"{day:02}.03.2026", clock, f"F{number % 4}"]
            if sold and self.rng.random() < 0.2:
                rows += self.till_return(number, head, sold)
                continue
            card, lines = self.some_card(), []
            for place in range(self.rng.randrange(1, 5)):
                quantity = self.rng.choice([1, 2, 3, 1.5, 0.125, 12])
                cents = self.rng.randrange(0, 300_000 if place == 3 else 3000)
                lines.append([number, place + 1, *head, card, f"Käse {self.rng.randrange(6)}",
                              f"{quantity}".replace(".", ","), self.euro(cents), "V", ""])
            if self.rng.random() < 0.1:
                lines.append(list(lines[0]))                 # a line sent twice
            if self.rng.random() < 0.1:
                lines[-1][8] = "1,2,3"                       # not a number
            if self.rng.random() < 0.1:
                lines.append([number, 9, *head, card, lines[0][6], "-1", "-1,00", "V", str(number)])
            rows += lines
            sold.append(lines)
        header = "Bon Pos Datum Uhrzeit Filiale Karte Artikel Menge Betrag Art Urbon".split()
        return self.write("till.csv", header, rows, delimiter=";", encoding="latin-1")

    def till_return(self, number, head, sold):
        """A part of an earlier receipt, or more than that, or of another product, or again."""
        original = self.rng.choice(sold)
        line = self.rng.choice(original)
        quantity = self.rng.choice([line[7], line[7], "1", "0,5", "0,05", "99"])
        product = line[6] if self.rng.random() < 0.9 else "Nichts"
        return [[f"{number}", 1, *head, line[5], product, quantity, self.euro(100), "R", line[0]]]

    def shop(self, orders, customers):
        with open(self.path("cards.csv"), "w", encoding="ascii") as file:
            file.write("customer,card\n" + "".join(f"{c},{card}\n" for c, card in customers.items()))
        rows, names = [], list(customers) + ["77777"]
        for number in range(orders):
            day, hour, minute = self.tick()
            time = (f"2026-03-{day:02} {hour:02}:{minute:02}:00" if number % 2 else
                    f"3/{day}/2026 {hour % 12 or 12}:{minute:02} {'PM' if hour > 11 else 'AM'}")
            is_return = self.rng.random() < 0.25
            order, customer = f"{'C' if is_return else ''}{number}", self.rng.choice(names)
            for _ in range(self.rng.randrange(1, 4)):
                quantity = self.rng.choice([1, 2, 5, 0.333])
                price = self.rng.choice(["0.005", "1.995", "12.49", "0", "3.333"])
                sku = self.rng.choice(["A", "B", "C", "POST", "BANK CHARGES"])
                if not is_return and self.rng.random() < 0.1:
                    quantity = -quantity
                rows.append([order, time, customer + ".0", sku, -quantity if is_return else quantity,
                             price])
        self.rng.shuffle(rows)
        return self.write("shop.csv", "order at customer sku qty price".split(), rows)

    def back(self, customers):
        """Everything that some customers have, in pieces, newest sales first."""
        rows = [[f"X{number}", "2026-04-30", customer, sku, quantity]
                for number, (customer, sku, quantity) in enumerate(
                    (c, s, q) for c in customers for s in "ABC" for q in ("0.1", 7, 3, 2, 2, 1, 1))]
        return self.write("back.csv", "number at customer sku qty".split(), rows)

    def bonus(self, count):
        rows = []
        for number in range(count):
            day, hour, minute = self.tick()
            sign = -1 if self.rng.random() < 0.3 else 1
            rows.append([f"B{number}", f"2026-03-{day:02}T{hour:02}:{minute:02}:00+02:00",
                         self.some_card(), self.rng.choice("xy"),
                         f"{sign * self.rng.choice([0, 1, 333, 1000]) / 100:.2f}",
                         sign * self.rng.randrange(1, 50)])
        return self.write("bonus.csv", "number at card what amount points".split(), rows)


class Recompute(unittest.TestCase):
    def setUp(self):
        self.rng = seeded()
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        for node in self.coalition:
            text = node.read("programme.yaml").decode()
            for before, after in PROGRAMMES[node.partner].items():
                self.assertIn(before, text)
                text = text.replace(before, after, 1)
            with open(node.path("programme.yaml"), "w", encoding="utf-8") as file:
                file.write(text)
        self.coalition.start()
        self.cards = [n.cli("member", "add")["card"] for n in self.coalition for _ in range(4)]
        self.wanted = collections.Counter()

    def ledger(self):
        found = {}
        for node in self.coalition:
            for member in node.cli("member", "list", "--limit", "1000")["members"]:
                found[member["cards"][0]["number"]] = net_of(member["balance"])
        return found

    def imports(self, node, shop, mapping, path):
        """By both; the rows that the reader rejects are the same ones."""
        shop.read(path)
        result = node.cli("import", "receipts", "--map", mapping, path, expect=None)
        again = node.cli("import", "receipts", "--map", mapping, path, expect=None)
        self.assertEqual(int(again["repeats"]), int(again["sales"]) + int(again["returns"]))
        self.assertEqual(int(result["rows"]), shop.counts["rows"])
        return result

    def burn_all(self):
        """So that what comes back later leaves debts."""
        for card in self.cards[:3]:
            node = self.coalition["grocer" if card in self.cards[:4] else "fuel"]
            left = node.cli("balance", card)["balance"]["available_points"]
            if left > 0:
                node.cli("burn", card, left)
                self.wanted[card] -= left

    def check(self, shops):
        self.coalition.wait_cleared()
        wanted = collections.Counter({card: self.wanted[card] for card in self.cards})
        for shop in shops:
            for card in self.cards:
                wanted[card] += shop.given[card] - shop.taken[card]
        self.assertEqual(self.ledger(), dict(wanted))

    def test_awkward_exports(self):
        shops, debts = [], 0
        customers = {str(1000 + n): card for n, card in enumerate(self.cards)}
        for node in self.coalition:
            exports = Exports(self.coalition.path("in-" + node.partner), self.rng, self.cards)
            programme = points.Programme(node.path("programme.yaml"))
            shop, seen = None, collections.Counter()
            for name, text, make in (
                    ("till.yaml", TILL, lambda: exports.till(150)),
                    ("shop.yaml", SHOP.replace("sku: [], ", ""),
                     lambda: exports.shop(120, customers)),
                    ("bonus.yaml", BONUS, lambda: exports.bonus(40)),
                    ("back.yaml", BACK, lambda: exports.back(list(customers)[:3]))):
                mapping, path = exports.mapping(name, text), make()
                shop = points.Shop(mapping, programme, before=shop)
                with self.subTest(brand=node.partner, mapping=name):
                    self.imports(node, shop, mapping, path)
                    self.check([s for s in shops if s is not None] + [shop])
                seen.update(shop.counts)
                if name != "back.yaml":
                    self.burn_all()
            debts += self.debts()
            for kind in ("sales", "rejected", "lines matched", "lines unmatched"):
                self.assertGreater(seen[kind], 0, kind)
            shops.append(shop)
        self.assertGreater(debts, 0)
        self.judged()
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])
        print(f"given {[sum(s.given.values()) for s in shops]}, taken back "
              f"{[sum(s.taken.values()) for s in shops]}, owed {debts}", flush=True)

    def judged(self):
        """The judge of a foreign folder agrees where nobody is unknown, and differs when misled."""
        node = self.coalition["fuel"]
        exports = Exports(self.coalition.path("in-judge"), self.rng, self.cards)
        rows = [[f"J{n}", f"2026-04-01T{n:02}:00:00Z", self.rng.choice(self.cards), "z", "1.00", n]
                for n in range(1, 20)]
        path = exports.write("plain.csv", "number at card what amount points".split(), rows)
        mapping = exports.mapping("plain.yaml", BONUS)
        self.assertEqual(judge(self.coalition.root, [("fuel", path, mapping)]), 1)  # not yet there
        self.assertEqual(judge(self.coalition.root, [("fuel", path, mapping)]), 0)
        self.assertTrue(node.cli("status")["is_ready"])

    def debts(self):
        return sum(int(node.cli("report")["debt_points"]) for node in self.coalition)


def judge(folder, triples):
    """0 when the ledger's answers are the calculation's."""
    before, differences = {}, 0
    for brand, path, mapping in triples:
        home = os.path.join(folder, brand)
        shop = points.Shop(mapping, points.Programme(os.path.join(home, "programme.yaml")),
                           before=before.get(brand))
        given, taken = sum(shop.given.values()), sum(shop.taken.values())
        shop.read(path)
        before[brand] = shop
        answer = json.loads(run([TALEA, "--home", home, "import", "receipts", "--map", mapping, path,
                                 "--json"], expect=None, timeout=3600).stdout)
        wanted = {"rows": shop.counts["rows"], "given_points": sum(shop.given.values()) - given,
                  "taken_points": sum(shop.taken.values()) - taken}
        found = {name: int(answer[name]) for name in wanted}
        repeats = int(answer["repeats"]) == int(answer["sales"]) + int(answer["returns"])
        is_same = found == wanted and repeats
        differences += not is_same
        print(f"{brand} {os.path.basename(path)}: {'agreed' if is_same else 'DIFFERS'}: ledger "
              f"{found}, calculation {wanted}{'' if repeats else ', not all was there before'}")
    return 1 if differences else 0


def net_of(balance):
    return (balance["available_points"] + balance["pending_points"] + balance["held_points"] -
            balance["debt_points"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if len(sys.argv) > 4 and os.path.isdir(sys.argv[1]) and len(sys.argv) % 3 == 2:
        sys.exit(judge(sys.argv[1], list(zip(*[iter(sys.argv[2:])] * 3))))
    main(170)
