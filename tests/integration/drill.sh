#!/bin/bash
# The drills of cluster/drill in their short form, where this machine allows namespaces.
set -euo pipefail

report=$(mktemp -t talea-drill.XXXXXX)
trap 'rm -f "$report"' EXIT

code=0
"$TALEA_SOURCE/cluster/drill" --rate 25 --json "$report" || code=$?
((code == 0)) || exit "$code"
jq -e 'length > 5 and all(.is_good and .acknowledged > 0 and .lost == 0 and .applied_twice == 0 and
    .statements_matched == .pairs)' "$report" >/dev/null
