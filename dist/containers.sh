#!/usr/bin/env bash
# Lays out what the container images hold, below DIR/emulator/PLATFORM and DIR/mirror; building the images is one
# `docker build` each, with these folders as contexts.
#
#   dist/containers.sh --out RELEASE --into DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
release= into=
while [ $# -gt 0 ]; do
  case $1 in
    --out) release=$2; shift 2 ;;
    --into) into=$2; shift 2 ;;
    *) echo "unknown argument $1" >&2; exit 2 ;;
  esac
done
[ -n "$release" ] && [ -n "$into" ] || { echo "usage: containers.sh --out RELEASE --into DIR" >&2; exit 2; }
version=$(python3 dist/inventory.py version)
rm -rf "$into"
for archive in "$release"/aiccs-emulator_"${version}"_linux_*.zip; do
  platform=$(basename "$archive" .zip)
  platform=${platform##*_linux_}
  mkdir -p "$into/emulator/$platform"
  python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$archive" "$into/emulator/$platform"
  chmod 755 "$into/emulator/$platform/aiccs-emulator"
  cp dist/containers/emulator.Dockerfile "$into/emulator/$platform/Dockerfile"
done
for registry in registry.terraform.io registry.opentofu.org; do
  mkdir -p "$into/mirror/mirror/$registry/aiccs/aiccs"
  cp "$release"/terraform-provider-aiccs_"${version}"_linux_*.zip "$into/mirror/mirror/$registry/aiccs/aiccs/"
done
cp LICENSE "$into/mirror/"
cp dist/containers/mirror.Dockerfile "$into/mirror/Dockerfile"
