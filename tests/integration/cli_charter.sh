#!/bin/bash
# Two brands: folders, introductions, a charter, its signatures, a second epoch; and what must fail.
set -euo pipefail
talea=${TALEA_BUILD:?names the build folder}/talea
unset TALEA_HOME TALEA_PASSPHRASE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# expect CODE TEXT COMMAND...: ends so, and says so on one of its streams.
expect() {
    local code=$1 text=$2 status=0
    shift 2
    "$@" >said 2>&1 </dev/null || status=$?
    if [[ $status -ne $code ]] || ! grep -qF -- "$text" said; then
        printf 'exit %s instead of %s, or no "%s", from: %s\n' "$status" "$code" "$text" "$*"
        cat said
        exit 1
    fi
}

init() {
    local partner=$1 prefix=$2
    shift 2
    "$talea" init "$partner" --coalition demo --partner "$partner" --name "The $partner" \
        --prefix "$prefix" --listen 127.0.0.1:7101 --http 127.0.0.1:7201 "$@"
}

expect 0 'Made grocer' init grocer 610001
expect 2 'ALREADY_EXISTS' init grocer 610001
expect 2 '--prefix: "06" is not' init other 06
expect 2 'needs a passphrase' init fuel 610002 --seal
[[ ! -e fuel && ! -e other ]]
printf 'two words\n' >pass
chmod 600 pass
expect 0 'Made fuel' init fuel 610002 --seal --passphrase-file pass --host fuel.example

# What may be left out, and what may not.
expect 2 '--public-address is missing' "$talea" init open --coalition demo --partner open \
    --prefix 610003 --listen 0.0.0.0:7101
expect 2 '--public-address is missing' "$talea" init open --coalition demo --partner open \
    --prefix 610003 --listen '[::]:7101'
expect 2 'is no address to connect to' "$talea" init open --coalition demo --partner open \
    --prefix 610003 --listen 0.0.0.0:7101 --public-address '[::0]:7101'
[[ ! -e open ]]
expect 0 'Made open' "$talea" init open --coalition demo --partner open --prefix 610003 \
    --listen 0.0.0.0:7101 --public-address node.example:7101
grep -qxF 'http: "127.0.0.1:7201"' open/node.yaml
openssl x509 -in open/tls/node.pem -noout -ext subjectAltName | grep -q 'DNS:node.example'
[[ $(stat -c %a open/data) == 700 ]]

[[ $(stat -c %a grocer/keys grocer/keys/root.key grocer/tls/node.key grocer/tls/node.pem) == \
    $'700\n600\n600\n644' ]]
openssl verify -CAfile fuel/tls/ca.pem fuel/tls/{node,till,back-office,auditor,admin}.pem >/dev/null
openssl x509 -in fuel/tls/node.pem -noout -ext subjectAltName >names
grep -q 'URI:talea://demo/fuel/node/' names
grep -q 'DNS:fuel.demo.talea' names
grep -q 'DNS:fuel.example' names

"$talea" charter example >coalition.yaml
introductions=(grocer/grocer.intro.talea fuel/fuel.intro.talea)
expect 0 'epoch 1, 2 partners' \
    "$talea" charter make --terms coalition.yaml --out a.talea "${introductions[@]}"
cp a.talea b.talea
expect 4 'BAD_SIGNATURE' "$talea" charter verify a.talea
expect 0 'Signed as grocer: 1 signature, 2 needed' "$talea" charter sign --key grocer/keys/root.key a.talea
expect 4 'BAD_SIGNATURE' "$talea" charter verify a.talea
expect 2 'online key' "$talea" charter sign --key grocer/keys/online.key b.talea
expect 2 'PERMISSION_DENIED' "$talea" charter sign --key fuel/keys/root.key b.talea
TALEA_PASSPHRASE='two words' expect 0 'Signed as fuel: 1 signature, 2 needed' \
    "$talea" charter sign --key fuel/keys/root.key b.talea
expect 0 '2 signatures, 2 needed' "$talea" charter merge --out charter.talea a.talea b.talea
expect 0 'valid: demo, epoch 1, signed by 2 of 2' "$talea" charter verify charter.talea
expect 0 'grocer   The grocer  610001' "$talea" charter show charter.talea
"$talea" charter show --json charter.talea | jq -e \
    '.charter.partners[0].partner == "fuel" and .charter.tariffs[0].issue_price_minor == 1
     and .signed_by == ["fuel", "grocer"]' >/dev/null

