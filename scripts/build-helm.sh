#!/usr/bin/env bash
# Builds Helm from the Go module proxy into a cache folder, once. Prints the folder.
set -euo pipefail

helm=v3.19.2
# What it takes for the version of a cluster that it has not seen.
capabilities=helm.sh/helm/v3/pkg/chartutil
folder="${XDG_CACHE_HOME:-$HOME/.cache}/genkan/helm-$helm"
if [ ! -x "$folder/helm" ]; then
  PATH="$PATH:/usr/local/go/bin"
  if ! command -v go >/dev/null 2>&1; then
    echo "Cannot build helm: go is not on PATH; install Go 1.24 or later" >&2
    exit 1
  fi
  mkdir -p "$folder"
  # A folder of this run alone: two builds at the same time do not meet.
  work="$(mktemp -d "$folder/build.XXXXXX")"
  trap 'rm -rf "$work"' EXIT
  GOBIN="$work" nice -n 10 go install -trimpath -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=$helm -X $capabilities.k8sVersionMajor=1 -X $capabilities.k8sVersionMinor=34" \
    "helm.sh/helm/v3/cmd/helm@$helm" >&2
  mv "$work/helm" "$folder/helm"
fi
echo "$folder"
