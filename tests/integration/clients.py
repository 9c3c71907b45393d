#!/usr/bin/python3
"""A node as a foreign gRPC client sees it: python3-grpcio and messages that protoc made."""

import signal
import sys
import unittest

import grpc
from google.protobuf import descriptor_pb2

import wire
from coalition import Coalition, luhn, main, wait_for

SERVICES = ["talea.v1.TillService", "talea.v1.BackOfficeService", "talea.v1.PeerService",
            "talea.v1.AdminService", "talea.v1.AccountService", "talea.v1.LedgerService"]
SYSTEM_SERVICES = ["grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"]
MESSAGE_LIMIT = 4 << 20


class Case(unittest.TestCase):
    """Two nodes for all tests of a class; each test has members of its own."""

    @classmethod
    def setUpClass(cls):
        cls.pb = wire.messages()
        cls.coalition = Coalition(["grocer", "fuel"])
        cls.addClassCleanup(cls.coalition.close)
        cls.coalition.make()
        cls.coalition.start()
        cls.grocer = cls.coalition["grocer"]
        cls.fuel = cls.coalition["fuel"]
        cls.channels = []
        cls.till = cls.connect(cls.grocer, "till", cls.pb.till, "TillService")
        cls.office = cls.connect(cls.grocer, "back-office", cls.pb.back_office, "BackOfficeService")
        cls.admin = cls.connect(cls.grocer, "admin", cls.pb.admin, "AdminService")

    @classmethod
    def connect(cls, node, role, module, name):
        channel = wire.channel(node, role)
        cls.addClassCleanup(channel.close)
        return wire.service(channel, module, name)

    def open(self, role="till", node=None, **options):
        channel = wire.channel(node or self.grocer, role, **options)
        self.addCleanup(channel.close)
        return channel

    def enrol(self, till=None, **fields):
        request = self.pb.till.EnrolRequest(transaction_id=wire.uuid7(), **fields)
        return (till or self.till).Enrol(request)

    def earn(self, card, amount, till=None, **fields):
        fields.setdefault("transaction_id", wire.uuid7())
        return (till or self.till).Earn(
            self.pb.till.EarnRequest(card=card, amount_minor=amount, **fields))

    def balance(self, card, till=None):
        selector = self.pb.types.MemberSelector(card=card)
        reply = (till or self.till).GetBalance(self.pb.till.GetBalanceRequest(member=selector))
        b = reply.balance
        return b.available_points, b.pending_points, b.held_points, b.debt_points


class System(Case):
    """What ordinary tools need of any server: health, reflection."""

    def health(self):
        return wire.service(self.open(), self.pb.health, "Health")

    def test_health_of_each_service(self):
        for name in [""] + SERVICES:
            reply = self.health().Check(self.pb.health.HealthCheckRequest(service=name))
            self.assertEqual(reply.status, self.pb.health.HealthCheckResponse.SERVING, name)

    def test_health_of_an_unknown_service(self):
        request = self.pb.health.HealthCheckRequest(service="talea.v1.NoService")
        self.assertEqual(wire.refusal(self.health().Check, request)[0], "NOT_FOUND")

    def test_health_watch_tells_the_state_at_once(self):
        call = self.health().Watch(self.pb.health.HealthCheckRequest(service=""))
        self.assertEqual(next(call).status, self.pb.health.HealthCheckResponse.SERVING)
        call.cancel()

    def reflect(self, module, **question):
        call = wire.service(self.open(), module, "ServerReflection").ServerReflectionInfo(
            iter([module.ServerReflectionRequest(**question)]))
        return next(iter(list(call)))

    def test_reflection_lists_all_services(self):
        reply = self.reflect(self.pb.reflection_alpha, list_services="")
        names = [s.name for s in reply.list_services_response.service]
        self.assertLessEqual(set(SERVICES + SYSTEM_SERVICES), set(names))

    def test_reflection_v1_lists_the_same(self):
        try:
            reply = self.reflect(self.pb.reflection, list_services="")
        except grpc.RpcError as error:
            self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)
            self.skipTest("the node serves v1alpha only")
        self.assertLessEqual(set(SERVICES),
                             {s.name for s in reply.list_services_response.service})

    def test_reflection_gives_files_that_parse(self):
        reply = self.reflect(self.pb.reflection_alpha,
                             file_containing_symbol="talea.v1.TillService")
        names = set()
        for data in reply.file_descriptor_response.file_descriptor_proto:
            names.add(descriptor_pb2.FileDescriptorProto.FromString(data).name)
        self.assertIn("talea/v1/till.proto", names)

    def test_reflection_of_an_unknown_symbol(self):
        reply = self.reflect(self.pb.reflection_alpha, file_containing_symbol="talea.v1.Nothing")
        self.assertEqual(reply.error_response.error_code, 5)


