#!/usr/bin/env bash
# Installs what the build and the tests need on Debian. Idempotent and quick when nothing is missing.
#   tests/tools.sh build   a C compiler and Node.js: enough for `make demo`
#   tests/tools.sh test    also PostgreSQL, nginx, Varnish, Traffic Server, wrk, ffmpeg, VLC, Chromium, fonts, and the pinned wheels (among them a newer ffmpeg)
# Wheels go to ${HEADWATER_TOOLS:-$HOME/.cache/headwater-tools}/venv, outside the clone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=${HEADWATER_TOOLS:-$HOME/.cache/headwater-tools}

packages_build=(build-essential ca-certificates)
packages_test=(postgresql nginx-light varnish trafficserver wrk ffmpeg vlc-bin vlc-plugin-base chromium python3-venv fonts-inter fonts-noto-cjk fonts-noto-color-emoji)

install_missing() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  echo "installing: ${missing[*]}" >&2
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "need root to install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  # RUNLEVEL=1 keeps invoke-rc.d from starting the servers that come along: the tests start their own.
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=600 \
    -y -qq install --no-install-recommends "${missing[@]}" >/dev/null
}

# Any nginx will do; Debian has several packages that carry one.
command -v nginx >/dev/null && packages_test=("${packages_test[@]/nginx-light/}")
packages=("${packages_build[@]}")
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
[ "${1:-build}" = test ] && packages+=("${packages_test[@]}")
wanted=()
for package in "${packages[@]}"; do [ -n "$package" ] && wanted+=("$package"); done
install_missing "${wanted[@]}"
command -v cargo >/dev/null || { echo "cargo is missing: install a Rust toolchain (rustup), at least 1.94.1" >&2; exit 1; }

if [ "${1:-build}" = test ]; then
  stamp=$tools/venv/.requirements
  if ! cmp -s "$here/requirements.txt" "$stamp"; then
    rm -rf "$tools/venv"
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$stamp"
  fi
fi
