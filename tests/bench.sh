#!/usr/bin/env bash
# The figures of docs/BENCHMARKS.md that need the whole program: a release build, real clients, and a peer
# in the same run. `tests/bench.sh` measures all; `tests/bench.sh viewers listeners` only those.
# Ratios are medians of rounds that alternate with the peer; costs are CPU time of the server's process.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
export HEADWATER_REQUIRE_WEB=1
[ -d web/dist ] || make --no-print-directory web
cargo build --release --quiet --workspace
cargo build --release --quiet --workspace --example yardstick
program=${CARGO_TARGET_DIR:?}/release/headwater
yardstick=$CARGO_TARGET_DIR/release/examples/yardstick
rounds=${ROUNDS:-3}
ulimit -n "$(ulimit -Hn)"

scratch=$(mktemp -d)
chmod 755 "$scratch"
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$scratch"; }
trap finish EXIT
field() { node -pe "JSON.parse(process.argv[1]).$2" "$1"; }
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
divide() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / b }'; }
# verdict NAME FIGURE OPERATOR TARGET UNIT
verdict() {
  awk -v f="$2" -v op="$3" -v t="$4" 'BEGIN { exit !(op == "<=" ? f <= t : f >= t) }' && word=reached || word=MISSED
  printf '%-8s %-62s %s %s (%s %s)\n' "$word" "$1" "$2" "${5:-}" "$3" "$4" | tee -a "$scratch/verdicts"
}