class Life(Case):
    """A till's day over raw gRPC, at home and at another brand."""

    def burn(self, till, card, points):
        hold = till.AuthoriseBurn(self.pb.till.AuthoriseBurnRequest(
            transaction_id=wire.uuid7(), card=card, points=points, receipt="R-2"))
        self.assertEqual(hold.held_points, points)
        self.assertLess(hold.capture_by_unix_ms, hold.deliver_by_unix_ms)
        return hold.hold_id

    def capture(self, till, hold, points=0):
        return till.CaptureBurn(self.pb.till.CaptureBurnRequest(
            transaction_id=wire.uuid7(), hold_id=hold, points=points))

    def void(self, till, hold):
        return till.VoidBurn(self.pb.till.VoidBurnRequest(transaction_id=wire.uuid7(),
                                                          hold_id=hold))

    def give_back(self, till, hold, points=0):
        return till.ReturnBurn(self.pb.till.ReturnBurnRequest(
            transaction_id=wire.uuid7(), hold_id=hold, points=points, receipt="R-3"))

    def give_goods_back(self, till, sale, amount=0):
        return till.ReturnPurchase(self.pb.till.ReturnPurchaseRequest(
            transaction_id=wire.uuid7(), sale_id=sale, amount_minor=amount))

    def live(self, till, card, settled):
        """`settled(...)` waits for a balance; the same life gives the same points anywhere."""
        sale = self.earn(card, 100_99, till, receipt="R-1")
        self.assertEqual((sale.earned_points, sale.home), (100, "grocer"))
        settled(100, 0, 0, 0)
        hold = self.burn(till, card, 60)
        settled(40, 0, 60, 0)
        reply = self.capture(till, hold, 25)
        self.assertEqual((reply.captured_points, reply.left_points), (25, 35))
        reply = self.capture(till, hold, 5)
        self.assertEqual((reply.captured_points, reply.left_points), (5, 30))
        self.assertEqual(self.void(till, hold).voided_points, 30)
        settled(70, 0, 0, 0)
        self.assertEqual(self.give_back(till, hold, 10).returned_points, 10)
        settled(80, 0, 0, 0)
        # 60.99 are kept: 60 points.
        self.assertEqual(self.give_goods_back(till, sale.sale_id, 40_00).taken_points, 40)
        settled(40, 0, 0, 0)
        # 20 were spent and not given back, so that 20 stay owed.
        self.assertEqual(self.give_goods_back(till, sale.sale_id).taken_points, 60)
        settled(0, 0, 0, 20)
        self.assertEqual(self.earn(card, 25_00, till).earned_points, 25)
        settled(5, 0, 0, 0)
        return hold, sale.sale_id

    def test_at_home(self):
        member = self.enrol(reference="life-1", display_name="Front desk")
        hold, sale = self.live(self.till, member.card,
                               lambda *wanted: self.assertEqual(self.balance(member.card), wanted))
        self.assertEqual(wire.refusal(self.void, self.till, hold),
                         ("FAILED_PRECONDITION", "HOLD_ENDED"))
        self.assertEqual(wire.refusal(self.give_goods_back, self.till, sale)[1],
                         "RETURN_EXCEEDS_SALE")

    def test_at_another_brand(self):
        member = self.enrol()
        till = self.connect(self.fuel, "till", self.pb.till, "TillService")
        self.live(till, member.card, lambda *wanted: wait_for(
            lambda: self.balance(member.card) == wanted, f"the home says {wanted}", 10))

    def test_history_newest_first_in_pages(self):
        member = self.enrol()
        for number in range(5):
            self.earn(member.card, (number + 1) * 100, receipt=f"H-{number}")
        selector = self.pb.types.MemberSelector(card=member.card)
        rows, token = [], ""
        for _ in range(10):
            reply = self.till.ListHistory(self.pb.till.ListHistoryRequest(
                member=selector, page_size=2, page_token=token))
            self.assertLessEqual(len(reply.rows), 2)
            rows += reply.rows
            token = reply.next_page_token
            if not token:
                break
        earns = [r for r in rows if r.kind == self.pb.till.HISTORY_KIND_EARN]
        self.assertEqual([r.reference for r in earns], [f"H-{n}" for n in range(4, -1, -1)])
        self.assertEqual([r.available_delta_points for r in earns], [5, 4, 3, 2, 1])
        self.assertEqual([r.journal_row for r in rows],
                         sorted((r.journal_row for r in rows), reverse=True))
        self.assertEqual(rows[-1].kind, self.pb.till.HISTORY_KIND_ENROL)

    def test_cards_are_issued_and_blocked(self):
        member = self.enrol()
        selector = self.pb.types.MemberSelector(member_id=member.member_id)
        second = self.till.IssueCard(self.pb.till.IssueCardRequest(
            transaction_id=wire.uuid7(), member=selector)).card
        self.earn(member.card, 10_00)
        self.earn(second, 5_00)
        self.assertEqual(self.balance(second), (15, 0, 0, 0))
        self.till.BlockCard(self.pb.till.BlockCardRequest(transaction_id=wire.uuid7(),
                                                          card=second))
        self.assertEqual(wire.refusal(self.earn, second, 1_00),
                         ("FAILED_PRECONDITION", "CARD_BLOCKED"))
        self.assertEqual(self.earn(member.card, 1_00).earned_points, 1)


