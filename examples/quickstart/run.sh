#!/usr/bin/env bash
# The whole life of a call task on this machine, in one command: builds the provider and the emulator, then runs
# the real Terraform (or OpenTofu) through create, empty plan, update, start, update of a running task, destroy,
# and says at each step what happens and why. Ends with another code than 0 when anything differs from what it should be.
set -euo pipefail

usage() {
  cat <<'EOF'
Usage: examples/quickstart/run.sh [--keep]

Takes one call task through its whole life against a local emulator of AICCS. It needs no account, calls nobody, and
sends nothing beyond this machine.

  --keep    leave out the destroy, and leave the emulator, the state and the configuration for playing
  --help    this text

AICCS_CLI=tofu (a name or a path) chooses the host; otherwise it is terraform, or else tofu.
EOF
}

keep=
for argument in "$@"; do
  case $argument in
    --keep) keep=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

bold='' dim='' plain=''
if [ -t 1 ]; then
  bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m'
else
  export TF_CLI_ARGS=-no-color
fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
why() { printf '%s\n' "$*"; }
die() {
  printf '\nquickstart: %s\n' "$*" >&2
  exit 1
}
# Shows a command as it is typed, then runs it.
run() {
  printf '\n%s$ %s%s\n' "$dim" "$typed ${*:2}" "$plain"
  "$@"
}

if [ -n "${AICCS_CLI:-}" ]; then
  cli=$(command -v "$AICCS_CLI" || true)
  [ -n "$cli" ] || die "AICCS_CLI is $AICCS_CLI, and there is no such program."
else
  cli=$(command -v terraform || command -v tofu || true)
fi
if [ -z "$cli" ]; then
  die "neither terraform nor tofu is on PATH. Install Terraform 1.0 or later (developer.hashicorp.com/terraform/install)
or OpenTofu 1.6 or later (opentofu.org/docs/intro/install), then run this again."
fi
case $cli in /*) ;; *) cli=$PWD/$cli ;; esac
# As a person types it.
typed=${cli##*/}
[ "$(command -v "$typed" || true)" = "$cli" ] || typed=$cli
command -v cargo >/dev/null || die "cargo is not on PATH. Install Rust (rust-lang.org/tools/install), then run this again."

