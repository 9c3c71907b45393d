#!/usr/bin/python3
"""Brands that lie, flood and stall: each with its real certificate and key, against a real node.

The grocer is attacked; the fuel station goes on trading with it all the while. At the end nothing
was lost, invented or moved that shouldn't be, and the grocer's ledger verifies.
"""

import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
import unittest
import uuid

import grpc

import wire
from coalition import TALEA, Coalition, luhn, main, run, wait_for
from dossiers import varint
from partner import (BATCH, COUNTERSIGN, HOLD_GRANT, HOLD_REQUEST, RECEIPT, STATEMENT, Partner,
                     entry_hash, receipt_hash)

NAMES = ("bakery", "cinema", "fuel", "grocer", "hotel", "pharmacy", "tailor")
LIMITS = ("limits: {peer_holds_per_s: 100, peer_refused_holds_per_s: 10, peer_calls_per_s: 50, "
          "points_per_command_max: 100000}\n")
MEMORY_MIB_MORE = 256


class Traffic(threading.Thread):
    """Fuel's till sells to the grocer's member, and its till burns there; counts what is answered."""

    def __init__(self, grocer, fuel, card):
        super().__init__(daemon=True)
        self.pb = wire.messages()
        self.nodes = (grocer, fuel)
        self.card = card
        self.answered = 0
        self.earned = 0
        self.burned = 0
        self.failure = None
        self._is_over = threading.Event()

    def run(self):
        channels = [wire.channel(node, "till") for node in self.nodes]
        tills = [wire.service(c, self.pb.till, "TillService") for c in channels]
        try:
            while not self._is_over.is_set():
                self.round(*tills)
        except Exception as error:  # told to the test, which is another thread
            self.failure = error
        for channel in channels:
            channel.close()

    def round(self, home, abroad):
        for till in (home, abroad):
            till.Earn(self.pb.till.EarnRequest(transaction_id=wire.uuid7(), card=self.card,
                                               amount_minor=500, currency="USD"))
            self.answered += 1
            self.earned += 5
        hold = abroad.AuthoriseBurn(self.pb.till.AuthoriseBurnRequest(
            transaction_id=wire.uuid7(), card=self.card, points=1))
        abroad.CaptureBurn(self.pb.till.CaptureBurnRequest(
            transaction_id=wire.uuid7(), hold_id=hold.hold_id))
        self.answered += 2
        self.burned += 1
        self._is_over.wait(0.01)

    def stop(self):
        self._is_over.set()
        self.join()


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(list(NAMES))
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer, cls.fuel = cls.coalition["grocer"], cls.coalition["fuel"]
        with open(cls.grocer.path("node.yaml"), "a", encoding="utf-8") as file:
            file.write(LIMITS)
        for node in (cls.grocer, cls.fuel):
            node.start()
        wait_for(lambda: cls.peer("fuel")["is_connected"], "the honest two are connected")
        cls.period = cls.grocer.cli("status")["open_period"]
        cls.card = cls.grocer.cli("member", "add")["card"]
        cls.victim_card = cls.grocer.cli("member", "add")["card"]
        cls.grocer.cli("earn", cls.victim_card, "1000.00")
        traffic_card = cls.grocer.cli("member", "add")["card"]
        cls.grocer.cli("earn", traffic_card, "10000.00")
        cls.traffic = Traffic(cls.grocer, cls.fuel, traffic_card)
        cls.traffic.start()
        cls.memory_before = cls.memory()
        cls.liar = cls.partner("pharmacy")

    @classmethod
    def partner(cls, name):
        partner = Partner(cls.coalition[name])
        partner.period = cls.period
        return partner

    @classmethod
    def peer(cls, name):
        return next(p for p in cls.grocer.peers() if p["partner"] == name)

    @classmethod
    def memory(cls):
        return int(cls.grocer.cli("status")["resident_bytes"]) >> 20

    def setUp(self):
        self.answered_before = self.traffic.answered
        self.balance_before = self.balance()

    def tearDown(self):
        """Whatever was tried: the points are where they were, and the others were served."""
        wait_for(lambda: self.traffic.failure or self.traffic.answered > self.answered_before + 8,
                 "the others are served on")
        self.assertIsNone(self.traffic.failure)
        self.assertEqual(self.balance(), self.balance_before)

    @classmethod
    def balance(cls):
        balance = cls.grocer.cli("balance", cls.victim_card)["balance"]
        return balance["available_points"], balance["held_points"], balance["debt_points"]

    def refused(self, reason, partner="pharmacy"):
        """How often, by the metrics."""
        wanted = f'talea_peer_refused_total{{partner="{partner}",reason="{reason}"}} '
        lines = [line for line in self.grocer.http_get("/metrics")[1].splitlines()
                 if line.startswith(wanted)]
        return int(lines[0][len(wanted):]) if lines else 0

    def rows(self):
        return int(self.grocer.cli("status")["journal_rows"])

    # What is signed.

    def test_envelopes(self):
        liar, grocer = self.liar, self.grocer
        other = self.partner("tailor")
        entries = [liar.earn(self.victim_card, 5)]
        liar.rewind(liar.number - 1, bytes(32) if liar.number == 1 else self.before)
        wrong = {"purpose": {"purpose": HOLD_REQUEST}, "epoch ahead": {"epoch": 99},
                 "no epoch": {"epoch": 0}, "coalition": {"coalition": "other"},
                 "another's key": {"key": other.key}, "a key's name": {"key_id": other.key.id}}
        before = self.refused("BAD_SIGNATURE")
        for what, sign in wrong.items():
            with self.subTest(batch=what), liar.stream(grocer) as stream:
                self.assertIn("BAD_SIGNATURE", stream.send(liar.batch(grocer, entries, **sign)))
        with liar.stream(grocer) as stream:
            bad = liar.batch(grocer, entries)
            bad.head.signature = bytes([bad.head.signature[0] ^ 1]) + bad.head.signature[1:]
            self.assertIn("BAD_SIGNATURE", stream.send(bad))
        self.assertEqual(self.refused("BAD_SIGNATURE"), before + len(wrong) + 1)
        with liar.channel(grocer) as channel:
            service = liar.service(channel)
            payload = liar.hold_request(grocer, self.victim_card, 5, now_ms=now_ms())
            for what, sign in wrong.items():
                sign = {"purpose": BATCH} if what == "purpose" else sign
                with self.subTest(hold=what):
                    self.assertEqual(wire.refusal(liar.hold, service, payload, **sign)[1],
                                     "BAD_SIGNATURE")

    def test_in_anothers_name(self):
        liar, grocer = self.liar, self.grocer
        entries = [liar.earn(self.victim_card, 5)]
        liar.rewind(liar.number - 1, self.before)
        for fields in ({"sender": "fuel"}, {"receiver": "fuel"}):
            with self.subTest(**fields), liar.stream(grocer) as stream:
                problem = stream.send(liar.batch(grocer, entries,
                                                 head=liar.head(grocer, entries, **fields)))
                self.assertRegex(problem, "DENIED|broken")
        with liar.channel(grocer) as channel:
            service = liar.service(channel)
            for fields, reason in (({"redeemer": "fuel"}, "DENIED"), ({"home": "fuel"}, "INPUT"),
                                   ({"capture_by_unix_ms": 1}, "INPUT"),
                                   ({"capture_by_unix_ms": now_ms() + 40 * 86400_000}, "INPUT")):
                payload = liar.hold_request(grocer, self.victim_card, 5, now_ms=now_ms(), **fields)
                with self.subTest(**fields):
                    self.assertIn(reason, wire.refusal(liar.hold, service, payload)[1])

    # The order of a stream.

    @property
    def before(self):
        """The hash of the liar's last entry that was taken."""
        return type(self).taken_hash

    taken_hash = bytes(32)

    def take(self, entries, stream=None):
        """A batch that is taken; gives the receipt."""
        liar = self.liar
        if stream is None:
            with liar.stream(self.grocer) as stream:
                return self.take(entries, stream)
        receipt = stream.send(liar.batch(self.grocer, entries))
        self.assertNotIsInstance(receipt, str, receipt)
        type(self).taken_hash = entry_hash(entries[-1])
        return receipt

    def test_gap_replay_and_reordering(self):
        liar, grocer = self.liar, self.grocer
        liar.rewind(liar.number, self.before)
        entries = [liar.earn(self.card, 1) for _ in range(4)]
        with liar.stream(grocer) as stream:
            self.assertIn("gap", stream.send(liar.batch(grocer, entries[1:])))
        with liar.stream(grocer) as stream:
            head = liar.head(grocer, entries)
            shuffled = [entries[0], entries[2], entries[1], entries[3]]
            self.assertIn("broken", stream.send(liar.batch(grocer, shuffled, head=head)))
        receipt = self.take(entries)
        self.assertEqual(len(receipt.refused), 0)
        for again in (entries, entries[2:]):
            with liar.stream(grocer) as stream:
                self.assertIn("repeat", stream.send(liar.batch(grocer, again)))
        overlapping = entries[3:] + [liar.earn(self.card, 1)]
        liar.rewind(liar.number - 1, self.before)
        with liar.stream(grocer) as stream:
            self.assertIn("broken", stream.send(liar.batch(grocer, overlapping)))

    def test_entries_that_mean_nothing(self):
        """Signed and in order, but about what isn't: each is refused by itself, and moves nothing."""
        liar = self.liar
        liar.rewind(liar.number, self.before)
        nobody = luhn(str(self.grocer.prefix) + "999999990")
        ghost = uuid.uuid4().bytes
        twice = uuid.uuid4().bytes
        cases = [(1, nobody, 5, b"", {}, "CARD_UNKNOWN"),
                 (1, self.card, 5, b"", {"tariff": 77}, "TARIFF_UNKNOWN"),
                 (1, self.card, 5, b"", {"transaction_id": twice}, None),
                 (1, self.card, 5, b"", {"transaction_id": twice}, "SALE_EXISTS"),
                 (1, self.card, 6_000_000, b"", {}, "NET_DEBIT_CAP"),
                 (2, self.victim_card, 5, ghost, {}, "HOLD_UNKNOWN"),
                 (3, self.victim_card, 0, uuid.uuid4().bytes, {}, None),  # it will not be granted
                 (4, self.victim_card, 5, ghost, {}, "SALE_UNKNOWN"),
                 (4, self.victim_card, 6, twice, {}, "RETURN_EXCEEDS_SALE"),
                 (5, self.victim_card, 5, ghost, {}, "HOLD_UNKNOWN"),
                 (6, self.victim_card, 5, ghost, {}, "NOT_AGREED")]
        entries = [liar.entry(kind, card, points, subject, **dict(fields))
                   for kind, card, points, subject, fields, _ in cases]
        first = liar.number - len(cases) + 1
        receipt = self.take(entries)
        reasons = {row.number: row.reason for row in receipt.refused}
        for number, case in enumerate(cases, first):
            with self.subTest(kind=case[0], expected=case[5]):
                self.assertEqual(reasons.get(number), case[5])

    def test_malformed_entries(self):
        liar, grocer = self.liar, self.grocer
        liar.rewind(liar.number, self.before)
        good = liar.earn(self.card, 1)
        liar.rewind(liar.number - 1, self.before)
        bad = {"truncated": good[:-3], "longer": good + b"\x78\x01", "empty": b"",
               "oversized": good + bytes([0x7a]) + b"\xc8\x04" + bytes(600),
               "noise": os.urandom(80), "doubled": good + good}
        for what, entry in bad.items():
            with self.subTest(what), liar.stream(grocer) as stream:
                head = liar.head(grocer, [good], last_hash=entry_hash(entry))
                self.assertRegex(stream.send(liar.batch(grocer, [entry], head=head)),
                                 "INPUT|INVALID")
        with liar.stream(grocer) as stream:
            many = [good] * 1025
            self.assertRegex(stream.send(liar.batch(grocer, many)), "INPUT|1024")

    # Bytes.

    def test_messages_that_are_none(self):
        liar, grocer = self.liar, self.grocer
        whole = liar.batch(grocer, [liar.earn(self.card, 1)]).SerializeToString()
        liar.rewind(liar.number - 1, self.before)
        nested = b""
        for _ in range(10000):
            nested = b"\x0a" + varint(len(nested)) + nested
        messages = {"truncated": whole[:-7], "noise": os.urandom(4096),
                    "nested": nested[:1 << 20], "oversized": b"\x12" + varint(5 << 20) +
                    bytes(5 << 20)}
        with liar.channel(grocer) as channel:
            for method in ("AuthoriseHold", "ExchangeStatement"):
                call = wire.raw(channel, f"/talea.v1.PeerService/{method}")
                for what, message in messages.items():
                    with self.subTest(method=method, what=what):
                        code = wire.refusal(call, message, timeout=10)[0]
                        self.assertIn(code, ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"))
            for what, message in messages.items():
                with self.subTest(method="Clear", what=what):
                    call = wire.raw(channel, "/talea.v1.PeerService/Clear", "stream_stream")
                    code = wire.refusal(call, iter([b"", message]), timeout=10)[0]
                    self.assertIn(code, ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "ABORTED"))
        self.assertGreater(self.refused("MALFORMED"), 0)

    # Time and number.

    def test_many_and_silent_streams(self):
        liar = self.liar
        streams = [liar.stream(self.grocer, held=None) for _ in range(20)]
        try:
            codes = [stream.code() for stream in streams[10:] if wait_ended(stream, 3)]
            self.assertGreaterEqual(codes.count("RESOURCE_EXHAUSTED"), 1)
            wait_for(lambda: self.refused("SILENT_STREAM") > 0, "silent streams are ended", 25)
        finally:
            for stream in streams:
                stream.close()
        wait_for(lambda: self.streams_again(), "there is room for a stream again")

    def streams_again(self):
        try:
            with self.liar.stream(self.grocer):
                return True
        except grpc.RpcError:
            return False

    def test_half_a_message(self):
        """Connections that begin something and never go on."""
        sockets = [self.half_open(kind) for kind in range(24)]
        time_of = time.monotonic()
        answered = self.traffic.answered
        wait_for(lambda: self.traffic.failure or self.traffic.answered > answered + 20,
                 "the others are served")
        self.assertLess(time.monotonic() - time_of, 20)
        for each in sockets:
            each.close()

    def half_open(self, kind):
        node = self.liar.node
        plain = socket.create_connection(("127.0.0.1", self.grocer.port), timeout=10)
        if kind % 3 == 0:
            plain.sendall(b"\x16\x03\x01")  # half of a TLS record
            return plain
        context = ssl.create_default_context(cafile=self.grocer.path("tls/ca.pem"))
        context.check_hostname = False
        context.load_cert_chain(node.path("tls/node.pem"), node.path("tls/node.key"))
        context.set_alpn_protocols(["h2"])
        tls = context.wrap_socket(plain, server_hostname="grocer.demo.talea")
        tls.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
        if kind % 3 == 1:
            tls.sendall(struct.pack(">I", 100)[1:] + b"\x01\x04")  # half of a frame's head
        else:
            tls.sendall(frame(1, 4, 1, b"\x83\x87")[:-1])  # half of its headers
        return tls

    def test_never_reads(self):
        """Has many receipts given again, and takes none of them."""
        liar, grocer = self.partner("tailor"), self.grocer
        nobody = luhn(str(grocer.prefix) + "999999970")
        with liar.stream(grocer) as stream:  # what is refused makes receipts long
            for _ in range(600):
                entries = [liar.earn(nobody, 1) for _ in range(40)]
                receipt = stream.send(liar.batch(grocer, entries))
                self.assertNotIsInstance(receipt, str, receipt)
        small = {"grpc.http2.lookahead_bytes": 1024, "grpc.http2.bdp_probe": 0}
        stream = liar.stream(grocer, held=None, **small)
        stream.put(liar.pb.peer.ClearRequest(held_receipt_number=0))
        try:
            wait_for(lambda: self.refused("NEVER_READS", "tailor") > 0, "it is cut off", 25)
        finally:
            stream.close()

    def test_flood_of_authorisations(self):
        liar = self.liar
        nobody = luhn(str(self.grocer.prefix) + "999999980")
        before = self.rows()
        traffic_before = self.traffic.answered
        outcomes = {}
        with liar.channel(self.grocer) as channel:
            service = liar.service(channel)
            for _ in range(600):
                payload = liar.hold_request(self.grocer, nobody, 1, now_ms=now_ms())
                try:
                    outcome = liar.hold(service, payload)
                except grpc.RpcError as error:
                    self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
                    outcome = wire.details(error)[0]
                    self.assertGreater(retry_after(error), 0)
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        self.assertGreater(outcomes.get("RATE_REFUSED_HOLDS", 0), 50, outcomes)
        self.assertGreater(outcomes.get("RATE_HOLDS", 0), 50, outcomes)
        self.assertLess(outcomes.get("CARD_UNKNOWN", 0), 150, outcomes)
        # Each answered call of the others makes up to four rows here; the flood's refusals none.
        others = 4 * (self.traffic.answered - traffic_before) + 50
        self.assertLess(self.rows() - before, outcomes["CARD_UNKNOWN"] + others)
        self.assertGreaterEqual(self.refused("RATE_HOLDS"), outcomes["RATE_HOLDS"])

    def test_flood_of_calls(self):
        liar = self.liar
        reasons = {}
        with liar.channel(self.grocer) as channel:
            service = liar.service(channel)
            statement = liar.signed(b"noise", STATEMENT)
            request = liar.pb.peer.ExchangeStatementRequest(statement=statement)
            for _ in range(400):
                reason = wire.refusal(service.ExchangeStatement, request)[1]
                reasons[reason] = reasons.get(reason, 0) + 1
        self.assertGreater(reasons.get("RATE_CALLS", 0), 100, reasons)
        time.sleep(2)  # so that the next test has its rate again

    def test_too_much_of_everything(self):
        liar = self.liar
        with liar.channel(self.grocer) as channel:
            service = liar.service(channel)
            for points, reason in ((100_001, "POINTS_TOO_LARGE"), (99_999, "INSUFFICIENT_POINTS")):
                payload = liar.hold_request(self.grocer, self.victim_card, points, now_ms=now_ms())
                with self.subTest(points=points):
                    self.assertEqual(retried(lambda: liar.hold(service, payload)), reason)

    def test_crowded_lots(self):
        """One-point earns under very many terms: the member still has room for other brands."""
        liar = self.partner("hotel")
        card = self.grocer.cli("member", "add")["card"]
        start = now_ms()
        terms = [{"expires_at_unix_ms": start + (day + 30) * 86_400_000 + day} for day in range(900)]
        with liar.stream(self.grocer) as stream:
            refused = 0
            for first in range(0, len(terms), 300):
                entries = [liar.earn(card, 1, **more) for more in terms[first:first + 300]]
                receipt = stream.send(liar.batch(self.grocer, entries))
                self.assertEqual({row.reason for row in receipt.refused} - {"TOO_MANY_LOTS"}, set())
                refused += len(receipt.refused)
        balance = self.grocer.cli("balance", card)["balance"]
        self.assertEqual(balance["available_points"], len(terms) - refused)
        self.assertLessEqual(len(balance["lots"]), 96)
        self.assertGreater(len(terms) - refused, 800)
        self.fuel.cli("earn", card, "7.00")
        self.grocer.cli("earn", card, "3.00")
        wait_for(lambda: self.grocer.cli("balance", card)["balance"]["available_points"] ==
                 len(terms) - refused + 10, "others' points find room")

    # Lies that prove themselves.

    def test_fork(self):
        liar, grocer = self.partner("bakery"), self.grocer
        entries = [liar.earn(self.card, 1), liar.earn(self.card, 1)]
        with liar.stream(grocer) as stream:
            self.assertEqual(stream.send(liar.batch(grocer, entries)).last_number, 2)
        liar.rewind(1, entry_hash(entries[0]))
        other = liar.earn(self.card, 7)
        with liar.stream(grocer) as stream:
            self.assertIn("fork", stream.send(liar.batch(grocer, [other])))
        with liar.stream(grocer) as stream:
            self.assertIn("frozen", stream.send(liar.batch(grocer, [liar.earn(self.card, 7)])))
        self.assertEqual(self.refused("fork", "bakery"), 1)
        self.assertIn("frozen", self.peer("bakery")["problem"])
        self.proves("bakery", "two-batches")

    def proves(self, name, kind):
        """The evidence that is kept proves itself, and nothing once a byte of it is another."""
        row = next(r for r in self.grocer.cli("evidence", "list")["rows"] if r["partner"] == name)
        self.assertEqual(row["kind"], kind)
        path = self.coalition.path(f"{name}.evidence")
        self.grocer.talea("evidence", "export", name, row["number"], "--out", path)
        verify = [TALEA, "evidence", "verify", path, "--charter",
                  self.coalition.path("charter.talea")]
        judgement = json.loads(run(verify + ["--json"]).stdout)
        self.assertTrue(judgement["proves"])
        self.assertEqual((judgement["partner"], judgement["witness"]), (name, "grocer"))
        with open(path, "rb") as file:
            whole = file.read()
        pb = wire.messages().evidence.Evidence
        for place in range(len(pb.FromString(whole).statements)):
            bad = pb.FromString(whole)
            said = bad.statements[place]
            bad.statements[place] = said[:12] + bytes([said[12] ^ 1]) + said[13:]
            with open(path, "wb") as file:
                file.write(bad.SerializeToString())
            with self.subTest(statement=place):
                self.assertIn(run(verify, expect=None).returncode, (1, 4))
        show = self.grocer.cli("peer", "show", name)
        self.assertEqual(int(show["evidence_count"]), 1)
        self.assertTrue(any("evidence" in a["action"] for a in show["advice"]), show["advice"])
        self.assertIn("evidence", self.grocer.talea("peer", "show", name).stdout)

    def lie_in_receipts(self, name, lie):
        """A partner's node takes our entries and answers with what `lie` makes of the receipt."""
        liar = self.partner(name)
        received = []

        def clear(requests, context):
            del context
            next(requests)
            yield liar.pb.peer.ClearResponse()
            for request in requests:
                head = liar.pb.peer.BatchHead.FromString(request.head.payload)
                totals = {}
                for entry in request.entries:
                    decoded = liar.pb.peer.ClearingEntry.FromString(entry)
                    key = decoded.kind, decoded.tariff
                    count, points = totals.get(key, (0, 0))
                    totals[key] = count + 1, points + decoded.points
                receipt = liar.pb.peer.ClearingReceipt(
                    sender="grocer", receiver=name, receipt_number=1,
                    previous_receipt_hash=bytes(32), first_number=head.first_number,
                    last_number=head.first_number + head.count - 1, last_hash=head.last_hash)
                for (kind, tariff), (count, points) in sorted(totals.items()):
                    receipt.totals.add(kind=kind, tariff=tariff, count=count, points=points)
                lie(receipt)
                received.append(head)
                yield liar.pb.peer.ClearResponse(
                    receipt=liar.signed(receipt.SerializeToString(), RECEIPT))

        server = liar.serve(clear)
        try:
            self.grocer.cli("earn", luhn(str(liar.node.prefix) + "000000001"), "12.00")
            wait_for(lambda: received and "frozen" in self.peer(name)["problem"],
                     f"the stream to {name} is frozen", 60)
        finally:
            server.stop(0)

    def test_false_totals(self):
        def lie(receipt):
            receipt.totals[0].points += 1
        self.lie_in_receipts("cinema", lie)
        self.proves("cinema", "wrong-totals")

    def test_receipt_for_another_entry(self):
        def lie(receipt):
            receipt.last_hash = bytes([receipt.last_hash[0] ^ 1]) + receipt.last_hash[1:]
        self.lie_in_receipts("hotel", lie)
        self.proves("hotel", "another-entry")

    def test_receipt_for_what_was_never_sent(self):
        def lie(receipt):
            receipt.last_number += 5
        self.lie_in_receipts("tailor", lie)

    def test_anothers_statement(self):
        liar = self.liar
        pb = liar.pb.settlement
        halves = [pb.StatementHalf(sender=a, receiver=b, first_number=1, last_number=1,
                                   last_hash=bytes(32)) for a, b in
                  (("fuel", "grocer"), ("grocer", "fuel"))]
        payload = pb.PairStatement(coalition=liar.node.coalition, charter_epoch=1,
                                   period=self.period, halves=halves,
                                   currency="USD").SerializeToString()
        request = liar.pb.peer.ExchangeStatementRequest
        with liar.channel(self.grocer) as channel:
            service = liar.service(channel)
            refused = retried(lambda: wire.refusal(
                service.ExchangeStatement, request(statement=liar.signed(payload, STATEMENT))))
            self.assertIn("DENIED", refused[1])
            refused = retried(lambda: wire.refusal(
                service.ExchangeStatement, request(statement=liar.signed(payload, COUNTERSIGN))))
            self.assertEqual(refused[1], "BAD_SIGNATURE")

    @classmethod
    def tearDownClass(cls):
        """After all of it."""
        cls.traffic.stop()
        assert cls.traffic.failure is None, cls.traffic.failure
        card = cls.traffic.card

        def is_settled():
            balance = cls.grocer.cli("balance", card)["balance"]
            return balance["available_points"] == (10000 + cls.traffic.earned -
                                                   cls.traffic.burned)
        wait_for(is_settled, "the honest points are all there")
        more = cls.memory() - cls.memory_before
        assert more < MEMORY_MIB_MORE, f"{more} MiB more memory"
        assert cls.grocer.cli("verify")["is_clean"]
        print(f"{cls.traffic.answered} calls of the others were answered, {more} MiB more")


def now_ms():
    return int(time.time() * 1000)


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def wait_ended(stream, seconds):
    """Has the call ended by itself?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not stream._call.is_active():
            return True
        time.sleep(0.05)
    return False


def retried(call, seconds=10):
    """Again after a flood's refusals, when the rate allows."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = call()
            if not (isinstance(answer, tuple) and str(answer[1]).startswith("RATE_")):
                return answer
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED or time.monotonic() > end:
                raise
        time.sleep(0.1)


def retry_after(error):
    """The hint in a refusal's details, in milliseconds."""
    pb = wire.messages().refusal
    for key, value in error.trailing_metadata():
        if key == wire.DETAILS_KEY:
            info = pb.ErrorReason.FromString(pb.StatusDetails.FromString(value).details[0].value)
            return int({m.key: m.value for m in info.metadata}.get("retry_after_ms", 0))
    return 0


if __name__ == "__main__":
    sys.exit(main(280))
