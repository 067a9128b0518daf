"""The zips of a release as an OCI image layout, as OpenTofu's `oci_mirror` reads it from a registry: an index of the version,
in it a manifest for each platform, whose only layer is the release's zip, byte for byte. Written and checked for package.py.
"""

import hashlib
import json
import pathlib
import re
import shutil
import tempfile

FOLDER = "oci"

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PROVIDER = "application/vnd.opentofu.provider"
TARGET = "application/vnd.opentofu.provider-target"
ZIP = "archive/zip"
# A manifest needs a configuration; OCI has one that is empty.
EMPTY = "application/vnd.oci.empty.v1+json"
TAG = "org.opencontainers.image.ref.name"


def tag(version):
    """A tag has no plus sign: OpenTofu looks for an underscore there."""
    return version.replace("+", "_")


def zips(out, name):
    """{(os, architecture): path} of the provider's zips; their names end with the platform."""
    found = {}
    for path in sorted(out.glob(f"{name}_*.zip")):
        system, architecture = re.search(r"_([a-z]+)_([a-z0-9]+)\.zip$", path.name).groups()
        found[system, architecture] = path
    return found


def write(version, out, name):
    """Lays out the zips of a folder in its folder `oci`; what was there is gone."""
    folder = out / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "blobs/sha256").mkdir(parents=True)
    empty = blob(folder, b"{}", EMPTY)
    targets = []
    for (system, architecture), path in zips(out, name).items():
        layer = blob(folder, path.read_bytes(), ZIP)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": TARGET, "config": empty, "layers": [layer]}
        known = {"artifactType": TARGET, "platform": {"os": system, "architecture": architecture}}
        targets.append({**blob(folder, text(manifest), MANIFEST), **known})
    index = {"schemaVersion": 2, "mediaType": INDEX, "artifactType": PROVIDER, "manifests": targets}
    tagged = {**blob(folder, text(index), INDEX), "artifactType": PROVIDER, "annotations": {TAG: tag(version)}}
    (folder / "index.json").write_bytes(text({"schemaVersion": 2, "mediaType": INDEX, "manifests": [tagged]}))
    (folder / "oci-layout").write_bytes(text({"imageLayoutVersion": "1.0.0"}))


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


def blob(folder, data, kind):
    """Keeps the bytes under their checksum; their descriptor."""
    digest = hashlib.sha256(data).hexdigest()
    (folder / "blobs/sha256" / digest).write_bytes(data)
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}


class Wrong(Exception):
    """What is not as it should be."""


def check(out, name):
    """Reads the layout as a registry's client does, and compares it with the zips; what is wrong, as texts."""
    try:
        walk(out, name)
    except Wrong as wrong:
        return [f"{FOLDER}: {wrong}"]
    except (OSError, KeyError, ValueError) as error:
        return [f"{FOLDER}: {error!r}"]
    return []


def walk(out, name):
    folder, seen = out / FOLDER, set()

    def fetch(descriptor, kind):
        """The bytes that a descriptor names, if they are those that it describes."""
        same(descriptor["mediaType"], kind, "a media type")
        algorithm, digest = descriptor["digest"].split(":")
        same(algorithm, "sha256", "a digest's algorithm")
        data = (folder / "blobs/sha256" / digest).read_bytes()
        same(hashlib.sha256(data).hexdigest(), digest, "a checksum")
        same(len(data), descriptor["size"], f"the size of {digest}")
        seen.add(digest)
        return data

    same(json.loads((folder / "oci-layout").read_bytes()), {"imageLayoutVersion": "1.0.0"}, "oci-layout")
    (tagged,) = json.loads((folder / "index.json").read_bytes())["manifests"]
    expected = zips(out, name)
    versions = {path.name.split("_")[1] for path in expected.values()}
    same({tagged["annotations"][TAG]}, {tag(version) for version in versions}, "the tag")
    index = json.loads(fetch(tagged, INDEX))
    same((index["mediaType"], index["artifactType"]), (INDEX, PROVIDER), "the types of the index")
    held = {}
    for target in index["manifests"]:
        manifest = json.loads(fetch(target, MANIFEST))
        same((target["artifactType"], manifest["artifactType"]), (TARGET, TARGET), "the artifact types of a platform")
        same((manifest["schemaVersion"], manifest["mediaType"]), (2, MANIFEST), "a manifest")
        same(fetch(manifest["config"], EMPTY), b"{}", "a configuration")
        (layer,) = manifest["layers"]
        held[target["platform"]["os"], target["platform"]["architecture"]] = fetch(layer, ZIP)
    same(sorted(held), sorted(expected), "the platforms")
    same(len(held), len(index["manifests"]), "the number of platforms")
    for platform, path in expected.items():
        if held[platform] != path.read_bytes():
            raise Wrong(f"the layer of {'_'.join(platform)} is not {path.name}")
    same({f.name for f in (folder / "blobs/sha256").iterdir()}, seen, "the blobs")


def same(found, wanted, what):
    if found != wanted:
        raise Wrong(f"{what}: {found!r} instead of {wanted!r}")


def self_test(out, name):
    """Spoils a copy of the layout in every way that matters: each must be told. What was not told, as texts."""
    untold = []
    for what, spoil in SPOILED.items():
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "release"
            shutil.copytree(out, copy)
            spoil(copy / FOLDER, next(iter(zips(copy, name).values())))
            if not check(copy, name):
                untold.append(f"{FOLDER}: {what} is not told")
    return untold


def largest(folder):
    return max((folder / "blobs/sha256").iterdir(), key=lambda f: f.stat().st_size)


def replaced(old, new):
    def spoil(folder, _):
        path = folder / "index.json"
        path.write_text(path.read_text().replace(old, new))

    return spoil


SPOILED = {
    "a changed layer": lambda folder, _: largest(folder).write_bytes(b"x" + largest(folder).read_bytes()[1:]),
    "a missing layer": lambda folder, _: largest(folder).unlink(),
    "another zip": lambda _, zipped: zipped.write_bytes(zipped.read_bytes() + b"x"),
    "a platform too many": lambda _, zipped: shutil.copy(zipped, re.sub(r"_[a-z]+_([a-z0-9]+\.zip)$", r"_solaris_\1", str(zipped))),
    "a stray blob": lambda folder, _: (folder / "blobs/sha256/stray").write_bytes(b""),
    "another tag": replaced(f'"{TAG}":"', f'"{TAG}":"9'),
    "another media type": replaced("image.index.v1", "image.index.v2"),
}
