# shellcheck shell=bash disable=SC2034
# From a matched month to a paid one: the net, the payment files, the bank, the audit.

PAYMENT_SCHEMA=''
AUDIT_CLEAN=false
DEBTORS=()
BANK_BOOKINGS=0

# Each payment once, as its debtor sees it: debtor, creditor, minor, reference, state, received.
payments_json() {
    local brand
    for brand in "${BRANDS[@]}"; do
        talea --home "$brand" payment list --period "$PERIOD_TEXT" --json |
            jq --arg brand "$brand" '[.payments[] | select(.debtor == $brand) |
                {debtor, creditor, minor: (.amount_minor | tonumber), reference,
                 state: (.state | sub("SETTLEMENT_STATE_"; "")),
                 received: (.received_minor | tonumber)}]'
    done | jq -s add
}

step_netting() {
    step 'The month is netted'
    say 'The charter says: netting: multilateral. Each brand signs over which statements it nets, and' \
        'where all five say the same, some payments settle all ten pairs.'
    until_true 60 pairs_are NETTED CLOSED || {
        show talea --home "${BRANDS[0]}" period list "$PERIOD_TEXT"
        fail 'not every pair is netted after a minute'
    }
    show talea --home "${BRANDS[0]}" period list "$PERIOD_TEXT"
    printf '\nThe net positions and who pays whom: anybody computes the same from the statements.\n'
    typed 'talea statement net statements/*.talea --charter charter.talea'
    talea statement net statements/*.talea --charter charter.talea >figures/net.txt ||
        fail 'the statements have no net'
    trimmed 30 <figures/net.txt
    talea statement net statements/*.talea --charter charter.talea --json |
        jq '[.payments[] | {debtor, creditor, minor: .amount_minor}]' >figures/netted.json
    payments_json >figures/payments.json
    mapfile -t DEBTORS < <(jq -r '[.[].debtor] | unique[]' figures/payments.json)
}

find_schema() { # NAME: prints the file, where there is one
    local folder
    for folder in "${TALEA_XSD:-}" "$SOURCE/../shared/xsd"; do
        [[ -z $folder || ! -f $folder/$1.xsd ]] || { printf '%s' "$folder/$1.xsd"; return; }
    done
}

step_payment_files() {
    local brand schema check=(xmllint --noout --nonet)
    step 'Payment files'
    say 'Who has to pay makes a file for its bank: an ISO 20022 customer credit transfer, pain.001.'
    schema=$(find_schema pain.001.001.09)
    for brand in "${DEBTORS[@]}"; do
        show talea --home "$brand" payment instruct --out "payments/$brand.xml"
        "${check[@]}" ${schema:+--schema "$schema"} "payments/$brand.xml" 2>figures/xmllint.txt ||
            fail "payments/$brand.xml: $(head -n 3 figures/xmllint.txt)"
    done
    if [[ -n $schema ]]; then
        PAYMENT_SCHEMA=pain.001.001.09
        good 'Each file is valid under the ISO'"'"'s schema pain.001.001.09.'
    else
        good 'Each file is well-formed XML; for the ISO'"'"'s schema name its folder by TALEA_XSD.'
    fi
}

xml_text() { # FILE, PATH of element names: the text of the first such element
    xmllint --nonet --xpath "string($(sed -E 's#([A-Za-z]+)#*[local-name()="\1"]#g' <<<"$2"))" "$1"
}

# The bank carries the orders out and books each on both accounts: bank/IBAN.entries.
bank_pays() { # PAYMENT FILE
    local debtor creditor count i order reference amount currency entry
    debtor=$(xml_text "$1" //DbtrAcct/Id/IBAN)
    count=$(xmllint --nonet --xpath 'count(//*[local-name()="CdtTrfTxInf"])' "$1")
    for ((i = 1; i <= count; i++)); do
        xmllint --nonet --xpath "(//*[local-name()='CdtTrfTxInf'])[$i]" "$1" >bank/order.xml
        order=bank/order.xml
        reference=$(xml_text "$order" //PmtId/EndToEndId)
        amount=$(xml_text "$order" //Amt/InstdAmt)
        currency=$(xmllint --xpath 'string(//*[local-name()="InstdAmt"]/@Ccy)' "$order")
        creditor=$(xml_text "$order" //CdtrAcct/Id/IBAN)
        for entry in "DBIT $debtor" "CRDT $creditor"; do
            printf '<Ntry><Amt Ccy="%s">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>' \
                "$currency" "$amount" "${entry% *}"
            printf '<BookgDt><Dt>%s</Dt></BookgDt><AcctSvcrRef>%s</AcctSvcrRef>' \
                "$(date -u +%F)" "BOOKED-$((++BANK_BOOKINGS))"
            printf '<BkTxCd><Prtry><Cd>NTRF</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>'
            printf '<EndToEndId>%s</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>\n' "$reference"
        done >bank/booked
        head -n 1 bank/booked >>"bank/$debtor.entries"
        tail -n 1 bank/booked >>"bank/$creditor.entries"
    done
    rm -f bank/order.xml bank/booked
}

# The account's statement of the day, camt.053.001.08.
bank_states() { # IBAN FILE
    local now balance
    now=$(date -u +%FT%TZ)
    balance="<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"$COALITION_CURRENCY\">0</Amt>"
    balance+="<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${now%T*}</Dt></Dt></Bal>"
    {
        printf '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="%s"><BkToCstmrStmt>\n' \
            urn:iso:std:iso:20022:tech:xsd:camt.053.001.08
        printf '<GrpHdr><MsgId>M1</MsgId><CreDtTm>%s</CreDtTm></GrpHdr>\n' "$now"
        printf '<Stmt><Id>S1</Id><CreDtTm>%s</CreDtTm><Acct><Id><IBAN>%s</IBAN></Id></Acct>%s\n' \
            "$now" "$1" "$balance"
        cat "bank/$1.entries"
        printf '</Stmt></BkToCstmrStmt></Document>\n'
    } >"$2"
    rm "bank/$1.entries"
}

step_bank() {
    local brand schema
    step 'The bank answers'
    say 'A bank of this demonstration'"'"'s own reads the payment files, books them, and gives each' \
        'account its statement (camt.053). Only when the creditor has the money, and both sides have' \
        'signed for it, a payment is done.'
    for brand in "${DEBTORS[@]}"; do bank_pays "payments/$brand.xml"; done
    schema=$(find_schema camt.053.001.08)
    for brand in "${BRANDS[@]}"; do
        [[ -f bank/${IBAN[$brand]}.entries ]] || continue
        bank_states "${IBAN[$brand]}" "bank/$brand.xml"
        xmllint --noout --nonet ${schema:+--schema "$schema"} "bank/$brand.xml" \
            2>figures/xmllint.txt || fail "bank/$brand.xml: $(head -n 3 figures/xmllint.txt)"
        show talea --home "$brand" payment import "bank/$brand.xml"
    done
    until_true 60 pairs_are CLOSED || {
        for brand in "${BRANDS[@]}"; do show talea --home "$brand" period list "$PERIOD_TEXT"; done
        fail 'not every pair is closed after a minute'
    }
    printf '\nEvery pair of every brand is closed:\n'
    show talea --home "${BRANDS[0]}" period list "$PERIOD_TEXT"
    show talea --home "${BRANDS[0]}" payment list --period "$PERIOD_TEXT"
    payments_json >figures/payments.json
}

# Where the programs that read the books are installed, they judge them.
books_are_read() { # BRAND
    talea --home "$1" books --format ledger >"books/$1.ledger"
    talea --home "$1" books --format beancount >"books/$1.beancount"
    ! command -v hledger >/dev/null || hledger -f "books/$1.journal" check --strict || return
    ! command -v ledger >/dev/null || ledger --strict --pedantic -f "books/$1.ledger" bal || return
    ! command -v bean-check >/dev/null || bean-check "books/$1.beancount"
}

step_books() {
    local brand
    step 'The books'
    say 'Points and money as double entries for an accountant'"'"'s own program; and what the points' \
        'that members still have are worth.'
    for brand in "${BRANDS[@]}"; do
        typed "talea --home $brand books >books/$brand.journal"
        talea --home "$brand" books >"books/$brand.journal"
        books_are_read "$brand" >figures/books.txt 2>&1 || {
            cat figures/books.txt
            fail "the books of $brand are not in order"
        }
    done
    typed "talea --home ${BRANDS[0]} books liability"
    talea --home "${BRANDS[0]}" books liability >figures/liability.txt
    trimmed 10 '' <figures/liability.txt
    talea --home "${BRANDS[0]}" books liability --json >figures/liability.json
    talea --home "${BRANDS[0]}" report --json |
        jq -e --slurpfile liability figures/liability.json \
            '[.available_points, .pending_points, .held_points] | map(tonumber) | add
             == $liability[0].total.points' >figures/liability-equal.json ||
        fail 'the liability is not for what the members have'
}

step_audit() {
    local brand
    step 'An auditor looks'
    say 'An auditor needs no node and no trust: each brand exports the month, and the exports are' \
        'proven by the charter and against each other.'
    for brand in "${BRANDS[@]}"; do
        show -f 1 talea --home "$brand" period export "$PERIOD_TEXT" --out "exports/$brand"
    done
    typed 'talea audit --charter charter.talea exports/*'
    talea audit --charter charter.talea exports/* >figures/audit.txt 2>&1 || {
        cat figures/audit.txt
        fail 'the audit found something'
    }
    trimmed 30 <figures/audit.txt
    AUDIT_CLEAN=true
}
