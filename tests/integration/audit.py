#!/usr/bin/python3
"""Exports of a period of three brands, audited without a node: clean, and with one thing wrong."""

import json
import os
import shutil
import unittest

import wire
from coalition import TALEA, Coalition, dashed, main, run, wait_for
from dossiers import Spoiling, read_messages, varint, write_messages
from partner import COUNTERSIGN, STATEMENT, RECEIPT, BATCH, digest, entry_hash, receipt_hash

NAMES = ("fuel", "grocer", "pharmacy")
FORMAT = b"talea stream 1\n"


class Stream:
    """A stream's file, read and written without Talea's own code."""

    def __init__(self, path):
        pb = wire.messages().dossier
        self.path = path
        messages = read_messages(path, FORMAT)
        self.head = pb.DossierStream.FromString(messages[0])
        self.runs = [pb.DossierRun.FromString(m) for m in messages[1:]]

    def write(self):
        write_messages(self.path, FORMAT, [self.head] + self.runs)

    def entries(self):
        return [e for run_ in self.runs for e in run_.entries]


class Audit(Spoiling, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = c = Coalition(list(NAMES), required=2)
        try:
            c.make()
            c.start()
            cls.pb = wire.messages()
            cls.period = int(c["grocer"].cli("status")["open_period"])
            cls.next = cls.period + 1 if cls.period % 100 < 12 else cls.period + 89
            cls.cards = {n.partner: n.cli("member", "add")["card"] for n in c}
            cls.trade()
            cls.push_epoch()
            cls.trade()
            c["pharmacy"].cli("dispute", "open", "grocer", 1, "--reason", "AMOUNT_WRONG",
                              "--points", 5)
            c.wait_cleared()
            c.close_period(cls.period)
            cls.exports = cls.export("first", cls.period)
            cls.receipts = cls.give_receipts()
            cls.trade()
            c["fuel"].cli("member", "erase", cls.cards["fuel"], "--yes")
            c["fuel"].cli("member", "show", cls.cards["fuel"], expect=1)
            c.wait_cleared()
            cls.after = cls.export("erased", cls.period)
            cls.open = cls.export("open", cls.next)
            for node in c:
                node.stop()
        except BaseException:
            c.show_logs()
            c.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.coalition.close()

    @classmethod
    def trade(cls):
        """Everyone earns everywhere; grocer's entries for fuel go in one batch; one burn each."""
        c = cls.coalition
        c["fuel"].stop()
        for i in range(4):
            c["grocer"].cli("earn", cls.cards["fuel"], f"{20 + i}.00")
        c["fuel"].start()
        c.wait_connected()
        for number, node in enumerate(c):
            for other, card in enumerate(cls.cards.values()):
                node.cli("earn", card, f"{(number + 1) * 10 + other}.00")
        c.wait_cleared()
        for number, node in enumerate(c):
            node.cli("burn", cls.cards[NAMES[(number + 1) % len(NAMES)]], str(3 + number))
        c.wait_cleared()

    @classmethod
    def give_receipts(cls):
        """Of a purchase and a burn at home, of a purchase elsewhere; and what has none."""
        c = cls.coalition
        node = c["grocer"]
        own, other = cls.cards["grocer"], cls.cards["fuel"]
        cls.before = int(node.cli("balance", own)["balance"]["available_points"])
        made = {name: wire.uuid7() for name in ("earn", "burn", "abroad")}
        node.cli("earn", own, "5.00", "--transaction-id", made["earn"])
        hold = node.cli("burn", "authorise", own, "2")["hold_id"]
        node.cli("burn", "capture", hold, "--transaction-id", made["burn"])
        node.cli("earn", other, "7.00", "--transaction-id", made["abroad"])
        c.wait_cleared()
        for name, id_ in made.items():
            node.talea("transaction", "receipt", id_, "--out", c.path(name + ".txt"), "--qr",
                       c.path(name + ".svg"))
        node.talea("transaction", "receipt", hold, expect=1)
        return made

    @classmethod
    def push_epoch(cls):
        c = cls.coalition
        with open(c.path("coalition.yaml"), encoding="utf-8") as file:
            text = file.read()
        text = text[:text.index("\npartners:") + 1].replace("epoch: 1", "epoch: 2")
        text = text.replace("net_debit: 50000.00", "net_debit: 60000.00")
        with open(c.path("coalition-2.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        out = c.path("charter-2.talea")
        run([TALEA, "charter", "make", "--terms", c.path("coalition-2.yaml"), "--previous",
             c.path("charter.talea"), "--out", out])
        for signer in NAMES[:2]:
            run([TALEA, "charter", "sign", "--key", c[signer].path("keys/root.key"), out])
        c["grocer"].talea("charter", "push", out)
        for node in c:
            wait_for(lambda node=node: int(node.cli("status")["charter_epoch"]) == 2, "epoch 2")

    @classmethod
    def export(cls, name, period):
        os.mkdir(cls.coalition.path(name))
        folders = []
        for node in cls.coalition:
            folders.append(cls.coalition.path(name, node.partner))
            answer = node.cli("period", "export", dashed(period), "--out", folders[-1])
            assert answer["files"] > 4, answer
        return folders

    # Helpers of one test.

    def setUp(self):
        self.copy("first", NAMES)

    def stream(self, brand="grocer", name="grocer.fuel"):
        return Stream(self.path(brand, "streams", name + ".stream"))

    def spoilt(self, stream, number, what):
        """Writes it, and looks at what the audit says of it, with the others and alone."""
        stream.write()
        self.sum_up("grocer")
        name = os.path.basename(stream.path)
        for folders in (self.folders, [self.path("grocer")]):
            flaw = self.flaw("grocer/streams/" + name, folders)
            self.assertEqual(flaw["stream"], name[:-len(".stream")].replace(".", " to "), flaw)
            self.assertEqual(flaw["number"], number, flaw)
            self.assertIn(what, flaw["what"], flaw)
        return flaw

    def long_run(self, stream):
        """The index of a run of three entries or more, and its first number."""
        for index, run_ in enumerate(stream.runs):
            if len(run_.entries) >= 3:
                entry = self.pb.peer.ClearingEntry.FromString(run_.entries[0])
                return index, entry.number
        raise AssertionError("no batch has three entries")

    # What is clean.

    def test_all_of_it_is_clean(self):
        for folders in (self.exports, self.after):
            answer = self.audit(folders, "--charter", self.coalition.path("charter.talea"))
            self.assertTrue(answer["clean"])
            self.assertIsNone(answer["flaw"])
            self.assertEqual(answer["coalition"], "demo")
            self.assertEqual(answer["period"], self.period)
            self.assertEqual((answer["first_epoch"], answer["last_epoch"]), (1, 2))
            self.assertEqual([p["partners"] for p in answer["pairs"]],
                             [["fuel", "grocer"], ["fuel", "pharmacy"], ["grocer", "pharmacy"]])
            self.assertTrue(all(p["agreed"] and p["dossiers"] == 2 for p in answer["pairs"]))
            self.check_money(answer)
            counts = answer["counts"]
            self.assertEqual((counts["dossiers"], counts["streams"], counts["statements"]),
                             (3, 12, 6))
            self.assertEqual(counts["charters"], 6)
            self.assertEqual(counts["batches"], counts["receipts"])
            entries = sum(len(self.stream(brand, f"{a}.{b}").entries()) for brand in NAMES
                          for a in NAMES for b in NAMES if a != b and brand in (a, b))
            self.assertEqual(counts["entries"], entries)
        words = run([TALEA, "audit", *self.exports]).stdout
        self.assertIn("clean: demo", words)

    def test_what_is_disputed_waits(self):
        """The statement's totals are without it; the stream has it."""
        path = self.path("grocer", "statements", "grocer.pharmacy.talea")
        pb = self.pb
        with open(path, "rb") as file:
            document = pb.back_office.GetStatementResponse.FromString(file.read())
        text = pb.settlement.PairStatement.FromString(document.statement)
        waits = [line for half in text.halves for line in half.suspended]
        self.assertEqual(len(waits), 1)
        self.assertGreater(waits[0].points, 0)

    def check_money(self, answer):
        """Payments make every position even, and the net is the pairs'."""
        left = {p["partner"]: p["owed_minor"] for p in answer["positions"]}
        owed = dict.fromkeys(NAMES, 0)
        for pair in answer["pairs"]:
            if pair["net_minor"]:
                owed[pair["debtor"]] += pair["net_minor"]
                owed[pair["creditor"]] -= pair["net_minor"]
        self.assertEqual(left, owed)
        for payment in answer["payments"]:
            left[payment["debtor"]] -= payment["amount_minor"]
            left[payment["creditor"]] += payment["amount_minor"]
        self.assertTrue(payment and not any(left.values()))

    def test_sums_are_what_b2sum_takes(self):
        for folder in self.exports:
            run(["b2sum", "--length", "256", "--quiet", "--check", "SUMS"], cwd=folder)

    def test_one_alone_is_clean(self):
        answer = self.audit([self.exports[1]])
        self.assertEqual([p["dossiers"] for p in answer["pairs"]], [1, 1])

    def test_an_erased_member_is_in_no_chain(self):
        """The streams are the same bytes before and after."""
        for name in ("fuel.grocer", "grocer.fuel", "fuel.pharmacy", "pharmacy.fuel"):
            with open(self.coalition.path("erased", "fuel", "streams", name + ".stream"),
                      "rb") as file:
                after = file.read()
            with open(self.coalition.path("first", "fuel", "streams", name + ".stream"),
                      "rb") as file:
                before = file.read()
            self.assertEqual(before, after)

    def test_an_open_period_goes_on_from_the_one_before(self):
        answer = self.audit(self.open)
        self.assertEqual(answer["period"], self.next)
        self.assertFalse(any(p["agreed"] for p in answer["pairs"]))
        self.assertEqual(answer["payments"], [])
        self.assertGreater(answer["counts"]["entries"], 6)
        stream = Stream(self.coalition.path("open", "grocer", "streams", "grocer.fuel.stream"))
        self.assertTrue(stream.head.receipt_before)

    # A member's receipt.

    def receipt(self, path, expect=0):
        result = run([TALEA, "audit", "receipt", "--json", path, "--charter",
                      self.coalition.path("charter.talea")], expect=expect)
        return json.loads(result.stdout) if expect == 0 else result.stderr

    def said(self, name):
        answer = self.receipt(self.coalition.path(name + ".txt"))
        self.assertTrue(answer["valid"])
        self.assertEqual((answer["brand"], answer["epoch"]), ("grocer", 2))
        return dict(line.split(None, 1) for line in answer["said"].splitlines()[1:])

    def test_members_receipts(self):
        earn, burn, abroad = (self.said(name) for name in ("earn", "burn", "abroad"))
        self.assertEqual(earn["transaction"], self.receipts["earn"])
        self.assertEqual((earn["kind"], burn["kind"], abroad["kind"]), ("earn", "burn", "earn"))
        self.assertEqual((earn["coalition"], earn["brand"], earn["card"]),
                         ("demo", "grocer", self.cards["grocer"]))
        self.assertTrue(int(earn["points"]) > 0 and earn["points"].startswith("+"))
        self.assertEqual(burn["points"], "-2")
        self.assertEqual(int(earn["balance"]), self.before + int(earn["points"]))
        self.assertEqual(int(burn["balance"]), int(earn["balance"]) - 2)
        self.assertNotIn("balance", abroad)

    def test_a_receipt_with_one_byte_changed(self):
        with open(self.coalition.path("earn.txt"), "rb") as file:
            good = file.read()
        for place in range(len(good)):
            with open(self.path("bad.txt"), "wb") as file:
                file.write(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
            with self.subTest(place=place):
                self.receipt(self.path("bad.txt"), expect=4)
        for bad in (good[:-1], good + b"\n", good + good, b"", good.replace(b"+", b"+1")):
            with open(self.path("bad.txt"), "wb") as file:
                file.write(bad)
            self.receipt(self.path("bad.txt"), expect=4)

    def test_the_picture_says_the_same(self):
        """zbarimg reads it where it is installed; elsewhere its form is looked at."""
        with open(self.coalition.path("earn.svg"), encoding="ascii") as file:
            self.assertIn("<svg", file.read())
        if not shutil.which("zbarimg") or not shutil.which("rsvg-convert"):
            self.skipTest("there is no zbarimg or rsvg-convert")
        run(["rsvg-convert", "--width", "900", "--output", self.path("earn.png"),
             self.coalition.path("earn.svg")])
        result = run(["zbarimg", "--quiet", "--raw", "--oneshot", self.path("earn.png")])
        with open(self.coalition.path("earn.txt"), encoding="ascii") as file:
            self.assertEqual(result.stdout.rstrip("\n"), file.read().rstrip("\n"))

    # One thing wrong. Entries and receipts.

    def test_a_flipped_byte_in_an_entry(self):
        stream = self.stream()
        index, first = self.long_run(stream)
        entry = stream.runs[index].entries[1]
        stream.runs[index].entries[1] = entry[:-1] + bytes([entry[-1] ^ 1])
        stream.write()
        self.flaw("grocer/streams/grocer.fuel.stream")
        self.spoilt(stream, first + 1, "entry")

    def test_every_flipped_byte_is_found(self):
        path = self.path("grocer", "streams", "grocer.fuel.stream")
        with open(path, "rb") as file:
            good = file.read()
        for place in range(0, len(good), max(1, len(good) // 60)):
            with open(path, "wb") as file:
                file.write(good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1:])
            self.sum_up("grocer")
            with self.subTest(place=place, size=len(good)):
                self.flaw("grocer/streams/grocer.fuel.stream", [self.path("grocer")])

    def test_an_export_that_can_not_be(self):
        """Said in a line, and nothing is left behind."""
        node = self.coalition["grocer"]
        node.start()
        self.addCleanup(node.stop)
        folder = self.coalition.path("never")
        for period, out, code, words in (
                ("2031-01", folder, 1, "no pair has the period 2031-01 (NOT_FOUND)"),
                ("2026-13", folder, 2, '"2026-13" is no period (INVALID_INPUT)'),
                (dashed(self.period), folder + "/x/y", 2, "No such file or directory (NOT_FOUND)"),
                (dashed(self.period), self.coalition.path("first"), 2, "(ALREADY_EXISTS)")):
            with self.subTest(period=period, out=out):
                told = node.talea("period", "export", period, "--out", out, expect=code)
                self.assertIn(words, told.stderr)
                self.assertFalse(os.path.exists(folder))

    def test_a_file_that_ends_early(self):
        path = self.path("grocer", "streams", "grocer.fuel.stream")
        with open(path, "rb") as file:
            good = file.read()
        for size in (0, 5, len(FORMAT), len(FORMAT) + 9, len(good) // 2, len(good) - 1):
            with open(path, "wb") as file:
                file.write(good[:size])
            self.sum_up("grocer")
            with self.subTest(size=size):
                self.flaw("grocer/streams/grocer.fuel.stream", [self.path("grocer")])
        with open(path, "wb") as file:
            file.write(FORMAT + varint(1 << 34) + good)
        self.flaw("grocer/streams/grocer.fuel.stream", [self.path("grocer")])

    def test_a_run_less_at_the_end(self):
        stream = self.stream()
        del stream.runs[-1]
        last = len(stream.entries())
        self.spoilt(stream, last + 1, "last entry of the file")

    def test_a_dropped_entry(self):
        stream = self.stream()
        index, first = self.long_run(stream)
        del stream.runs[index].entries[1]
        flaw = self.spoilt(stream, first + 1, "number of the entry")
        self.assertEqual((flaw["expected"], flaw["found"]), (str(first + 1), str(first + 2)))

    def test_swapped_entries(self):
        stream = self.stream()
        index, first = self.long_run(stream)
        entries = stream.runs[index].entries
        entries[0], entries[1] = entries[1], entries[0]
        self.spoilt(stream, first, "number of the entry")

    def rehash(self, stream, index, place, points, signer=None, receiver=None):
        """Another amount, and all hashes after it; heads and receipts too where keys are given."""
        hash_ = receipt = None
        for at in range(index, len(stream.runs)):
            run_ = stream.runs[at]
            previous = None
            for i in range(len(run_.entries)):
                entry = self.pb.peer.ClearingEntry.FromString(run_.entries[i])
                if at == index and i == place:
                    entry.points += points
                entry.previous_hash = hash_ or entry.previous_hash
                previous = previous or entry.previous_hash
                run_.entries[i] = entry.SerializeToString()
                hash_ = entry_hash(run_.entries[i])
            if signer is None:
                continue
            receipt = self.resign(run_, hash_, previous, points, receipt, signer, receiver)

    def resign(self, run_, hash_, previous, points, receipt, signer, receiver):
        envelope = self.pb.peer.Signed.FromString(run_.head)
        head = self.pb.peer.BatchHead.FromString(envelope.payload)
        head.previous_hash, head.last_hash = previous, hash_
        run_.head = self.signed(signer, head.SerializeToString(), BATCH, envelope.charter_epoch)
        envelope = self.pb.peer.Signed.FromString(run_.receipt)
        said = self.pb.peer.ClearingReceipt.FromString(envelope.payload)
        said.last_hash = hash_
        said.previous_receipt_hash = receipt or said.previous_receipt_hash
        for total in said.totals:
            total.points += points if total.kind == 1 else 0
        payload = said.SerializeToString()
        run_.receipt = self.signed(receiver, payload, RECEIPT, envelope.charter_epoch)
        return receipt_hash(payload)

    def test_another_amount_with_the_chain_hashed_again(self):
        stream = self.stream()
        index, first = self.long_run(stream)
        last = first + len(stream.runs[index].entries) - 1
        self.rehash(stream, index, 1, 100)
        self.spoilt(stream, last, "as its receiver's receipt names it")

    def test_two_who_lie_together_are_told_by_the_other_side(self):
        """Grocer's dossier made anew with fuel's key: clean alone, but fuel shows another."""
        stream = self.stream()
        index, _ = self.long_run(stream)
        self.rehash(stream, index, 1, 100, self.key("grocer"), self.key("fuel"))
        stream.write()
        os.remove(self.path("grocer", "statements", "fuel.grocer.talea"))
        self.sum_up("grocer")
        self.assertTrue(self.audit([self.path("grocer")])["clean"])
        flaw = self.flaw("grocer/streams/grocer.fuel.stream")
        self.assertIn("as the other side has it", flaw["what"])
        self.assertEqual(flaw["stream"], "grocer to fuel")

    def test_anothers_signature(self):
        for field, purpose, words in (("receipt", RECEIPT, "the receipt"),
                                      ("head", BATCH, "the sender's signature")):
            for brand in ("pharmacy", "grocer" if field == "receipt" else "fuel"):
                stream = self.stream()
                index, first = self.long_run(stream)
                envelope = self.pb.peer.Signed.FromString(getattr(stream.runs[index], field))
                setattr(stream.runs[index], field,
                        self.signed(self.key(brand), envelope.payload, purpose,
                                    envelope.charter_epoch))
                with self.subTest(field=field, brand=brand):
                    number = first if field == "receipt" else first + len(
                        stream.runs[index].entries)
                    self.spoilt(stream, number, words)
                self.setUp()

    def test_the_right_key_for_another_payload(self):
        """One point more in a receipt's total, with the signature that was there."""
        stream = self.stream()
        envelope = self.pb.peer.Signed.FromString(stream.runs[0].receipt)
        receipt = self.pb.peer.ClearingReceipt.FromString(envelope.payload)
        receipt.totals[0].points += 1
        envelope.payload = receipt.SerializeToString()
        stream.runs[0].receipt = envelope.SerializeToString()
        self.spoilt(stream, 1, "the receipt")

    def test_a_total_that_does_not_follow(self):
        """Signed by the receiver itself, who is wrong."""
        stream = self.stream()
        envelope = self.pb.peer.Signed.FromString(stream.runs[-1].receipt)
        receipt = self.pb.peer.ClearingReceipt.FromString(envelope.payload)
        receipt.totals[0].points += 1
        stream.runs[-1].receipt = self.signed(self.key("fuel"), receipt.SerializeToString(),
                                              RECEIPT, envelope.charter_epoch)
        flaw = self.spoilt(stream, len(stream.entries()), "totals of earn")
        self.assertIn("points", flaw["expected"])

    def test_a_receipt_replaced_by_an_older_one(self):
        stream = self.stream()
        index, first = self.long_run(stream)
        at = index if index > 0 else 1
        stream.runs[at].receipt = stream.runs[at - 1].receipt
        number = 1 + sum(len(r.entries) for r in stream.runs[:at])
        flaw = self.spoilt(stream, number, "number of the receipt")
        self.assertEqual(int(flaw["expected"]), int(flaw["found"]) + 1)

    def test_an_entry_of_another_period(self):
        stream = self.stream()
        stream.head.period = self.next
        stream.write()
        self.sum_up("grocer")
        self.assertIn("period", self.flaw("grocer/streams/grocer.fuel.stream")["what"])

    # Statements, charters, files.

    def test_another_total_in_a_statement(self):
        path = self.path("grocer", "statements", "fuel.grocer.talea")
        pb = self.pb
        with open(path, "rb") as file:
            document = pb.back_office.GetStatementResponse.FromString(file.read())
        text = pb.settlement.PairStatement.FromString(document.statement)
        text.halves[0].totals[0].points += 100
        document.statement = text.SerializeToString()
        with open(path, "wb") as file:
            file.write(document.SerializeToString())
        self.sum_up("grocer")
        self.assertIn("signature", self.flaw("statements/fuel.grocer.talea")["what"])
        # Signed again by both, and right by itself: it does not follow from the entries.
        text.halves[0].totals[0].points -= 100
        text.halves[0].totals[0].count += 1
        document.statement = text.SerializeToString()
        document.own_signed = self.signed(self.key("grocer"), document.statement, STATEMENT, 2)
        document.partner_countersigned = self.signed(self.key("fuel"), document.statement,
                                                     COUNTERSIGN, 2)
        document.partner_signed = self.signed(self.key("fuel"), document.statement, STATEMENT, 2)
        with open(path, "wb") as file:
            file.write(document.SerializeToString())
        self.sum_up("grocer")
        self.assertIn("totals", self.flaw("statements/fuel.grocer.talea")["what"])

    def test_a_missing_epoch(self):
        os.remove(self.path("grocer", "charters", "0000000001.talea"))
        self.flaw("grocer/charters/0000000001.talea")
        self.sum_up("grocer")
        flaw = self.flaw(".stream")
        self.assertIn("epoch 1", flaw["found"])
        shutil.copy(self.path("fuel", "charters", "0000000001.talea"),
                    self.path("grocer", "charters"))
        os.remove(self.path("grocer", "charters", "0000000002.talea"))
        self.sum_up("grocer")
        self.assertIn("epoch 2", self.flaw(".stream")["found"])

    def test_a_charter_with_a_signature_less(self):
        pb = self.pb.charter
        path = self.path("grocer", "charters", "0000000002.talea")
        with open(path, "rb") as file:
            signed = pb.SignedCharter.FromString(file.read())
        del signed.signatures[1:]
        with open(path, "wb") as file:
            file.write(signed.SerializeToString())
        self.sum_up("grocer")
        self.flaw("grocer/charters/0000000002.talea")

    def test_another_charter_than_the_auditors(self):
        with Coalition(list(NAMES)) as other:
            answer = self.audit(None, "--charter", other.path("charter.talea"), expect=4)
        self.assertIn("charter of epoch 1", answer["flaw"]["what"])

    def test_one_file_more_or_less(self):
        shutil.copy(self.path("grocer", "streams", "grocer.fuel.stream"),
                    self.path("grocer", "streams", "grocer.hotel.stream"))
        self.flaw("grocer/streams/grocer.hotel.stream")
        self.sum_up("grocer")
        self.assertIn("name of the file", self.flaw("grocer.hotel.stream")["what"])
        os.remove(self.path("grocer", "streams", "grocer.hotel.stream"))
        os.remove(self.path("grocer", "streams", "fuel.grocer.stream"))
        self.sum_up("grocer")
        self.flaw("grocer/streams/fuel.grocer.stream")
        shutil.copy(self.path("fuel", "streams", "fuel.grocer.stream"),
                    self.path("grocer", "streams"))
        self.sum_up("grocer")
        self.assertIn("whose ledger", self.flaw("grocer.fuel.stream")["what"])

    def test_one_dossier_twice(self):
        self.flaw("grocer", [self.path("grocer"), self.coalition.path("first", "grocer")])

    def test_sums_that_are_none(self):
        with open(self.path("grocer", "SUMS"), "a", encoding="ascii") as file:
            file.write(f"{'0' * 64}  ../node.yaml\n")
        self.assertIn("line", self.flaw("grocer/SUMS")["found"])
        os.remove(self.path("grocer", "SUMS"))
        self.audit(expect=2)


if __name__ == "__main__":
    main(280)