work=$(mktemp -d)
emulator=
cleanup() {
  [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

say "one call task, from its creation to its destroy"
why "Everything runs on this machine, against a local emulator of the service: no account, no telephone rings. You will see each
command, what ${typed##*/} says, and which signed calls reached the service."

say "build the provider and the emulator"
why "The first build compiles all dependencies: about three minutes on two cores. The next one takes seconds."
(cd "$root" && cargo build --locked --bins)
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
bin=$target/debug

say "start the emulator, a local AICCS"
why "It verifies the signature of every call, keeps to the documented rules, and writes a journal of what reached it."
key=quickstart-key-id secret=quickstart-key-secret
mkfifo "$work/first-line"
"$bin/aiccs-emulator" --listen 127.0.0.1:0 --access-key-id "$key" --access-key-secret "$secret" \
  >"$work/first-line" 2>"$work/emulator.log" &
emulator=$!
read -r line <"$work/first-line" || die "the emulator did not start: $(cat "$work/emulator.log")"
rm "$work/first-line"
endpoint=${line#listening on }
echo "$line"

say "install the provider, as from a release: a folder that serves as mirror"
version=$("$bin/terraform-provider-aiccs" --version | head -n 1 | sed 's/[^0-9]*\([0-9][0-9A-Za-z.-]*\).*/\1/')
platform=$("$cli" version 2>/dev/null | sed -n 's/^on //p')
for registry in registry.terraform.io registry.opentofu.org; do
  folder=$work/mirror/$registry/aiccs/aiccs/$version/$platform
  mkdir -p "$folder"
  ln "$bin/terraform-provider-aiccs" "$folder/terraform-provider-aiccs_v$version" 2>/dev/null \
    || cp "$bin/terraform-provider-aiccs" "$folder/terraform-provider-aiccs_v$version"
done
cat >"$work/cli.rc" <<EOF
provider_installation {
  filesystem_mirror {
    path = "$work/mirror"
  }
}
EOF
cat >"$work/env.sh" <<EOF
# The same variables would serve the real cloud; other spellings of them would win over these.
unset ALICLOUD_ACCESS_KEY ALICLOUD_SECRET_KEY ALICLOUD_SECURITY_TOKEN ALIBABA_CLOUD_SECURITY_TOKEN ALIBABACLOUD_SECURITY_TOKEN
export ALIBABA_CLOUD_ACCESS_KEY_ID=$key ALIBABA_CLOUD_ACCESS_KEY_SECRET=$secret
export TF_VAR_endpoint=$endpoint
export TF_CLI_CONFIG_FILE='$work/cli.rc' CHECKPOINT_DISABLE=1
EOF
# shellcheck source=/dev/null
. "$work/env.sh"
cp "$here/main.tf" "$work/main.tf"
cd "$work"
run "$cli" init >init.log 2>&1 || die "$(cat init.log)"
echo "aiccs/aiccs $version, for $platform"

apply() { run "$cli" apply -auto-approve "$@"; }
plan_is_empty() {
  local code=0
  run "$cli" plan -detailed-exitcode "$@" || code=$?
  [ "$code" -eq 0 ] || die "the plan after the apply is not empty (exit code $code)"
}
output_is() {
  local value
  value=$("$cli" output -raw "$1")
  [ "$value" = "$2" ] || die "output $1 is \"$value\" instead of \"$2\""
}
# The emulator's journal, as JSON.
journal() {
  local host=${endpoint#http://}
  exec 3<>"/dev/tcp/${host%:*}/${host#*:}"
  printf 'GET /__journal HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" >&3
  cat <&3
  exec 3>&-
}
# The operations of the journal, in order.
operations() { journal | grep -o '"operation":"[A-Za-z]*"' | cut -d'"' -f4; }
decoded() { printf '%b' "${1//%/\\x}"; }
# The last call of an operation as it went over the wire: what was signed, with which signature, and its parameters.
# A string to sign is percent-encoded, so that it holds neither quotes nor backslashes.
show_call() {
  local entry text signature query pair name
  entry=$(journal | grep -o '"string_to_sign":"[^"]*Action%3D'"$1"'%26[^"]*"' | tail -n 1)
  text=$(printf '%s' "$entry" | cut -d'"' -f4)
  [ -n "$text" ] || die "the journal has no $1"
  signature=$(journal | tr '{' '\n' | grep -F "\"string_to_sign\":\"$text\"" | grep -o '"signature_value":"[^"]*"' \
    | tail -n 1 | cut -d'"' -f4)
  printf '\n%s%s, as it went over the wire: POST %s/?...%s\n\n' "$bold" "$1" "$endpoint" "$plain"
  query=$(decoded "${text#POST&%2F&}")
  while IFS= read -r -d '&' pair; do
    name=${pair%%=*}
    printf '  %-20s %s\n' "$name" "$(decoded "${pair#*=}")"
  done <<<"$query&"
  printf '  %-20s %s\n' Signature "$signature"
  printf '\nthe string to sign: method, path, and the sorted parameters, percent-encoded\n\n  %s\n' "$text"
  printf '\nthe signature: HMAC-SHA1 of that with the secret and "&" as key, in base64\n\n  %s\n' "$signature"
  if command -v openssl >/dev/null; then
    query=$(printf '%s' "$text" | openssl dgst -sha1 -hmac "$secret&" -binary | openssl base64)
    [ "$query" = "$signature" ] || die "openssl makes another signature of it: $query"
    printf '  openssl makes the same one of it.\n'
  fi
}

say "1. create"
why "main.tf describes one task: which agent talks, from which number, on which days and in which hours. Nobody is called:
the task has no callees yet."
apply
output_is status INIT

say "2. a plan right afterwards"
why "What the service shows is read back and compared: there must be nothing to do."
plan_is_empty

say "3. update in place: concurrency from 5 to 10"
why "A change of a setting is UpdateAiCallTask. It takes all settings at once, so the provider sends all of them."
apply -var concurrency=10
show_call UpdateAiCallTask
plan_is_empty -var concurrency=10

say "4. start the task"
why "desired_status = \"RUNNING\" keeps the task running. What makes telephones ring is a warning of the plan that names the
task: it is shown before you say yes."
run "$cli" plan -var concurrency=10 -var desired_status=RUNNING -out start.plan
run "$cli" apply start.plan
output_is status RUNNING

say "5. update the running task: concurrency from 10 to 20"
why "AICCS changes only tasks that are stopped. So the provider stops the task, updates it and starts it again, and the plan
warns of the pause first. allow_stopping_for_update = false would make this plan an error."
run "$cli" plan -var concurrency=20 -var desired_status=RUNNING -out update.plan | tee update.txt
grep -q "^.*Warning: " update.txt || die "the plan does not warn of the stop"
run "$cli" apply update.plan
output_is status RUNNING
plan_is_empty -var concurrency=20 -var desired_status=RUNNING

expected="CreateAiCallTask UpdateAiCallTask StartAiCallTask StopAiCallTask UpdateAiCallTask StartAiCallTask "
if [ -z "$keep" ]; then
  say "6. destroy"
  why "AICCS has no operation that deletes a task. deletion_policy says what happens instead; by default the task is stopped
and forgotten, and plan and apply warn that it remains."
  run "$cli" destroy -auto-approve -var concurrency=20
  expected="${expected}StopAiCallTask "
fi

say "the calls that reached the service, each with its signature verified"
operations | uniq -c | sed 's/^ *\([0-9]*\) /  \1 x /'
writes=$(operations | grep -vE '^(Page)?Query' | tr '\n' ' ')
[ "$writes" = "$expected" ] || die "the writes were: $writes
instead of: $expected"
! journal | grep -q '"signature_valid":false' || die "a call had an invalid signature"

say "all as it should be"
if [ -n "$keep" ]; then
  trap - EXIT
  cat <<EOF
The emulator still runs, and the task with it. Play:

  cd $work && . ./env.sh
  # nothing to do
  $typed plan -var concurrency=20 -var desired_status=RUNNING
  # stopped, updated, started again
  $typed apply -var concurrency=50 -var desired_status=RUNNING
  # what reached the service, and what it has
  curl -s $endpoint/__journal
  curl -s $endpoint/__tasks

And when you have enough:

  kill $emulator; rm -r $work
EOF
else
  cat <<EOF
Everything ran in a temporary directory and is gone now. Next:

  examples/quickstart/run.sh --keep         keep emulator, state and configuration, and play
  examples/quickstart/main.tf               the configuration; its head says what the real cloud needs
  docs/resources/call_task.md               all arguments of a task
  docs/guides/                              guides
  examples/modules/campaigns/README.md      campaigns from a YAML file
EOF
fi
