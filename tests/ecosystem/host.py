"""Terraform (or OpenTofu) in a folder, with the provider from a filesystem mirror and an emulator beside it."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import emulator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CLI = shutil.which("terraform") or shutil.which("tofu")


def run(*command, cwd=None, env=None, exit_codes=(0,)):
    """What a command prints; it ends with one of the exit codes."""
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode not in exit_codes:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def is_(found, wanted, what):
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


class Host:
    """A folder in which the host finds the provider without a registry."""

    def __init__(self, provider, folder, endpoint):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        version = run(provider, "--version").split()[1].removeprefix("v")
        platform = json.loads(run(CLI, "version", "-json"))["platform"]
        for registry in ("registry.terraform.io", "registry.opentofu.org"):
            place = folder / "mirror" / registry / "aiccs/aiccs" / version / platform
            place.mkdir(parents=True)
            shutil.copy(provider, place / f"terraform-provider-aiccs_v{version}")
        rc = folder / "cli.rc"
        rc.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{folder / "mirror"}" }}\n}}\n')
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALICLOUD_", "ALIBABA", "TF_"))}
        self.env = {
            **kept,
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(rc),
            "CHECKPOINT_DISABLE": "1",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.KEY_SECRET,
            "AICCS_ENDPOINT": endpoint,
            "TF_VAR_endpoint": endpoint,
        }

    def run(self, *arguments, cwd=None, **more):
        return run(CLI, *arguments, cwd=cwd or self.folder, env=self.env, **more)
