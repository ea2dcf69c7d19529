#!/usr/bin/env bash
# Whole programs over a monorepo of 100,000 Dockerfiles, side by side in one run: `benches/monorepo.sh CORPUS [TIMES]`.
#
# CORPUS is a folder of real Dockerfiles, as DOCKMOD_CORPUS is for the tests. It is laid out TIMES times (20), as it is
# and with all safe fixes written, so that nothing is left to fix. Each program runs once to fill the page cache, then
# five times; the table has medians: seconds, seconds of processor, the ratio to `rg -c FROM` over the same tree, peak
# memory. hadolint and tally run over every hundredth file, where they are installed, and are scaled up.
# DOCKMOD names the program to measure; without it, this checkout is built with --release. DOCKMOD_UPDATE_README=1 writes
# the table into the README.
set -euo pipefail

fail() {
  printf 'benches/monorepo.sh: FAILED: %s\n' "$*" >&2
  exit 1
}

[ $# -ge 1 ] && [ -d "$1" ] || fail "usage: benches/monorepo.sh CORPUS [TIMES]"
corpus=$(cd -- "$1" && pwd)
times=${2:-20}
runs=5
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
for program in rg /usr/bin/time; do
  command -v "$program" >/dev/null || fail "$program is not there (Debian: apt-get install ripgrep time)"
done
if [ -z "${DOCKMOD:-}" ]; then
  (cd -- "$root" && cargo build --locked --release) >&2 || fail "cargo build --release"
  DOCKMOD=${CARGO_TARGET_DIR:-$root/target}/release/dockmod
fi
work=$(mktemp -d)
export DOCKMOD_CACHE_DIR=$work/cache
trap 'rm -rf -- "$work"' EXIT

mkdir "$work/one" "$work/dirty" "$work/clean"
cp -r -- "$corpus"/. "$work/one/"
for number in $(seq "$times"); do cp -r -- "$work/one" "$work/dirty/$number"; done
# It ends with 2 where a file is none that BuildKit would build.
"$DOCKMOD" --no-config --no-cache --apply -q "$work/one" >/dev/null 2>&1 || [ $? = 2 ] || fail "dockmod --apply"
for number in $(seq "$times"); do cp -r -- "$work/one" "$work/clean/$number"; done
"$DOCKMOD" --no-config --no-cache --check "$work/dirty" >/dev/null 2>"$work/summary" || [ $? -le 2 ] || fail "dockmod --check"
files=$(sed -n 's/^[0-9]* of \([0-9]*\) files.*/\1/p' "$work/summary")
[ -n "$files" ] || fail "no files were counted"

# NAME TREE COMMAND…: writes medians of seconds, processor and peak memory in KiB to $work/NAME.
measure() {
  local name=$1 tree=$2
  shift 2
  : >"$work/$name.all"
  for run in $(seq 0 "$runs"); do
    # A check that finds something, or files that are none, is no failure here.
    (cd -- "$tree" && /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >/dev/null 2>&1) || true
    [ "$run" = 0 ] || tail -n 1 "$work/time" >>"$work/$name.all"
  done
  awk '
    function median(list, n,   i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && list[j] < list[j - 1]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
      return list[int((n + 1) / 2)]
    }
    { wall[NR] = $1; cpu[NR] = $2 + $3; peak[NR] = $4 }
    END { print median(wall, NR), median(cpu, NR), median(peak, NR) }
  ' "$work/$name.all" >"$work/$name"
}

# TEXT NAME BASE: a line of the table; BASE is what it is compared with.
line() {
  awk -v text="$1" -v base="$(cut -d ' ' -f 1 "$work/$3")" '
    { printf "| %s | %.2f s | %.2f s | %.2f | %.0f MB |\n", text, $1, $2, $1 / base, $3 / 1024 }
  ' "$work/$2"
}

measure rg-dirty "$work/dirty" rg -c FROM
measure check-dirty "$work/dirty" "$DOCKMOD" --no-config --check -q
measure fresh-dirty "$work/dirty" "$DOCKMOD" --no-config --no-cache --check -q
measure one-dirty "$work/dirty" "$DOCKMOD" --no-config --no-cache --check -q --select merge-runs
measure rg-clean "$work/clean" rg -c FROM
measure check-clean "$work/clean" "$DOCKMOD" --no-config --check -q
measure fresh-clean "$work/clean" "$DOCKMOD" --no-config --no-cache --check -q
measure fresh-one "$work/dirty/1" "$DOCKMOD" --no-config --no-cache --check -q
measure check-one "$work/dirty/1" "$DOCKMOD" --no-config --check -q
part=$(((times + 3) / 4))
mapfile -t quarter < <(seq "$part")
measure fresh-quarter "$work/dirty" "$DOCKMOD" --no-config --no-cache --check -q "${quarter[@]}"
measure check-quarter "$work/dirty" "$DOCKMOD" --no-config --check -q "${quarter[@]}"
mkdir "$work/small"
printf 'FROM debian:12\nRUN apt-get update && apt-get install -y curl\n' >"$work/small/Dockerfile"
# The clock of time(1) shows hundredths: a hundred starts in a row.
measure hundred "$work/small" sh -c 'for _ in $(seq 100); do "$0" --check -q Dockerfile; done' "$DOCKMOD"

mapfile -t sample < <(cd -- "$work/dirty/1" && rg --files -g '*ockerfile*' | sort | awk 'NR % 100 == 1')
mkdir "$work/sample"
for number in "${!sample[@]}"; do cp -- "$work/dirty/1/${sample[number]}" "$work/sample/$number.Dockerfile"; done
for peer in hadolint tally; do
  command -v "$peer" >/dev/null || continue
  case $peer in
    hadolint) measure "$peer" "$work/sample" sh -c 'hadolint ./*.Dockerfile' ;;
    tally) measure "$peer" "$work/sample" sh -c 'tally lint ./*.Dockerfile' ;;
  esac
