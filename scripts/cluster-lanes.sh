#!/usr/bin/env bash
# Runs the suites of the test cluster in lanes beside each other, each in a network namespace of its own: they wait for most of
# the time. Prints what each lane said, one after the other, and fails if one of them did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lanes="${GENKAN_CLUSTER_LANES:-2}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
pids=()
for lane in $(seq "$lanes"); do
  bash scripts/in-namespace.sh node --test --test-concurrency=1 --test-shard="$lane/$lanes" 'test/cluster/*.test.ts' \
    >"$folder/$lane" 2>&1 &
  pids+=("$!")
done
status=0
for lane in $(seq "$lanes"); do
  wait "${pids[lane - 1]}" || status=1
  cat "$folder/$lane"
done
exit "$status"
