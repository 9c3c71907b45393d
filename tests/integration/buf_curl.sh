#!/bin/bash
# buf, a client in another language with another gRPC stack: calls a node by what reflection says of
# it, and by the .proto files.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=${TALEA_SOURCE:-$here/../..}
buf=$source/tests/tools/buf

status=0
version=$("$buf" --version 2>&1) || status=$?
if ((status == 77)); then
    echo "skipped: $version"
    exit 77
fi
((status == 0)) || {
    echo "buf: $version" >&2
    exit 1
}

exec /usr/bin/python3 -B - "$here" "$buf" "$source" <<'PYTHON'
import json
import sys

here, buf, source = sys.argv[1:]
sys.path.insert(0, here)
from coalition import Coalition, run  # noqa: E402

with Coalition(["grocer", "fuel"]) as coalition:
    coalition.start()
    grocer = coalition["grocer"]
    card = grocer.cli("member", "add")["card"]
    grocer.cli("earn", card, "12.00")

    def call(role, method, request, schema, expect=0):
        words = [buf, "curl", "--protocol", "grpc", "--cert", grocer.path(f"tls/{role}.pem"),
                 "--key", grocer.path(f"tls/{role}.key"), "--cacert", grocer.path("tls/ca.pem"),
                 "--servername", f"grocer.{grocer.coalition}.talea"]
        if schema:
            words += ["--schema", source + "/proto"]
        words += ["--data", json.dumps(request), f"https://127.0.0.1:{grocer.port}/talea.v1.{method}"]
        return run(words, expect=expect, timeout=60)

    for schema in (False, True):
        status = json.loads(call("admin", "AdminService/GetStatus", {}, schema).stdout)
        assert status["partner"] == "grocer" and status["isReady"], status
        balance = json.loads(call("till", "TillService/GetBalance", {"member": {"card": card}},
                                  schema).stdout)
        assert balance["balance"]["availablePoints"] == "12", balance
        refused = call("till", "AdminService/ReloadConfiguration", {}, schema, expect=None)
        assert refused.returncode != 0, refused
        error = json.loads(refused.stderr)
        assert error["code"] == "permission_denied", error
        details = error["details"][0]
        assert details["type"] == "google.rpc.ErrorInfo", error
        if "debug" in details:
            assert details["debug"]["reason"] == "ROLE_NOT_ALLOWED", error
    print("buf curl: reflection and schema agree")
PYTHON
