#!/usr/bin/python3
"""The programmes in cluster/programmes, each tried on a year of receipts, with and without its rules.

What members got is reckoned by hand below, or by a few lines of its own. A rule that is taken out of
the file must change what comes of the year."""

import csv
import datetime
import json
import os
import re
import tempfile
import unittest

from coalition import SOURCE, TALEA, Coalition, main, run

PROGRAMMES = os.path.join(SOURCE, "cluster/programmes")

MAP = """rows: lines
columns:
  receipt: {column: receipt}
  time: {column: time}
  customer: {column: customer}
  product: {column: product}
  category: {column: category}
  quantity: {column: quantity}
  amount: {column: amount}
  currency: {value: EUR}
time: {formats: ["%Y-%m-%d %H:%M"]}
"""


def without(text, rule):
    """The programme's text without one of its rules."""
    name = re.escape(rule)
    left, count = re.subn(rf"^  - (\{{rule: {name},.*\n|rule: {name}\n(    .*\n)+)", "", text,
                          flags=re.MULTILINE)
    assert count == 1, rule
    return left


class Year:
    """Receipts as a brand's export has them."""

    def __init__(self):
        self.receipts = []

    def buy(self, day, *lines, at="10:00", who="anna"):
        """Lines: (product, category, amount in cents[, quantity])."""
        self.receipts.append((f"{day} {at}", who, lines))

    def weekly(self, first, weeks, *lines, **more):
        day = datetime.date.fromisoformat(first)
        for week in range(weeks):
            self.buy(day + datetime.timedelta(days=7 * week), *lines, **more)

    def monthly(self, day, *lines, year=2026, months=range(1, 13), **more):
        for month in months:
            self.buy(datetime.date(year, month, day), *lines, **more)

    def until(self, day):
        """The receipts before that day."""
        self.receipts = [receipt for receipt in self.receipts if receipt[0] < str(day)]
        return self

    def write(self, path):
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("receipt", "time", "customer", "product", "category", "quantity",
                             "amount"))
            for number, (time, who, lines) in enumerate(sorted(self.receipts), 1):
                for product, category, cents, *quantity in lines:
                    writer.writerow((number, time, who, product, category, *(quantity or [1]),
                                     f"{cents // 100}.{cents % 100:02}"))


def grocer_points():
    year = Year()
    # 35 and 10 more for the grocer's own each week; 10 and as many in the quiet hours; a sticker
    # each week, and for 15 of them a pan for 9.90; nothing for tobacco.
    year.weekly("2026-01-02", 52, ("milk", "dairy", 3000), ("own-rice", "dry", 500))
    year.weekly("2026-03-03", 12, ("milk", "dairy", 1000), at="09:00")
    year.buy("2026-12-31", ("pan-24", "kitchen", 2490), ("c1", "tobacco", 900))
    return year


def hypermarket_discounts():
    year = Year()
    year.monthly(5, ("rice", "food", 20000), ("mop", "household", 6000),
                 ("n1", "nappies", 4000))
    year.monthly(20, ("loaf", "bread", 1000), at="21:00")
    return year


def burger_offers():
    year = Year()
    # Every week the same burger, which 13 times is the week's; four weeks in a row, once;
    # each month two nuggets for 5.00 and three drinks for the price of two.
    year.weekly("2026-01-07", 52, ("burger-cheese", "burgers", 300))
    year.monthly(15, ("nuggets-6", "snacks", 700, 2), at="12:00")
    year.monthly(15, ("cola", "drinks", 600, 3), at="18:00")
    return year


def coffee_stars():
    year = Year()
    # Gold with the 31st visit. Anna's 12 stars are there at the 31st, 32nd, 37th and 49th; Ben
    # has two for each of his afternoons: from the 31st to the 35th, the 37th, 43rd and 49th.
    year.weekly("2026-01-01", 53, ("espresso", "coffee", 300))
    year.weekly("2026-01-05", 52, ("espresso", "coffee", 300), at="15:00", who="ben")
    return year


