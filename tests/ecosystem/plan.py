#!/usr/bin/env python3
"""checkov reads a plan with this provider's resources, and judges them by policies of its users.

    plan.py EMULATOR PROVIDER CHECKOV
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
    program, provider, checkov = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, emulator.started(program, "118000000000000042=Reminder") as endpoint:
        work = host.Host(provider, pathlib.Path(folder) / "work", endpoint)
        shutil.copy(HERE / "checkov/main.tf", work.folder)
        work.run("init", "-no-color")
        work.run("plan", "-out=plan", "-no-color")
        plan = work.folder / "plan.json"
        plan.write_text(work.run("show", "-json", "plan"))
        planned = json.loads(plan.read_text())
        if "13800000000" in json.dumps([planned["planned_values"], planned["resource_changes"]]):
            sys.exit("the planned values hold a callee's number")
        policies = pathlib.Path(folder) / "policies"
        policies.mkdir()
        for policy in (HERE / "checkov").glob("*.yaml"):
            shutil.copy(policy, policies)
        command = [checkov, "-f", plan, "--framework", "terraform_plan", "--external-checks-dir", policies,
                   "--output", "json", "--skip-download", "--compact"]
        # checkov ends with 1 where a check has failed.
        report = json.loads(host.run(*command, cwd=work.folder, env=work.env, exit_codes=(1,)))
    host.is_(report["summary"]["parsing_errors"], 0, "files that checkov cannot read")
    judged = {name: sorted((c["check_id"], c["resource"]) for c in report["results"][f"{name}_checks"] if "AICCS" in c["check_id"])
              for name in ("passed", "failed")}
    wanted = {
        "passed": [("CKV2_AICCS_1", "aiccs_call_task.careful"), ("CKV2_AICCS_2", "aiccs_callee_batch.people")],
        "failed": [("CKV2_AICCS_1", "aiccs_call_task.hasty")],
    }
    host.is_(judged, wanted, "what checkov says")
    print("checkov reads the plan: two policies held, one broken, as the configuration has it")


if __name__ == "__main__":
    main()
