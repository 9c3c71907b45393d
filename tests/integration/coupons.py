#!/usr/bin/python3
"""Coupons in a running node: codes that are shown, taken, given and issued, and exactly so many."""

import threading
import unittest

import wire
from coalition import Coalition, main

RULES = """version: 1
currency: USD
earn: {points: 1, per: 1.00, rounding: down}
expiry: {kind: never}
coupons:
  - {coupon: spring, codes: [SPRING, LENZ]}
  - {coupon: next, prefix: N-, personal: yes}
  - {coupon: sorry, prefix: S-}
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
  - rule: early-birds
    channels: [app]
    give: {points: 7}
    caps: [{per: ever, uses: 10, of: all}]
"""


class Coupons(unittest.TestCase):
    """One brand with coupons, and a partner whose cards come to its shops."""

    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        with open(cls.grocer.path("programme.yaml"), "w", encoding="utf-8") as file:
            file.write(RULES)
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
        again = self.earn(card, "20.00", "--code", "SPRING")
        self.assertEqual(again["discount_minor"], 0)
        self.assertEqual(self.codes(again), [("SPRING", False, "spring-first-five", "channel")])
        text = self.grocer.talea("earn", self.card(), "20.00", "--code", "LENZ").stdout
        self.assertIn("code       LENZ: taken by spring-tenth", text)
        result = self.grocer.talea("earn", card, "1.00", "--code", "LENZ", "--code", "LENZ",
                                   expect=2)
        self.assertIn("the same code is shown twice", result.stderr)

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

    def test_codes_are_issued_shown_and_counted(self):
        id_words = ["--transaction-id", wire.uuid7(), "--until", "2031-01-01"]
        path = self.grocer.path("codes.csv")
        self.grocer.talea("coupon", "issue", "sorry", "--count", 5000, "--out", path, *id_words)
        with open(path, encoding="ascii") as file:
            codes = [line.strip().strip('"') for line in file][1:]
        self.assertEqual((len(codes), len(set(codes)), {len(code) for code in codes}),
                         (5000, 5000, {19}))
        again = self.grocer.cli("coupon", "issue", "sorry", "--count", 5000, *id_words)
        self.assertEqual(again["codes"], codes)
        result = self.grocer.talea("coupon", "issue", "sorry", "--count", 5001, *id_words, expect=1)
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
        row = self.grocer.cli("coupon", "list", "sorry")["coupons"][0]
        self.assertEqual((row["issued"], row["used"], row["left"]), (5000, 2, 9998))
        self.assertIn("issued", self.grocer.talea("coupon", "list").stdout)

    def test_a_personal_code_is_for_one_member(self):
        card, other = self.card(), self.card("fuel")
        self.assertIn("COUPON_PERSONAL", self.grocer.talea("coupon", "issue", "next",
                                                           expect=1).stderr)
        code = self.grocer.cli("coupon", "issue", "next", "--card", other)["codes"][0]
        self.assertEqual([self.grocer.cli("coupon", "show", code, "--card", one)["is_for_card"]
                          for one in (card, other)], [False, True])
        self.assertEqual(self.codes(self.earn(card, "12.00", "--code", code))[0][3], "code_other")
        self.assertEqual(self.earn(other, "12.00", "--code", code)["discount_minor"], 500)

    def test_exactly_so_many_at_64_tills(self):
        cards = [self.card() for _ in range(6)] + [self.card("fuel") for _ in range(2)]
        pb = wire.messages()
        fired = []
        with wire.channel(self.grocer, "till") as channel:
            tills = wire.service(channel, pb.till, "TillService")

            def till(number):
                reply = tills.Earn(pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=cards[number % len(cards)], amount_minor=300,
                    channel="web" if number % 2 else "app", codes=["SPRING"]), timeout=20)
                fired.extend(award.rule for award in reply.awards)
                self.assertEqual([code.is_taken for code in reply.codes],
                                 [any(award.rule.startswith("spring") for award in reply.awards)])
            threads = [threading.Thread(target=till, args=(number,)) for number in range(64)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual([fired.count(rule) for rule in
                          ("earn", "spring-first-five", "early-birds", "spring-tenth")],
                         [64, 5, 10, 8])
        self.grocer.talea("verify")


if __name__ == "__main__":
    main(150)
