#!/usr/bin/env bash
# Renders the chart with its defaults, for clusters without Helm: to standard output, or with --write to
# deploy/manifests/genkan.yaml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

file=deploy/manifests/genkan.yaml
case "${1:-}" in
  '' | --write) ;;
  *)
    echo "Usage: bash scripts/render-manifests.sh [--write]" >&2
    exit 2
    ;;
esac

helm="$(bash scripts/build-helm.sh)/helm"
rendered="$(
  cat <<'EOF'
# The chart with its defaults. Written by scripts/render-manifests.sh; change the chart instead.
apiVersion: v1
kind: Namespace
metadata:
  name: genkan
EOF
  "$helm" template genkan deploy/chart/genkan --namespace genkan
)"
if [ "${1:-}" = --write ]; then
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$rendered" >"$file"
else
  printf '%s\n' "$rendered"
fi
