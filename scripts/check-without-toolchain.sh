#!/usr/bin/env bash
# Shows that a machine without cmake and without a compiler gets everything on the WASM executor: clones this checkout,
# hides the tools behind a PATH of links to all others, installs, and runs the README's two commands. Tests of the
# native addon skip themselves.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do
  for tool in "$folder"/*; do
    case "${tool##*/}" in
      cmake* | c++* | g++* | gcc* | cc | c99 | c89 | clang* | ninja | make | gmake | *-g++* | *-gcc*) continue ;;
    esac
    [ -e "$work/bin/${tool##*/}" ] || ln -s "$tool" "$work/bin/${tool##*/}" 2>/dev/null || true
  done
done
git clone -q "$root" "$work/clone"
cd "$work/clone"
export PATH="$work/bin"
unset TILEBLEND_REQUIRE_ALL TILEBLEND_REQUIRE_NATIVE CI CC CXX
npm ci --no-audit --no-fund >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
said=$(grep -c 'the WASM executor will be used' "$work/install.log" || true)
[ "$said" = 1 ] || { echo "npm ci must say once that the WASM executor will be used, said it $said times"; cat "$work/install.log"; exit 1; }
npm run --silent demo
npx --no-install tileblend doctor --json | grep -q '"chosen": "wasm"'
npm test --silent >"$work/test.log" 2>&1 || { cat "$work/test.log"; exit 1; }
echo "without a toolchain: installed, demo and tests ran on the WASM executor: $(tail -n 1 "$work/test.log")"