# One flipped bit anywhere is noticed.
size=$(stat -c %s charter.talea)
for at in 40 $((size / 2)) $((size - 20)); do
    cp charter.talea broken.talea
    byte=$(dd if=charter.talea bs=1 skip="$at" count=1 status=none | od -An -tu1)
    printf "\\x$(printf %x $((byte ^ 1)))" | dd of=broken.talea bs=1 seek="$at" conv=notrunc status=none
    if "$talea" charter verify broken.talea >said 2>&1; then
        echo "a charter with byte $at changed is taken for valid"
        exit 1
    fi
done

sed 's/epoch: 1/epoch: 2/' coalition.yaml >second.yaml
expect 2 'name it by --previous' \
    "$talea" charter make --terms second.yaml --out two.talea "${introductions[@]}"
expect 0 'epoch 2' "$talea" charter make --terms second.yaml --out two.talea \
    --previous charter.talea "${introductions[@]}"
"$talea" charter show two.talea | grep -q "^previous   $("$talea" charter show charter.talea | sed -n 's/^hash *//p')\$"
expect 2 'ALREADY_EXISTS' "$talea" charter make --terms second.yaml --out two.talea \
    --previous charter.talea "${introductions[@]}"
sed 's/rounding: half_even/rounding: up/' coalition.yaml >third.yaml
expect 2 'statements round half_even, not up' \
    "$talea" charter make --terms third.yaml --out three.talea "${introductions[@]}"

# Partners by either way, but by one.
sed '/^partners:/,$d' coalition.yaml >bare.yaml
expect 2 'no partners: name their introductions' "$talea" charter make --terms bare.yaml --out bare.talea
[[ ! -e bare.talea ]]
expect 0 'epoch 1, 2 partners' \
    "$talea" charter make --terms bare.yaml --out bare.talea "${introductions[@]}"

# Certificates: one more, and one in the place of another.
expect 2 'is not one of node, till' "$talea" --home fuel certificate issue boss
expect 2 'use --replace' "$talea" --home fuel certificate issue till
expect 2 "only a node's" "$talea" --home fuel certificate issue till --host x.example --out-dir till-2
expect 2 'outlive' "$talea" --home fuel certificate issue till --days 3652 --out-dir till-2
expect 0 'Issued till-2/till.pem: till counter-2' \
    "$talea" --home fuel certificate issue till --cn counter-2 --days 30 --out-dir till-2
[[ $(stat -c %a till-2/till.key) == 600 ]]
openssl verify -CAfile fuel/tls/ca.pem till-2/till.pem >/dev/null
openssl x509 -in till-2/till.pem -noout -ext subjectAltName |
    grep -q 'URI:talea://demo/fuel/till/counter-2'
cp fuel/tls/node.pem before.pem
touch fuel/tls/node.key.new
expect 0 'SIGHUP' "$talea" --home fuel certificate issue node --replace
! cmp -s before.pem fuel/tls/node.pem
openssl verify -CAfile fuel/tls/ca.pem fuel/tls/node.pem >/dev/null
openssl x509 -in fuel/tls/node.pem -noout -ext subjectAltName >names.new
cmp names names.new
[[ $(openssl x509 -in fuel/tls/node.pem -noout -pubkey) == \
    $(openssl pkey -in fuel/tls/node.key -pubout) ]]
[[ $(cd fuel/tls && echo *.new) == '*.new' ]]
expect 0 'the authority of fuel in demo' "$talea" --home fuel certificate list
grep -qE '^node.pem +talea://demo/fuel/node/node .* 36[45]$' said
"$talea" --home fuel certificate list --json | jq -e 'length == 6 and all(.[]; .days_left > 300)' >/dev/null

# Keys as files: made, sealed, opened, shown; the root key attests another online key.
expect 0 'kind    online' "$talea" key generate online --partner fuel --out fuel/keys/online-2.key
expect 2 'ALREADY_EXISTS' "$talea" key generate online --partner fuel --out fuel/keys/online-2.key
expect 2 'neither root nor online' "$talea" key generate leaf --partner fuel --out leaf.key
expect 2 "ends in .key" "$talea" key generate root --partner fuel --out root.pem
[[ $(stat -c %a fuel/keys/online-2.key fuel/keys/online-2.pub) == $'600\n644' ]]
expect 0 'not sealed' "$talea" key show fuel/keys/online-2.key
expect 0 'not in this file' "$talea" key show fuel/keys/online-2.pub
expect 0 'secret  sealed' "$talea" key show fuel/keys/root.key
expect 2 'a passphrase is needed' "$talea" key seal fuel/keys/online-2.key
expect 0 'sealed; who uses it' "$talea" key seal --passphrase-file pass fuel/keys/online-2.key
[[ $(stat -c %a fuel/keys/online-2.key) == 600 ]]
expect 1 'is sealed' "$talea" key seal --passphrase-file pass fuel/keys/online-2.key
printf 'three words now\n' >pass-2
chmod 600 pass-2
expect 2 'new-passphrase-file is missing' "$talea" key passphrase --passphrase-file pass \
    fuel/keys/online-2.key
