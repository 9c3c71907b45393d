#!/usr/bin/python3
"""Epochs that travel while tills are busy: a brand joins, a key is rotated and revoked, a brand leaves.
Nobody is restarted."""

import datetime
import json
import os
import shutil
import threading
import time
import unittest

import grpc

from coalition import (FIRST_PREFIX, TALEA, Coalition, CommandFailed, Node, dashed, free_port, main,
                       run, wait_for)
from partner import Key, Partner

NAMES = ("fuel", "grocer", "hotel")


class Traffic:
    """Tills of the three brands that earn and burn on each other's cards all the time."""

    def __init__(self, nodes, cards):
        self.nodes = nodes
        self.cards = cards
        self.earned = 0
        self.burned = 0
        self.refused = []
        self.is_over = False
        self.threads = [threading.Thread(target=self.serve, args=(node,)) for node in nodes]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()

    def serve(self, node):
        while not self.is_over:
            for card in list(self.cards):
                try:
                    node.cli("earn", card, "50.00")
                    self.earned += 1
                    node.cli("burn", card, "3")
                    self.burned += 1
                except CommandFailed as failure:
                    self.refused.append(f"{node.partner} {card}: {failure}")


class Epochs(unittest.TestCase):
    """A coalition of three, whose charters this makes; no test of its own."""

    def setUp(self):
        self.coalition = Coalition(list(NAMES), required=2)
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.epoch = 1

    def run(self, result=None):
        try:
            return super().run(result)
        finally:
            if result is not None and (result.failures or result.errors):
                self.coalition.show_logs()

    def path(self, *parts):
        return self.coalition.path(*parts)

    def next_epoch(self, introductions=(), more="", signers=NAMES[:2], name=None, required=None,
                   cap=None):
        """The file of the next epoch, signed; with a name, of another story beside it."""
        self.epoch += name is None
        terms = self.path(f"coalition-{self.epoch}.yaml")
        with open(self.path("coalition.yaml"), encoding="utf-8") as file:
            text = file.read()
        text = text[:text.index("\npartners:") + 1].replace("epoch: 1", f"epoch: {self.epoch}")
        text = text.replace(f"required: {self.coalition.required}",
                            f"required: {required or self.coalition.required}")
        text = text.replace("net_debit: 50000.00", f"net_debit: {cap or '50000.00'}")
        with open(terms, "w", encoding="utf-8") as file:
            file.write(text + more)
        out = self.path(name or f"charter-{self.epoch}.talea")
        before = self.path("charter.talea" if self.epoch == 2
                           else f"charter-{self.epoch - 1}.talea")
        run([TALEA, "charter", "make", "--terms", terms, "--previous", before, "--out", out]
            + list(introductions))
        for signer in signers:
            run([TALEA, "charter", "sign", "--key", self.coalition[signer].path("keys/root.key"),
                 out])
        return out

    def wait_epoch(self, epoch, nodes=None):
        for node in nodes or self.coalition:
            wait_for(lambda node=node: int(node.cli("status")["charter_epoch"]) == epoch,
                     f"{node.partner} has epoch {epoch}")

    def join(self, partner):
        node = Node(self.path(partner), self.coalition.name, partner,
                    FIRST_PREFIX + len(self.coalition.nodes))
        node.init()
        self.coalition.nodes[partner] = node
        return node

    def attest(self, node, *words):
        """The node's introduction anew."""
        introduction = self.path(f"{node.partner}-{self.epoch + 1}.intro.talea")
        before = "charter.talea" if self.epoch == 1 else f"charter-{self.epoch}.talea"
        node.talea("key", "attest", "--key", node.path("keys/root.key"), "--from",
                   self.path(before), "--out", introduction, *words)
        return introduction

    def rotate(self, node):
        """A second online key in the configuration and the introduction with both."""
        node.talea("key", "generate", "online", "--partner", node.partner, "--out",
                   node.path("keys/online-2.key"))
        with open(node.path("node.yaml"), encoding="utf-8") as file:
            text = file.read()
        old = "{online: keys/online.key}"
        self.assertIn(old, text)
        with open(node.path("node.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace(old, "{online: keys/online.key, next: [keys/online-2.key]}"))
        node.signal(1)
        return self.attest(node, node.path("keys/online-2.pub"))

    def key_of(self, node, name):
        return json.loads(run([TALEA, "key", "show", "--json", node.path(name)]).stdout)["key"]


class UnderLoad(Epochs):
    def test_join_rotate_revoke_leave(self):
        c = self.coalition.start()
        fuel, grocer, hotel = (c[name] for name in NAMES)
        period = int(fuel.cli("status")["open_period"])
        cards = [node.cli("member", "add")["card"] for node in c]
        traffic = Traffic([fuel, grocer, hotel], cards).start()
        self.addCleanup(traffic.stop)

        # A fourth brand: its epoch is given to one node alone.
        bakery = self.join("bakery")
        second = self.next_epoch([bakery.path("bakery.intro.talea")], required=3,
                                 signers=("fuel", "grocer", "bakery"))
        shutil.copy(second, bakery.path("charter.talea"))
        self.assertEqual(int(fuel.cli("charter", "push", second)["charter_epoch"]), 2)
        bakery.start()
        self.wait_epoch(2)
        c.wait_connected()
        bread = bakery.cli("member", "add")["card"]
        for node in (fuel, grocer, hotel):
            node.cli("earn", bread, "20.00")
        for card in cards:
            bakery.cli("earn", card, "10.00")
        c.wait_cleared()
        for node in (fuel, grocer, hotel):
            node.cli("burn", bread, "2")
        for card in cards:
            bakery.cli("burn", card, "1")
        traffic.cards.append(bread)
        self.assertIn('talea_clearing_batches_sent_total{partner="bakery"}',
                      fuel.http_get("/metrics")[1])

        # The grocer's key, by a new one beside it.
        self.coalition.required = 3
        with open(self.path("coalition.yaml"), encoding="utf-8") as file:
            text = file.read()
        with open(self.path("coalition.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace("required: 2", "required: 3"))
        old = self.key_of(grocer, "keys/online.key")
        introduction = self.rotate(grocer)
        new = self.key_of(grocer, "keys/online-2.key")
        third = self.next_epoch([introduction], signers=NAMES)
        self.assertEqual(grocer.cli("status")["signing_key"], old)
        hotel.cli("charter", "push", third)
        self.wait_epoch(3)
        wait_for(lambda: grocer.cli("status")["signing_key"] == new, "the new key signs")
        sent = int(grocer.peers()[0]["receipted_number"])
        wait_for(lambda: int(grocer.peers()[0]["receipted_number"]) > sent + 5,
                 "batches by the new key are taken")

        # The old one counts up to here.
        refused = grocer.talea("key", "revoke", new, expect=1)
        self.assertIn("KEY_IN_USE", refused.stderr)
        fourth = self.next_epoch(more=grocer.talea("key", "revoke", old).stdout, signers=NAMES)
        bakery.cli("charter", "push", fourth)
        self.wait_epoch(4)

        # The hotel leaves.
        fifth = self.next_epoch(more="leaving:\n"
                                f"  - {{partner: hotel, last_period: {dashed(period)}}}\n",
                                signers=NAMES)
        grocer.cli("charter", "push", fifth)
        self.wait_epoch(5)
        traffic.stop()
        left = [line for line in traffic.refused if "PARTNER_LEFT" in line]
        self.assertEqual([line for line in traffic.refused if "PARTNER_LEFT" not in line], [])
        self.assertTrue(all("hotel" in line or cards[2] in line for line in left), left)
        self.assertGreater(traffic.burned, 20)
        self.assertIn("PARTNER_LEFT", fuel.talea("earn", cards[2], "5.00", expect=1).stderr)
        self.assertIn("PARTNER_LEFT", hotel.talea("burn", cards[0], "1", expect=1).stderr)
        hotel.cli("earn", cards[2], "5.00")
        fuel.cli("earn", cards[1], "5.00")

        # Everything is agreed and netted. The hotel's last payments are still to come.
        c.wait_cleared()
        c.close_period(period)
        def states(node):
            return {pair["partner"]: pair["status"]["state"][len("SETTLEMENT_STATE_"):]
                    for pair in node.cli("period", "list", dashed(period))["pairs"]}
        for node in (fuel, hotel):
            wait_for(lambda node=node: set(states(node).values()) <= {"NETTED", "CLOSED"},
                     "it is netted")
        unpaid = {partner for partner, state in states(hotel).items() if state == "NETTED"}
        self.assertTrue(unpaid)
        wait_for(lambda: {p["partner"] for p in hotel.peers()} == unpaid,
                 "the hotel goes on with those it has to pay, or be paid by")
        for node in c:
            self.assertTrue(node.cli("verify")["is_clean"], node.partner)
            self.assertEqual([p["problem"] for p in node.peers()],
                             ["" for _ in node.peers()], node.partner)
        for partner in ("fuel", "bakery", "hotel"):
            grocer.talea("statement", "show", partner, dashed(period), "--out",
                         self.path(f"{partner}.talea"))
        for node in c:
            node.stop()
            node.talea("verify", "--data", node.path("data"))


class Rules(Epochs):
    def start(self, *names):
        for name in names:
            self.coalition[name].launch()
        for name in names:
            wait_for(self.coalition[name].is_ready, f"{name} is ready")
        return [self.coalition[name] for name in names]

    def metric(self, node, name):
        lines = node.http_get("/metrics")[1].splitlines()
        return int(next(line.split()[-1] for line in lines if line.startswith(name + " ")))

    def test_a_node_that_was_away_learns_what_it_missed(self):
        fuel, grocer = self.start("fuel", "grocer")
        for epoch in (2, 3, 4):
            grocer.cli("charter", "push", self.next_epoch())
            self.wait_epoch(epoch, (fuel, grocer))
        hotel, = self.start("hotel")
        self.wait_epoch(4, (hotel,))
        hotel.stop()
        # By itself, too: what it accepted is there, its file is still that of epoch 1.
        fuel.stop()
        grocer.stop()
        self.start("hotel")
        self.assertEqual(int(hotel.cli("status")["charter_epoch"]), 4)

    def test_a_restored_ledger_has_its_epochs(self):
        fuel, grocer = self.start("fuel", "grocer")
        card = grocer.cli("member", "add")["card"]
        fuel.cli("earn", card, "5.00")
        folder = self.path("backup")
        grocer.cli("backup", folder)
        both = self.rotate(grocer)
        fuel.cli("charter", "push", self.next_epoch([both]))
        self.wait_epoch(2, (fuel, grocer))
        only = self.attest(grocer, "--drop", self.key_of(grocer, "keys/online.key"))
        fuel.cli("charter", "push", self.next_epoch([only]))
        self.wait_epoch(3, (fuel, grocer))
        fuel.cli("earn", card, "6.00")
        grocer.stop()
        grocer.talea("restore", folder, "--force")
        # Its file is of epoch 1, which does not have the key that signs now.
        self.start("grocer")
        self.wait_epoch(3, (grocer,))
        wait_for(lambda: int(grocer.cli("balance", card)["balance"]["available_points"]) == 11,
                 "what was lost has come back")
        self.assertTrue(grocer.cli("verify")["is_clean"])

    def test_another_address(self):
        fuel, grocer = self.start("fuel", "grocer")
        grocer.stop()
        old = grocer.port
        grocer.port = free_port()
        with open(grocer.path("node.yaml"), encoding="utf-8") as file:
            text = file.read()
        with open(grocer.path("node.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace(str(old), str(grocer.port)))
        moved = self.attest(grocer, "--public-address", f"127.0.0.1:{grocer.port}")
        fuel.cli("charter", "push", self.next_epoch([moved]))
        self.start("grocer")
        self.wait_epoch(2, (fuel, grocer))
        wait_for(lambda: any(p["partner"] == "grocer" and p["is_connected"] and
                             p["address"].endswith(str(grocer.port)) for p in fuel.peers()),
                 "fuel calls the grocer where it is now")

    def test_two_stories(self):
        fuel, grocer = self.start("fuel", "grocer")
        self.coalition.nodes.pop("hotel")
        mine = self.next_epoch()
        other = self.next_epoch(name="other.talea", cap="1.00",
                                signers=())
        refused = grocer.talea("charter", "push", other, expect=1)
        self.assertIn("BAD_SIGNATURE", refused.stderr)
        grocer.stop()
        fuel.cli("charter", "push", mine)
        for signer in ("fuel", "grocer"):
            run([TALEA, "charter", "sign", "--key", self.coalition[signer].path("keys/root.key"),
                 other])
        shutil.copy(other, grocer.path("charter.talea"))
        self.start("grocer")
        for node in (fuel, grocer):
            wait_for(lambda node=node: self.metric(node, "talea_charter_forks_total") == 1,
                     f"{node.partner} knows that two were signed")
            kept = [name for name in os.listdir(node.path("data/charters"))
                    if name.startswith("fork-")]
            self.assertEqual(len(kept), 1)
            self.assertIn("epoch 2", run([TALEA, "charter", "verify",
                                          node.path("data/charters", kept[0])]).stdout)
            self.assertEqual(int(node.cli("status")["charter_epoch"]), 2)
        self.assertIn("two charters are signed for epoch 2",
                      fuel.talea("charter", "push", other, expect=1).stderr)

    def test_a_key_that_ends(self):
        grocer, = self.start("grocer")
        card = grocer.cli("member", "add")["card"]
        grocer.cli("earn", card, "5.00")
        soon = datetime.datetime.utcnow() + datetime.timedelta(seconds=3)
        ending = self.attest(grocer, "--until", soon.strftime("%Y-%m-%dT%H:%M:%SZ"),
                             grocer.path("keys/online.key"))
        grocer.cli("charter", "push", self.next_epoch([ending]))
        wait_for(lambda: grocer.http_get("/readyz")[0] == 503, "the key has ended")
        self.assertIn("no online key of this node may sign", grocer.http_get("/readyz")[1])
        self.assertIn("SIGNING_KEY_ENDED", grocer.talea("earn", card, "5.00", expect=3).stderr)
        self.assertEqual(int(grocer.cli("balance", card)["balance"]["available_points"]), 5)
        again = self.attest(grocer, grocer.path("keys/online.key"))
        grocer.cli("charter", "push", self.next_epoch([again]))
        wait_for(lambda: grocer.http_get("/readyz")[0] == 200, "a key may sign again")
        grocer.cli("earn", card, "5.00")
        self.assertTrue(grocer.cli("verify")["is_clean"])

    def test_a_revoked_key(self):
        grocer, = self.start("grocer")
        hotel = self.coalition["hotel"]
        card = grocer.cli("member", "add")["card"]
        grocer.cli("earn", card, "500.00")
        liar = Partner(hotel)
        liar.period = int(grocer.cli("status")["open_period"])
        now = int(time.time() * 1000)
        first = liar.batch(grocer, [liar.earn(card, 10), liar.earn(card, 10)])
        with liar.stream(grocer) as stream:
            self.assertEqual(stream.send(first).last_number, 2)
        hotel.talea("key", "generate", "online", "--partner", "hotel", "--out",
                    hotel.path("keys/online-2.key"))
        both = self.attest(hotel, hotel.path("keys/online-2.pub"))
        old = self.key_of(hotel, "keys/online.key")
        grocer.cli("charter", "push", self.next_epoch([both], more="revoked_keys:\n"
                   f"  - partner: hotel\n    key: {old}\n    streams:\n"
                   "      - {peer: grocer, entries: 2, receipts: 0}\n"))
        beyond = [liar.earn(card, 10)]
        with liar.stream(grocer, held=1) as stream:
            self.assertIn("KEY_REVOKED", stream.send(liar.batch(grocer, beyond, epoch=2)))
        with liar.stream(grocer, held=1) as stream:
            self.assertIn("repeat", stream.send(first).lower())
        with liar.channel(grocer) as channel:
            request = liar.hold_request(grocer, card, 5, now_ms=now)
            with self.assertRaises(grpc.RpcError) as refused:
                liar.hold(liar.service(channel), request, epoch=2)
            self.assertEqual(refused.exception.code().name, "PERMISSION_DENIED")
            liar.key = Key(hotel.path("keys/online-2.key"))
            self.assertEqual(liar.hold(liar.service(channel), request, epoch=2).points, 5)
        with liar.stream(grocer, held=1) as stream:
            self.assertEqual(stream.send(liar.batch(grocer, beyond, epoch=2)).last_number, 3)
        self.assertTrue(grocer.cli("verify")["is_clean"])


if __name__ == "__main__":
    main(420)
