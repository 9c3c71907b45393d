#!/bin/bash
# What `cmake --install` puts under a prefix is whole: both programs start, and a client that knows
# nothing but pkg-config compiles against the library and runs.
set -euo pipefail

skip() {
    echo "skipped: $1"
    exit 77
}

fail() {
    echo "install: $1" >&2
    exit 1
}

build=${TALEA_BUILD:?names the build folder}
for target in talead talea; do
    ninja -C "$build" -t query "$target" >/dev/null 2>&1 ||
        skip "the build has no target $target"
done

prefix=$(mktemp -d -t talea-install.XXXXXX)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >"$prefix.log" 2>&1 || {
    cat "$prefix.log"
    rm -f "$prefix.log"
    fail "cmake --install failed"
}
rm -f "$prefix.log"

[[ -x $prefix/bin/talead ]] || fail "no bin/talead"
[[ -x $prefix/bin/talea ]] || fail "no bin/talea"
for program in talead talea; do
    "$prefix/bin/$program" --version || fail "$program --version failed"
done

[[ -d ${TALEA_SOURCE:?names the source folder}/include/talea ]] ||
    skip "both programs are there and start; the source has no client library"

[[ -n $(find "$prefix" -name 'libtalea.*' -print -quit) ]] || fail "no libtalea"
pc=$(find "$prefix" -path '*/pkgconfig/*.pc' -print -quit)
[[ -n $pc ]] || fail "no pkg-config file"
mapfile -t headers < <(cd "$prefix/include" && find talea -name '*.h' | sort)
((${#headers[@]} > 0)) || fail "no header under include/talea"
[[ $(find "$prefix" -type f -exec grep -lF "$build" {} + | grep -E '\.(pc|h)$' || true) == '' ]] ||
    fail "an installed text names the build folder"

{
    printf '#include <%s>\n' "${headers[@]}"
    printf 'int main(void)\n{\n    return 0;\n}\n'
} >"$prefix/client.c"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
name=$(basename "$pc" .pc)
read -ra flags < <(pkg-config --define-variable=prefix="$prefix" --cflags --libs "$name")
gcc -std=c11 -Wall -Wextra -Werror "$prefix/client.c" -o "$prefix/client" "${flags[@]}" ||
    fail "a client does not compile with pkg-config's flags"
LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") "$prefix/client" || fail "the client does not run"