# start NAME COMMAND…: starts a server that prints a line of JSON; sets $ready, $pid and $started (ms).
start() {
  local name=$1 begin; shift
  [ -p "$scratch/$name.ready" ] || mkfifo "$scratch/$name.ready"
  begin=$(date +%s%3N)
  "$@" >"$scratch/$name.ready" 2>"$scratch/$name.log" &
  pid=$!; pids+=("$pid")
  read -r ready <"$scratch/$name.ready"
  started=$(($(date +%s%3N) - begin))
}
stop() { kill "$1"; wait "$1" 2>/dev/null || true; }
serve() {
  local name=$1; shift
  start "$name" "$@" "$program" serve --json --data "$scratch/$name" --http 127.0.0.1:0 --rtmp 127.0.0.1:0
  http=$(field "$ready" http); http=${http%/}
}
# publish NAME SOURCE…: a channel `bench` with a publisher; sets $media, its playlist of the picture.
publish() {
  local name=$1 key to; shift
  key=$(field "$("$program" channel new bench --json --data "$scratch/$name")" stream_key)
  to=$(field "$ready" rtmp)/$key
  if [ "$1" = test ]; then "$program" publish --test --to "$to" 2>/dev/null & else
    ffmpeg -nostdin -loglevel error -re -stream_loop -1 -i "$1" -c copy -f flv "$to" 2>/dev/null & fi
  pids+=("$!")
  until index=$(curl -sf "$http/hls/bench/index.m3u8"); do sleep 0.2; done
  media=$(grep -v '^#' <<<"$index" | head -1)
  media=$http/hls/${media#../}
  until [ "$(curl -s "$media" | grep -c '^#EXTINF')" -ge 4 ]; do sleep 0.5; done
}
clip() { # clip FILE BITRATE
  ffmpeg -nostdin -loglevel error -f lavfi -i testsrc2=size=1280x720:rate=30:duration=20 \
    -f lavfi -i sine=sample_rate=48000:duration=20 -c:v libx264 -preset veryfast -x264-params nal-hrd=cbr \
    -b:v "$2" -minrate "$2" -maxrate "$2" -bufsize "$2" -g 60 -c:a aac -b:a 128k "$1"
}

figure_start() {
  for kind in fresh warm; do
    for run in 1 2 3 4 5; do
      name=start-$kind; [ $kind = fresh ] && name+=$run
      serve "$name" env; echo "$started"; stop "$pid"
    done | tail -n +"$([ $kind = fresh ] && echo 1 || echo 2)" | median >"$scratch/$kind.median"
    verdict "start to listening, $kind data" "$(<"$scratch/$kind.median")" '<=' 150 ms
  done
}

figure_browser() {
  npm ci --prefix tests/browser --loglevel=error --no-audit --no-fund
  found=$(node tests/browser/run.mjs start "{\"program\":\"$program\",\"data\":\"$scratch/first\"}")
  verdict 'start to first decoded frame in Chromium' "$(field "$found" first_frame_ms)" '<=' 3000 ms
  start glass "$program" serve --demo --json --data "$scratch/glass" --http 127.0.0.1:0 --rtmp 127.0.0.1:0
  found=$(node tests/browser/run.mjs play "{\"url\":\"$(field "$ready" demo.hls)\",\"player\":\"hlsjs\",\"seconds\":40}")
  stop "$pid"
  echo "  p95 $(field "$found" latency.p95) ms, stalls $(field "$found" stalls), errors $(field "$found" errors.length)"
  verdict 'glass to glass with hls.js, p50' "$(field "$found" latency.p50)" '<=' 1300 ms
}

figure_remux() {
  clip "$scratch/4M.flv" 4M
  serve remux env; publish remux "$scratch/4M.flv"
  before=$(cpu_ticks "$pid"); sleep 20; after=$(cpu_ticks "$pid")
  stop "$pid"
  verdict 'remux of one 4 Mbit/s ingest' "$(divide $((after - before)) 20)" '<=' 2 '% of a core'
}

figure_bytes() {
  clip "$scratch/2M.flv" 2400k
  serve bytes env TOKIO_WORKER_THREADS=1; publish bytes "$scratch/2M.flv"
  mkdir "$scratch/www"
  port=$((20000 + $$ % 10000))
  cat >"$scratch/nginx.conf" <<C
daemon off; worker_processes 1; pid $scratch/nginx.pid; error_log $scratch/nginx.log;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000;
  client_body_temp_path $scratch/b; proxy_temp_path $scratch/p; fastcgi_temp_path $scratch/f;
  uwsgi_temp_path $scratch/u; scgi_temp_path $scratch/s;
  server { listen 127.0.0.1:$port; root $scratch/www; } }
C
  nginx -c "$scratch/nginx.conf" & nginx=$!; pids+=("$nginx")
  until worker=$(pgrep -P "$nginx"); do sleep 0.1; done
  # load URL PID: requests a second, and requests a second of the server's CPU.
  load() {
    local before after requests
    before=$(cpu_ticks "$2")
    requests=$(wrk -t1 -c32 -d4s "$1" | awk '/requests in/ { n = $1 } /Non-2xx/ { n = 0 } END { print n }')
    after=$(cpu_ticks "$2")
    awk -v n="$requests" -v t=$((after - before)) 'BEGIN { printf "%.0f %.0f\n", n / 4, n * 100 / t }'
  }
  for round in $(seq "$rounds"); do
    # A part leaves memory twelve seconds after its segment closed, so each round takes a new one.
    part=$(curl -s "$media" | grep '^#EXT-X-PART:' | tail -2 | head -1 | sed 's/.*URI="\([^"]*\)".*/\1/')
    curl -s "${media%/*}/$part" -o "$scratch/www/part.m4s"; chmod 644 "$scratch/www/part.m4s"
    read -r ours ours_cpu < <(load "${media%/*}/$part" "$pid")
    read -r theirs theirs_cpu < <(load "http://127.0.0.1:$port/part.m4s" "$worker")
    echo "  $(stat -c %s "$scratch/www/part.m4s") bytes: $ours/s, nginx $theirs/s; a CPU second carries $ours_cpu and $theirs_cpu"
    divide "$ours" "$theirs" >>"$scratch/bytes.rate"; divide "$ours_cpu" "$theirs_cpu" >>"$scratch/bytes.cpu"
  done
  stop "$pid"; stop "$nginx"
  verdict '100 kB parts from memory beside nginx sendfile, one thread' "$(median <"$scratch/bytes.rate")" '>=' 0.9 ×
  verdict 'the same, for each second of the server'"'"'s CPU' "$(median <"$scratch/bytes.cpu")" '>=' 0.9 ×
}

