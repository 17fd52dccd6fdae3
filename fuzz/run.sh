#!/usr/bin/env bash
# Fuzzes each parser of outside bytes for so many seconds (default 60) with cargo-fuzz.
#   fuzz/run.sh [SECONDS] [TARGET…]
# What is found on the way stays outside the clone; corpus/ holds only the seeds, and is read.
set -euo pipefail
cd "$(dirname "$0")"
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/headwater-target}
seconds=${1:-60}; shift || true
targets=("$@")
((${#targets[@]})) || for file in fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
for target in "${targets[@]}"; do
  found=$CARGO_TARGET_DIR/fuzz/$target
  mkdir -p "$found/corpus"
  echo "== $target"
  # cargo-fuzz needs switches that only nightly compilers take without this.
  RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . "$target" "$found/corpus" "corpus/$target" -- \
    -max_total_time="$seconds" -artifact_prefix="$found/" -verbosity=0 -print_final_stats=1
done
