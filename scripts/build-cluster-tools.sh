#!/usr/bin/env bash
# Builds the parts of a Kubernetes control plane from the Go module proxy into a cache folder, once: etcd,
# kube-apiserver, kube-controller-manager and kubectl. Prints the folder.
set -euo pipefail

kubernetes=1.34.2
etcd=v3.6.4
folder="${XDG_CACHE_HOME:-$HOME/.cache}/genkan/kubernetes-v$kubernetes"
tools=(etcd kube-apiserver kube-controller-manager kubectl)

missing=()
for tool in "${tools[@]}"; do [ -x "$folder/$tool" ] || missing+=("$tool"); done
if [ "${#missing[@]}" -gt 0 ]; then
  PATH="$PATH:/usr/local/go/bin"
  if ! command -v go >/dev/null 2>&1; then
    echo "Cannot build ${missing[*]}: go is not on PATH; install Go 1.24 or later" >&2
    exit 1
  fi
  mkdir -p "$folder"
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  source="$(go mod download -json "k8s.io/kubernetes@v$kubernetes" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
  {
    echo "module cluster.example/tools"
    echo "go 1.24.0"
    echo "require k8s.io/kubernetes v$kubernetes"
    # The modules that live in its tree are published under their own names, one minor version each.
    sed -n 's#^\t*\(k8s.io/[a-z-]*\) => ./staging/src/.*#replace \1 => \1 v0.'"${kubernetes#1.}"'#p' "$source/go.mod"
  } >go.mod
  mkdir etcd
  cat >etcd/main.go <<'GO'
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
GO
  export GOFLAGS=-mod=mod
  go get "go.etcd.io/etcd/server/v3@$etcd" >&2
  flags="-s -w -X k8s.io/component-base/version.gitVersion=v$kubernetes -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
  for tool in "${missing[@]}"; do
    package="k8s.io/kubernetes/cmd/$tool"
    [ "$tool" = etcd ] && package=./etcd
    go build -trimpath -ldflags "$flags" -o "$folder/$tool.part" "$package" >&2
    mv "$folder/$tool.part" "$folder/$tool"
  done
fi
echo "$folder"