def paid_membership():
    year = Year()
    # Twelve months of perks for one fee; in January it has lapsed; a month more; lapsed again.
    year.buy("2026-01-10", ("membership-12", "fees", 9900))
    lines = ("book", "books", 4000), ("post", "delivery", 500)
    year.monthly(15, *lines)
    year.buy("2026-07-14", ("phone", "devices", 20000))
    year.buy("2027-01-20", ("membership-1", "fees", 900))
    year.monthly(15, *lines, year=2027, months=range(1, 4))
    return year


def beauty_tiers():
    year = Year()
    # 100.00 a month: the second level from May, the third from November with its sale and its
    # first editions, of which the third is too many; in January the level is still held.
    year.monthly(15, ("cream", "skin", 10000))
    year.weekly("2026-12-17", 2, ("edition-1", "scent", 4000))
    year.buy("2026-12-31", ("edition-2", "scent", 4000))
    year.buy("2027-01-02", ("cream", "skin", 1000))
    return year


class Tried(unittest.TestCase):
    """Where receipts are tried."""

    def setUp(self):
        # pylint: disable-next=consider-using-with
        self.folder = tempfile.TemporaryDirectory(prefix="talea-programmes-")
        self.addCleanup(self.folder.cleanup)
        self.map = self.path("map.yaml")
        with open(self.map, "w", encoding="utf-8") as file:
            file.write(MAP)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def gives(self, programme, year):
        """Points and cents off."""
        receipts = self.path("receipts.csv")
        year.write(receipts)
        answer = json.loads(run([TALEA, "programme", "try", programme, "--receipts", receipts,
                                 "--map", self.map, "--json"]).stdout)
        self.assertEqual((answer["rows_rejected"], answer["sales"]), (0, len(year.receipts)))
        return answer["points"], answer["discount_minor"]


