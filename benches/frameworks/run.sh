#!/usr/bin/env bash
# Builds the small provider on each framework and measures them, turn by turn, as a host starts and calls them; the table goes into
# benches/README.md and into the framework's README. `--quick`: a rough look that writes nothing.
#
# tf-provider needs protoc: the one on PATH or in PROTOC, else that of the Python package grpcio-tools. Ends with 69 where
# something could not be fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target=$PWD/target

mkdir -p "$target"
if [ -z "${PROTOC:-}" ] && ! command -v protoc >/dev/null; then
  [ -d "$target/python/grpc_tools" ] \
    || python3 -m pip install --quiet --disable-pip-version-check --target "$target/python" grpcio-tools==1.85.1 >&2 \
    || { echo "run.sh: there is no protoc, and grpcio-tools could not be fetched" >&2; exit 69; }
  printf '#!/bin/sh\nPYTHONPATH=%q exec python3 -m grpc_tools.protoc -I%q "$@"\n' "$target/python" \
    "$target/python/grpc_tools/_proto" >"$target/protoc"
  chmod +x "$target/protoc"
  export PROTOC=$target/protoc
fi
# One by one: built together, each would get the features that the other asks for.
for package in on-terraform-plugin on-tf-provider frameworks-measure; do
  cargo build --release --locked --target-dir "$target" --package "$package"
done
"$target/release/frameworks-measure" "$@" \
  "terraform-plugin=$target/release/on-terraform-plugin" "tf-provider=$target/release/on-tf-provider"
