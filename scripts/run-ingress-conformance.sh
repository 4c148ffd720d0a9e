#!/usr/bin/env bash
# Runs the official conformance suite of Ingress (kubernetes-sigs/ingress-controller-conformance) against `genkan serve` in
# a test cluster. Takes a checkout of the suite, which is left as it is; more arguments go to the suite, such as
# --tags or --enable-http-debug. Takes about a quarter of an hour: the suite looks at endpoints every five seconds.
set -euo pipefail

if [ $# -lt 1 ] || [ ! -f "$1/conformance_test.go" ]; then
  echo "Usage: scripts/run-ingress-conformance.sh CHECKOUT [FLAG OF THE SUITE]..." >&2
  echo "CHECKOUT is a folder with a checkout of kubernetes-sigs/ingress-controller-conformance" >&2
  exit 2
fi
checkout="$(cd "$1" && pwd)"
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PATH="$PATH:/usr/local/go/bin"
if ! command -v go >/dev/null 2>&1; then
  echo "Cannot build the suite: go is not on PATH; install Go 1.24 or later" >&2
  exit 1
fi
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp -R "$checkout/." "$work/suite"
(
  cd "$work/suite"
  # What it was written with does not run when built by a Go of today.
  go get github.com/modern-go/reflect2@v1.0.2 github.com/json-iterator/go@v1.1.12
  go test -c -trimpath -o "$work/suite/ingress-conformance" conformance_test.go
) >&2
bash scripts/in-namespace.sh node scripts/ingress-conformance.ts "$work/suite" "$@"
