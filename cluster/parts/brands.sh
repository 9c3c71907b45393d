# shellcheck shell=bash disable=SC2034
# Who takes part, and where the receipts come from.
#
# A line of the table: partner, name, currency, POINTS/PER (so many points for each so much money),
# file, mapping. A brand with several files has several lines; they are imported in this order.

BRANDS=()      # all five; those with receipts come first
IMPORTERS=()   # those with receipts
TILL_BRANDS=() # those that have nothing but a till
SOURCE_BRAND=()
SOURCE_FILE=() # within receipts/, in the demonstration's folder
SOURCE_MAP=()  # within maps/
SOURCE_REJECTS=()
declare -A NAME CURRENCY POINTS PER PREFIX IBAN

KNOWN_FILES='
foodmart,FoodMart,USD,1/1.00,foodmart-1997.csv.gz,foodmart.yaml
foodmart,,,,foodmart-returns.csv.gz,foodmart-returns.yaml
giftshop,Online Retail,GBP,2/1.00,uci-online-retail.csv.gz,online-retail.yaml
electronics,Global Electronics,USD,1/2.00,global-electronics.csv.gz,global-electronics.yaml'

MADE_UP_FILES='
grocer,The Grocer,EUR,1/1.00,grocer.csv,generated.yaml
pharmacy,The Pharmacy,EUR,3/2.00,pharmacy.csv,generated.yaml
fuel,The Fuel Station,EUR,1/2.00,fuel.csv,generated.yaml'

# Two of them take part beside those with receipts: the first whose ids nobody else has.
TILL_ONLY='
cinema,The Cinema,2/1.00
bookshop,The Bookshop,1/1.00
museum,The Museum,1/1.00
florist,The Florist,1/1.00
theatre,The Theatre,1/1.00'

# How many customers each style has; about one in four grocer's and pharmacy's customers buys in a
# month.
declare -A MADE_UP_MEMBERS=([grocer]=12000 [pharmacy]=9000 [fuel]=3000)

