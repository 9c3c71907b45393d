#!/usr/bin/python3
"""Cards between three real brands: a block is felt everywhere, and a member moves under traffic."""

import threading
import unittest

import grpc

import wire
from coalition import Coalition, main, wait_for

NAMES = ("fuel", "grocer", "pharmacy")
FELT_SECONDS = 10


class Till(threading.Thread):
    """Sells with one card until it is told to stop; counts the points that were promised."""

    def __init__(self, node, card):
        super().__init__()
        self.node, self.card = node, card
        self.earned = self.burned = self.sales = 0
        self.refusals = {}
        self.stopping = threading.Event()
        self.failure = None

    def refused(self, error):
        reason = wire.details(error)[0] or str(error)
        self.refusals[reason] = self.refusals.get(reason, 0) + 1

    def burn(self, pb, till):
        request = pb.till.AuthoriseBurnRequest(transaction_id=wire.uuid7(), card=self.card, points=1)
        try:
            hold = till.AuthoriseBurn(request).hold_id
        except grpc.RpcError as error:
            self.refused(error)
            return
        till.CaptureBurn(pb.till.CaptureBurnRequest(transaction_id=wire.uuid7(), hold_id=hold))
        self.burned += 1

    def earn(self, pb, till):
        request = pb.till.EarnRequest(transaction_id=wire.uuid7(), card=self.card,
                                      amount_minor=300)
        self.earned += till.Earn(request).earned_points
        self.sales += 1

    def run(self):
        try:
            pb = wire.messages()
            with wire.channel(self.node, "till") as channel:
                till = wire.service(channel, pb.till, "TillService")
                while not self.stopping.is_set():
                    self.earn(pb, till)
                    if self.sales % 4 == 0:
                        self.burn(pb, till)
                    self.stopping.wait(0.005)
        except BaseException as failure:  # the test's thread says it
            self.failure = failure

    def stop(self):
        self.stopping.set()
        self.join()
        if self.failure is not None:
            raise self.failure


