#!/usr/bin/python3
"""A brand's programme in a running node: purchases judged by rules, and all that follows from it."""

import csv
import os
import threading
import time
import unittest
import uuid

import wire
from coalition import GENERATE, SOURCE, Coalition, luhn, main, needs, run

MAPPING = os.path.join(SOURCE, "cluster/maps/generated.yaml")

RULES = """version: {version}
currency: USD
earn: {{points: 1, per: 1.00, rounding: down}}
expiry: {{kind: never}}
goods:
  - {{name: bread, categories: [bread]}}
metrics:
  - {{name: month-spend, of: spend, window: month}}
rules:
  - rule: bread-double
    for: [bread]
    give: {{multiple: {factor}, rounding: down}}
  - rule: welcome
    purchase: 1
    give: {{points: 50}}
  - rule: big
    basket: 20.00
    give: {{points: 5}}
    caps: [{{per: month, uses: {uses}}}]
  - rule: early-birds
    channels: [web]
    give: {{points: 4}}
    caps: [{{of: all, per: ever, uses: 5}}]
  - rule: written
    on: review
    give: {{points: 20}}
    caps: [{{per: day, uses: 1}}]
  - rule: regular
    metrics: [{{metric: month-spend, at_least: 100}}]
    give: {{points: 7}}
"""


UNUSED = "[bread]}\n  - {name: tea, categories: [tea]}\n"
IN_THE_WAY = """  - rule: surely
    on: party
    group: parties
    give: {points: 8}
  - rule: silent
    on: party
    group: parties
    give: {points: 8}
"""


def rules(version, factor=2, uses=3):
    return RULES.format(version=version, factor=factor, uses=uses)


def iso(unix_ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix_ms / 1000)) + "Z"


class Case(unittest.TestCase):
    """Two brands; the grocer has rules from its start."""

    text = rules(1)

    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        cls.write(cls.text)
        cls.coalition.start()

    @classmethod
    def write(cls, text, name="programme.yaml"):
        path = cls.grocer.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def card(self, node=None):
        return (node or self.grocer).cli("member", "add")["card"]

    def earn(self, card, *words, **more):
        return self.grocer.cli("earn", card, *words, **more)

    def points(self, card, *words):
        return self.earn(card, *words)["earned_points"]

    def available(self, node, card):
        return node.cli("balance", card)["balance"]["available_points"]

    def refused(self, reason, *words, expect=1):
        result = self.grocer.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)
        return result.stderr