add_line() { # PARTNER NAME CURRENCY POINTS/PER
    [[ -n ${NAME[$1]:-} ]] && return
    [[ $1 =~ ^[a-z][a-z0-9-]{0,14}$ && -n $2 && $3 =~ ^[A-Z]{3}$ &&
        $4 =~ ^[1-9][0-9]*/[0-9]+(\.[0-9]+)?$ ]] || fail "not a brand's line: $1,$2,$3,$4"
    BRANDS+=("$1")
    NAME[$1]=$2
    CURRENCY[$1]=$3
    POINTS[$1]=${4%/*}
    PER[$1]=${4#*/}
    PREFIX[$1]=$((610000 + ${#BRANDS[@]}))
    IBAN[$1]=$(test_iban "${PREFIX[$1]}")
}

# A German account number of no real account, with its check digits (ISO 7064, modulo 97).
test_iban() { # NUMBER
    local bank=37040044 account rest
    account=$(printf '%010d' "$1")
    rest=$((bank % 97))
    rest=$(((rest * 10000000000 + 10#$account) % 97))
    rest=$(((rest * 1000000 + 131400) % 97)) # D is 13, E is 14
    printf 'DE%02d%s%s' $((98 - rest)) "$bank" "$account"
}

add_till_brands() {
    local partner name rate
    while IFS=, read -r partner name rate; do
        [[ -n $partner && -z ${NAME[$partner]:-} ]] || continue
        ((${#TILL_BRANDS[@]} < 2)) || break
        add_line "$partner" "$name" "$COALITION_CURRENCY" "$rate"
        TILL_BRANDS+=("$partner")
    done <<<"$TILL_ONLY"
}

# The mapping beside the file, by the file's name or by its usual one; else ours.
find_map() { # FOLDER FILE MAPPING
    local stem=${2%.gz} candidate
    for candidate in "$1/${stem%.csv}.yaml" ${3:+"$1/$3" "$MAPS/$3"}; do
        [[ ! -f $candidate ]] || { printf '%s' "$candidate"; return; }
    done
    fail "no mapping for $2: neither ${stem%.csv}.yaml beside it nor one of ours"
}

# A copy of the mapping that finds members by the shoppers' cards.
place_map() { # MAPPING BRAND NAME
    if grep -qE '^ +(customer|card):' "$1"; then
        sed -E '/^cards:/d; s/^( +)card:/\1customer:/' "$1" >"maps/$3"
        printf '\ncards: ../shoppers/%s.cards.csv\n' "$2" >>"maps/$3"
    else
        cp "$1" "maps/$3"
    fi
}

add_source() { # BRAND FILE MAPPING
    local number=${#SOURCE_BRAND[@]} stem=${2%.gz}
    stem=${stem%.csv}
    SOURCE_BRAND+=("$1")
    SOURCE_FILE+=("receipts/$2")
    SOURCE_MAP+=("maps/$stem.yaml")
    SOURCE_REJECTS+=("rejects/$stem.csv")
    place_map "$3" "$1" "$stem.yaml"
    [[ -f ${SOURCE_FILE[number]} ]] || fail "${SOURCE_FILE[number]} is not there"
}

read_table() { # FOLDER, or empty for made-up receipts; the table on standard input
    local partner name currency rate file map
    while IFS=, read -r partner name currency rate file map; do
        [[ -n $partner && $partner != partner && $partner != \#* ]] || continue
        add_line "$partner" "$name" "$currency" "$rate"
        if [[ -z $1 ]]; then
            map=$MAPS/$map
        else
            [[ -f $1/$file ]] || fail "$1/$file is not there"
            ln -s "$1/$file" "receipts/$file"
            map=$(find_map "$1" "$file" "$map") || exit 1
        fi
        add_source "$partner" "$file" "$map"
    done
    ((${#BRANDS[@]} == 3)) || fail "three brands have receipts here, not ${#BRANDS[@]}"
    IMPORTERS=("${BRANDS[@]}")
}

make_up_receipts() {
    local brand
    for brand in grocer pharmacy fuel; do
        talea-generate --style "$brand" --month "$RECEIPTS_MONTH" --seed "$SEED" \
            --members "${MADE_UP_MEMBERS[$brand]}" >"receipts/$brand.csv" 2>/dev/null
    done
}

# Fills the arrays above and the folders receipts/ and maps/.
choose_brands() {
    mkdir receipts maps shoppers rejects logs statements payments bank books exports figures
    if [[ -z $OPTION_RECEIPTS ]]; then
        make_up_receipts
        read_table '' <<<"$MADE_UP_FILES"
    elif [[ -f $OPTION_RECEIPTS/brands.csv ]]; then
        read_table "$OPTION_RECEIPTS" <"$OPTION_RECEIPTS/brands.csv"
    else
        read_table "$OPTION_RECEIPTS" <<<"$KNOWN_FILES"
    fi
    add_till_brands
}

# BRAND FILE MAPPING of every file, as talea-shoppers wants them.
source_triples() {
    local i
    for i in "${!SOURCE_BRAND[@]}"; do
        printf '%s\n%s\n%s\n' "${SOURCE_BRAND[i]}" "${SOURCE_FILE[i]}" "${SOURCE_MAP[i]}"
    done
}

# How this brand gives points, in the file that `talea init` made.
write_programme() { # BRAND
    sed -i -E "s/^currency: .*/currency: ${CURRENCY[$1]}/
        s/^# 1 point for each 1.00/# ${POINTS[$1]} for each ${PER[$1]}/
        s/^  points: 1/  points: ${POINTS[$1]}/
        s/^  per: 1.00/  per: ${PER[$1]}/" "$1/programme.yaml"
    # Receipts of years ago would give points that are long expired.
    [[ -z $OPTION_RECEIPTS ]] || sed -i 's/^expiry: .*/expiry: {kind: never}/' "$1/programme.yaml"
}
