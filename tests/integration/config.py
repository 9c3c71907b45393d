#!/usr/bin/python3
"""What talead refuses at its start: where it says so, and with which exit code."""

import os
import re
import shutil
import sys
import unittest

from coalition import TALEA, TALEAD, Coalition, main, run

BAD_CONFIGURATION = 2
CORRUPT = 4

# What to replace in node.yaml, by what, the key that the message names, and what else it says.
NODE_CASES = (
    ("coalition: demo", "coalition: Demo!", "coalition", ""),
    ("partner: grocer", "partner: GROCER", "partner", ""),
    ("partner: grocer", "partner: a-name-that-is-much-too-long", "partner", ""),
    ('listen: "127.0.0.1', 'listen: "127.0.0.1.1.1:x', "listen", ""),
    ("data: data", "dta: data", "dta", ""),
    ("data: data", "data: data\ndata: other", "data", ""),
    ("data: data", "", "data", ""),
    ("charter: charter.talea", "charter: nowhere.talea", "charter", "nowhere.talea"),
    ("programme: programme.yaml", "programme: [a, b]", "programme", ""),
    ("# log: {level: info, format: json}", "log: {level: loud, format: json}", "log.level",
     "debug"),
    ("# peers: {reconnect_ms: 200}", "peers: {reconnect_ms: 1}", "peers.reconnect_ms", "10"),
    ("# peers: {reconnect_ms: 200}", "peers: {reconnect_ms: -5}", "peers.reconnect_ms", ""),
    ("# limits:", "limits: {streams: 9999999}", "limits.streams", ""),
    ("# limits:", "limits: {rpc_workers: four}", "limits.rpc_workers", ""),
    ("# limits:", "limits: {drain_ms: 99999999999999999999}", "limits.drain_ms", ""),
    ("keys: {online: keys/online.key}", "keys: {online: keys/none.key}", "keys.online",
     "none.key"),
    ("tls: {certificate: tls/node.pem, key", "tls: {certificate: tls, key", "tls.certificate", ""),
)
PROGRAMME_CASES = (
    ("currency: USD", "currency: DOLLAR", "currency"),
    ("money_decimals: 2", "money_decimals: 99", "money_decimals"),
    ("per: 1.00", "per: 0", "earn.per"),
    ("points: 1\n", "points: -1\n", "earn.points"),
    ("rounding: down", "rounding: sideways", "earn.rounding"),
    ("pending_days: 0", "pending_days: 100000", "pending_days"),
    ("kind: end_of_month", "kind: sometime", "expiry.kind"),
)


