#!/usr/bin/env python3
"""The files of a release, always with the same bytes: zips, manifest, bill of materials, checksums, OCI image layout; and the
checks of them.

    package.py binaries --version V --target TRIPLE --from DIR --out DIR   the zips of one target
    package.py finish --version V --out DIR                               manifest, checksums, the layout in DIR/oci
    package.py check --out DIR [--forbid TEXT]...                         budgets, what must not be inside, the layout
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import pathlib
import stat
import sys
import time
import zipfile

import inventory
import layout

ROOT = inventory.ROOT
NAME = "terraform-provider-aiccs"
EMULATOR = "aiccs-emulator"

# What a release may weigh, in bytes.
BINARY = 6 * 1024 * 1024
ZIP = 3_000_000

PLATFORMS = {
    "x86_64-unknown-linux-musl": "linux_amd64",
    "aarch64-unknown-linux-musl": "linux_arm64",
    "x86_64-pc-windows-msvc": "windows_amd64",
    "x86_64-pc-windows-gnu": "windows_amd64",
    "x86_64-apple-darwin": "darwin_amd64",
    "aarch64-apple-darwin": "darwin_arm64",
}


def printed(what, package, target):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        what(package, target)
    return text.getvalue().encode()


def moment():
    """The second that all files bear; a zip counts in steps of two, from 1980 on."""
    seconds = max(int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600")), 315532800)
    return time.gmtime(seconds - seconds % 2)[:6]


def zipped(path, files):
    """A zip of (name, bytes, executable), sorted, without anything of this machine."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data, executable in sorted(files):
            info = zipfile.ZipInfo(name, moment())
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            archive.writestr(info, data)


def binaries(version, target, built, out):
    platform = PLATFORMS[target]
    ending = ".exe" if "windows" in target else ""
    licence = (ROOT / "LICENSE").read_bytes()
    for package, inside in [(NAME, f"{NAME}_v{version}{ending}"), (EMULATOR, f"{EMULATOR}{ending}")]:
        program = (built / f"{package}{ending}").read_bytes()
        notices = printed(inventory.notices, package, target)
        files = [(inside, program, True), ("LICENSE", licence, False), ("THIRD_PARTY_NOTICES.md", notices, False)]
        zipped(out / f"{package}_{version}_{platform}.zip", files)
        sbom = printed(inventory.sbom, package, target)
        (out / f"{package}_{version}_{platform}.cdx.json").write_bytes(sbom)


def finish(version, out):
    manifest = {"version": 1, "metadata": {"protocol_versions": ["6.0"]}}
    (out / f"{NAME}_{version}_manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    names = sorted(f.name for f in out.iterdir() if f.name.startswith((f"{NAME}_{version}_", f"{EMULATOR}_{version}_")))
    names = [n for n in names if not n.endswith(("_SHA256SUMS", "_SHA256SUMS.sig"))]
    sums = [f"{hashlib.sha256((out / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    (out / f"{NAME}_{version}_SHA256SUMS").write_text("".join(sums))
    layout.write(version, out, NAME)


def is_static(program):
    """Whether an ELF program asks for no interpreter."""
    count, size = int.from_bytes(program[56:58], "little"), int.from_bytes(program[54:56], "little")
    start = int.from_bytes(program[32:40], "little")
    heads = [program[start + n * size : start + n * size + 4] for n in range(count)]
    return all(int.from_bytes(head, "little") != 3 for head in heads)


def check(out, forbidden):
    wrong = []
    zips = sorted(out.glob("*.zip"))
    if not zips:
        wrong.append(f"no zip in {out}")
    for path in zips:
        if path.name.startswith(NAME) and path.stat().st_size > ZIP:
            wrong.append(f"{path.name} has {path.stat().st_size} bytes, more than {ZIP}")
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                data = archive.read(info)
                for text in forbidden:
                    if text.encode() in data:
                        wrong.append(f"{path.name}: {info.filename} holds {text}")
                if not info.external_attr >> 16 & 0o100:
                    continue
                print(f"{path.name}: {info.filename} {len(data)} bytes, zip {path.stat().st_size} bytes")
                if info.filename.startswith(NAME) and len(data) > BINARY:
                    wrong.append(f"{info.filename} has {len(data)} bytes, more than {BINARY}")
                if "_linux_" in path.name and not is_static(data):
                    wrong.append(f"{path.name}: {info.filename} is not static")
    wrong += layout.check(out, NAME) or layout.self_test(out, NAME)
    for line in wrong:
        print(f"wrong: {line}", file=sys.stderr)
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["binaries", "finish", "check"])
    parser.add_argument("--version")
    parser.add_argument("--target")
    parser.add_argument("--from", dest="built", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--forbid", action="append", default=[])
    arguments = parser.parse_args()
    if arguments.what == "binaries":
        return binaries(arguments.version, arguments.target, arguments.built, arguments.out)
    if arguments.what == "finish":
        return finish(arguments.version, arguments.out)
    return check(arguments.out, arguments.forbid)


if __name__ == "__main__":
    sys.exit(main())
