#!/usr/bin/python3
"""Copies of a ledger: an older one does not write on, another brand's is not taken for one's own."""

import os
import shutil
import sys
import unittest

from coalition import Coalition, main, wait_for

INPUT = 2


class Copies(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.grocer = self.coalition["grocer"]
        self.fuel = self.coalition["fuel"]

    def test_an_older_copy_is_found_out(self):
        card = self.grocer.cli("member", "add")["card"]
        self.fuel.cli("earn", card, "50.00")
        self.coalition.wait_cleared()
        self.fuel.stop()
        shutil.copytree(self.fuel.path("data"), self.fuel.path("older"))
        self.fuel.start()
        self.coalition.wait_connected()
        self.fuel.cli("earn", card, "7.00")
        self.fuel.cli("earn", card, "8.00")
        self.coalition.wait_cleared()
        self.fuel.stop()
        shutil.rmtree(self.fuel.path("data"))
        os.rename(self.fuel.path("older"), self.fuel.path("data"))
        self.fuel.start()
        wait_for(lambda: 'talea_stream_frozen{partner="grocer"} 1' in
                 self.fuel.http_get("/metrics")[1], "the stream is frozen")
        self.assertIn("older copy", self.fuel.log_tail(100))
        self.assertIn("frozen", self.fuel.peers()[0]["problem"])
        refused = self.fuel.talea("earn", card, "9.00", expect=1)
        self.assertIn("STREAM_FROZEN", refused.stderr)
        self.assertEqual(self.grocer.cli("balance", card)["balance"]["available_points"], 65)
        own = self.fuel.cli("member", "add")["card"]
        self.fuel.cli("earn", own, "9.00")
        self.assertTrue(self.fuel.cli("verify")["is_clean"])

    def test_another_brands_ledger_is_refused(self):
        self.grocer.stop()
        self.fuel.stop()
        shutil.rmtree(self.grocer.path("data"))
        shutil.copytree(self.fuel.path("data"), self.grocer.path("data"))
        before = self.grocer.log_size()
        self.grocer.launch()
        self.assertEqual(self.grocer.wait(), INPUT)
        self.assertIn("is another node's", self.grocer.logged_since(before))


if __name__ == "__main__":
    sys.exit(main(100))
