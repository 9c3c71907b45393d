#!/usr/bin/python3
"""SIGTERM under traffic: every call is answered or told to ask again, and asking again is safe."""

import collections
import signal
import sys
import threading
import unittest

import grpc

import wire
from coalition import Coalition, main, wait_for

WORKERS = 6
ROUNDS = 4
UNKNOWN = {"UNAVAILABLE", "CANCELLED"}


class Till(threading.Thread):
    """Calls until one fails; what is not known to be done stays in `open`."""

    def __init__(self, node, cards, number):
        super().__init__()
        self.node, self.cards, self.number = node, cards, number
        self.pb = wire.messages().till
        self.done = []
        self.open = []
        self.codes = collections.Counter()

    def request(self, turn):
        return self.pb.EarnRequest(transaction_id=wire.uuid7(), amount_minor=100 * (1 + turn % 7),
                                   card=self.cards[(turn + self.number) % len(self.cards)])

    def run(self):
        with wire.channel(self.node, "till") as channel:
            till = wire.service(channel, self.pb, "TillService")
            turn = 0
            while not self.open:
                requests = [self.request(turn + i) for i in range(8)]
                calls = [(r, till.Earn.future(r)) for r in requests]
                turn += len(requests)
                for request, call in calls:
                    self.settle(request, call)

    def settle(self, request, call):
        try:
            self.done.append((request, call.result()))
        except grpc.RpcError as error:
            self.codes[error.code().name] += 1
            self.open.append(request)


class Stop(unittest.TestCase):
    def setUp(self):
        self.pb = wire.messages().till
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.grocer, self.fuel = self.coalition["grocer"], self.coalition["fuel"]
        self.cards = [n.cli("member", "add")["card"] for n in (self.grocer, self.fuel, self.grocer)]

    def round(self):
        """Traffic, SIGTERM, restart, the open calls again; gives the points that were granted."""
        tills = [Till(self.grocer, self.cards, number) for number in range(WORKERS)]
        for till in tills:
            till.start()
        wait_for(lambda: all(len(till.done) > 20 for till in tills), "traffic")
        self.grocer.stop()
        for till in tills:
            till.join(30)
            self.assertFalse(till.is_alive())
            self.assertLessEqual(set(till.codes), UNKNOWN)
        self.grocer.start()
        given = collections.Counter()
        with wire.channel(self.grocer, "till") as channel:
            service = wire.service(channel, self.pb, "TillService")
            for till in tills:
                # Some answered ones too: the same answer, and nothing added.
                for request, reply in till.done[-3:]:
                    self.assertEqual(service.Earn(request).journal_row, reply.journal_row)
                for request in till.open:
                    service.Earn(request)
                for request in [r for r, _ in till.done] + till.open:
                    given[request.card] += request.amount_minor // 100
        return given, sum((till.codes for till in tills), collections.Counter())

    def balance(self, card):
        node = self.grocer if card.startswith(str(self.grocer.prefix)) else self.fuel
        return node.cli("balance", card)["balance"]["available_points"]

    def test_exactly_once_over_stops(self):
        wanted = collections.Counter()
        codes = collections.Counter()
        for _ in range(ROUNDS):
            given, seen = self.round()
            wanted.update(given)
            codes.update(seen)
            self.coalition.wait_cleared()
            self.assertEqual({card: self.balance(card) for card in self.cards}, dict(wanted))
        print(f"calls without an answer: {dict(codes)}", flush=True)
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_a_stop_ends_although_a_client_hangs_on(self):
        """An idle import and an idle session don't keep the node."""
        pb = wire.messages().back_office
        release = threading.Event()
        self.addCleanup(release.set)

        def silence():
            release.wait(60)
            yield from ()
        with wire.channel(self.grocer, "back-office") as channel:
            call = wire.service(channel, pb, "BackOfficeService").ImportReceipts(silence(),
                                                                                 timeout=60)
            self.assertEqual(self.grocer.cli("status")["partner"], "grocer")
            self.grocer.stop()
            release.set()
            with self.assertRaises(grpc.RpcError) as caught:
                list(call)
            self.assertIn(caught.exception.code().name, UNKNOWN)
        self.grocer.start()

    def test_sigint_stops_as_well(self):

        self.fuel.signal(signal.SIGINT)
        self.assertEqual(self.fuel.wait(), 0)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(110)
