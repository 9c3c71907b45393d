#!/usr/bin/python3
"""Coupons in a running node: codes that are shown, taken, given and issued, and exactly so many."""

import csv
import json
import os
import threading
import time
import unittest
import uuid

import wire
from coalition import Coalition, main, seeded, wait_for

RULES = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
coupons:
  - {coupon: spring, codes: [SPRING, LENZ]}
  - {coupon: next, prefix: N-, personal: yes}
  - {coupon: sorry, prefix: S-}
  - {coupon: thanks, prefix: T-}
  - {coupon: leaked, prefix: L-}
  - {coupon: torn, prefix: R-}
  - {coupon: fair, codes: [FAIR]}
  - {coupon: twelve, codes: [TWELVE, DOZEN]}
  - {coupon: bulk, codes: [BULK]}
  - {coupon: file, codes: [FILE]}
segments:
  - {segment: lettered, lists: [letter]}
metrics:
  - {name: idle, of: since}
  - {name: stamps, of: given}
tiers:
  - {tier: circle}
rules:
  - rule: spring-tenth
    coupon: spring
    give: {percent_off: 10, rounding: half_up}
    caps: [{per: ever, uses: 1}]
  - rule: spring-first-five
    coupon: spring
    channels: [web]
    give: {points: 100}
    caps: [{per: ever, uses: 5, of: code}]
  - rule: next-time
    basket: 50.00
    give: {item: next, items: 1, days: 30}
  - rule: next-five-off
    coupon: next
    basket: 10.00
    give: {money_off: 5.00}
    caps: [{per: ever, uses: 1, of: code}]
  - rule: sorry-points
    coupon: sorry
    give: {points: 30}
    caps: [{per: ever, uses: 2, of: code}]
  - rule: thanks-points
    coupon: thanks
    give: {points: 30}
    caps: [{per: ever, uses: 2, of: code}]
  - rule: leaked-points
    coupon: leaked
    give: {points: 30}
    caps: [{per: ever, uses: 2, of: code}]
  - rule: torn-points
    coupon: torn
    give: {points: 30}
    caps: [{per: ever, uses: 2, of: code}]
  - rule: fair-off
    coupon: fair
    give: {money_off: 1.00}
    caps: [{per: ever, uses: 6, of: code}]
  - rule: bulk-points
    coupon: bulk
    give: {points: 50}
    caps: [{per: ever, uses: 5, of: all}]
  - rule: file-points
    coupon: file
    give: {points: 60}
    caps: [{per: ever, uses: 4, of: code}]
  - rule: twelve-points
    coupon: twelve
    give: {points: 5}
    caps: [{per: ever, uses: 12, of: all}]
  - rule: kiosk-first-twenty
    channels: [kiosk]
    give: {points: 9}
    caps: [{per: ever, uses: 20, of: all}, {per: ever, uses: 7}]
  - rule: kiosk-first-visit
    channels: [kiosk]
    purchase: 1
    give: {points: 70}
  - rule: early-birds
    channels: [app]
    give: {points: 7}
    caps: [{per: ever, uses: 10, of: all}]
  - rule: stall-stamps
    channels: [stall]
    give: {points: 10, to: stamps}
  - rule: stall-cup
    channels: [counter]
    take: {points: 10, of: stamps}
    give: {points: 40}
  - rule: circle-joins
    channels: [desk]
    basket: 30.00
    give: {prolong: circle, days: 30}
  - rule: circle-points
    channels: [desk]
    tiers: [circle]
    give: {points: 3}
  - rule: missed
    channels: [desk]
    metrics: [{metric: idle, at_least: 5}]
    give: {points: 11}
