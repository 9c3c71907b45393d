#!/usr/bin/python3
"""What was netted and paid, proven from exports alone: clean, and with one thing wrong."""

import itertools
import json
import os
import sys
import unittest

import bank
import payment as money
import wire
from coalition import TALEA, dashed, main, run, wait_for
from dossiers import Spoiling, read_messages, write_messages
from payment import STATES, Netting, Paying

NET_FORMAT = b"talea net 2\n"
NET_FORMAT_BEFORE = b"talea net 1\n"  # without votes
NAMES = ("fuel", "grocer", "hotel", "pharmacy")
PAYMENT, NETTING_WORD, NETTING_VOTE = 25, 27, 23


class Settled(Spoiling):
    """A period of four brands that is netted, paid in part, and paid; exported each time."""

    kind = Netting

    @classmethod
    def setUpClass(cls):
        cls.coalition = c = cls.kind(list(NAMES))
        cls.pb = wire.messages()
        try:
            c.make()
            c.start()
            cls.period = int(c["grocer"].cli("status")["open_period"])
            cls.files = itertools.count()
            money.Money.trade(cls)
            cls.open = cls.export("open")
            money.Money.close(cls)
            money.Money.wait_netted(cls)
            cls.netted = cls.export("netted")
            cls.expected = cls.expected_payments()
            cls.pay_in_part()
            cls.part = cls.export("part")
            cls.pay_rest()
            cls.paid = cls.export("paid")
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
    def statuses(cls, node):
        return money.Money.statuses(cls, node)

    @classmethod
    def payments(cls, node):
        return money.Money.payments(cls, node)

    @classmethod
    def expected_payments(cls):
        rows = {}
        for node in cls.coalition:
            for reference, payment in cls.payments(node).items():
                rows[reference] = (payment["debtor"], payment["creditor"],
                                   int(payment["amount_minor"]))
        return rows

    @classmethod
    def book(cls, reference, minor, number):
        debtor, creditor, _ = cls.expected[reference]
        node = cls.coalition[creditor]
        path = cls.coalition.path(f"{creditor}-{next(cls.files)}.camt")
        bank.statement(path, "camt.053.001.02", node.account(),
                       [bank.Entry(reference, f"{minor / 100:.2f}", number, True)])
        node.cli("payment", "import", path)
        return cls.coalition[debtor], node

    @classmethod
    def wait_received(cls, reference, minor, sides):
        for node in sides:
            wait_for(lambda node=node: int(cls.payments(node)[reference]["acknowledged_minor"]) ==
                     minor, f"{node.partner} has it acknowledged")

    @classmethod
    def pay_in_part(cls):
        cls.first = min(cls.expected)
        for node in cls.coalition:
            owes = any(debtor == node.partner for debtor, _, _ in cls.expected.values())
            node.talea("payment", "instruct", "--out", cls.coalition.path(node.partner + ".xml"),
                       expect=0 if owes else None)
        for reference, (debtor, creditor, _) in cls.expected.items():
            for node in (cls.coalition[debtor], cls.coalition[creditor]):
                wait_for(lambda node=node, r=reference: cls.payments(node)[r]["state"] ==
                         STATES + "INSTRUCTED", f"{reference} is instructed at {node.partner}")
        sides = cls.book(cls.first, 100, "PART")
        cls.wait_received(cls.first, 100, sides)

    @classmethod
    def pay_rest(cls):
        for reference, (_, _, minor) in cls.expected.items():
            rest = minor - (100 if reference == cls.first else 0)
            sides = cls.book(reference, rest, "IN" + reference)
            for node in sides:
                wait_for(lambda node=node, r=reference: cls.payments(node)[r]["state"] ==
                         STATES + "CLOSED", f"{reference} is closed at {node.partner}")

    @classmethod
    def export(cls, name):
        os.mkdir(cls.coalition.path(name))
        folders = []
        for node in cls.coalition:
            folders.append(cls.coalition.path(name, node.partner))
            node.cli("period", "export", dashed(cls.period), "--out", folders[-1])
        return folders

    def setUp(self):
        self.copy("paid", NAMES)

    def spoilt(self, brand, file, folders=None):
        self.sum_up(brand)
        return self.flaw(file, folders)

    def paid_rows(self, answer):
        return {p["reference"]: (p["debtor"], p["creditor"], p["amount_minor"])
                for p in answer["payments"]}

    # What is clean.

    def test_before_the_end(self):
        answer = self.audit(self.open)
        self.assertEqual((answer["payments"], answer["positions"]),
                         ([], []) if self.kind is Paying else ([], answer["positions"]))

    def test_netted(self):
        answer = self.audit(self.netted)
        self.assertEqual(answer["netting"],
                         "all pairs" if self.kind is Netting else "by pair")
        self.assertEqual(self.paid_rows(answer), self.expected)
        self.assertEqual({p["state"] for p in answer["payments"]}, {"netted"})

    def test_paid_in_part(self):
        answer = self.audit(self.part)
        for payment in answer["payments"]:
            first = payment["reference"] == self.first
            self.assertEqual(payment["state"], "instructed")
            self.assertEqual((payment["received_minor"], payment["acknowledged_minor"]),
                             (100, 100) if first else (0, 0))
            self.assertTrue(payment["debtor_signed"])
            self.assertEqual(payment["instructed_minor"], payment["amount_minor"])

    def test_paid(self):
        answer = self.audit()
        self.assertEqual(self.paid_rows(answer), self.expected)
        for payment in answer["payments"]:
            self.assertEqual(payment["state"], "closed")
            self.assertTrue(payment["debtor_signed"] and payment["creditor_signed"])
            self.assertEqual(payment["received_minor"], payment["amount_minor"])
        owed = {p["partner"]: p["owed_minor"] for p in answer["positions"]}
        for debtor, creditor, minor in self.expected.values():
            owed[debtor] -= minor
            owed[creditor] += minor
        self.assertFalse(any(owed.values()))
        self.assertEqual(answer["counts"]["notices"], 4 * len(self.expected))
        words = run([TALEA, "audit", *self.folders]).stdout
        self.assertIn("closed", words)

    def test_one_alone(self):
        """Its own payments are proven; those of others follow, where the net is of all."""
        for name, folder in zip(NAMES, self.folders):
            answer = self.audit([folder])
            rows = self.paid_rows(answer)
            mine = {r: row for r, row in self.expected.items() if name in row}
            self.assertEqual({r: row for r, row in rows.items() if name in row}, mine)
            for payment in answer["payments"]:
                is_mine = payment["reference"] in mine
                self.assertEqual(payment["state"], "closed" if is_mine else "netted")

    def test_a_payment_that_nobody_shows_is_not_proven(self):
        debtor, creditor, _ = self.expected[self.first]
        for brand in (debtor, creditor):
            os.remove(self.path(brand, "payments", f"{debtor}.{creditor}.talea"))
            self.sum_up(brand)
        states = {p["reference"]: p["state"] for p in self.audit()["payments"]}
        self.assertEqual(states.pop(self.first), "netted")
        self.assertEqual(set(states.values()) or {"closed"}, {"closed"})

    # One thing wrong.

    def spoil_payment(self, change, whose="creditor"):
        """Changes the file of the first payment in its debtor's dossier; gives the flaw."""
        debtor, creditor, _ = self.expected[self.first]
        brand = debtor if whose == "debtor" else creditor
        name = f"payments/{debtor}.{creditor}.talea"
        with open(self.path(brand, name), "rb") as file:
            message = self.pb.dossier.DossierPayment.FromString(file.read())
        change(message, debtor, creditor)
        with open(self.path(brand, name), "wb") as file:
            file.write(message.SerializeToString())
        return self.spoilt(brand, f"{brand}/{name}")

    def notice(self, envelope):
        signed = self.pb.peer.Signed.FromString(envelope)
        return signed, self.pb.settlement.PaymentNotice.FromString(signed.payload)

    def test_more_received_than_is_signed(self):
        def change(message, _debtor, _creditor):
            signed, notice = self.notice(message.own_notice)
            notice.received_minor += 1
            signed.payload = notice.SerializeToString()
            message.own_notice = signed.SerializeToString()
        self.assertIn("signature", self.spoil_payment(change)["what"])

    def test_the_debtor_confirms_itself(self):
        def change(message, debtor, _creditor):
            _, notice = self.notice(message.partner_notice)
            message.partner_notice = self.signed(self.key(debtor), notice.SerializeToString(),
                                                 PAYMENT)
        self.assertIn("signature", self.spoil_payment(change, "debtor")["what"])

    def test_two_stories_under_one_number(self):
        def change(message, _debtor, creditor):
            _, notice = self.notice(message.own_notice)
            notice.received_minor += 1
            message.own_notice = self.signed(self.key(creditor), notice.SerializeToString(),
                                             PAYMENT)
        debtor, creditor, _ = self.expected[self.first]
        self.folders.sort(key=lambda f: f.endswith(creditor))  # the other's is looked at before
        self.assertIn("one number", self.spoil_payment(change)["what"])

    def test_both_sign_another_amount(self):
        """It does not follow from what they signed before."""
        def change(message, debtor, creditor):
            for field, brand in (("own_notice", creditor), ("partner_notice", debtor)):
                _, notice = self.notice(getattr(message, field))
                notice.amount_minor -= 1
                setattr(message, field, self.signed(self.key(brand), notice.SerializeToString(),
                                                    PAYMENT))
        flaw = self.spoil_payment(change)
        self.assertEqual(flaw["what"], "what is paid")

    def test_another_payments_notice(self):
        debtor, creditor, _ = self.expected[self.first]
        other = next((r for r in self.expected if r != self.first and
                      creditor in self.expected[r]), None)
        if other is None:
            self.skipTest("the creditor has one payment only")
        name = "payments/{}.{}.talea".format(*self.expected[other][:2])
        with open(self.path(creditor, name), "rb") as file:
            wrong = self.pb.dossier.DossierPayment.FromString(file.read())
        def change(message, _debtor, _creditor):
            message.own_notice = wrong.own_notice
        self.spoil_payment(change)

    def test_a_payment_under_anothers_name(self):
        debtor, creditor, _ = self.expected[self.first]
        os.rename(self.path(creditor, f"payments/{debtor}.{creditor}.talea"),
                  self.path(creditor, f"payments/{creditor}.{debtor}.talea"))
        flaw = self.spoilt(creditor, f"payments/{creditor}.{debtor}.talea")
        self.assertEqual(flaw["what"], "name of the file")

    def test_a_booking_twice(self):
        def change(message, _debtor, _creditor):
            message.bookings.add().CopyFrom(message.bookings[0])
        self.assertEqual(self.spoil_payment(change)["what"], "a booking")

    # Bytes.

    def flip(self, brand, name, step):
        """Flips bits all over a file, with SUMS made anew. Gives the places where that is clean."""
        path = self.path(brand, name)
        with open(path, "rb") as file:
            good = file.read()
        clean = []
        for place in range(0, len(good), step):
            for mask in (1,) if place // step % 2 else (0x80,):
                with open(path, "wb") as file:
                    file.write(good[:place] + bytes([good[place] ^ mask]) + good[place + 1:])
                self.sum_up(brand)
                result = run([TALEA, "audit", "--json", self.path(brand)], expect=None)
                self.assertIn(result.returncode, (0, 4), (name, place, result.stderr))
                answer = json.loads(result.stdout)
                self.assertEqual(answer["clean"], result.returncode == 0)
                if answer["clean"]:
                    clean.append(place)
                else:
                    self.assertTrue(answer["flaw"]["file"] and answer["flaw"]["what"], answer)
        with open(path, "wb") as file:
            file.write(good)
        self.sum_up(brand)
        return good, clean

    def unsigned_parts(self, name, good):
        """Bookings: the bank's word, which nobody signs."""
        places = set()
        if name.startswith("payments/"):
            for booking in self.pb.dossier.DossierPayment.FromString(good).bookings:
                part = booking.SerializeToString()
                at = good.index(part)
                places.update(range(at, at + len(part)))
        return places

    def test_a_flipped_bit_is_never_clean(self):
        debtor, creditor, _ = self.expected[self.first]
        names = [f"payments/{debtor}.{creditor}.talea", "charters/0000000001.talea",
                 f"statements/{'.'.join(sorted((debtor, creditor)))}.talea",
                 f"streams/{debtor}.{creditor}.stream"]
        if self.kind is Netting:
            names.append("netting/net.talea")
        for name in names:
            size = os.path.getsize(self.path(creditor, name))
            good, clean = self.flip(creditor, name, max(1, size // 120))
            with self.subTest(name=name):
                self.assertEqual(set(clean) - self.unsigned_parts(name, good), set())

    def test_a_flipped_bit_in_sums(self):
        path = self.path("fuel", "SUMS")
        with open(path, "rb") as file:
            good = file.read()
        for place in range(0, len(good), max(1, len(good) // 100)):
            with open(path, "wb") as file:
                file.write(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
            answer = self.audit([self.path("fuel")], expect=4)
            self.assertFalse(answer["clean"], place)


class ByPair(Settled, unittest.TestCase):
    kind = Paying

    def test_a_net_that_the_charter_does_not_have(self):
        with open(self.path("fuel", "netting", "net.talea"), "wb") as file:
            file.write(NET_FORMAT)
        self.spoilt("fuel", "netting/net.talea")


class AllPairs(Settled, unittest.TestCase):
    kind = Netting

    def net(self, brand="fuel"):
        return [self.pb.dossier.DossierNet.FromString(m)
                for m in read_messages(self.path(brand, "netting", "net.talea"), NET_FORMAT)]

    def write_net(self, parts, form=NET_FORMAT):
        write_messages(self.path("fuel", "netting", "net.talea"), form, parts)
        self.sum_up("fuel")

    def spoil_net(self, parts, folders=None):
        self.write_net(parts)
        return self.spoilt("fuel", "fuel/netting/net.talea", folders)

    def test_what_is_in_it(self):
        parts = self.net()
        self.assertEqual(sorted(p.partner for p in parts if p.word), sorted(NAMES))
        self.assertEqual(sum(bool(p.statement) for p in parts), 3)
        self.assertGreater(sum(bool(p.vote) for p in parts), len(NAMES) / 2)

    def test_votes_are_told(self):
        """More than half vote for the net of all, and then it counts; nobody is left out of it."""
        answer = self.audit()
        self.assertEqual(answer["counts"]["votes"],
                         sum(bool(p.vote) for name in NAMES for p in self.net(name)))
        voters = {v["partner"] for v in answer["votes"]}
        self.assertLessEqual(voters, set(NAMES))
        self.assertGreater(len(voters), len(NAMES) / 2)
        for vote in answer["votes"]:
            self.assertEqual((vote["round"], vote["is_for"], vote["left_out"]), (0, True, []))
        self.assertIn("the net holds", run([TALEA, "audit", *self.folders]).stdout)

    def test_no_more_than_half_vote_for_it(self):
        """What all committed to does not count yet, so nothing is owed of it."""
        votes = [p for p in self.net() if p.vote]
        self.write_net([p for p in self.net() if not p.vote] + votes[:len(NAMES) // 2])
        answer = self.audit([self.path("fuel")], expect=4)
        self.assertIn("follows from", answer["flaw"]["expected"])
        self.audit()  # the others have it

    def test_an_export_of_before_there_were_votes(self):
        parts = self.net()
        self.write_net([p for p in parts if not p.vote], NET_FORMAT_BEFORE)
        answer = self.audit([self.path("fuel")])
        self.assertEqual((answer["netting"], answer["votes"]), ("all pairs", []))
        self.write_net(parts, NET_FORMAT_BEFORE)
        self.flaw("fuel/netting/net.talea")

    def changed_vote(self, parts, signer, **fields):
        vote = self.pb.dossier.DossierNet()
        vote.CopyFrom(next(p for p in parts if p.vote and p.partner == "fuel"))
        envelope = self.pb.peer.Signed.FromString(vote.vote)
        said = self.pb.settlement.NettingSet.FromString(envelope.payload)
        for field, value in fields.items():
            setattr(said, field, value)
        vote.vote = self.signed(self.key(signer), said.SerializeToString(), NETTING_VOTE)
        return vote

    def test_a_vote_by_another_key(self):
        parts = self.net()
        vote = self.changed_vote(parts, "hotel")
        parts = [p for p in parts if not (p.vote and p.partner == "fuel")]
        self.assertIn("signature of the vote", self.spoil_net(parts + [vote])["what"])

    def test_a_second_vote(self):
        parts = self.net()
        vote = self.changed_vote(parts, "fuel", is_against=True)
        flaw = self.spoil_net(parts + [vote])
        self.assertEqual((flaw["what"], flaw["stream"]),
                         ("the partner's vote, once in a round", "the vote of fuel"))

    def test_a_vote_on_what_it_did_not_commit_to(self):
        parts = self.net()
        vote = self.changed_vote(parts, "fuel", set_hash=bytes(32))
        parts = [p for p in parts if not (p.vote and p.partner == "fuel")]
        self.assertIn("as it committed to", self.spoil_net(parts + [vote])["what"])

    def test_a_word_less(self):
        """The set does not count any more, so nothing is owed of it."""
        parts = [p for p in self.net() if p.partner != "hotel"]
        self.write_net(parts)
        answer = self.audit([self.path("fuel")], expect=4)
        self.assertIn("follows from", answer["flaw"]["expected"])
        self.audit()  # the others have it

    def test_a_statement_less(self):
        parts = self.net()
        at = next(i for i, p in enumerate(parts) if p.statement)
        del parts[at]
        self.write_net(parts)
        self.audit([self.path("fuel")], expect=4)

    def test_a_word_by_another_key(self):
        parts = self.net()
        word = next(p for p in parts if p.partner == "hotel")
        envelope = self.pb.peer.Signed.FromString(word.word)
        word.word = self.signed(self.key("fuel"), envelope.payload, NETTING_WORD)
        self.assertIn("signature", self.spoil_net(parts)["what"])

    def test_a_second_word(self):
        """Signed by the partner itself: it nets another set as well."""
        parts = self.net()
        word = self.pb.dossier.DossierNet()
        word.CopyFrom(next(p for p in parts if p.partner == "hotel"))
        envelope = self.pb.peer.Signed.FromString(word.word)
        said = self.pb.settlement.NettingSet.FromString(envelope.payload)
        said.set_hash = bytes(32)
        word.word = self.signed(self.key("hotel"), said.SerializeToString(), NETTING_WORD)
        flaw = self.spoil_net(parts + [word])
        self.assertIn("signs once", flaw["what"])
        self.assertEqual(flaw["stream"], "the word of hotel")

    def test_all_sign_another_set(self):
        """The hash is computed anew from the statements."""
        parts = self.net()
        for part in parts:
            for field, purpose in (("word", NETTING_WORD), ("vote", NETTING_VOTE)):
                if getattr(part, field):
                    envelope = self.pb.peer.Signed.FromString(getattr(part, field))
                    said = self.pb.settlement.NettingSet.FromString(envelope.payload)
                    said.set_hash = bytes(31) + b"\x01"
                    setattr(part, field, self.signed(self.key(part.partner),
                                                     said.SerializeToString(), purpose))
        self.write_net(parts)
        flaw = self.audit([self.path("fuel")], expect=4)["flaw"]
        self.assertEqual(flaw["what"], "statements that are netted")

    def test_others_statement_countersigned_by_its_maker(self):
        parts = self.net()
        part = next(p for p in parts if p.statement)
        part.countersignature = part.statement
        self.assertIn("countersignature", self.spoil_net(parts)["what"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(280)