class Streams(Case):
    """Server streams and bidirectional ones."""

    def test_verification_streams_its_progress(self):
        self.enrol()
        replies = list(self.admin.VerifyLedger(self.pb.admin.VerifyLedgerRequest()))
        self.assertTrue(replies[-1].is_finished and replies[-1].is_clean, replies[-1].finding)
        self.assertEqual(replies[-1].rows_done, replies[-1].rows_total)
        self.assertTrue(all(not r.is_finished for r in replies[:-1]))

    def receipt(self, card, number, amount, **fields):
        line = self.pb.back_office.ReceiptLine(product="P-1", quantity_micro=1_000_000,
                                               amount_minor=amount)
        fields.setdefault("transaction_id", wire.uuid7())
        fields.setdefault("kind", self.pb.back_office.RECEIPT_KIND_SALE)
        return self.pb.back_office.ImportReceiptsRequest(
            receipt=number, card=card, business_unix_ms=1_700_000_000_000, currency="USD",
            lines=[line], **fields)

    def test_receipts_are_answered_in_order_and_once(self):
        member = self.enrol()
        requests = [self.receipt(member.card, f"I-{n}", n * 100) for n in range(1, 51)]
        replies = list(self.office.ImportReceipts(iter(requests)))
        self.assertEqual([r.transaction_id for r in replies],
                         [r.transaction_id for r in requests])
        self.assertEqual([r.points for r in replies], list(range(1, 51)))
        self.assertFalse(any(r.is_repeat or r.refusal for r in replies))
        again = list(self.office.ImportReceipts(iter(requests)))
        self.assertEqual([r.points for r in again], list(range(1, 51)))
        self.assertTrue(all(r.is_repeat for r in again))
        self.assertEqual(self.balance(member.card), (1275, 0, 0, 0))

    def test_a_bad_receipt_does_not_end_the_stream(self):
        member = self.enrol()
        requests = [self.receipt(member.card, "B-1", 1_00),
                    self.receipt(luhn("610001000009999"), "B-2", 1_00),
                    self.receipt(member.card, "B-3", 1_00)]
        replies = list(self.office.ImportReceipts(iter(requests)))
        self.assertEqual([bool(r.refusal) for r in replies], [False, True, False])
        self.assertEqual(self.balance(member.card), (2, 0, 0, 0))

    def test_a_return_before_its_sale_stays_refused(self):
        member = self.enrol()
        pb = self.pb.back_office
        sale = self.receipt(member.card, "L-1", 10_00)
        back = self.receipt(member.card, "L-2", 10_00, kind=pb.RECEIPT_KIND_RETURN,
                            match=pb.SaleMatch(receipt="L-1"))
        said = [list(self.office.ImportReceipts(iter([request])))[0]
                for request in (back, back, sale, back, back)]
        self.assertEqual([r.refusal for r in said],
                         ["NO_SALE_FOUND"] * 2 + [""] + ["NO_SALE_FOUND"] * 2)
        self.assertEqual(self.balance(member.card), (10, 0, 0, 0))
        more = self.receipt(member.card, "L-3", 11_00, kind=pb.RECEIPT_KIND_RETURN,
                            match=pb.SaleMatch(receipt="L-1"))
        more.lines[0].quantity_micro = 2_000_000
        self.assertEqual(list(self.office.ImportReceipts(iter([more])))[0].refusal,
                         "RETURN_EXCEEDS_SALE")

    def test_a_refused_receipt_says_in_what(self):
        card = self.enrol().card
        taken = wire.uuid7()
        early, foreign, long, negative, first, other = (
            self.receipt(card, f"W-{n}", 1_00, transaction_id=taken if n > 3 else wire.uuid7())
            for n in range(6))
        early.business_unix_ms = 1 << 60
        foreign.currency = "EUR"
        long.lines[0].product = "x" * 65
        negative.lines[0].amount_minor = -1
        said = list(self.office.ImportReceipts(iter([early, foreign, long, negative, first, other])))
        self.assertEqual([(r.refusal, r.message) for r in said], [
            ("INVALID_TIME", "The business time is more than a day ahead."),
            ("CURRENCY_MISMATCH", "The receipt is in EUR, the programme in USD."),
            ("TEXT_TOO_LONG", "The product of line 1 has 65 bytes; at most 64 are allowed."),
            ("AMOUNT_NEGATIVE", "The amount of line 1 is negative."),
            ("", ""),
            ("TRANSACTION_ID_REUSED", "This was imported before with other contents.")])
        request = self.pb.back_office.ImportMembersRequest(
            transaction_id=wire.uuid7(), reference="x" * 65)
        self.assertEqual(list(self.office.ImportMembers(iter([request])))[0].message,
                         "reference has 65 bytes; at most 64 are allowed.")

    def test_members_are_imported_once(self):
        requests = [self.pb.back_office.ImportMembersRequest(
            transaction_id=wire.uuid7(), reference=f"bulk-{n}") for n in range(40)]
        first = list(self.office.ImportMembers(iter(requests)))
        again = list(self.office.ImportMembers(iter(requests)))
        self.assertEqual(len({r.card for r in first}), 40)
        self.assertEqual([r.card for r in first], [r.card for r in again])

    def test_a_cancelled_stream_leaves_the_node_well(self):
        call = self.admin.VerifyLedger(self.pb.admin.VerifyLedgerRequest())
        call.cancel()
        with self.assertRaises(grpc.RpcError):
            list(call)
        self.assertEqual(self.admin.GetStatus(self.pb.admin.GetStatusRequest()).partner, "grocer")