"""


class Coupons(unittest.TestCase):
    """One brand with coupons, and a partner whose cards come to its shops."""

    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        for node in cls.coalition:
            with open(node.path("programme.yaml"), "w", encoding="utf-8") as file:
                file.write(RULES)
        with open(cls.grocer.path("programme.yaml"), "a", encoding="utf-8") as file:
            file.write("quotes: {for: 40m}\n")
        with open(cls.coalition["fuel"].path("node.yaml"), "a", encoding="utf-8") as file:
            file.write("limits: {quote_seconds: 1}\n")
        cls.coalition.start()

    def card(self, partner="grocer"):
        return self.coalition[partner].cli("member", "add")["card"]

    def earn(self, card, *words):
        return self.grocer.cli("earn", card, *words)

    def codes(self, reply):
        return [(row["code"], row["is_taken"], row["rule"], row["reason"])
                for row in reply["codes"]]

    def test_codes_say_who_took_them_or_why_not(self):
        card = self.card()
        first = self.earn(card, "20.00", "--code", "LENZ", "--code", "LENS")
        self.assertEqual((first["discount_minor"], first["earned_points"]), (200, 18))
        self.assertEqual(self.codes(first), [("LENZ", True, "spring-tenth", "fired"),
                                             ("LENS", False, "", "code_unknown")])
        again = self.earn(card, "20.00", "--code", " spRing ")
        self.assertEqual(again["discount_minor"], 0)
        self.assertEqual(self.codes(again), [("SPRING", False, "spring-first-five", "channel")])
        text = self.grocer.talea("earn", self.card(), "20.00", "--code", "lenz").stdout
        self.assertIn("code       LENZ: taken by spring-tenth", text)
        for second, reason in (("LENZ", "the same code is shown twice"),
                               ("lenz", "the same code is shown twice"), (" ", "--code is empty")):
            result = self.grocer.talea("earn", card, "1.00", "--code", "LENZ", "--code", second,
                                       expect=2)
            self.assertIn(reason, result.stderr)
        result = self.grocer.talea("quote", card, "45.00", "--line", "category=tea,amount=15.00",
                                   expect=2)
        self.assertIn("AMOUNT is 45.00, and the lines cost 15.00 in all", result.stderr)
        result = self.grocer.talea("explain", "xyz", expect=2)
        self.assertIn('"xyz" is no id of a purchase', result.stderr)

    def test_a_sale_gives_the_next_ones_coupon(self):
        card = self.card()
        words = ["50.00", "--transaction-id", wire.uuid7()]
        first = self.earn(card, *words)
        item = first["items"][0]
        code = item["codes"][0]
        self.assertEqual((item["item"], item["rule"], len(code)), ("next", "next-time", 19))
        self.assertEqual(self.earn(card, *words)["items"], first["items"])
        other = self.earn(self.card(), "12.00", "--code", code)
        self.assertEqual(self.codes(other), [(code, False, "next-five-off", "code_other")])
        used = self.earn(card, "12.00", "--code", code)
        self.assertEqual((used["discount_minor"], used["earned_points"]), (500, 7))
        spent = self.earn(card, "12.00", "--code", code)
        self.assertEqual(self.codes(spent), [(code, False, "next-five-off", "code_used")])
        why = self.grocer.cli("explain", used["sale_id"])
        self.assertEqual({row["rule"]: row["reason"] for row in why["rules"]}["next-five-off"],
                         "fired")
        # Its use comes back with a return, and the sale that gave it takes it along.
        self.grocer.cli("return", "purchase", used["sale_id"])
        self.grocer.cli("return", "purchase", first["sale_id"], "20.00")
        self.assertEqual(self.earn(card, "12.00", "--code", code)["discount_minor"], 500)
        self.grocer.cli("return", "purchase", first["sale_id"])
        self.assertEqual(self.codes(self.earn(card, "12.00", "--code", code))[0][3],
                         "code_unknown")

    def test_a_used_code_goes_with_all_of_its_sale(self):
        card = self.card()
        first = self.earn(card, "50.00")
        code = first["items"][0]["codes"][0]
        used = self.earn(card, "12.00", "--code", code)
        self.grocer.cli("return", "purchase", first["sale_id"])
        for _ in range(2):  # before and after its use comes back
            self.assertEqual(self.codes(self.earn(card, "12.00", "--code", code))[0][3],
                             "code_unknown")
            shown = self.grocer.cli("coupon", "show", code)
            self.assertEqual(shown["state"], "COUPON_CODE_STATE_UNKNOWN")
            self.grocer.talea("return", "purchase", used["sale_id"], expect=None)
        self.grocer.talea("verify")

    def test_a_return_leaves_what_later_sales_hold(self):
        def at(days):
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400))

        def sell(card, amount, days):
            sold = self.earn(card, amount, "--channel", "desk", "--time", at(days))
            return sold["sale_id"], [row["rule"] for row in sold["awards"]
                                     if row["rule"] in ("circle-points", "missed")]

        def back(sale, *words):
            self.grocer.cli("return", "purchase", sale, *words)
        card, other = self.card(), self.card()
        first, _ = sell(card, "30.00", 20)
        self.assertEqual(sell(card, "1.00", 4)[1], ["circle-points", "missed"])
        back(first, "10.00")
        self.assertEqual(sell(card, "1.00", 2)[1], ["circle-points"])
        back(first)  # the tier goes, the day of the last sale stays
        self.assertEqual(sell(card, "1.00", 1)[1], [])
        first, then = sell(other, "30.00", 20)[0], sell(other, "30.00", 10)[0]
        back(first)  # the later one holds both
        last, got = sell(other, "1.00", 8)
        self.assertEqual(got, ["circle-points"])
        back(last)
        back(then)  # nor does it go back to what has come back before
        self.assertEqual(sell(other, "1.00", 0)[1], [])
        self.grocer.talea("verify")

    def test_a_coupon_goes_with_the_lines_that_gave_it(self):
        """40.00 and 12.00 give one from 50.00 on; unless it was used, it goes with either."""
        def sell(card):
            sold = self.earn(card, "--line", "amount=40.00", "--line", "amount=12.00",
                             "--line", "amount=1.00")
            return sold["sale_id"], sold["items"][0]["codes"][0]
        card = self.card()
        sale, code = sell(card)
        self.grocer.cli("return", "purchase", sale, "--line", "3")
        self.assertEqual(self.grocer.cli("coupon", "show", code)["state"],
                         "COUPON_CODE_STATE_GOOD")
        self.grocer.cli("return", "purchase", sale, "--line", "2")
        self.assertEqual(self.grocer.cli("coupon", "show", code)["state"],
                         "COUPON_CODE_STATE_UNKNOWN")
        issued = [row["issued"] for row in self.grocer.cli("coupon", "list")["coupons"]
                  if row["coupon"] == "next"]
        sale, code = sell(card)
        used = self.earn(card, "12.00", "--code", code)["sale_id"]
        self.grocer.cli("return", "purchase", sale, "--line", "2")
        self.assertEqual(self.grocer.cli("coupon", "show", code)["state"],
                         "COUPON_CODE_STATE_USED_UP")
        self.assertEqual([row["issued"] for row in self.grocer.cli("coupon", "list")["coupons"]
                          if row["coupon"] == "next"], [issued[0] + 1])
        self.grocer.cli("return", "purchase", used)
        self.grocer.cli("return", "purchase", sale, "--line", "1")  # still the 1.00 is left
        self.assertEqual(self.grocer.cli("coupon", "show", code)["state"],
                         "COUPON_CODE_STATE_UNKNOWN")
        self.grocer.talea("verify")

    def test_codes_are_issued_shown_and_counted(self):
        id_words = ["--transaction-id", wire.uuid7(), "--until", "2031-01-01"]
        path = self.grocer.path("codes.csv")
        self.grocer.talea("coupon", "issue", "thanks", "--count", 5000, "--out", path, *id_words)
        with open(path, encoding="ascii") as file:
            codes = [line.strip().strip('"') for line in file][1:]
        self.assertEqual((len(codes), len(set(codes)), {len(code) for code in codes}),
                         (5000, 5000, {19}))
        again = self.grocer.cli("coupon", "issue", "thanks", "--count", 5000, *id_words)
        self.assertTrue(again["codes"] == codes)  # to print how 5000 differ takes minutes
        result = self.grocer.talea("coupon", "issue", "thanks", "--count", 5001, *id_words, expect=1)
        self.assertIn("TRANSACTION_ID_REUSED", result.stderr)
        self.grocer.kill()
        self.grocer.start()
        card = self.card("fuel")
        for left in (1, 0):
            reply = self.earn(card, "2.00", "--code", codes[4999])
            self.assertEqual(reply["earned_points"], 32)
            shown = self.grocer.cli("coupon", "show", codes[4999])
            self.assertEqual((shown["state"], shown["uses"][0]["used"]),
                             ("COUPON_CODE_STATE_GOOD" if left else "COUPON_CODE_STATE_USED_UP",
                              2 - left))
        self.assertEqual(self.codes(self.earn(card, "2.00", "--code", codes[4999]))[0][3],
                         "code_used")
        wrong = codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1")
        self.assertEqual(self.grocer.cli("coupon", "show", wrong)["state"],
                         "COUPON_CODE_STATE_MISTYPED")
        row = self.grocer.cli("coupon", "list", "thanks")["coupons"][0]
        self.assertEqual((row["issued"], row["used"], row["left"]), (5000, 2, 9998))
        self.assertIn("issued", self.grocer.talea("coupon", "list").stdout)
        self.assertEqual(self.earn(card, "2.00", "--code", "DOZEN")["earned_points"], 7)
        row = self.grocer.cli("coupon", "list", "twelve")["coupons"][0]
        self.assertEqual((row["is_bounded"], row["left"], row["of_all"]),
                         (True, 11, [{"rule": "twelve-points", "used": 1, "at_most": 12}]))
        self.assertIn("twelve: twelve-points is for 12 in all, 11 are left",
                      self.grocer.talea("coupon", "list", "twelve").stdout)

    def test_a_personal_code_is_for_one_member(self):
        card, other = self.card(), self.card("fuel")
        self.assertIn("COUPON_PERSONAL", self.grocer.talea("coupon", "issue", "next",
                                                           expect=1).stderr)
        code = self.grocer.cli("coupon", "issue", "next", "--card", other)["codes"][0]
        self.assertEqual([self.grocer.cli("coupon", "show", code, "--card", one)["is_for_card"]
                          for one in (card, other)], [False, True])
        self.assertEqual(self.codes(self.earn(card, "12.00", "--code", code))[0][3], "code_other")
        self.assertEqual(self.earn(other, "12.00", "--code", code)["discount_minor"], 500)

    def test_a_merged_members_codes_are_the_survivors(self):
        old, kept = [self.grocer.cli("member", "add") for _ in range(2)]
        codes = [self.grocer.cli("coupon", "issue", "next", "--card", old["card"])["codes"][0]
                 for _ in range(3)]

        def earn(code):
            return self.earn(kept["card"], "12.00", "--code", code)

        def is_for(one):
            return self.grocer.cli("coupon", "show", codes[1], "--card", one["card"])["is_for_card"]
        self.assertEqual(self.codes(earn(codes[0]))[0][3], "code_other")
        quote = self.quote(old["card"], "12.00", "--code", codes[2])
        merge = self.grocer.cli("member", "merge", old["member_id"], kept["member_id"])
        self.assertEqual((is_for(old), is_for(kept)), (True, True))
        used = earn(codes[0])
        self.assertEqual((used["discount_minor"], self.codes(earn(codes[0]))[0][3]),
                         (500, "code_used"))
        why = {row["rule"]: row["reason"]
               for row in self.grocer.cli("explain", used["sale_id"])["rules"]}
        self.assertEqual(why["next-five-off"], "fired")
        self.grocer.cli("return", "purchase", used["sale_id"])
        self.assertEqual(earn(codes[0])["discount_minor"], 500)
        self.grocer.talea("member", "unmerge", merge["merge_id"])
        self.assertEqual((is_for(old), is_for(kept)), (True, False))
        self.assertEqual(self.codes(earn(codes[1]))[0][3], "code_other")
        self.assertEqual(self.grocer.cli("confirm", quote["quote_id"])["sale"]["discount_minor"],
                         500)
        self.grocer.talea("verify")

    def test_each_member_of_a_segment_gets_one_code(self):
        pb = wire.messages()
        added = [self.grocer.cli("member", "add") for _ in range(5)]
        self.grocer.talea("list", "create", "letter")
        for one in added[:4]:
            self.grocer.talea("list", "add", "letter", "--member", one["member_id"])
        # Of an attempt that was killed: it had told two members, and one who is not there.
        identity = wire.uuid7()
        members = [pb.types.MemberSelector(member_id=one) for one in
                   (added[2]["member_id"], wire.uuid7(), added[0]["member_id"])]
        with wire.channel(self.grocer, "back-office") as channel:
            office = wire.service(channel, pb.programme, "ProgrammeService")
            request = pb.programme.IssueCouponsRequest(
                transaction_id=identity, coupon="next", members=members, one_each=True)
            first = office.IssueCoupons(request).codes
            self.assertEqual(office.IssueCoupons(request).codes, first)
            request.count = 3
            self.assertEqual(wire.refusal(office.IssueCoupons, request),
                             ("INVALID_ARGUMENT", "INVALID_INPUT"))
            # Revoking an issue goes over the brand's own members: nobody else's code is in it.
            others = pb.programme.IssueCouponsRequest(
                transaction_id=wire.uuid7(), coupon="next", one_each=True,
                members=[pb.types.MemberSelector(card=self.card("fuel"))])
            self.assertEqual(wire.refusal(office.IssueCoupons, others),
                             ("INVALID_ARGUMENT", "INVALID_INPUT"))
        self.assertEqual([bool(code) for code in first], [True, False, True])
        words = ["coupon", "issue", "next", "--segment", "lettered", "--transaction-id", identity]
        self.grocer.kill()
        self.grocer.start()
        issued = self.grocer.cli(*words)
        codes = {row["member_id"]: row["code"] for row in issued["codes"]}
        self.assertEqual((issued["issued"], issued["gone"], set(codes)),
                         (4, 0, {one["member_id"] for one in added[:4]}))
        self.assertEqual([codes[added[2]["member_id"]], "", codes[added[0]["member_id"]]], first)
        # Who has come meanwhile gets one, too, and nobody a second one.
        self.grocer.talea("list", "add", "letter", "--member", added[4]["member_id"])
        path = self.grocer.path("letter.csv")
        words[3:5] = ["--list", "letter"]
        text = self.grocer.talea(*words, "--out", path).stdout
        self.assertIn("5 codes of next, one for each member of letter, in " + path, text)
        with open(path, encoding="ascii", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({(row["member"], row["card"]) for row in rows},
                         {(one["member_id"], one["card"]) for one in added})
        self.assertEqual({row["member"]: row["code"] for row in rows} | codes,
                         {row["member"]: row["code"] for row in rows})
        self.assertIn("File exists", self.grocer.talea(*words, "--out", path, expect=2).stderr)
        self.assertIn("/nonexistent/x.csv: No such file", self.grocer.talea(
            *words, "--out", "/nonexistent/x.csv", expect=2).stderr)
        self.assertIn("over from 2020-01-01 on, and it is 2", self.grocer.talea(
            "coupon", "issue", "sorry", "--until", "2020-01-01", expect=2).stderr)
        other = self.grocer.path("other.csv")
        self.refused("SEGMENT_UNKNOWN", "coupon", "issue", "next", "--segment", "x", "--out", other)
        self.assertFalse(os.path.exists(other + ".partial"))
        self.assertEqual(self.grocer.cli("coupon", "show", codes[added[1]["member_id"]], "--card",
                                         added[1]["card"])["is_for_card"], True)
        self.assertEqual(self.grocer.cli("coupon", "revoke", "--issue", identity)["revoked"], 5)
        code = codes[added[0]["member_id"]]
        self.assertEqual(self.codes(self.earn(added[0]["card"], "12.00", "--code", code)),
                         [(code, False, "next-five-off", "code_revoked")])
        words[3:5] = ["--count", "5"]
        self.assertIn("USAGE", self.grocer.talea(*words, "--list", "letter", expect=2).stderr)

    def test_exactly_so_many_in_batches(self):
        pb = wire.messages()
        cards = [self.card() for _ in range(12)]
        commands = [pb.ledger.BatchCommand(
            transaction_id=uuid.uuid4().bytes,
            earn=pb.ledger.BatchEarn(card=card, amount_minor=100, codes=["BULK", "NOTHING"]))
            for card in cards]
        commands[11].earn.codes.append("BULK")
        with wire.channel(self.grocer, "till") as channel:
            ledger = wire.service(channel, pb.ledger, "LedgerService")
            request = pb.ledger.ExecuteBatchRequest(commands=commands)
            first = ledger.ExecuteBatch(request).answers
            self.grocer.kill()
            self.grocer.start()
        with wire.channel(self.grocer, "till") as channel:
            ledger = wire.service(channel, pb.ledger, "LedgerService")
            again = ledger.ExecuteBatch(request).answers
            # More codes than what became of them fits in one answer: nothing of it takes place.
            many = pb.ledger.BatchEarn(card=cards[0], amount_minor=100,
                                       codes=[f"C{n}" for n in range(16)])
            large = pb.ledger.ExecuteBatchRequest(commands=[pb.ledger.BatchCommand(
                transaction_id=uuid.uuid4().bytes, earn=many) for _ in range(1025)])
            self.assertEqual(wire.refusal(ledger.ExecuteBatch, large),
                             ("INVALID_ARGUMENT", "INVALID_BATCH"))
        self.assertEqual(first[11].refusal, pb.ledger.REFUSAL_INVALID_LINES)
        for answers in (first, again):
            taken = [answer.codes[0].is_taken for answer in answers[:11]]
            self.assertEqual((sum(taken), [answer.points for answer in answers[:11]]),
                             (5, [51 if is_taken else 1 for is_taken in taken]))
            self.assertEqual({(code.rule, code.reason) for answer in answers[:11]
                              for code in answer.codes if not code.is_taken},
                             {("bulk-points", "cap"), ("", "code_unknown")})
        self.assertEqual([answer.codes for answer in again[:11]],
                         [answer.codes for answer in first[:11]])

    def test_exactly_so_many_in_a_file(self):
        cards = [self.card() for _ in range(7)]
        self.grocer.replace("codes.map.yaml", b"""rows: lines
