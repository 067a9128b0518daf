"""What the measurements through a real Terraform have in common: tasks to apply, the emulator to apply them to, the arguments,
and the place of a table in benches/README.md."""

import argparse
import json
import pathlib
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/ecosystem"))

import emulator  # noqa: E402
import host  # noqa: E402

AT_ONCE = 10

CONFIGURATION = """
variable "endpoint" {{ type = string }}

terraform {{
  required_providers {{
    aiccs = {{ source = "aiccs/aiccs" }}
  }}
}}

provider "aiccs" {{ endpoint = var.endpoint }}

resource "aiccs_call_task" "t" {{
  count          = {count}
  task_name      = "{name} ${{count.index}}"
  agent_id       = "118000000000000042"
  virtual_number = "0537022000"
  start_type     = "IMMEDIATE"
  call_day       = ["MONDAY", "FRIDAY"]
  call_time      = [{{ start_time = "09:00", end_time = "12:00" }}]
  task_cps       = {pace}
}}
"""


class Service:
    """The emulator's own end: how long an answer takes, and what has been called."""

    def __init__(self, endpoint, delay):
        self.endpoint = endpoint
        # No proxy stands before the loopback.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        if delay:
            fault = {"operation": "*", "kind": "delay", "times": None, "millis": delay}
            self.ask("POST", "/__control", {"faults": [fault]})

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with self.opener.open(urllib.request.Request(self.endpoint + path, data, method=method), timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def calls(self):
        found = len(self.ask("GET", "/__journal"))
        self.ask("DELETE", "/__journal")
        return found


def write(work, count, pace, name="campaign"):
    (work.folder / "main.tf").write_text(CONFIGURATION.format(count=count, pace=pace, name=name))


def built():
    subprocess.run(["cargo", "build", "--release", "--locked", "--bins"], cwd=ROOT, check=True)
    target = json.loads(subprocess.check_output(["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"], cwd=ROOT))
    return pathlib.Path(target["target_directory"]) / "release"


def tool():
    text = host.run(host.CLI, "version", "-json")
    return f"{pathlib.Path(host.CLI).name} {json.loads(text)['terraform_version']}"


def options(doc):
    """The arguments that all take."""
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--rounds", type=int, default=3)
    found.add_argument("--bin", type=pathlib.Path)
    found.add_argument("--write", action="store_true")
    return found


def parsed(found):
    arguments = found.parse_args()
    if host.CLI is None:
        sys.exit("neither terraform nor tofu is on PATH")
    return arguments


def into_readme(name, text):
    """Puts a table between the markers of the program of that name."""
    begin, end = f"<!-- {name}: written by `benches/{name}.py --write` -->", f"<!-- end of {name} -->"
    readme = ROOT / "benches/README.md"
    before, rest = readme.read_text().split(begin)
    readme.write_text(f"{before}{begin}\n\n{text}\n{end}{rest.split(end)[1]}")
