#!/usr/bin/python3
"""A member's past: history by filters, page by page, and the balance as of any moment."""

import time
import unittest

import wire
from coalition import Coalition, main

DAY_MS = 86_400_000


def utc(unix_ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix_ms // 1000)) + f".{unix_ms % 1000:03}Z"


class Past(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.node = cls.coalition["grocer"]
        cls.live()

    @classmethod
    def live(cls):
        """One member's life: dated purchases, a burn in parts, a return into debt, a transfer."""
        cli = cls.node.cli
        cls.member = cli("member", "add")
        cls.card = cls.member["card"]
        cls.other = cli("member", "add")["card"]
        cls.began = cli("member", "show", cls.card)["member"]["enrolled_unix_ms"]
        cls.states = []

        def note():
            balance = cli("balance", cls.card)["balance"]
            cls.states.append((balance["as_of_unix_ms"], balance))
            time.sleep(0.003)

        day = 24 * 3600
        for back, points in ((40, 100), (20, 200), (10, 50)):
            at = utc(int((time.time() - back * day) * 1000))
            cls.sale = cli("earn", cls.card, "10.00", "--points", points, "--time", at, "--as",
                           "admin")["sale_id"]
            note()
        hold = cli("burn", "authorise", cls.card, 120)["hold_id"]
        note()
        cli("burn", "capture", hold, "--points", 70)
        note()
        cli("burn", "void", hold)
        note()
        cls.transfer = cli("transfer", cls.card, cls.other, 260)
        note()
        cli("return", "purchase", cls.sale)
        note()
        cli("earn", cls.card, "10.00", "--points", 500, "--as", "admin")
        note()

    def history(self, *words):
        return self.node.cli("history", self.card, *words)

    def kinds(self, *words):
        return [row["kind"][len("HISTORY_KIND_"):] for row in self.history(*words)["rows"]]

    def test_all_of_it(self):
        self.assertEqual(self.kinds(), ["EARN", "EARN_RETURN", "TRANSFER", "VOID", "CAPTURE", "HOLD",
                                        "EARN", "EARN", "EARN", "ENROL"])

    def test_by_kind(self):
        self.assertEqual(self.kinds("--kind", "capture,transfer"), ["TRANSFER", "CAPTURE"])
        self.assertIn("INVALID_INPUT",
                      self.node.talea("history", self.card, "--kind", "x", expect=2).stderr)

    def test_by_account(self):
        self.assertEqual(self.kinds("--account", "held"), ["VOID", "CAPTURE", "HOLD"])
        self.assertEqual(self.kinds("--account", "debt"), ["EARN", "EARN_RETURN"])

    def test_by_time_in_the_shop(self):
        def day(back):
            return time.strftime("%Y-%m-%d", time.gmtime(time.time() - back * 24 * 3600))
        self.assertEqual(self.kinds("--from", day(30), "--to", day(5)), ["EARN", "EARN"])
        self.assertEqual(self.kinds("--to", day(30)), ["EARN"])

    def test_by_transaction(self):
        row = self.history("--transaction", self.sale)["rows"]
        self.assertEqual([(r["transaction_id"], r["available_delta_points"]) for r in row],
                         [(self.sale, 50)])

    def test_pages_hold_while_new_rows_come(self):
        whole = self.history()["rows"]
        reply = self.history("--limit", 4)
        seen = reply["rows"]
        while reply["next_page_token"]:
            self.node.cli("member", "show", self.card)
            reply = self.history("--limit", 4, "--page", reply["next_page_token"])
            seen += reply["rows"]
        self.assertEqual(seen, whole)

    def test_the_balance_at_every_moment(self):
        for at, then in self.states:
            now = self.node.cli("balance", self.card, "--at", utc(at))["balance"]
            self.assertEqual(now, then)

    def test_what_is_on_hold_comes_back_when_the_hold_expires(self):
        card = self.node.cli("member", "add")["card"]
        self.node.cli("earn", card, "10.00", "--points", 100, "--as", "admin")
        soon = self.node.cli("burn", "authorise", card, 30, "--within", 60)
        self.node.cli("burn", "capture", soon["hold_id"], "--points", 10)
        later = self.node.cli("burn", "authorise", card, 40, "--within", 3600)
        over = self.node.cli("burn", "authorise", card, 5)
        self.node.cli("burn", "void", over["hold_id"])

        def at(unix_ms):
            balance = self.node.cli("balance", card, "--at", utc(unix_ms))["balance"]
            return balance["available_points"], balance["held_points"]
        self.assertEqual(at(soon["deliver_by_unix_ms"]), (30, 60))
        self.assertEqual(at(soon["deliver_by_unix_ms"] + 1), (50, 40))
        self.assertEqual(at(later["deliver_by_unix_ms"]), (50, 40))
        self.assertEqual(at(later["deliver_by_unix_ms"] + 1), (90, 0))
        lots = self.node.cli("balance", card)["expiring"]
        self.assertEqual(at(lots[-1]["expires_at_unix_ms"]), (0, 0))

    def test_before_enrolment(self):
        result = self.node.talea("balance", self.card, "--at", utc(self.began - 1000), expect=1)
        self.assertIn("NOT_YET_ENROLLED", result.stderr)

    def test_what_will_be(self):
        reply = self.node.cli("balance", self.card)
        expiring = reply["expiring"]
        self.assertEqual(sum(e["points"] for e in expiring), reply["balance"]["available_points"])
        end = expiring[-1]["expires_at_unix_ms"]
        before = self.node.cli("balance", self.card, "--at", utc(end - 1))
        after = self.node.cli("balance", self.card, "--at", utc(end))
        self.assertEqual(before["balance"]["available_points"], expiring[-1]["points"])
        self.assertEqual(after["balance"]["available_points"], 0)
        self.assertEqual(after["expiring"], [])

    def test_after_a_kill(self):
        at, then = self.states[3]
        self.node.kill()
        self.node.start()
        self.assertEqual(self.node.cli("balance", self.card, "--at", utc(at))["balance"], then)

    def test_wrong_tokens(self):
        pb = wire.messages()
        channel = wire.channel(self.node, "till")
        self.addCleanup(channel.close)
        till = wire.service(channel, pb.till, "TillService")
        selector = pb.types.MemberSelector(card=self.card)
        for token in ("x", "0", "999999"):
            request = pb.till.ListHistoryRequest(member=selector, page_token=token)
            self.assertEqual(wire.refusal(till.ListHistory, request),
                             ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN"))


if __name__ == "__main__":
    main(100)
