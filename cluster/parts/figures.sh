# shellcheck shell=bash
# What the nodes say at the end, both sides of each pair compared, and the verdict. Everything is
# kept in figures/, one JSON file for each question and brand.

# Asks every node once; the files are what the report is made of.
collect_figures() {
    local brand other
    for brand in "${BRANDS[@]}"; do
        note_peak "$brand"
        status_json "$brand" >"figures/$brand.status.json"
        talea --home "$brand" report --json >"figures/$brand.report.json"
        talea --home "$brand" period list "$PERIOD_TEXT" --json >"figures/$brand.periods.json"
        for other in "${BRANDS[@]}"; do
            [[ $brand == "$other" ]] || talea --home "$brand" statement show "$other" \
                "$PERIOD_TEXT" --json >"figures/$brand.$other.statement.json" || true
        done
    done
}

imports_json() { # BRAND: nothing, where it has no receipts
    local file
    for file in figures/"$1".*.import.json; do
        [[ ! -f $file ]] || cat "$file"
    done
}

brand_json() { # BRAND
    jq -n --arg partner "$1" --arg name "${NAME[$1]}" --argjson peak "${PEAK_BYTES[$1]:-0}" \
        --slurpfile status "figures/$1.status.json" --slurpfile report "figures/$1.report.json" \
        --slurpfile verify "figures/$1.verify.json" --slurpfile imports <(imports_json "$1") \
        --slurpfile settled "figures/$1.periods.json" \
        --argjson repeat_added_nothing "${ADDED_NOTHING[$1]:-false}" '
        def account(name): [$report[0].accounts[] | select(.account == name)];
        def debits: map(.debit_points) | add // 0;
        def credits: map(.credit_points) | add // 0;
        def sum(field): $imports | map(field) | add // 0;
        $report[0] as $r |
        {partner: $partner, name: $name,
         receipts: {
            rows: sum(.rows),
            imported: sum(.rows_imported),
            returned: sum(.rows_returned),
            rejected: sum(.rows_rejected),
            rejected_by_reason: ($imports | map(.rejected[]) | group_by(.reason) |
                map({key: .[0].reason, value: (map(.rows) | add)}) | from_entries),
            sales: sum(.sales), returns: sum(.returns),
            repeat_added_nothing: $repeat_added_nothing},
         members: $r.members,
         points: {
            issued: ((account("issued") | debits) - (account("issued") | credits)),
            burned: ((account("redeemed") | credits) - (account("redeemed") | debits)),
            outstanding: ($r.available_points + $r.pending_points + $r.held_points),
            debt: $r.debt_points},
         memory_peak_bytes: ([$peak, $status[0].resident_peak_bytes] | max),
         journal_rows: $status[0].journal_rows,
         pairs_closed: ($settled[0].pairs | map(select(.status.state == "SETTLEMENT_STATE_CLOSED")) | length),
         verify_clean: $verify[0].is_clean}
        | .rows_add_up = (.receipts | .imported + .returned + .rejected == .rows)'
}

pair_json() { # A B
    jq -n --arg a "$1" --arg b "$2" --argjson period "${PERIOD_TEXT/-/}" \
        --slurpfile sa "figures/$1.status.json" --slurpfile sb "figures/$2.status.json" \
        --slurpfile pa "figures/$1.periods.json" --slurpfile pb "figures/$2.periods.json" \
        --slurpfile ta "figures/$1.$2.statement.json" --slurpfile tb "figures/$2.$1.statement.json" '
        def peer(status; id): status[0].peers[] | select(.partner == id);
        def pair(list; id): list[0].pairs[] | select(.partner == id and .period == $period);
        def kinds: map({kind: (.kind | sub("ENTRY_KIND_"; "") | ascii_downcase), tariff, count, points})
                   | sort_by([.kind, .tariff]);
        def stream(from; to; sender; receiver): {from: from, to: to,
            sent: sender.sent_number, receipted: sender.receipted_number,
            received: receiver.received_number,
            sent_bytes: sender.sent_bytes, received_bytes: receiver.received_bytes};
        def half(from; to; one; other): {from: from, to: to, by_sender: (one | kinds),
            by_receiver: (other | kinds)} | .equal = (.by_sender == .by_receiver);
        def valid(s): [s.signed, s.countersigned, s.partner_signed] | map(select(. == "valid")) | length;
        peer($sa; $b) as $pab | peer($sb; $a) as $pba |
        pair($pa; $b) as $a_b | pair($pb; $a) as $b_a |
        {a: $a, b: $b,
         streams: [stream($a; $b; $pab; $pba), stream($b; $a; $pba; $pab)],
         totals: [half($a; $b; $a_b.sent; $b_a.received), half($b; $a; $b_a.sent; $a_b.received)],
         a_owes: {points: $a_b.net_points, minor: $a_b.net_minor},
         b_owes: {points: $b_a.net_points, minor: $b_a.net_minor},
         states: [$a_b.state, $b_a.state],
         statements_equal: ($ta[0].document.statement == $tb[0].document.statement),
         signatures: (if valid($ta[0]) == 3 and valid($tb[0]) == 3 then 4
                      else ([valid($ta[0]), valid($tb[0])] | max) end)}
        | .matched = (.states == ["PERIOD_STATE_MATCHED", "PERIOD_STATE_MATCHED"]
            and .signatures == 4 and .statements_equal and all(.totals[]; .equal)
            and all(.streams[]; .sent == .receipted and .sent == .received)
            and .a_owes.points == -.b_owes.points and .a_owes.minor == -.b_owes.minor)'
}

