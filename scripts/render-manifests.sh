#!/usr/bin/env bash
# Renders the chart for clusters without Helm: with its defaults to standard output, or with --write to deploy/manifests/genkan.yaml.
# With --aws instead what provisions in AWS, to standard output or deploy/manifests/genkan-aws.yaml; with --metal what gives and announces
# addresses on bare metal, deploy/manifests/genkan-metal.yaml; with --metal-webhook what its webhook needs beside that,
# deploy/manifests/genkan-metal-webhook.yaml; with --speaker what announces addresses, deploy/manifests/genkan-speaker.yaml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

name=genkan
what='The chart with its defaults'
values=()
writes=
for argument in "$@"; do
  case "$argument" in
    --write) writes=yes ;;
    --aws)
      name=genkan-aws
      what='The chart with aws.enabled alone, for which CLUSTER and REGION are to be replaced'
      values=(--set controller.enabled=false,aws.enabled=true,aws.clusterName=CLUSTER,aws.region=REGION)
      ;;
    --metal)
      name=genkan-metal
      what='The chart with metal.enabled and speaker.enabled, without the proxy; see docs/bare-metal.md'
      values=(--set controller.enabled=false,metal.enabled=true,speaker.enabled=true)
      ;;
    --metal-webhook)
      name=genkan-metal-webhook
      what='What the webhook of metal.webhook.enabled needs beside genkan-metal.yaml; see docs/bare-metal.md'
      values=(--set controller.enabled=false,metal.enabled=true,metal.webhook.enabled=true)
      values+=(--show-only templates/metal-webhook.yaml)
      ;;
    --speaker)
      name=genkan-speaker
      what="The chart with speaker.enabled alone, where MetalLB's kinds and namespace are there already; see docs/bare-metal.md"
      values=(--set controller.enabled=false,speaker.enabled=true,metal.crds.enabled=false,metal.createNamespace=false)
      ;;
    *)
      echo "Usage: bash scripts/render-manifests.sh [--aws|--metal|--metal-webhook|--speaker] [--write]" >&2
      exit 2
      ;;
  esac
done

helm="$(bash scripts/build-helm.sh)/helm"
rendered="$(
  cat <<EOT
# $what. Written by scripts/render-manifests.sh; change the chart instead.
apiVersion: v1
kind: Namespace
metadata:
  name: genkan
EOT
  "$helm" template genkan deploy/chart/genkan --namespace genkan "${values[@]}"
)"
if [ -n "$writes" ]; then
  mkdir -p deploy/manifests
  printf '%s\n' "$rendered" >"deploy/manifests/$name.yaml"
else
  printf '%s\n' "$rendered"
fi
