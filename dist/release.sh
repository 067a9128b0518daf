#!/usr/bin/env bash
# Makes what a release holds: for each target a zip of the provider as the registries want it and an archive of the emulator,
# with manifest, bill of materials, checksums and, where a key is given, their signature; and DIR/oci, all zips as an OCI image
# layout for OpenTofu's `oci_mirror`. Building twice gives the same bytes.
#
#   dist/release.sh [--out DIR] [--target TRIPLE]...
#
#   --out DIR        where the release goes; dist/out unless set
#   --target TRIPLE  such as x86_64-unknown-linux-musl (the default: this machine's architecture), aarch64-unknown-linux-musl,
#                    x86_64-pc-windows-msvc, x86_64-apple-darwin, aarch64-apple-darwin; Windows and macOS on their own machines
#
#   GPG_KEY          id of the key that signs SHA256SUMS; unset: no signature
#   DIST_STD=source  builds the standard library from source, also where rustup could add it
#   DIST_CACHE       where tools and standard libraries are kept; dist/cache unless set
#
# Ends with 69 where something could not be fetched.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

out=$root/dist/out
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2; shift 2 ;;
    --target) targets+=("$2"); shift 2 ;;
    -h | --help) sed -n '2,19s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "unknown argument $1: see --help" >&2; exit 2 ;;
  esac
done
[ ${#targets[@]} -gt 0 ] || targets=("$(uname -m | sed 's/arm64/aarch64/')-unknown-linux-musl")
mkdir -p "$out"
out=$(cd "$out" && pwd)
cache=${DIST_CACHE:-$root/dist/cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# Versions of what is fetched: a release is made with these and no others.
zig_version=0.15.2
zigbuild_version=0.24.1

say() { printf -- '-- %s\n' "$*" >&2; }
fail() { printf 'release.sh: %s\n' "$*" >&2; exit 1; }
# What has to be fetched could not be: another status, so that a caller can tell.
unavailable() { printf 'release.sh: %s\n' "$*" >&2; exit 69; }
need() { command -v "$1" >/dev/null || fail "$1 is missing: $2"; }

need cargo "install Rust by rustup"
python=$(command -v python3 || command -v python) || fail "Python 3 is missing: install it"

# What the version is, and the second that all files of a release bear.
version=$("$python" dist/inventory.py version)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)}
export SOURCE_DATE_EPOCH

# zig as C compiler and linker, and cargo-zigbuild that puts it to work: neither depends on the machine's own libc.
zig() {
  local home=$cache/zig-$zig_version
  if ! PYTHONPATH=$home "$python" -c 'import ziglang' 2>/dev/null; then
    say "fetching zig $zig_version"
    "$python" -m pip install --quiet --target "$home" "ziglang==$zig_version" \
      || unavailable "zig $zig_version could not be fetched: python3 -m pip install ziglang==$zig_version"
  fi
  export PYTHONPATH=$home${PYTHONPATH:+:$PYTHONPATH} CARGO_ZIGBUILD_ZIG_PATH="$home/ziglang/zig"
  export ZIG_GLOBAL_CACHE_DIR=$cache/zig-cache ZIG_LOCAL_CACHE_DIR=$cache/zig-cache
  local tool=$cache/cargo-zigbuild-$zigbuild_version
  if [ ! -x "$tool/bin/cargo-zigbuild" ]; then
    say "fetching cargo-zigbuild $zigbuild_version"
    cargo install --quiet --locked --root "$tool" "cargo-zigbuild@$zigbuild_version" \
      || unavailable "cargo-zigbuild could not be installed: cargo install cargo-zigbuild@$zigbuild_version"
  fi
  export PATH=$tool/bin:$PATH
}

# The standard library of a target: rustup adds it, or it is built from the distribution's source package of this very rustc.
# Sets `std` to what cargo needs for that.
std=()
standard_library() {
  local target=$1
  std=()
  local sysroot
  sysroot=$(rustc --print sysroot)
  if [ "${DIST_STD:-}" != source ]; then
    [ -d "$sysroot/lib/rustlib/$target/lib" ] && return
    if command -v rustup >/dev/null && timeout 120 rustup target add "$target" >/dev/null 2>&1; then
      say "rustup has added $target"
      return
    fi
    say "rustup cannot add $target"
  fi
  say "the standard library of $target is built from source"
  local rustc_version home
  rustc_version=$(rustc --version | cut -d' ' -f2)
  home=$cache/toolchain-$rustc_version
  if [ ! -e "$home/lib/rustlib/src/rust/library/Cargo.lock" ]; then
    rm -rf "$home"
    sources "$rustc_version" "$cache/rust-src-$rustc_version"
    # A copy of its own: the real toolchain stays as it is.
    cp -a "$(readlink -f "$sysroot")" "$home"
    mkdir -p "$home/lib/rustlib/src/rust"
    local library
    library=$(find "$cache/rust-src-$rustc_version" -type d -path '*/library/std' -not -path '*/tests/*' | head -1)
    [ -n "$library" ] || unavailable "the package rust-src holds no standard library"
    cp -a "$(dirname "$library")" "$home/lib/rustlib/src/rust/library"
  fi
  # A stable compiler builds its own standard library only when it is told so.
  export RUSTC_BOOTSTRAP=1 PATH=$home/bin:$PATH RUSTC=$home/bin/rustc
  std=(-Zbuild-std=std,panic_unwind)
}

# The distribution's source package of a version of Rust, verified by its archive's key.
sources() {
  local wanted=$1 into=$2
  [ -d "$into" ] && return
  command -v apt-get >/dev/null || unavailable "no way to the sources of Rust $wanted: rustup target add, or the package rust-src by apt"
  local apt=$cache/apt site suite
  site=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m1 '/debian$') \
    || unavailable "apt knows no Debian archive, where the package rust-src $wanted is"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/download"
  for suite in trixie-backports sid; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" >"$apt/sources.list"
    local options=(-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
      -o Dir::State::Lists="$apt/lists" -o Dir::Cache::Archives="$apt/archives" -o Dir::Cache="$apt"
      -o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root)
    say "looking for rust-src $wanted in $suite"
    apt-get "${options[@]}" -qq update >&2 || continue
    local found
    found=$(apt-cache "${options[@]}" madison rust-src | awk -F'[ |]+' -v v="$wanted" 'index($3, v "+") == 1 { print $3; exit }')
    [ -n "$found" ] || continue
    (cd "$apt/download" && apt-get "${options[@]}" -qq download "rust-src=$found" >&2) || continue
    dpkg-deb -x "$apt"/download/rust-src_*.deb "$into"
    return
  done
  unavailable "no suite has rust-src $wanted"
}

