#!/usr/bin/python3
"""A partner whose half of a period is another one than it sent: each difference is found by its
tree, called by its name, and shown with whose signature is on it. The tree is computed here once
more, by nothing but hashlib."""

import sys
import unittest

import grpc

import wire
from coalition import Coalition, dashed, main, wait_for
from partner import Partner, digest

ENTRIES = 300
ROOT_LEVEL = 40
PERIOD_MARK = 7
SET_APART = 24
HALF_ROOT = 20


def body(entry):
    """An entry without its number and the hash of the one before: the first two fields."""
    at = 1
    while entry[at] & 0x80:
        at += 1
    assert entry[0] == 0x08 and entry[at + 1:at + 3] == b"\x12\x20"
    return entry[at + 35:]


def subtree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return digest("talea.v1.tree.node", b"\x01" + subtree(leaves[:split]) + subtree(leaves[split:]))


class Half:
    """What a partner says that it sent; `entries` are bytes or None."""

    def __init__(self, liar, receiver, entries):
        self.liar, self.receiver, self.entries = liar, receiver, entries
        self.rounds = 0

    def compare(self, request, context):
        del context
        pb = self.liar.pb.peer
        if request.sent_by_caller:
            return pb.CompareHalfResponse(first_number=1, count=0, hashes=bytes(32))
        self.rounds += 1
        leaves = [digest("talea.v1.tree.leaf", b"\x00" + body(e)) for e in self.entries]
        hashes = b""
        for index in request.indexes:
            part = leaves[index << request.level:][:1 << request.level]
            hashes += subtree(part) if part else bytes(32)
        answer = pb.CompareHalfResponse(first_number=1, count=len(leaves), hashes=hashes)
        if request.level == ROOT_LEVEL:
            root = pb.HalfRoot(holder=self.liar.node.partner, sender=self.liar.node.partner,
                               receiver=self.receiver, period=request.period, first_number=1,
                               count=len(leaves), root=hashes, said_unix_ms=1_700_000_000_000)
            answer.claim.CopyFrom(self.liar.signed(root.SerializeToString(), HALF_ROOT))
        return answer

    def show(self, request, context):
        del context
        return self.liar.pb.peer.ShowEntriesResponse(entries=[
            self.entries[n - 1] if n <= len(self.entries) else b"" for n in request.numbers])


def clear(requests, context):
    """Nothing is taken; the call stays open."""
    del context
    for _ in requests:
        pass
    return iter(())


