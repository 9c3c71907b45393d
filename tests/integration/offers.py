#!/usr/bin/python3
"""Personal offers: chosen by what shoppers bought, given, used, and measured against those left out."""

import csv
import time
import unittest

import wire
from coalition import Coalition, main

PROGRAMME = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
goods:
  - {name: coffee, categories: [coffee]}
  - {name: filters, categories: [filters]}
  - {name: cups, categories: [cups]}
metrics:
  - {name: visits, of: visits}
segments:
  - {segment: known, metrics: [{metric: visits, at_least: 2}]}
coupons:
  - {coupon: filter-gift, prefix: F-, personal: yes}
campaigns:
  - {campaign: autumn, control: 30, most: 1}
offers:
  - {offer: filter-week, campaign: autumn, for: [filters], days: 14, coupon: filter-gift}
  - {offer: cup-week, campaign: autumn, for: [cups], segments: [known], days: 7}
rules:
  - rule: filters-five
    offered: filter-week
    for: [filters]
    give: {points: 50}
    caps: [{per: ever, uses: 1}]
  - rule: filter-gift
    coupon: filter-gift
    give: {points: 9}
    caps: [{per: ever, uses: 1, of: code}]
  - rule: cups-off
    offered: cup-week
    for: [cups]
    give: {percent_off: 10, rounding: half_up}
"""

MAPPING = """rows: lines
columns:
  receipt: {column: receipt}
  time: {column: time}
  card: {column: card}
  product: {column: product}
  category: {column: category}
  quantity: {column: quantity}
  amount: {column: amount}
  currency: {value: USD}
time:
  formats: ["%Y-%m-%d %H:%M:%S"]
money:
  decimals: 2
