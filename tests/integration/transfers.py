#!/usr/bin/python3
"""Transfers between members, and pools: by command line, as a back office does it."""

import unittest

import wire
from coalition import Coalition, main


class Case(unittest.TestCase):
    """One node for all tests of a class; each test has members of its own."""

    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.node = cls.coalition["grocer"]

    def member(self, points=0):
        member = self.node.cli("member", "add")
        if points:
            self.node.cli("earn", member["card"], "1.00", "--points", points, "--as", "admin")
        return member

    def available(self, who):
        name = ["--member", who] if "-" in who else [who]
        return self.node.cli("balance", *name)["balance"]["available_points"]

    def refused(self, reason, *words, expect=1):
        result = self.node.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)


class Transfers(Case):
    def test_points_move_with_their_terms(self):
        giver, taker = self.member(100), self.member()
        before = self.node.cli("balance", giver["card"])["balance"]["lots"]
        reply = self.node.cli("transfer", giver["card"], taker["member_id"], 30)
        self.assertEqual(reply["points"], 30)
        self.assertEqual(reply["balance"]["available_points"], 70)
        after = self.node.cli("balance", taker["card"])["balance"]["lots"]
        self.assertEqual([(lot["issuer"], lot["expires_at_unix_ms"], lot["free_points"])
                          for lot in after],
                         [("grocer", before[0]["expires_at_unix_ms"], 30)])

    def test_a_repeat_moves_nothing_more(self):
        giver, taker = self.member(100), self.member()
        words = ["transfer", giver["card"], taker["card"], 30, "--transaction-id", wire.uuid7()]
        self.assertEqual(self.node.cli(*words)["journal_row"], self.node.cli(*words)["journal_row"])
        self.assertEqual(self.available(taker["card"]), 30)
        words[3] = 31
        self.refused("TRANSACTION_ID_REUSED", *words)

    def test_what_is_refused(self):
        giver, taker = self.member(10), self.member()
        self.refused("INSUFFICIENT_POINTS", "transfer", giver["card"], taker["card"], 11)
        self.refused("TRANSFER_TO_SELF", "transfer", giver["card"], giver["member_id"], 1, expect=2)
        self.refused("MEMBER_UNKNOWN", "transfer", giver["card"], wire.uuid7(), 1)
        self.refused("ROLE_NOT_ALLOWED", "transfer", giver["card"], taker["card"], 1, "--as",
                     "till")
        self.assertEqual(self.available(giver["card"]), 10)


