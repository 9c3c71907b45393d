#!/usr/bin/python3
"""The end of a settlement period between three brands: matched, signed by both, provable."""

import json
import sys
import unittest

import grpc

import wire
from coalition import TALEA, Coalition, dashed, is_matched, main, run, wait_for

NAMES = ("fuel", "grocer", "pharmacy")


class Period(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(list(NAMES))
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.period = self.coalition["grocer"].cli("status")["open_period"]
        self.next = self.period + 1 if self.period % 100 < 12 else self.period + 89

    def trade(self):
        """Everyone's member earns everywhere and burns at the next brand."""
        cards = {n.partner: n.cli("member", "add")["card"] for n in self.coalition}
        for number, node in enumerate(self.coalition):
            for other, card in enumerate(cards.values()):
                node.cli("earn", card, f"{(number + 1) * 10 + other}.00")
        self.coalition.wait_cleared()
        for number, node in enumerate(self.coalition):
            card = cards[NAMES[(number + 1) % len(NAMES)]]
            node.cli("burn", card, str(3 + number))
        self.coalition.wait_cleared()
        return cards

    def statement(self, node, other, period):
        pb = wire.messages()
        with wire.channel(node, "back-office") as channel:
            office = wire.service(channel, pb.back_office, "BackOfficeService")
            return office.GetStatement(pb.back_office.GetStatementRequest(partner=other,
                                                                          period=period))

    def test_all_pairs_match_and_both_signed(self):
        self.trade()
        self.coalition.close_period(self.period)
        for node in self.coalition:
            for other in NAMES:
                if other != node.partner:
                    self.check_pair(node, self.coalition[other])
            self.assertTrue(node.cli("verify")["is_clean"])

    def check_pair(self, node, other):
        pb = wire.messages()
        ours = self.statement(node, other.partner, self.period)
        theirs = self.statement(other, node.partner, self.period)
        self.assertEqual(ours.statement, theirs.statement)
        self.assertTrue(ours.own_signed and ours.partner_signed and ours.partner_countersigned)
        text = pb.settlement.PairStatement.FromString(ours.statement)
        self.assertEqual(text.period, self.period)
        self.assertEqual([h.sender for h in text.halves], sorted([node.partner, other.partner]))
        left, right = node.pair(other.partner, self.period), other.pair(node.partner, self.period)
        self.assertEqual(left["sent"], right["received"])
        self.assertEqual(int(left["net_minor"]), -int(right["net_minor"]))
        self.assertEqual(int(left["net_points"]), -int(right["net_points"]))
        # What each paid for the points at the tariff's 0.01: earns against captures.
        worth = {"ENTRY_KIND_EARN": 1, "ENTRY_KIND_CAPTURE": -1, "ENTRY_KIND_PERIOD_MARK": 0}
        owed = sum(sign * worth[t["kind"]] * int(t["points"])
                   for half, sign in (("sent", 1), ("received", -1)) for t in left[half])
        self.assertEqual(int(left["net_minor"]), owed)
        debtor = node.partner if owed > 0 else other.partner if owed < 0 else ""
        self.assertEqual((text.debtor, text.net_minor), (debtor, abs(owed)))

    def test_statements_prove_themselves_offline(self):
        if "statement verify" not in run([TALEA, "--help"]).stdout:
            self.skipTest("this build has no `talea statement verify`")
        self.trade()
        self.coalition.close_period(self.period)
        path = self.coalition.path("proof.talea")
        self.coalition["grocer"].talea("statement", "show", "fuel", dashed(self.period),
                                       "--out", path)
        for node in self.coalition:
            node.stop()
        verify = [TALEA, "statement", "verify", path, "--charter",
                  self.coalition.path("charter.talea")]
        run(verify)
        pb = wire.messages().back_office
        with open(path, "rb") as file:
            good = pb.GetStatementResponse.FromString(file.read())
        for field in ("statement", "own_signed", "partner_countersigned"):
            whole = getattr(good, field)
            for place in range(0, len(whole), max(1, len(whole) // 12)):
                bad = pb.GetStatementResponse()
                bad.CopyFrom(good)
                setattr(bad, field, whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
                with open(path, "wb") as file:
                    file.write(bad.SerializeToString())
                with self.subTest(field=field, place=place, size=len(whole)):
                    self.assertIn(run(verify, expect=None).returncode, (1, 2, 4))

    def net(self, files, *options, expect=0):
        return run([TALEA, "statement", "net", *files, "--charter",
                    self.coalition.path("charter.talea"), *options], expect=expect)

    def test_statements_are_netted_offline(self):
        self.trade()
        self.coalition.close_period(self.period)
        nodes = list(self.coalition)
        files, expected = [], {node.partner: 0 for node in nodes}
        for i, node in enumerate(nodes):
            for other in nodes[i + 1:]:
                files.append(self.coalition.path(f"{node.partner}-{other.partner}.talea"))
                node.talea("statement", "show", other.partner, dashed(self.period),
                           "--out", files[-1])
                owed = int(node.pair(other.partner, self.period)["net_minor"])
                expected[node.partner] += owed
                expected[other.partner] -= owed
        both_sides = self.coalition.path("other-side.talea")
        nodes[1].talea("statement", "show", nodes[0].partner, dashed(self.period), "--out",
                       both_sides)
        result = json.loads(self.net(files + [both_sides], "--json").stdout)
        self.assertEqual({p["partner"]: p["owed_minor"] for p in result["positions"]}, expected)
        self.assertEqual(result["statements"], len(files))
        paid = {node.partner: 0 for node in nodes}
        for payment in result["payments"]:
            paid[payment["debtor"]] += payment["amount_minor"]
            paid[payment["creditor"]] -= payment["amount_minor"]
        self.assertEqual(paid, expected)
        self.assertLess(len(result["payments"]), len(nodes))
        self.assertEqual(result["missing"], [])
        self.assertEqual(json.loads(self.net(files[1:], "--json").stdout)["missing"],
                         [["fuel", "grocer"]])
        self.assertIn("no statement of fuel and grocer", self.net(files[1:]).stdout)
        without = json.loads(self.net(files, "--json", "--without", "fuel").stdout)
        self.assertNotIn("fuel", [p["partner"] for p in without["positions"]])
        self.assertEqual(sum(p["owed_minor"] for p in without["positions"]), 0)
        self.net(files, "--without", "nobody", expect=2)
        with open(files[0], "r+b") as file:
            file.seek(40)
            byte = file.read(1)
            file.seek(40)
            file.write(bytes([byte[0] ^ 1]))
        self.assertIn(self.net(files, expect=None).returncode, (1, 2, 4))

    def test_closing_twice_and_out_of_order(self):
        grocer = self.coalition["grocer"]
        later = self.next + 1 if self.next % 100 < 12 else self.next + 89
        refused = grocer.talea("period", "close", dashed(later), expect=1)
        self.assertIn("PERIOD_NOT_BEGUN", refused.stderr)
        refused = grocer.talea("period", "close", dashed(later), "--early", expect=1)
        self.assertIn("PERIOD_NOT_OPEN", refused.stderr)
        pb = wire.messages()
        request = pb.back_office.ClosePeriodRequest(transaction_id=wire.uuid7(),
                                                    period=self.period)
        with wire.channel(grocer, "back-office") as channel:
            office = wire.service(channel, pb.back_office, "BackOfficeService")
            first = office.ClosePeriod(request)
            self.assertEqual(sorted(first.partners), ["fuel", "pharmacy"])
            self.assertEqual(office.ClosePeriod(request), first)
            request.transaction_id = wire.uuid7()
            self.assertEqual(wire.refusal(office.ClosePeriod, request),
                             ("FAILED_PRECONDITION", "PERIOD_NOT_OPEN"))
        refused = grocer.talea("period", "close", dashed(self.period), expect=1)
        self.assertIn("PERIOD_NOT_OPEN", refused.stderr)

    def test_a_late_earn_goes_to_the_next_period(self):
        grocer, fuel = self.coalition["grocer"], self.coalition["fuel"]
        card = grocer.cli("member", "add")["card"]
        fuel.cli("earn", card, "10.00")
        self.coalition.wait_cleared()
        fuel.cli("period", "close", dashed(self.period))
        # The shop's time lies in the closed period, the entry's place does not.
        fuel.cli("earn", card, "7.00")
        for node in (grocer, self.coalition["pharmacy"]):
            node.cli("period", "close", dashed(self.period))
        self.coalition.wait_matched(self.period)
        self.coalition.wait_cleared()

        def earned(period):
            totals = grocer.pair("fuel", period)["received"]
            return sum(int(t["points"]) for t in totals if t["kind"] == "ENTRY_KIND_EARN")
        self.assertEqual((earned(self.period), earned(self.next)), (10, 7))
        before = self.statement(grocer, "fuel", self.period).statement
        fuel.cli("earn", card, "1.00")
        self.coalition.close_period(self.next)
        self.assertEqual(earned(self.next), 8)
        self.assertEqual(self.statement(grocer, "fuel", self.period).statement, before)

    def reconcile(self, node, other, period=None):
        options = ["--period", dashed(period)] if period else []
        return node.cli("period", "reconcile", other, *options)

    def test_halves_are_compared_entry_by_entry(self):
        self.trade()
        fuel, grocer = self.coalition["fuel"], self.coalition["grocer"]
        for node, other in ((fuel, "grocer"), (grocer, "fuel")):
            found = self.reconcile(node, other)
            self.assertEqual(found["period"], self.period)
            for half in found["halves"]:
                self.assertEqual(half["state"], "HALF_STATE_EQUAL", half)
                self.assertEqual(half["rounds"], 1)
                self.assertGreaterEqual(int(half["our_count"]), 1)
                self.assertEqual(half["our_count"], half["their_count"])
        self.coalition.close_period(self.period)
        closed = self.reconcile(grocer, "fuel", self.period)
        self.assertEqual([h["state"] for h in closed["halves"]], 2 * ["HALF_STATE_EQUAL"])
        self.assertEqual([h["rounds"] for h in closed["halves"]], [1, 1])
        text = grocer.talea("period", "reconcile", "fuel", "--period", dashed(self.period)).stdout
        self.assertIn("all alike", text)
        compared = next(p for p in grocer.peers() if p["partner"] == "fuel")["reconciliations"]
        self.assertEqual({c["period"] for c in compared}, {self.period})
        self.assertEqual({int(c.get("differences", 0)) for c in compared}, {0})
        pb = wire.messages().settlement
        halves = pb.PairStatement.FromString(self.statement(fuel, "grocer", self.period).statement)
        self.assertEqual({len(h.root) for h in halves.halves}, {32})
        # Nothing of the next period yet, and a partner that can't be asked.
        self.coalition["pharmacy"].kill()
        away = grocer.talea("period", "reconcile", "pharmacy", "--period", dashed(self.period),
                            expect=1)
        self.assertIn("not compared", away.stdout)

    def test_one_node_is_down_during_the_close(self):
        self.trade()
        fuel = self.coalition["fuel"]
        fuel.kill()
        others = [self.coalition[name] for name in ("grocer", "pharmacy")]
        for node in others:
            node.cli("period", "close", dashed(self.period))
        wait_for(lambda: is_matched(others[0].pair("pharmacy", self.period)),
                 "those that are up match")
        self.assertFalse(is_matched(others[0].pair("fuel", self.period)))
        fuel.start()
        self.assertFalse(is_matched(others[0].pair("fuel", self.period)))
        fuel.cli("period", "close", dashed(self.period))
        self.coalition.wait_matched(self.period)
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_a_period_that_is_not_there(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.statement(self.coalition["grocer"], "fuel", 203001)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)
        with self.assertRaises(grpc.RpcError) as caught:
            self.statement(self.coalition["grocer"], "nobody", self.period)
        self.assertIn(caught.exception.code(), (grpc.StatusCode.NOT_FOUND,
                                                grpc.StatusCode.INVALID_ARGUMENT))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(170)
