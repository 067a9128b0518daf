#!/usr/bin/env bash
# The steps of a release that follow its builds, each run by the release workflow and by anyone else.
#
#   dist/publish.sh sign DIR             checksums of all files; their signature, by the key in GPG_PRIVATE_KEY or GPG_KEY
#   dist/publish.sh notes TAG            what CHANGELOG.md says of this version
#   dist/publish.sh draft DIR TAG        a draft release with these files, by the GitHub CLI
#   dist/publish.sh images DIR REGISTRY  the container images, by docker
#   dist/publish.sh oci DIR REPOSITORY   the zips for OpenTofu's `oci_mirror`, by oras (1.3 or later)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(python3 dist/inventory.py version)
fail() { printf 'publish.sh: %s\n' "$*" >&2; exit 1; }

sign() {
  local sums=$1/terraform-provider-aiccs_${version}_SHA256SUMS
  python3 dist/package.py finish --version "$version" --out "$1"
  if [ -n "${GPG_PRIVATE_KEY:-}" ]; then
    GNUPGHOME=$(mktemp -d)
    export GNUPGHOME
    trap 'rm -rf "$GNUPGHOME"' EXIT
    printf '%s' "$GPG_PRIVATE_KEY" | gpg --batch --quiet --import
    GPG_KEY=$(gpg --list-secret-keys --with-colons | awk -F: '$1 == "fpr" { print $10; exit }')
  fi
  [ -n "${GPG_KEY:-}" ] || fail "no key: set GPG_PRIVATE_KEY or GPG_KEY"
  rm -f "$sums.sig"
  gpg --batch --yes --pinentry-mode loopback --passphrase "${GPG_PASSPHRASE:-}" --local-user "$GPG_KEY" \
    --output "$sums.sig" --detach-sign "$sums"
}

# The section of a version, without its heading.
notes() {
  local wanted=${1#v} text
  [ "$wanted" = "$version" ] || fail "the tag says $wanted, and Cargo.toml $version"
  text=$(awk -v v="$wanted" '/^## / { on = ($2 == v); next } on' CHANGELOG.md)
  [ -n "${text//[[:space:]]/}" ] || fail "CHANGELOG.md says nothing of $wanted"
  printf '%s\n' "$text"
}

case ${1:-} in
  sign) sign "$2" ;;
  notes) notes "$2" ;;
  draft)
    notes "$3" >notes.md
    # The layout's folder is for `oci`.
    find "$2" -maxdepth 1 -type f -print0 | sort -z \
      | xargs -0 gh release create "$3" --draft --title "$3" --notes-file notes.md
    ;;
  images)
    dist/containers.sh --out "$2" --into images
    for folder in images/emulator/*; do
      docker build --platform "linux/$(basename "$folder")" --tag "$3/aiccs-emulator:$version-$(basename "$folder")" "$folder"
      docker push "$3/aiccs-emulator:$version-$(basename "$folder")"
    done
    docker build --tag "$3/terraform-provider-aiccs-mirror:$version" images/mirror
    docker push "$3/terraform-provider-aiccs-mirror:$version"
    ;;
  oci)
    tag=${version//+/_}
    oras cp --from-oci-layout "$2/oci:$tag" "$3:$tag"
    ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
