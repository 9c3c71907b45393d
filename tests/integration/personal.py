#!/usr/bin/python3
"""Names and references are on the disk locked only, everywhere; once a member is erased nothing
opens them again, and the books, the chain and the partners' halves are as good as before."""

import base64
import os
import sys
import unittest

from coalition import Coalition, main

NAME = "Philippa Quizzical-Featherstone"
REFERENCE = "REF-94417-QQZ"
NOTE = "waited three weeks for the twins' pram"
LATER_NOTE = "grieves for her budgerigar"
IMPORTED = [("REF-IMPORTED-1", "Zebulon Wolfeschlegelstein"),
            ("REF-IMPORTED-2", "Ottoline Wriothesley")]


def files_below(*folders):
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                yield os.path.join(place, name)


def forms(text):
    """A text as it could be written down without being locked."""
    plain = text.encode()
    return [plain, plain.lower(), plain.upper(), plain.hex().encode(), text.encode("utf-16-le"),
            base64.b64encode(plain).rstrip(b"=")[:-1]]


class Personal(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.grocer = self.coalition["grocer"]
        self.fuel = self.coalition["fuel"]

    def enrol(self):
        self.card = self.grocer.cli("member", "add", "--reference", REFERENCE, "--name",
                                    NAME)["card"]
        path = self.coalition.path("members.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("reference,name\n" + "".join(f"{r},{n}\n" for r, n in IMPORTED))
        self.grocer.talea("member", "import", path, "--cards", self.coalition.path("cards.csv"))
        os.unlink(path)
        os.unlink(self.coalition.path("cards.csv"))
        # A second one with the same reference is refused; its name is not kept in the open either.
        refused = self.grocer.talea("member", "add", "--reference", REFERENCE, "--name", NAME,
                                    expect=1)
        self.assertIn("REFERENCE_EXISTS", refused.stderr)

    def assert_nowhere(self, *folders):
        texts = [NAME, REFERENCE, NOTE, LATER_NOTE] + [text for pair in IMPORTED for text in pair]
        looked = 0
        for path in files_below(*folders):
            with open(path, "rb") as file:
                data = file.read()
            looked += 1
            for text in texts:
                for form in forms(text):
                    self.assertNotIn(form, data, f"{text} is in {path}")
        self.assertGreater(looked, 5)

    def propose(self, *words, expect=0):
        return self.grocer.talea("adjustment", "propose", *words, "--points", 5, "--reason",
                                 "GOODWILL", expect=expect)

    def note_of(self, row=0):
        told = self.grocer.cli("adjustment", "list")["adjustments"][row]
        return told["note"], told["is_note_erased"]

    def shown(self):
        return self.grocer.cli("member", "show", self.card)["member"]

    def test_locked_everywhere_and_erased_for_good(self):
        self.enrol()
        self.grocer.cli("earn", self.card, "20.00")
        self.fuel.cli("earn", self.card, "5.00")
        self.coalition.wait_cleared()
        shown = self.grocer.cli("member", "show", "--reference", REFERENCE)["member"]
        self.assertEqual((shown["reference"], shown["display_name"]), (REFERENCE, NAME))
        self.words = ["--reference", REFERENCE, "--note", NOTE, "--transaction-id",
                      self.grocer.talea("uuid").stdout.strip()]
        self.propose(*self.words)
        self.propose(*self.words)  # the same, told again: another nonce, and no other answer
        self.assertIn("TRANSACTION_ID_REUSED",
                      self.propose(*self.words[:3], NOTE + "!", *self.words[4:], expect=1).stderr)
        self.assertEqual(self.note_of(), (NOTE, False))
        folder = self.coalition.path("backup")
        self.grocer.cli("backup", folder)
        before = self.grocer.cli("verify")
        self.assertTrue(before["is_clean"])
        self.grocer.stop()
        self.assert_nowhere(self.coalition.root)
        self.grocer.start()
        self.coalition.wait_connected()
        self.assertEqual(self.shown()["display_name"], NAME)
        self.assertEqual(self.note_of(), (NOTE, False))
        self.erase()
        self.assert_note_is_gone(folder)

    def assert_note_is_gone(self, backup):
        """Wherever it could be read; and what is said of who is erased is not kept at all."""
        self.assertEqual(self.note_of(), ("", True))
        self.assertIn("(erased)", self.grocer.talea("adjustment", "list").stdout)
        member = self.grocer.cli("adjustment", "list")["adjustments"][0]["member_id"]
        refused = self.propose("--member", member, "--note", LATER_NOTE, expect=1)
        self.assertIn("MEMBER_ERASED", refused.stderr)
        self.assertNotIn(NOTE, self.grocer.talea("events", "--json").stdout)
        self.grocer.stop()
        self.assert_nowhere(self.coalition.root)
        self.grocer.talea("rebuild")
        self.grocer.start()
        self.assertEqual(self.note_of(), ("", True))
        self.assertTrue(self.grocer.cli("verify")["is_clean"])
        # A backup from before has the key, as it has the name's: it opens what it holds.
        self.grocer.stop()
        self.grocer.talea("restore", backup, "--force")
        self.grocer.start()
        self.assertEqual(self.note_of(), (NOTE, False))

    def vault(self):
        return self.grocer.read("data", "vault.keys")

    def erase(self):
        vault = self.vault()
        before = self.grocer.cli("verify")["figures"]
        self.grocer.talea("member", "erase", "--reference", REFERENCE, "--yes")
        changed = [i // 64 for i in range(8192, len(vault), 64)
                   if vault[i:i + 64] != self.vault()[i:i + 64]]
        self.assertEqual(len(changed), 1)
        key = vault[changed[0] * 64:changed[0] * 64 + 32]
        self.assertNotEqual(key, bytes(32))
        self.assertNotIn(key, self.vault())
        gone = self.grocer.talea("member", "show", "--reference", REFERENCE, expect=1)
        self.assertIn("MEMBER_UNKNOWN", gone.stderr)
        others = self.grocer.cli("member", "show", "--reference", IMPORTED[0][0])["member"]
        self.assertEqual(others["display_name"], IMPORTED[0][1])
        after = self.grocer.cli("verify")
        self.assertTrue(after["is_clean"], after)
        self.assertEqual(int(after["figures"]["keys"]), int(before["keys"]) - 1)
        period = self.grocer.cli("status")["open_period"]
        self.coalition.close_period(period)
        self.assertTrue(self.fuel.cli("verify")["is_clean"])
        self.assertNotIn("warning", self.grocer.talea("verify").stdout)
        self.grocer.cli("member", "add")  # with keys in advance, which a kill leaves over
        self.grocer.kill()
        self.grocer.start()
        told = self.grocer.cli("verify")
        self.assertTrue(told["is_clean"])
        self.assertRegex(told["warning"], r"^vault.keys: \d+ keys that no member has, in slots: "
                                          r"\d+, \d+, \d+, \.\.\.$")
        later = self.coalition.path("later")
        self.grocer.cli("backup", later)
        self.assertNotIn(key, self.read(later, "vault.keys"))

    def read(self, *parts):
        with open(os.path.join(*parts), "rb") as file:
            return file.read()

    def test_a_lost_vault_is_refused_by_name(self):
        self.enrol()
        self.grocer.stop()
        os.rename(self.grocer.path("data/vault.keys"), self.coalition.path("vault.keys"))
        before = self.grocer.log_size()
        self.grocer.launch()
        self.assertNotEqual(self.grocer.wait(), 0)
        self.assertIn("vault.keys is missing", self.grocer.logged_since(before))
        os.rename(self.coalition.path("vault.keys"), self.grocer.path("data/vault.keys"))
        self.grocer.start()
        self.assertEqual(self.shown()["reference"], REFERENCE)
        self.one_damaged_key()

    def one_damaged_key(self):
        """It hides its member's texts, and nothing of the others."""
        self.grocer.stop()
        vault = bytearray(self.vault())
        vault[8192 + 5] ^= 1
        self.grocer.replace("data/vault.keys", vault)
        self.grocer.start()
        self.assertEqual(self.shown()["display_name"], "(damaged)")
        names = [m["display_name"] for m in self.grocer.cli("member", "list")["members"]]
        self.assertEqual(sorted(names), ["(damaged)"] + sorted(name for _, name in IMPORTED))
        self.grocer.cli("earn", self.card, "5.00")
        self.assertIn("personal_data_damaged", self.grocer.log_tail())
        for words in ["verify"], ["verify", "--data", self.grocer.path("data")]:
            told = self.grocer.talea(*words, expect=4).stderr
            self.assertRegex(told, r"verify: row \d+: personal data opens by its key: vault.keys: it "
                                   r"has no sound key for the personal data of member")
        self.one_destroyed_key(vault)

    def one_destroyed_key(self, vault):
        """As a copy of the vault has it that is newer than its journal."""
        member = self.shown()["member_id"]
        self.grocer.stop()
        vault[8192:8192 + 64] = bytes(40) + b"\2" + bytes(23)
        self.grocer.replace("data/vault.keys", vault)
        told = self.grocer.talea("verify", "--data", self.grocer.path("data")).stdout
        self.assertIn("warning: vault.keys: 1 member's key is destroyed, and it was not erased here: "
                      + member, told)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(100))
