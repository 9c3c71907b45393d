#!/usr/bin/python3
"""Periods by the charter's calendar: days of another time zone that nodes close by themselves, and
months that become weeks in a later epoch."""

import datetime
import sys
import unittest
import zoneinfo

import charter
from coalition import TALEA, Coalition, main, run, wait_for

ZONE = "Pacific/Kiritimati"  # 14 hours before UTC: it is tomorrow there most of the day
NAMES = ("fuel", "grocer", "hotel")


def number(day):
    return day.year * 10000 + day.month * 100 + day.day


def today():
    return datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).date()


def ago(days):
    return datetime.datetime.utcnow().date() - datetime.timedelta(days=days)


class Daily(Coalition):
    make_options = ("--valid-from", str(ago(4)))

    def terms(self):
        return super().terms().replace(
            "signatures:", f"calendar: {{time_zone: {ZONE}, grace_seconds: 1}}\nsignatures:"
        ).replace("decimals: 2}", "decimals: 2, period: day}")


class Monthly(Coalition):
    make_options = ("--valid-from", str(ago(62)))


def states(node, period=None):
    pairs = node.cli("period", "list", *([period] if period else []))["pairs"]
    return {(p["period"], p["partner"]): p["status"]["state"][len("SETTLEMENT_STATE_"):]
            for p in pairs}


class Days(unittest.TestCase):
    def test_nodes_close_them_by_themselves(self):
        coalition = Daily(list(NAMES))
        self.addCleanup(coalition.close)
        coalition.make()
        coalition.start()
        fuel = coalition["fuel"]
        for node in coalition:
            wait_for(lambda node=node: int(node.cli("status")["open_period"]) == number(today()),
                     f"{node.partner} has closed the days before")
        shown = run([TALEA, "charter", "show", coalition.path("charter.talea")]).stdout
        self.assertIn(f"each day, time of {ZONE}, closed by nodes 1 s after the end", shown)
        card = fuel.cli("member", "add")["card"]
        coalition["grocer"].cli("earn", card, "10.00")
        coalition.wait_cleared()
        coalition["hotel"].kill()
        coalition["hotel"].start()
        yesterday = today() - datetime.timedelta(days=1)
        for node in coalition:
            wait_for(lambda node=node: set(states(node, str(yesterday)).values()) == {"CLOSED"},
                     f"{node.partner}'s {yesterday} is closed")
            # Each day from the first on once, without a gap.
            days = sorted({period for period, _ in states(node)})
            first = ago(4)
            expected = [number(first + datetime.timedelta(days=i)) for i in range(len(days))]
            self.assertEqual(days, expected)
            self.assertEqual(days[-1], int(node.cli("status")["open_period"]))
            self.assertTrue(node.cli("verify")["is_clean"])
        rows = fuel.talea("period", "list").stdout
        self.assertIn("; this node closes it at", rows)
        self.assertIn(str(yesterday), rows)
        self.assertIn("is no period", fuel.talea("period", "list", "2026-W60", expect=2).stderr)


class Weeks(unittest.TestCase):
    next_epoch = charter.Epochs.next_epoch
    epoch = 1

    def path(self, *parts):
        return self.coalition.path(*parts)

    def test_months_become_weeks(self):
        self.coalition = Monthly(list(NAMES))
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        path = self.coalition.path("coalition.yaml")
        self.coalition.start()
        fuel, grocer, hotel = (self.coalition[name] for name in NAMES)
        with open(path, encoding="utf-8") as file:
            terms = file.read()
        tomorrow = datetime.datetime.utcnow().date() + datetime.timedelta(days=1)
        with open(path, "w", encoding="utf-8") as file:
            file.write(terms.replace("signatures:", f"calendar: {{from: {tomorrow}}}\nsignatures:")
                       .replace("decimals: 2}", "decimals: 2, period: week}"))
        grocer.cli("charter", "push", self.next_epoch())
        for node in self.coalition:
            wait_for(lambda node=node: int(node.cli("status")["charter_epoch"]) == 2, "epoch 2")
        # Months that are closed late stay months; the one of tomorrow runs to its end.
        day = ago(62)
        while True:
            name = f"{day.year:04}-{day.month:02}"
            for node in self.coalition:
                self.assertEqual(int(node.cli("status")["open_period"]),
                                 day.year * 100 + day.month)
                node.cli("period", "close", name)
            day = (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
            if day >= tomorrow:
                break
        year, week, _ = day.isocalendar()
        card = fuel.cli("member", "add")["card"]
        grocer.cli("earn", card, "30.00")
        self.coalition.wait_cleared()
        name = f"{year:04}-W{week:02}"
        for node in self.coalition:
            self.assertEqual(int(node.cli("status")["open_period"]), year * 1000 + week)
            node.cli("period", "close", name, "--early")
        for node in self.coalition:
            wait_for(lambda node=node: set(states(node, name).values()) <= {"NETTED", "CLOSED"},
                     f"{node.partner}'s {name} is netted")
        for payment in grocer.cli("payment", "list", "--period", name)["payments"]:
            self.assertTrue(payment["reference"].startswith(f"T{year:04}W{week:02}-"))
        page = self.coalition.path("statement.talea")
        hotel.talea("statement", "show", "fuel", name, "--out", page)
        self.assertIn(name, run([TALEA, "statement", "verify", page, "--charter",
                                 self.coalition.path("charter-2.talea")]).stdout)
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])


if __name__ == "__main__":
    main(220)