# in_turns KEY OURS THEIRS: runs both commands in turns; the median ratio of a figure.
in_turns() {
  for round in $(seq "$rounds"); do
    ours=$($2); theirs=$($3)
    printf '  headwater %s\n  peer      %s\n' "$ours" "$theirs" >&2
    divide "$(field "$ours" "$1")" "$(field "$theirs" "$1")"
  done | median
}

figure_viewers() {
  serve viewers env; publish viewers test; server=$pid
  segment=$(curl -s "$media" | grep -v '^#' | tail -1)
  bytes=$(($(curl -s "${media%/*}/$segment" | wc -c) / 6))
  start peer "$yardstick" peer --bytes "$bytes"; peer=$pid; bare=$(field "$ready" http)
  ours() { "$yardstick" viewers --url "$media" --pid "$server"; }
  theirs() { "$yardstick" viewers --url "$bare/media.m3u8" --pid "$peer"; }
  in_turns cpu_us_per_request ours theirs >"$scratch/viewers.ratio"
  stop "$server"; stop "$peer"
  verdict 'CPU of a request at 1,000 LL-HLS viewers beside bare hyper' "$(<"$scratch/viewers.ratio")" '<=' 2 ×
}

figure_listeners() {
  serve listeners env; server=$pid
  key=$(field "$("$program" key new --scope '*' --json --data "$scratch/listeners")" key)
  room=$(field "$("$program" channel new bench --json --data "$scratch/listeners")" room_id)
  token=$(field "$(curl -s -H "authorization: Bearer $key" -H 'content-type: application/json' \
    "$http/v1/viewer-tokens" -d "{\"room_id\":\"$room\",\"user\":{\"external_id\":\"ana\",\"display_name\":\"ana\"},\"capabilities\":[\"read\",\"comment\"],\"ttl_s\":3600}")" token)
  start peer "$yardstick" peer; peer=$pid; bare=$(field "$ready" http)
  at=$http/v1/rooms/$room
  ours() {
    "$yardstick" listeners --url "$at/events" --post "$at/comments" --bearer "$key" --author "$token" --pid "$server" |
      tee -a "$scratch/listeners.ours"
  }
  theirs() { "$yardstick" listeners --url "$bare/events" --post "$bare/comments" --pid "$peer"; }
  in_turns cpu_us_per_event ours theirs >"$scratch/listeners.ratio"
  stop "$server"; stop "$peer"
  while read -r line; do field "$line" post_to_screen_ms.p99; done <"$scratch/listeners.ours" | median >"$scratch/screen"
  verdict 'a comment on 1,000 screens, p99' "$(<"$scratch/screen")" '<=' 100 ms
  verdict 'CPU of an event to one of 1,000 screens beside bare hyper' "$(<"$scratch/listeners.ratio")" '<=' 1.5 ×
}

figure_wake() {
  for round in $(seq "$rounds"); do
    found=$(cargo bench --quiet --workspace --bench wake); echo "  $found" >&2
    field "$found" p99_ms
  done | median >"$scratch/wake"
  verdict 'last access unit in to 1,000 waiters ready, p99' "$(<"$scratch/wake")" '<=' 5 ms
}

figures=("$@"); ((${#figures[@]})) || figures=(start browser remux bytes viewers listeners wake)
for figure in "${figures[@]}"; do echo "== $figure"; "figure_$figure"; done
echo "== figures, on $(nproc) CPUs at load $(cut -d' ' -f1 /proc/loadavg)"; cat "$scratch/verdicts"
