#!/usr/bin/python3
"""Whole accounts: merged, parted again, blocked, erased."""

import time
import unittest

import wire
from coalition import Coalition, main


def utc(unix_ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix_ms // 1000)) + f".{unix_ms % 1000:03}Z"


class Accounts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.node = cls.coalition["grocer"]

    def member(self, points, **fields):
        words = [word for name, value in fields.items() for word in (f"--{name}", value)]
        member = self.node.cli("member", "add", *words)
        if points:
            self.node.cli("earn", member["card"], "1.00", "--points", points, "--as", "admin")
        return member

    def available(self, card):
        return self.node.cli("balance", card)["balance"]["available_points"]

    def past(self, member, at):
        reply = self.node.cli("balance", "--member", member["member_id"], "--at", at)
        return reply["member_id"], reply["balance"]["available_points"]

    def show(self, member):
        return self.node.cli("member", "show", "--member", member["member_id"])["member"]

    def refused(self, reason, *words, expect=1):
        result = self.node.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)
        return result.stderr

    def test_merged_and_parted(self):
        old, kept = self.member(40), self.member(2)
        before = utc(self.node.cli("balance", old["card"])["balance"]["as_of_unix_ms"])
        words = ["member", "merge", old["member_id"], kept["member_id"], "--transaction-id",
                 wire.uuid7()]
        merge = self.node.cli(*words)
        self.assertEqual((merge["points"], merge["balance"]["available_points"]), (40, 42))
        self.assertEqual(self.node.cli(*words)["journal_row"], merge["journal_row"])
        self.assertEqual(self.available(old["card"]), 42)
        self.assertEqual(self.node.cli("balance", "--member", old["member_id"])["member_id"],
                         kept["member_id"])
        self.assertEqual(self.past(old, before), (old["member_id"], 40))
        self.assertEqual(self.past(kept, before), (kept["member_id"], 2))
        after = utc(self.node.cli("balance", kept["card"])["balance"]["as_of_unix_ms"])
        self.node.cli("earn", old["card"], "1.00", "--points", 8, "--as", "admin")
        self.assertEqual(self.available(kept["card"]), 50)
        self.assertEqual(self.past(old, after), (kept["member_id"], 42))
        undone = self.node.cli("member", "unmerge", merge["merge_id"])
        self.assertEqual(undone["points"], 40)
        self.assertEqual((self.available(old["card"]), self.available(kept["card"])), (40, 10))
        self.refused("MERGE_ENDED", "member", "unmerge", merge["merge_id"])

    def test_points_on_hold_hinder_a_merge(self):
        old, kept = self.member(40), self.member(0)
        hold = self.node.cli("burn", "authorise", old["card"], 10)["hold_id"]
        self.refused("MEMBER_HAS_HOLDS", "member", "merge", old["card"], kept["card"])
        self.node.cli("burn", "void", hold)
        self.node.cli("member", "merge", old["card"], kept["card"])
        self.assertEqual(self.available(kept["card"]), 40)

    def test_merge_to_self(self):
        member = self.member(1)
        self.refused("MERGE_TO_SELF", "member", "merge", member["card"], member["member_id"], expect=2)

    def test_blocked_and_unblocked(self):
        member = self.member(10)
        self.node.cli("member", "block", member["card"], "--reason", "FRAUD")
        self.assertEqual(self.show(member)["state"], "MEMBER_STATE_BLOCKED")
        self.refused("MEMBER_BLOCKED", "earn", member["card"], "1.00")
        self.refused("MEMBER_BLOCKED", "burn", member["card"], 5)
        self.node.cli("member", "unblock", member["card"])
        self.refused("MEMBER_NOT_BLOCKED", "member", "unblock", member["card"])
        self.node.cli("earn", member["card"], "1.00")

    def test_a_card_is_unblocked(self):
        member = self.member(10)
        self.refused("CARD_NOT_BLOCKED", "card", "unblock", member["card"])
        self.node.cli("card", "block", member["card"])
        self.refused("CARD_BLOCKED", "earn", member["card"], "1.00")
        self.refused("ROLE_NOT_ALLOWED", "card", "unblock", member["card"], "--as", "till")
        self.node.cli("card", "unblock", member["card"])
        self.node.cli("earn", member["card"], "1.00")

    def test_erased(self):
        member = self.member(10, reference="C-77", name="Ann Miller")
        told = self.refused("NOT_CONFIRMED", "member", "erase", "--reference", "C-77", expect=2)
        for word in ("Ann Miller", "C-77", "10 Sparks", "1 card"):
            self.assertIn(word, told)
        self.assertEqual(self.show(member)["display_name"], "Ann Miller")
        words = ["member", "erase", "--member", member["member_id"], "--yes", "--transaction-id",
                 wire.uuid7()]
        erased = self.node.cli(*words)
        self.assertEqual(erased["points"], 10)
        for how in (["--member", member["member_id"]], ["--reference", "C-77"], [member["card"]]):
            again = self.node.cli("member", "erase", *how, *words[4:])
            self.assertEqual(again["journal_row"], erased["journal_row"])
        self.refused("MEMBER_UNKNOWN", "member", "erase", "--reference", "C-77", "--yes")
        left = self.show(member)
        self.assertEqual((left["state"], left["display_name"], left["reference"], left["cards"]),
                         ("MEMBER_STATE_ERASED", "", "", []))
        self.refused("MEMBER_UNKNOWN", "balance", "--reference", "C-77")
        self.refused("CARD_BLOCKED", "earn", member["card"], "1.00")
        self.node.cli("member", "add", "--reference", "C-77")

    def tearDown(self):
        self.assertIn("clean", self.node.talea("verify").stdout)


if __name__ == "__main__":
    main(100)
