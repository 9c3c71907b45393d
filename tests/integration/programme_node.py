#!/usr/bin/python3
"""A brand's programme in a running node: purchases judged by rules, and all that follows from it."""

import os
import threading
import time
import unittest

import wire
from coalition import Coalition, main

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
  - rule: regular
    metrics: [{{metric: month-spend, at_least: 100}}]
    give: {{points: 7}}
"""


def rules(version, factor=2, uses=3):
    return RULES.format(version=version, factor=factor, uses=uses)


def iso(unix_ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix_ms / 1000)) + "Z"


class Case(unittest.TestCase):
    """Two brands; the grocer has rules from its start."""

    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        cls.write(rules(1))
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
        self.refused("PROGRAMME_VERSION_OLD", "programme", "activate", later)
        self.refused("PROGRAMME_TIME_PAST", "programme", "activate",
                     self.write(rules(3), "past.yaml"), "--at", iso(now - 86400000), expect=2)
        broken = self.write(rules(9).replace("bread-double", "big"), "broken.yaml")
        self.refused("INVALID_INPUT", "programme", "activate", broken, expect=2)
        self.grocer.cli("programme", "activate", self.write(rules(3, factor=4), "now.yaml"))
        rows = self.grocer.cli("programme", "history")["programmes"]
        self.assertEqual([row["is_in_force"] for row in rows], [False, False, True])
        self.grocer.kill()
        self.grocer.start()
        self.assertEqual([(row["version"], row["is_in_force"])
                          for row in self.grocer.cli("programme", "history")["programmes"]],
                         [(1, False), (2, False), (3, True)])
        self.assertEqual(self.grocer.cli("verify")["problems"], [])


if __name__ == "__main__":
    main(120)
