#!/usr/bin/python3
"""Draws that anybody can check, surveys, and goals, in a running node."""

import datetime
import hashlib
import math
import unittest

from coalition import TALEA, Coalition, main, run, wait_for

PROGRAMME = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
metrics:
  - {name: tickets, of: given}
  - {name: visits, of: visits}
segments:
  - {segment: regular, metrics: [{metric: visits, at_least: 1}]}
rules:
  - rule: a ticket for each ten
    give: {points: 1, per: 10.00, rounding: down, to: tickets}
  - rule: a ticket for nothing
    on: flyer
    give: {points: 1, to: tickets}
  - rule: car won
    on: won-a-car
    give: {points: 1000}
  - rule: asked
    on: survey
    give: {points: 7}
  - rule: asked and brought
    on: survey
    referred: yes
    give: {event: friend was asked}
  - rule: friend was asked
    on: friend was asked
    give: {points: 3}
surveys:
  - {survey: visit, scale: 0-10, days: 14}
  - {survey: staff, scale: 1-5, days: 30, comment: no}
goals:
  - {goal: come back, measure: repeat_rate, from: FROM, by: 2199-12, start: 10, target: 90}
  - {goal: larger, measure: average_basket, from: FROM, by: 2199-12, target: 40.00}
  - {goal: new faces, measure: new_members, from: FROM, by: 2199-12, target: 5}
  - {goal: awake, measure: active_members, from: FROM, by: FROM, target: 3}
  - {goal: used, measure: redemption_rate, from: FROM, by: 2199-12, target: 50}
  - {goal: liked, measure: nps, survey: visit, from: FROM, by: 2199-12, target: 20}
  - {goal: friendly, measure: satisfaction, survey: staff, from: FROM, by: 2199-12, target: 80}
draws:
  - draw: summer
    tickets: tickets
    until: 2026-01-02
    prizes: [{prize: car, event: won-a-car}, {prize: voucher, count: 2}]
    reserves: 1
    segments: [regular]
    beacon: drand round 4512
  - {draw: everybody, tickets: visits, until: 2026-01-02, prizes: [{prize: sticker, count: 50}]}
  - draw: autumn
    tickets: tickets
    until: SOON
    once: no
    prizes: [{prize: bicycle}]
