#!/usr/bin/env python3
"""Compares the emulator's contract with the models of the official Python SDKs: names, types, what is required, where it
travels. The SDKs' sources are read; nothing of them runs.

    contract.py CONTRACT      CONTRACT is a file with what `aiccs-emulator --contract` prints

A difference that has its reason in EXPLAINED is listed. Any other fails, and so does a reason that explains nothing any more.
"""

import ast
import functools
import importlib.util
import json
import pathlib
import re
import sys

# Version of the operations -> package of the SDK.
PACKAGES = {
    "2019-10-15": "alibabacloud_aiccs20191015",
    "2017-05-25": "alibabacloud_dyvmsapi20170525",
    "2015-04-01": "alibabacloud_sts20150401",
}

# Parameters of the platform: the SDK has them on every operation, and no operation needs them.
PLATFORM = {"OwnerId", "ResourceOwnerAccount", "ResourceOwnerId"}

# (operation, parameter or field, difference): why the contract is right all the same.
NEWER = "An audit label of later versions of STS: nothing here sends it"
UNMARKED = "The documented call has it, and the SDK's own credentials send it; the model marks nothing of this operation"
EITHER = "The vendor's page calls all four optional; with the switch `call_record_requires=task_id` the emulator asks for it"
EXPLAINED = {
    ("QueryConversationDetailInfoNew", "parameter TaskId", "required in the SDK only"): EITHER,
    ("AssumeRole", "parameter SourceIdentity", "in the SDK only"): NEWER,
    ("AssumeRole", "field SourceIdentity", "in the SDK only"): NEWER,
    ("AssumeRoleWithOIDC", "field SourceIdentity", "in the SDK only"): NEWER,
    ("AssumeRoleWithOIDC", "parameter OIDCProviderArn", "required here only"): UNMARKED,
    ("AssumeRoleWithOIDC", "parameter OIDCToken", "required here only"): UNMARKED,
    ("AssumeRoleWithOIDC", "parameter RoleArn", "required here only"): UNMARKED,
    ("AssumeRoleWithOIDC", "parameter RoleSessionName", "required here only"): UNMARKED,
}

PLAIN = {"str": "text", "int": "integer", "bool": "boolean", "List[str]": "texts", "List[int]": "integers"}
REQUIRED = "This parameter is required."


class Sdk:
    """What the source of an SDK says of its models and of its client."""

    def __init__(self, package):
        found = importlib.util.find_spec(package)
        if found is None:
            sys.exit(f"{package} is not installed")
        folder = pathlib.Path(found.submodule_search_locations[0])
        self.texts = {}
        for path in (folder / "models").glob("_*.py"):
            text = path.read_text()
            self.texts.update(dict.fromkeys(re.findall(r"^class (\w+)\(", text, re.MULTILINE), text))
        client = ast.parse((folder / "client.py").read_text())
        self.methods = {f.name.replace("_", ""): f for f in ast.walk(client) if isinstance(f, ast.FunctionDef)}

    @functools.cache
    def model(self, name):
        """{wire name: (type, required)} of a model; None where there is no such model."""
        text = self.texts.get(name)
        if text is None:
            return None
        node = next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == name)
        functions = {f.name: f for f in node.body if isinstance(f, ast.FunctionDef)}
        types = {a.arg: ast.unparse(a.annotation) for a in functions["__init__"].args.args if a.annotation}
        required = set(required_attributes(functions["__init__"], text.splitlines()))
        wire = dict(wire_names(functions["from_map"]))
        return {wire[a]: (kind.replace("main_models.", ""), a in required) for a, kind in types.items()}

    def has(self, operation):
        return f"{operation.lower()}withoptions" in self.methods

    def in_the_form(self, operation):
        """The parameters that the client puts into the body: it writes `body['Name'] = …`."""
        for node in ast.walk(self.methods[f"{operation.lower()}withoptions"]):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "body":
                yield ast.literal_eval(node.slice)


def required_attributes(init, lines):
    """The comment above an assignment says what is required."""
    for statement in init.body:
        line = statement.lineno - 2
        while lines[line].strip().startswith("#"):
            if REQUIRED in lines[line]:
                yield statement.targets[0].attr
            line -= 1