class Versions(Case):
    def test_a_version_is_in_force_from_its_time(self):
        first = self.grocer.cli("programme", "history")["programmes"]
        self.assertEqual([(row["number"], row["version"], row["from_unix_ms"], row["by"],
                           row["is_in_force"]) for row in first],
                         [(1, 1, 0, "configuration", True)])
        now = int(time.time() * 1000)
        later = self.write(rules(2, factor=3), "next.yaml")
        words = ["programme", "activate", later, "--at", iso(now + 86400000),
                 "--transaction-id", wire.uuid7()]
        reply = self.grocer.cli(*words)
        self.assertEqual((reply["programme"]["number"], reply["programme"]["is_in_force"]),
                         (2, False))
        self.assertEqual(self.grocer.cli(*words)["journal_row"], reply["journal_row"])
        self.assertIn("talea programme history",
                      self.refused("PROGRAMME_VERSION_OLD", "programme", "activate", later))
        self.refused("PROGRAMME_TIME_PAST", "programme", "activate",
                     self.write(rules(3), "past.yaml"), "--at", iso(now - 86400000), expect=2)
        broken = self.write(rules(9).replace("bread-double", "big"), "broken.yaml")
        self.refused("INVALID_INPUT", "programme", "activate", broken, expect=2)
        self.activate_third()
        rows = self.grocer.cli("programme", "history")["programmes"]
        self.assertEqual([row["is_in_force"] for row in rows], [False, False, True])
        self.grocer.kill()
        self.grocer.start()
        self.assertEqual([(row["version"], row["is_in_force"])
                          for row in self.grocer.cli("programme", "history")["programmes"]],
                         [(1, False), (2, False), (3, True)])
        self.grocer.talea("verify")

    def activate_third(self):
        """What is wrong with it is told; of rules that contradict one another somebody is asked."""
        path = self.write(rules(3, factor=4).replace("[bread]}\n", UNUSED, 1) + IN_THE_WAY, "now.yaml")
        words = ["programme", "activate", path]
        told = self.refused("NOT_CONFIRMED", *words, expect=2)
        self.assertIn(f"{path}:36: rule silent never fires: surely is in its group", told)
        self.assertIn(f"{path}:7: goods tea: no rule is for them", told)
        told = self.grocer.talea("programme", "diff", path, expect=1).stdout
        self.assertIn("programme USD: version: 1 -> 3\n", told)
        self.assertIn("rule silent: is new\n", told)
        self.assertIn("rule silent", self.grocer.talea(*words, "--anyway").stderr)
        self.assertEqual(self.grocer.talea("programme", "diff", path).stdout,
                         "both say the same\n")

    def test_the_version_changes_while_tills_are_at_work(self):
        messages = wire.messages()
        admin = wire.channel(self.grocer, "admin")
        channel = wire.channel(self.grocer, "till")
        self.addCleanup(admin.close)
        self.addCleanup(channel.close)
        till = wire.service(channel, messages.till, "TillService")
        before = next(row["version"] for row in
                      self.grocer.cli("programme", "history")["programmes"] if row["is_in_force"])
        factors = {before: 4 if before == 3 else 2, 20: 7}
        cards = [self.card() for _ in range(4)]
        begun = int(time.time() * 1000)
        change = begun + 500
        wire.service(admin, messages.programme, "ProgrammeService").ActivateProgramme(
            messages.programme.ActivateProgrammeRequest(
                transaction_id=wire.uuid7(), text=rules(20, factor=7).encode(),
                from_unix_ms=change))
        told = []

        def work(card):
            while time.time() * 1000 < change + 400:
                late = (len(told) % 3) * 150  # some come late
                at = max(begun, int(time.time() * 1000) - late)
                reply = till.Earn(messages.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=card, business_unix_ms=at, lines=[
                        messages.till.BasketLine(category="bread", amount_minor=1000)]))
                bread = sum(row.points for row in reply.awards if row.rule == "bread-double")
                told.append((at, reply.programme_version, bread))
        tills = [threading.Thread(target=work, args=(card,)) for card in cards]
        for thread in tills:
            thread.start()
        for thread in tills:
            thread.join()
        for at, version, bread in told:
            self.assertEqual(version, 20 if at >= change else before, at - change)
            self.assertEqual(bread, 10 * (factors[version] - 1))
        self.assertGreater(min(sum(row[1] == version for row in told) for version in factors), 8)
        self.grocer.talea("verify")


