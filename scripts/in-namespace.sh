#!/usr/bin/env bash
# Runs a command in a network namespace of its own, which ends with it: loopback, and the ranges of a test cluster's pods
# and nodes as local addresses. Nothing outside can be reached from there.
set -euo pipefail

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo --preserve-env=PATH,HOME,XDG_CACHE_HOME)
exec "${as_root[@]}" unshare --net bash -c '
  set -e
  ip link set lo up
  ip route add local 10.244.0.0/16 dev lo
  ip -6 route add local fd00:10:244::/64 dev lo
  exec "$@"
' in-namespace "$@"
