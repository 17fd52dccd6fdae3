#!/usr/bin/env bash
# Runs one step of `make test` and prints how long it took; `step.sh summary` prints them all.
set -euo pipefail
log=${CARGO_TARGET_DIR:?}/test-steps.txt
name=$1; shift
mkdir -p "$(dirname "$log")"
if [ "$name" = summary ]; then
  echo "== time of each step, seconds"; cat "$log"
  awk '{ total += $2 } END { printf "%-14s %5d\n", "total", total }' "$log"
  exit 0
fi
[ "$name" = tools ] && : > "$log"
echo "== $name"
start=$SECONDS
"$@"
printf '%-14s %5d\n' "$name" $((SECONDS - start)) >> "$log"
