#!/usr/bin/env bash
# The whole life of a call task on this machine, in one command: builds the provider and the emulator, then runs
# the real Terraform (or OpenTofu) through create, empty plan, update, update of a running task, destroy.
# Ends with another code than 0 when anything differs from what it should be.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() {
  printf '\nquickstart: %s\n' "$*" >&2
  exit 1
}

cli=$(command -v terraform || command -v tofu || true)
if [ -z "$cli" ]; then
  die "neither terraform nor tofu is on PATH. Install Terraform 1.0 or later (developer.hashicorp.com/terraform/install)
or OpenTofu 1.6 or later (opentofu.org/docs/intro/install), then run this again."
fi
command -v cargo >/dev/null || die "cargo is not on PATH. Install Rust (rust-lang.org/tools/install), then run this again."

work=$(mktemp -d)
emulator=
cleanup() {
  [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

say "build"
(cd "$root" && cargo build --locked --bins)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
bin=$target/debug

say "start the emulator, a local AICCS"
export ALIBABA_CLOUD_ACCESS_KEY_ID=quickstart-key-id ALIBABA_CLOUD_ACCESS_KEY_SECRET=quickstart-key-secret
# Other spellings of the same variables would win over these.
unset ALICLOUD_ACCESS_KEY ALICLOUD_SECRET_KEY ALICLOUD_SECURITY_TOKEN ALIBABA_CLOUD_SECURITY_TOKEN ALIBABACLOUD_SECURITY_TOKEN
mkfifo "$work/first-line"
"$bin/aiccs-emulator" --listen 127.0.0.1:0 --access-key-id "$ALIBABA_CLOUD_ACCESS_KEY_ID" \
  --access-key-secret "$ALIBABA_CLOUD_ACCESS_KEY_SECRET" >"$work/first-line" &
emulator=$!
read -r line <"$work/first-line" || die "the emulator did not start"
endpoint=${line#listening on }
echo "$line"

cat >"$work/cli.rc" <<EOF
provider_installation {
  dev_overrides {
    "registry.terraform.io/aiccs/aiccs" = "$bin"
    "registry.opentofu.org/aiccs/aiccs" = "$bin"
  }
  direct {}
}
EOF
export TF_CLI_CONFIG_FILE=$work/cli.rc CHECKPOINT_DISABLE=1 TF_VAR_endpoint=$endpoint
cp "$here/main.tf" "$work/main.tf"
cd "$work"

apply() { "$cli" apply -auto-approve -compact-warnings "$@"; }
plan_is_empty() {
  local code=0
  "$cli" plan -detailed-exitcode -compact-warnings "$@" || code=$?
  [ "$code" -eq 0 ] || die "the plan after the apply is not empty (exit code $code)"
}
output_is() {
  local value
  value=$("$cli" output -raw "$1")
  [ "$value" = "$2" ] || die "output $1 is \"$value\" instead of \"$2\""
}

say "1. create"
apply
output_is status INIT

say "2. a plan right afterwards: nothing to do"
plan_is_empty

say "3. update in place"
apply -var concurrency=10
plan_is_empty -var concurrency=10

say "4. start the task"
apply -var concurrency=10 -var desired_status=RUNNING
output_is status RUNNING

say "5. update the running task: stopped, updated, started again"
apply -var concurrency=20 -var desired_status=RUNNING
output_is status RUNNING
plan_is_empty -var concurrency=20 -var desired_status=RUNNING

say "6. destroy: stopped and forgotten, since AICCS deletes no task"
"$cli" destroy -auto-approve -var concurrency=20

say "the calls that reached the service, each with its signature verified"
host=${endpoint#http://}
exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
printf 'GET /__journal HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" >&3
journal=$(cat <&3)
exec 3>&-
printf '%s' "$journal" | grep -o '"operation":"[A-Za-z]*"' | cut -d'"' -f4 | uniq -c | sed 's/^ *\([0-9]*\) /  \1 x /'

writes=$(printf '%s' "$journal" | grep -o '"operation":"[A-Za-z]*"' | cut -d'"' -f4 | grep -vE '^(Page)?Query' | tr '\n' ' ')
expected="CreateAiCallTask UpdateAiCallTask StartAiCallTask StopAiCallTask UpdateAiCallTask StartAiCallTask StopAiCallTask "
[ "$writes" = "$expected" ] || die "the writes were: $writes
instead of: $expected"
! printf '%s' "$journal" | grep -q '"signature_valid":false' || die "a call had an invalid signature"

say "all as it should be"
