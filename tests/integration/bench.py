#!/usr/bin/python3
"""The benches run, say what they promise to say, and leave nothing behind. What their figures are
on this machine is not judged here."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

import coalition
from coalition import TALEA, run

FIELDS = {"name", "operations", "seconds", "rate", "p50_us", "p99_us", "p999_us", "max_us",
          "bytes_per_operation", "memory_bytes", "reference", "ratio", "target", "met"}
NUMBERS = FIELDS - {"name", "reference", "met"}
SECONDS = 240


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="talea-test.")
        self.addCleanup(self.folder.cleanup)

    def bench(self, *words, expect=0):
        return run([TALEA, "bench", *words, "--scale", "tiny", "--dir", self.folder.name],
                   expect=expect, timeout=SECONDS)

    def rows(self, *words):
        rows = json.loads(self.bench(*words, "--json").stdout)
        self.assertIsInstance(rows, list)
        for row in rows:
            self.check(row)
        self.assertEqual(os.listdir(self.folder.name), [])
        return {row["name"]: row for row in rows}

    def check(self, row):
        self.assertEqual(set(row), FIELDS, row)
        for field in NUMBERS:
            if row[field] is not None:
                self.assertIsInstance(row[field], (int, float), row)
                self.assertGreaterEqual(row[field], 0, row)
        self.assertEqual(row["met"] is None, row["target"] is None, row)
        self.assertEqual(row["reference"] is None, row["ratio"] is None, row)
        if row["reference"] is not None:
            self.assertEqual(set(row["reference"]), {"name", "rate"})
            self.assertAlmostEqual(row["rate"] / row["reference"]["rate"], row["ratio"],
                                   delta=0.01 + row["ratio"] * 0.01)
        if row["target"] is not None:
            self.assertEqual(row["met"], self.is_met(row), row)

    @staticmethod
    def is_met(row):
        """The rule of tests/bench/README.md, written down a second time."""
        least = row["ratio"] if row["ratio"] is not None else row["rate"]
        if least is not None:
            return least >= row["target"]
        most = [row[field] for field in ("bytes_per_operation", "memory_bytes", "p50_us", "p99_us",
                                         "seconds") if row[field] is not None]
        return most[0] <= row["target"]

    def test_every_row_but_postgresql(self):
        listed = run([TALEA, "bench", "ledger", "--scale", "tiny", "--list"]).stdout.splitlines()
        rows = self.rows("ledger")
        self.assertEqual([name for name in listed if "PostgreSQL" not in name],
                         [name for name in rows if "PostgreSQL" not in name])
        self.assertTrue(rows["transfers, 1k members, batch 8190"]["operations"] > 0)

    def test_every_row_of_a_pair(self):
        listed = run([TALEA, "bench", "peer", "--scale", "tiny", "--list"]).stdout.splitlines()
        rows = self.rows("peer")
        self.assertEqual(listed, list(rows))
        for name, row in rows.items():
            if ", p50" in name or ", p99" in name:
                self.assertIsNone(row["rate"], row)
            else:
                self.assertGreater(row["operations"], 0, row)
        for name in ("earn in bulk, receipted", "earn, 64 outstanding", "burn, 64 outstanding"):
            self.assertIsNotNone(rows[name]["target"], name)
            self.assertGreater(rows[name]["rate"], 0, name)
            self.assertGreater(rows[name]["bytes_per_operation"], 0, name)
        for count in (1, 64, 256):
            earn = rows[f"earn, {count} outstanding"]
            receipted = rows[f"earn, {count} outstanding: until receipted"]
            self.assertEqual(receipted["operations"], earn["operations"])
            self.assertGreater(receipted["p50_us"], earn["p50_us"])

    def test_only_some(self):
        rows = self.rows("ledger", "--only", "LMDB, one*")
        self.assertEqual(list(rows), ["LMDB, one put a commit"])
        self.bench("ledger", "--only", "no such row", expect=2)

    def test_a_folder_that_is_not_there(self):
        for name in ("ledger", "peer", "soak"):
            result = run([TALEA, "bench", name, "--dir", "/nowhere/at/all"], expect=2)
            self.assertIn("no folder can be made in /nowhere/at/all: No such file", result.stderr)

    def test_markdown(self):
        lines = self.bench("ledger", "--only", "LMDB, one*", "--markdown").stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual({line.count("|") for line in lines}, {lines[0].count("|")})

    def test_soak(self):
        rows = self.rows("soak", "--commands", "20000")
        for name in ("one call, idle", "one call, half load", "memory at 20 %", "memory at 100 %",
                     "audit of all rows"):
            self.assertIn(name, rows)

    def test_interrupted(self):
        process = subprocess.Popen([TALEA, "bench", "soak", "--dir", self.folder.name],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            coalition.wait_for(lambda: os.listdir(self.folder.name), "the bench has its folder")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(coalition.STOP_SECONDS), 128 + signal.SIGINT)
        finally:
            process.kill()
            process.wait()
        self.assertEqual(os.listdir(self.folder.name), [])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    coalition.main(280)