pairs_json() {
    local i j
    for ((i = 0; i < ${#BRANDS[@]}; i++)); do
        for ((j = i + 1; j < ${#BRANDS[@]}; j++)); do
            pair_json "${BRANDS[i]}" "${BRANDS[j]}"
        done
    done
}

steps_json() {
    local i
    for i in "${!STEP_MS[@]}"; do
        jq -n --arg name "${STEP_NAMES[i]}" --argjson ms "${STEP_MS[i]}" \
            '{step: $name, seconds: ($ms / 1000)}'
    done
}

# Every brand's position: positive is what it gets from the others together.
make_report() {
    local brand
    for brand in "${BRANDS[@]}"; do brand_json "$brand"; done >figures/brands.jsons
    pairs_json >figures/pairs.jsons
    jq -n --slurpfile brands figures/brands.jsons --slurpfile pairs figures/pairs.jsons \
        --slurpfile steps <(steps_json) --slurpfile payments figures/payments.json \
        --slurpfile netted figures/netted.json --argjson audit_clean "$AUDIT_CLEAN" \
        --arg schema "$PAYMENT_SCHEMA" --arg seed "$SEED" --arg period "$PERIOD_TEXT" \
        --arg currency "$COALITION_CURRENCY" --arg receipts "${OPTION_RECEIPTS:+files}" \
        --argjson kills "$OPTION_KILLS" --argjson amid "$KILLED_AMID" --argjson decimals "$COALITION_DECIMALS" '
        def position($id; $field): [$pairs[] | if .a == $id then -(.a_owes[$field])
            elif .b == $id then -(.b_owes[$field]) else 0 end] | add;
        {seed: ($seed | tonumber), receipts: (if $receipts == "" then "made up" else $receipts end),
         period: $period, currency: $currency, currency_decimals: $decimals, kills: {asked: $kills, amid_an_import: $amid},
         brands: $brands, pairs: $pairs,
         net: ($brands | map({partner, points: position(.partner; "points"),
                              minor: position(.partner; "minor")})),
         payments: $payments[0], payment_schema: (if $schema == "" then null else $schema end),
         steps: $steps, seconds: ($steps | map(.seconds) | add)}
        | .checks = {
            rows_add_up: all(.brands[]; .rows_add_up),
            repeat_import_added_nothing: all(.brands[]; .receipts.repeat_added_nothing),
            both_sides_equal: all(.pairs[].totals[]; .equal),
            pairs_matched_and_double_signed: ((.brands | length) as $n
                | .pairs | length == $n * ($n - 1) / 2 and all(.[]; .matched)),
            net_sums_to_zero: ((.net | map(.points) | add) == 0 and (.net | map(.minor) | add) == 0),
            outstanding_equals_issued_less_burned: ((.brands | map(.points.outstanding - .points.debt) | add)
                == (.brands | map(.points.issued - .points.burned) | add)),
            payments_are_those_of_the_net: ($payments[0] | length > 0
                and (map({debtor, creditor, minor}) | sort) == ($netted[0] | sort)),
            payments_received_in_full: all($payments[0][]; .received == .minor and .state == "CLOSED"),
            every_pair_closed: ((.brands | length) as $n | all(.brands[]; .pairs_closed == $n - 1)),
            audit_clean: $audit_clean,
            ledgers_verify_clean: all(.brands[]; .verify_clean)}
        | .all_matched = (.checks | all)' >figures/report.json
}

print_brands() {
    printf '%-12s %8s %9s %9s %9s %8s %11s %7s %12s %7s\n' '' rows imported returned rejected \
        members issued burned outstanding memory
    local row
    while IFS=$'\t' read -ra row; do
        printf '%-12s %8s %9s %9s %9s %8s %11s %7s %12s %7s\n' "${row[0]}" "$(grouped "${row[1]}")" \
            "$(grouped "${row[2]}")" "$(grouped "${row[3]}")" "$(grouped "${row[4]}")" \
            "$(grouped "${row[5]}")" "$(grouped "${row[6]}")" "$(grouped "${row[7]}")" \
            "$(grouped "${row[8]}")" "$((row[9] / 1048576)) MiB"
    done < <(jq -r '.brands[] | [.partner, (.receipts | .rows, .imported, .returned, .rejected),
        .members, (.points | .issued, .burned, .outstanding), .memory_peak_bytes] | @tsv' \
        figures/report.json)
}

print_pairs() {
    local row
    printf '%-27s %9s %10s %10s %11s %16s\n' 'from → to' entries receipted bytes signatures matched
    while IFS=$'\t' read -ra row; do
        printf '%-27s %9s %10s %10s %11s %16s\n' "${row[0]} → ${row[1]}" "$(grouped "${row[2]}")" \
            "$(grouped "${row[3]}")" "$(grouped "${row[4]}")" "${row[5]}" "${row[6]}"
    done < <(jq -r '.pairs[] | . as $p | .streams[] | [.from, .to, .sent, .receipted, .sent_bytes,
        $p.signatures, (if $p.matched then "yes" else "NO" end)] | @tsv' figures/report.json)
}

print_net() {
    local row
    while IFS=$'\t' read -ra row; do
        printf '  %-13s %s %12s points %16s %s\n' "${row[0]}" "${row[3]}" \
            "$(grouped "${row[1]#-}")" "$(money "${row[2]#-}")" "$COALITION_CURRENCY"
    done < <(jq -r '.net[] | [.partner, .points, .minor,
        (if .minor >= 0 then "gets" else "pays" end)] | @tsv' figures/report.json)
}

print_checks() {
    local name value
    while read -r name value; do
        if [[ $value == true ]]; then
            good "${name//_/ }"
        else
            printf '%s✗ %s%s\n' "$RED" "${name//_/ }" "$PLAIN"
        fi
    done < <(jq -r '.checks | to_entries[] | "\(.key) \(.value)"' figures/report.json)
}
