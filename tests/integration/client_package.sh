#!/bin/bash
# libtalea as it gets installed: found by pkg-config, linked shared and static, its names its own.
set -euo pipefail
build=${TALEA_BUILD:?names the build folder}
program=${TALEA_SOURCE:?names the source folder}/tests/integration/client_package.c
cc=${CC:-cc}
if grep -qE '^TALEA_(SANITIZE:STRING=.|COVERAGE:BOOL=ON)' "$build/CMakeCache.txt"; then
    echo "skipped: a program without a sanitizer can't use a library with one"
    exit 77
fi
unset TALEA_HOME PKG_CONFIG_PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --component libtalea --prefix "$work/usr" >/dev/null
"$build/talea" init "$work/grocer" --coalition demo --partner grocer --name Grocer \
    --prefix 610001 --listen 127.0.0.1:7101 --http 127.0.0.1:7201 >/dev/null
pc=$(find "$work/usr" -name talea.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=${pc%/*}

read -ra flags <<<"$(pkg-config --cflags talea)"
read -ra shared <<<"$(pkg-config --libs talea)"
read -ra static <<<"$(pkg-config --static --libs talea | sed 's/-ltalea\b/-l:libtalea.a/')"

"$cc" -std=c11 -Wall -Wextra -Werror "${flags[@]}" "$program" -o "$work/shared" "${shared[@]}"
readelf -d "$work/shared" | grep -q 'NEEDED.*libtalea\.so\.0'
LD_LIBRARY_PATH=$lib "$work/shared" "$work/grocer"

"$cc" -std=c11 -Wall -Wextra -Werror "${flags[@]}" "$program" -o "$work/static" "${static[@]}"
if readelf -d "$work/static" | grep -q libtalea; then
    echo "the static program needs libtalea.so"
    exit 1
fi
"$work/static" "$work/grocer"

# The headers are enough for C++ as well, and declare all that is exported.
declared=$(grep -oE '\btalea_[a-z_0-9]+\(' -h "$work"/usr/include/talea/*.h | tr -d '(' | sort -u)
for exported in $(nm -D --defined-only "$lib/libtalea.so" | awk '{print $3}') \
    $(nm -g --defined-only "$lib/libtalea.a" | awk 'NF == 3 {print $3}'); do
    grep -qxF "$exported" <<<"$declared" || { echo "$exported is exported"; exit 1; }
done
if command -v c++ >/dev/null; then
    printf '#include <talea/%s.h>\n' account ledger programme talea | c++ -fsyntax-only -x c++ "${flags[@]}" -
fi
