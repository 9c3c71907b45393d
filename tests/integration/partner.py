"""A partner brand's node that may lie: what it signs, sends and answers is up to the test.

    liar = Partner(coalition["fuel"], coalition)
    batch = liar.batch([liar.earn(card, 10)])
    with liar.stream(coalition["grocer"]) as stream:
        print(stream.send(batch))

Nothing of Talea's own code runs in this process but libsodium, which signs.
"""

import concurrent.futures
import ctypes
import ctypes.util
import hashlib
import queue
import struct
import uuid

import grpc

import wire

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
ONLINE_KEY, CHARTER, JOURNAL_HEAD, BATCH, RECEIPT, HOLD_REQUEST, HOLD_GRANT = 1, 2, 3, 4, 5, 6, 7
HOLD_REFUSAL, STATEMENT, COUNTERSIGN = 8, 9, 10
NO_HASH = bytes(32)
CALL_SECONDS = 20


def digest(domain, data):
    return hashlib.blake2b(bytes([len(domain)]) + domain.encode() + data, digest_size=32).digest()


def entry_hash(entry):
    return digest("talea.v1.entry", entry)


def receipt_hash(payload):
    return digest("talea.v1.receipt", payload)


class Key:
    """An Ed25519 key of a key file."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            fields = dict(line.split(None, 1) for line in file if " " in line)
        seed = bytes.fromhex(fields["secret"].strip())[:32]
        self._public = ctypes.create_string_buffer(32)
        self._secret = ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_seed_keypair(self._public, self._secret, seed)
        assert self._public.raw.hex() == fields["public"].strip(), "the key file is another format"
        self.id = digest("talea.v1.key", self._public.raw)[:8]

    def sign(self, message):
        signature = ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)),
                                    self._secret)
        return signature.raw


class Stream:
    """One Clear call: what is sent, and what comes back."""

    def __init__(self, partner, target, held=None, **options):
        self._pb = partner.pb
        self._outbox = queue.Queue()
        self._channel = partner.channel(target, **options)
        service = wire.service(self._channel, self._pb.peer, "PeerService")
        self._call = service.Clear(iter(self._outbox.get, None), timeout=CALL_SECONDS)
        self.receipts = []
        if held is not None:
            self.open(held)

    def open(self, held):
        """The opening; takes the receipts that are given again."""
        self._outbox.put(self._pb.peer.ClearRequest(held_receipt_number=held))
        while True:
            answer = next(self._call)
            if not answer.HasField("receipt"):
                assert not answer.problem, answer.problem
                return
            self.receipts.append(answer.receipt)

    def put(self, request):
        self._outbox.put(request)

    def take(self):
        """The answer to what was put; a problem as text, a receipt as a message."""
        answer = next(self._call)
        return answer.problem or self._pb.peer.ClearingReceipt.FromString(answer.receipt.payload)

    def send(self, request):
        self.put(request)
        return self.take()

    def code(self):
        """How the call ended."""
        return self._call.code().name

    def close(self):
        self._outbox.put(None)
        self._call.cancel()
        self._channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Partner:
    """Of a node's folder: its certificate and its online key. Its own node must not run."""

    def __init__(self, node, pb=None):
        self.node = node
        self.pb = pb or wire.messages()
        self.key = Key(node.path("keys/online.key"))
        self.number = 0
        self.last_hash = NO_HASH
        self.period = None

    def channel(self, target, **options):
        return wire.open_channel(target, self.node.read("tls/node.pem"),
                                 self.node.read("tls/node.key"), target.read("tls/ca.pem"),
                                 **options)

    def stream(self, target, held=0, **options):
        return Stream(self, target, held, **options)

    def service(self, channel):
        return wire.service(channel, self.pb.peer, "PeerService")

    def signed(self, payload, purpose, epoch=1, coalition=None, key=None, key_id=None):
        key = key or self.key
        name = (coalition or self.node.coalition).encode()
        scope = (b"talea.v1.signed\0" + struct.pack("<I", len(name)) + name +
                 struct.pack("<IQQ", purpose, epoch, len(payload)))
        return self.pb.peer.Signed(payload=payload, key_id=key_id or key.id, charter_epoch=epoch,
                                   purpose=purpose, signature=key.sign(scope + payload))

    # Entries follow one another; `peek` makes one without moving on.

    def entry(self, kind, card, points, subject=b"", **fields):
        self.number += 1
        entry = self.pb.peer.ClearingEntry(
            number=self.number, previous_hash=self.last_hash, period=self.period,
            business_unix_ms=fields.pop("business_unix_ms", 1_700_000_000_000),
            transaction_id=fields.pop("transaction_id", uuid.uuid4().bytes),
            kind=kind, card=card, points=points, tariff=fields.pop("tariff", 1),
            subject_id=subject, **fields).SerializeToString()
        self.last_hash = entry_hash(entry)
        return entry

    def earn(self, card, points, **fields):
        return self.entry(1, card, points, **fields)

    def rewind(self, number, last_hash):
        self.number, self.last_hash = number, last_hash

    def mark(self):
        return self.number, self.last_hash

    def head(self, target, entries, **fields):
        first = self.pb.peer.ClearingEntry.FromString(entries[0])
        values = {"sender": self.node.partner, "receiver": target.partner,
                  "first_number": first.number, "count": len(entries),
                  "previous_hash": first.previous_hash, "last_hash": entry_hash(entries[-1])}
        values.update(fields)
        return self.pb.peer.BatchHead(**values).SerializeToString()

    def batch(self, target, entries, held=0, head=None, purpose=BATCH, **sign):
        payload = self.head(target, entries) if head is None else head
        return self.pb.peer.ClearRequest(head=self.signed(payload, purpose, **sign),
                                         entries=entries, held_receipt_number=held)

    def hold_request(self, target, card, points, transaction=None, now_ms=0, **fields):
        values = {"transaction_id": transaction or uuid.uuid4().bytes,
                  "redeemer": self.node.partner, "home": target.partner, "card": card,
                  "points": points, "requested_unix_ms": now_ms,
                  "capture_by_unix_ms": now_ms + 600_000}
        values.update(fields)
        return self.pb.peer.HoldRequest(**values).SerializeToString()

    def hold(self, service, payload, purpose=HOLD_REQUEST, timeout=CALL_SECONDS, **sign):
        """A HoldGrant or a refusal's reason."""
        reply = service.AuthoriseHold(
            self.pb.peer.AuthoriseHoldRequest(request=self.signed(payload, purpose, **sign)),
            timeout=timeout)
        if reply.answer.purpose == HOLD_GRANT:
            return self.pb.peer.HoldGrant.FromString(reply.answer.payload)
        return self.pb.peer.HoldRefusal.FromString(reply.answer.payload).reason

    def serve(self, clear, **unary):
        """A server in the node's place, whose Clear is the given function of (requests, context), and
        whose other methods are functions of (request, context)."""
        methods = {name: grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=getattr(self.pb.peer, name + "Request").FromString,
            response_serializer=getattr(self.pb.peer, name + "Response").SerializeToString)
            for name, answer in unary.items()}
        methods["Clear"] = grpc.stream_stream_rpc_method_handler(
            clear, request_deserializer=self.pb.peer.ClearRequest.FromString,
            response_serializer=self.pb.peer.ClearResponse.SerializeToString)
        handlers = grpc.method_handlers_generic_handler("talea.v1.PeerService", methods)
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16),
                             handlers=[handlers])
        roots = b"".join(self.node.read(f"../{name}/tls/ca.pem") for name in self.roots())
        server.add_secure_port(f"127.0.0.1:{self.node.port}", grpc.ssl_server_credentials(
            [(self.node.read("tls/node.key"), self.node.read("tls/node.pem"))], roots, True))
        server.start()
        return server

    def roots(self):
        import os
        folder = self.node.path("..")
        return [name for name in os.listdir(folder)
                if os.path.exists(os.path.join(folder, name, "tls", "ca.pem"))]