class Programmes(Tried):
    def lives(self, name, year, whole, taken_out):
        """A year under a shipped programme, and under it without each of these rules."""
        shipped = os.path.join(PROGRAMMES, name + ".yaml")
        self.assertIn(": good", run([TALEA, "programme", "check", shipped]).stdout)
        self.assertEqual(self.gives(shipped, year), whole)
        with open(shipped, encoding="utf-8") as file:
            text = file.read()
        for rule, left in taken_out.items():
            with self.subTest(without=rule):
                self.assertNotEqual(left, whole)
                with open(self.path("less.yaml"), "w", encoding="utf-8") as file:
                    file.write(without(text, rule))
                self.assertEqual(self.gives(self.path("less.yaml"), year), left)

    def explain(self, name, receipt):
        return run([TALEA, "programme", "explain", os.path.join(PROGRAMMES, name + ".yaml"),
                    "--receipts", self.path("receipts.csv"), "--map", self.map, "--receipt",
                    str(receipt), "--all"]).stdout

    def test_points_that_become_goods(self):
        year = grocer_points()
        points = 52 * 45 + 12 * 20 + 50 + 9
        self.lives("grocer-points", year, (points, 1500), {
            "points": (50, 1500), "welcome": (points - 50, 1500),
            "own brand triple": (points - 520, 1500), "quiet mornings": (points - 120, 1500),
            "sticker": (points + 15, 0), "pan for stickers": (points + 15, 0)})

    @staticmethod
    def card(left_out):
        """What the hypermarket's year below takes off: each month food for 200.00, household for
        60.00, nappies for 40.00, and bread for 10.00 late in the day."""
        def percent(steps, spent):
            return max((off for at_least, off in steps if spent >= at_least), default=0)

        def off(cents, per_cent):
            return (cents * per_cent + 50) // 100
        cards = {"card": ((30000, 2), (100000, 4), (250000, 6)),
                 "household card": ((10000, 5), (40000, 10)),
                 "children card": ((5000, 7), (30000, 12))}
        cards.update({rule: () for rule in left_out})
        spent = {rule: 0 for rule in cards}
        total = points = 0
        for _ in range(12):
            lines = (("card", 20000), ("household card", 6000), ("children card", 4000))
            offs = {rule: off(cents, percent(cards[rule], spent[rule])) for rule, cents in lines}
            paid = 30000 - sum(offs.values())
            spent["household card"] += 6000 - offs["household card"]
            spent["children card"] += 4000 - offs["children card"]
            spent["card"] += paid
            bread = off(1000, percent(cards["card"], spent["card"]))
            if "fresh in the evening" not in left_out:
                bread += off(1000 - bread, 30)
            spent["card"] += 1000 - bread
            points += paid // 1000 + (1000 - bread) // 1000
            total += sum(offs.values()) + bread
        return points, total

    def test_a_card_that_grows_with_what_is_spent(self):
        year = hypermarket_discounts()
        self.lives("hypermarket-discounts", year, self.card(()), {
            rule: self.card((rule,))
            for rule in ("card", "household card", "children card", "fresh in the evening")})
        # Who stays away for a year begins again.
        year = Year()
        year.buy("2026-01-05", ("rice", "food", 150000))
        year.buy("2026-02-05", ("rice", "food", 10000))
        year.buy("2027-02-05", ("rice", "food", 10000))
        self.lives("hypermarket-discounts", year, (150 + 9 + 10, 400), {"card": (170, 0)})

    def test_a_burger_of_the_week(self):
        year = burger_offers()
        points, off = 39 * 30 + 13 * 15 + 200 + 12 * 50 + 12 * 40, 13 * 150 + 2400 + 2400
        self.lives("burger-offers", year, (points, off), {
            "week 02": (points + 15, off - 150), "week 06": (points + 15, off - 150),
            "week 50": (points + 15, off - 150), "two nuggets": (points + 240, off - 2400),
            "third drink free": (points + 240, off - 2400),
            "four weeks in a row": (points - 200, off)})

    def test_stars_that_become_drinks(self):
        year = coffee_stars()
        self.lives("coffee-stars", year, (49 * 3 + 44 * 3, 12 * 300), {
            "star": (53 * 3 + 48 * 3, 4 * 300), "star of the year": (105 * 3, 0),
            "star afternoon": (97 * 3, 8 * 300), "free drink": (105 * 3, 0)})
        year.write(self.path("receipts.csv"))
        self.assertRegex(self.explain("coffee-stars", 61), r"anna: 3.00 EUR, 3.00 off, 0 points")

    def test_a_membership_that_is_bought(self):
        year = paid_membership()
        points, off = 13 * 80 + 2 * 40 + 320, 13 * 500 + 4000
        self.lives("paid-membership", year, (points, off), {
            "a year": (points - 12 * 40 - 120, 500), "a month": (points - 40, off - 500),
            "free delivery": (points, 4000), "double points": (points // 2 + 40, off),
            "members' days": (points + 80, off - 4000)})

    def test_levels_by_what_a_year_costs(self):
        year = beauty_tiers()
        points = 4 * 100 + 6 * 125 + 120 + 150 + 45 + 45 + 60 + 15
        self.lives("beauty-tiers", year, (points, 4000), {
            "very important quarter more": (points - 150, 4000),
            "rouge half more": (4 * 100 + 6 * 125 + 80 + 100 + 30 + 30 + 40 + 10, 4000),
            "first editions": (points + 30, 2000), "autumn rouge": (points + 30, 2000)})


YEARS = {"grocer": ("grocer-points", grocer_points),
         "hypermarket": ("hypermarket-discounts", hypermarket_discounts),
         "burgers": ("burger-offers", burger_offers), "coffee": ("coffee-stars", coffee_stars),
         "shop": ("paid-membership", paid_membership), "beauty": ("beauty-tiers", beauty_tiers)}


class Trading(Tried):
    """The six in one coalition: the same members buy at all of them, and get what a trial says."""

    def buy_beans(self, coffee, card, today):
        """60 cakes give gold, and as many stars: three bags, and no fourth."""
        year = Year()
        for minute in range(60):
            year.buy(today, ("cake", "food", 300), at=f"00:{minute:02}", who="ben")
        year.write(self.path("receipts.csv"))
        coffee.cli("import", "receipts", "--map", self.map, self.path("receipts.csv"))
        given = coffee.cli("reward", "redeem", card, "bag of beans")
        self.assertEqual((given["spent_points"], given["items"][0]["item"]), (0, "bag of beans"))
        code = given["items"][0]["card"]
        words = ("giftcard", "pay", code["number"], "--pin", code["pin"])
        self.assertEqual(coffee.cli(*words)["balance_minor"], 0)
        # One that is taken back gives its stars back.
        redeem = ("reward", "redeem", card, "bag of beans")
        last = coffee.cli(*redeem)
        coffee.talea(*redeem)
        coffee.talea(*redeem, expect=1)
        coffee.cli("reward", "cancel", last["redemption_id"])
        coffee.talea(*redeem)
        coffee.talea(*redeem, expect=1)

    def buy_a_set(self, coalition, card):
        """With points that anna has at her home, another brand."""
        beauty, home = coalition["beauty"], coalition["grocer"]
        beauty.cli("earn", card, "--line", "product=cream,category=skin,amount=1000.00")
        coalition.wait_cleared()
        before = home.cli("balance", card)["balance"]["available_points"]
        listed = {row["name"]: row for row in beauty.cli("reward", "list", "--card",
                                                         card)["rewards"]}
        self.assertEqual(listed["set of the season"]["tiers"], ["rouge"])
        self.assertTrue(listed["set of the season"]["is_available"])
        given = beauty.cli("reward", "redeem", card, "set of the season")
        self.assertEqual((given["spent_points"], given["home"]), (500, "grocer"))
        coalition.wait_cleared()
        self.assertEqual(home.cli("balance", card)["balance"]["available_points"], before - 500)
        beauty.talea("reward", "redeem", card, "set of the season", expect=1)

    def leave_the_shop(self, shop, card):
        """A month that was bought just now is paid back in full, and its perks end."""
        def delivery():
            return shop.cli("earn", card, "--line",
                            "category=delivery,amount=5.00").get("discount_minor", 0)
        self.assertEqual(delivery(), 0)
        shop.cli("earn", card, "--line", "product=membership-1,category=fees,amount=9.00")
        held = shop.cli("membership", "show", card)["memberships"][0]
        self.assertEqual((held["name"], held["days_left"]), ("member", held["paid_days"]))
        self.assertEqual(delivery(), 500)
        self.assertEqual(shop.cli("membership", "cancel", card, "member")["refund_minor"], 900)
        self.assertEqual(delivery(), 0)

    def test_all_six(self):
        today = datetime.datetime.now(datetime.timezone.utc).date()
        with Coalition(list(YEARS), currency="EUR") as coalition:
            for brand, (file, _) in YEARS.items():
                with open(os.path.join(PROGRAMMES, file + ".yaml"), encoding="utf-8") as text:
                    coalition[brand].replace("programme.yaml", text.read().encode())
            coalition.start()
            homes = {"anna": coalition["grocer"], "ben": coalition["coffee"]}
            cards = {who: home.cli("member", "add")["card"] for who, home in homes.items()}
            with open(self.path("cards.csv"), "w", encoding="ascii") as file:
                file.write("customer,card\n" + "".join(f"{w},{c}\n" for w, c in cards.items()))
            with open(self.map, "a", encoding="utf-8") as file:
                file.write("cards: cards.csv\n")
            for brand, (file, live) in YEARS.items():
                year = live().until(today)
                points, _ = self.gives(os.path.join(PROGRAMMES, file + ".yaml"), year)
                got = coalition[brand].cli("import", "receipts", "--map", self.map,
                                           self.path("receipts.csv"))
                with self.subTest(programme=file):
                    self.assertGreater(points, 0)
                    self.assertEqual(got["given_points"], points)
            coalition.wait_cleared()
            self.buy_beans(coalition["coffee"], cards["ben"], today)
            self.buy_a_set(coalition, cards["anna"])
            self.leave_the_shop(coalition["shop"], cards["ben"])
            for node in coalition:
                node.talea("verify")


if __name__ == "__main__":
    main(100)