class Case(unittest.TestCase):
    def make(self, partners=("grocer", "fuel"), signers=None, **options):
        coalition = Coalition(list(partners), **options)
        self.addCleanup(coalition.close)
        coalition.make(signers)
        self.coalition = coalition
        self.node = coalition[partners[0]]

    def start(self, *options):
        """talead in the foreground; it must end by itself."""
        return run([TALEAD, *options, "--config", self.node.path("node.yaml")], expect=None,
                   timeout=20)

    def refused(self, *said, code=BAD_CONFIGURATION, options=()):
        result = self.start(*options)
        self.assertEqual(result.returncode, code, result.stderr)
        last = result.stderr.strip().splitlines()[-1]
        self.assertTrue(last.startswith("talead: "), last)
        for text in said:
            self.assertIn(text, last)
        return last

    def rewrite(self, name, before, after):
        with open(self.node.path(name), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(before, text)
        text = text.replace(before, after, 1)
        with open(self.node.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        lines = text.splitlines()
        return next((i + 1 for i, line in enumerate(lines) if after and after.splitlines()[-1]
                     in line), None)


class Texts(Case):
    """Each mistake is named by file, line and key, by a start and by --check alike."""

    def check(self, file, case, key, also=""):
        good = self.node.read(file)
        line = self.rewrite(file, *case)
        try:
            for options in ((), ("--check",)):
                said = self.refused(key, also, options=options)
                self.assertRegex(said, re.escape(file) + r":\d+: ")
                if line is not None:
                    self.assertIn(f"{file}:{line}: ", said)
        finally:
            with open(self.node.path(file), "wb") as again:
                again.write(good)
        self.assertFalse(os.path.exists(self.node.path("data", "journal.mdb")),
                         "a refused start made a ledger")

    def test_node_yaml(self):
        self.make()
        for before, after, key, also in NODE_CASES:
            with self.subTest(after=after):
                self.check("node.yaml", (before, after), key, also)

    def test_programme_yaml(self):
        self.make()
        for before, after, key in PROGRAMME_CASES:
            with self.subTest(after=after):
                self.check("programme.yaml", (before, after), key)

    def test_not_yaml_at_all(self):
        self.make()
        for text in ("a: [", "\t\tx", "- 1\n- 2\n", "", "coalition: &a demo\npartner: *a\n",
                     "\0\1\2", "x: " + "y" * 5000 + "\n"):
            with open(self.node.path("node.yaml"), "w", encoding="utf-8") as file:
                file.write(text)
            with self.subTest(text=text[:20]):
                self.refused("node.yaml")

    def test_no_such_file(self):
        result = run([TALEAD, "--config", "/nowhere/node.yaml"], expect=BAD_CONFIGURATION)
        self.assertIn("/nowhere/node.yaml", result.stderr)

    def test_a_good_one(self):
        self.make()
        self.assertEqual(self.start("--check").returncode, 0)


class Files(Case):
    """Charter, keys, certificates."""

    def test_a_charter_that_too_few_signed(self):
        self.make(("grocer", "fuel", "pharmacy"), signers=["grocer"], required=2)
        self.refused("charter.talea", "1 ", "2")

    def test_a_charter_with_a_flipped_byte(self):
        self.make()
        with open(self.node.path("charter.talea"), "r+b") as file:
            data = file.read()
            place = data.index(b"Sparks")
            file.seek(place)
            file.write(b"s")
        self.refused("charter.talea")

    def test_a_charter_of_another_coalition(self):
        self.make()
        other = Coalition(["grocer", "fuel"], name="other")
        self.addCleanup(other.close)
        other.make()
        shutil.copy(other.path("charter.talea"), self.node.path("charter.talea"))
        self.refused("charter.talea")

    def test_a_charter_without_us(self):
        self.make()
        other = Coalition(["shoes", "books"])
        self.addCleanup(other.close)
        other.make()
        shutil.copy(other.path("charter.talea"), self.node.path("charter.talea"))
        self.refused("grocer")

    def test_secrets_that_others_can_read(self):
        for name, key in (("keys/online.key", "keys.online"), ("tls/node.key", "tls.key")):
            self.make()
            os.chmod(self.node.path(name), 0o644)
            with self.subTest(name=name):
                self.refused("node.yaml:", key, "600")

    def test_the_root_key_does_not_serve(self):
        self.make()
        shutil.copy(self.node.path("keys/root.key"), self.node.path("keys/online.key"))
        self.refused("online.key")

    def test_another_partners_key(self):
        self.make()
        shutil.copy(self.coalition["fuel"].path("keys/online.key"), self.node.path("keys"))
        self.refused("online.key", "grocer")

    def test_a_key_that_is_not_in_the_charter(self):
        self.make()
        fresh = self.coalition.path("fresh")
        run([TALEA, "init", fresh, "--coalition", "demo", "--partner", "grocer", "--name", "Grocer",
             "--prefix", "610001", "--listen", "127.0.0.1:1", "--http", "127.0.0.1:2"])
        shutil.copy(os.path.join(fresh, "keys/online.key"), self.node.path("keys"))
        self.refused("online.key", "charter")

    def test_a_certificate_and_another_key(self):
        self.make()
        shutil.copy(self.node.path("tls/till.key"), self.node.path("tls/node.key"))
        self.refused("tls/node")

    def test_data_is_a_file(self):
        self.make()
        os.rmdir(self.node.path("data"))
        with open(self.node.path("data"), "wb"):
            pass
        self.refused("node.yaml:", "data")

    def test_a_port_that_is_taken(self):
        self.make()
        other = self.coalition["fuel"]
        other.start()
        self.rewrite("node.yaml", f"127.0.0.1:{self.node.port}", f"127.0.0.1:{other.port}")
        self.refused(str(other.port))
        self.assertTrue(other.is_ready())

    def test_command_lines(self):
        self.assertEqual(run([TALEAD], expect=None).returncode, 2)
        self.assertEqual(run([TALEAD, "--nothing"], expect=None).returncode, 2)
        self.assertIn("0.", run([TALEAD, "--version"]).stdout)


class Ledger(Case):
    """Stored bytes that are not what was written."""

    def setUp(self):
        self.make()
        self.cards = []

    def fill(self, members):
        self.node.start()
        for number in range(members):
            added = self.node.cli("member", "add")
            self.cards.append(added["card"])
            self.node.cli("earn", added["card"], "10.00", "--receipt", f"known-bytes-{number:04}")

    def journal(self):
        names = [os.path.join(folder, name) for folder, _, files in os.walk(self.node.path("data"))
                 for name in files if "lock" not in name]
        found = [name for name in names if "journal" in name]
        self.assertTrue(found, names)
        return max(found, key=os.path.getsize)

    def flip(self, text, which=0):
        """Changes one byte of the record that holds this text, in every copy LMDB kept."""
        with open(self.journal(), "r+b") as file:
            data = file.read()
            places = [m.start() for m in re.finditer(re.escape(text.encode()), data)]
            self.assertTrue(places, f"{text} is not in the journal")
            for place in places:
                file.seek(place + len(text) - 1 - which)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 1]))

    def test_a_second_node_on_the_same_data(self):
        self.node.start()
        self.rewrite("node.yaml", f"127.0.0.1:{self.node.port}", "127.0.0.1:0")
        self.rewrite("node.yaml", f"127.0.0.1:{self.node.http_port}", "127.0.0.1:0")
        self.refused("data")
        self.assertTrue(self.node.is_ready())
        self.node.stop()

    def test_a_truncated_journal(self):
        self.fill(30)
        self.node.stop()
        size = os.path.getsize(self.journal())
        for left in (size // 2, 8192, 4096, 100, 0):
            with open(self.journal(), "r+b") as file:
                data = file.read()
                file.truncate(left)
            with self.subTest(size=size, left=left):
                self.refused("journal", code=CORRUPT)
            with open(self.journal(), "wb") as file:
                file.write(data)
        self.node.start()
        self.node.stop()

    def test_a_flipped_byte_behind_the_checkpoint(self):
        """The last batch, and rows that the state does not hold yet, are read at the start."""
        self.fill(5)
        self.node.cli("earn", self.cards[0], "10.00", "--receipt", "known-bytes-last")
        self.node.kill()
        self.flip("known-bytes-last")
        said = self.refused("row", code=CORRUPT)
        self.assertEqual(int(re.search(r"row (\d+)", said).group(1)), 11, said)

    def test_a_flipped_byte_of_an_old_row(self):
        """Rows that the state holds already are found by talea verify."""
        self.fill(5)
        self.node.stop()
        # Rows are two for each member: the enrolment and the earn.
        self.flip("known-bytes-0003")
        found = self.node.cli("verify", "--data", self.node.path("data"), expect=CORRUPT)
        self.assertEqual((found["is_clean"], found["first_bad_row"]), (False, 8), found)
        self.node.start()
        found = self.node.cli("verify", expect=CORRUPT)
        self.assertEqual((found["is_clean"], found["first_bad_row"]), (False, 8), found)
        self.node.stop()

    def test_the_same_untouched(self):
        self.fill(5)
        self.node.kill()
        self.node.start()
        self.assertTrue(self.node.cli("verify")["is_clean"])
        beside = self.node.cli("verify", "--data", self.node.path("data"))
        self.assertTrue(beside["is_clean"])
        self.node.stop()
        alone = self.node.cli("verify", "--data", self.node.path("data"))
        self.assertEqual(alone["figures"]["members"], 5)
        self.node.start()
        asked = self.node.cli("verify")
        self.assertTrue(asked["is_clean"])
        self.assertEqual(asked["figures"], alone["figures"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(170)
