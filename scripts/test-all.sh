#!/usr/bin/env bash
# Runs every suite. Installs what the suites with real peers need; a suite that cannot run fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/install-peers.sh
npm test
npm run test:change
npm run test:fuzz
npm run test:peers
npm run test:network
bash scripts/build-cluster-tools.sh >/dev/null
bash scripts/build-helm.sh >/dev/null
node --test "test/deploy/*.test.ts"
bash scripts/install-moto.sh >/dev/null
npm run test:aws
npm run test:cluster
