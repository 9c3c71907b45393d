#!/usr/bin/python3
"""Draws that anybody can check, surveys, and goals, in a running node."""

import hashlib
import unittest

from coalition import TALEA, Coalition, main, run

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
  - rule: car won
    on: won-a-car
    give: {points: 1000}
draws:
  - draw: summer
    tickets: tickets
    until: 2026-01-02
    prizes: [{prize: car, event: won-a-car}, {prize: voucher, count: 2}]
    reserves: 1
    segments: [regular]
    beacon: drand round 4512
  - draw: autumn
    tickets: tickets
    until: 2199-01-01
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


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        cls.grocer.replace("programme.yaml", PROGRAMME.encode())
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
    def test_a_draw_that_anybody_can_check(self):
        grocer = self.grocer
        cards = [self.card() for _ in range(6)] + [self.card(self.fuel)]
        for number, card in enumerate(cards):
            self.earn(card, 10 * (number + 1))
        erased, blocked = cards[0], cards[1]
        grocer.talea("member", "block", blocked, "--reason", "FRAUD")
        self.assertIn("not opened", grocer.talea("draw", "close", "summer", expect=None).stderr)
        opened = grocer.cli("draw", "open", "summer")["draw"]
        self.assertEqual(opened, grocer.cli("draw", "open", "summer")["draw"])
        before, _ = self.export("summer", "opened.draw")
        self.assertIn("not fixed", grocer.talea("draw", "reveal", "summer", "--value", "x",
                                                expect=None).stderr)
        closed = grocer.cli("draw", "close", "summer")["draw"]
        self.assertEqual((closed["entrants"], closed["total_tickets"]), (6, 26))
        fixed, text = self.export("summer", "closed.draw")
        chance = grocer.cli("draw", "chance", "summer", cards[2])
        self.assertEqual((chance["tickets"], chance["total_tickets"]), (3, 26))
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
        rich = [row for row in lucky if row["balance"]["available_points"] >= 1000]
        home = [row for row in winners[:1] if row["member_id"]]
        self.assertEqual([row["member_id"] for row in rich], [row["member_id"] for row in home])

    def check_others(self):
        """A draw that is not over, and one that there is none of."""
        self.grocer.cli("draw", "open", "autumn")
        self.assertIn("not over", self.grocer.talea("draw", "close", "autumn", expect=None).stderr)
        self.assertIn("DRAW_UNKNOWN", self.grocer.talea("draw", "open", "x", expect=None).stderr)
        self.assertEqual([row["stage"] for row in self.grocer.cli("draw", "list")["draws"]],
                         ["DRAW_STAGE_REVEALED", "DRAW_STAGE_OPEN"])
        self.grocer.talea("verify")


if __name__ == "__main__":
    main(60)
