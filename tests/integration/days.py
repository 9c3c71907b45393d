#!/usr/bin/python3
"""What another day brings, in a running node whose clock is moved: segments are counted anew, and
anniversaries are events."""

import json
import os
import re
import time
import unittest

from coalition import TALEA, Coalition, Node, main, run, wait_for

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
SKIPPED = 77
DAY = 86400
PROGRAMME = """version: 1
currency: USD
expiry: {kind: never}
metrics:
  - {name: recency, of: since}
  - {name: tickets, of: visits}
segments:
  - {segment: fresh, metrics: [{metric: recency, below: 30}]}
draws:
  - {draw: far, tickets: tickets, until: 2199-01-01, prizes: [{prize: car}]}
  - {draw: near, tickets: tickets, until: UNTIL, prizes: [{prize: car}]}
rules:
  - rule: faithful
    on: anniversary
    give: {points: 365}
"""


class MovedNode(Node):
    """Its clock is as far off as its file says, as `cluster/drills/processes.py` does it."""

    def moved(self, words):
        return ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={self.path('clock')}",
                "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
                "FAKETIME_FORCE_MONOTONIC_FIX=0", *words]

    def words(self):
        return self.moved(super().words())

    def then(self, *words, expect=0):
        """The command line on the same clock: who asks lives on the same day."""
        return run(self.moved([TALEA, "--home", self.folder, *words]), expect)

    def move(self, days):
        self.replace("clock", f"{days * DAY:+d}s\n".encode())


class MovedCoalition(Coalition):
    node_kind = MovedNode


class Days(unittest.TestCase):
    def fresh(self):
        """Of the segment, as it was counted last: how many, and when."""
        text = self.node.http_get("/metrics")[1]
        members = re.search(r'talea_segment_members\{segment="fresh"\} (\d+)', text)
        counted = re.search(r"talea_segments_counted_timestamp_seconds ([0-9.e+]+)", text)
        return int(members[1]) if members else 0, float(counted[1]) - time.time()

    def test_a_year_later(self):
        coalition = MovedCoalition(["grocer"])
        self.addCleanup(coalition.close)
        coalition.make()
        self.node = coalition["grocer"]
        self.node.replace("programme.yaml", PROGRAMME.replace("UNTIL", "2026-01-01").encode())
        self.node.move(0)
        coalition.start()
        card = self.node.cli("member", "add")["card"]
        self.node.cli("earn", card, "5.00")
        self.node.cli("segment", "refresh")
        self.assertEqual(self.fresh()[0], 1)
        self.node.move(367)
        wait_for(lambda: self.fresh()[0] == 0, "it is counted anew", 20)
        self.assertAlmostEqual(self.fresh()[1], 367 * DAY, delta=60)
        # Certificates are of today, and who asks is, too.
        self.node.move(0)

        def points():
            balance = self.node.talea("balance", card, "--json", expect=None).stdout
            return re.search(r'"available_points": ?(\d+)', balance)
        wait_for(points, "the clock is right again", 20)
        self.assertEqual(points()[1], "365")
        self.node.talea("verify")

    def test_a_draw_outlives_its_opening(self):
        coalition = MovedCoalition(["grocer"])
        self.addCleanup(coalition.close)
        coalition.make()
        node = coalition["grocer"]
        until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * DAY))
        node.replace("programme.yaml", PROGRAMME.replace("UNTIL", until).encode())
        with open(node.path("node.yaml"), "a", encoding="utf-8") as file:
            file.write("limits: {id_retention_months: 1}\n")
        node.move(0)
        coalition.start()
        self.assertIn("forgotten by then: open it later",
                      node.talea("draw", "open", "far", expect=1).stderr)
        node.talea("draw", "open", "near")
        card = node.cli("member", "add")["card"]
        sale = node.cli("earn", card, "5.00")["sale_id"]
        node.move(12)
        wait_for(lambda: node.then("draw", "close", "near", expect=None).returncode == 0,
                 "its last day is over", 20)
        node.move(35)
        wait_for(lambda: node.then("explain", sale, expect=None).returncode != 0,
                 "ids of the day when it was opened are forgotten", 30)
        told = json.loads(node.then("draw", "reveal", "near", "--json").stdout)["draw"]
        self.assertEqual([row["is_given"] for row in told["winners"]], [True])
        path = node.path("near.draw")
        node.then("draw", "export", "near", "--out", path)
        self.assertIn("those that follow from seed and list",
                      run([TALEA, "draw", "verify", path]).stdout)
        self.assertIn("chance   100.0000 %", node.then("draw", "chance", "near", card).stdout)


if __name__ == "__main__":
    if not os.path.exists(FAKETIME):
        print("skipped: no libfaketime (Debian package faketime)")
        raise SystemExit(SKIPPED)
    main(60)
