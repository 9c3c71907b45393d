#!/usr/bin/python3
"""Who the shopper is: birthdays, who brought whom and what both get for it."""

import datetime
import time
import unittest

import wire
from coalition import Coalition, luhn, main

RULES = """version: 1
currency: USD
expiry: {kind: never}
rules:
  - rule: friend
    purchase: 1
    referred: yes
    give: {points: 30}
  - rule: friend-bought
    purchase: 1
    referred: yes
    give: {event: friend bought}
  - rule: brought
    on: friend bought
    give: {points: 100}
  - rule: birthday
    around: {day: birthday, before: 3, after: 3}
    give: {points: 7}
    caps: [{per: rolling_days, length: 30, uses: 1}]
"""

def day(offset=0):
    return datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(offset)

class Shoppers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        with open(cls.grocer.path("programme.yaml"), "w", encoding="utf-8") as file:
            file.write(RULES)
        cls.coalition.start()

    def add(self, *words):
        return self.grocer.cli("member", "add", *words)["card"]

    def unknown(self):
        return luhn(f"{self.grocer.prefix}999999999")

    def rules(self, card, *words):
        return {row["rule"]: row["points"]
                for row in self.grocer.cli("earn", card, *words)["awards"]}

    def available(self, card):
        return self.grocer.cli("balance", card)["balance"]["available_points"]

    def refused(self, reason, *words, expect=1):
        result = self.grocer.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)

    def eventually(self, card, points):
        deadline = time.monotonic() + 10
        while self.available(card) != points and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.available(card), points)

    def test_a_friend_and_who_brought_it(self):
        anna = self.add()
        bert = self.add("--referrer", anna)
        self.assertEqual(self.rules(bert, "5.00"), {"friend": 30, "friend-bought": 0})
        self.eventually(anna, 100)
        self.assertEqual(self.rules(bert, "5.00"), {})
        self.assertEqual(self.rules(anna, "5.00"), {})
        time.sleep(0.2)
        self.assertEqual(self.available(anna), 100)
        self.refused("REFERRER_UNKNOWN", "member", "add", "--referrer", self.unknown())
        shown = self.grocer.cli("member", "show", bert)["member"]
        self.assertEqual(shown["referrer_id"],
                         self.grocer.cli("member", "show", anna)["member"]["member_id"])

    def test_who_is_told_to_have_brought_whom(self):
        anna, bert, carla = self.add(), self.add(), self.add()
        words = ["member", "set", bert, "--referrer", anna, "--transaction-id",
                 wire.uuid7()]
        row = self.grocer.cli(*words)["journal_row"]
        self.assertEqual(self.grocer.cli(*words)["journal_row"], row)
        self.refused("REFERRER_IS_SELF", "member", "set", carla, "--referrer", carla, expect=2)
        self.refused("REFERRER_EXISTS", "member", "set", bert, "--referrer", carla)
        self.grocer.cli("member", "set", carla, "--referrer", bert)
        self.refused("REFERRER_LOOPS", "member", "set", anna, "--referrer", carla)
        self.refused("REFERRER_UNKNOWN", "member", "set", anna, "--referrer", self.unknown())
        self.assertEqual(self.rules(carla, "5.00"), {"friend": 30, "friend-bought": 0})
        self.eventually(bert, 100)
        self.assertEqual(self.available(anna), 0)
        self.grocer.talea("verify")

    def test_a_birthday(self):
        soon = self.add("--birthday", day(2).strftime("1990-%m-%d"))
        later = self.add("--birthday", day(20).strftime("%m-%d"))
        self.assertEqual(self.rules(soon, "5.00"), {"birthday": 7})
        self.assertEqual(self.rules(soon, "5.00"), {})
        self.assertEqual(self.rules(later, "5.00"), {})

if __name__ == "__main__":
    main(90)
