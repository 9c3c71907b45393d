#!/usr/bin/python3
"""From a closed month to the money: netted, ordered at the bank, booked, signed, closed."""

import itertools
import json
import os
import sys
import unittest

import bank
import charter
from coalition import TALEA, Coalition, Node, dashed, main, run, wait_for

NAMES = ("fuel", "grocer", "hotel")
STATES = "SETTLEMENT_STATE_"


class PayingNode(Node):
    """A brand with a bank account."""

    def account(self):
        return bank.iban(self.prefix)

    def init(self):
        run([TALEA, "init", self.folder, "--coalition", self.coalition, "--partner", self.partner,
             "--name", self.partner.capitalize(), "--prefix", str(self.prefix), "--iban",
             self.account(), "--bic", "COBADEFFXXX", *self.addresses()])


class Paying(Coalition):
    node_kind = PayingNode
    netting = "bilateral"

    def terms(self):
        return super().terms().replace("decimals: 2}", f"decimals: 2, netting: {self.netting}}}")


class Money(unittest.TestCase):
    """What the tests of both ways of netting do alike."""

    kind = Paying
    names = NAMES

    def setUp(self):
        self.coalition = self.kind(list(self.names))
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.period = self.coalition["grocer"].cli("status")["open_period"]
        self.files = itertools.count()

    def trade(self):
        """Everyone gives points to everyone's members, and so owes them."""
        cards = {n.partner: n.cli("member", "add")["card"] for n in self.coalition}
        for number, node in enumerate(self.coalition):
            for other, card in enumerate(cards.values()):
                if card != cards[node.partner]:
                    node.cli("earn", card, f"{(number + 1) * 1000 + 100 * other}.00")
        self.coalition.wait_cleared()

    def close(self):
        for node in self.coalition:
            node.cli("period", "close", dashed(self.period))

    def payments(self, node):
        return {p["reference"]: p for p in
                node.cli("payment", "list", "--period", dashed(self.period))["payments"]}

    def payment(self, node, reference):
        return node.cli("payment", "show", reference)["payments"][0]

    def state(self, node, reference):
        return self.payment(node, reference)["state"][len(STATES):]

    def wait_state(self, nodes, reference, state):
        for node in nodes:
            wait_for(lambda node=node: self.state(node, reference) == state,
                     f"{node.partner}: {reference} is {state}")

    def statuses(self, node):
        return {p["partner"]: p["status"]
                for p in node.cli("period", "list", dashed(self.period))["pairs"]}

    def wait_netted(self, nodes=None):
        for node in nodes or self.coalition:
            wait_for(lambda node=node: all(p["state"][len(STATES):] in
                                           ("NETTED", "INSTRUCTED", "PAID", "CLOSED")
                                           for p in self.statuses(node).values()),
                     f"{node.partner}'s pairs are netted")

    def instruct(self, node, *options, expect=0):
        path = self.coalition.path(f"{node.partner}-{next(self.files)}.xml")
        result = node.talea("payment", "instruct", "--out", path, *options, expect=expect)
        return (path, result)

    def book(self, node, entries, kind="camt.053.001.02", expect=0):
        path = self.coalition.path(f"{node.partner}-{next(self.files)}.camt")
        bank.statement(path, kind, node.account(), entries)
        problem = bank.validate(path, kind)
        self.assertFalse(problem, problem)
        return node.cli("payment", "import", path, expect=expect)

    def outcomes(self, reply):
        return [b["outcome"] for b in reply["bookings"]]

    def sides(self, payment):
        return self.coalition[payment["debtor"]], self.coalition[payment["creditor"]]


