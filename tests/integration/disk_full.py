#!/usr/bin/python3
"""A disk that fills up: commands are refused by name well before, reads go on, it recovers by
itself; and when a commit fails anyway, nothing that was acknowledged is lost.

The ledger lies on a small file system in memory (needs the right to mount one)."""

import os
import subprocess
import sys
import threading
import time
import unittest
import uuid

import wire
from coalition import Coalition, main, wait_for

GUARD_MB = 8
DISK_MB = 48
FRAUD = """fraud:
  rules:
    - {rule: fast card, counts: earns, by: card, more_than: 2, within: 1h, action: refuse}
"""


def mount(folder, megabytes):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs",
                           folder], capture_output=True, check=False).returncode == 0


class Till(threading.Thread):
    """Earns one after the other; keeps the sum of what was acknowledged."""

    def __init__(self, node, card, seconds):
        super().__init__()
        self.node, self.card, self.seconds = node, card, seconds
        self.points = self.acknowledged = 0
        self.refusals = set()

    def run(self):
        import grpc  # pylint: disable=import-outside-toplevel
        pb = wire.messages().till
        end = time.monotonic() + self.seconds
        with wire.channel(self.node, "till") as channel:
            till = wire.service(channel, pb, "TillService")
            while time.monotonic() < end:
                try:
                    reply = till.Earn(pb.EarnRequest(transaction_id=wire.uuid7(), card=self.card,
                                                     amount_minor=1000, receipt="r" * 60))
                    self.points += reply.earned_points
                    self.acknowledged += 1
                except grpc.RpcError as error:
                    self.refusals.add(error.code().name)
                    time.sleep(0.01)


class DiskFull(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.node = self.coalition["grocer"]
        self.disk = self.node.path("disk")
        os.mkdir(self.disk)
        if not mount(self.disk, DISK_MB):
            print("skipped: no right to mount a small file system")
            raise unittest.SkipTest("mount")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        self.ballast = os.path.join(self.disk, "ballast")

    def start(self, min_free_mb):
        with open(self.node.path("node.yaml"), "r+", encoding="utf-8") as file:
            text = file.read().replace("data: data\n", "data: disk/data\n")
            file.seek(0)
            file.write(f"{text}limits: {{min_free_mb: {min_free_mb}}}\n")
        self.node.start()
        self.card = self.node.cli("member", "add", "--reference", "C-1", "--name", "Ada")["card"]

    def fill(self, left_bytes):
        """A file that leaves so much room."""
        room = os.statvfs(self.disk)
        size = room.f_bavail * room.f_frsize - left_bytes
        with open(self.ballast, "ab") as file:
            written = 0
            while written < size:
                step = min(1 << 20, size - written)
                try:
                    written += file.write(b"\0" * step)
                    file.flush()
                except OSError:
                    break

    def fail_in_bulk(self, is_linked):
        import grpc  # pylint: disable=import-outside-toplevel
        pb = wire.messages().ledger
        earn = pb.BatchEarn(card=self.card, amount_minor=500)
        commands = [pb.BatchCommand(transaction_id=uuid.UUID(wire.uuid7()).bytes, earn=earn)
                    for _ in range(2)]
        with wire.channel(self.node, "till") as channel:
            ledger = wire.service(channel, pb, "LedgerService")
            with self.assertRaises(grpc.RpcError):
                ledger.ExecuteBatch(pb.ExecuteBatchRequest(commands=commands, is_linked=is_linked))

    def points(self):
        return int(self.node.cli("balance", self.card)["balance"]["available_points"])

    def metric(self, name):
        lines = self.node.http_get("/metrics")[1].splitlines()
        return next(int(float(line.split()[-1])) for line in lines if line.startswith(name + " "))

    def is_ready(self):
        return self.node.http_get("/readyz")[0] == 200

    def test_refused_before_it_is_full(self):
        with open(self.node.path("programme.yaml"), "a", encoding="utf-8") as file:
            file.write(FRAUD)
        self.start(GUARD_MB)
        earned = self.node.cli("earn", self.card, "10.00", "--transaction-id", wire.uuid7())
        before = self.node.log_size()
        self.fill((GUARD_MB - 1) << 20)
        wait_for(lambda: not self.is_ready(), "the node is not ready")
        self.assertIn("the disk is nearly full", self.node.http_get("/readyz")[1])
        refused = self.node.talea("earn", self.card, "5.00", expect=None)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("DISK_FULL", refused.stderr)
        self.assertIn("problem    the disk is nearly full", self.node.talea("status").stdout)
        self.assertEqual(self.points(), int(earned["earned_points"]))
        for is_linked in (True, False):
            self.fail_in_bulk(is_linked)
        self.assertEqual(self.metric("talea_disk_full"), 1)
        self.assertLess(self.metric("talea_disk_free_bytes"), GUARD_MB << 20)
        self.assertTrue(self.node.cli("verify")["is_clean"])
        time.sleep(2.5)
        self.assertEqual(self.node.logged_since(before).count('"disk_full"'), 1)
        os.unlink(self.ballast)
        wait_for(self.is_ready, "the node is ready again")
        self.node.cli("earn", self.card, "5.00")  # fraud rules count what took place alone
        self.assertEqual(self.points(), int(earned["earned_points"]) + 5)
        self.assertIn("3 earns in 1 h", self.node.talea("earn", self.card, "1.00", expect=1).stderr)
        self.assertEqual(self.metric("talea_disk_full"), 0)
        self.assertIn("disk_has_room", self.node.logged_since(before))

    def test_full_all_the_same(self):
        """Without the guard the disk itself refuses."""
        self.start(0)
        self.fill(256 << 10)
        tills = [Till(self.node, self.card, 6) for _ in range(3)]
        for till in tills:
            till.start()
        wait_for(lambda: self.metric("talea_commit_failures_total") > 0, "a commit failed", 30)
        self.assertGreaterEqual(self.points(), 0)  # reads go on
        os.unlink(self.ballast)
        for till in tills:
            till.join()
        self.assertGreater(sum(till.acknowledged for till in tills), 0)
        refusals = set.union(*(till.refusals for till in tills))
        self.assertTrue(refusals and refusals <= {"UNAVAILABLE", "RESOURCE_EXHAUSTED"}, refusals)
        self.node.cli("earn", self.card, "7.00")  # it goes on by itself
        expected = sum(till.points for till in tills) + 7
        self.assertEqual(self.points(), expected)
        self.assertTrue(self.node.cli("verify")["is_clean"])
        self.node.kill()
        self.node.start()
        self.assertEqual(self.points(), expected)
        self.assertTrue(self.node.cli("verify")["is_clean"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(150))
