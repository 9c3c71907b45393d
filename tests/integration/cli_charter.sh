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

# Without a node.
expect 3 'no answer from 127.0.0.1:1' "$talea" --home grocer --address 127.0.0.1:1 status
expect 2 'node.yaml is not there' "$talea" --home nowhere status
expect 2 "unrecognized option '--frob'" "$talea" earn --frob
[[ $(wc -l <said) -eq 1 ]]
bash -n <("$talea" completion bash)