done

# PEER NAME: how many times the processor of NAME.
times_of() {
  awk -v files="$files" -v sample="${#sample[@]}" -v own="$(cut -d ' ' -f 2 "$work/$2")" \
    '{ printf "%.0f", ($2 / sample) / (own / files) }' "$work/$1"
}
peak() { awk '{ printf "%.0f MB", $3 / 1024 }' "$work/$1"; }

report() {
  printf '%s Dockerfiles, %s processors, medians of %s runs after one to warm up; peers: %s\n\n' \
    "$files" "$(nproc)" "$runs" "$(rg --version | sed -n 1p)"
  printf '| | time | processor | × `rg` | peak memory |\n|---|---|---|---|---|\n'
  line '`rg -c FROM`' rg-dirty rg-dirty
  line '`dockmod --check`' check-dirty rg-dirty
  line '`dockmod --check --no-cache`' fresh-dirty rg-dirty
  line '`dockmod --check --no-cache --select merge-runs`' one-dirty rg-dirty
  line 'all fixes written: `rg -c FROM`' rg-clean rg-clean
  line 'all fixes written: `dockmod --check`' check-clean rg-clean
  line 'all fixes written: `dockmod --check --no-cache`' fresh-clean rg-clean
  printf '\n- One small file, start to end: %s ms.\n' "$(awk '{ printf "%.1f", $1 * 10 }' "$work/hundred")"
  printf -- '- Peak memory over %s, %s and %s files: %s, %s and %s; with the cache %s, %s and %s.\n' \
    "$((files / times))" "$((files / times * part))" "$files" "$(peak fresh-one)" "$(peak fresh-quarter)" \
    "$(peak fresh-dirty)" "$(peak check-one)" "$(peak check-quarter)" "$(peak check-dirty)"
  for peer in hadolint tally; do
    [ -e "$work/$peer" ] || continue
    version=$("$peer" --version 2>/dev/null | sed -n 1p)
    awk -v version="$version" -v sample="${#sample[@]}" -v with="$(times_of "$peer" check-dirty)" \
      -v without="$(times_of "$peer" fresh-dirty)" '
      { printf "- %s over %d of the files, scaled: %.1f ms of processor a file, %s × that of `--check`, %s × that of `--check --no-cache`.\n", version, sample, $2 / sample * 1000, with, without }
    ' "$work/$peer"
  done
}

report | tee "$work/report"
if [ -n "${DOCKMOD_UPDATE_README:-}" ]; then "$root/benches/into-readme" speed "$work/report"; fi
