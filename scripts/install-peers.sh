#!/usr/bin/env bash
# Installs what test/peers, test/network, test/aws and benchmarks need: servers, routers and load generators from Debian's packages,
# and h2spec.
set -euo pipefail

bash "$(dirname "${BASH_SOURCE[0]}")/install-h2spec.sh" >/dev/null

packages=()
need() { # command package
  PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null 2>&1 || packages+=("$2")
}
need nginx nginx-light
need haproxy haproxy
need wrk wrk
need h2load nghttp2-client
need curl curl
need openssl openssl
need ip iproute2
need unshare util-linux
need arping iputils-arping
need ndisc6 ndisc6
need bird bird2
need gobgpd gobgpd
need vtysh frr
# The emulator of AWS is installed into a virtual environment.
python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
[ "${#packages[@]}" -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Cannot install ${packages[*]}: apt-get is missing; install them by hand" >&2
  exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
# The packaged services must not start: the suites start their own processes on free loopback ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}"
