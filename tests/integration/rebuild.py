#!/usr/bin/python3
"""The state of a stopped node derived anew from its journal: because it is lost, damaged or of
another format; and journals that can't be read are refused by name."""

import os
import sys
import unittest

from coalition import Coalition, main

USAGE = 2
UNREACHABLE = 3
CORRUPT = 4


def put_format(path, number):
    """Rewrites the format number that the file's row of one zero byte begins with."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    name = os.path.basename(path).split(".")[0].encode()
    found = 0
    place = data.find(name)
    while place >= 0:
        if data[place - 5:place - 4] == b"\0":  # the key before the number
            data[place - 4:place] = number.to_bytes(4, "little")
            found += 1
        place = data.find(name, place + 1)
    assert found > 0, path
    with open(path, "wb") as file:
        file.write(data)


class Rebuild(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.node = self.coalition["grocer"]
        self.cards = [self.node.cli("member", "add", "--reference", f"C-{i}")["card"]
                      for i in range(5)]
        for i, card in enumerate(self.cards):
            self.node.cli("earn", card, f"{i + 1}.00")
            self.coalition["fuel"].cli("earn", card, "2.00")
        self.node.cli("burn", self.cards[4], "3")
        self.coalition.wait_cleared()
        self.before = self.members()

    def members(self):
        rows = self.node.cli("member", "list", "--limit", "100")["members"]
        for row in rows:
            row["balance"].pop("as_of_unix_ms", None)
        return sorted((row["member_id"], row["reference"], str(row["balance"])) for row in rows)

    def rows(self):
        figures = self.node.cli("verify", "--data", self.node.path("data"))["figures"]
        return int(figures["rows"])

    def assert_good(self):
        self.assertEqual(self.members(), self.before)
        result = self.node.cli("verify")
        self.assertTrue(result["is_clean"], result)
        self.assertTrue(result["figures"]["is_state_compared"])

    def test_anew_from_the_journal(self):
        self.assertIn("talead holds it", self.node.talea("rebuild", expect=UNREACHABLE).stderr)
        self.node.stop()
        rows = self.rows()
        told = self.node.talea("rebuild").stdout
        self.assertIn(f"rebuilt from {rows} journal rows", told)
        self.assertTrue(self.node.cli("verify", "--data", self.node.path("data"))["is_clean"])
        self.node.start()
        self.assert_good()
        self.node.stop()
        os.unlink(self.node.path("data/state.mdb"))
        self.assertEqual(self.node.cli("rebuild")["rows"], rows)
        self.node.start()
        self.assert_good()

    def test_an_older_journal_is_not_taken_unasked(self):
        self.node.stop()
        journal = self.node.read("data", "journal.mdb")
        before = self.rows()
        self.node.start()
        self.node.cli("earn", self.cards[0], "9.00")
        self.node.stop()
        rows = self.rows()
        self.assertLess(before, rows)
        with open(self.node.path("data/journal.mdb"), "wb") as file:
            file.write(journal)
        state = self.node.read("data", "state.mdb")
        told = self.node.talea("rebuild", expect=CORRUPT).stderr
        self.assertIn(f"the journal ends with row {before}, the state that is there has rows up to "
                      f"{rows}", told)
        self.assertEqual(self.node.read("data", "state.mdb"), state)
        self.assertFalse(os.path.exists(self.node.path("data/rebuild")))
        self.assertEqual(self.node.cli("rebuild", "--force")["rows"], before)
        self.assertTrue(self.node.cli("verify", "--data", self.node.path("data"))["is_clean"])

    def test_a_damaged_state(self):
        self.node.stop()
        path = self.node.path("data/state.mdb")
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) // 2)
        before = self.node.log_size()
        self.node.launch()
        self.assertEqual(self.node.wait(), CORRUPT)
        self.assertIn("talea rebuild", self.node.logged_since(before))
        self.node.talea("rebuild")
        self.node.start()
        self.assert_good()

    def test_a_state_of_another_format(self):
        self.node.stop()
        put_format(self.node.path("data/state.mdb"), 99)
        before = self.node.log_size()
        self.node.start()
        self.assertIn("state format 99", self.node.logged_since(before))
        self.assert_good()

    def test_a_journal_of_another_format(self):
        self.node.stop()
        put_format(self.node.path("data/journal.mdb"), 2)
        before = self.node.log_size()
        self.node.launch()
        self.assertEqual(self.node.wait(), USAGE)
        told = self.node.logged_since(before)
        self.assertIn("journal.mdb: journal format 2, and this build knows format 3", told)
        self.assertIn("the release that wrote it can read it", told)
        self.assertIn("journal format 2", self.node.talea("rebuild", expect=USAGE).stderr)
        put_format(self.node.path("data/journal.mdb"), 3)
        self.node.start()
        self.assert_good()

    def pages_lead_nowhere(self, path, whole):
        """Of the batches that lie on a page with others, each says that it has a megabyte."""
        data = bytearray(whole)
        for row in range(1, 200):
            node = b"\0\0\x08\0" + row.to_bytes(8, "big")  # flags, key bytes, key
            place = data.find(node)
            while place >= 2:
                if data[place // 4096 * 4096 + 10] & 2:  # a leaf, which has the batches
                    data[place - 2:place] = b"\x10\0"
                place = data.find(node, place + 1)
        with open(path, "wb") as file:
            file.write(data)
        named = "journal.mdb: damaged: a page of it leads nowhere (DATA_CORRUPT)"
        result = self.node.talea("verify", "--data", self.node.path("data"), expect=CORRUPT)
        self.assertIn(named, result.stderr)
        before = self.node.log_size()
        self.node.launch()
        self.assertEqual(self.node.wait(), CORRUPT)
        self.assertIn(named, self.node.logged_since(before))

    def test_a_damaged_journal_gives_no_state(self):
        self.node.stop()
        path = self.node.path("data/journal.mdb")
        with open(path, "rb") as file:
            whole = file.read()
        self.pages_lead_nowhere(path, whole)
        data = bytearray(whole)
        place = data.find(b"TALEAJ")
        while place >= 0:  # every batch, those on pages that are free again as well
            data[place + 200] ^= 1
            place = data.find(b"TALEAJ", place + 1)
        with open(path, "wb") as file:
            file.write(data)
        state = self.node.read("data", "state.mdb")
        result = self.node.talea("rebuild", expect=CORRUPT)
        self.assertRegex(result.stderr, r"row \d+: journal")
        self.assertEqual(self.node.read("data", "state.mdb"), state)
        self.assertFalse(os.path.exists(self.node.path("data/rebuild")))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(100))
