#!/usr/bin/python3
"""Points can't be spent twice: many brands and many threads ask for the same balance at once."""

import sys
import threading
import unittest

import grpc

import wire
from coalition import Coalition, main, wait_for

NAMES = ("bakery", "fuel", "grocer", "pharmacy")
THREADS = 8


class Twice(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(list(NAMES))
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.pb = wire.messages()
        cls.home = cls.coalition["grocer"]

    def member(self, points):
        member = self.home.cli("member", "add")
        sale = None
        if points:
            sale = self.home.cli("earn", member["card"], f"{points}.00")
        return member, sale

    def balance(self, card):
        b = self.home.cli("balance", card)["balance"]
        return b["available_points"], b["held_points"], b["debt_points"]

    def at_once(self, jobs):
        """Runs all of them, each from its own thread; gives their results, refusals by reason."""
        results = [None] * len(jobs)
        gate = threading.Barrier(len(jobs))

        def work(place):
            gate.wait()
            try:
                results[place] = jobs[place]()
            except grpc.RpcError as error:
                results[place] = wire.details(error)[0] or error.code().name
        threads = [threading.Thread(target=work, args=(place,)) for place in range(len(jobs))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def tills(self):
        channels = [wire.channel(node, "till") for node in self.coalition]
        for channel in channels:
            self.addCleanup(channel.close)
        return [wire.service(channel, self.pb.till, "TillService") for channel in channels]

    def hold(self, till, card, points):
        return till.AuthoriseBurn(self.pb.till.AuthoriseBurnRequest(
            transaction_id=wire.uuid7(), card=card, points=points))

    def capture(self, till, hold):
        return till.CaptureBurn(self.pb.till.CaptureBurnRequest(
            transaction_id=wire.uuid7(), hold_id=hold.hold_id))

    def tearDown(self):
        self.coalition.wait_cleared()
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"], node.partner)

    def test_holds_at_many_brands(self):
        """1,000 points, 48 holds of 70 at four brands at once: 14 are granted, no more, no fewer."""
        member, _ = self.member(1000)
        tills = self.tills()
        jobs = [lambda till=till: self.hold(till, member["card"], 70)
                for till in tills for _ in range(12)]
        results = self.at_once(jobs)
        granted = [r for r in results if not isinstance(r, str)]
        self.assertEqual(len(granted), 1000 // 70, results)
        self.assertEqual({r for r in results if isinstance(r, str)}, {"INSUFFICIENT_POINTS"})
        self.assertEqual(self.balance(member["card"]), (20, 980, 0))
        pairs = [(tills[place // 12], r) for place, r in enumerate(results)
                 if not isinstance(r, str)]
        captured = self.at_once([lambda t=t, h=h: self.capture(t, h) for t, h in pairs * 2])
        done = [r for r in captured if not isinstance(r, str)]
        self.assertEqual(len(done), len(pairs), captured)
        self.assertEqual({r for r in captured if isinstance(r, str)}, {"HOLD_ENDED"})
        self.coalition.wait_cleared()
        wait_for(lambda: self.balance(member["card"]) == (20, 0, 0), "all captures have come home")

    def test_the_same_hold_asked_for_again(self):
        """One transaction id from many threads is one hold."""
        member, _ = self.member(100)
        till = self.tills()[NAMES.index("fuel")]
        request = self.pb.till.AuthoriseBurnRequest(transaction_id=wire.uuid7(),
                                                    card=member["card"], points=60)
        results = self.at_once([lambda: till.AuthoriseBurn(request)] * 12)
        self.assertEqual({r if isinstance(r, str) else r.held_points for r in results}, {60}, results)
        self.assertEqual(self.balance(member["card"]), (40, 60, 0))

    def test_transfers_of_the_whole_balance(self):
        """20 at once, to 20 others: one of them gets it."""
        member, _ = self.member(500)
        others = [self.member(0)[0] for _ in range(20)]
        with wire.channel(self.home, "back-office") as channel:
            accounts = wire.service(channel, self.pb.account, "AccountService")
            ids = [m["member"]["member_id"] if "member" in m else m["member_id"]
                   for m in [member] + others]
            select = self.pb.types.MemberSelector
            jobs = [lambda to=to: accounts.Transfer(self.pb.account.TransferRequest(
                transaction_id=wire.uuid7(), points=500,
                **{"from": select(member_id=ids[0]), "to": select(member_id=to)}))
                for to in ids[1:]]
            results = self.at_once(jobs)
        self.assertEqual(len([r for r in results if not isinstance(r, str)]), 1, results)
        self.assertEqual({r for r in results if isinstance(r, str)}, {"INSUFFICIENT_POINTS"})
        self.assertEqual(self.balance(member["card"]), (0, 0, 0))
        self.assertEqual(sum(self.balance(m["card"])[0] for m in others), 500)

    def test_holds_while_a_return_claws_back(self):
        """The purchase goes back while its points are being spent everywhere: what can't be taken
        any more is owed, and the sum is what it was."""
        for _ in range(4):
            member, sale = self.member(600)
            tills = self.tills()
            back = self.pb.till.ReturnPurchaseRequest(transaction_id=wire.uuid7(),
                                                      sale_id=sale["sale_id"])
            home = tills[NAMES.index("grocer")]
            jobs = [lambda till=till: self.hold(till, member["card"], 50)
                    for till in tills for _ in range(5)]
            results = self.at_once(jobs[:10] + [lambda: home.ReturnPurchase(back)] + jobs[10:])
            returned = results.pop(10)
            self.assertNotIsInstance(returned, str, returned)
            granted = 50 * len([r for r in results if not isinstance(r, str)])
            available, held, debt = self.balance(member["card"])
            self.assertEqual((available, held), (0, granted))
            self.assertEqual(debt, granted, "what is held was given for nothing, and is owed")


if __name__ == "__main__":
    sys.exit(main(170))
