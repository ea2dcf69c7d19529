#!/usr/bin/env bash
# Long Dockerfiles: `benches/long.sh` writes some of 100, 1,000 and 10,000 instructions, lines or words, and one of 5 MB,
# and says how long `dockmod --check` takes for each, medians of three runs.
#
# DOCKMOD names the program to measure; without it, this checkout is built with --release. DOCKMOD_UPDATE_README=1 writes
# the table into the README.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
fail() {
  printf 'benches/long.sh: FAILED: %s\n' "$*" >&2
  exit 1
}
if [ -z "${DOCKMOD:-}" ]; then
  (cd -- "$root" && cargo build --locked --release) >&2 || fail "cargo build --release"
  DOCKMOD=${CARGO_TARGET_DIR:-$root/target}/release/dockmod
fi
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# SHAPE NUMBER: such a Dockerfile.
dockerfile() {
  awk -v shape="$1" -v n="$2" 'BEGIN {
    if (shape != "stages") print "FROM debian:12"
    if (shape == "words") printf "RUN apt-get update && apt-get install -y"
    if (shape == "chain") printf "RUN true"
    if (shape == "heredoc") print "RUN <<EOF"
    if (shape == "nested") printf "RUN "
    for (i = 0; i < n; i++) {
      if (shape == "runs") printf "RUN apt-get update && apt-get install -y package%d\n", i
      if (shape == "envs") printf "ENV NAME%d value%d\n", i, i
      if (shape == "copies") printf "COPY file%d /srv/file%d\n", i, i
      if (shape == "comments") printf "# comment %d\n", i
      if (shape == "words") printf " \\\n    package%d", i
      if (shape == "chain") printf " \\\n && echo %d > /etc/file%d", i, i
      if (shape == "heredoc") printf "echo %d\n", i
      if (shape == "nested") printf "if true; then%s ", i % 50 ? "" : " \\\n"
      if (shape == "stages" && i % 100 == 0) printf "FROM debian:12 AS stage%d\n", i / 100
      if (shape == "stages" && i % 100 != 0) printf "RUN make target%d\n", i
      if (shape == "mixed") {
        if (i % 6 == 0) printf "WORKDIR /srv/%d\n", i
        if (i % 6 == 1) print "COPY package.json ."
        if (i % 6 == 2) printf "RUN npm install package%d\n", i
        if (i % 6 == 3) printf "RUN cd /tmp && pip install package%d && curl -fsSL https://e.example/%d | sh\n", i, i
        if (i % 6 == 4) printf "ENV A%d=$A%db\n", i, i - 6
        if (i % 6 == 5) printf "ARG B%d\n", i
      }
    }
    if (shape == "nested") {
      printf "true"
      for (i = 0; i < n; i++) printf "; fi%s", i % 50 ? "" : " \\\n"
    }
    print ""
    if (shape == "heredoc") print "EOF"
    if (shape == "comments") print "RUN true"
  }'
}

# PATH: the median of three runs in seconds.
seconds() {
  for _ in 1 2 3; do
    local start=$EPOCHREALTIME end status=0
    "$DOCKMOD" --no-config --check -q "$1" >/dev/null 2>&1 || status=$?
    end=$EPOCHREALTIME
    [ "$status" -le 1 ] || fail "$1: status $status"
    awk -v start="$start" -v end="$end" 'BEGIN { printf "%.3f\n", end - start }'
  done | sort -n | sed -n 2p
}

report() {
  printf '| | 100 | 1,000 | 10,000 |\n|---|---|---|---|\n'
  for shape in runs envs copies stages mixed comments words chain heredoc nested; do
    case $shape in
      runs) text='RUNs that install packages' ;;
      envs) text='ENVs' ;;
      copies) text='COPYs' ;;
      stages) text='RUNs, a stage for each 100 of them' ;;
      mixed) text='instructions of six kinds' ;;
      comments) text='comments' ;;
      words) text='packages of one RUN' ;;
      chain) text='commands of one RUN' ;;
      heredoc) text='lines of a heredoc' ;;
      nested) text='branches in each other' ;;
    esac
    printf '| %s' "$text"
    for number in 100 1000 10000; do
      mkdir -p "$work/$shape-$number"
      dockerfile "$shape" "$number" >"$work/$shape-$number/Dockerfile"
      printf ' | %s s' "$(seconds "$work/$shape-$number/Dockerfile")"
    done
    printf ' |\n'
  done
  # Instructions of some 500 bytes.
  awk 'BEGIN { print "FROM debian:12"; for (i = 0; i < 10000; i++) { printf "ENV NAME%d=", i; for (j = 0; j < 48; j++) printf "0123456789"; print "" } }' \
    >"$work/Dockerfile"
  printf '\nA Dockerfile of %.1f MB and 10,000 instructions: %s s.\n' \
    "$(awk -v bytes="$(wc -c <"$work/Dockerfile")" 'BEGIN { print bytes / 1000000 }')" "$(seconds "$work/Dockerfile")"
}

report | tee "$work/report"
if [ -n "${DOCKMOD_UPDATE_README:-}" ]; then "$root/benches/into-readme" long "$work/report"; fi
