#!/usr/bin/python3
"""Adjustments: one proposes, another rules; who they are is what their certificates say."""

import time
import unittest

from coalition import Coalition, main


class Adjustments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.node = cls.coalition["grocer"]

    def setUp(self):
        self.member = self.node.cli("member", "add")

    def propose(self, points, *more):
        return self.node.cli("adjustment", "propose", self.member["card"], "--points", points,
                             "--reason", "GOODWILL", *more)["adjustment_id"]

    def available(self):
        return self.node.cli("balance", self.member["card"])["balance"]["available_points"]

    def rows(self, *words):
        return self.node.cli("adjustment", "list", *words)["adjustments"]

    def row(self, adjustment):
        return next(r for r in self.rows("--limit", 1000) if r["adjustment_id"] == adjustment)

    def refused(self, reason, *words, expect=1):
        self.assertIn(f"({reason})", self.node.talea(*words, expect=expect).stderr)

    def test_points_move_when_another_approves(self):
        adjustment = self.propose(100, "--note", "spilt milk")
        self.assertEqual(self.available(), 0)
        self.refused("CHECKER_IS_MAKER", "adjustment", "approve", adjustment)
        self.assertEqual(self.row(adjustment)["state"], "ADJUSTMENT_STATE_PROPOSED")
        reply = self.node.cli("adjustment", "approve", adjustment, "--as", "admin")
        self.assertEqual((reply["points"], self.available()), (100, 100))
        row = self.row(adjustment)
        self.assertEqual((row["state"], row["maker"], row["checker"], row["note"]),
                         ("ADJUSTMENT_STATE_APPROVED", "grocer/back-office/back-office",
                          "grocer/admin/admin", "spilt milk"))
        self.refused("ADJUSTMENT_ENDED", "adjustment", "reject", adjustment, "--as", "admin")

    def test_who_is_alone_has_no_period(self):
        self.assertRegex(self.node.talea("status").stdout, r"\nperiod +-\n")

    def test_what_is_rejected_moves_nothing(self):
        adjustment = self.propose(100)
        self.node.cli("adjustment", "reject", adjustment, "--as", "admin")
        self.assertEqual(self.available(), 0)
        self.refused("ADJUSTMENT_ENDED", "adjustment", "approve", adjustment, "--as", "admin")

    def test_what_the_balance_lacks_becomes_a_debt(self):
        self.node.cli("earn", self.member["card"], "1.00", "--points", 30, "--as", "admin")
        adjustment = self.propose(-50)
        reply = self.node.cli("adjustment", "approve", adjustment, "--as", "admin")
        self.assertEqual((reply["points"], reply["debt_points"]), (-50, 20))
        balance = self.node.cli("balance", self.member["card"])["balance"]
        self.assertEqual((balance["available_points"], balance["debt_points"]), (0, 20))

    def test_what_is_no_change(self):
        for points in ("0", "-0", "1.5", "--5", "-"):
            result = self.node.talea("adjustment", "propose", self.member["card"],
                                     f"--points={points}", "--reason", "GOODWILL", expect=2)
            self.assertIn(f'--points: "{points}" is not a number with at most 0 decimals, above 0 '
                          "to give or below 0 to take (INVALID_INPUT)", result.stderr)
        result = self.node.talea("adjustment", "propose", self.member["card"], "--points", "1",
                                 "--reason", "good will", expect=None)
        self.assertNotEqual(result.returncode, 0)
        result = self.node.talea("adjustment", "propose", self.member["card"], "--points", "1",
                                 "--reason", "GOODWILL", "--until", "2020-01-01T00:00:00Z",
                                 expect=2)
        self.assertIn("--until is past or more than", result.stderr)

    def test_nobody_rules_in_time(self):
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
        adjustment = self.propose(100, "--until", end)
        self.assertIn(adjustment, [r["adjustment_id"] for r in self.rows("--state", "proposed",
                                                                         "--limit", 1000)])
        while time.time() < int(time.time()) + 3 and self.row(adjustment)["state"] != \
                "ADJUSTMENT_STATE_EXPIRED":
            pass
        self.refused("ADJUSTMENT_EXPIRED", "adjustment", "approve", adjustment, "--as", "admin")

    def test_what_is_refused(self):
        self.refused("REASON_UNKNOWN", "adjustment", "propose", self.member["card"], "--points", 1,
                     "--reason", "good will", expect=2)
        self.refused("ADJUSTMENT_UNKNOWN", "adjustment", "approve",
                     "0199a000-0000-7000-8000-000000000001")
        self.refused("ROLE_NOT_ALLOWED", "adjustment", "propose", self.member["card"], "--points",
                     1, "--reason", "GOODWILL", "--as", "till")

    def test_pages(self):
        wanted = {self.propose(n) for n in (1, 2, 3)}
        seen, page = [], []
        while True:
            reply = self.node.cli("adjustment", "list", "--limit", 1, *page)
            seen += [r["adjustment_id"] for r in reply["adjustments"]]
            if not reply["next_page_token"]:
                break
            page = ["--page", reply["next_page_token"]]
        self.assertLessEqual(wanted, set(seen))
        self.assertEqual(len(seen), len(set(seen)))

    def tearDown(self):
        self.assertIn("clean", self.node.talea("verify").stdout)


if __name__ == "__main__":
    main(100)