def wire_names(from_map):
    """From `if m.get('CallDay') is not None: self.call_day = …`, whatever stands between."""
    for node in from_map.body:
        names = re.search(r"if m\.get\('(\w+)'\) is not None:.*?self\.(\w+)", ast.unparse(node), re.DOTALL)
        if names:
            yield names[2], names[1]


def kind_of(sdk, text):
    """The contract's word for a type of an answer of the SDK."""
    if text in PLAIN:
        return PLAIN[text]
    if not text.startswith("List["):
        return "object"
    return "windows" if set(sdk.model(text[5:-1]) or ()) == {"StartTime", "EndTime"} else "objects"


def names_differ(what, ours, theirs):
    for name in sorted(set(theirs) - set(ours)):
        yield f"{what} {name}", "in the SDK only"
    for name in sorted(set(ours) - set(theirs)):
        yield f"{what} {name}", "here only"


def requests_differ(sdk, operation):
    theirs = sdk.model(f"{operation['name']}Request") or {}
    theirs = {name: known for name, known in theirs.items() if name not in PLATFORM}
    ours = {p["name"]: p for p in operation["parameters"]}
    form = set(sdk.in_the_form(operation["name"]))
    yield from names_differ("parameter", ours, theirs)
    for name in sorted(set(ours) & set(theirs)):
        own, (text, required) = ours[name], theirs[name]
        kind = kind_of(sdk, text)
        # The windows of a request are JSON texts.
        if own["kind"] != kind and (own["kind"], kind) != ("windows", "texts"):
            yield f"parameter {name}", f"{own['kind']} here, {kind} in the SDK"
        if own["required"] != required:
            yield f"parameter {name}", "required here only" if own["required"] else "required in the SDK only"
        place = "form" if name in form else "query"
        if own["place"] != place:
            yield f"parameter {name}", f"in the {own['place']} here, in the {place} in the SDK"


def answers_differ(sdk, operation):
    shape, theirs = shape_of(sdk, sdk.model(f"{operation['name']}ResponseBody"))
    ours = {f["name"]: f["kind"] for f in operation["fields"]}
    if shape != operation["data"]:
        yield "Data", f"{operation['data']} here, {shape} in the SDK"
    yield from names_differ("field", ours, theirs)
    for name in sorted(set(ours) & set(theirs)):
        kind = kind_of(sdk, theirs[name][0])
        if ours[name] != kind:
            yield f"field {name}", f"{ours[name]} here, {kind} in the SDK"


def shape_of(sdk, body):
    """The shape of `Data` in the contract's words, and the fields that it has, or its items."""
    if "Model" in body:
        return "model", sdk.model(sdk.model(body["Model"][0])["Records"][0][5:-1])
    if "Data" not in body:
        return "plain", {name: known for name, known in body.items() if name != "RequestId"}
    text = body["Data"][0]
    if text in ("bool", "int"):
        return {"bool": "flag", "int": "id"}[text], {}
    if text.startswith("List["):
        return "array", sdk.model(text[5:-1]) or {}
    data = sdk.model(text)
    if set(data) == {"List", "PageNo", "PageSize", "Total"}:
        return "page", sdk.model(data["List"][0][5:-1])
    return "object", data


def main():
    operations = json.loads(pathlib.Path(sys.argv[1]).read_text())
    sdks = {version: Sdk(package) for version, package in PACKAGES.items()}
    compared, explained, wrong = 0, [], []
    for operation in operations:
        sdk, name = sdks[operation["version"]], operation["name"]
        if not sdk.has(name):
            wrong.append((name, "operation", "here only"))
            continue
        compared += len(operation["parameters"]) + len(operation["fields"])
        for difference in [*requests_differ(sdk, operation), *answers_differ(sdk, operation)]:
            key = (name, *difference)
            (explained if key in EXPLAINED else wrong).append(key)
    for key in explained:
        print(f"{key[0]}, {key[1]}: {key[2]}. {EXPLAINED[key]}")
    wrong += [(*key[:2], f"no longer so: {key[2]}") for key in EXPLAINED if key not in explained]
    for key in wrong:
        print(f"wrong: {key[0]}, {key[1]}: {key[2]}", file=sys.stderr)
    print(f"{len(operations)} operations, {compared} parameters and fields; {len(explained)} differences explained")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