class Refusals(Case):
    """Each refusal is a status with a reason for machines."""

    def test_details_hold_an_error_info(self):
        member = self.enrol()
        request = self.pb.till.AuthoriseBurnRequest(transaction_id=wire.uuid7(), card=member.card,
                                                    points=5)
        with self.assertRaises(grpc.RpcError) as caught:
            self.till.AuthoriseBurn(request)
        self.assertEqual(caught.exception.code(), grpc.StatusCode.FAILED_PRECONDITION)
        self.assertEqual(wire.details(caught.exception), ("INSUFFICIENT_POINTS", "talea", 9))
        self.assertTrue(caught.exception.details())

    def test_same_id_same_body_same_answer(self):
        member = self.enrol()
        txn = wire.uuid7()
        first = self.earn(member.card, 7_50, transaction_id=txn)
        again = self.earn(member.card, 7_50, transaction_id=txn)
        self.assertEqual((first.sale_id, first.earned_points, first.journal_row),
                         (again.sale_id, again.earned_points, again.journal_row))
        self.assertEqual(self.balance(member.card), (7, 0, 0, 0))

    def test_same_id_other_body(self):
        member = self.enrol()
        txn = wire.uuid7()
        self.earn(member.card, 7_50, transaction_id=txn)
        for refused in (lambda: self.earn(member.card, 7_51, transaction_id=txn),
                        lambda: self.earn(member.card, 7_50, transaction_id=txn, receipt="X"),
                        lambda: self.till.Enrol(self.pb.till.EnrolRequest(transaction_id=txn))):
            self.assertEqual(wire.refusal(refused), ("ALREADY_EXISTS", "TRANSACTION_ID_REUSED"))
        self.assertEqual(self.balance(member.card), (7, 0, 0, 0))

    def test_arguments(self):
        member = self.enrol()
        for reason, fields in (
                ("INVALID_ID", {"transaction_id": "1"}),
                ("INVALID_ID", {"transaction_id": ""}),
                ("INVALID_CARD", {"card": "6100010000000014"}),
                ("INVALID_CARD", {"card": ""}),
                ("AMOUNT_NEGATIVE", {"amount_minor": -1}),
                ("CURRENCY_MISMATCH", {"currency": "JPY"}),
                ("TEXT_TOO_LONG", {"receipt": "x" * 65}),
                ("INVALID_TEXT", {"receipt": "a\nb"}),
                ("INVALID_TIME", {"business_unix_ms": -1}),
                ("INVALID_TIME", {"business_unix_ms": 1 << 62}),
                ("POINTS_TOO_LARGE", {"amount_minor": (1 << 63) - 1})):
            request = self.pb.till.EarnRequest(transaction_id=wire.uuid7(), card=member.card,
                                               amount_minor=100)
            for name, value in fields.items():
                setattr(request, name, value)
            with self.subTest(reason=reason, **fields):
                self.assertEqual(wire.refusal(self.till.Earn, request),
                                 ("INVALID_ARGUMENT", reason))
        self.assertEqual(self.balance(member.card), (0, 0, 0, 0))

    def test_a_till_moves_points_within_a_bound(self):
        member = self.enrol()
        self.earn(member.card, 10_000_000_00)
        for call, request in (
                (self.till.Earn, self.pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=member.card, amount_minor=10_000_001_00)),
                (self.till.AuthoriseBurn, self.pb.till.AuthoriseBurnRequest(
                    transaction_id=wire.uuid7(), card=member.card, points=10_000_001))):
            with self.assertRaises(grpc.RpcError) as caught:
                call(request)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            self.assertEqual(wire.details(caught.exception)[0], "POINTS_TOO_LARGE")
            self.assertEqual(caught.exception.details(),
                             "More than 10000000 points in one call of a till: "
                             "limits.points_per_command_max of this node's configuration.")
        self.assertEqual(self.balance(member.card), (10_000_000, 0, 0, 0))

    def test_things_that_are_not_there(self):
        for call, request, reason in (
                (self.till.Earn, self.pb.till.EarnRequest(
                    transaction_id=wire.uuid7(), card=luhn("999999000000001"), amount_minor=1),
                 "PARTNER_UNKNOWN"),
                (self.till.CaptureBurn, self.pb.till.CaptureBurnRequest(
                    transaction_id=wire.uuid7(), hold_id=wire.uuid7()), "HOLD_UNKNOWN"),
                (self.till.ReturnPurchase, self.pb.till.ReturnPurchaseRequest(
                    transaction_id=wire.uuid7(), sale_id=wire.uuid7()), "SALE_UNKNOWN"),
                (self.till.GetBalance, self.pb.till.GetBalanceRequest(
                    member=self.pb.types.MemberSelector(member_id=wire.uuid7())),
                 "MEMBER_UNKNOWN")):
            with self.subTest(reason=reason):
                self.assertEqual(wire.refusal(call, request), ("NOT_FOUND", reason))

    def test_a_reference_is_used_once(self):
        self.enrol(reference="once")
        self.assertEqual(wire.refusal(self.enrol, reference="once"),
                         ("ALREADY_EXISTS", "REFERENCE_EXISTS"))

    def test_a_till_gives_no_points_by_hand(self):
        member = self.enrol()
        self.assertEqual(wire.refusal(self.earn, member.card, 0, fixed_points=5),
                         ("PERMISSION_DENIED", "ROLE_NOT_ALLOWED"))


