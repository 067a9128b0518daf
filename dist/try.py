#!/usr/bin/env python3
"""Tries a release as its users get it: a signed registry over https, mirrors, an empty root directory.

    try.py --out DIR      DIR is what release.sh has made for this machine; needs terraform (or tofu), gpg, openssl
"""

import argparse
import functools
import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import zipfile

import inventory
from package import NAME, PLATFORMS

ROOT = inventory.ROOT
VERSION = inventory.version()
SOURCE = "aiccs/aiccs"
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "try-key-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "try-key-secret"}


def platform():
    machine = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}[os.uname().machine]
    return PLATFORMS[f"{machine}-unknown-linux-musl"]


def run(*command, fails=False, says=(), cwd=None, env=None):
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    flat = re.sub(r"\s+", " ", re.sub(r"[│╷╵]", " ", text))
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{text}")
    for part in says:
        if part not in flat:
            sys.exit(f"{part!r} is not in what {' '.join(map(str, command))} said:\n{text}")
    return done.stdout


def step(text):
    print(f"-- {text}", flush=True)


class Registry(http.server.BaseHTTPRequestHandler):
    """The provider registry protocol over the files of a release."""

    files = None
    key = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        base = f"/v1/providers/{SOURCE}"
        system, machine = platform().split("_")
        zipped = f"{NAME}_{VERSION}_{platform()}.zip"
        if self.path == f"{base}/versions":
            platforms = [{"os": system, "arch": machine}]
            self.answer({"versions": [{"version": VERSION, "protocols": ["6.0"], "platforms": platforms}]})
        elif self.path == f"{base}/{VERSION}/download/{system}/{machine}":
            sums = f"{NAME}_{VERSION}_SHA256SUMS"
            self.answer(
                {
                    "protocols": ["6.0"],
                    "os": system,
                    "arch": machine,
                    "filename": zipped,
                    "download_url": f"/files/{zipped}",
                    "shasums_url": f"/files/{sums}",
                    "shasums_signature_url": f"/files/{sums}.sig",
                    "shasum": hashlib.sha256((self.files / zipped).read_bytes()).hexdigest(),
                    "signing_keys": {"gpg_public_keys": [self.key]},
                }
            )
        elif self.path.startswith("/files/") and "/" not in self.path[7:]:
            self.send((self.files / self.path[7:]).read_bytes(), "application/octet-stream")
        else:
            self.send_error(404)

    def answer(self, value):
        self.send(json.dumps(value).encode(), "application/json")

    def send(self, data, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def signed(release, work):
    """A copy of the release with a signature, and the key as registries show it."""
    files = work / "files"
    shutil.copytree(release, files)
    home = work / "gpg"
    home.mkdir(mode=0o700)
    env = {**os.environ, "GNUPGHOME": str(home)}
    gpg = ["gpg", "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    run(*gpg, "--quick-generate-key", "try <try@example.invalid>", "rsa2048", "sign", "1d", env=env)
    sums = files / f"{NAME}_{VERSION}_SHA256SUMS"
    run(*gpg, "--output", f"{sums}.sig", "--detach-sign", str(sums), env=env)
    armor = run("gpg", "--armor", "--export", env=env)
    listed = run("gpg", "--list-keys", "--with-colons", env=env)
    identity = next(line.split(":")[4] for line in listed.splitlines() if line.startswith("pub"))
    run("gpgconf", "--kill", "all", env=env)
    return files, {"key_id": identity, "ascii_armor": armor, "trust_signature": "", "source": "", "source_url": ""}


def serve(files, key, work):
    """The registry on a port of its own; its CA file."""
    certificate = work / "tls.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost", "-keyout", str(work / "tls.key"), "-out", str(certificate))
    handler = type("Here", (Registry,), {"files": files, "key": key})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, work / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1], certificate


class Host:
    """Terraform in a directory of its own, with this CLI configuration."""

    def __init__(self, cli, work, name, configuration, variables):
        self.cli, self.directory = cli, work / name
        self.directory.mkdir()
        (self.directory / "cli.rc").write_text(configuration)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(self.directory / "cli.rc"),
            **KEY,
            **variables,
        }

    def write(self, endpoint):
        (self.directory / "main.tf").write_text(
            f"""terraform {{
  required_providers {{
    aiccs = {{ source = "{SOURCE}", version = "{VERSION}" }}
  }}
}}
provider "aiccs" {{ endpoint = "{endpoint}" }}
resource "aiccs_call_task" "t" {{
  task_name      = "{self.directory.name}"
  agent_id       = "118000000000000001"
  virtual_number = "0537022000"
  start_type     = "IMMEDIATE"
  call_time      = [{{ start_time = "09:00", end_time = "12:00" }}]
  call_day       = ["MONDAY"]
}}
"""
        )

    def run(self, *arguments, **expected):
        return run(self.cli, *arguments, cwd=self.directory, env=self.env, **expected)

    def life(self):
        self.run("apply", "-auto-approve", "-no-color")
        self.run("plan", "-detailed-exitcode", "-no-color")
        self.run("destroy", "-auto-approve", "-no-color")


