#!/usr/bin/python3
"""Who gets in: certificates of the wrong role, the wrong authority, the wrong time; a reload."""

import shutil
import socket
import ssl
import sys
import threading
import unittest

import grpc

import wire
from coalition import TALEA, Coalition, main, run, wait_for
from mint import Mint, read


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pb = wire.messages()
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.grocer = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        cls.mints = {n.partner: Mint(cls.coalition.path("mint-" + n.partner), n.path("tls/ca.pem"),
                                     n.path("tls/ca.key")) for n in cls.coalition}

    def call(self, chain, key, service="till", roots=None, node=None):
        """One call with this certificate: the refusal, or None."""
        node = node or self.grocer
        services = {
            "till": (self.pb.till, "TillService", "Enrol",
                     self.pb.till.EnrolRequest(transaction_id=wire.uuid7())),
            "admin": (self.pb.admin, "AdminService", "ReloadConfiguration",
                      self.pb.admin.ReloadConfigurationRequest()),
            "office": (self.pb.back_office, "BackOfficeService", "GetReport",
                       self.pb.back_office.GetReportRequest()),
            "peer": (self.pb.peer, "PeerService", "AuthoriseHold",
                     self.pb.peer.AuthoriseHoldRequest())}
        module, name, method, request = services[service]
        with wire.open_channel(node, chain, key, roots or node.read("tls/ca.pem")) as channel:
            try:
                getattr(wire.service(channel, module, name), method)(request, timeout=5)
            except grpc.RpcError as error:
                return error.code().name, wire.details(error)[0]
        return None

    def put_till(self, chain, key):
        for name, text in (("pem", chain), ("key", key)):
            path = self.grocer.path(f"tls/till.{name}")
            with open(path, "wb") as file:
                file.write(text)

    def own(self, role, node=None):
        node = node or self.grocer
        return node.read(f"tls/{role}.pem"), node.read(f"tls/{role}.key")

    def refused_at_the_door(self, answer):
        self.assertIsNotNone(answer, "let in")
        self.assertEqual((answer[0], answer[1]), ("UNAVAILABLE", None))

    def test_each_role_calls_what_it_may(self):
        allowed = {"till": {"till"}, "back-office": {"till", "office"}, "auditor": {"office"},
                   "admin": {"till", "admin", "office"}, "node": {"peer"}}
        for role, services in allowed.items():
            for service in ("till", "office", "admin", "peer"):
                with self.subTest(role=role, service=service):
                    answer = self.call(*self.own(role), service)
                    if service in services:
                        self.assertNotIn(answer and answer[0],
                                         ("PERMISSION_DENIED", "UNAUTHENTICATED", "UNAVAILABLE"))
                    else:
                        self.assertEqual(answer, ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"))

    def test_another_partners_node_is_a_peer_and_nothing_else(self):
        certificate = self.own("node", self.fuel)
        self.assertEqual(self.call(*certificate, "till"), ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"))
        self.assertEqual(self.call(*certificate, "admin"),
                         ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"))
        self.assertEqual(self.call(*certificate, "peer")[0], "INVALID_ARGUMENT")

    def test_another_partners_tills_are_not_ours(self):
        for role in ("till", "back-office", "auditor", "admin"):
            with self.subTest(role=role):
                self.assertEqual(self.call(*self.own(role, self.fuel)),
                                 ("UNAUTHENTICATED", "IDENTITY_NOT_ACCEPTED"))

    def test_a_foreign_authority_of_the_same_name(self):
        folder = self.coalition.path("impostor")
        run([TALEA, "init", folder, "--coalition", "demo", "--partner", "grocer", "--name", "Grocer",
             "--prefix", "610001", "--listen", "127.0.0.1:1", "--http", "127.0.0.1:2"])
        for role in ("till", "admin", "node"):
            with self.subTest(role=role):
                self.refused_at_the_door(self.call(
                    read(f"{folder}/tls/{role}.pem"), read(f"{folder}/tls/{role}.key")))

    def test_a_partners_authority_vouches_for_nobody_else(self):
        for uri in ("talea://demo/grocer/till/till", "talea://demo/grocer/admin/admin",
                    "talea://demo/grocer/node/node"):
            with self.subTest(uri=uri):
                answer = self.call(*self.mints["fuel"].issue(f"URI:{uri}"))
                self.assertEqual(answer, ("UNAUTHENTICATED", "IDENTITY_NOT_ACCEPTED"))

    def test_control_a_minted_certificate_of_the_right_authority_is_let_in(self):
        self.assertIsNone(self.call(*self.mints["grocer"].issue("URI:talea://demo/grocer/till/x")))

    def test_odd_identities(self):
        for names, reason in (
                (("DNS:grocer.demo.talea",), "NO_IDENTITY"),
                (("URI:https://example.org/",), "NO_IDENTITY"),
                (("URI:talea://demo/grocer/owner/x",), "NO_IDENTITY"),
                (("URI:talea://other/grocer/till/x",), "IDENTITY_NOT_ACCEPTED"),
                (("URI:talea://demo/nobody/till/x",), "IDENTITY_NOT_ACCEPTED"),
                (("URI:talea://demo/grocer/till/x", "URI:talea://demo/grocer/admin/x"),
                 "AMBIGUOUS_IDENTITY")):
            with self.subTest(names=names):
                answer = self.call(*self.mints["grocer"].issue(*names))
                self.assertEqual(answer, ("UNAUTHENTICATED", reason))

    def test_who_calls_with_an_expired_certificate_is_told_so(self):
        chain, key = self.own("till")
        expired = self.mints["grocer"].issue("URI:talea://demo/grocer/till/x", days=(-30, -1))
        self.put_till(*expired)
        try:
            refused = self.grocer.talea("earn", "6100010000000013", "1.00", expect=3)
        finally:
            self.put_till(chain, key)
        listed = self.grocer.talea("certificate", "list").stdout
        self.assertNotIn("expired", listed)
        self.assertRegex(refused.stderr, r"tls/till.pem has expired at 20\d\d-.*"
                                         r"`talea certificate issue till --replace`")

    def test_an_expired_certificate(self):
        self.refused_at_the_door(self.call(
            *self.mints["grocer"].issue("URI:talea://demo/grocer/till/x", days=(-30, -1))))

    def test_a_certificate_of_tomorrow(self):
        self.refused_at_the_door(self.call(
            *self.mints["grocer"].issue("URI:talea://demo/grocer/till/x", days=(1, 30))))

    def test_no_client_certificate(self):
        self.refused_at_the_door(self.call(None, None))

    def test_a_certificate_without_its_key(self):
        """The chain of a till, the key of another: nothing that a TLS client could do with it."""
        try:
            answer = self.call(self.own("till")[0], self.own("admin")[1])
        except ValueError:
            return
        self.refused_at_the_door(answer)

    def test_the_client_refuses_a_node_of_another_authority(self):
        answer = self.call(*self.own("till"), roots=self.fuel.read("tls/ca.pem"))
        self.refused_at_the_door(answer)

    def handshake(self, version):
        context = ssl.create_default_context(cafile=self.grocer.path("tls/ca.pem"))
        context.load_cert_chain(self.grocer.path("tls/till.pem"), self.grocer.path("tls/till.key"))
        context.set_alpn_protocols(["h2"])
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", self.grocer.port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname="grocer.demo.talea") as tls:
                self.assertEqual(tls.recv(9)[3:4], b"\x04")  # a SETTINGS frame of HTTP/2
                return tls.version(), ssl.DER_cert_to_PEM_cert(tls.getpeercert(True))

    def test_tls_1_2_is_refused(self):
        self.assertEqual(self.handshake(ssl.TLSVersion.TLSv1_3)[0], "TLSv1.3")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            self.handshake(ssl.TLSVersion.TLSv1_2)

    def test_plain_text_is_refused_and_harms_nothing(self):
        for data in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 4096):
            with socket.create_connection(("127.0.0.1", self.grocer.port), timeout=15) as plain:
                plain.sendall(data)
                plain.settimeout(15)
                try:
                    while plain.recv(4096):
                        pass
                except ConnectionResetError:
                    pass
        self.assertIsNone(self.call(*self.own("till")))


class Reload(unittest.TestCase):
    """SIGHUP takes a new certificate, and no call notices."""

    def setUp(self):
        self.pb = wire.messages()
        self.coalition = Coalition(["grocer", "fuel"])
        self.addCleanup(self.coalition.close)
        self.coalition.make()
        self.coalition.start()
        self.grocer = self.coalition["grocer"]
        self.mint = Mint(self.coalition.path("mint"), self.grocer.path("tls/ca.pem"),
                         self.grocer.path("tls/ca.key"))

    def serial(self):
        context = ssl.create_default_context(cafile=self.grocer.path("tls/ca.pem"))
        context.load_cert_chain(self.grocer.path("tls/till.pem"), self.grocer.path("tls/till.key"))
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", self.grocer.port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname="grocer.demo.talea") as tls:
                return tls.getpeercert()["serialNumber"]

    def install(self, certificate, key):
        self.grocer.replace("tls/node.key", key)
        self.grocer.replace("tls/node.pem", certificate)

    def new_certificate(self):
        return self.mint.issue("URI:talea://demo/grocer/node/node", "DNS:grocer.demo.talea",
                               "IP:127.0.0.1")

    def test_a_new_certificate_without_a_restart(self):
        card = self.grocer.cli("member", "add")["card"]
        before = self.serial()
        stop = threading.Event()
        outcomes = {"done": 0, "failed": []}

        def traffic():
            with wire.channel(self.grocer, "till") as channel:
                till = wire.service(channel, self.pb.till, "TillService")
                while not stop.is_set():
                    try:
                        till.Earn(self.pb.till.EarnRequest(transaction_id=wire.uuid7(), card=card,
                                                           amount_minor=100))
                        outcomes["done"] += 1
                    except grpc.RpcError as error:
                        outcomes["failed"].append(str(error))
        workers = [threading.Thread(target=traffic) for _ in range(4)]
        for worker in workers:
            worker.start()
        serials = [before]
        try:
            for _ in range(5):
                done = outcomes["done"]
                wait_for(lambda done=done: outcomes["done"] > done + 20, "traffic", 20)
                self.install(*self.new_certificate())
                self.grocer.reload("reloaded")
                serials.append(self.serial())
        finally:
            stop.set()
            for worker in workers:
                worker.join(20)
        self.assertEqual(len(set(serials)), 6, serials)
        self.assertEqual(outcomes["failed"], [])
        balance = self.grocer.cli("balance", card)["balance"]
        self.assertEqual(balance["available_points"], outcomes["done"])

    def test_a_bad_certificate_is_not_taken(self):
        before = self.serial()
        shutil.copy(self.grocer.path("tls/node.pem"), self.coalition.path("node.pem"))
        with open(self.grocer.path("tls/node.pem"), "w", encoding="ascii") as file:
            file.write("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
        self.grocer.reload("reload_failed")
        self.assertEqual(self.serial(), before)
        shutil.copy(self.coalition.path("node.pem"), self.grocer.path("tls/node.pem"))
        self.grocer.reload("reloaded")
        self.assertEqual(self.serial(), before)

    def test_a_programme_changes_with_its_version(self):
        card = self.grocer.cli("member", "add")["card"]
        original = self.grocer.read("programme.yaml").decode()

        def reload(event, *changes):
            text = original
            for old, new in changes:
                self.assertIn(old, text)
                text = text.replace(old, new)
            with open(self.grocer.path("programme.yaml"), "w", encoding="utf-8") as file:
                file.write(text)
            size = self.grocer.log_size()
            self.grocer.reload(event)
            return self.grocer.logged_since(size)

        def earned():
            return self.grocer.cli("earn", card, "10.00")["earned_points"]
        twice, second = ("  points: 1\n", "  points: 2\n"), ("version: 1\n", "version: 2\n")
        self.assertIn("changed under version 1, which is in force: raise its version",
                      reload("reload_failed", twice))
        self.assertEqual(earned(), 10)
        reload("reloaded", ("# How this brand", "# Said otherwise: how this brand"))
        reload("reloaded", twice, second)
        self.assertEqual(earned(), 20)
        self.assertIn("has version 1, in force is 2", reload("reload_failed"))
        self.assertEqual(earned(), 20)

    def test_the_partners_go_on(self):
        """A session between nodes outlives both sides' reload, and so does a new one."""
        fuel = self.coalition["fuel"]
        card = self.grocer.cli("member", "add")["card"]
        for turn in range(3):
            self.install(*self.new_certificate())
            self.grocer.reload("reloaded")
            fuel.cli("earn", card, "10.00")
            self.coalition.wait_cleared(20)
            points = self.grocer.cli("balance", card)["balance"]["available_points"]
            self.assertEqual(points, 10 * (turn + 1))
        fuel.stop()
        self.assertEqual(self.serial_shown_to(fuel), self.serial())
        fuel.start()
        fuel.cli("earn", card, "10.00")
        self.coalition.wait_cleared(20)

    def serial_shown_to(self, node):
        """Of the client certificate with which the grocer connects to a node that is away."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(node.path("tls/node.pem"), node.path("tls/node.key"))
        context.load_verify_locations(self.grocer.path("tls/ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.set_alpn_protocols(["h2"])
        with socket.create_server(("127.0.0.1", node.port)) as listener:
            listener.settimeout(20)
            plain = listener.accept()[0]
            with context.wrap_socket(plain, server_side=True) as tls:
                return tls.getpeercert()["serialNumber"]


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(110)
