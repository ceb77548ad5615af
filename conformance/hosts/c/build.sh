#!/bin/sh
# Translates planner.wasm to C and builds the host. Usage: build.sh planner.wasm FOLDER
set -eu
here=$(dirname "$0")
runtime=/usr/share/wabt/wasm2c
mkdir -p "$2"
wasm2c "$1" --module-name planner -o "$2/planner.c"
gcc -O1 -w -I"$runtime" -c -o "$2/planner.o" "$2/planner.c"
gcc -O1 -w -I"$runtime" -c -o "$2/wasm-rt-impl.o" "$runtime/wasm-rt-impl.c"
gcc -std=c17 -O1 -Wall -Wextra -Werror -I"$2" -DWASM2C_VERSION="\"$(wasm2c --version)\"" -o "$2/conformance" \
  "$here/main.c" "$here/planner_host.c" "$2/planner.o" "$2/wasm-rt-impl.o" -lcjson -lcrypto -lm
