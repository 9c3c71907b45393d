# shellcheck shell=bash
# How the demonstration speaks: numbered headings, the command that a user would type, its output,
# and the time that each step took.

WIDTH=100
STEP_NAMES=()
STEP_MS=()
OUT='' # what the last `show` printed, whole

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' BLUE=$'\e[1;34m' GREEN=$'\e[32m' RED=$'\e[1;31m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' BLUE='' GREEN='' RED='' PLAIN=''
fi

now_ms() {
    local us=${EPOCHREALTIME/[.,]/}
    printf '%s' "$((us / 1000))"
}

seconds() { # MILLISECONDS
    printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100))
}

grouped() { # NUMBER, as 1,234,567
    sed -E ':a; s/^(-?[0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"
}

money() { # MINOR UNITS, of COALITION_DECIMALS decimals
    local minor=$1 sign='' scale=$((10 ** COALITION_DECIMALS))
    ((minor < 0)) && { sign=- minor=$((-minor)); }
    printf '%s%s.%0*d' "$sign" "$(grouped $((minor / scale)))" "$COALITION_DECIMALS" \
        $((minor % scale))
}

end_step() {
    ((${#STEP_NAMES[@]} == 0 || ${#STEP_MS[@]} == ${#STEP_NAMES[@]})) ||
        STEP_MS+=($(($(now_ms) - STEP_BEGAN)))
}

step() { # TITLE
    end_step
    STEP_NAMES+=("$1")
    STEP_BEGAN=$(now_ms)
    local head="── ${#STEP_NAMES[@]}  $1 " line=''
    while ((${#head} + ${#line} < WIDTH - 4)); do line+=─; done
    printf '\n%s%s%s%s\n' "$BLUE" "$head" "$line" "$PLAIN"
}

say() { # TEXT...: what happens and why, wrapped
    fold -s -w $((WIDTH - 4)) <<<"$*" | sed 's/ *$//'
}

good() {
    printf '%s✓%s %s\n' "$GREEN" "$PLAIN" "$*"
}

fail() {
    printf '\n%s✗ %s%s\n' "$RED" "$*" "$PLAIN" >&2
    exit 1
}

typed() { # COMMAND LINE; a long one goes on in a second line, as one may type it
    local rest=$1 lead='$ ' head
    while ((${#rest} + 2 > WIDTH)); do
        head=${rest:0:WIDTH - 4}
        head=${head% *}
        printf '%s%s%s \\%s\n' "$BOLD" "$lead" "$head" "$PLAIN"
        rest=${rest:${#head} + 1}
        lead='    '
    done
    printf '%s%s%s%s\n' "$BOLD" "$lead" "$rest" "$PLAIN"
}

# Prints at most LINES lines of its standard input, each cut at the width; MARK stands for the rest.
trimmed() { # LINES [MARK]
    local line count=0
    while IFS= read -r line; do
        ((++count <= $1)) || break
        line=${line%"${line##*[! ]}"}
        ((${#line} <= WIDTH - 2)) || line=${line:0:WIDTH-3}…
        printf '%s\n' "${line:+  $line}"
    done
    ((count <= $1)) || printf '%s' "${2-  …$'\n'}"
    cat >/dev/null
}

quoted() { # ARGUMENT..., as one types them
    local argument line=''
    for argument in "$@"; do
        [[ $argument =~ ^[A-Za-z0-9_./:,=@%+-]+$ ]] || argument="\"$argument\""
        line+=" $argument"
    done
    printf '%s' "${line# }"
}

# show [-n LINES] [-f LINES] [-x EXIT] [-o OTHER] COMMAND...: types the command, runs it, prints its
# output, of which -n cuts the end with a mark and -f without. Ends the demonstration when the exit
# code is neither EXIT (0) nor OTHER.
show() {
    local lines=60 wanted=0 also='' code=0 mark=$'  …\n'
    while [[ $1 == -[nfxo] ]]; do
        case $1 in
            -n) lines=$2 ;;
            -f) lines=$2 mark='' ;;
            -x) wanted=$2 ;;
            -o) also=$2 ;;
        esac
        shift 2
    done
    typed "$(quoted "$@")"
    OUT=$("$@" 2>&1) || code=$?
    [[ -z $OUT ]] || trimmed "$lines" "$mark" <<<"$OUT"
    ((code == wanted)) || [[ $code == "$also" ]] ||
        fail "that ended with exit $code, and $wanted was expected"
    ((code == 0)) || printf '  %s(exit %d, as expected)%s\n' "$DIM" "$code" "$PLAIN"
}

# The value of a line `NAME  VALUE` in what the last `show` printed.
out_value() { # NAME
    awk -v name="$1" '$1 == name { print $2; exit }' <<<"$OUT"
}
