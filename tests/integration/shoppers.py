#!/usr/bin/python3
"""Who the shopper is: birthdays, who brought whom and what both get for it, static lists, segments."""

import csv
import datetime
import threading
import time
import unittest

import wire
from coalition import Coalition, luhn, main, wait_for
from notify import SECRET, Gateway

RULES = """version: 1
currency: USD
expiry: {kind: never}
metrics:
  - {name: sales, of: visits, window: ever}
  - {name: recency, of: since}
  - {name: spent, of: spend, window: rolling_days, length: 90}
segments:
  - {segment: staff, lists: [staff, old staff]}
  - {segment: frequent, metrics: [{metric: sales, at_least: 2}]}
  - {segment: guests, none: [staff, frequent]}
  - {segment: champions, metrics: [{metric: recency, below: 30}, {metric: sales, at_least: 3},
                                   {metric: spent, at_least: 15}]}
tiers:
  - {tier: circle}
rules:
  - rule: staff-extra
    segments: [staff]
    give: {points: 11}
  - rule: frequent-extra
    segments: [frequent]
    give: {points: 13}
  - rule: invited
    on: invitation
    give: {prolong: circle, months: 12}
  - rule: circle-extra
    tiers: [circle]
    give: {points: 17}
  - rule: candle
    on: birthday
    give: {points: 1000}
  - rule: friend
    purchase: 1
    referred: yes
    give: {points: 30}
  - rule: friend-bought
    purchase: 1
    referred: yes
    give: {event: friend bought}
  - rule: brought
    on: friend bought
    give: {points: 100}
  - rule: birthday
    around: {day: birthday, before: 3, after: 3}
    give: {points: 7}
    caps: [{per: rolling_days, length: 30, uses: 1}]
"""

def day(offset=0):
    return datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(offset)