class Transport(Case):
    """What a broken or hostile client sends."""

    def alive(self):
        self.assertEqual(self.admin.GetStatus(self.pb.admin.GetStatusRequest()).partner, "grocer")

    def raw(self, method, data, **options):
        return wire.refusal(wire.raw(self.open(**options), method), data, timeout=10)

    def test_a_deadline_in_the_past(self):
        request = self.pb.till.GetBalanceRequest(
            member=self.pb.types.MemberSelector(card="6100010000000013"))
        self.assertEqual(wire.refusal(self.till.GetBalance, request, timeout=0)[0],
                         "DEADLINE_EXCEEDED")
        self.alive()

    def test_a_deadline_while_the_home_is_away(self):
        """The home is stopped, not dead: it neither answers nor refuses."""
        till = self.connect(self.fuel, "till", self.pb.till, "TillService")
        card = self.enrol().card
        self.earn(card, 10_00)
        self.grocer.signal(signal.SIGSTOP)
        try:
            request = self.pb.till.AuthoriseBurnRequest(transaction_id=wire.uuid7(), card=card,
                                                        points=3)
            refused = wire.refusal(till.AuthoriseBurn, request, timeout=1)
        finally:
            self.grocer.signal(signal.SIGCONT)
        self.assertEqual(refused[:2], ("FAILED_PRECONDITION", "HOME_UNREACHABLE"))
        # That is final for this id, and what the home grants yet is given back; another id is asked.
        self.assertEqual(wire.refusal(till.AuthoriseBurn, request), refused)
        request.transaction_id = wire.uuid7()
        self.assertEqual(till.AuthoriseBurn(request).held_points, 3)
        wait_for(lambda: self.balance(card) == (7, 0, 3, 0), "3 points are held", 10)

    def test_unknown_methods_and_services(self):
        for method in ("/talea.v1.TillService/Nothing", "/talea.v1.Nothing/Earn", "/a/b", "/"):
            with self.subTest(method=method):
                self.assertEqual(self.raw(method, b"")[0], "UNIMPLEMENTED")
        self.alive()

    def test_garbage_bytes(self):
        for data in (b"\xff\xff\xff\xff", b"\x0a\x7f", b"\x0a", b"\x80" * 64, b"\x0b\x0b\x0b",
                     bytes(range(1, 256)) * 100):
            with self.subTest(data=data[:8]):
                self.assertEqual(self.raw("/talea.v1.TillService/Earn", data),
                                 ("INVALID_ARGUMENT", "MALFORMED_MESSAGE"))
        self.alive()

    def test_invalid_utf8_and_nul(self):
        for text in (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"a\x00b"):
            data = b"\x1a" + bytes([len(text)]) + text  # EnrolRequest.display_name
            with self.subTest(text=text):
                self.assertEqual(self.raw("/talea.v1.TillService/Enrol", data)[0],
                                 "INVALID_ARGUMENT")
        self.alive()

    def test_an_oversized_message(self):
        data = b"\x1a\x80\x80\x80\x04" + b"a" * (8 << 20)
        code, _ = self.raw("/talea.v1.TillService/Enrol", data,
                           **{"grpc.max_send_message_length": -1})
        self.assertEqual(code, "RESOURCE_EXHAUSTED")
        self.alive()

    def test_a_message_just_within_the_limit_is_read(self):
        data = self.pb.till.EnrolRequest(transaction_id=wire.uuid7(),
                                         display_name="a" * (MESSAGE_LIMIT - 64))
        data = data.SerializeToString()
        self.assertEqual(self.raw("/talea.v1.TillService/Enrol", data),
                         ("INVALID_ARGUMENT", "TEXT_TOO_LONG"))

    def test_unknown_fields_are_ignored(self):
        data = (self.pb.till.EnrolRequest(transaction_id=wire.uuid7()).SerializeToString() +
                b"\xaa\x3e\x03new")
        reply = wire.raw(self.open(), "/talea.v1.TillService/Enrol")(data, timeout=10)
        self.assertTrue(self.pb.till.EnrolResponse.FromString(reply).card)

    def test_a_unary_call_with_two_messages_or_none(self):
        for sent in ([], [b"", b""]):
            call = wire.raw(self.open(), "/talea.v1.TillService/GetBalance", "stream_unary")
            with self.subTest(messages=len(sent)):
                self.assertNotEqual(wire.refusal(call, iter(sent), timeout=10)[0], "OK")
        self.alive()

    def test_many_calls_at_once_on_one_connection(self):
        card = self.enrol().card
        calls = [self.till.Earn.future(self.pb.till.EarnRequest(
            transaction_id=wire.uuid7(), card=card, amount_minor=100)) for _ in range(500)]
        rows = {call.result(30).journal_row for call in calls}
        self.assertEqual(len(rows), 500)
        self.assertEqual(self.balance(card), (500, 0, 0, 0))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main(110)