class Leaving(Money):
    """A brand's run-off: no new business from the epoch on that says so, until all is paid."""

    next_epoch = charter.Epochs.next_epoch
    epoch = 1

    def path(self, *parts):
        return self.coalition.path(*parts)

    def test_sessions_last_until_the_last_payment(self):
        self.trade()
        fuel, grocer, hotel = (self.coalition[name] for name in NAMES)
        card = hotel.cli("member", "add")["card"]
        grocer.cli("earn", card, "500.00")
        self.coalition.wait_cleared()
        grocer.cli("charter", "push", self.next_epoch(
            more=f"leaving:\n  - {{partner: hotel, last_period: {dashed(self.period)}}}\n"))
        for node in self.coalition:
            wait_for(lambda node=node: int(node.cli("status")["charter_epoch"]) == 2, "epoch 2")
        self.assertIn("PARTNER_LEFT", grocer.talea("earn", card, "5.00", expect=1).stderr)
        self.assertIn("PARTNER_LEFT", grocer.talea("burn", card, "1", expect=1).stderr)
        self.coalition.wait_cleared()
        self.close()
        self.wait_netted()
        for node in (fuel, hotel):
            node.stop()
            node.start()
        payments = {reference: payment for node in self.coalition
                    for reference, payment in self.payments(node).items()}
        numbers = itertools.count(1)
        for name in {payment["debtor"] for payment in payments.values()}:
            self.instruct(self.coalition[name], "--period", dashed(self.period))
        for reference, payment in payments.items():
            debtor, creditor = self.sides(payment)
            self.assertIn(creditor.partner, [p["partner"] for p in debtor.peers()])
            amount = f"{int(payment['amount_minor']) / 100:.2f}"
            self.book(creditor, [bank.Entry(reference, amount, f"IN{next(numbers)}", True)])
            self.wait_state([debtor, creditor], reference, "CLOSED")
        wait_for(lambda: hotel.peers() == [], "the hotel is done")
        wait_for(lambda: [p["partner"] for p in fuel.peers()] == ["grocer"],
                 "fuel is done with the hotel")
        self.assertEqual({p: s["state"][len(STATES):] for p, s in self.statuses(fuel).items()},
                         {"grocer": "CLOSED", "hotel": "CLOSED"})
        for node in self.coalition:
            self.assertTrue(node.cli("verify")["is_clean"])


