#!/usr/bin/env bash
# The contract: the document is sound, a client generated from it compiles, and it walks the API.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
headwater=${CARGO_TARGET_DIR:?}/debug/headwater
cd "$here/contract"
npm ci --loglevel=error --no-audit --no-fund
npx --no-install spectral lint --ruleset .spectral.yaml --fail-severity=warn --quiet ../../openapi.yaml
mkdir -p build
npx --no-install openapi-typescript ../../openapi.yaml --output build/api.d.ts >/dev/null
npx --no-install tsc --project tsconfig.json

data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
coproc SERVER { exec "$headwater" serve --json --data "$data" --http 127.0.0.1:0 --rtmp 127.0.0.1:0 2>"$data.log"; }
server=$SERVER_PID
read -r -t 60 ready <&"${SERVER[0]}" || { cat "$data.log"; exit 1; }
field() { node -pe "JSON.parse(process.argv[1]).$2" "$1"; }
key=$("$headwater" key new --scope '*' --json --data "$data")
node build/walk.js "$(field "$ready" http)" "$(field "$key" key)"
rm -f "$data.log"