class Judged(Case):
    def test_rules_give_and_say_why(self):
        card = self.card()
        reply = self.earn(card, "--store", "7", "--line", "category=bread,amount=4.50",
                          "--line", "product=17,amount=3.20")
        self.assertEqual(reply["earned_points"], 7 + 4 + 50)
        self.assertEqual([(row["rule"], row["points"]) for row in reply["awards"]],
                         [("earn", 7), ("bread-double", 4), ("welcome", 50)])
        self.assertEqual(reply["balance"]["available_points"], 61)
        self.assertIn("no amount", self.refused("INVALID_INPUT", "earn", card, "--line",
                                                "category=bread", expect=2))
        self.assertEqual(self.points(card, "4.50"), 4)
        why = self.grocer.cli("explain", reply["sale_id"])
        self.assertEqual({row["rule"]: row["reason"] for row in why["rules"]},
                         {"earn": "fired", "bread-double": "fired", "welcome": "fired",
                          "big": "basket", "early-birds": "channel",
                          "regular": "metric_below",
                          "written": "other_occasion"})
        self.assertEqual((why["store"], why["gross_minor"], why["earned_points"],
                          [line["category"] for line in why["lines"]]),
                         ("7", 770, 61, ["bread", ""]))
        text = self.grocer.talea("explain", reply["sale_id"], "--all").stdout
        self.assertIn("+ bread-double                     4 points", text)
        self.assertIn("month-spend is 0.00, less than 100.00", text)
        self.refused("NOT_FOUND", "explain", wire.uuid7())

    def test_a_repeat_is_answered_as_before(self):
        card = self.card()
        words = ["100.00", "--transaction-id", wire.uuid7(), "--time", iso(time.time() * 1000)]
        first = self.earn(card, *words)
        self.assertEqual(first["earned_points"], 100 + 50 + 5)
        self.assertEqual(self.points(card, "1.00"), 1 + 7)
        again = self.earn(card, *words)
        for key in ("earned_points", "awards", "journal_row", "programme_version"):
            self.assertEqual(again[key], first[key])
        self.refused("TRANSACTION_ID_REUSED", "earn", card, "100.01", *words[1:])
        self.refused("TRANSACTION_ID_REUSED", "earn", card, "100.00", "--channel", "web",
                     *words[1:])
        self.assertEqual(self.available(self.grocer, card), first["earned_points"] + 8)

    def test_a_cap_holds_at_all_tills(self):
        card = self.card()
        replies = []

        def till():
            replies.append(self.earn(card, "20.00"))
        tills = [threading.Thread(target=till) for _ in range(16)]
        for thread in tills:
            thread.start()
        for thread in tills:
            thread.join()
        rules = [row["rule"] for reply in replies for row in reply["awards"]]
        self.assertEqual((len(replies), rules.count("big"), rules.count("welcome")), (16, 3, 1))
        self.assertEqual(rules.count("regular"), 11)
        self.assertEqual(self.available(self.grocer, card), 16 * 20 + 3 * 5 + 50 + 11 * 7)

    def test_exactly_the_first_five_get_it(self):
        cards = [self.card() for _ in range(4)] * 4
        rules_fired = []

        def till(card):
            rules_fired.extend(row["rule"] for row in self.earn(card, "15.00", "--channel", "web")["awards"])
        tills = [threading.Thread(target=till, args=(card,)) for card in cards]
        for thread in tills:
            thread.start()
        for thread in tills:
            thread.join()
        self.assertEqual((rules_fired.count("early-birds"), rules_fired.count("earn")), (5, 16))

    def test_a_partners_member_has_a_standing_here(self):
        card = self.card(self.fuel)
        self.assertEqual([self.points(card, "20.00") for _ in range(5)], [75, 25, 25, 20, 20])
        self.coalition.wait_cleared()
        self.assertEqual(self.available(self.fuel, card), 165)
        self.refused("CARD_UNKNOWN", "earn", self.unknown_card(), "1.00")

    def unknown_card(self):
        return luhn(f"{self.grocer.prefix}000009999")

    def test_a_return_takes_back_what_the_sale_counted_for(self):
        card = self.card()
        sale = self.earn(card, "110.00")["sale_id"]
        self.assertEqual(self.points(card, "1.00"), 8)
        back = self.grocer.cli("return", "purchase", sale, "55.00")
        self.assertEqual(back["taken_points"], 83)
        self.assertEqual(self.points(card, "1.00"), 1)
        self.grocer.cli("return", "purchase", sale)
        self.refused("RETURN_EXCEEDS_SALE", "return", "purchase", sale)
        self.assertEqual([row["rule"] for row in self.earn(card, "20.00")["awards"]],
                         ["earn", "big"])

    def test_a_return_by_line_takes_what_the_rest_does_not_deserve(self):
        """Bread counts double, 20.00 in a basket are worth 5 more: each goes with its line."""
        for card, node in ((self.card(), self.grocer), (self.card(self.fuel), self.fuel)):
            sale = self.earn(card, "--line", "category=bread,quantity=4,amount=20.00",
                             "--line", "product=milk,amount=8.00", "--store", "1")
            self.assertEqual(sale["earned_points"], 48 + 50 + 5)
            sale = sale["sale_id"]
            words = ["return", "purchase", sale, "--line", "1:1", "--transaction-id", wire.uuid7()]
            back = self.grocer.cli(*words)
            self.assertEqual((back["taken_points"], back["amount_minor"]), (10, 500))
            again = self.grocer.cli(*words)
            self.assertEqual(again["journal_row"], back["journal_row"])
            why = self.grocer.cli("explain", words[-1])
            self.assertEqual((why["sale_id"], why["returned_lines"], why["earned_points"]),
                             (sale, [{"line": 1, "quantity_milli": 1000}], 103))
            self.assertEqual({row["rule"]: (row["before"], row["after"]) for row in why["changes"]},
                             {"earn": (28, 23), "bread-double": (20, 15)})
            self.assertRegex(self.grocer.talea("explain", words[-1]).stdout,
                             r"\n  - bread-double +5 points, 15 left")
            milk = self.grocer.cli("return", "purchase", sale, "--line", "2")
            self.assertEqual((milk["taken_points"], milk["amount_minor"]), (8 + 5, 800))
            self.assertIn("line 1: 3.000 of it can come back, no more",
                          self.refused("INVALID_INPUT", "return", "purchase", sale,
                                       "--line", "1:3.001", expect=2))
            self.assertIn("line 2 has come back already",
                          self.refused("INVALID_INPUT", "return", "purchase", sale,
                                       "--line", "2", expect=2))
            self.assertIn("line 3: the purchase has 2 lines",
                          self.refused("INVALID_INPUT", "return", "purchase", sale,
                                       "--line", "3", expect=2))
            self.refused("INVALID_INPUT", "return", "purchase", sale, "--line", "0", expect=2)
            rest = self.grocer.cli("return", "purchase", sale, "--line", "1")
            self.assertEqual((rest["taken_points"], rest["amount_minor"]), (30 + 50, 1500))
            self.refused("RETURN_EXCEEDS_SALE", "return", "purchase", sale)
            self.coalition.wait_cleared()
            self.assertEqual(self.available(node, card), 0)
            first = self.earn(card, "1.00")["awards"]  # as if it had never been
            self.assertEqual([row["rule"] for row in first], ["earn", "welcome"])
        card = self.card()
        sale = self.earn(card, "--line", "category=bread,quantity=2,amount=10.00")["sale_id"]
        self.grocer.cli("return", "purchase", sale, "--line", "1:1")
        self.assertEqual(self.points(card, "1.00"), 1)  # there was a first purchase: half is left
        whole = self.grocer.cli("return", "purchase", sale)
        self.assertEqual((whole["taken_points"], whole["amount_minor"]), (10 + 50, 500))
        self.grocer.talea("verify")

    def test_events_are_judged_once(self):
        card = self.card()
        words = ["event", card, "review", "--transaction-id", wire.uuid7()]
        first = self.grocer.cli(*words)
        self.assertEqual((first["earned_points"], first["awards"][0]["rule"]), (20, "written"))
        self.assertEqual(self.grocer.cli(*words)["journal_row"], first["journal_row"])
        self.assertEqual(self.grocer.cli("event", card, "review")["earned_points"], 0)
        again = ("event", card, "review")
        for role in ("till", "back-office"):
            self.assertRegex(self.grocer.talea(*again, "--as", role).stdout,
                             "- written +its cap is used up")
        self.assertEqual(self.available(self.grocer, card), 20)
        self.assertEqual(self.grocer.cli("explain", words[-1])["event"], "review")
        self.refused("EVENT_UNKNOWN", "event", card, "revue")

    def test_what_was_durable_is_there_after_a_kill(self):
        card = self.card()
        sale = self.earn(card, "20.00", "--time", "2026-09-30T23:00:00Z")["sale_id"]
        self.grocer.kill()
        self.grocer.start()
        self.assertEqual([row["rule"] for row in self.earn(card, "20.00")["awards"]],
                         ["earn", "big"])
        self.assertEqual(self.grocer.cli("explain", sale)["earned_points"], 75)
        self.grocer.talea("verify")


