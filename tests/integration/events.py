#!/usr/bin/python3
"""The journal's rows as they come: in order, each once, over a kill -9 of the node."""

import itertools
import json
import os
import subprocess
import threading
import unittest

import grpc

import wire
from coalition import TALEA, Coalition, main, wait_for


class Follower:
    """`talea events --follow`, its lines read as they come."""

    def __init__(self, node, *words):
        self.rows = []
        self.process = subprocess.Popen(
            ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", TALEA, "--home", node.folder, "events",
             "--follow"] + list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.rows.append(json.loads(line))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


class Events(unittest.TestCase):
    def setUp(self):
        self.pb = wire.messages().ledger
        self.coalition = Coalition(["grocer"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.node = self.coalition["grocer"]
        self.card = self.node.cli("member", "add", "--name", "Zebrina Quux")["card"]

    def service(self, role="back-office"):
        channel = wire.channel(self.node, role)
        self.addCleanup(channel.close)
        return wire.service(channel, self.pb, "LedgerService")

    def earn(self, points=1):
        return self.node.cli("earn", self.card, "1.00", "--points", points, "--as",
                             "admin")["journal_row"]

    def last_row(self):
        return self.node.cli("status")["journal_rows"]

    def test_resumed_over_a_kill(self):
        follower = Follower(self.node, "--from", "1")
        self.addCleanup(follower.close)
        for round in range(3):
            rows = [self.earn() for _ in range(3)]
            wait_for(lambda rows=rows: follower.rows and
                     follower.rows[-1]["journal_row"] >= rows[-1], "the rows are printed")
            self.node.kill()
            self.node.start()
            self.assertIsNone(follower.process.poll())
        last = self.earn()
        wait_for(lambda: follower.rows[-1]["journal_row"] == last, "the last row is printed")
        self.assertEqual([r["journal_row"] for r in follower.rows], list(range(1, last + 1)))
        self.assertNotIn("Zebrina", json.dumps(follower.rows))

    def test_from_a_row_to_what_there_is(self):
        rows = [self.earn(n) for n in (1, 2, 3)]
        lines = self.node.talea("events", "--from", rows[1]).stdout.splitlines()
        events = [json.loads(line) for line in lines]
        self.assertEqual([e["journal_row"] for e in events],
                         list(range(rows[1], self.last_row() + 1)))
        event = events[0]
        self.assertEqual((event["kind"], event["card"], event["points"], event["refusal"]),
                         ("EVENT_KIND_EARN", self.card, 2, "REFUSAL_UNSPECIFIED"))
        self.assertEqual([p["points"] for p in event["postings"]], [2])
        self.assertEqual([lot["free_delta_points"] for lot in event["lots"]], [2])

    def test_from_the_first_there_is(self):
        self.earn()
        rows = list(range(1, self.last_row() + 1))
        for words in (["--from", 0], ["--from", 1], []):
            lines = self.node.talea("events", *words).stdout.splitlines()
            self.assertEqual([json.loads(line)["journal_row"] for line in lines], rows)
        follower = Follower(self.node, "--from", "0")
        self.addCleanup(follower.close)
        wait_for(lambda: len(follower.rows) >= len(rows), "the rows are printed")
        self.assertEqual([row["journal_row"] for row in follower.rows], rows)

    def test_from_now_on(self):
        self.earn()
        call = self.service().WatchEvents(self.pb.WatchEventsRequest())
        first = next(call)
        self.assertEqual((len(first.events), first.next_row), (0, self.last_row() + 1))
        row = self.earn(9)
        message = next(call)
        self.assertEqual([(e.journal_row, e.points) for e in message.events], [(row, 9)])
        self.assertEqual(message.next_row, row + 1)
        call.cancel()

    def test_rows_that_there_are_not(self):
        for from_row in (self.last_row() + 2, 1 << 63):
            request = self.pb.WatchEventsRequest(from_row=from_row)
            self.assertEqual(wire.refusal(self.service().WatchEvents, request),
                             ("OUT_OF_RANGE", "ROW_UNKNOWN"))

        result = self.node.talea("events", "--from", self.last_row() + 2, expect=1)
        self.assertIn("ROW_UNKNOWN", result.stderr)
        self.assertEqual(self.node.talea("events", "--from", self.last_row() + 1).stdout, "")

    def test_who_may_watch(self):
        self.assertEqual(wire.refusal(self.service("till").WatchEvents,
                                      self.pb.WatchEventsRequest()),
                         ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"))
        next(self.service("auditor").WatchEvents(self.pb.WatchEventsRequest())).next_row

    def test_one_that_does_not_read_hinders_nobody(self):
        office = self.service()
        for _ in range(20):
            office.ExecuteBatch(self.pb.ExecuteBatchRequest(commands=[
                self.pb.BatchCommand(transaction_id=os.urandom(16), receipt="x" * 60,
                                     earn=self.pb.BatchEarn(card=self.card, amount_minor=100))
                for _ in range(500)]))
        slow = self.service().WatchEvents(self.pb.WatchEventsRequest(from_row=1), timeout=60)
        next(slow)
        status = self.node.cli("status")
        self.assertLess(int(status["resident_bytes"]), 1 << 30)
        row = self.earn(5)
        quick = self.service().WatchEvents(self.pb.WatchEventsRequest(from_row=row))
        events = itertools.chain.from_iterable(m.events for m in quick)
        self.assertEqual(next(events).points, 5)
        rows = 0
        for message in slow:
            rows += len(message.events)
            if rows >= row:
                break
        self.assertEqual(rows, row)

    def test_a_stop_ends_the_watch(self):
        call = self.service().WatchEvents(self.pb.WatchEventsRequest())
        next(call)
        self.node.stop()
        with self.assertRaises(grpc.RpcError) as caught:
            next(call)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
    main(100)
