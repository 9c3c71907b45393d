#!/usr/bin/python3
"""What points buy: rewards, gift cards, memberships, through two real nodes."""

import concurrent.futures
import json
import unittest

import wire
from books import accept, rows_of, sums_of
from coalition import Coalition, main, run

PROGRAMME = """version: 1
currency: USD
expiry: {kind: never}
burn: {points: 100, worth: 1.00, smallest: 50, largest_share: 50, except: [fees]}
goods:
  - {name: fees, categories: [fees]}
metrics:
  - {name: buys, of: visits, window: ever}
tiers:
  - {tier: gold, metric: buys, at_least: 3, months: 12}
  - tier: club
rules:
  - rule: points
    give: {points: 10, per: 1.00, of: paid, rounding: down}
  - rule: a year
    for: [fees]
    give: {prolong: club, days: 100, added: yes}
  - rule: club bonus
    tiers: [club]
    channels: [club]
    give: {points: 7}
  - rule: money back
    on: leave the club
    give: {refund: club, rounding: down}
  - rule: thank you
    basket: 5000.00
    give: {item: thank you, worth: 5.00, days: 365}
  - rule: mug
    on: reward mug
    give: {item: mug}
    price: {points: 300}
    caps: [{per: ever, uses: 10, of: all}, {per: ever, uses: 9}]
  - rule: gift card
    on: reward gift card
    give: {item: gift card, worth: 5.00, days: 365}
    price: {points: 500, money: 1.00}
  - rule: golden mug
    on: reward golden mug
    tiers: [gold]
    give: {item: golden mug}
    price: {points: 1}
"""