# Paths of this machine in a binary are replaced: two folders give the same bytes, and nobody reads where it was built.
remap() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo} sysroot
  sysroot=$(rustc --print sysroot)
  # Of several that fit, the last one counts.
  local flags=(--remap-path-prefix="$HOME=home" --remap-path-prefix="$cargo_home=cargo")
  local registry
  for registry in "$cargo_home"/registry/src/*/; do
    flags+=(--remap-path-prefix="${registry%/}=crates")
  done
  flags+=(--remap-path-prefix="$root=." --remap-path-prefix="$build=target"
    --remap-path-prefix="$(readlink -f "$sysroot")=rustc" --remap-path-prefix="$sysroot=rustc"
    --remap-path-prefix="$sysroot/lib/rustlib/src/rust=rust")
  printf '%s\x1f' "${flags[@]}" "$@" | sed 's/\x1f$//'
}

for target in "${targets[@]}"; do
  build=${CARGO_TARGET_DIR:-$root/target}
  (
    case $target in
      *-linux-musl)
        zig
        standard_library "$target"
        command=(cargo zigbuild)
        extra=(-Ctarget-feature=+crt-static)
        [ ${#std[@]} -eq 0 ] || extra+=(-Clink-self-contained=no)
        ;;
      *)
        standard_library "$target"
        command=(cargo build)
        extra=()
        ;;
    esac
    CARGO_ENCODED_RUSTFLAGS=$(remap "${extra[@]+"${extra[@]}"}")
    export CARGO_ENCODED_RUSTFLAGS
    # C code of the dependencies, too.
    export CFLAGS="-ffile-prefix-map=${CARGO_HOME:-$HOME/.cargo}=cargo -ffile-prefix-map=$root=. -ffile-prefix-map=$build=target"
    say "building $target"
    "${command[@]}" "${std[@]+"${std[@]}"}" --release --locked --target "$target" --workspace --bins \
      --target-dir "$build"
  )
  "$python" dist/package.py binaries --version "$version" --target "$target" --from "$build/$target/release" --out "$out"
done

"$python" dist/package.py finish --version "$version" --out "$out"
if [ -n "${GPG_KEY:-}" ]; then
  need gpg "it signs SHA256SUMS"
  sums=$out/terraform-provider-aiccs_${version}_SHA256SUMS
  rm -f "$sums.sig"
  gpg --batch --yes --local-user "$GPG_KEY" --output "$sums.sig" --detach-sign "$sums"
fi
say "the release is in $out"