"""


def b2(text):
    """As `b2sum -l 256` prints it."""
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


def winners_of(text):
    """Who wins, reckoned anew of what is published, by somebody who has nothing else."""
    lines = [line.split(None, 1) for line in text.splitlines()]
    values = {label: rest for label, rest in lines if label not in ("winner", "entrant", "prize")}
    listed = [rest for label, rest in lines if label == "entrant"]
    entrants = [(line.split()[0], int(line.split()[1])) for line in listed]
    wanted = int(values["reserve"]) + sum(int(rest.split()[0]) for label, rest in lines
                                          if label == "prize")
    assert b2(f"{values['draw']}\n{values['seed']}\n") == values["commitment"]
    assert b2("".join(f"entrant {line}\n" for line in listed)) == values["list"]
    start = b2(f"{values['seed']}\n{values['list']}\n{values.get('value', '')}\n")

    def numbers():
        block = 0
        while True:
            digits = b2(f"{start} {block}\n")
            block += 1
            yield from (int(digits[at:at + 16], 16) for at in range(0, 64, 16))

    tickets = [(who, number) for number, who in enumerate(
        who for who, count in entrants for _ in range(count))]
    stream = numbers()
    won = []
    while len(won) < wanted and tickets:
        number = next(stream)
        if number >= 2**64 // len(tickets) * len(tickets):
            continue
        who, ticket = tickets[number % len(tickets)]
        won.append((who, ticket))
        tickets = [row for row in tickets if row[0] != who or
                   (values["once"] == "no" and row[1] != ticket)]
    return won


class Hundredths(Coalition):
    """Of points, too: a ticket is a whole one."""

    def terms(self):
        return super().terms().replace("Sparks, decimals: 0", "Sparks, decimals: 2")


class Case(unittest.TestCase):
    coalition_kind = Coalition

    @classmethod
    def setUpClass(cls):
        cls.coalition = cls.coalition_kind(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        cls.month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
        cls.grocer.replace("programme.yaml", PROGRAMME.replace("FROM", cls.month).replace(
            "SOON", f"{datetime.date.today() + datetime.timedelta(200)}").encode())
        cls.coalition.start()

    def card(self, node=None):
        return (node or self.grocer).cli("member", "add")["card"]

    def earn(self, card, amount, *words):
        return self.grocer.cli("earn", card, amount, *words)

    def export(self, draw, name):
        path = self.coalition.path(name)
        self.grocer.talea("draw", "export", draw, "--out", path)
        with open(path, encoding="utf-8") as file:
            return path, file.read()


class Draws(Case):
    coalition_kind = Hundredths

    def test_a_draw_that_anybody_can_check(self):
        grocer = self.grocer
        checked = run([TALEA, "programme", "check", grocer.path("programme.yaml")]).stdout
        self.assertIn(": good", checked)
        cards = [self.card() for _ in range(6)] + [self.card(self.fuel)]
        for number, card in enumerate(cards):
            award = self.earn(card, 10 * (number + 1))["awards"][-1]
            self.assertEqual((award["rule"], award["points"], award["metric"],
                              award["metric_points"]),
                             ("a ticket for each ten", 0, "tickets", 100 * (number + 1)))
        grocer.cli("event", self.card(), "flyer")  # has a ticket, and is in none of its segments
        erased, blocked = cards[0], cards[1]
        grocer.talea("member", "block", blocked, "--reason", "FRAUD")
        self.assertIn("not opened", grocer.talea("draw", "close", "summer", expect=None).stderr)
        opened = grocer.cli("draw", "open", "summer")["draw"]
        self.assertEqual(opened, grocer.cli("draw", "open", "summer")["draw"])
        before, _ = self.export("summer", "opened.draw")
        self.assertIn("not fixed", grocer.talea("draw", "reveal", "summer", "--value", "x",
                                                expect=None).stderr)
        closed = grocer.cli("draw", "close", "summer")["draw"]
        grocer.cli("draw", "open", "everybody")
        grocer.cli("draw", "close", "everybody")
        self.assertEqual((closed["entrants"], closed["total_tickets"]), (6, 26))
        fixed, text = self.export("summer", "closed.draw")
        chance = grocer.cli("draw", "chance", "summer", cards[2])
        self.assertEqual((chance["tickets"], chance["total_tickets"], chance["is_at_least"]),
                         (3, 26, True))
        self.assertIn("chance   at least ", grocer.talea("draw", "chance", "summer",
                                                         cards[2]).stdout)
        sure = grocer.cli("draw", "chance", "everybody", cards[2])
        self.assertEqual((sure["chance_ppm"], sure["is_at_least"]), (1000000, False))
        line = b2(f"summer\n{chance['owner']}\n{chance['blind']}\n")[:32]
        self.assertEqual(line, chance["entrant"])
        self.assertIn(f"entrant {line} 3\n", text)
        # What is bought afterwards changes nothing; nor does closing once more, or a restart.
        self.earn(cards[3], 500)
        grocer.kill()
        grocer.start()
        self.assertEqual(grocer.cli("draw", "close", "summer")["draw"], closed)
        grocer.talea("member", "erase", erased, "--yes")
        self.assertIn("missing", grocer.talea("draw", "reveal", "summer", expect=None).stderr)
        told = grocer.cli("draw", "reveal", "summer", "--value", "9c1f")
        self.assertEqual(told, grocer.cli("draw", "reveal", "summer", "--value", "9c1f"))
        self.assertIn("another value", grocer.talea("draw", "reveal", "summer", "--value", "9c20",
                                                    expect=None).stderr)
        self.check_paper(before, fixed)
        self.check_prizes(told, cards)
        self.check_others()
        self.check_friend()

    def check_paper(self, before, fixed):
        """Offline, by the program and by a few lines of somebody else's."""
        path, text = self.export("summer", "summer.draw")
        charter = self.fuel.path("charter.talea")
        proof = run([TALEA, "draw", "verify", path, "--charter", charter, "--against", fixed]).stdout
        self.assertIn("signatures  are the brand's", proof)
        run([TALEA, "draw", "verify", path, "--charter", charter, "--against", before])
        said = [tuple(line.split()[2:]) for line in text.splitlines() if line.startswith("winner ")]
        self.assertEqual([(who, str(ticket)) for who, ticket in winners_of(text)], said)
        self.assertEqual(len(said), 4)
        for old, new in ((f"winner       1 {said[0][0]}", f"winner       1 {said[1][0]}"),
                         ("once         yes", "once         no"), (" 7\n", " 8\n"),
                         ("1 car", "1 van")):
            self.assertIn(old, text)
            with open(self.coalition.path("forged.draw"), "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))
            run([TALEA, "draw", "verify", self.coalition.path("forged.draw"), "--charter",
                 charter], expect=4)

    def check_prizes(self, told, cards):
        winners = told["draw"]["winners"]
        self.assertEqual([row["prize"] for row in winners], ["car", "voucher", "voucher", ""])
        given = [row for row in winners[:3] if row["is_given"]]
        self.assertEqual(len(given) + told["gone"], 3)
        lucky = [self.grocer.cli("balance", card, expect=None) for card in cards[2:6]]
        rich = [row for row in lucky if row["balance"]["available_points"] >= 100000]
        home = [row for row in winners[:1] if row["member_id"]]
        self.assertEqual([row["member_id"] for row in rich], [row["member_id"] for row in home])

    def check_others(self):
        """A draw that all win, one that is not over, and one that there is none of."""
        self.assertIn("no beacon", self.grocer.talea("draw", "reveal", "everybody", "--value", "1",
                                                     expect=None).stderr)
        told = self.grocer.cli("draw", "reveal", "everybody")
        self.assertEqual((len(told["draw"]["winners"]), told["gone"]), (6, 1))
        self.assertEqual([row["is_given"] for row in told["draw"]["winners"]
                          if row["member_id"] or row["card"]], [True] * 5)
        self.grocer.cli("draw", "open", "autumn")
        self.assertIn("not over", self.grocer.talea("draw", "close", "autumn", expect=None).stderr)
        self.assertIn("DRAW_UNKNOWN", self.grocer.talea("draw", "open", "x", expect=None).stderr)
        self.assertEqual([row["stage"] for row in self.grocer.cli("draw", "list")["draws"]],
                         ["DRAW_STAGE_REVEALED", "DRAW_STAGE_REVEALED", "DRAW_STAGE_OPEN"])
        self.grocer.talea("verify")

    def check_friend(self):
        """An answer is an event that raises another one, which is given at once."""
        friend = self.card()
        card = self.grocer.cli("member", "add", "--referrer", friend)["card"]
        self.grocer.cli("survey", "answer", "visit", self.earn(card, 1)["sale_id"], "--score", 9)
        wait_for(lambda: self.grocer.cli("balance", friend)["balance"]["available_points"] == 300,
                 "the friend was told", 10)


class Surveys(Case):
    """Answers of purchases, what they come to, and goals."""

    def answer(self, survey, sale, score, *words, **more):
        return self.grocer.cli("survey", "answer", survey, sale, "--score", score, *words, **more)

    def refused(self, *words):
        return self.grocer.talea(*words, expect=None).stderr

    def sell(self, card, amount, store="1", *words):
        return self.earn(card, amount, "--store", store, *words)["sale_id"]

    def test_answers_and_goals(self):
        grocer = self.grocer
        cards = [self.card() for _ in range(4)] + [self.card(self.fuel)]
        sales = [self.sell(card, 20, "north", "--receipt", f"A-{number}")
                 for number, card in enumerate(cards[:3])]
        sales += [self.sell(card, 40, "south") for card in cards[:2]] + [self.sell(cards[4], 10)]
        given = [self.answer("visit", sale, score)["earned_points"]
                 for sale, score in zip(sales, (10, 9, 7, 0, 3, 9))]
        self.assertEqual(given, [7] * 6)
        before = grocer.cli("balance", cards[0])["balance"]["available_points"]
        again = self.answer("visit", sales[0], 10)
        self.assertTrue(again["is_repeat"])
        self.assertEqual(grocer.cli("balance", cards[0])["balance"]["available_points"], before)
        for reason, words in {
                "SURVEY_ANSWERED": ("visit", sales[0], "--score", 9),
                "SCORE_OUT_OF_SCALE": ("staff", sales[0], "--score", 6),
                "SURVEY_UNKNOWN": ("visits", sales[0], "--score", 6),
                "SALE_UNKNOWN": ("visit", "0199a000-0000-7000-8000-000000000002", "--score", 6),
                "NO_COMMENT": ("staff", sales[0], "--score", 5, "--comment", "x")}.items():
            self.assertIn(reason, self.refused("survey", "answer", *words))
        old = self.earn(cards[3], 30, "--time", "2026-01-05T10:00:00Z")["sale_id"]
        self.assertIn("SURVEY_OVER", self.refused("survey", "answer", "visit", old, "--score", 1))
        self.answer("staff", sales[1], 5)
        receipt = "--receipt", "A-17", "--card", cards[2]
        self.assertIn("SALE_UNKNOWN", self.refused("survey", "answer", "staff", *receipt,
                                                   "--score", 2))
        grocer.cli("survey", "answer", "staff", "--receipt", "A-2", "--card", cards[2],
                   "--score", 2)
        grocer.cli("burn", cards[0], 10)  # of 150 for purchases, 56 for answers
        self.check_report(667)
        self.check_goals()
        grocer.cli("return", "purchase", sales[0], "10.00")
        self.check_less(6 * 25 - 10)
        self.check_comments(cards)
        grocer.kill()
        grocer.start()
        self.check_report(800)
        grocer.talea("verify")

    def check_report(self, north):
        report = self.grocer.cli("survey", "report", "visit")["report"]
        whole = report["all"]
        self.assertGreaterEqual(whole["answers"], 6)
        for_, against, count = (sum(whole["counts"][9:]), sum(whole["counts"][:7]),
                                whole["answers"])
        score = (for_ - against) / count
        margin = 1.96 * math.sqrt(((for_ + against) / count - score**2) / count)
        self.assertAlmostEqual(whole["tenths"], 1000 * score, delta=0.5)
        self.assertAlmostEqual(whole["high"], 1000 * min(1, score + margin), delta=1)
        self.assertAlmostEqual(whole["low"], 1000 * max(-1, score - margin), delta=1)
        stores = {row["store"]: row for row in report["by_store"]}
        self.assertEqual(set(stores), {"north", "south", "1"})
        self.assertEqual(stores["north"]["tenths"], north)
        south = self.grocer.cli("survey", "report", "visit", "--store", "south")["report"]["all"]
        self.assertEqual(south["counts"], stores["south"]["counts"])
        self.assertEqual(len(report["by_month"]), 1)
        staff = self.grocer.cli("survey", "report", "staff", "--store", "north")["report"]["all"]
        self.assertEqual((staff["answers"], staff["tenths"]), (2, 500))
        words = ["survey", "report", "visit", "--to", "2026-01"]
        nothing = self.grocer.cli(*words)["report"]["all"]
        self.assertEqual((nothing["answers"], nothing["tenths"], nothing["low"]), (0, None, None))
        self.assertRegex(self.grocer.talea(*words).stdout, "(?m)^all +0 +no answers *$")

    def check_goals(self):
        goals = {row["name"]: row for row in self.grocer.cli("goal", "list")["goals"]}
        so_far = {name: goal["value_so_far"] for name, goal in goals.items()}
        self.assertEqual(so_far, {"come back": 500, "larger": 2500, "new faces": 4, "awake": 4,
                                  "used": 49, "liked": 167, "friendly": 500})
        # The month before had no sale and no answer: no mean and no rate, though counts of none.
        self.assertEqual({name for name, goal in goals.items() if goal.get("is_known")},
                         {"new faces", "awake"})
        shown = self.grocer.cli("goal", "show", "come back")["goals"][0]["months"]
        self.assertEqual([(row["numerator"], row["denominator"]) for row in shown],
                         [(0, 0), (2, 4)])
        self.assertEqual(shown[0]["expected"], 100)
        for goal, parts in {"liked": (1, 6), "friendly": (1, 2)}.items():
            row = self.grocer.cli("goal", "show", goal)["goals"][0]["months"][1]
            self.assertEqual((row["numerator"], row["denominator"]), parts)
        self.assertEqual([row.get("is_known", False) for row in shown], [False, True])
        self.assertFalse(any(goals["larger"].get(word) for word in ("is_known", "is_on_track")))
        self.assertRegex(self.grocer.talea("goal", "list").stdout,
                         r"larger +average_basket +2199-12 +0\.00 +- +25\.00 +40\.00 +no data")
        wait_for(lambda: 'talea_goal_target{goal="larger"} 40' in
                 self.grocer.http_get("/metrics")[1], "the goals' metrics", 10)
        self.assertIn("GOAL_UNKNOWN", self.refused("goal", "show", "x"))

    def check_less(self, amount):
        """What came back is in no basket, and what was taken for it was not given."""
        goals = {row["name"]: row for row in self.grocer.cli("goal", "list")["goals"]}
        self.assertEqual(goals["larger"]["value_so_far"], round(amount * 100 / 6))
        self.assertEqual(goals["used"]["value_so_far"], round(10 * 1000 / (150 + 56 - 10)))

    def check_comments(self, cards):
        """What was written goes with its writer, and is kept of nobody else's members."""
        lines = [(cards[2], "too cold"), (cards[3], "\u043e\u0442\u043b\u0438\u0447\u043d\u043e")]
        for card, text in lines:
            self.answer("visit", self.sell(card, 10, "north"), 9, "--comment", text)
        foreign = self.sell(cards[4], 10, "north")
        self.assertIn("COMMENT_NOT_KEPT", self.refused("survey", "answer", "visit", foreign,
                                                       "--score", 9, "--comment", "mine"))
        listed = self.grocer.cli("survey", "comments", "visit")["comments"]
        self.assertEqual([row["comment"] for row in listed], [lines[1][1], lines[0][1]])
        self.assertNotIn(b"too cold", self.grocer.read("data", "journal.mdb"))
        self.grocer.talea("member", "erase", cards[2], "--yes")
        listed = self.grocer.cli("survey", "comments", "visit")["comments"]
        self.assertEqual([row["comment"] for row in listed], [lines[1][1], ""])


if __name__ == "__main__":
    main(60)