IMPORTED = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
goods:
  - {name: fresh, categories: [c1, c2, c3]}
  - {name: own, prefixes: ['1']}
metrics:
  - {name: spent, of: spend, window: rolling_days, length: 7}
  - {name: fresh-items, of: items, window: month, goods: fresh}
rules:
  - rule: fresh-triple
    for: [fresh]
    except: [own]
    give: {multiple: 3, rounding: half_up}
    caps: [{per: week, amount: 25}]
  - rule: weekend
    weekdays: [sat, sun]
    give: {points: 3}
  - rule: store-off
    stores: ['3', '5', '7']
    give: {percent_off: 5, rounding: half_up}
    caps: [{per: receipt, amount: 1.00}]
  - rule: seventh
    purchase: 7
    give: {points: 70}
  - rule: week
    metrics: [{metric: spent, at_least: 60}]
    give: {points: 9}
  - rule: gardener
    metrics: [{metric: fresh-items, at_least: 10}]
    give: {points: 11}
    caps: [{per: ever, uses: 2}]
"""


ODD_MAPPING = """rows: lines
columns:
  receipt: {column: receipt}
  time: {column: time}
  card: {column: card}
  product: {column: product}
  quantity: {column: quantity}
  amount: {column: amount}
  currency: {value: USD}