"""

COFFEE, BOTH, TEA = 30, 40, 60  # who bought coffee alone, coffee and then filters, tea
DAY = 86400


class Offers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        cls.write("programme.yaml", PROGRAMME)
        cls.write("map.yaml", MAPPING)
        cls.coalition.start()
        cls.make_history()

    @classmethod
    def write(cls, name, text):
        with open(cls.grocer.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return cls.grocer.path(name)

    @classmethod
    def make_history(cls):
        """Members, by what they bought, and their purchases in the node."""
        count = COFFEE + BOTH + TEA
        members = cls.write("members.csv", "reference,name\n" +
                            "".join(f"C-{n},\n" for n in range(count)))
        cls.grocer.talea("member", "import", members, "--cards", cls.grocer.path("cards.csv"))
        with open(cls.grocer.path("cards.csv"), encoding="ascii", newline="") as file:
            cards = {row["reference"]: row["card"] for row in csv.DictReader(file)}
        cls.cards = [cards[f"C-{n}"] for n in range(count)]
        rows = ["receipt,time,card,product,category,quantity,amount"]
        for n, card in enumerate(cls.cards):
            def bought(days_ago, category):
                at = time.strftime("%Y-%m-%d 12:00:00", time.gmtime(time.time() - days_ago * DAY))
                rows.append(f"{n}-{days_ago},{at},{card},{category}-1,{category},1,5.00")
            bought(60, "tea" if n >= COFFEE + BOTH else "coffee")
            if COFFEE <= n < COFFEE + BOTH:
                bought(50, "filters")
            if n < COFFEE:
                bought(20, "coffee")
        cls.receipts = cls.write("history.csv", "\n".join(rows) + "\n")
        cls.grocer.talea("import", "receipts", "--map", cls.grocer.path("map.yaml"), cls.receipts)

    def test_offers_are_chosen_given_used_and_measured(self):
        grocer = self.grocer
        chosen = grocer.cli("offer", "choose", "--out", grocer.path("chosen.csv"))
        count = chosen["campaigns"][0]
        self.assertEqual(count["offered"] + count["control"], COFFEE)
        self.assertGreater(count["control"], 2)
        by_name = {row["offer"]: row for row in count["offers"]}
        self.assertEqual((by_name["filter-week"]["offered"], by_name["cup-week"]["offered"]),
                         (count["offered"], 0))
        self.assertIn(("coffee", BOTH, BOTH + COFFEE),
                      [(row["after"], row["bought"], row["of"])
                       for row in by_name["filter-week"]["bought_next"]])
        with open(grocer.path("chosen.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), COFFEE)
        self.assertIn("57 % of 70 shoppers who did bought filters", rows[0]["reason"])
        # The export says the same, but that it names members by their cards.
        words = ["offer", "choose", "autumn", "--programme", grocer.path("programme.yaml"),
                 "--receipts", self.receipts, "--map", grocer.path("map.yaml")]
        tried = grocer.cli(*words)["campaigns"][0]
        self.assertEqual(tried["offered"] + tried["control"], COFFEE)
        self.check_given(count)
        self.check_used(rows)

    def purchases(self, rows_max):
        """All of them, page by page, and how many pages that were."""
        messages = wire.messages()
        found = []
        pages = 0
        with wire.channel(self.grocer, "back-office") as channel:
            service = wire.service(channel, messages.programme, "ProgrammeService")
            row, last = 0, 1
            while row <= last:
                page = service.ListPurchases(messages.programme.ListPurchasesRequest(
                    from_row=row, rows_max=rows_max))
                found += page.purchases
                row, last = page.next_row, page.last_row
                pages += 1
        return found, pages

    def test_what_another_version_offers_is_said(self):
        other = PROGRAMME.replace("control: 30", "control: 20").replace("days: 7", "days: 8")
        told = self.grocer.talea("programme", "diff", self.grocer.path("programme.yaml"),
                                 self.write("other.yaml", other), expect=1).stdout
        self.assertEqual(told, "campaign autumn: control: 30 -> 20\noffer cup-week: days: 7 -> 8\n")

    def test_purchases_come_in_pages(self):
        all_at_once, pages = self.purchases(0)
        self.assertEqual((pages, len(all_at_once) >= COFFEE * 2 + BOTH * 2 + TEA), (1, True))
        self.assertEqual((all_at_once[0].lines[0].product, all_at_once[0].gross_minor,
                          [row.rule for row in all_at_once[0].awards]), ("coffee-1", 500, ["earn"]))
        for rows_max in (1, 7):
            found, pages = self.purchases(rows_max)
            self.assertEqual(found, all_at_once)
            self.assertGreater(pages, 40)

    def check_given(self, count):
        grocer = self.grocer
        nothing = grocer.talea("offer", "show", self.cards[0]).stdout
        self.assertEqual(nothing, "no offers\n")
        self.days = [int(time.time() // DAY)]
        given = grocer.cli("offer", "assign", "autumn")
        self.days.append(int(time.time() // DAY))
        self.assertEqual((given["given"], given["control"], given["already"]),
                         (count["offered"], count["control"], 0))
        grocer.kill()
        grocer.start()
        again = grocer.cli("offer", "assign", "autumn")
        self.assertEqual((again["given"], again["control"], again["already"]), (0, 0, COFFEE))
        refused = grocer.talea("offer", "assign", "spring", expect=2)
        self.assertIn("(CAMPAIGN_UNKNOWN)", refused.stderr)

    def check_used(self, rows):
        grocer = self.grocer
        self.chosen = rows
        who = {group: next(row["shopper"] for row in rows if row["group"] == group)
               for group in ("offered", "control")}
        card = {group: grocer.cli("member", "show", "--member", member)["member"]["cards"][0]["number"]
                for group, member in who.items()}
        shown = grocer.cli("offer", "show", card["offered"])["offers"]
        self.assertEqual([(row["offer"], row["is_good"]) for row in shown], [("filter-week", True)])
        self.assertIn("57 % of 70 shoppers", shown[0]["reason"])
        self.assertNotIn(b"57 % of 70 shoppers", grocer.read("data", "journal.mdb"))
        self.assertIn(int(shown[0]["until_day"]), [day + 14 for day in self.days])
        text = grocer.talea("offer", "show", "--member", who["control"]).stdout
        self.assertIn("not given: the member is in its control group", text)
        line = ["--line", "category=filters,amount=3.00"]
        self.assertEqual([grocer.cli("earn", card["offered"], *line)["earned_points"] for _ in range(2)],
                         [53, 3])
        self.assertEqual(grocer.cli("earn", card["control"], *line)["earned_points"], 3)
        self.check_code(shown[0]["code"], card)
        effect = grocer.cli("offer", "effect", "autumn")
        in_control = len([row for row in rows if row["group"] == "control"])
        self.assertEqual((effect["offered"]["shoppers"], effect["offered"]["buyers"],
                          effect["control"]["shoppers"], effect["control"]["buyers"]),
                         (COFFEE - in_control, 1, in_control, 1))
        self.assertEqual((effect["cost_points"], effect["offered"]["spend_minor"]), (59, 800))
        self.assertEqual(effect["share_ppm"]["verdict"], "too_few")
        self.assertIn("too few shoppers", grocer.talea("offer", "effect", "autumn").stdout)
        grocer.talea("verify")
        grocer.stop()
        grocer.talea("rebuild")
        grocer.start()
        self.assertEqual(grocer.cli("offer", "show", card["offered"])["offers"], shown)
        # What who is another member's by now was offered is that member's.
        grocer.cli("member", "merge", card["offered"], self.cards[-1])
        self.assertEqual(grocer.cli("offer", "show", self.cards[-1])["offers"], shown)

    def check_code(self, code, card):
        """One came with each offer that was given, for its member, and is good as long."""
        grocer = self.grocer
        given = grocer.cli("coupon", "list", "filter-gift")["coupons"][0]["issued"]
        self.assertEqual(int(given), len([row for row in self.chosen if row["group"] == "offered"]))
        self.assertIn(f"    code {code}\n", grocer.talea("offer", "show", card["offered"]).stdout)
        told = grocer.cli("coupon", "show", code)
        self.assertIn(int(told["until_local_ms"]) // 86400000, [day + 14 for day in self.days])
        words = ["--line", "category=tea,amount=1.00", "--code", code]
        self.assertEqual([grocer.cli("earn", card[who], *words)["earned_points"]
                          for who in ("control", "offered", "offered")], [1, 10, 1])


if __name__ == "__main__":
    main(90)
