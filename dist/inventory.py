#!/usr/bin/env python3
"""What is linked into the binaries: version, third-party notices, bill of materials. From `cargo metadata` alone.

    inventory.py version
    inventory.py notices --package NAME --target TRIPLE
    inventory.py sbom --package NAME --target TRIPLE
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENSES = re.compile(r"^(licen[sc]e|copying|notice|copyright|unlicense)", re.IGNORECASE)


def metadata(target=None):
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    if target:
        command += ["--filter-platform", target]
    return json.loads(subprocess.check_output(command, cwd=ROOT))


def version():
    data = metadata()
    return next(p["version"] for p in data["packages"] if p["name"] == "terraform-provider-aiccs")


def linked(package, target):
    """The packages that are linked into a program, with what each of them needs."""
    data = metadata(target)
    packages = {p["id"]: p for p in data["packages"]}
    nodes = {n["id"]: n for n in data["resolve"]["nodes"]}
    root = next(p["id"] for p in data["packages"] if p["name"] == package)
    needs, todo = {}, [root]
    while todo:
        one = todo.pop()
        if one in needs:
            continue
        normal = [d["pkg"] for d in nodes[one]["deps"] if any(k["kind"] is None for k in d["dep_kinds"])]
        # What runs at build time only is not in the program.
        needs[one] = [d for d in normal if not is_macro(packages[d])]
        todo += needs[one]
    return root, packages, needs


def is_macro(package):
    return any("proc-macro" in t["kind"] for t in package["targets"])


def notices(package, target):
    root, packages, needs = linked(package, target)
    others = sorted((packages[i] for i in needs if packages[i]["source"]), key=lambda p: (p["name"], p["version"]))
    print("# Third-party notices\n")
    print(f"`{package}` is linked with the following crates, and with the Rust standard library (MIT or Apache-2.0).\n")
    for p in others:
        print(f"* {p['name']} {p['version']}: {p['license'] or 'see its licence file'}")
    texts = {}
    for p in others:
        folder = pathlib.Path(p["manifest_path"]).parent
        files = sorted(f for f in folder.iterdir() if f.is_file() and LICENSES.match(f.name))
        if not files:
            texts.setdefault(f"{p['license']} (the crate holds no text of its own)", []).append(p)
        for f in files:
            text = "\n".join(line.rstrip() for line in f.read_text(errors="replace").splitlines()).strip()
            texts.setdefault(text, []).append(p)
    for text, owners in sorted(texts.items(), key=lambda item: (item[1][0]["name"], item[0])):
        names = ", ".join(sorted({f"{p['name']} {p['version']}" for p in owners}))
        print(f"\n## {names}\n\n```text\n{text}\n```")


def sbom(package, target):
    root, packages, needs = linked(package, target)
    lock = (ROOT / "Cargo.lock").read_text()
    sums = dict(
        ((n, v), s)
        for n, v, s in re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource = ".+"\nchecksum = "(.+)"', lock)
    )

    def reference(p):
        return f"pkg:cargo/{p['name']}@{p['version']}"

    def component(p, kind):
        found = {"type": kind, "bom-ref": reference(p), "name": p["name"], "version": p["version"], "purl": reference(p)}
        if p["license"]:
            found["licenses"] = [{"expression": p["license"].replace("/", " OR ")}]
        checksum = sums.get((p["name"], p["version"]))
        if checksum:
            found["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        return found

    main = component(packages[root], "application")
    parts = sorted((component(packages[i], "library") for i in needs if i != root), key=lambda c: c["bom-ref"])
    graph = [
        {"ref": reference(packages[i]), "dependsOn": sorted({reference(packages[d]) for d in deps})}
        for i, deps in needs.items()
    ]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{reference(packages[root])}?target={target}")
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": main, "properties": [{"name": "cargo:target", "value": target}]},
        "components": parts,
        "dependencies": sorted(graph, key=lambda d: d["ref"]),
    }
    print(json.dumps(bom, indent=2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["version", "notices", "sbom"])
    parser.add_argument("--package", default="terraform-provider-aiccs")
    parser.add_argument("--target")
    arguments = parser.parse_args()
    if arguments.what == "version":
        print(version())
    elif arguments.what == "notices":
        notices(arguments.package, arguments.target)
    else:
        sbom(arguments.package, arguments.target)


if __name__ == "__main__":
    sys.exit(main())