class Reconcile(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(["fuel", "grocer"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.grocer = self.coalition["grocer"]
        self.grocer.start()
        self.card = self.grocer.cli("member", "add")["card"]
        self.liar = Partner(self.coalition["fuel"])
        self.liar.period = self.grocer.cli("status")["open_period"]
        self.sent = [self.liar.earn(self.card, 10 + n % 7) for n in range(ENTRIES)]
        with self.liar.stream(self.grocer) as stream:
            reply = stream.send(self.liar.batch(self.grocer, self.sent))
            self.assertEqual(len(reply.refused), 0)

    def altered(self, number, **fields):
        entry = self.liar.pb.peer.ClearingEntry.FromString(self.sent[number - 1])
        for name, value in fields.items():
            setattr(entry, name, value)
        return entry.SerializeToString()

    def reconcile(self, entries, expect=1):
        half = Half(self.liar, "grocer", entries)
        server = self.liar.serve(clear, CompareHalf=half.compare, ShowEntries=half.show)
        try:
            def answer():
                self.result = self.grocer.cli("period", "reconcile", "fuel", expect=None)
                return self.result["halves"][1]["state"] != "HALF_STATE_NOT_COMPARED"
            wait_for(answer, "the partner is asked", 30)
            self.text = self.grocer.talea("period", "reconcile", "fuel", expect=None).stdout
        finally:
            server.stop(0)
        received = self.result["halves"][1]
        self.assertEqual((received["sender"], received["receiver"]), ("fuel", "grocer"))
        return received

    def kinds(self, half):
        return [(int(d["number"]), d["kind"].replace("DIFFERENCE_KIND_", ""))
                for d in half.get("differences", [])]

    def test_alike(self):
        half = self.reconcile(self.sent)
        self.assertEqual((half["state"], half["rounds"]), ("HALF_STATE_EQUAL", 1))
        self.assertEqual(half["our_count"], half["their_count"])

    def test_each_fault_is_named(self):
        swapped = list(self.sent)
        swapped[9], swapped[199] = swapped[199], swapped[9]
        faults = {
            "altered": ([*self.sent[:99], self.altered(100, points=999), *self.sent[100:]],
                        [(100, "BODY")]),
            "period": ([*self.sent[:99], self.altered(100, period=self.liar.period + 1),
                        *self.sent[100:]], [(100, "PERIOD")]),
            "tariff": ([*self.sent[:99], self.altered(100, tariff=9), *self.sent[100:]],
                       [(100, "TARIFF")]),
            "dropped": (self.sent[:99] + self.sent[100:], [(100, "MISSING_THERE")]),
            "dropped at the end": (self.sent[:-1], [(ENTRIES, "MISSING_THERE")]),
            "doubled": ([*self.sent[:100], *self.sent[99:]], [(101, "MISSING_HERE")]),
            "swapped": (swapped, [(10, "BODY"), (200, "BODY")]),
        }
        for name, (entries, expected) in faults.items():
            with self.subTest(fault=name):
                half = self.reconcile(entries)
                self.assertEqual(half["state"], "HALF_STATE_DIFFERENT")
                self.assertEqual(self.kinds(half), expected)
                self.assertLessEqual(half["rounds"], 4)
                # The partner signed what it sent, and shows no signature on anything else.
                rulings = {d["ruling"] for d in half["differences"]}
                self.assertEqual(rulings, {"RULING_OURS"})
                self.assertIn(expected[0][1].lower().split("_")[0], self.text)

        compared = self.grocer.talea("peer", "show", "fuel").stdout
        self.assertIn("differ", compared)

    def test_lies_end_it(self):
        entries = [*self.sent[:99], self.altered(100, points=999), *self.sent[100:]]
        half = Half(self.liar, "grocer", entries)

        def unlike(request, context):
            answer = half.compare(request, context)
            if request.level != ROOT_LEVEL:
                answer.hashes = bytes(31) + b"\x01" + answer.hashes[32:]
            return answer

        def endless(request, context):
            answer = half.compare(request, context)
            answer.count = 1 << 39
            return answer

        def another(request, context):
            return self.liar.pb.peer.ShowEntriesResponse(
                entries=[self.sent[0]] * len(request.numbers))

        for compare, show, reason in ((unlike, half.show, "not that of its parts"),
                                      (endless, half.show, "signed another root"),
                                      (half.compare, another, "than its tree has")):
            server = self.liar.serve(clear, CompareHalf=compare, ShowEntries=show)
            try:
                def says():
                    self.said = self.grocer.cli("period", "reconcile", "fuel", expect=None)
                    return reason in self.said["halves"][1]["detail"]
                wait_for(says, reason, 30)
                self.assertEqual(self.said["halves"][1]["state"], "HALF_STATE_NOT_COMPARED")
            finally:
                server.stop(0)


    def test_what_is_signed_is_not_set_apart(self):
        """Asked what was, the node has nothing to show; and it holds the partner's own signature on
        what this one would have set apart."""
        pb = self.liar.pb
        altered = self.altered(100, points=999)
        with self.liar.stream(self.grocer, held=1) as stream:
            self.sent.append(self.liar.entry(PERIOD_MARK, "", 0, tariff=0))
            stream.send(self.liar.batch(self.grocer, self.sent[-1:], held=1))
        leaves = [digest("talea.v1.tree.leaf", b"\x00" + body(e))
                  for n, e in enumerate(self.sent) if n != 99]
        terms = pb.settlement.SetApart(
            coalition=self.liar.node.coalition, period=self.liar.period, sender="fuel",
            receiver="grocer", first_number=1, last_number=len(self.sent),
            last_hash=self.liar.last_hash, receipt_number=2,
            receipt_hash=bytes(31) + b"\x01", root=subtree(leaves), count=len(leaves),
            sent=[altered], received=[self.sent[99]])
        request = pb.peer.SetApartRequest(
            period=self.liar.period, terms=self.liar.signed(terms.SerializeToString(), SET_APART))
        with self.liar.channel(self.grocer) as channel:
            peer = self.liar.service(channel)
            for of_callee in (False, True):
                shown = peer.SetApart(pb.peer.SetApartRequest(
                    period=self.liar.period, is_copy=True, of_callee=of_callee))
                self.assertFalse(shown.HasField("terms") or shown.HasField("own"))
            with self.assertRaises(grpc.RpcError) as caught:
                peer.SetApart(request)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("entry 100 is as fuel signed it", caught.exception.details())
        self.assertEqual(self.grocer.cli("dispute", "list").get("disputes", []), [])


class Mended(unittest.TestCase):
    """Rows of a half that are not what its entries give: found when the statements differ, put
    right from the journal, and the period matches by itself."""

    def setUp(self):
        self.coalition = Coalition(["fuel", "grocer"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.fuel, self.grocer = self.coalition["fuel"], self.coalition["grocer"]
        card = self.grocer.cli("member", "add")["card"]
        for _ in range(5):
            self.fuel.cli("earn", card, "2.00")
        self.coalition.wait_cleared()
        self.period = self.grocer.cli("status")["open_period"]

    def damage_tree(self):
        """Flips a byte of the tree over what the grocer took from fuel, in each page that has it."""
        key = bytes([2]) + b"fuel".ljust(16, b"\0") + self.period.to_bytes(4, "big") + b"\xff"
        path = self.grocer.path("data/state.mdb")
        with open(path, "rb") as file:
            data = bytearray(file.read())
        place, found = data.find(key), 0
        while place >= 0:
            data[place + len(key) + 8] ^= 0x55  # behind version, first number and count
            found += 1
            place = data.find(key, place + 1)
        self.assertGreater(found, 0)
        with open(path, "wb") as file:
            file.write(data)

    def test_the_period_matches_all_the_same(self):
        self.grocer.stop()
        self.damage_tree()
        self.assertFalse(self.grocer.cli("verify", "--data", self.grocer.path("data"),
                                         expect=None)["is_clean"])
        size = self.grocer.log_size()
        self.grocer.start()
        self.coalition.wait_connected()
        for node in (self.fuel, self.grocer):
            node.cli("period", "close", dashed(self.period))
        self.coalition.wait_matched(self.period)
        self.assertIn('"event":"half_mended"', self.grocer.logged_since(size))
        for node in (self.fuel, self.grocer):
            self.assertTrue(node.cli("verify")["is_clean"])
            self.assertNotIn("FROZEN", node.talea("peer", "list").stdout)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(170)