class Case(unittest.TestCase):
    """A shop with rewards, and the home of somebody who buys there."""

    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["shop", "home"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.shop = cls.coalition["shop"]
        cls.home = cls.coalition["home"]
        with open(cls.shop.path("programme.yaml"), "w", encoding="utf-8") as file:
            file.write(PROGRAMME)
        cls.coalition.start()

    def card(self, node=None, spend=None):
        card = (node or self.shop).cli("member", "add")["card"]
        if spend is not None:
            self.shop.cli("earn", card, spend)
        return card

    def available(self, card, node=None):
        return (node or self.shop).cli("balance", card)["balance"]["available_points"]

    def redeem(self, card, name, *words):
        return self.shop.cli("reward", "redeem", card, name, *words)

    def refused(self, reason, *words):
        result = self.shop.talea(*words, expect=1)
        self.assertIn(f"({reason})", result.stderr)
        return result.stderr

    def rewards(self, *words):
        return {row["name"]: row for row in self.shop.cli("reward", "list", *words)["rewards"]}


class Rewards(Case):
    def test_a_reward_costs_points_and_is_given_once(self):
        card = self.card(spend="100.00")
        listed = self.rewards("--card", card)
        self.assertEqual([(row["points"], row["is_available"], row["reason"])
                          for row in listed.values()],
                         [(300, True, "fired"), (500, True, "fired"), (1, False, "tier")])
        self.assertEqual(listed["golden mug"]["tiers"], ["gold"])
        stock = listed["mug"]["stock_left"]
        words = ("mug", "--transaction-id", wire.uuid7())
        first = self.redeem(card, *words)
        self.assertEqual((first["spent_points"], first["items"][0]["item"]), (300, "mug"))
        self.assertEqual(self.redeem(card, *words)["items"], first["items"])
        self.assertEqual(self.available(card), 700)
        self.assertEqual(self.rewards()["mug"]["stock_left"], stock - 1)
        self.refused("TRANSACTION_ID_REUSED", "reward", "redeem", card, "gift card", *words[1:])
        gift = self.redeem(card, "gift card")
        self.assertEqual((gift["spent_points"], gift["due_minor"]), (500, 100))
        self.assertEqual(gift["items"][0]["worth_minor"], 500)
        self.assertIn("fewer points", self.refused("INSUFFICIENT_POINTS", "reward", "redeem", card,
                                                   "mug"))
        self.refused("REWARD_NOT_AVAILABLE", "reward", "redeem", card, "golden mug")
        self.refused("REWARD_UNKNOWN", "reward", "redeem", card, "mugs")
        self.refused("SALE_UNKNOWN", "return", "purchase", first["redemption_id"])
        cancel = ("reward", "cancel", first["redemption_id"])
        again = ("--transaction-id", wire.uuid7())
        self.assertEqual(self.shop.cli(*cancel, *again)["returned_points"], 300)
        self.assertEqual(self.shop.cli(*cancel, *again)["returned_points"], 300)
        self.refused("REWARD_USED", *cancel)
        self.assertEqual(self.available(card), 500)
        self.assertEqual(self.rewards()["mug"]["stock_left"], stock)
        self.shop.talea("verify")

    def test_a_stock_of_ten_is_ten(self):
        cards = [self.card(spend="100.00") for _ in range(2)]
        abroad = self.card(self.home, spend="100.00")
        self.coalition.wait_cleared()
        left = self.rewards()["mug"]["stock_left"]
        pb = wire.messages()
        with wire.channel(self.shop, "till") as channel:
            till = wire.service(channel, pb.till, "TillService")
            for card in cards + [abroad]:
                till.Earn(pb.till.EarnRequest(transaction_id=wire.uuid7(), card=card,
                                              amount_minor=100000))
            self.coalition.wait_cleared()
            service = wire.service(channel, pb.reward, "RewardService")

            def redeem(number):
                request = pb.reward.RedeemRewardRequest(
                    transaction_id=wire.uuid7(), card=(cards + [abroad])[number % 3], reward="mug")
                try:
                    return service.RedeemReward(request).spent_points
                except wire.grpc.RpcError:
                    return 0
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                spent = list(pool.map(redeem, range(64)))
        self.assertEqual((left, spent.count(300), spent.count(0)), (10, 10, 54))
        self.assertEqual(self.rewards()["mug"]["stock_left"], 0)
        self.coalition.wait_cleared()
        balances = [self.available(card) for card in cards] + [self.available(abroad, self.home)]
        self.assertEqual(sum(balances), 3 * 11000 - 10 * 300)
        self.assertEqual(self.home.cli("balance", abroad)["balance"]["held_points"], 0)
        self.shop.talea("verify")
        self.home.talea("verify")

    def test_a_kill_gives_nothing_twice(self):
        cards = {self.card(spend="500.00"): self.shop,
                 self.card(self.home, spend="500.00"): self.home}
        self.coalition.wait_cleared()
        calls = [("gift card", "--transaction-id", wire.uuid7()) for _ in range(6)]

        def redeem(number):
            card = list(cards)[number % 2]
            while True:
                result = self.shop.talea("reward", "redeem", card, *calls[number], "--json",
                                         expect=None)
                if result.returncode == 0:
                    return json.loads(result.stdout)
                self.assertIn(result.returncode, (1, 3), result.stderr)
                self.assertNotIn("INSUFFICIENT", result.stderr)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            running = [pool.submit(redeem, number) for number in range(6)]
            for pause in (0.05, 0.1):
                concurrent.futures.wait(running, timeout=pause)
                self.shop.kill()
                self.shop.start()
            replies = [future.result() for future in running]
        self.assertEqual([reply["spent_points"] for reply in replies], [500] * 6)
        self.assertEqual(len({reply["items"][0]["card"]["number"] for reply in replies}), 6)
        self.coalition.wait_cleared()
        for card, node in cards.items():
            balance = node.cli("balance", card)["balance"]
            self.assertEqual((balance["available_points"], balance["held_points"]), (3500, 0))
        self.shop.talea("verify")
        self.home.talea("verify")

    def test_the_home_of_the_card_is_asked(self):
        card = self.card(self.home, spend="100.00")
        self.coalition.wait_cleared()
        words = ("gift card", "--transaction-id", wire.uuid7())
        first = self.redeem(card, *words)
        self.assertEqual((first["spent_points"], first["home"]), (500, "home"))
        self.shop.kill()
        self.shop.start()
        self.assertEqual(self.redeem(card, *words)["items"], first["items"])
        self.coalition.wait_cleared()
        self.assertEqual(self.available(card, self.home), 500)
        self.assertEqual(self.redeem(card, "gift card")["spent_points"], 500)
        self.refused("INSUFFICIENT_POINTS", "reward", "redeem", card, "gift card")
        self.shop.cli("reward", "cancel", first["redemption_id"])
        self.coalition.wait_cleared()
        self.assertEqual(self.available(card, self.home), 500)


class GiftCards(Case):
    def check_books(self, is_read_by_programs=False):
        """What the books owe on gift cards is what can still be paid with them."""
        report = self.shop.cli("giftcard", "report")
        rows = rows_of(self.shop.talea("books", "--format", "csv", "--only", "gifts").stdout)
        sums = {key: int(value * 100) for (key,), value in sums_of(rows, "kind").items()}
        self.assertEqual(sum(sums.values()), 0)
        self.assertEqual((sums["gift_cards"], sums.get("gift_breakage", 0)),
                         (-report["open_minor"], -report["over_minor"]))
        if is_read_by_programs:
            path = accept(self.shop, self.coalition.root)
            owed = run(["hledger", "-f", path, "balance", "-N", "Liabilities:Gift cards"]).stdout
            self.assertIn(f"-{report['open_minor'] / 100:.2f}", owed)
        return sums

    def test_a_gift_card_is_paid_with_and_no_more(self):
        words = ("giftcard", "issue", "--amount", 50, "--count", 40, "--transaction-id",
                 wire.uuid7())
        cards = self.shop.cli(*words)["cards"]
        self.assertEqual(self.shop.cli(*words)["cards"], cards)
        self.assertEqual(len({card["number"] for card in cards}), 40)
        number, pin = cards[0]["number"], cards[0]["pin"]
        pay = ("giftcard", "pay", number, "--pin", pin)
        words = (*pay, "12.50", "--receipt", "4711", "--transaction-id", wire.uuid7())
        paid = self.shop.cli(*words)
        self.assertEqual((paid["paid_minor"], paid["balance_minor"]), (1250, 3750))
        self.assertEqual(self.shop.cli(*words)["paid_minor"], 1250)
        self.refused("TRANSACTION_ID_REUSED", *words[:5], "13", *words[6:])
        self.refused("GIFT_CARD_TOO_LITTLE", *pay, "37.51")
        self.assertEqual(self.shop.cli(*pay)["paid_minor"], 3750)
        refund = ("giftcard", "refund", paid["payment_id"])
        self.assertEqual(self.shop.cli(*refund, "10")["balance_minor"], 1000)
        self.assertIn("2.51 USD would be given back of a payment of 12.50 USD, of which 10.00 were "
                      "given back before", self.shop.talea(*refund, "2.51", expect=1).stderr)
        self.assertIn("99999999999 is more than a card may hold, 1000000000.00 USD", self.shop.talea(
            "giftcard", "issue", "--amount", "99999999999", expect=2).stderr)
        self.assertIn("/nonexistent/x.csv: No such file", self.shop.talea(
            "giftcard", "issue", "--amount", 5, "--out", "/nonexistent/x.csv", expect=2).stderr)
        self.assertEqual(self.shop.cli(*refund)["balance_minor"], 1250)
        self.shop.cli("giftcard", "block", number)
        self.refused("GIFT_CARD_BLOCKED", *pay)
        self.shop.cli("giftcard", "unblock", number)
        self.shop.kill()
        self.shop.start()
        shown = self.shop.cli("giftcard", "show", number, "--pin", pin)
        self.assertEqual((shown["balance"], shown["value"], shown["state"]), (1250, 5000, "open"))
        sums = self.shop.cli("giftcard", "report")
        self.assertEqual((sums["cards"], sums["issued_minor"], sums["open_minor"]),
                         (40, 200000, 39 * 5000 + 1250))
        # It is over from its day on.
        old = self.shop.cli("giftcard", "issue", "--amount", 5, "--until", "2026-01-01")["cards"][0]
        self.refused("GIFT_CARD_OVER", "giftcard", "pay", old["number"], "--pin", old["pin"])
        self.assertEqual(self.shop.cli("giftcard", "report")["over_minor"], 500)
        # Five wrong PINs lock it, also for the right one, and after a restart.
        number, pin = cards[1]["number"], cards[1]["pin"]
        wrong = "000000" if pin != "000000" else "000001"
        show = ("giftcard", "show", number, "--pin")
        for _ in range(5):
            self.refused("PIN_WRONG", *show, wrong)
        self.refused("GIFT_CARD_LOCKED", *show, pin)
        self.refused("GIFT_CARD_UNKNOWN", "giftcard", "show", "0012345678901237", "--pin", pin)
        # A payment forgets the wrong ones before it.
        for left in (4900, 4800):
            for _ in range(4):
                self.refused("PIN_WRONG", "giftcard", "show", cards[3]["number"], "--pin", "1")
            paid = self.shop.cli("giftcard", "pay", cards[3]["number"], "--pin", cards[3]["pin"],
                                 "1")
            self.assertEqual(paid["balance_minor"], left)
        # Only the office looks at one without its PIN.
        show = ("giftcard", "show", cards[2]["number"], "--as")
        self.assertEqual(self.shop.cli(*show, "back-office")["balance"], 5000)
        for _ in range(5):  # nobody guessed: it isn't locked
            self.assertIn("(PIN_MISSING)", self.shop.talea(*show, "till", expect=2).stderr)
        self.assertEqual(self.shop.cli(*show, "till", "--pin", cards[2]["pin"])["balance"], 5000)
        self.shop.talea("giftcard", "show", number[:-1] + str((int(number[-1]) + 1) % 10), expect=2)
        self.check_books(is_read_by_programs=True)
        self.shop.talea("verify")

    def test_what_a_reward_gave_is_used_or_taken_back(self):
        card = self.card(spend="200.00")
        gift = self.redeem(card, "gift card")
        mug = self.redeem(card, "mug")
        code, voucher = gift["items"][0]["card"], mug["items"][0]["card"]
        shown = self.shop.cli("giftcard", "show", voucher["number"], "--pin", voucher["pin"])
        self.assertEqual((shown["is_voucher"], shown["item"], shown["balance"]), (True, "mug", 1))
        self.shop.cli("giftcard", "pay", voucher["number"], "--pin", voucher["pin"])
        self.refused("REWARD_USED", "reward", "cancel", mug["redemption_id"])
        self.shop.cli("reward", "cancel", gift["redemption_id"])
        self.refused("GIFT_CARD_CANCELLED", "giftcard", "pay", code["number"], "--pin", code["pin"])
        self.assertEqual(self.available(card), 2000 - 300)
        # What a sale gave stays as long as the rest of it deserves it.
        sold = self.shop.cli("earn", card, "--line", "amount=5000.00", "--line", "amount=1.00")
        thanks = sold["items"][0]["card"]
        for line, left in ((2, 500), (1, 0)):
            self.shop.cli("return", "purchase", sold["sale_id"], "--line", line)
            self.assertEqual(self.shop.cli("giftcard", "show", thanks["number"], "--pin",
                                           thanks["pin"])["balance"], left)
        # Given for points and 1.00: what was on it more than that was given away.
        before = self.check_books()
        self.redeem(card, "gift card")
        after = self.check_books()
        self.assertEqual([after.get(kind, 0) - before.get(kind, 0)
                          for kind in ("gift_tills", "gift_given", "gift_cards")],
                         [100, 400, -500])


class Memberships(Case):
    def bonus(self, card):
        awards = self.shop.cli("earn", card, "1.00", "--channel", "club")["awards"]
        return [award["points"] for award in awards if award["rule"] == "club bonus"]

    def test_a_membership_is_bought_and_ended(self):
        card = self.card()
        self.assertEqual(self.bonus(card), [])
        self.refused("MEMBERSHIP_NOT_HELD", "membership", "cancel", card, "club")
        for left in (100, 200):
            self.shop.cli("earn", card, "--line", "category=fees,amount=30.00")
            held = self.shop.cli("membership", "show", card)["memberships"]
            self.assertEqual([(row["name"], row["days_left"], row["refund_minor"])
                              for row in held], [("club", left, left * 30)])
        self.assertEqual(self.bonus(card), [7])
        words = ("membership", "cancel", card, "club", "--transaction-id", wire.uuid7())
        self.assertEqual(self.shop.cli(*words)["refund_minor"], 6000)
        self.assertEqual(self.shop.cli(*words)["refund_minor"], 6000)
        self.assertEqual(self.shop.cli("membership", "show", card)["memberships"][0]["days_left"],
                         0)
        self.assertEqual(self.bonus(card), [])
        self.refused("MEMBERSHIP_NOT_HELD", *words[:4])
        # Bought twice, in a quote that is confirmed later and by a sale meanwhile: both count.
        fee = ("--line", "category=fees,amount=30.00")
        quote = self.shop.cli("quote", card, *fee)["quote_id"]
        self.shop.cli("earn", card, *fee)
        self.shop.cli("confirm", quote)
        held = self.shop.cli("membership", "show", card)["memberships"][0]
        self.assertEqual((held["days_left"], held["refund_minor"]), (200, 6000))
        self.refused("MEMBERSHIP_UNKNOWN", *words[:3], "clubs")

    def test_points_pay_what_they_may(self):
        card = self.card(spend="100.00")
        self.refused("BURN_TOO_SMALL", "burn", card, 49)
        self.shop.talea("burn", card, 50)

        def pay(minor, call="Earn"):
            pb = wire.messages()
            with wire.channel(self.shop, "till") as channel:
                till = wire.service(channel, pb.till, "TillService")
                purchase = pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=card, paid_in_points_minor=minor,
                    lines=[pb.till.BasketLine(amount_minor=1000),
                           pb.till.BasketLine(category="fees", amount_minor=3000)])
                return till.Earn(purchase) if call == "Earn" else till.Quote(
                    pb.till.QuoteRequest(purchase=purchase))
        self.assertEqual(pay(500).earned_points, 350)
        with self.assertRaisesRegex(wire.grpc.RpcError, "may pay 500 at most"):
            pay(501)
        self.assertEqual(pay(500, "Quote").earned_points, 350)
        with self.assertRaisesRegex(wire.grpc.RpcError, "may pay 500 at most"):
            pay(501, "Quote")


if __name__ == "__main__":
    main(60)