class Moves(unittest.TestCase):
    def setUp(self):
        self.coalition = Coalition(list(NAMES))
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.fuel, self.grocer, self.pharmacy = (self.coalition[name] for name in NAMES)

    def reason(self, node, *words):
        """Why it is refused; None when it is not."""
        result = node.talea(*words, expect=None)
        return None if result.returncode == 0 else result.stderr

    def is_refused(self, node, reason, *words):
        return f"({reason})" in (self.reason(node, *words) or "")

    def points(self, node, card):
        balance = node.cli("balance", card)["balance"]
        return int(balance["available_points"]) + int(balance.get("pending_points", 0))

    def verify(self):
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"], node.partner)

    def check_net(self, period):
        """What a pair owes in points is what stands in its accounts, moved points included."""
        for node in self.coalition:
            accounts = [a for a in node.cli("report")["accounts"]
                        if int(a.get("period", 0)) == int(period)]
            for other in self.coalition:
                if other is not node:
                    booked = sum(int(a.get("credit_points", 0)) - int(a.get("debit_points", 0))
                                 for a in accounts if a.get("partner") == other.partner)
                    net = node.pair(other.partner, period)["net_points"]
                    self.assertEqual(int(net), booked, f"{node.partner} and {other.partner}")

    def settle(self):
        self.coalition.wait_cleared()
        period = self.grocer.cli("status")["open_period"]
        self.check_net(period)
        self.coalition.close_period(period)
        self.verify()

    def test_a_block_is_felt_everywhere_also_when_its_home_is_gone(self):
        card = self.grocer.cli("member", "add")["card"]
        other = self.grocer.cli("member", "add", "--reference", "R-1")["card"]
        for node in self.coalition:
            node.cli("earn", card, "50.00")
            node.cli("earn", other, "50.00")
        self.coalition.wait_cleared()
        self.grocer.cli("card", "block", card)
        self.grocer.cli("member", "block", "--reference", "R-1", "--reason", "FRAUD")
        for node in (self.fuel, self.pharmacy):
            for number in (card, other):
                wait_for(lambda n=node, c=number: self.is_refused(n, "CARD_BLOCKED", "earn", c,
                                                                  "1.00"),
                         f"{node.partner} knows of the block", FELT_SECONDS)
        self.coalition.wait_cleared()
        self.grocer.stop()
        for node in (self.fuel, self.pharmacy):
            for number in (card, other):
                self.assertTrue(self.is_refused(node, "CARD_BLOCKED", "burn", number, "1"))
                self.assertTrue(self.is_refused(node, "CARD_BLOCKED", "earn", number, "1.00"))
        self.grocer.start()
        self.grocer.cli("card", "unblock", card)
        self.grocer.cli("member", "unblock", "--reference", "R-1", "--reason", "CLEARED")
        for node in (self.fuel, self.pharmacy):
            for number in (card, other):
                wait_for(lambda n=node, c=number: self.reason(n, "earn", c, "1.00") is None,
                         f"{node.partner} knows that it is lifted", FELT_SECONDS)
                node.cli("burn", number, "1")
        self.settle()

    def move(self, old_home, card, new_home):
        """The member has no hold at some moment between two burns of the tills."""
        new = new_home.cli("member", "add")["card"]
        words = ("member", "move", card, "--to", new_home.partner, "--card", new)
        self.assertTrue(self.is_refused(old_home, "MOVE_NOT_AWAITED", *words))
        new_home.cli("member", "await", new, card)
        for _ in range(200):
            failure = self.reason(old_home, *words)
            if failure is None:
                return new
            self.assertIn("(MEMBER_HAS_HOLDS)", failure)
        self.fail("the member has points on hold all the time")

    def test_a_member_moves_while_tills_sell(self):
        card = self.grocer.cli("member", "add")["card"]
        self.grocer.cli("earn", card, "200.00")
        start = self.points(self.grocer, card)
        tills = [Till(node, card) for node in self.coalition]
        for till in tills:
            till.start()
        wait_for(lambda: all(t.sales > 20 for t in tills), "every till has sold")
        new = self.move(self.grocer, card, self.fuel)
        before = [t.sales for t in tills]
        wait_for(lambda: all(t.sales > b + 40 for t, b in zip(tills, before)), "tills sell on")
        for till in tills:
            till.stop()
        self.coalition.wait_cleared()
        promised = start + sum(t.earned - t.burned for t in tills)
        self.assertEqual(self.points(self.fuel, new), promised)
        left = self.grocer.cli("member", "show", card)["member"]["balance"]
        self.assertEqual(int(left["available_points"]), 0)
        for till in tills:
            self.assertLessEqual(set(till.refusals), {"CARD_MOVED", "HOME_UNREACHABLE"})
        for node in self.coalition:
            node.cli("earn", card, "10.00")
            node.cli("burn", card, "2")
        self.coalition.wait_cleared()
        self.settle()

    def test_a_member_moves_on_and_back(self):
        card = self.grocer.cli("member", "add")["card"]
        self.grocer.cli("earn", card, "100.00")
        hold = self.pharmacy.cli("burn", "authorise", card, "5")["hold_id"]
        self.pharmacy.cli("burn", "capture", hold)
        self.coalition.wait_cleared()
        start = self.points(self.grocer, card)
        second = self.move(self.grocer, card, self.fuel)
        third = self.move(self.fuel, second, self.pharmacy)
        self.coalition.wait_cleared()
        self.assertEqual(self.points(self.pharmacy, third), start)
        # Goods that were paid with points before the moves come back: the points go after the member.
        self.pharmacy.cli("return", "burn", hold)
        self.coalition.wait_cleared()
        wait_for(lambda: self.points(self.pharmacy, third) == start + 5,
                 "the points went after the member", FELT_SECONDS)
        for node in self.coalition:
            for number in (card, second, third):
                before = self.points(self.pharmacy, third)
                earned = int(node.cli("earn", number, "10.00")["earned_points"])
                wait_for(lambda: self.points(self.pharmacy, third) == before + earned,
                         f"{number} earns at {node.partner}", FELT_SECONDS)
                node.cli("burn", number, "1")
                self.coalition.wait_cleared()
        fourth = self.move(self.pharmacy, third, self.grocer)
        self.coalition.wait_cleared()
        before = self.points(self.grocer, fourth)
        self.fuel.cli("earn", card, "10.00")
        self.coalition.wait_cleared()
        self.assertGreater(self.points(self.grocer, fourth), before)
        self.settle()


if __name__ == "__main__":
    main(170)
