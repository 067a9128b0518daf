#!/usr/bin/env python3
"""CDKTF: generates the provider's bindings, compiles a stack with them, synthesizes it, and takes it through its life.

    bindings.py EMULATOR PROVIDER MODULES      MODULES is the folder node_modules with cdktf in it
"""

import json
import pathlib
import shutil
import sys
import tempfile

import emulator
import host

HERE = pathlib.Path(__file__).resolve().parent


def main():
    program, provider, modules = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, emulator.started(program, "118000000000000042=Reminder") as endpoint:
        work = host.Host(provider, pathlib.Path(folder), endpoint)
        for name in ("main.ts", "cdktf.json", "tsconfig.json"):
            shutil.copy(HERE / "cdktf" / name, work.folder)
        (work.folder / "node_modules").symlink_to(modules)
        tools = pathlib.Path(modules) / ".bin"
        env = {**work.env, "CI": "1"}
        host.run(tools / "cdktf", "get", cwd=work.folder, env=env)
        made = sorted(f.parent.name for f in work.folder.glob(".gen/providers/aiccs/*/index.ts"))
        print("bindings: " + ", ".join(made))
        host.run(tools / "tsc", "-p", ".", cwd=work.folder, env=env)
        host.run("node", "main.js", cwd=work.folder, env=env)
        stack = work.folder / "cdktf.out/stacks/campaign"
        resources = json.loads((stack / "cdk.tf.json").read_text())["resource"]
        host.is_(sorted(resources), ["aiccs_call_task", "aiccs_callee_batch"], "the synthesized resources")
        lives(work, stack)


def lives(work, stack):
    work.run("init", "-no-color", cwd=stack)
    work.run("apply", "-auto-approve", "-no-color", cwd=stack)
    outputs = {name: o["value"] for name, o in json.loads(work.run("output", "-json", cwd=stack)).items()}
    task = outputs.pop("task_id")
    host.is_((len(task), task.isdigit()), (18, True), "the task's id")
    wanted = {"agent_id": "118000000000000042", "windows": 2, "found": 2, "first_callee": "138****0000", "in_account": 1}
    host.is_(outputs, wanted, "the outputs")
    host.run(host.CLI, "plan", "-detailed-exitcode", "-no-color", cwd=stack, env=work.env)
    work.run("destroy", "-auto-approve", "-no-color", cwd=stack)
    print("compiled, synthesized, applied, nothing to plan, destroyed")


if __name__ == "__main__":
    main()
