#!/usr/bin/env bash
# Installs moto, an emulator of AWS, from PyPI into a cache folder, once. Prints the path of its server.
set -euo pipefail

requirements="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/test/aws/moto/requirements.txt"
# A folder of its own for each list of versions: a change of the list installs anew.
digest="$(sha256sum "$requirements" | cut -c1-12)"
folder="${XDG_CACHE_HOME:-$HOME/.cache}/genkan/moto-$digest"
if [ ! -e "$folder/installed" ]; then
  if ! command -v python3 >/dev/null 2>&1; then
    echo "Cannot install moto: python3 is not on PATH; install Python 3.10 or later with venv" >&2
    exit 1
  fi
  mkdir -p "$folder"
  # Programs of a venv name its folder, so that it cannot be made elsewhere and moved: two runs at once take turns.
  exec 9>"$folder.lock"
  flock 9
  if [ ! -e "$folder/installed" ]; then
    python3 -m venv --clear "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" >&2
    # What is half installed must not look whole.
    touch "$folder/installed"
  fi
fi
echo "$folder/bin/moto_server"