columns:
  receipt: {column: receipt}
  time: {column: time}
  card: {column: card}
  amount: {column: amount}
  currency: {value: USD}
  codes: {column: codes}
time: {formats: ["%Y-%m-%d %H:%M:%S"]}
""")
        day = time.strftime("%Y-%m-%d 00:00:00", time.gmtime())
        self.grocer.replace("codes-in.csv", ("receipt,time,card,amount,codes\n" + "".join(
            f"f{n},{day},{card},2.00,File;LENS\nf{n},{day},{card},1.00,FILE\n"
            for n, card in enumerate(cards))).encode())
        words = ["import", "receipts", self.grocer.path("codes-in.csv"), "--map",
                 self.grocer.path("codes.map.yaml"), "--json"]
        for repeats in (0, 7):
            result = self.grocer.talea(*words)
            tally = json.loads(result.stdout)
            self.assertEqual((tally["sales"], tally["repeats"], tally["codes_taken"],
                              tally["codes_left"], tally["given_points"]),
                             (7, repeats, 4, 10, 4 * 60 + 7 * 3))
            self.assertEqual(result.stderr.count("code FILE was not taken: used as often as it "
                                                 "may be of file-points"), 3)
            self.assertIn("codes-in.csv:2: code LENS was not taken: no coupon has this code\n",
                          result.stderr)

    def refused(self, reason, *words):
        self.assertIn(f"({reason})", self.grocer.talea(*words, expect=1).stderr)

    def test_a_revoked_code_is_good_for_nobody(self):
        card = self.card()
        first, second, third = self.grocer.cli("coupon", "issue", "sorry", "--count", 3)["codes"]
        revoke = ["coupon", "revoke", first, "--reason", "sent twice", "--transaction-id",
                  wire.uuid7()]
        held = self.quote(card, "1.00", "--code", first.lower())
        self.assertEqual(self.codes(held), [(first, True, "sorry-points", "fired")])
        self.assertEqual(self.earn(card, "1.00", "--code", second)["earned_points"], 31)
        self.assertEqual(self.grocer.cli(*revoke)["held"], 1)
        self.grocer.kill()
        self.grocer.start()
        self.assertEqual(self.grocer.cli(*revoke)["revoked"], 1)
        self.refused("TRANSACTION_ID_REUSED", "coupon", "revoke", second, *revoke[-2:])
        self.refused("COUPON_REVOKED", "coupon", "revoke", first.lower())
        self.assertEqual(self.grocer.cli("coupon", "show", first.lower())["state"],
                         "COUPON_CODE_STATE_REVOKED")
        for reply in (self.earn(card, "1.00", "--code", first),
                      self.quote(card, "1.00", "--code", first)):
            self.assertEqual(self.codes(reply), [(first, False, "sorry-points", "code_revoked")])
        # What was promised holds, and what is given up or comes back is nobody's.
        sale = self.grocer.cli("confirm", held["quote_id"])["sale"]
        self.assertEqual(sale["earned_points"], 31)
        self.grocer.cli("return", "purchase", sale["sale_id"])
        self.assertEqual(self.codes(self.earn(card, "1.00", "--code", first))[0][3],
                         "code_revoked")
        self.assertEqual(self.earn(card, "1.00", "--code", second)["earned_points"], 31)
        self.refused("COUPON_USED", "coupon", "revoke", second)
        for code, reason in ((third[:-1], "COUPON_UNKNOWN"), ("SPRING", "COUPON_LISTED"),
                             ("NOTHING", "COUPON_UNKNOWN")):
            self.refused(reason, "coupon", "revoke", code)
        self.assertIn("ROLE_NOT_ALLOWED", self.grocer.talea(
            "coupon", "revoke", third, "--as", "till", expect=1).stderr)
        self.assertEqual(self.earn(card, "1.00", "--code", third)["earned_points"], 31)
        self.grocer.talea("verify")

    def test_what_is_left_leaves_out_uses_of_revoked_codes(self):
        def row():
            row = self.grocer.cli("coupon", "list", "torn")["coupons"][0]
            return row["issued"], row["used"], row["revoked"], row["left"]
        card = self.card()
        first, second = self.grocer.cli("coupon", "issue", "torn", "--count", 4)["codes"][:2]
        held = self.quote(card, "1.00", "--code", first)
        given_up = self.quote(card, "1.00", "--code", second)
        used = self.earn(card, "1.00", "--code", second)["sale_id"]
        self.grocer.cli("coupon", "revoke", first)
        self.grocer.cli("coupon", "revoke", second)
        self.assertEqual(row(), (4, 1, 2, 4))  # whatever becomes of the quotes
        sale = self.grocer.cli("confirm", held["quote_id"])["sale"]["sale_id"]
        self.grocer.talea("quote", "release", given_up["quote_id"])
        self.assertEqual(row(), (4, 2, 2, 4))
        for one, left in ((sale, 1), (used, 0)):
            self.grocer.cli("return", "purchase", one)
            self.assertEqual(row(), (4, left, 2, 4))
        self.grocer.talea("verify")

    def test_all_codes_of_an_issue_are_revoked(self):
        card = self.card("fuel")
        issue = ["--issue", wire.uuid7(), "--transaction-id", wire.uuid7()]
        codes = self.grocer.cli("coupon", "issue", "leaked", "--count", 5000, "--transaction-id",
                                issue[1])["codes"]
        other = self.grocer.cli("coupon", "issue", "leaked")
        for _ in range(2):
            self.earn(card, "1.00", "--code", codes[4500])
        self.earn(card, "1.00", "--code", codes[4501])
        for _ in range(2):
            done = self.grocer.cli("coupon", "revoke", *issue)
            self.assertEqual((done["revoked"], done["used"], done["held"]), (4999, 1, 0))
            row = self.grocer.cli("coupon", "list", "leaked")["coupons"][0]
            self.assertEqual((row["issued"], row["revoked"], row["left"]), (5001, 4999, 2))
        for code in (codes[0], codes[4999]):
            self.assertEqual(self.codes(self.earn(card, "1.00", "--code", code))[0][3],
                             "code_revoked")
        self.refused("TRANSACTION_ID_REUSED", "coupon", "revoke", "--issue",
                     other["transaction_id"], *issue[2:])
        self.refused("COUPON_UNKNOWN", "coupon", "revoke", "--issue", wire.uuid7())

    def test_a_code_is_revoked_or_taken(self):
        codes = self.grocer.cli("coupon", "issue", "sorry", "--count", 16)["codes"]
        cards = [self.card() for _ in range(16)]
        pb = wire.messages()
        taken, revoked, refused = [], [], []
        with wire.channel(self.grocer, "till") as channel, \
                wire.channel(self.grocer, "back-office") as office_channel:
            tills = wire.service(channel, pb.till, "TillService")
            office = wire.service(office_channel, pb.programme, "ProgrammeService")

            def till(number):
                reply = tills.Earn(pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=cards[number], amount_minor=100,
                    codes=[codes[number]]), timeout=20)
                taken.append((number, reply.codes[0].is_taken, reply.codes[0].reason))

            def revoke(number):
                try:
                    office.RevokeCoupons(pb.programme.RevokeCouponsRequest(
                        transaction_id=wire.uuid7(), code=codes[number]), timeout=20)
                    revoked.append(number)
                except wire.grpc.RpcError as error:
                    refused.append(error.details())
            threads = [threading.Thread(target=call, args=(number,))
                       for number in range(16) for call in (till, till, revoke)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        uses = {number: 0 for number in range(16)}
        for number, is_taken, reason in taken:
            uses[number] += is_taken
            self.assertIn(reason, ("fired", "code_revoked"))
        self.assertEqual((len(taken), len(revoked) + len(refused)), (32, 16))
        # Just those that were used up before could not be revoked, and now none is good.
        self.assertEqual([number for number in uses if uses[number] == 2],
                         [number for number in uses if number not in revoked])
        for number, code in enumerate(codes):
            shown = self.grocer.cli("coupon", "show", code)
            self.assertEqual((shown["state"], shown["uses"][0]["used"]),
                             ("COUPON_CODE_STATE_" + ("REVOKED" if number in revoked
                                                      else "USED_UP"), uses[number]))

    def quote(self, card, *words, node=None):
        return (node or self.grocer).cli("quote", card, *words)

    def confirmed(self, quote):
        return self.grocer.cli("confirm", quote["quote_id"])["sale"]["earned_points"]

    def test_what_is_quoted_is_given(self):
        card = self.card()
        words = ["--line", "product=1,amount=15.00", "--line", "product=2,amount=5.55",
                 "--code", "LENZ", "--transaction-id", wire.uuid7()]
        quote = self.quote(card, *words)
        self.assertAlmostEqual(quote["until_unix_ms"] / 1000, time.time() + 40 * 60, delta=60)
        self.assertEqual((quote["gross_minor"], quote["discount_minor"], quote["to_pay_minor"],
                          quote["line_discounts_minor"], quote["earned_points"]),
                         (2055, 206, 1849, [150, 56], 18))
        self.assertEqual(self.codes(quote), [("LENZ", True, "spring-tenth", "fired")])
        again = self.quote(card, *words)
        self.assertEqual(again, quote)
        refused = self.grocer.talea("quote", card, "9.00", *words[-2:], expect=1).stderr
        self.assertIn("TRANSACTION_ID_REUSED", refused)
        # Another sale of the member meanwhile sees what is promised, and takes nothing of it.
        between = self.earn(card, "10.00", "--code", "SPRING")
        self.assertEqual((between["discount_minor"], between["earned_points"]), (0, 10))
        self.grocer.kill()
        self.grocer.start()
        confirm = ["confirm", quote["quote_id"], "--receipt", "17", "--transaction-id",
                   wire.uuid7()]
        sale = self.grocer.cli(*confirm)["sale"]
        for key in ("discount_minor", "earned_points", "awards", "codes", "items"):
            self.assertEqual(sale[key], quote[key])
        self.assertEqual(self.grocer.cli(*confirm)["sale"]["journal_row"], sale["journal_row"])
        self.assertEqual(self.grocer.cli("explain", sale["sale_id"])["earned_points"], 18)
        self.assertEqual(self.grocer.cli("balance", card)["balance"]["available_points"], 28)
        for words in (["confirm", quote["quote_id"]], ["quote", "release", quote["quote_id"]]):
            self.assertIn("OCCASION_ENDED", self.grocer.talea(*words, expect=1).stderr)
        self.grocer.cli("return", "purchase", sale["sale_id"])
        self.assertEqual(self.earn(card, "10.00", "--code", "SPRING")["discount_minor"], 100)
        self.grocer.talea("verify")

    def back(self, sale, line):
        reply = self.grocer.cli("return", "purchase", sale["sale_id"], "--line", line)
        return reply["taken_points"], reply["amount_minor"]

    def test_lines_of_what_was_promised_come_back(self):
        """The rest keeps what it deserves, as at the quote; a code that it does not need is free."""
        card = self.card()
        quote = self.quote(card, "--line", "product=1,amount=15.00", "--line",
                           "product=2,amount=5.55", "--code", "LENZ")
        self.earn(card, "1.00")
        sale = self.grocer.cli("confirm", quote["quote_id"])["sale"]
        self.assertEqual((sale["discount_minor"], sale["earned_points"]), (206, 18))
        self.assertEqual(self.back(sale, "2"), (18 - 13, 1849 - 1350))
        self.assertEqual(self.earn(card, "10.00", "--code", "SPRING")["discount_minor"], 0)
        self.assertEqual(self.back(sale, "1"), (13, 1350))
        self.assertEqual(self.earn(card, "10.00", "--code", "SPRING")["discount_minor"], 100)
        first = self.quote(card, "--line", "amount=30.00", "--line", "amount=20.00")
        first = self.grocer.cli("confirm", first["quote_id"])["sale"]
        code = first["items"][0]["codes"][0]
        words = ["--line", "amount=8.00", "--line", "amount=4.00", "--code", code]
        used = self.earn(card, *words)
        self.assertEqual((used["discount_minor"], used["earned_points"]), (500, 7))
        # 8.00 are too little for the code: what comes back is no more than was paid beyond them.
        self.assertEqual(self.back(used, "2"), (0, 0))
        again = self.earn(card, *words)
        self.assertEqual((again["discount_minor"], self.codes(again)[0][1]), (500, True))
        self.assertEqual(self.back(first, "1"), (30, 3000))  # the code is used: it stays
        self.assertEqual(self.grocer.cli("coupon", "show", code)["state"],
                         "COUPON_CODE_STATE_USED_UP")
        # One that nobody used goes with the first line, and the other line comes back as well.
        other = self.earn(card, "--line", "amount=30.00", "--line", "amount=20.00")
        self.assertEqual(self.back(other, "2"), (20, 2000))
        self.assertEqual(self.grocer.cli("coupon", "show", other["items"][0]["codes"][0])["state"],
                         "COUPON_CODE_STATE_UNKNOWN")
        self.assertEqual(self.back(other, "1"), (30, 3000))
        self.grocer.talea("verify")

    def test_a_quote_holds_what_is_bounded_until_it_ends(self):
        code = self.grocer.cli("coupon", "issue", "sorry")["codes"][0]
        cards = [self.card("fuel") for _ in range(3)]
        first, second, third = [self.quote(card, "1.00", "--code", code) for card in cards]
        self.assertEqual([quote["earned_points"] for quote in (first, second, third)], [31, 31, 1])
        self.assertFalse(first["is_balance_known"])
        self.assertEqual(self.codes(third)[0][3], "code_used")
        self.grocer.talea("quote", "release", first["quote_id"])
        self.grocer.talea("quote", "release", first["quote_id"])
        self.assertEqual(self.earn(cards[2], "1.00", "--code", code)["earned_points"], 31)
        self.assertEqual(self.confirmed(second), 31)
        self.assertEqual(self.confirmed(third), 1)
        self.coalition.wait_cleared()
        self.assertEqual([self.coalition["fuel"].cli("balance", card)["balance"]["available_points"]
                          for card in cards], [0, 31, 32])
        unknown = self.grocer.talea("confirm", wire.uuid7(), expect=1).stderr
        self.assertIn("OCCASION_UNKNOWN", unknown)

    def test_stamps_of_what_came_back_are_spent_once_at_most(self):
        card = self.card()
        counter = ["1.00", "--channel", "counter"]
        for is_kept in (False, True):
            sale = self.earn(card, "1.00", "--channel", "stall")["sale_id"]
            quote = self.quote(card, *counter)
            self.assertEqual(quote["earned_points"], 41)
            self.assertEqual(self.earn(card, *counter)["earned_points"], 1)
            self.grocer.cli("return", "purchase", sale)
            if is_kept:
                self.assertEqual(self.confirmed(quote), 41)
            else:
                self.grocer.talea("quote", "release", quote["quote_id"])
            self.assertEqual(self.earn(card, *counter)["earned_points"], 1)
        self.earn(card, "1.00", "--channel", "stall")
        self.assertEqual(self.earn(card, *counter)["earned_points"], 41)  # nothing is owed
        self.grocer.talea("verify")

    def test_a_quotes_time_ends(self):
        fuel = self.coalition["fuel"]
        code = fuel.cli("coupon", "issue", "sorry")["codes"][0]
        cards = [self.card("fuel"), self.card()]
        quotes = [self.quote(card, "1.00", "--code", code, node=fuel) for card in cards]
        self.assertEqual([quote["earned_points"] for quote in quotes], [31, 31])
        wait_for(lambda: fuel.cli("coupon", "show", code)["uses"][0]["used"] == 0,
                 "what the quotes held is free")
        self.assertIn("QUOTE_OVER", fuel.talea("confirm", quotes[0]["quote_id"], expect=1).stderr)
        self.assertEqual(fuel.cli("earn", cards[0], "1.00", "--code", code)["earned_points"], 31)
        fuel.talea("verify")

    def test_promises_hold_whatever_happens(self):
        random = seeded()
        pb = wire.messages()
        cards = [self.card() for _ in range(3)] + [self.card("fuel")]
        quotes, got = [], []
        with wire.channel(self.grocer, "till") as channel:
            tills = wire.service(channel, pb.till, "TillService")
            for _ in range(150):
                purchase = pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=random.choice(cards), channel="kiosk",
                    amount_minor=random.choice([100, 999, 2500]),
                    codes=random.sample(["FAIR", "NOTHING"], random.randrange(3)))
                step = random.choice(["quote", "quote", "earn", "confirm", "release"])
                if step == "quote":
                    quotes.append((purchase.card,
                                   tills.Quote(pb.till.QuoteRequest(purchase=purchase))))
                elif step == "earn":
                    got.append((purchase.card, tills.Earn(purchase)))
                elif quotes:
                    card, quote = quotes.pop(random.randrange(len(quotes)))
                    if step == "release":
                        tills.ReleaseQuote(pb.till.ReleaseQuoteRequest(quote_id=quote.quote_id))
                        continue
                    confirm = pb.till.ConfirmQuoteRequest(
                        transaction_id=wire.uuid7(), quote_id=quote.quote_id,
                        digest=quote.digest[::-1])
                    self.assertEqual(wire.refusal(tills.ConfirmQuote, confirm),
                                     ("FAILED_PRECONDITION", "QUOTE_DIFFERS"))
                    confirm.digest = quote.digest
                    sale = tills.ConfirmQuote(confirm).sale
                    for key in ("discount_minor", "earned_points", "awards", "codes"):
                        self.assertEqual(getattr(sale, key), getattr(quote, key))
                    got.append((card, sale))
            for _, quote in quotes:
                tills.ReleaseQuote(pb.till.ReleaseQuoteRequest(quote_id=quote.quote_id))
        self.coalition.wait_cleared()
        rules = [(card, award.rule) for card, sale in got for award in sale.awards]
        self.assertEqual(sum(rule == "fair-off" for _, rule in rules),
                         self.grocer.cli("coupon", "show", "FAIR")["uses"][0]["used"])
        self.assertLessEqual(sum(rule == "fair-off" for _, rule in rules), 6)
        self.assertLessEqual(sum(rule == "kiosk-first-twenty" for _, rule in rules), 20)
        for number, card in enumerate(cards):
            self.assertLessEqual(rules.count((card, "kiosk-first-twenty")), 7)
            self.assertLessEqual(rules.count((card, "kiosk-first-visit")), 1)
            home = self.coalition["fuel" if number == 3 else "grocer"]
            self.assertEqual(home.cli("balance", card)["balance"]["available_points"],
                             sum(sale.earned_points for owner, sale in got if owner == card))
        self.grocer.talea("verify")

    def test_quotes_at_64_tills_hold_exactly_so_many(self):
        code = self.grocer.cli("coupon", "issue", "sorry")["codes"][0]
        cards = [self.card() for _ in range(8)]
        pb = wire.messages()
        quotes, sales, released, refused = [], [], [], []
        with wire.channel(self.grocer, "till") as channel:
            tills = wire.service(channel, pb.till, "TillService")

            def quote(number):
                quotes.append(tills.Quote(pb.till.QuoteRequest(purchase=pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=cards[number % 8], amount_minor=100,
                    codes=[code])), timeout=20))

            def end(number):
                quote_id, digest = quotes[number // 4].quote_id, quotes[number // 4].digest
                try:
                    if number % 4 == 0:
                        tills.ReleaseQuote(pb.till.ReleaseQuoteRequest(quote_id=quote_id),
                                           timeout=20)
                        released.append(quote_id)
                    else:
                        sales.append((quote_id, tills.ConfirmQuote(pb.till.ConfirmQuoteRequest(
                            transaction_id=wire.uuid7(), quote_id=quote_id, digest=digest),
                            timeout=20).sale))
                except wire.grpc.RpcError as error:
                    refused.append(error.details())

            for till in (quote, end):
                threads = [threading.Thread(target=till, args=(number,)) for number in range(64)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                if till is quote:
                    quotes.sort(key=lambda one: not one.codes[0].is_taken)
        self.assertEqual([one.codes[0].is_taken for one in quotes], [True] * 2 + [False] * 62)
        self.assertEqual((len(refused), set(refused)), (
            48, {"This quote was confirmed or released, or has expired."}))
        # Of those that were ended, each either took place once or was given up.
        self.assertEqual(sorted([one for one, _ in sales] + released),
                         sorted(one.quote_id for one in quotes[:16]))
        promised = {one.quote_id: one.earned_points for one in quotes}
        self.assertEqual([sale.earned_points for _, sale in sales],
                         [promised[one] for one, _ in sales])
        self.assertEqual(self.grocer.cli("coupon", "show", code)["uses"][0]["used"],
                         sum(sale.earned_points == 31 for _, sale in sales))

    def test_exactly_so_many_at_64_tills(self):
        cards = [self.card() for _ in range(6)] + [self.card("fuel") for _ in range(2)]
        pb = wire.messages()
        replies, failures = [], []
        with wire.channel(self.grocer, "till") as channel:
            tills = wire.service(channel, pb.till, "TillService")

            def till(number):
                try:
                    replies.append(tills.Earn(pb.till.EarnRequest(
                        transaction_id=wire.uuid7(), card=cards[number % len(cards)],
                        amount_minor=300, channel="web" if number % 2 else "app",
                        codes=["SPRING"]), timeout=20))
                except wire.grpc.RpcError as error:
                    failures.append(error.details())
            threads = [threading.Thread(target=till, args=(number,)) for number in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        # An assertion that fails in a thread ends the thread, not the test: so they are here.
        self.assertEqual((failures, len(replies)), ([], 64))
        fired = [[award.rule for award in reply.awards] for reply in replies]
        self.assertEqual([[code.is_taken for code in reply.codes] for reply in replies],
                         [[any(rule.startswith("spring") for rule in rules)] for rules in fired])
        fired = [rule for rules in fired for rule in rules]
        self.assertEqual([fired.count(rule) for rule in
                          ("earn", "spring-first-five", "early-birds", "spring-tenth")],
                         [64, 5, 10, 8])
        self.grocer.talea("verify")


if __name__ == "__main__":
    main(150)