class Bilateral(Money):
    def netted(self):
        self.trade()
        self.close()
        self.wait_netted()

    def test_a_month_goes_all_the_way(self):
        self.netted()
        books = {node.partner: self.payments(node) for node in self.coalition}
        references = set().union(*books.values())
        self.assertEqual(len(references), 3)
        for node in self.coalition:
            for reference, payment in books[node.partner].items():
                other = self.sides(payment)[payment["debtor"] == node.partner]
                mirror = books[other.partner][reference]
                for field in ("debtor", "creditor", "amount_minor", "state"):
                    self.assertEqual(payment[field], mirror[field])
                self.assertRegex(reference, r"^[A-Z0-9-]{1,35}$")
                self.assertEqual(abs(int(node.pair(other.partner, self.period)["net_minor"])),
                                 int(payment["amount_minor"]))
        bank_number = itertools.count(1)
        for number, node in enumerate(self.coalition):
            mine = {r: p for r, p in books[node.partner].items() if p["debtor"] == node.partner}
            form = ("pain.001.001.09", "pain.001.001.03")[number % 2]
            if not mine:
                _, result = self.instruct(node, expect=1)
                self.assertIn("NOTHING_TO_PAY", result.stderr)
                continue
            # Where no file can be made, nothing is ordered.
            node.talea("payment", "instruct", "--out", self.coalition.path("none/x.xml"), expect=2)
            path, _ = self.instruct(node, "--format", form, "--period", dashed(self.period))
            self.check_file(path, form, node, mine)
            for reference, payment in mine.items():
                creditor = self.coalition[payment["creditor"]]
                self.wait_state([node, creditor], reference, "INSTRUCTED")
                amount = f"{int(payment['amount_minor']) / 100:.2f}"
                kind = ("camt.053.001.02", "camt.053.001.08", "camt.054.001.02",
                        "camt.054.001.08")[next(bank_number) % 4]
                reply = self.book(node, [bank.Entry(reference, amount, f"OUT{number}", False)],
                                  kind)
                self.assertEqual(self.outcomes(reply), ["recorded"])
                self.assertEqual(self.state(node, reference), "INSTRUCTED")
                reply = self.book(creditor, [bank.Entry(reference, amount, f"IN{number}", True)],
                                  kind)
                self.assertEqual(self.outcomes(reply), ["recorded"])
                self.wait_state([node, creditor], reference, "CLOSED")
        for node in self.coalition:
            for pair in self.statuses(node).values():
                self.assertEqual(pair["state"], STATES + "CLOSED")
                self.assertEqual(pair["waits_for"], "")
                self.assertGreater(int(pair["since_unix_ms"]), 0)
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_invoice(self):
        reference, amount, debtor, creditor = self.one()
        path = self.coalition.path("invoice.html")
        made = debtor.cli("invoice", creditor.partner, dashed(self.period), "--out", path)
        self.assertEqual((made["reference"], made["amount_minor"]), (reference, amount))
        self.assertEqual(sum(line["amount_minor"] for line in made["lines"]), amount)
        with open(path, encoding="utf-8") as file:
            page = file.read().replace(" ", "")  # account numbers stand in groups of four
        for text in (reference, debtor.account(), creditor.account(), f"{amount / 100:.2f}"):
            self.assertIn(text, page)
        debtor.talea("invoice", creditor.partner, dashed(self.period), "--out", path, expect=2)
        period = self.period + 1 if self.period % 100 < 12 else self.period + 89
        debtor.talea("invoice", creditor.partner, dashed(period), "--out", path + "2", expect=1)

    def check_file(self, path, form, node, mine):
        problem = bank.validate(path, form)
        self.assertFalse(problem, problem)
        file = bank.PaymentFile(path)
        self.assertEqual(file.version, form)
        expected = sorted((r, f"{int(p['amount_minor']) / 100:.2f}", "USD",
                           self.coalition[p["creditor"]].account()) for r, p in mine.items())
        self.assertEqual(sorted(file.payments()), expected)
        total = sum(int(p["amount_minor"]) for p in mine.values())
        self.assertEqual(set(file.texts("CtrlSum")), {f"{total / 100:.2f}"})
        self.assertEqual(set(file.texts("NbOfTxs")), {str(len(mine))})
        self.assertIn(node.account(), file.texts("IBAN"))

    def one(self):
        """A netted payment with its two sides."""
        self.netted()
        payment = next(iter(self.payments(self.coalition["fuel"]).values()))
        return (payment["reference"], int(payment["amount_minor"]), *self.sides(payment))

    def test_the_same_file_again_and_two_operators(self):
        reference, amount, debtor, creditor = self.one()
        first, result = self.instruct(debtor, "--transaction-id",
                                      "0199a000-0000-7000-8000-000000000001")
        again, _ = self.instruct(debtor, "--transaction-id",
                                 "0199a000-0000-7000-8000-000000000001")
        with open(first, "rb") as one, open(again, "rb") as other:
            self.assertEqual(one.read(), other.read())
        _, result = self.instruct(debtor, expect=1)
        self.assertIn("NOTHING_TO_PAY", result.stderr)
        entry = bank.Entry(reference, f"{amount / 100:.2f}", "IN1", True)
        self.assertEqual(self.outcomes(self.book(creditor, [entry])), ["recorded"])
        for kind in ("camt.053.001.02", "camt.054.001.08"):
            self.assertEqual(self.outcomes(self.book(creditor, [entry], kind)), ["known already"])
        self.wait_state([debtor, creditor], reference, "CLOSED")
        self.assertEqual(int(self.payment(creditor, reference)["received_minor"]), amount)

    def test_part_over_and_double_payment(self):
        reference, amount, debtor, creditor = self.one()
        self.instruct(debtor)
        part = amount // 3
        self.book(creditor, [bank.Entry(reference, f"{part / 100:.2f}", "IN1", True)])
        wait_for(lambda: int(self.payment(debtor, reference)["received_minor"]) == part,
                 "the debtor hears of the part")
        for node in (debtor, creditor):
            payment = self.payment(node, reference)
            self.assertEqual(int(payment["residual_minor"]), amount - part)
            self.assertEqual(payment["state"], STATES + "INSTRUCTED")
            self.assertIn("the rest", payment["waits_for"])
        _, result = self.instruct(debtor, expect=1)  # the rest may be on its way
        self.assertIn("NOTHING_TO_PAY", result.stderr)
        path, _ = self.instruct(debtor, "--residual")
        self.assertIn((reference, f"{(amount - part) / 100:.2f}", "USD", creditor.account()),
                      bank.PaymentFile(path).payments())
        _, result = self.instruct(debtor, "--residual", expect=1)
        self.assertIn("NOTHING_TO_PAY", result.stderr)
        rest = f"{(amount - part) / 100:.2f}"
        self.book(creditor, [bank.Entry(reference, rest, "IN2", True)])
        self.wait_state([debtor, creditor], reference, "CLOSED")
        # The bank's clerk sends it twice, and 1.00 more.
        self.book(creditor, [bank.Entry(reference, rest, "IN3", True),
                             bank.Entry(reference, "1.00", "IN4", True)])
        for node in (debtor, creditor):
            wait_for(lambda node=node: int(self.payment(node, reference)["residual_minor"]) ==
                     -(amount - part) - 100, "both see the credit")
        self.wait_state([debtor, creditor], reference, "CLOSED")
        # It is sent back.
        self.book(creditor, [bank.Entry(reference, rest, "BACK1", False, is_reversal=True),
                             bank.Entry(reference, "1.00", "BACK2", False, is_reversal=True)])
        for node in (debtor, creditor):
            wait_for(lambda node=node: int(self.payment(node, reference)["residual_minor"]) == 0,
                     "nothing is left")
        self.wait_state([debtor, creditor], reference, "CLOSED")
        self.assertTrue(creditor.cli("verify")["is_clean"])

    def test_what_is_not_taken(self):
        reference, amount, debtor, creditor = self.one()
        text = f"{amount / 100:.2f}"
        unknown = reference[:-1] + ("0" if reference[-1] != "0" else "1")
        entries = [bank.Entry(unknown, text, "B1", True),
                   bank.Entry(reference, text, "B2", True, currency="EUR"),
                   bank.Entry(reference, text, "B3", False),
                   bank.Entry(reference, text, "B4", True, status="PDNG"),
                   bank.Entry("INVOICE 4711", text, "B5", True)]
        reply = self.book(creditor, entries, expect=1)
        self.assertEqual(self.outcomes(reply),
                         ["no payment of this brand has the reference",
                          "another currency than the settlement's", "the money went the wrong way"])
        self.assertEqual(reply["without_reference"], 1)
        path = self.coalition.path("other-account.camt")
        bank.statement(path, "camt.053.001.02", bank.iban(1),
                       [bank.Entry(reference, text, "B6", True)])
        reply = creditor.cli("payment", "import", path, expect=1)
        self.assertEqual(self.outcomes(reply), ["another account than this brand's"])
        reply = self.book(creditor, [bank.Entry(reference, text, "B7", False, is_reversal=True)],
                          expect=1)
        self.assertEqual(self.outcomes(reply), ["an amount that can't be"])
        for node in (debtor, creditor):
            self.assertEqual(self.state(node, reference), "NETTED")
            self.assertEqual(self.payment(node, reference)["bookings"], [])

    def test_hostile_files(self):
        node = self.coalition["fuel"]
        head = f'<Document xmlns="{bank.NAMESPACE}camt.053.001.02">'
        bomb = ('<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' +
                "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)) +
                "]>")
        cases = {
            "bomb": bomb + head + "<BkToCstmrStmt>&j;</BkToCstmrStmt></Document>",
            "file": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + head +
                    "<BkToCstmrStmt>&x;</BkToCstmrStmt></Document>",
            "deep": head + "<a>" * 5000 + "</a>" * 5000 + "</Document>",
            "cut": head + "<BkToCstmrStmt><Stmt><Ntry>",
            "other": "<html/>",
            "empty": "",
            "noise": "\x01\x02",
            "amount": head + "<BkToCstmrStmt><Stmt><Ntry><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
                             "<BookgDt><Dt>2026-11-20</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt>"
                             "</Document>",
        }
        for name, text in cases.items():
            with self.subTest(name):
                path = self.coalition.path(name + ".camt")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                result = node.talea("payment", "import", path, expect=2)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                if name not in ("empty", "noise"):
                    self.assertIn("line ", result.stderr)
        path = self.coalition.path("huge.camt")
        with open(path, "wb") as file:
            file.truncate(65 << 20)
        node.talea("payment", "import", path, expect=2)

    def test_kill_at_every_transition(self):
        reference, amount, debtor, creditor = self.one()
        self.instruct(debtor, "--transaction-id", "0199a000-0000-7000-8000-000000000002")
        steps = [
            lambda: self.instruct(debtor, "--transaction-id",
                                  "0199a000-0000-7000-8000-000000000002"),
            lambda: self.book(debtor, [bank.Entry(reference, f"{amount / 100:.2f}", "O", False)]),
            lambda: self.book(creditor, [bank.Entry(reference, f"{amount / 200:.2f}", "I1", True)]),
            lambda: self.book(creditor, [bank.Entry(reference,
                                                    f"{(amount - amount // 2) / 100:.2f}",
                                                    "I2", True)]),
        ]
        for step in steps:
            for victim in (debtor, creditor):
                step()  # each again after each kill: nothing is counted twice
                victim.kill()
                victim.start()
        self.wait_state([debtor, creditor], reference, "CLOSED")
        for node in (debtor, creditor):
            payment = self.payment(node, reference)
            self.assertEqual(int(payment["received_minor"]), amount)
            self.assertEqual(int(payment["residual_minor"]), 0)
            node.kill()
            node.start()
            self.assertEqual(self.state(node, reference), "CLOSED")
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_nodes_die_while_they_agree(self):
        """Killed at moments of their own, from the close on, by turns."""
        self.trade()
        fuel = self.coalition["fuel"]
        self.close()
        for node in self.coalition:
            node.kill()
            node.start()
        self.wait_netted()
        for reference, payment in self.payments(fuel).items():
            debtor, creditor = self.sides(payment)
            self.instruct(debtor, expect=None)
            amount = f"{int(payment['amount_minor']) / 100:.2f}"
            creditor.kill()
            creditor.start()
            self.book(creditor, [bank.Entry(reference, amount, "I" + reference, True)])
            debtor.kill()
            debtor.start()
            self.wait_state([debtor, creditor], reference, "CLOSED")


