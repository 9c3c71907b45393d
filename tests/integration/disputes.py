#!/usr/bin/python3
"""Disputes between two nodes: each way that one ends, the silence of either side, what the signatures
decide, and kill -9 of either node after each step. Fuel gives and takes points of grocer's members."""

import json
import sys
import unittest
import xml.etree.ElementTree

import books
import wire
from coalition import TALEA, Coalition, main, run, wait_for

LONG, SHORT = 1209600, 2


class Quick(Coalition):
    """Whose sides may be silent for so many seconds."""

    seconds = LONG

    def terms(self):
        disputes = f"disputes: {{answer_seconds: {self.seconds}, escalate_seconds: {self.seconds}}}"
        return super().terms().replace("partners:\n", f"{disputes}\npartners:\n", 1)


class Disputes(unittest.TestCase):
    seconds = LONG

    def setUp(self):
        self.coalition = Quick(["fuel", "grocer"])
        self.coalition.seconds = self.seconds
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.fuel, self.grocer = self.coalition["fuel"], self.coalition["grocer"]
        self.card = self.grocer.cli("member", "add")["card"]
        self.period = self.grocer.cli("status")["open_period"]
        self.expected = 0

    def run(self, result=None):
        try:
            return super().run(result)
        finally:
            if result is not None and (result.failures or result.errors):
                self.coalition.show_logs()

    # What the shop does; each gives the number of its entry.

    def sent(self):
        self.coalition.wait_cleared()
        return int(self.fuel.peers()[0]["sent_number"])

    def earn(self, points):
        self.fuel.cli("earn", self.card, f"{points}.00")
        self.expected += points
        return self.sent()

    def burn(self, points):
        self.fuel.cli("burn", self.card, str(points))
        self.expected -= points
        return self.sent()

    # Steps of either side.

    def step(self, node, verb, number, *more):
        other = "grocer" if node is self.fuel else "fuel"
        way = "sent" if node is self.fuel else "received"
        return node.cli("dispute", verb, other, number, *more, "--direction", way)

    def open(self, node, number, points=None, reason="DOUBLED"):
        claim = () if points is None else ("--points", points)
        return self.step(node, "open", number, "--reason", reason, *claim, "--note", "till 4")

    def show(self, node, number):
        return self.step(node, "show", number)["dispute"]

    def wait(self, number, state, nodes=None):
        wanted = f"DISPUTE_STATE_{state.upper()}"
        for node in nodes or (self.fuel, self.grocer):
            wait_for(lambda node=node: self.known(node, number) and
                     self.show(node, number)["state"] == wanted,
                     f"{node.partner} has {number} {state}", 30)

    def known(self, node, number):
        partner = "grocer" if node is self.fuel else "fuel"
        rows = node.cli("dispute", "list", partner, "--all").get("disputes", [])
        return any(int(row["entry"]["number"]) == number for row in rows)

    def balance(self):
        return int(self.grocer.cli("balance", self.card)["balance"]["available_points"])

    def check(self):
        """Both ledgers prove themselves, nothing waits, the member has what must be."""
        self.coalition.wait_cleared()
        self.assertEqual(self.balance(), self.expected)
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])
            suspense = [row for row in node.cli("report")["accounts"]
                        if row["account"] == "suspense" and
                        row["debit_points"] != row["credit_points"]]
            self.assertEqual(suspense, [])

    def check_books(self):
        """Accountants' programs read them; nothing is in dispute, and nothing is `other`."""
        for node in self.coalition:
            books.accept(node, self.coalition.root)
            rows = books.rows_of(node.talea("books", "--format", "csv", "--only", "money").stdout)
            sums = books.sums_of(rows, "kind")
            self.assertTrue(rows)
            self.assertEqual((sums.get(("money_disputed",)), sums.get(("other_settled",))),
                             (None, None))

    def owed(self):
        """By fuel to grocer, by each side's word."""
        return [int(self.fuel.cli("peer", "show", "grocer")["owed_minor"]),
                -int(self.grocer.cli("peer", "show", "fuel")["owed_minor"])]


