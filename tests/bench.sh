#!/usr/bin/env bash
# The figures of docs/BENCHMARKS.md that need the whole program: a release build, real clients, and a peer
# in the same run. Run it on an idle machine; quote the ratios.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export HEADWATER_REQUIRE_WEB=1
cargo build --release --quiet
program=${CARGO_TARGET_DIR:?}/release/headwater
npm ci --prefix tests/browser --silent --no-audit --no-fund
command -v wrk >/dev/null || { echo "install wrk for the comparison with nginx"; exit 1; }

scratch=$(mktemp -d)
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$scratch"; }
trap finish EXIT
json() { node -pe "JSON.parse(process.argv[1]).$2" "$1"; }
now_ms() { date +%s%3N; }
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
hertz=$(getconf CLK_TCK)

# serve NAME ARGUMENTS…: starts a program, sets $ready, $pid and $started (ms until it listens).
serve() {
  local name=$1; shift
  mkfifo "$scratch/$name.ready"
  local begin; begin=$(now_ms)
  "$@" serve --json --data "$scratch/$name" --http 127.0.0.1:0 --rtmp 127.0.0.1:0 "${extra[@]}" \
    >"$scratch/$name.ready" 2>"$scratch/$name.log" &
  pid=$!; pids+=("$pid")
  read -r ready <"$scratch/$name.ready"
  started=$(($(now_ms) - begin))
}

echo "== start to listening (budget 150 ms), five starts on fresh data"
for run in 1 2 3 4 5; do
  extra=(); serve "start$run" "$program"; echo "  $started ms"; kill "$pid"; wait "$pid" || true
done

echo "== start to first decoded frame in Chromium (3 s), then glass to glass with hls.js (p50 1.3 s)"
begin=$(now_ms); extra=(--demo); serve demo "$program"
url=$(json "$ready" demo.hls)
found=$(node tests/browser/run.mjs play "{\"url\":\"$url\",\"player\":\"hlsjs\",\"seconds\":30}")
echo "  process start to page open: $started ms; page open to first frame: $(json "$found" startup_ms) ms"
echo "  latency p50 $(json "$found" latency.p50) ms, p95 $(json "$found" latency.p95) ms, stalls $(json "$found" stalls), errors $(json "$found" errors.length)"
kill "$pid"; wait "$pid" || true

echo "== remux of one 4 Mbit/s ingest (2 % of a core)"
extra=(); serve remux "$program"; server=$pid
key=$(json "$("$program" channel new bench --json --data "$scratch/remux")" stream_key)
ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=1280x720:rate=30:duration=20 \
  -f lavfi -i sine=sample_rate=48000:duration=20 -c:v libx264 -preset veryfast -x264-params nal-hrd=cbr \
  -b:v 4M -minrate 4M -maxrate 4M -bufsize 4M -g 60 -c:a aac -b:a 128k "$scratch/clip.flv"
ffmpeg -nostdin -loglevel error -re -stream_loop -1 -i "$scratch/clip.flv" -c copy -f flv \
  "$(json "$ready" rtmp)/$key" & pids+=("$!")
http=$(json "$ready" http); http=${http%/}
until curl -sf "$http/hls/bench/index.m3u8" >"$scratch/index.m3u8"; do :; done
read -r -t 10 _ < <(tail -f /dev/null) || true
before=$(cpu_ticks "$server"); read -r -t 20 _ < <(tail -f /dev/null) || true; after=$(cpu_ticks "$server")
awk -v ticks=$((after - before)) -v hz="$hertz" 'BEGIN { printf "  %.2f %% of a core\n", ticks / hz / 20 * 100 }'

echo "== 100 kB parts from memory beside nginx sendfile, one thread each (0.9)"
playlist=$(grep -v '^#' "$scratch/index.m3u8" | head -1)
media=$http/hls/bench/$playlist
part=
while [ -z "$part" ]; do
  for uri in $(curl -s "$media" | grep -o '^#EXT-X-PART:.*' | grep -o 'URI="[^"]*"' | cut -d'"' -f2 | tail -4); do
    curl -s "${media%/*}/$uri" -o "$scratch/part.m4s"
    size=$(stat -c %s "$scratch/part.m4s")
    [ "$size" -gt 90000 ] && [ "$size" -lt 260000 ] && part=${media%/*}/$uri && break
  done
done
mkdir "$scratch/www"; cp "$scratch/part.m4s" "$scratch/www/"; chmod -R 755 "$scratch"
port=$((20000 + $$ % 10000))
cat >"$scratch/nginx.conf" <<C
daemon off; worker_processes 1; pid $scratch/nginx.pid; error_log $scratch/nginx.log;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000;
  client_body_temp_path $scratch/b; proxy_temp_path $scratch/p; fastcgi_temp_path $scratch/f;
  uwsgi_temp_path $scratch/u; scgi_temp_path $scratch/s;
  server { listen 127.0.0.1:$port; root $scratch/www; } }
C
nginx -c "$scratch/nginx.conf" & pids+=("$!")
until curl -sf "http://127.0.0.1:$port/part.m4s" -o /dev/null; do :; done
rate() { taskset -c 1 wrk -t1 -c32 -d5s "$1" | awk '/Requests\/sec/ { print $2 }'; }
taskset -acp 0 "$server" >/dev/null; for worker in $(pgrep -f "$scratch/nginx.conf") $(pgrep -P "$(cat "$scratch/nginx.pid")"); do taskset -cp 0 "$worker" >/dev/null 2>&1 || true; done
for round in 1 2 3; do
  ours=$(rate "$part"); theirs=$(rate "http://127.0.0.1:$port/part.m4s")
  awk -v a="$ours" -v b="$theirs" -v s="$size" 'BEGIN { printf "  %d bytes: headwater %.0f/s, nginx %.0f/s, ratio %.2f\n", s, a, b, a / b }'
done
