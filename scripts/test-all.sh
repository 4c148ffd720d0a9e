#!/usr/bin/env bash
# Runs every suite, also after one that failed, and fails at the end with their names: one run tells all. Installs what the
# suites with real peers need; a suite that cannot run fails.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
suite() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@" || failed+=("$name")
}
quietly() {
  bash "$1" >/dev/null
}

suite 'installation of peers' bash scripts/install-peers.sh
suite test npm test
suite test:change npm run test:change
suite test:fuzz npm run test:fuzz
suite test:peers npm run test:peers
suite test:network npm run test:network
suite 'build of cluster tools' quietly scripts/build-cluster-tools.sh
suite 'build of helm' quietly scripts/build-helm.sh
suite test/deploy node --test "test/deploy/*.test.ts"
suite 'installation of moto' quietly scripts/install-moto.sh
suite test:aws npm run test:aws
suite test:cluster npm run test:cluster

if ((${#failed[@]} > 0)); then
  printf '\nFailed suites:\n'
  printf '  %s\n' "${failed[@]}"
  exit 1
fi
printf '\nAll suites passed\n'
