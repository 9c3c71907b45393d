#!/usr/bin/python3
"""Kill -9 of every node at random moments of an import with cross-brand earns.

Three brands import their receipts, of their own and the others' cards, again and again, while tills
earn beside them and one node after the other is killed and started. At the end everything that was
acknowledged is there once: each member's points are what an independent calculation gives, the
statements match, and every ledger proves itself.

TALEA_KILLS: how often each node is killed (17). TALEA_RECEIPTS: receipts of each brand (1000).
TALEA_SEED repeats the order and the moments of the kills.
"""

import collections
import os
import sys
import threading
import time
import unittest

import grpc

import points
import wire
from coalition import GENERATE, SOURCE, Coalition, main, needs, run, seeded

STYLES = {"fuel": "fuel", "grocer": "grocer", "pharmacy": "pharmacy"}
MAPPING = os.path.join(SOURCE, "cluster/maps/generated.yaml")
MEMBERS = 12
KILLS = int(os.environ.get("TALEA_KILLS", "17"))
RECEIPTS = int(os.environ.get("TALEA_RECEIPTS", "1000"))
LAST_IMPORT_SECONDS = 60
ANSWER_SECONDS = 20
RECONNECT = {"grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 500}
UNKNOWN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED,
           grpc.StatusCode.DEADLINE_EXCEEDED)


class Importer(threading.Thread):
    """Imports the brand's file over and over; the last time to its end."""

    def __init__(self, node, path, stop):
        super().__init__()
        self.node, self.path, self.stop = node, path, stop
        self.finished = self.broken = 0
        self.last = None

    def run(self):
        end = None
        while self.last is None:
            is_last = self.stop.is_set()
            end = end or (time.monotonic() + LAST_IMPORT_SECONDS if is_last else None)
            result = self.node.talea("import", "receipts", "--map", MAPPING, self.path, "--json",
                                     expect=None)
            if result.returncode == 0 or "ROWS_REJECTED" in result.stderr:
                self.finished += 1
                self.last = result.stdout if is_last else None
            else:
                self.broken += 1
                self.last = (result.stderr if result.returncode != 3 or
                             end is not None and time.monotonic() > end else None)


class Till(threading.Thread):
    """Earns one purchase after the other; the same id again until there is an answer."""

    def __init__(self, node, cards, rng, stop):
        super().__init__()
        self.node, self.cards, self.rng, self.stop = node, cards, rng, stop
        self.pb = wire.messages().till
        self.given = collections.Counter()
        self.repeats = 0
        self.problem = None
        self.give_up = float("inf")

    def earn(self, till, request):
        while True:
            try:
                # C core connects while a call waits for it.
                return till.Earn(request, timeout=5, wait_for_ready=True)
            except grpc.RpcError as error:
                if error.code() not in UNKNOWN:
                    self.problem = str(error)
                    return None
                self.repeats += 1
                if self.stop.is_set() and time.monotonic() > self.give_up:
                    self.problem = f"still no answer: {error}"
                    return None
                time.sleep(0.05)

    def run(self):
        with wire.channel(self.node, "till", **RECONNECT) as channel:
            till = wire.service(channel, wire.messages().till, "TillService")
            while not self.stop.is_set() and self.problem is None:
                card = self.rng.choice(self.cards)
                reply = self.earn(till, self.pb.EarnRequest(
                    transaction_id=wire.uuid7(), card=card,
                    amount_minor=self.rng.randrange(1, 100_00)))
                if reply is not None:
                    self.given[card] += reply.earned_points


class Crash(unittest.TestCase):
    def setUp(self):
        needs(GENERATE)
        self.rng = seeded()
        self.coalition = Coalition(sorted(STYLES))
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.cards = [card for node in self.coalition for card in self.enrol(node)]
        with open(self.coalition.path("cards.txt"), "w", encoding="ascii") as file:
            file.write("".join(card + "\n" for card in self.cards))
        for node in self.coalition:
            self.generate(node)

    def enrol(self, node):
        pb = wire.messages().back_office
        requests = [pb.ImportMembersRequest(transaction_id=wire.uuid7()) for _ in range(MEMBERS)]
        with wire.channel(node, "back-office") as channel:
            office = wire.service(channel, pb, "BackOfficeService")
            return [reply.card for reply in office.ImportMembers(iter(requests))]

    def file_of(self, node):
        return self.coalition.path(node.partner + ".csv")

    def generate(self, node):
        made = run([GENERATE, "--style", STYLES[node.partner], "--month", "2026-01", "--seed",
                    str(self.rng.randrange(1 << 30)), "--receipts", str(RECEIPTS), "--currency",
                    "USD", "--members-from", self.coalition.path("cards.txt")])
        with open(self.file_of(node), "w", encoding="utf-8") as file:
            file.write(made.stdout)

    def expected(self, tills):
        wanted = collections.Counter({card: 0 for card in self.cards})
        for node in self.coalition:
            shop = points.Shop(MAPPING, points.Programme(node.path("programme.yaml")))
            shop.read(self.file_of(node))
            self.assertGreater(shop.counts["sales"], 0)
            wanted.update(shop.given)
            wanted.subtract(shop.taken)
        for till in tills:
            wanted.update(till.given)
        return wanted

    def kill_all(self, stop):
        order = [node for node in self.coalition for _ in range(KILLS)]
        self.rng.shuffle(order)
        for node in order:
            stop.wait(self.rng.uniform(0, 0.6))
            node.kill()
            if self.rng.random() < 0.3:
                stop.wait(self.rng.uniform(0, 0.3))
            node.start()

    def work(self):
        """Imports and tills under fire; gives both for what they saw."""
        stop, unset = threading.Event(), threading.Event()
        importers = [Importer(node, self.file_of(node), stop) for node in self.coalition]
        tills = [Till(node, self.cards, type(self.rng)(self.rng.random()), stop)
                 for node in self.coalition]
        for worker in importers + tills:
            worker.start()
        try:
            self.kill_all(unset)
        finally:
            for till in tills:
                till.give_up = time.monotonic() + ANSWER_SECONDS
            stop.set()
            for worker in importers + tills:
                worker.join(LAST_IMPORT_SECONDS + 30)
        return importers, tills

    def test_nothing_lost_and_nothing_twice(self):
        period = next(iter(self.coalition)).cli("status")["open_period"]
        start = time.monotonic()
        importers, tills = self.work()
        print(f"{KILLS} kills of each node in {time.monotonic() - start:.1f} s; imports broken "
              f"{[i.broken for i in importers]}, finished {[i.finished for i in importers]}; "
              f"till calls repeated {[t.repeats for t in tills]}", flush=True)
        for importer in importers:
            self.assertIn('"rows"', importer.last or "", importer.node.partner)
            self.assertIn('"rejected": []', importer.last)
        self.assertEqual([t.problem for t in tills], [None] * len(tills))
        self.coalition.wait_cleared()
        self.compare(self.expected(tills))
        self.coalition.close_period(period)
        for node in self.coalition:
            result = node.cli("verify")
            self.assertTrue(result["is_clean"], result)

    def compare(self, wanted):
        found = {}
        for node in self.coalition:
            for member in node.cli("member", "list", "--limit", "1000")["members"]:
                b = member["balance"]
                found[member["cards"][0]["number"]] = (
                    b["available_points"] + b["pending_points"] + b["held_points"] -
                    b["debt_points"])
        self.assertEqual(found, dict(wanted))
        self.assertGreater(sum(found.values()), 0)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(200)