class Netting(Paying):
    netting = "multilateral"

    def make(self, signers=None):
        super().make(signers)
        for node in self:
            with open(node.path("node.yaml"), "a", encoding="utf-8") as file:
                file.write("limits: {netting_grace_s: 4}\n")


class Multilateral(Money):
    kind = Netting
    names = ("fuel", "grocer", "hotel", "pharmacy")

    def expected(self, left_out=()):
        """What `talea statement net` makes of all statements: who pays whom how much."""
        nodes = [n for n in self.coalition if n.partner not in left_out]
        files = []
        for node, other in itertools.combinations(nodes, 2):
            files.append(self.coalition.path(f"{node.partner}-{other.partner}.talea"))
            node.talea("statement", "show", other.partner, dashed(self.period), "--out", files[-1])
        net = json.loads(run([TALEA, "statement", "net", *files, "--charter",
                              self.coalition.path("charter.talea"), "--json"]).stdout)
        return {(p["debtor"], p["creditor"], p["amount_minor"]) for p in net["payments"]}

    def netted(self, nodes):
        rows = {}
        for node in nodes:
            for reference, payment in self.payments(node).items():
                if payment["is_multilateral"]:
                    rows.setdefault(reference, []).append(
                        (payment["debtor"], payment["creditor"], int(payment["amount_minor"])))
        for row in rows.values():  # each of the two has it, and alike
            self.assertEqual(len(row), 2)
            self.assertEqual(row[0], row[1])
        return {row[0] for row in rows.values()}

    def pay(self, nodes):
        for node in nodes:
            mine = [p for p in self.payments(node).values() if p["debtor"] == node.partner]
            if mine:
                path, _ = self.instruct(node)
                problem = bank.validate(path, "pain.001.001.09")
                self.assertFalse(problem, problem)
            for payment in mine:
                creditor = self.coalition[payment["creditor"]]
                self.book(creditor, [bank.Entry(payment["reference"],
                                                f"{int(payment['amount_minor']) / 100:.2f}",
                                                "I" + payment["reference"], True)],
                          "camt.054.001.08")
                self.wait_state([node, creditor], payment["reference"], "CLOSED")

    def test_all_pairs_are_netted_together(self):
        self.trade()
        for number, node in enumerate(self.coalition):
            status = self.statuses(node)
            self.assertEqual({s["state"] for s in status.values()}, {STATES + "OPEN"})
            node.cli("period", "close", dashed(self.period))
            if number == 0:
                wait_for(lambda node=node: "mark" in next(iter(
                    self.statuses(node).values()))["waits_for"], "it waits for the others' marks")
        self.wait_netted()
        expected = self.expected()
        self.assertEqual(self.netted(self.coalition), expected)
        self.assertLess(len(expected), len(self.names))
        self.pay(self.coalition)
        for node in self.coalition:
            for pair in self.statuses(node).values():
                self.assertEqual(pair["state"], STATES + "CLOSED")
            self.assertTrue(node.cli("verify")["is_clean"])

    def test_who_is_missing_is_left_out(self):
        self.trade()
        hotel = self.coalition["hotel"]
        hotel.kill()
        others = [n for n in self.coalition if n is not hotel]
        for node in others:
            node.cli("period", "close", dashed(self.period))
        for node in others:
            wait_for(lambda node=node: all(s["state"][len(STATES):] in ("NETTED", "CLOSED")
                                           for p, s in self.statuses(node).items()
                                           if p != "hotel"), f"{node.partner} nets without hotel")
        self.assertEqual(self.netted(others), self.expected(["hotel"]))
        hotel.start()
        hotel.cli("period", "close", dashed(self.period))
        self.wait_netted()
        for node in others:
            payment = next(p for p in self.payments(node).values()
                           if "hotel" in (p["debtor"], p["creditor"]))
            self.assertFalse(payment["is_multilateral"])
            self.assertEqual(int(payment["amount_minor"]),
                             abs(int(node.pair("hotel", self.period)["net_minor"])))
        self.pay(self.coalition)
        for node in self.coalition:
            self.assertEqual({s["state"] for s in self.statuses(node).values()},
                             {STATES + "CLOSED"})

    def test_nodes_die_while_they_net(self):
        self.trade()
        for node in self.coalition:
            node.cli("period", "close", dashed(self.period))
            node.kill()
            node.start()
        for node in self.coalition:
            node.kill()
            node.start()
        self.wait_netted()
        multilateral = self.netted(self.coalition)
        if all(not s["reference"] or self.payment(n, s["reference"])["is_multilateral"]
               for n in self.coalition for s in self.statuses(n).values()):
            self.assertEqual(multilateral, self.expected())
        self.pay(self.coalition)
        for node in self.coalition:
            self.assertEqual({s["state"] for s in self.statuses(node).values()},
                             {STATES + "CLOSED"})
            self.assertTrue(node.cli("verify")["is_clean"])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    main(280)