expect 2 'wrong passphrase' "$talea" key passphrase --passphrase-file pass-2 \
    --new-passphrase-file pass fuel/keys/online-2.key
expect 0 'has the new passphrase' "$talea" key passphrase --passphrase-file pass \
    --new-passphrase-file pass-2 fuel/keys/online-2.key
expect 2 'wrong passphrase' "$talea" key unseal --passphrase-file pass fuel/keys/online-2.key
expect 0 'not sealed any more' "$talea" key unseal --passphrase-file pass-2 fuel/keys/online-2.key
expect 1 'is not sealed' "$talea" key unseal --passphrase-file pass-2 fuel/keys/online-2.key
[[ ! -e $(echo fuel/keys/*.new) ]]
chmod 644 pass
expect 2 'its group or others have access' "$talea" key seal --passphrase-file pass \
    fuel/keys/online-2.key
chmod 600 pass
for file in fuel/keys/root.key fuel/keys/online-2.key; do
    chmod 640 "$file"
    expect 2 'its group or others have access' "$talea" key show "$file"
    expect 2 'its group or others have access' "$talea" key attest --key fuel/keys/root.key \
        --passphrase-file pass --from charter.talea --out no.talea "$file"
    chmod 600 "$file"
done
chmod 640 fuel/tls/ca.key
expect 2 'its group or others have access' "$talea" --home fuel certificate issue node --replace
chmod 600 fuel/tls/ca.key

expect 0 'with these online keys' "$talea" key attest --key fuel/keys/root.key \
    --passphrase-file pass --from charter.talea --out fuel-2.intro.talea fuel/keys/online-2.pub
[[ $(grep -c ' until ' said) == 2 ]]
expect 2 'not an online key of fuel' "$talea" key attest --key fuel/keys/root.key \
    --passphrase-file pass --from charter.talea --out no.talea grocer/keys/online.key
expect 2 'a root key signs this' "$talea" key attest --key grocer/keys/online.key \
    --from charter.talea --out no.talea
expect 2 'NOT_FOUND' "$talea" key attest --key fuel/keys/root.key --passphrase-file pass \
    --from fuel-2.intro.talea --drop 0123456789abcdef --out no.talea
[[ ! -e no.talea ]]

# The next epoch takes over who hands in nothing new; one leaves, a key is revoked.
key=$("$talea" key show --json fuel/keys/online-2.pub | jq -r .key)
{
    sed '/^partners:/,$d; s/epoch: 1/epoch: 2/' coalition.yaml
    printf 'leaving:\n  - {partner: grocer, last_period: 2099-12}\n'
    printf 'revoked_keys:\n  - partner: fuel\n    key: %s\n    streams:\n' "$key"
    printf '      - {peer: grocer, entries: 7, receipts: 2}\n'
} >changes.yaml
expect 0 'epoch 2, 2 partners' "$talea" charter make --terms changes.yaml --out changed.talea \
    --previous charter.talea fuel-2.intro.talea
"$talea" charter show --json changed.talea | jq -e \
    '.charter.partner_terms[0].last_period == 209912 and
     .charter.revoked_keys[0].streams[0].last_entry_number == 7' >/dev/null
expect 0 'grocer leaves with the end of 2099-12' "$talea" charter show changed.talea
expect 0 "$key of fuel is revoked" "$talea" charter show changed.talea
sed 's/2099-12/2020-01/' changes.yaml >sooner.yaml
expect 2 'end before they begin' "$talea" charter make --terms sooner.yaml --out no.talea \
    --previous charter.talea fuel-2.intro.talea

# Without a node.
expect 3 'no answer from 127.0.0.1:1' "$talea" --home grocer --address 127.0.0.1:1 status
expect 2 'node.yaml is not there' "$talea" --home nowhere status
expect 2 "unrecognized option '--frob'" "$talea" earn --frob
[[ $(wc -l <said) -eq 1 ]]
bash -n <("$talea" completion bash)
