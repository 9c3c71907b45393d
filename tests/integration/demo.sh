#!/bin/bash
# The main job itself: the demo on made-up receipts and, where real exports lie in $TALEA_DATA, on
# those, with their points judged by an independent calculation.
set -euo pipefail

work=$(mktemp -d)
pids=()
finish() {
    local status=$?
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    [ $status -eq 0 ] || tail -n 40 "$work"/*.log
    rm -rf "$work"
    exit $status
}
trap finish EXIT

demo() {
    "$TALEA_SOURCE/cluster/demo" --build "$(basename "$TALEA_BUILD")" --port 21000 "$@"
}

demo --seed 7 --report "$work/made-up.json" >"$work/made-up.log" 2>&1
jq -e '.all_matched' "$work/made-up.json" >/dev/null

[ -n "${TALEA_DATA:-}" ] || exit 0
# Of the largest export the first rows: all of them take four times as long, and show nothing more.
mkdir "$work/data"
ln -s "$TALEA_DATA"/*.csv.gz "$work/data"
rm "$work/data/uci-online-retail.csv.gz"
gzip -dc "$TALEA_DATA/uci-online-retail.csv.gz" | awk 'NR <= 120001' | gzip -1 \
    >"$work/data/uci-online-retail.csv.gz"
demo --receipts "$work/data" --dir "$work/real" --keep --report "$work/real.json" \
    >"$work/real.log" 2>&1
read -r -a pids < <(sed -n 's/^ *kill //p' "$work/real.log" | tail -n 1)
jq -e '.all_matched' "$work/real.json" >/dev/null
cd "$work/real"
/usr/bin/python3 "$TALEA_SOURCE/tests/integration/recompute_points.py" . \
    foodmart receipts/foodmart-1997.csv.gz maps/foodmart-1997.yaml \
    foodmart receipts/foodmart-returns.csv.gz maps/foodmart-returns.yaml \
    giftshop receipts/uci-online-retail.csv.gz maps/uci-online-retail.yaml \
    electronics receipts/global-electronics.csv.gz maps/global-electronics.yaml
