#!/usr/bin/python3
"""A backup beside a busy writer, proven, restored, served; damaged, foreign and unfinished ones are
refused by name, and nothing that is there is overwritten."""

import hashlib
import json
import os
import shutil
import sys
import threading
import unittest

import wire
from coalition import TALEA, Coalition, main, run, wait_for

USAGE = 2
UNREACHABLE = 3
CORRUPT = 4


class Till(threading.Thread):
    """Earns until it is told to stop; keeps what was acknowledged, in order."""

    def __init__(self, node, card):
        super().__init__()
        self.node, self.card, self.stop = node, card, threading.Event()
        self.points = []

    def run(self):
        pb = wire.messages().till
        with wire.channel(self.node, "till") as channel:
            till = wire.service(channel, pb, "TillService")
            while not self.stop.is_set():
                reply = till.Earn(pb.EarnRequest(transaction_id=wire.uuid7(), card=self.card,
                                                 amount_minor=1000))
                self.points.append(reply.earned_points)


class Backup(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.grocer = self.coalition["grocer"]
        self.fuel = self.coalition["fuel"]
        self.card = self.grocer.cli("member", "add", "--reference", "C-1", "--name", "Ada")["card"]

    def backup(self, name="backup"):
        folder = self.coalition.path(name)
        return folder, self.grocer.cli("backup", folder)

    def points(self):
        return int(self.grocer.cli("balance", self.card)["balance"]["available_points"])

    def recovery_ended(self):
        recovery = self.grocer.peers()[0].get("recovery", {})
        return recovery if recovery.get("ended_unix_ms") else None

    def refused(self, expect, *words):
        result = self.grocer.talea(*words, expect=expect)
        return result.stderr

    def test_made_beside_a_writer_and_restored(self):
        self.fuel.cli("earn", self.card, "3.00")
        self.coalition.wait_cleared()
        till = Till(self.grocer, self.card)
        till.start()
        wait_for(lambda: till.points, "the till's first earn")
        folders = [self.backup(f"backup-{i}") for i in range(3)]
        wait_for(lambda: len(till.points) > 3, "earns beside the backups")
        till.stop.set()
        till.join()
        self.assertGreater(len(till.points), 3)
        for folder, made in folders:
            files = sorted(os.listdir(folder))
            checked = self.grocer.cli("backup", "verify", folder)
            self.assertTrue(checked["is_clean"] and checked["is_signature_checked"])
            self.assertEqual(int(checked["journal_row"]), int(made["journal_row"]))
            self.assertTrue(self.grocer.cli("verify", "--data", folder)["is_clean"])
            self.assertEqual(sorted(os.listdir(folder)), files)
        folder, made = folders[-1]
        final = self.grocer.cli("status")
        self.assertLessEqual(int(made["journal_row"]), int(final["journal_rows"]))
        self.assertIn("talead holds it",
                      self.refused(UNREACHABLE, "restore", folder, "--force"))
        self.grocer.stop()
        self.assertIn("has a ledger in it already", self.refused(USAGE, "restore", folder))
        told = self.grocer.talea("restore", folder, "--force").stdout
        self.assertIn("kept in " + self.grocer.path("data.replaced-"), told)
        self.assertIn("come back under their old numbers", told)
        self.grocer.start()
        recovery = wait_for(self.recovery_ended, "the restored ledger is compared with fuel's")
        self.assertEqual(int(recovery.get("own_entries", 0)), 0)
        self.assertEqual(int(self.grocer.cli("status")["journal_rows"]),
                         int(made["journal_row"]) + 2)  # that it is a copy, and that it lacks nothing
        shown = self.grocer.cli("member", "show", "--reference", "C-1")["member"]
        self.assertEqual((shown["reference"], shown["display_name"]), ("C-1", "Ada"))
        self.assertLessEqual(self.points(), 3 + sum(till.points))
        self.assertTrue(self.grocer.cli("verify")["is_clean"])
        self.grocer.cli("earn", self.card, "5.00")

    def test_restored_into_an_empty_home(self):
        earn = ("earn", self.card, "7.00", "--transaction-id", wire.uuid7())
        self.grocer.cli(*earn)
        self.grocer.stop()
        self.grocer.start()  # its state holds the earn now
        folder, _ = self.backup()
        self.assertTrue(self.grocer.cli("verify", "--data", folder)["is_clean"])
        points = self.points()
        self.grocer.stop()
        shutil.rmtree(self.grocer.path("data"))
        self.grocer.talea("restore", folder, "--to", self.grocer.folder)
        self.grocer.start()
        self.assertEqual(self.points(), points)
        self.grocer.cli(*earn)
        self.assertEqual(self.points(), points)
        self.assertTrue(self.grocer.cli("verify")["is_clean"])

    def flip(self, path, place=None):
        with open(path, "r+b") as file:
            place = os.path.getsize(path) // 2 if place is None else place
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1]))

    def no_file(self, folder, name, path):
        os.rename(path, path + ".away")
        os.symlink(path + ".away", path)
        self.assertIn(f"{name}: is a symbolic link", self.refused(CORRUPT, "restore", folder))
        os.unlink(path)
        os.mkdir(path)
        self.assertIn(f"{name}: is not a regular file",
                      self.refused(CORRUPT, "backup", "verify", folder))
        os.rmdir(path)
        os.rename(path + ".away", path)

    def test_bad_ones_are_refused_by_name(self):
        folder, _ = self.backup()
        self.grocer.stop()
        shutil.rmtree(self.grocer.path("data"))
        for name in ["journal.mdb", "state.mdb", "archive.mdb", "vault.keys", "owner"]:
            path = os.path.join(folder, name)
            self.flip(path)
            for words in (["backup", "verify", folder], ["restore", folder]):
                self.assertIn(f"{name}: damaged", self.refused(CORRUPT, *words))
            self.flip(path)
            os.rename(path, path + ".away")
            self.assertIn(f"{name}: is missing", self.refused(CORRUPT, "restore", folder))
            with open(path, "wb") as file:
                file.write(b"x")
            self.assertIn(f"{name}: has 1 bytes", self.refused(CORRUPT, "restore", folder))
            os.rename(path + ".away", path)
            self.no_file(folder, name, path)
        manifest = os.path.join(folder, "MANIFEST.json")
        with open(manifest, encoding="utf-8") as file:
            text = file.read()
        changed = json.loads(text)
        changed["time_unix_ms"] += 1
        with open(manifest, "w", encoding="utf-8") as file:
            json.dump(changed, file)
        self.assertIn("MANIFEST.sig: is not of this manifest",
                      self.refused(CORRUPT, "restore", folder))
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(text)
        self.grocer.talea("backup", "verify", folder)
        os.rename(manifest, manifest + ".away")
        self.assertIn("not finished", self.refused(USAGE, "restore", folder))
        self.assertFalse(os.path.exists(self.grocer.path("data")))
        os.rename(manifest + ".away", manifest)
        result = self.fuel.talea("restore", folder, expect=USAGE)
        self.assertIn("this is a backup of grocer of demo, the home is fuel of demo", result.stderr)
        self.grocer.talea("restore", folder)

    def spoil(self, path, row):
        """A byte of the row's batch, wherever the file has a copy of it."""
        with open(path, "rb") as file:
            data = file.read()
        head = b"TALEAJ\x02\0" + row.to_bytes(8, "little")
        place = data.find(head)
        self.assertGreater(place, 0)
        while place >= 0:
            self.flip(path, place + 200)
            place = data.find(head, place + 1)

    def sum_up(self, folder, name):
        """The manifest anew, by who can't sign it."""
        manifest = os.path.join(folder, "MANIFEST.json")
        with open(manifest, encoding="utf-8") as file:
            told = json.load(file)
        with open(os.path.join(folder, name), "rb") as file:
            sum_ = hashlib.blake2b(file.read(), digest_size=32).hexdigest()
        (row,) = [row for row in told["files"] if row["name"] == name]
        field = next(key for key, value in row.items() if len(str(value)) == 64)
        row[field] = sum_
        with open(manifest, "w", encoding="utf-8") as file:
            json.dump(told, file)

    def chain_is_followed(self, folder, row):
        """A sum says that a file is what was copied; the chain says what that was worth."""
        self.spoil(os.path.join(folder, "journal.mdb"), row)
        told = self.refused(CORRUPT, "backup", "verify", folder)
        self.assertRegex(told, f"journal.mdb: damaged: .*; .*: row {row}: journal hash: ")
        self.sum_up(folder, "journal.mdb")
        home = self.coalition.path("elsewhere")  # without a charter
        os.mkdir(home)
        told = run([TALEA, "--home", home, "backup", "verify", folder], expect=CORRUPT).stderr
        self.assertRegex(told, f"journal.mdb: row {row}: journal hash: ")
        self.spoil(os.path.join(folder, "journal.mdb"), row)
        self.sum_up(folder, "journal.mdb")
        told = run([TALEA, "--home", home, "backup", "verify", folder]).stdout
        self.assertIn("no signature was checked", told)

    def test_a_damaged_journal_is_not_signed(self):
        for number in range(1, 41):
            self.grocer.cli("earn", self.card, f"{number}.00")
        self.grocer.stop()
        self.grocer.start()  # its state has all rows: the start reads none of them
        good, _ = self.backup("good")
        row = 20
        self.spoil(self.grocer.path("data/journal.mdb"), row)
        folder = self.coalition.path("backup")
        told = self.refused(CORRUPT, "backup", folder)
        self.assertRegex(told, f"journal.mdb: row {row}: .*DATA_CORRUPT")
        self.assertIn("not finished", self.refused(USAGE, "backup", "verify", folder))
        self.assertIn(f"row {row}: ", self.refused(CORRUPT, "verify"))
        self.chain_is_followed(good, row)

    def test_a_folder_with_something_in_it_is_left_alone(self):
        folder = self.coalition.path("full")
        os.mkdir(folder)
        with open(os.path.join(folder, "mine"), "wb"):
            pass
        self.assertIn("has something in it", self.refused(1, "backup", folder))
        self.assertEqual(os.listdir(folder), ["mine"])
        self.assertIn("can't make this folder",
                      self.refused(None, "backup", self.coalition.path("no/such")))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(150))