class Ends(Disputes):
    def test_accepted(self):
        self.earn(100)
        number = self.earn(40)
        self.open(self.grocer, number, 25)
        self.wait(number, "opened")
        row = self.show(self.fuel, number)
        self.assertTrue(row["is_our_turn"] and row["is_suspended"] and not row["is_opener"])
        self.assertEqual((int(row["claimed_points"]), row["opener_note"]), (25, "till 4"))
        pair = self.fuel.pair("grocer", self.period)
        self.assertEqual([int(t["points"]) for t in pair["sent"] if t["kind"] == "ENTRY_KIND_EARN"],
                         [115])
        refused = self.grocer.talea("dispute", "accept", "fuel", number, expect=1)
        self.assertIn("DISPUTE_STATE", refused.stderr)
        refused = self.fuel.talea("dispute", "open", "grocer", number, "--reason", "OTHER",
                                  "--direction", "sent", expect=1)
        self.assertIn("DISPUTE_EXISTS", refused.stderr)
        self.step(self.fuel, "answer", number)
        self.wait(number, "answered")
        self.step(self.fuel, "accept", number)
        self.wait(number, "adjusted")
        self.expected -= 25
        self.assertEqual(self.owed(), [115, 115])
        self.coalition.close_period(self.period)
        self.check()
        self.check_books()

    def test_conceded(self):
        """The entry stands; it was left out of its period, and is paid in the next one."""
        number = self.earn(40)
        self.open(self.grocer, number)
        self.wait(number, "opened")
        self.coalition.close_period(self.period)
        self.assertEqual(int(self.fuel.pair("grocer", self.period)["net_points"]), 0)
        self.step(self.fuel, "reject", number, "--note", "see the till roll")
        self.wait(number, "rejected")
        self.assertEqual(self.show(self.grocer, number)["answerer_note"], "see the till roll")
        self.step(self.grocer, "concede", number)
        self.wait(number, "adjusted")
        self.assertEqual(self.owed(), [40, 40])
        self.coalition.close_period(self.next_period())
        self.assertEqual(int(self.fuel.pair("grocer", self.next_period())["net_minor"]), 40)
        self.check()
        self.check_books()

    def next_period(self):
        year, month = divmod(int(self.period), 100)
        return year * 100 + month + 1 if month < 12 else (year + 1) * 100 + 1

    def test_ruled(self):
        """Two offices must say the same; a period that is matched never changes."""
        number = self.earn(40)
        self.coalition.close_period(self.period)
        before = self.fuel.pair("grocer", self.period)
        del before["status"]  # the payment goes on
        self.open(self.grocer, number, 10, "AMOUNT_WRONG")
        self.wait(number, "opened")
        self.assertFalse(self.show(self.fuel, number)["is_suspended"])
        self.step(self.fuel, "reject", number)
        self.wait(number, "rejected")
        self.step(self.grocer, "escalate", number)
        self.wait(number, "escalated")
        self.step(self.grocer, "rule", number, "upheld")
        self.step(self.fuel, "rule", number, "dismissed")
        wait_for(lambda: self.show(self.grocer, number)["partner_ruling"] ==
                 "DISPUTE_RULING_DISMISSED", "grocer knows fuel's ruling")
        wait_for(lambda: self.show(self.fuel, number)["partner_ruling"] ==
                 "DISPUTE_RULING_UPHELD", "fuel knows grocer's ruling")
        self.wait(number, "escalated")
        self.step(self.fuel, "rule", number, "upheld")
        self.wait(number, "adjusted")
        self.expected -= 10
        after = self.fuel.pair("grocer", self.period)
        del after["status"]
        self.assertEqual(after, before)
        self.assertEqual(self.owed(), [-10, -10])
        self.check()
        self.check_course(number)
        self.check_pages(number)

    RULED = ["open", "reject", "escalate", "rule-upheld", "rule-dismissed", "confirm-upheld",
             "adjust"]

    def check_course(self, number):
        """Both sides show the same steps, and what was signed of them proves the ruling."""
        shown = [self.step(node, "show", number) for node in (self.fuel, self.grocer)]
        said = [sorted((line["is_ours"] == (node is self.fuel), line["number"], line["step"],
                        line["note"], line["said_unix_ms"]) for line in answer["lines"])
                for node, answer in zip((self.fuel, self.grocer), shown)]
        self.assertEqual(said[0], said[1])
        for answer in shown:
            steps = [line["step"].removeprefix("DISPUTE_STEP_").lower().replace("_", "-")
                     for line in answer["lines"]]
            self.assertEqual((sorted(steps), steps[:3], steps[-2:]),
                             (sorted(self.RULED), self.RULED[:3], self.RULED[-2:]))
            self.assertTrue(all(not line["refusal"] and not line["is_under_way"]
                                for line in answer["lines"]))
            proof = answer["evidence"]
            self.assertEqual((proof["proven_state"], proof["proven_outcome"]),
                             ("adjusted", "upheld"))
            self.assertEqual(sorted(line["step"] for line in proof["lines"]), sorted(self.RULED))
            self.assertEqual(len({line["key"] for line in proof["lines"]}), 2)
        path = self.coalition.path("ruled.evidence")
        self.grocer.talea("dispute", "show", "fuel", number, "--out", path)
        told = run([TALEA, "audit", "dispute", path, str(number), "--charter",
                    self.coalition.path("charter.talea")]).stdout
        self.assertIn("proven     adjusted, upheld", told)
        text = self.grocer.talea("dispute", "show", "fuel", number).stdout
        for word in ("confirm-upheld", "taken", "proven     adjusted"):
            self.assertIn(word, text)

    PAGES = {"en": ("Dispute about an entry", "taken further", "The claim is right.",
                    "both offices ruled the same", "14 days to answer"),
             "ru": ("Спор о записи", "передан выше", "Требование удовлетворено.",
                    "обе стороны решили одинаково", "14 дн. на ответ"),
             "kk": ("Жазба бойынша дау", "жоғары берілді", "Талап қанағаттандырылды.",
                    "екі тарап бірдей шешім шығарды", "14 күн жауап беруге")}

    def check_pages(self, number):
        for language, words in self.PAGES.items():
            path = self.coalition.path(f"dispute.{language}.html")
            self.grocer.talea("dispute", "show", "fuel", number, "--html", path, "--language",
                              language)
            with open(path, encoding="utf-8") as file:
                page = file.read()
            xml.etree.ElementTree.fromstring(page)
            for word in words + ("till 4", 'lang="%s"' % language, "<td>"):
                self.assertIn(word, page)
            # One signature for each step and one for its receipt, those of the entry before.
            self.assertEqual(page.count('<td class="hash">'), 2 + 2 * len(self.RULED))
            again = self.grocer.talea("dispute", "show", "fuel", number, "--html", path, expect=2)
            self.assertIn(path, again.stderr)

    def test_signatures_decide(self):
        """The home granted it: the redeemer is right at once."""
        self.earn(100)
        number = self.burn(30)
        self.open(self.grocer, number, reason="NOT_GRANTED")
        self.wait(number, "adjusted")
        row = self.show(self.grocer, number)
        self.assertTrue(row["is_ruled_by_machine"])
        self.assertEqual(row["outcome"], "DISPUTE_RULING_DISMISSED")
        self.check()
        path = self.coalition.path("entry.evidence")
        self.grocer.talea("dispute", "show", "fuel", number, "--out", path)
        pb = wire.messages()
        with open(path, "rb") as file:
            evidence = pb.back_office.GetDisputeEvidenceResponse.FromString(file.read())
        head = pb.peer.BatchHead.FromString(evidence.head.payload)
        self.assertEqual((head.sender, head.receiver), ("fuel", "grocer"))
        entries = [pb.peer.ClearingEntry.FromString(entry) for entry in evidence.entries]
        entry = next(e for e in entries if e.number == number)
        grants = [pb.peer.HoldGrant.FromString(grant.payload) for grant in evidence.grants]
        self.assertIn((entry.subject_id, 30), [(g.hold_id, g.points) for g in grants])
        receipt = pb.peer.ClearingReceipt.FromString(evidence.receipt.payload)
        self.assertTrue(receipt.first_number <= number <= receipt.last_number)
        self.audit_evidence(path, number)

    def audit_evidence(self, path, number):
        """Proven without a node; and with one bit flipped, never."""
        def audit(file, expect=0):
            return run([TALEA, "audit", "dispute", "--json", file, str(number), "--charter",
                        self.coalition.path("charter.talea")], expect=expect)
        proof = json.loads(audit(path).stdout)
        self.assertEqual((proof["sender"], proof["receiver"], proof["number"], proof["points"],
                          proof["kind"]), ("fuel", "grocer", number, 30, "capture"))
        self.assertEqual((proof["promise"], proof["covered"], proof["refusal"]),
                         ("grant", True, ""))
        with open(path, "rb") as file:
            good = file.read()
        bad = path + ".bad"
        for place in range(0, len(good), max(1, len(good) // 150)):
            with open(bad, "wb") as file:
                file.write(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
            with self.subTest(place=place):
                self.assertIn("expected", audit(bad, expect=4).stderr)
        with open(bad, "wb") as file:
            file.write(good[:-40])
        audit(bad, expect=4)
        number += 1000
        self.assertIn("the batch has the entries", audit(path, expect=None).stderr)

    def test_refused_entries(self):
        """An entry that the home refused is disputed by its sender."""
        self.grocer.stop()
        self.fuel.cli("earn", self.card, "40.00")
        self.fuel.stop()
        self.grocer.start()
        self.grocer.cli("card", "block", self.card)
        self.fuel.start()
        number = self.sent()
        listed = self.fuel.cli("dispute", "list", "--refused")["disputes"]
        self.assertEqual(int(listed[-1]["entry"]["number"]), number)
        self.grocer.cli("card", "unblock", self.card)
        self.open(self.fuel, number, 30, "REFUSED_WRONGLY")
        self.wait(number, "opened")
        self.step(self.grocer, "accept", number)
        self.wait(number, "adjusted")
        self.expected += 30
        self.assertEqual(self.owed(), [30, 30])
        self.check()


class Silence(Disputes):
    seconds = SHORT

    def test_silence_is_acceptance(self):
        number = self.earn(40)
        self.open(self.grocer, number)
        self.wait(number, "adjusted")
        self.assertTrue(self.show(self.fuel, number)["is_by_silence"])
        self.expected -= 40
        late = self.fuel.talea("dispute", "reject", "grocer", number, "--direction", "sent",
                               expect=1)
        self.assertIn("DISPUTE_STATE", late.stderr)
        self.assertEqual(self.owed(), [0, 0])
        number = self.earn(50)
        self.open(self.grocer, number)
        self.wait(number, "opened", [self.fuel])
        self.step(self.fuel, "reject", number)
        self.wait(number, "adjusted")
        self.assertEqual(self.show(self.grocer, number)["outcome"], "DISPUTE_RULING_DISMISSED")
        self.assertEqual(self.owed(), [50, 50])
        self.check()


class Kills(Disputes):
    """Either node, right after each step was acknowledged and before the other can have it."""

    def kill(self, node):
        node.kill()
        node.start()

    def go(self, victim, steps, number):
        """Each step with the state that both come to."""
        for node, verb, words, state in steps:
            self.step(node, verb, number, *words)
            self.kill(victim)
            self.wait(number, state)

    def test_kill_at_each_step(self):
        ways = (
            ("answer", "accept", True),
            ("reject", "concede", False),
            ("reject", "upheld", True),
            ("reject", "dismissed", False),
        )
        for victim in (self.fuel, self.grocer):
            for first, then, is_upheld in ways:
                with self.subTest(victim=victim.partner, first=first, then=then):
                    self.one(victim, first, then)
                    self.expected -= 20 if is_upheld else 0
                    self.check()
        self.coalition.wait_connected()
        self.coalition.close_period(self.period)
        self.check()

    def one(self, victim, first, then):
        number = self.earn(40)
        open_it = (self.grocer, "open", ("--reason", "DOUBLED", "--points", "20"), "opened")
        answered = (self.fuel, first, (), "answered" if first == "answer" else "rejected")
        ends = {"accept": [(self.fuel, "accept", (), "adjusted")],
                "concede": [(self.grocer, "concede", (), "adjusted")]}
        ruled = [(self.grocer, "escalate", (), "escalated"),
                 (self.grocer, "rule", (then,), "escalated"),
                 (self.fuel, "rule", (then,), "adjusted")]
        self.go(victim, [open_it, answered] + ends.get(then, ruled), number)


if __name__ == "__main__":
    sys.exit(main(380))
