#!/usr/bin/env bash
# Fuzzes each parser of outside bytes for so many seconds (default 60) with cargo-fuzz.
set -euo pipefail
cd "$(dirname "$0")"
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
for target in fuzz_targets/*.rs; do
  RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . "$(basename "$target" .rs)" -- -max_total_time="${1:-60}"
done