time: {formats: ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"]}
number: {point: ",", group: " "}
money: {decimals: 2, rounding: exact}
returns: {negative: true, match: [customer, product]}
"""
ODD_COLUMNS = "receipt,time,card,product,quantity,amount"
# What comes behind the receipt's number; why it is refused, or None.
ODD_ROWS = [
    ('2026-10-01 10:00,{0},a,1,"10,00"', None),
    ('01.10.2026 11:00,{0},a,2,"1 234,50"', None),
    ('29.02.2024 10:00,{1},a,1,"10,00"', None),
    ('10/13/2026 10:00,{0},a,1,"10,00"', "is in none of the mapping's formats"),
    ('29.02.2026 10:00,{0},a,1,"10,00"', "is in none of the mapping's formats"),
    ('0001-01-01 10:00,{0},a,1,"10,00"', "is before 1970"),
    ('2026-10-02 10:00,{0},a,NaN,"10,00"', "is not a number"),
    ('2026-10-02 10:00,{0},a,1,1e5', "is not a number"),
    ('2026-10-02 10:00,{0},a,1,"10,005"', "the amount has more than 2 decimals"),
    ('2026-10-02 10:00,{0},a,1,"99999999999999999999,00"', "has too many digits"),
    ('2026-10-02 10:00,{0},a,1,"-10,00"', "have different signs"),
    ('2026-10-02 10:00,{0},a,1', "5 fields where the first row has 6"),
    ('2026-10-02 10:00,6100010000000014,a,1,"10,00"', "is not a card number"),
    (',{0},a,1,"10,00"', "no date"),
    ('2026-10-03 10:00,{1},a,1,"10,00"', None),
]


class Imports(Case):
    """An import, a trial and the tills give the same for the same receipts."""

    text = IMPORTED

    def make_receipts(self, seed=7):
        """Sales of members of both brands, and their returns."""
        cards = [self.card() for _ in range(12)] + [self.card(self.fuel) for _ in range(4)]
        with open(self.coalition.path("cards.txt"), "w", encoding="ascii") as file:
            file.write("".join(card + "\n" for card in cards))
        made = run([GENERATE, "--style", "grocer", "--month", "2026-10", "--seed", str(seed),
                    "--receipts", "300", "--currency", "USD", "--members-from",
                    self.coalition.path("cards.txt")]).stdout
        head, *rows = made.splitlines()
        rows = sorted((row for row in rows if row.split(",")[4]), key=lambda row: row.split(",")[2])
        sales = [row for row in rows if ",return," not in row]
        return (cards, self.write("\n".join([head] + sales) + "\n", "sales.csv"),
                self.write("\n".join([head] + rows) + "\n", "all.csv"), sales)

    def test_an_import_gives_what_the_trial_said(self):
        needs(GENERATE)
        cards, sales, everything, rows = self.make_receipts()
        tried = self.grocer.cli("programme", "try", self.grocer.path("programme.yaml"),
                                "--receipts", sales, "--map", MAPPING)
        self.assertEqual([rule["rule"] for rule in tried["rules"] if rule["sales"] == 0], [])
        self.assertGreater(next(rule["cut"] for rule in tried["rules"]
                                if rule["rule"] == "fresh-triple"), 0)
        self.grocer.talea("import", "receipts", "--map", MAPPING, sales)
        self.coalition.wait_cleared()

        def given():
            return sum(self.available(self.grocer if n < 12 else self.fuel, card)
                       for n, card in enumerate(cards))
        self.assertEqual(given(), tried["points"])
        self.grocer.talea("import", "receipts", "--map", MAPPING, sales)
        self.assertEqual(given(), tried["points"])
        self.grocer.talea("verify")
        # Its returns take back.
        self.grocer.talea("import", "receipts", "--map", MAPPING, everything)
        self.coalition.wait_cleared()
        self.assertLess(given(), tried["points"])
        self.assertGreater(len(rows), 300)
        # In the order in which they were made, to the point what the trial said.
        cards, _, everything, _ = self.make_receipts(8)
        tried = self.try_it(everything, MAPPING)
        taken = self.grocer.cli("import", "receipts", "--map", MAPPING, everything)
        self.coalition.wait_cleared()
        self.assertGreater(tried["returned_points"], 20)
        self.assertEqual((taken["taken_points"], given()),
                         (tried["returned_points"], tried["points"]))
        again = self.grocer.cli("import", "receipts", "--map", MAPPING, everything)
        self.assertEqual(again["repeats"], again["sales"] + again["returns"])
        self.assertEqual(given(), tried["points"])
        self.grocer.talea("verify")

    def make_baskets(self):
        """(member, local seconds, store, lines of product, category, thousandths, cents)"""
        begin = 1_790_812_800  # 2026-10-01, a Thursday
        baskets = []
        for n in range(66):
            lines = [(str(1 + (n * k) % 29), f"c{1 + (n + k) % 5}", 1000 * (1 + k % 3),
                      199 + 137 * ((n * 7 + k) % 11)) for k in range(1 + n % 4)]
            baskets.append((n % 6, begin + n * 19_000, str(1 + n % 8), lines))
        return baskets

    def import_baskets(self, baskets, cards):
        rows = ["receipt,line,time,store,member,product,category,quantity,unit_price,currency,"
                "kind,original"]
        for n, (member, seconds, store, lines) in enumerate(baskets):
            at = time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(seconds))
            rows += [f"B{n},{k + 1},{at},{store},{cards[member]},{product},{category},1,"
                     f"{cents / 100:.2f},USD,sale,"
                     for k, (product, category, _, cents) in enumerate(lines)]
        self.grocer.talea("import", "receipts", "--map", MAPPING,
                          self.write("\n".join(rows) + "\n", "baskets.csv"))
        return [self.available(self.grocer, card) for card in cards]

    def test_batch_single_and_import_give_the_same(self):
        messages = wire.messages()
        pb = messages.ledger
        channel = wire.channel(self.grocer, "back-office")
        self.addCleanup(channel.close)
        till = wire.service(channel, messages.till, "TillService")
        ledger = wire.service(channel, pb, "LedgerService")
        baskets = [(member, seconds, store, [(p, c, 1000, cents) for p, c, _, cents in lines])
                   for member, seconds, store, lines in self.make_baskets()]
        cards = [[self.card() for _ in range(6)] for _ in range(3)]
        imported = self.import_baskets(baskets, cards[0])

        def said(lines):
            return [messages.till.BasketLine(product=p, category=c, quantity_milli=q,
                                             amount_minor=cents) for p, c, q, cents in lines]
        single = [0] * 6
        commands = []
        for member, seconds, store, lines in baskets:
            single[member] += till.Earn(messages.till.EarnRequest(
                transaction_id=wire.uuid7(), card=cards[1][member], store=store,
                lines=said(lines), business_unix_ms=seconds * 1000)).earned_points
            commands.append(pb.BatchCommand(
                transaction_id=uuid.UUID(wire.uuid7()).bytes, business_unix_ms=seconds * 1000,
                earn=pb.BatchEarn(card=cards[2][member], store=store, lines=said(lines))))
        self.assertEqual(single, imported)
        self.assertGreater(min(single), 100)

        def execute(*commands, linked=False):
            return list(ledger.ExecuteBatch(pb.ExecuteBatchRequest(
                commands=commands, is_linked=linked)).answers)
        answers = execute(*commands[:40])
        stream = [pb.ExecuteStreamRequest(commands=commands[40:55]),
                  pb.ExecuteStreamRequest(commands=commands[55:])]
        for reply in ledger.ExecuteStream(iter(stream)):
            answers += reply.answers
        self.assertEqual({answer.refusal for answer in answers}, {0})
        batch = [sum(answer.points for answer, basket in zip(answers, baskets)
                     if basket[0] == member) for member in range(6)]
        self.assertEqual(batch, single)
        again = execute(*commands)
        self.assertEqual([(a.points, a.journal_row) for a in again],
                         [(a.points, a.journal_row) for a in answers])
        self.assertTrue(all(answer.is_repeat for answer in again))
        self.check_refused_in_bulk(pb, execute, commands, cards[2][0])
        self.assertEqual([self.available(self.grocer, card) for card in cards[2]], batch)
        # What a sale in bulk gave, its return in bulk takes back.
        sale = execute(commands[0])[0]
        back = pb.BatchCommand(transaction_id=uuid.UUID(wire.uuid7()).bytes,
                               return_purchase=pb.BatchReturnPurchase(
                                   sale_id=commands[0].transaction_id))
        self.assertEqual(execute(back)[0].points, sale.points)

        # By line as at a till.
        def line_back(sale_id, line):
            return execute(pb.BatchCommand(
                transaction_id=uuid.UUID(wire.uuid7()).bytes,
                return_purchase=pb.BatchReturnPurchase(
                    sale_id=sale_id, lines=[messages.till.ReturnedLine(line=line)])))[0]
        sale_id = commands[3].transaction_id
        taken = [line_back(sale_id, line).points for line in (2, 1, 4, 3)]
        self.assertEqual((len([n for n in taken if n > 0]), sum(taken)), (4, answers[3].points))
        self.assertEqual(line_back(sale_id, 3).refusal, pb.REFUSAL_INVALID_LINES)
        self.assertEqual(line_back(uuid.uuid4().bytes, 1).refusal, pb.REFUSAL_INVALID_LINES)
        self.grocer.talea("verify")

    def odd(self, name, rows, ends="\n", mark=""):
        text = mark + "".join(line + ends for line in [ODD_COLUMNS] + rows)
        path = self.grocer.path(name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def try_it(self, path, mapping):
        return self.grocer.cli("programme", "try", self.grocer.path("programme.yaml"),
                               "--receipts", path, "--map", mapping)

    def try_and_import(self, path, mapping, expect=0):
        """Both say the same of a file; what they said."""
        tried = self.try_it(path, mapping)
        taken = self.grocer.cli("import", "receipts", "--map", mapping, path, expect=expect)
        self.assertEqual((taken["given_points"], taken["sales"]), (tried["points"], tried["sales"]))
        return tried, taken

    def test_odd_exports_are_refused_line_by_line(self):
        mapping = self.write(ODD_MAPPING, "odd.yaml")
        cards = [self.card(), self.card()]
        rows = [f"R{n}," + row.format(*cards) for n, (row, _) in enumerate(ODD_ROWS)]
        rows.append(rows[0])  # twice, and not one behind the other
        rejects = self.grocer.path("odd.rejects.csv")
        path = self.odd("odd.csv", rows, "\r\n", "\ufeff")
        why = [(n + 2, reason) for n, (_, reason) in enumerate(ODD_ROWS) if reason is not None]
        why.append((len(rows) + 1, "receipt R0 came before, at row 2"))
        self.grocer.talea("import", "receipts", "--map", mapping, "--dry-run", "--rejects",
                          rejects, path, expect=1)
        with open(rejects, encoding="utf-8", newline="") as file:
            told = list(csv.DictReader(file))
        self.assertEqual([int(row["row"]) for row in told], [row for row, _ in why])
        for row, (_, reason) in zip(told, why):
            self.assertIn(reason, row["reason"])
        tried, taken = self.try_and_import(path, mapping, expect=1)
        self.assertEqual((tried["rows_rejected"], taken["rows_rejected"]), (len(why), len(why)))
        self.assertEqual([row["row"] for row in tried["rejects"]], [row for row, _ in why[:5]])
        # A time to come, no card of ours.
        ahead = self.odd("ahead.csv", [f'A1,9999-12-31 23:59,{cards[0]},a,1,"10,00"'])
        tried = self.try_it(ahead, mapping)
        taken = self.grocer.cli("import", "receipts", "--map", mapping, ahead, expect=1)
        self.assertEqual((tried["points"], tried["sales_to_come"],
                          taken["rejected"][0]["reason"][:12]), (10, 1, "INVALID_TIME"))
        stranger = self.odd("stranger.csv", [f'S1,2026-10-03 10:00,{self.unknown()},a,1,"10,00"'])
        taken = self.grocer.cli("import", "receipts", "--map", mapping, stranger, expect=1)
        self.assertEqual(taken["rejected"][0]["reason"][:12], "CARD_UNKNOWN")

    def test_a_period_of_the_node_is_tried(self):
        mapping = self.write(ODD_MAPPING, "period.yaml")
        card = self.card()
        sold = self.odd("august.csv", [f'P1,2026-08-05 10:00,{card},a,1,"500,00"',
                                       f'P2,2026-08-31 23:30,{card},a,1,"100,00"'])
        given = self.try_and_import(sold, mapping)[1]["given_points"]
        self.assertGreater(given, 0)
        for period, sales, points in (("2026-08", 2, given), ("2026-07", 0, 0)):
            tried = self.grocer.cli("programme", "try", self.grocer.path("programme.yaml"),
                                    "--period", period)
            self.assertEqual((tried["sales"], tried["points"]), (sales, points))
            self.assertEqual((tried["against"]["points"], tried["against"]["members_same"]),
                             (points, 1 if sales else 0))

    def test_who_owes_points_gets_what_a_trial_says(self):
        mapping = self.write(ODD_MAPPING, "owing.yaml")
        card = self.card()
        first = self.odd("first.csv", [f'O1,2026-10-05 10:00,{card},a,1,"500,00"'])
        given = self.try_and_import(first, mapping)[1]["given_points"]
        self.grocer.cli("burn", card, str(given))
        then = self.odd("then.csv", [f'O1,2026-10-05 10:00,{card},a,1,"500,00"',
                                     f'O2,2026-10-06 10:00,{card},a,-1,"-500,00"',
                                     f'O3,2026-10-06 11:00,{card},b,1,"30,00"'])
        taken = self.grocer.cli("import", "receipts", "--map", mapping, then)
        balance = self.grocer.cli("balance", card)["balance"]
        self.assertEqual((taken["returns"], taken["taken_points"]), (1, given))
        self.assertEqual((balance["available_points"], balance["debt_points"]),
                         (0, 2 * given - taken["given_points"]))
        self.grocer.talea("verify")

    def test_files_that_are_none(self):
        mapping = self.write(ODD_MAPPING, "none.yaml")
        good = 'L1,2026-10-01 10:00,{},a,1,"5,00"'.format(self.card())
        none = {
            "empty.csv": ("", "the file is empty"),
            "long.csv": (ODD_COLUMNS + "\nL0,2026-10-01 10:00," + "x" * 10_000_000 + ',a,1,"5,00"\n'
                         + good + "\n", "row 2: a field longer than"),
            "columns.csv": ("receipt,when,card,product,quantity,amount\n" + good + "\n",
                            "columns.time names time, which is not in"),
        }
        for name, (text, why) in none.items():
            path = self.write(text, name)
            for words in (["import", "receipts", "--map", mapping, path],
                          ["programme", "try", self.grocer.path("programme.yaml"), "--receipts",
                           path, "--map", mapping]):
                self.assertIn(why, self.grocer.talea(*words, expect=2).stderr)
        head = self.write(ODD_COLUMNS + "\n", "head.csv")
        self.assertEqual(self.grocer.cli("import", "receipts", "--map", mapping, head)["sales"], 0)

    def check_refused_in_bulk(self, pb, execute, commands, card):
        def refusals(*commands, linked=False):
            return [pb.Refusal.Name(answer.refusal)[len("REFUSAL_"):]
                    for answer in execute(*commands, linked=linked)]
        self.assertEqual(refusals(commands[0], linked=True), ["PROGRAMME_HAS_RULES"])
        bad = [pb.BatchEarn(card=card, amount_minor=-1),
               pb.BatchEarn(card=card, amount_minor=5, store="x" * 65),
               pb.BatchEarn(card=card, amount_minor=5, lines=commands[0].earn.lines),
               pb.BatchEarn(card=self.unknown(), amount_minor=500)]
        self.assertEqual(refusals(*[pb.BatchCommand(transaction_id=uuid.UUID(wire.uuid7()).bytes,
                                                    earn=earn) for earn in bad]),
                         ["INVALID_LINES", "INVALID_LINES", "INVALID_LINES", "CARD_UNKNOWN"])

    def unknown(self):
        return luhn(f"{self.grocer.prefix}000009998")


if __name__ == "__main__":
    main(120)
