"""The nodes' services as any gRPC client sees them: python3-grpcio, messages made by protoc.

    pb = wire.messages()
    with wire.channel(node, "till") as channel:
        reply = wire.service(channel, pb.till, "TillService").Enrol(pb.till.EnrolRequest(...))

Nothing of Talea's own code runs in this process.
"""

import atexit
import glob
import importlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import types

import grpc
from google.protobuf import descriptor_pb2

import coalition

GRPC_PROTOS = "/usr/share/grpc-proto/grpc"
FOREIGN = {"health": "health/v1/health.proto",
           "reflection": "reflection/v1/reflection.proto",
           "reflection_alpha": "reflection/v1alpha/reflection.proto"}
CALL_SECONDS = 10
DETAILS_KEY = "grpc-status-details-bin"
_loaded = []


def messages():
    """The generated modules: .till, .admin, ..., .health, .reflection."""
    if not _loaded:
        _loaded.append(_generate())
    return _loaded[0]


def _generate():
    folder = tempfile.mkdtemp(prefix="talea-test-messages.")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Under other names than their own, since grpc's own package is called grpc.
    os.mkdir(os.path.join(folder, "foreign"))
    for name, path in FOREIGN.items():
        shutil.copy(os.path.join(GRPC_PROTOS, path), os.path.join(folder, "foreign", name + ".proto"))
    own = os.path.join(coalition.SOURCE, "proto")
    for root, pattern in ((own, "talea/v1/*.proto"), (folder, "foreign/*.proto")):
        files = glob.glob(os.path.join(root, pattern))
        subprocess.run(["protoc", f"-I{root}", f"--python_out={folder}"] + files, check=True)
    sys.path.insert(0, folder)
    modules = types.SimpleNamespace()
    for file in glob.glob(os.path.join(own, "talea/v1/*.proto")):
        name = os.path.basename(file)[:-len(".proto")]
        setattr(modules, name, importlib.import_module(f"talea.v1.{name}_pb2"))
    for name in FOREIGN:
        setattr(modules, name, importlib.import_module(f"foreign.{name}_pb2"))
    return modules


def uuid7():
    """RFC 9562, section 5.7: 48 bits of milliseconds, version, variant, random bits."""
    bits = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | 7 << 76
    bits = bits & ~(0x3 << 62) | 2 << 62
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def credentials(chain, key, roots):
    return grpc.ssl_channel_credentials(roots, key, chain)


def open_channel(node, chain, key, roots, connect=grpc.secure_channel, **options):
    settings = {"grpc.ssl_target_name_override": f"{node.partner}.{node.coalition}.talea",
                "grpc.use_local_subchannel_pool": 1}
    settings.update(options)
    return connect(f"{node.host}:{node.port}", credentials(chain, key, roots),
                   options=list(settings.items()))


def channel(node, role, **options):
    """A connection of its own, with the certificate of one of the brand's own roles."""
    return open_channel(node, node.read(f"tls/{role}.pem"), node.read(f"tls/{role}.key"),
                        node.read("tls/ca.pem"), **options)


class Service:
    """Callables by method name, of the right kind, with a deadline unless one is given."""

    def __init__(self, connection, module, name):
        self._channel = connection
        self._descriptor = module.DESCRIPTOR.services_by_name[name]
        self._kinds = descriptor_pb2.ServiceDescriptorProto()
        self._descriptor.CopyToProto(self._kinds)

    def __getattr__(self, name):
        method = self._descriptor.methods_by_name[name]
        kind = next(m for m in self._kinds.method if m.name == name)
        make = getattr(self._channel, f"{'stream' if kind.client_streaming else 'unary'}_"
                                      f"{'stream' if kind.server_streaming else 'unary'}")
        call = make(f"/{self._descriptor.full_name}/{name}",
                    request_serializer=method.input_type._concrete_class.SerializeToString,
                    response_deserializer=method.output_type._concrete_class.FromString)

        def bounded(request, timeout=CALL_SECONDS, **more):
            return call(request, timeout=timeout, **more)
        bounded.future = lambda request, timeout=CALL_SECONDS: call.future(request, timeout=timeout)
        bounded.with_call = lambda request, timeout=CALL_SECONDS: call.with_call(request,
                                                                                 timeout=timeout)
        return bounded


def service(connection, module, name):
    return Service(connection, module, name)


def raw(connection, method, kind="unary_unary"):
    """A call whose messages are the bytes themselves."""
    return getattr(connection, kind)(method)


def details(error):
    """The refusal's ErrorInfo: (reason, domain, the details' own code)."""
    pb = messages().refusal
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            status = pb.StatusDetails.FromString(value)
            packed = status.details[0]
            assert packed.type_url == "type.googleapis.com/google.rpc.ErrorInfo", packed.type_url
            info = pb.ErrorReason.FromString(packed.value)
            return info.reason, info.domain, status.code
    return None, None, None


def refusal(call, *arguments, **named):
    """(code, reason) of a call that must fail."""
    try:
        reply = call(*arguments, **named)
        if hasattr(reply, "__next__"):
            reply = list(reply)
    except grpc.RpcError as error:
        reason, domain, code = details(error)
        assert domain in ("talea", None), domain
        assert code in (error.code().value[0], None), f"{code} in the details of {error.code()}"
        return error.code().name, reason
    raise AssertionError(f"not refused: {reply}")