class Shoppers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.grocer = cls.coalition["grocer"]
        with open(cls.grocer.path("programme.yaml"), "w", encoding="utf-8") as file:
            file.write(RULES)
        cls.gateway = Gateway()
        cls.addClassCleanup(cls.gateway.close)
        cls.grocer.replace("hook.key", SECRET + b"\n")
        cls.grocer.replace("notifications.yaml", f"""version: 1
brand: Grocer
language: en
webhooks:
  - {{name: sms, channel: sms, url: "{cls.gateway.url}", secret: hook.key,
     kinds: [tier_reached]}}
""".encode())
        cls.grocer.replace("node.yaml", cls.grocer.read("node.yaml")
                           + b"\nnotifications: notifications.yaml\n")
        cls.coalition.start()
        cls.grocer.cli("list", "create", "staff")

    def add(self, *words):
        return self.grocer.cli("member", "add", *words)["card"]

    def unknown(self):
        return luhn(f"{self.grocer.prefix}999999999")

    def rules(self, card, *words):
        return {row["rule"]: row["points"]
                for row in self.grocer.cli("earn", card, *words)["awards"]}

    def why(self, reply):
        explained = self.grocer.cli("explain", reply["sale_id"])
        return {row["rule"]: row["reason"] for row in explained["rules"]}

    def available(self, card):
        return self.grocer.cli("balance", card)["balance"]["available_points"]

    def refused(self, reason, *words, expect=1):
        result = self.grocer.talea(*words, expect=expect)
        self.assertIn(f"({reason})", result.stderr)

    def eventually(self, card, points):
        deadline = time.monotonic() + 10
        while self.available(card) != points and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(self.available(card), points)

    def counted(self):
        return {row["segment"]: row["members"]
                for row in self.grocer.cli("segment", "refresh")["segments"]}

    def test_a_friend_and_who_brought_it(self):
        anna = self.add()
        bert = self.add("--referrer", anna)
        reply = self.grocer.cli("earn", bert, "5.00")
        self.assertEqual({row["rule"]: row["points"] for row in reply["awards"]},
                         {"friend": 30, "friend-bought": 0})
        self.assertEqual(self.why(reply)["friend"], "fired")
        self.eventually(anna, 100)
        self.assertEqual(self.rules(bert, "5.00"), {})
        self.assertEqual(self.rules(anna, "5.00"), {})
        time.sleep(0.2)
        self.assertEqual(self.available(anna), 100)
        self.refused("INVALID_BIRTHDAY", "member", "set", bert, "--birthday", day(2).isoformat(),
                     expect=2)
        self.refused("REFERRER_UNKNOWN", "member", "add", "--referrer", self.unknown())
        shown = self.grocer.cli("member", "show", bert)["member"]
        self.assertEqual(shown["referrer_id"],
                         self.grocer.cli("member", "show", anna)["member"]["member_id"])

    def test_who_is_told_to_have_brought_whom(self):
        anna, bert, carla = self.add(), self.add(), self.add()
        words = ["member", "set", bert, "--referrer", anna, "--transaction-id",
                 wire.uuid7()]
        row = self.grocer.cli(*words)["journal_row"]
        self.assertEqual(self.grocer.cli(*words)["journal_row"], row)
        self.refused("REFERRER_IS_SELF", "member", "set", carla, "--referrer", carla, expect=2)
        self.refused("REFERRER_EXISTS", "member", "set", bert, "--referrer", carla)
        self.grocer.cli("member", "set", carla, "--referrer", bert)
        self.refused("REFERRER_LOOPS", "member", "set", anna, "--referrer", carla)
        self.refused("REFERRER_UNKNOWN", "member", "set", anna, "--referrer", self.unknown())
        self.assertEqual(self.rules(carla, "5.00"), {"friend": 30, "friend-bought": 0})
        self.eventually(bert, 100)
        self.assertEqual(self.available(anna), 0)
        self.grocer.talea("verify")

    def test_lines_come_back_after_the_birthday_was_changed(self):
        """What a quote promised for a birthday is given; judged again it would not be, and then a
        return says so, until it goes by amount or the birthday is that one again."""
        card = self.add("--birthday", day(1).strftime("%m-%d"))
        lines = ["--line", "product=1,amount=3.00", "--line", "product=2,amount=2.00"]
        quote = self.grocer.cli("quote", card, *lines)
        self.grocer.cli("member", "set", card, "--birthday", day(20).strftime("%m-%d"))
        sale = self.grocer.cli("confirm", quote["quote_id"])["sale"]
        self.assertEqual((quote["earned_points"], sale["earned_points"]), (7, 7))
        result = self.grocer.talea("return", "purchase", sale["sale_id"], "--line", "2", expect=1)
        self.assertIn("as a birthday that it went by is another one now: return it by amount "
                      "(LINES_DIFFER)", result.stderr)
        self.assertEqual(self.grocer.cli("return", "purchase", sale["sale_id"], "5.00")
                         ["taken_points"], 7)
        self.grocer.cli("member", "set", card, "--birthday", day(1).strftime("%m-%d"))
        sale = self.grocer.cli("earn", card, *lines)["sale_id"]
        back = [self.grocer.cli("return", "purchase", sale, "--line", line) for line in ("2", "1")]
        self.assertEqual([(one["taken_points"], one["amount_minor"]) for one in back],
                         [(0, 200), (7, 300)])
        self.assertEqual(self.available(card), 0)

    def test_a_birthday(self):
        soon = self.add("--birthday", day(2).strftime("1990-%m-%d"))
        later = self.add("--birthday", day(20).strftime("%m-%d"))
        reply = self.grocer.cli("earn", soon, "5.00")
        self.assertEqual(reply["earned_points"], 7)
        self.assertEqual(self.why(reply)["birthday"], "fired")
        self.assertEqual(self.rules(soon, "5.00"), {})
        self.assertEqual(self.rules(later, "5.00"), {})
        self.grocer.cli("member", "set", later, "--birthday", day(1).strftime("%m-%d"))
        self.assertEqual(self.rules(later, "5.00"), {"birthday": 7})
        member = self.grocer.cli("member", "show", soon)["member"]
        self.assertEqual(member["birthday"], day(2).strftime("1990-%m-%d"))
        self.grocer.cli("member", "erase", soon, "--yes")
        result = self.grocer.talea("explain", reply["sale_id"], expect=None)
        self.assertIn("the member's birthday is another one now, or forgotten", result.stderr)
        erased = self.grocer.cli("member", "show", "--member", member["member_id"])["member"]
        self.assertEqual(erased["birthday"], "")
    def test_an_event_that_could_not_be_given_yet(self):
        anna = self.add()
        bert = self.add("--referrer", anna)
        self.grocer.cli("member", "block", anna, "--reason", "CHECK")
        self.rules(bert, "5.00")
        self.grocer.cli("member", "unblock", anna, "--reason", "FINE")
        self.assertEqual(self.available(anna), 0)
        self.grocer.kill()
        self.grocer.start()
        self.eventually(anna, 100)
        self.grocer.talea("verify")

    def test_what_a_friend_returns_is_taken_back(self):
        anna = self.add()
        bert, carla = self.add("--referrer", anna), self.add("--referrer", anna)
        sale = self.grocer.cli("earn", bert, "5.00")["sale_id"]
        self.eventually(anna, 100)
        self.grocer.cli("return", "purchase", sale, "2.00")
        self.assertEqual(self.available(anna), 100)
        self.grocer.cli("return", "purchase", sale)
        self.eventually(anna, 0)
        self.assertEqual(self.available(bert), 0)
        # One that is still to be given when the purchase returns never is.
        self.grocer.cli("member", "block", anna, "--reason", "CHECK")
        self.grocer.cli("return", "purchase", self.grocer.cli("earn", carla, "5.00")["sale_id"])
        self.grocer.cli("member", "unblock", anna, "--reason", "FINE")
        self.grocer.kill()
        self.grocer.start()
        time.sleep(0.5)
        self.assertEqual(self.available(anna), 0)
        self.grocer.talea("verify")

    def test_a_kill_loses_no_event_and_doubles_none(self):
        anna = self.add()
        friends = [self.add("--referrer", anna) for _ in range(6)]
        threads = [threading.Thread(target=self.grocer.talea, args=("earn", friend, "5.00"),
                                    kwargs={"expect": None}) for friend in friends]
        for thread in threads:
            thread.start()
        while self.available(friends[0]) == 0:
            pass
        self.grocer.kill()
        for thread in threads:
            thread.join()
        self.grocer.start()
        came = [friend for friend in friends if self.available(friend) > 0]
        self.assertIn(friends[0], came)
        self.eventually(anna, 100 * len(came))
        time.sleep(0.2)
        self.assertEqual(self.available(anna), 100 * len(came))
        self.grocer.talea("verify")

    def test_lists_and_segments(self):
        cards = [self.add() for _ in range(3)]
        path = self.grocer.path("staff.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["card"], [cards[0]], [cards[1]], [cards[0]]])
        self.refused("LIST_EXISTS", "list", "create", "staff")
        self.assertEqual(self.grocer.cli("list", "add", "staff", path),
                         {"rows": 3, "changed": 2, "unchanged": 1, "rejected": 0})
        odd = path + ".odd"
        with open(odd, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["card"], ["123"]])
        self.assertIn(":2: INVALID_SELECTOR: What names the member is no card number",
                      self.grocer.talea("list", "add", "staff", odd, expect=1).stderr)
        result = self.grocer.talea("list", "add", "stuff", path, expect=1)
        self.assertIn("There is no such list", result.stderr)
        self.assertEqual(self.rules(cards[0], "5.00"), {"staff-extra": 11})
        self.assertEqual(self.rules(cards[2], "5.00"), {})
        self.assertEqual(self.rules(cards[2], "5.00"), {})
        self.assertEqual(self.rules(cards[2], "5.00"), {"frequent-extra": 13})
        self.assertEqual(self.rules(cards[0], "5.00"), {"staff-extra": 11})
        rows = self.grocer.cli("segment", "show", cards[2])["segments"]
        self.assertEqual([(row["segment"], row["is_in"], row["reason"]) for row in rows],
                         [("staff", False, "list"), ("frequent", True, ""),
                          ("guests", False, "segment"), ("champions", True, "")])
        text = self.grocer.talea("segment", "show", cards[0]).stdout
        self.assertIn("- champions                sales is 2, less than 3\n", text)
        newcomer = self.grocer.talea("segment", "show", cards[1]).stdout
        self.assertIn("recency is not there yet, not less than 30", newcomer)
        self.assertIn("on none of its lists", self.grocer.talea("segment", "show", cards[2]).stdout)
        members = [row["card"] for row in self.grocer.cli("segment", "members", "staff")["members"]]
        self.assertEqual(sorted(members), sorted(cards[:2]))
        self.assertEqual(self.counted()["staff"], 2)
        self.assertIn('talea_segment_members{segment="staff"} 2', self.grocer.http_get("/metrics")[1])
        self.assertEqual(self.grocer.cli("list", "list")["lists"][0]["members"], 2)
        self.grocer.cli("list", "remove", "staff", "--member",
                        self.grocer.cli("member", "show", cards[1])["member"]["member_id"])
        self.assertEqual(self.rules(cards[1], "5.00"), {})
        before = self.counted()
        self.grocer.cli("member", "merge", cards[1], cards[0])
        after = self.counted()
        self.assertEqual((after["staff"], after["guests"]), (before["staff"], before["guests"] - 1))
        self.assertEqual(self.rules(cards[1], "5.00")["staff-extra"], 11)
        self.grocer.cli("member", "erase", cards[0], "--yes")
        self.assertEqual(self.grocer.cli("list", "show", "staff")["members"], [])
        self.grocer.talea("verify")

    def test_days_and_invitations(self):
        card = self.add("--birthday", day().strftime("1980-%m-%d"))
        self.grocer.cli("segment", "refresh")
        self.eventually(card, 1000)
        self.grocer.cli("segment", "refresh")
        self.assertEqual(self.available(card), 1000)
        guest = self.add("--channel", "sms=yes")
        self.assertEqual(self.rules(guest, "5.00"), {})
        self.grocer.cli("event", guest, "invitation")
        self.assertEqual(self.rules(guest, "5.00"), {"circle-extra": 17})
        self.grocer.cli("event", guest, "invitation")
        wait_for(lambda: self.gateway.of("tier_reached"), "the gateway heard of it", 10)
        self.assertEqual([message["text"] for message in self.gateway.of("tier_reached")],
                         ["Grocer: you have reached the level circle. Congratulations!"])
        # What the webhook was not asked to tell, it did not: these points were given before.
        self.grocer.cli("event", self.add("--channel", "sms=yes"), "invitation")
        wait_for(lambda: len(self.gateway.of("tier_reached")) == 2, "of the second one, too", 10)
        self.assertEqual({message["kind"] for message in self.gateway.all()}, {"tier_reached"})

    def test_an_import_says_all_that_an_enrolment_does(self):
        anna = self.add()
        path = self.grocer.path("members.csv")
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([
                ["reference", "name", "birthday", "channels", "language", "referrer"],
                ["I-1", "One", day(1).strftime("%m-%d"), "sms push", "kk", anna],
                ["I-2", "Two", "1990-02-30", "", "", ""],
                ["I-3", "Three", "", "fax", "", ""],
                ["I-4", "Four", "", "", "", self.unknown()]])
        result = self.grocer.talea("member", "import", path, expect=1)
        self.assertIn("rows 4 = 1 members + 3 rejected", result.stdout)
        self.assertIn("members.csv:3: INVALID_BIRTHDAY: birthday is no day", result.stderr)
        self.assertIn("members.csv:4: the channels are not", result.stderr)
        self.assertIn("members.csv:5: REFERRER_UNKNOWN: Who brought the member", result.stderr)
        shown = self.grocer.cli("member", "show", "--reference", "I-1")["member"]
        self.assertEqual((shown["language"], len(shown["consents"]), shown["birthday"]),
                         ("kk", 2, day(1).strftime("%m-%d")))
        self.assertEqual(set(self.rules(shown["cards"][0]["number"], "5.00")),
                         {"friend", "friend-bought", "birthday"})
        self.eventually(anna, 100)


if __name__ == "__main__":
    main(180)
