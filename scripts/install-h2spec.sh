#!/usr/bin/env bash
# Builds h2spec, the conformance suite of HTTP/2, from the Go module proxy into a cache folder, once. Prints its path.
set -euo pipefail

version=v2.2.1+incompatible
folder="${XDG_CACHE_HOME:-$HOME/.cache}/genkan/h2spec-$version"
if [ ! -x "$folder/h2spec" ]; then
  PATH="$PATH:/usr/local/go/bin"
  if ! command -v go >/dev/null 2>&1; then
    echo "Cannot build h2spec: go is not on PATH; install Go 1.21 or later" >&2
    exit 1
  fi
  mkdir -p "$folder"
  GOBIN="$folder" GOFLAGS=-mod=mod go install "github.com/summerwind/h2spec/cmd/h2spec@$version" >&2
fi
echo "$folder/h2spec"