def caged(program, folder):
    """The program alone in an empty root directory: the command that starts it there."""
    folder.mkdir()
    shutil.copy(program, folder / "program")
    (folder / "program").chmod(0o755)
    return ["chroot", str(folder), "/program"] if os.getuid() == 0 else ["unshare", "-r", "chroot", str(folder), "/program"]


def image_flags():
    """What the emulator's image starts it with, on a free port."""
    text = (ROOT / "dist/containers/emulator.Dockerfile").read_text()
    return [flag.replace(":8080", ":0") for flag in json.loads(re.search(r"^CMD (.*)$", text, re.MULTILINE)[1])]


def emulator(command):
    started = [*command, *image_flags(), "--access-key-id", KEY["ALIBABA_CLOUD_ACCESS_KEY_ID"],
               "--access-key-secret", KEY["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]]
    process = subprocess.Popen(started, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    if "listening on " not in line:
        sys.exit(f"the emulator did not start: {line!r}")
    return process, line.split("listening on ")[1].strip()


def host_block(port):
    services = f'services = {{ "providers.v1" = "https://localhost:{port}/v1/providers/" }}'
    return "".join(f'host "registry.{name}.org" {{ {services} }}\nhost "registry.{name}.io" {{ {services} }}\n'
                   for name in ("terraform", "opentofu"))


def registry(cli, release, endpoint, work):
    step("a signed registry over https: init, apply, plan, destroy")
    files, key = signed(release, work)
    port, certificate = serve(files, key, work)
    make = functools.partial(Host, cli, work, configuration=host_block(port), variables={"SSL_CERT_FILE": str(certificate)})
    host = make("registry")
    host.write(endpoint)
    host.run("init", "-no-color", says=[f"Installed {SOURCE} v{VERSION} (self-signed, key ID"])
    host.life()

    step("providers lock and providers mirror")
    host.run("providers", "lock", f"-platform={platform()}", "-no-color")
    mirror = work / "mirror"
    host.run("providers", "mirror", f"-platform={platform()}", str(mirror))

    step("a spoiled checksum and a spoiled signature are refused")
    sums = files / f"{NAME}_{VERSION}_SHA256SUMS"
    good = sums.read_bytes()
    sums.write_bytes(good.replace(good[:4], b"0000", 1))
    host = make("checksum")
    host.write(endpoint)
    host.run("init", "-no-color", fails=True, says=["Failed to install provider"])
    sums.write_bytes(good)
    signature = files / f"{sums.name}.sig"
    broken = bytearray(signature.read_bytes())
    broken[-9] ^= 0xFF
    signature.write_bytes(broken)
    host = make("signature")
    host.write(endpoint)
    host.run("init", "-no-color", fails=True, says=["signature"])
    return mirror


def mirrors(cli, release, endpoint, mirror, work):
    step("the mirror that was made, and the zip as a filesystem mirror")
    packed = work / "packed"
    name = "opentofu.org" if "tofu" in pathlib.Path(cli).name else "terraform.io"
    folder = packed / f"registry.{name}" / SOURCE
    folder.mkdir(parents=True)
    shutil.copy(release / f"{NAME}_{VERSION}_{platform()}.zip", folder)
    for kind, path in (("made", mirror), ("packed", packed)):
        rc = f'provider_installation {{\n  filesystem_mirror {{ path = "{path}" }}\n}}\n'
        host = Host(cli, work, f"mirror-{kind}", rc, {})
        host.write(endpoint)
        host.run("init", "-no-color")
        host.life()


def cage(cli, program, work):
    step("an empty root directory: --version, handshake, plan and apply against the emulator")
    command = caged(program, work / "cage")
    said = run(*command, "--version", env={"PATH": os.environ["PATH"]})
    if VERSION not in said:
        sys.exit(f"--version said {said!r}")
    folder = work / "bin"
    folder.mkdir()
    wrapper = folder / NAME
    wrapper.write_text("#!/bin/sh\nexec " + " ".join(command) + ' "$@"\n')
    wrapper.chmod(0o755)
    overrides = "".join(f'    "registry.{name}/{SOURCE}" = "{folder}"\n' for name in ("terraform.io", "opentofu.org"))
    rc = f"provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n"
    return Host(cli, work, "caged", rc, {})


def unpacked(archive, folder):
    with zipfile.ZipFile(archive) as opened:
        name = next(i.filename for i in opened.infolist() if i.external_attr >> 16 & 0o100)
        opened.extractall(folder)
    path = folder / name
    path.chmod(0o755)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    release = parser.parse_args().out.resolve()
    cli = shutil.which("terraform") or shutil.which("tofu")
    for tool, path in (("terraform or tofu", cli), ("gpg", shutil.which("gpg")), ("openssl", shutil.which("openssl"))):
        if not path:
            sys.exit(f"{tool} is missing")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        files = {n: unpacked(release / f"{n}_{VERSION}_{platform()}.zip", work / n) for n in (NAME, "aiccs-emulator")}
        process, endpoint = emulator(caged(files["aiccs-emulator"], work / "emulator-cage"))
        try:
            host = cage(cli, files[NAME], work)
            host.write(endpoint)
            host.life()
            mirror = registry(cli, release, endpoint, work)
            mirrors(cli, release, endpoint, mirror, work)
        finally:
            process.kill()
    step("the release serves")


if __name__ == "__main__":
    main()
