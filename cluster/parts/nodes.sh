# shellcheck shell=bash disable=SC2034
# The processes of the demonstration: each is started, asked and ended by its own process id.

declare -A NODE_PID PEAK_BYTES PORT HTTP_PORT

port_is_free() { # PORT
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

ports_are_free() { # FIRST COUNT
    local port
    for ((port = $1; port < $1 + $2; port++)); do
        port_is_free "$port" || return 1
    done
}

# Two ports for each brand from a base on: the one that was asked for, or the first that is free.
choose_ports() {
    local base=${OPTION_PORT:-7101} count=$((2 * ${#BRANDS[@]})) i
    if ! ports_are_free "$base" "$count"; then
        [[ -z $OPTION_PORT ]] || fail "--port $base: of the ports from there to $((base + count - 1)) one is taken"
        until ports_are_free "$base" "$count"; do
            base=$((base + 20))
            ((base < 32000)) || fail 'no free ports on 127.0.0.1; name some by --port'
        done
    fi
    for i in "${!BRANDS[@]}"; do
        PORT[${BRANDS[i]}]=$((base + i))
        HTTP_PORT[${BRANDS[i]}]=$((base + ${#BRANDS[@]} + i))
    done
}

status_json() { # BRAND
    talea --home "$1" --timeout 2 status --json 2>/dev/null
}

# until_true SECONDS COMMAND...: asks until it is so; fails when the time is over.
until_true() {
    local end=$(($(now_ms) + 1000 * $1))
    shift
    until "$@"; do
        (($(now_ms) < end)) || return 1
        read -r -t 0.05 <> <(:) || true
    done
}

node_is_ready() { # BRAND
    kill -0 "${NODE_PID[$1]}" 2>/dev/null || fail "the node of $1 ended: $(tail -n 3 "logs/$1.log")"
    [[ $(status_json "$1" | jq -r .is_ready) == true ]]
}

start_node() { # BRAND
    typed "talead $1/node.yaml 2>> logs/$1.log &"
    talead "$1/node.yaml" >>"logs/$1.log" 2>&1 &
    NODE_PID[$1]=$!
}

# The most memory that any process of this brand's node ever held.
note_peak() { # BRAND
    local kib
    kib=$(awk '/^VmHWM:/ { print $2 }' "/proc/${NODE_PID[$1]}/status" 2>/dev/null) || return 0
    ((${kib:-0} * 1024 <= ${PEAK_BYTES[$1]:-0})) || PEAK_BYTES[$1]=$((kib * 1024))
}

kill_node() { # BRAND: as if the power went
    note_peak "$1"
    kill -KILL "${NODE_PID[$1]}"
    wait "${NODE_PID[$1]}" 2>/dev/null || true
}

stop_nodes() {
    local brand pid
    for brand in "${!NODE_PID[@]}"; do
        kill -TERM "${NODE_PID[$brand]}" 2>/dev/null || true
    done
    for brand in "${!NODE_PID[@]}"; do
        pid=${NODE_PID[$brand]}
        until_true 15 node_is_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        unset "NODE_PID[$brand]"
    done
}

node_is_gone() { # PID: ended, or ended and not yet waited for
    local state
    state=$(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null) || return 0
    [[ -z $state || $state == Z ]]
}

# Rows in the journal, read off the metrics page: quick enough to catch an import in its middle.
journal_rows() { # BRAND
    local line
    exec 3<>"/dev/tcp/127.0.0.1/${HTTP_PORT[$1]}" || return 1
    printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
    while read -r line <&3; do
        if [[ $line == 'talea_journal_rows '* ]]; then
            printf '%s' "${line//[^0-9]/}"
        fi
    done
    exec 3<&-
}

journal_has() { # BRAND ROWS
    (($(journal_rows "$1" 2>/dev/null || echo 0) >= $2))
}

streams_are_receipted() {
    local brand
    for brand in "${BRANDS[@]}"; do
        status_json "$brand" | jq -e --argjson peers $((${#BRANDS[@]} - 1)) \
            '(.peers | length == $peers) and
             all(.peers[]; .is_connected and .sent_number == .receipted_number)' >/dev/null ||
            return 1
    done
}

await_receipts() {
    until_true 120 streams_are_receipted ||
        fail "a stream was not receipted in two minutes; ask: talea --home ${BRANDS[0]} peer list"
}

pairs_are_matched() {
    local brand
    for brand in "${BRANDS[@]}"; do
        talea --home "$brand" period list "$PERIOD_TEXT" --json 2>/dev/null |
            jq -e --argjson peers $((${#BRANDS[@]} - 1)) \
                '(.pairs | length == $peers) and
                 all(.pairs[]; .state == "PERIOD_STATE_MATCHED")' >/dev/null || return 1
    done
}

# pairs_are NAME...: every brand says of each of its pairs that its month is in one of these states.
pairs_are() {
    local brand wanted
    wanted=$(printf '"SETTLEMENT_STATE_%s",' "$@")
    for brand in "${BRANDS[@]}"; do
        talea --home "$brand" period list "$PERIOD_TEXT" --json 2>/dev/null |
            jq -e --argjson peers $((${#BRANDS[@]} - 1)) --argjson wanted "[${wanted%,}]" \
                '(.pairs | length == $peers) and all(.pairs[]; .status.state | IN($wanted[]))' \
                >/dev/null || return 1
    done
}