class Pools(Case):
    def test_a_pool_from_its_opening_to_its_end(self):
        ann, bob, eve = self.member(100), self.member(50), self.member()
        pool = self.node.cli("pool", "open", "The Millers", ann["card"])["pool_id"]
        self.node.cli("pool", "join", pool, bob["card"])
        self.refused("ALREADY_IN_POOL", "pool", "join", pool, bob["card"])
        self.node.cli("transfer", ann["card"], pool, 60)
        self.node.cli("transfer", bob["card"], pool, 40)
        shown = self.node.cli("pool", "show", pool)
        self.assertEqual(shown["name"], "The Millers")
        self.assertEqual(set(shown["member_ids"]), {ann["member_id"], bob["member_id"]})
        self.assertEqual(shown["balance"]["available_points"], 100)
        told = self.node.talea("transfer", pool, eve["card"], 10, expect=1).stderr
        self.assertIn("--by is missing: a pool's points are moved for one of its members, who asks "
                      "(NOT_IN_POOL)", told)
        self.refused("NOT_IN_POOL", "transfer", pool, eve["card"], 10, "--by", eve["card"])
        self.node.cli("transfer", pool, eve["card"], 100, "--by", bob["card"])
        self.assertEqual(self.available(eve["card"]), 100)
        self.node.cli("pool", "leave", pool, ann["card"])
        self.node.cli("pool", "leave", pool, bob["card"])

    def test_pools_are_listed(self):
        ann, bob = self.member(30), self.member()
        first = self.node.cli("pool", "open", "First", ann["card"])["pool_id"]
        second = self.node.cli("pool", "open", "Second", ann["card"])["pool_id"]
        self.node.cli("pool", "join", second, bob["card"])
        self.node.cli("transfer", ann["card"], second, 30)

        def listed(*words):
            reply = self.node.cli("pool", "list", *words)
            return [(pool["pool_id"], pool["name"], pool["member_count"],
                     pool["balance"]["available_points"]) for pool in reply.get("pools", [])]
        of_ann = [(first, "First", 1, 0), (second, "Second", 2, 30)]
        self.assertEqual(listed(ann["card"]), of_ann)
        self.assertEqual(listed("--member", bob["member_id"]), of_ann[1:])
        self.assertEqual(listed(self.member()["card"]), [])
        self.assertEqual([pool for pool in listed() if pool[0] in (first, second)], of_ann)
        page = self.node.cli("pool", "list", ann["card"], "--limit", 1)
        self.assertEqual([pool["pool_id"] for pool in page["pools"]], [first])
        self.assertEqual(listed(ann["card"], "--limit", 1, "--page", page["next_page_token"]),
                         of_ann[1:])
        self.assertEqual(self.node.cli("member", "show", ann["card"])["member"]["pool_ids"],
                         [first, second])
        self.assertIn(f"pools      {second}\n", self.node.talea("member", "show",
                                                               bob["card"]).stdout)
        self.node.cli("pool", "leave", first, ann["card"])
        self.assertEqual(listed(ann["card"]), of_ann[1:])
        self.refused("INVALID_PAGE_TOKEN", "pool", "list", "--page", "x", expect=2)

    def test_the_last_one_leaves_an_empty_pool_only(self):
        ann = self.member(10)
        pool = self.node.cli("pool", "open", "One", ann["card"])["pool_id"]
        self.node.cli("transfer", ann["card"], pool, 10)
        self.refused("POOL_NOT_EMPTY", "pool", "leave", pool, ann["card"])
        self.node.cli("transfer", pool, ann["card"], 10, "--by", ann["card"])
        self.node.cli("pool", "leave", pool, ann["card"])
        self.assertEqual(self.available(ann["card"]), 10)

    def test_what_members_may_spend(self):
        ann, bob = self.member(100), self.member()
        pool = self.node.cli("pool", "open", "The Millers", ann["card"])["pool_id"]
        self.node.cli("pool", "join", pool, bob["card"])
        self.node.cli("transfer", ann["card"], pool, 100)
        cards = [self.node.cli("card", "issue", "--member", pool)["card"] for _ in range(2)]
        self.node.cli("pool", "card", cards[0], bob["card"])
        self.refused("POOL_NOT_OWNER", "pool", "rights", pool, ann["card"], "--spend", "none",
                     "--by", bob["card"])
        words = ["pool", "rights", pool, bob["card"], "--spend", "30/day", "--by", ann["card"],
                 "--transaction-id", wire.uuid7()]
        self.assertEqual(self.node.cli(*words)["journal_row"], self.node.cli(*words)["journal_row"])
        hold = self.node.cli("burn", "authorise", cards[0], 20)["hold_id"]
        self.refused("POOL_LIMIT", "burn", "authorise", cards[0], 11)
        self.refused("POOL_MAY_NOT_SPEND", "burn", cards[1], 1)
        self.node.cli("burn", "capture", hold, "--points", 5)
        self.node.cli("burn", "void", hold)
        self.refused("POOL_LIMIT", "transfer", pool, ann["card"], 26, "--by", bob["card"])
        self.node.cli("transfer", pool, ann["card"], 25, "--by", bob["card"])
        rights = {right["member_id"]: right for right in self.node.cli("pool", "show",
                                                                       pool)["rights"]}
        self.assertEqual(rights[bob["member_id"]],
                         {"member_id": bob["member_id"], "spend": "POOL_SPEND_DAY",
                          "limit_points": 30, "held_points": 0, "spent_points": 30,
                          "left_points": 0})
        self.assertEqual(rights[ann["member_id"]]["spend"], "POOL_SPEND_OWNER")
        self.assertEqual(rights[pool]["spend"], "POOL_SPEND_NONE")
        shown = self.node.talea("pool", "show", pool).stdout
        self.assertIn("30 a day", shown)
        self.assertIn("cards of nobody", shown)
        self.node.cli("pool", "rights", pool, "cards", "--spend", "all")
        self.node.cli("burn", cards[1], 1)
        self.node.cli("pool", "leave", pool, bob["card"])
        self.refused("NOT_IN_POOL", "burn", cards[0], 1)

    def test_a_member_is_no_pool(self):
        ann, bob = self.member(), self.member()
        self.refused("NOT_A_POOL", "pool", "join", ann["member_id"], bob["card"])
        self.refused("NOT_A_POOL", "pool", "show", ann["member_id"])

    def tearDown(self):
        self.assertIn("clean", self.node.talea("verify").stdout)


if __name__ == "__main__":
    main(100)
