#!/usr/bin/env python3
"""Runs the guides in docs/guides: each is a story, and each block of it is done, from top to bottom, with the real host, the
provider and a fresh emulator of the service. Also holds what can be seen without a run: both languages, links, words, titles.

    tests/guides.py [--host PATH]... [--bin DIR] [--check] [--show] [--record] [--keep] [NAME]...

--host   terraform or tofu to run with, repeatable; else AICCS_CLI, else terraform or tofu on PATH
--bin    where terraform-provider-aiccs and aiccs-emulator are; else CARGO_TARGET_DIR/debug, target/debug
--check  only what needs no run
--show   print what each block prints
--record write what the pages show as recorded
--keep   leave the folders of the stories, and say where they are
NAME     guides to run, such as callees-from-csv; all of them unless given

A block is a fence in the page. What is done with it stands in an HTML comment before it, one directive a line:

    file: NAME            the block is written to this file        adds to: NAME   it is put at the end of this file
    fails                 the commands of the block end with an error; without this word they must succeed
    needs: HOST VERSION   the block is for hosts from this version on, such as `terraform 1.14`, `tofu 1.11`; several with commas;
                          a host that is not named cannot do it. What follows up to the next block belongs to it
    not run: REASON       the block is not done, and why

`shell` blocks are run. A `text` block after them is what they print: each of its lines must come, in this order; `…` stands for
anything. Further checks, anywhere after a run:

    output: TEXT          the commands before printed this         no output: TEXT     they did not
    writes: NAME...       the calls that change something, since the last such check; `A > B` in this order; `none` for none
    task: NAME | K=V ...  the service has one task of this name with these fields; `NAME…` is how a name begins
    callees: COUNT K=V    the service has so many callees with these fields
    nowhere: TEXT         no file of the story's folder holds this text, saved plans included, and nothing printed it;
                          `nowhere but FILE...: TEXT` allows it in these files
    service: METHOD PATH BODY    something is done at the emulator: somebody in the console, a callee who answers; <NAME> in it
                          stands for the id of the task of this name

    recorded: FILE        what the commands printed is what this file of the repository holds, but for the order of warnings;
                          with --record it is written
    copy: FOLDER to NAME  a folder of the repository is copied into the story's

At the top of a page, `hosts: HOST VERSION, ...` names the hosts of the whole guide.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile
from pathlib import Path

from pages import CHINESE, GUIDES, ROOT, Wrong, guides, static, steps

# How long one block may take.
LONGEST = 120
KEY, SECRET = "guide-key-id", "guide-key-secret"
# Calls that change nothing.
READS = re.compile(r"^(Page)?Query|^List|^GetCallerIdentity|^AssumeRole")


class Host:
    """A terraform or tofu."""

    def __init__(self, path):
        self.path = shutil.which(path) or str(Path(path).resolve())
        try:
            text = subprocess.run([self.path, "version", "-json"], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "CHECKPOINT_DISABLE": "1"}).stdout
            version = json.loads(text)["terraform_version"]
        except (OSError, ValueError, KeyError) as error:
            raise Wrong(f"{path} is no terraform and no tofu: {error}") from None
        said = subprocess.run([self.path, "version"], capture_output=True, text=True, timeout=60).stdout
        self.name = "tofu" if said.startswith("OpenTofu") else "terraform"
        self.version = version
        self.number = tuple(int(part) for part in re.findall(r"\d+", version)[:3])

    def __str__(self):
        return f"{self.name} {self.version}"

    def serves(self, needs):
        """Whether this host is among those of `terraform 1.14, tofu 1.11`."""
        for need in needs.split(","):
            name, _, version = need.strip().partition(" ")
            if name not in ("terraform", "tofu") or not re.fullmatch(r"\d+(\.\d+)*", version):
                raise Wrong(f"no host with a version: {need.strip()!r}")
            if name == self.name and self.number >= tuple(int(part) for part in version.split(".")):
                return True
        return False


def hosts(named):
    if not named:
        found = os.environ.get("AICCS_CLI") or shutil.which("terraform") or shutil.which("tofu")
        if not found:
            raise Wrong("neither terraform nor tofu is on PATH; --host or AICCS_CLI names one")
        named = [found]
    return [Host(path) for path in named]


class Story:
    """One guide, run with one host in a folder of its own."""

    def __init__(self, name, host, binaries, folder, args):
        self.name, self.host, self.folder = name, host, folder
        self.show, self.record = args.show, args.record
        self.page = GUIDES / f"{name}.md"
        self.work = folder / "work"
        self.groups, self.output, self.all_output, self.seen = [], "", "", 0
        self.done, self.left_out, self.not_run = 0, 0, 0
        self.needed = set()
        self.work.mkdir(parents=True)
        (folder / "home").mkdir()
        self.programs(binaries)
        self.emulator(binaries)

    def programs(self, binaries):
        """The host under its own name, and as `terraform`: an apply approves itself."""
        programs = self.folder / "bin"
        programs.mkdir()
        for name in {"terraform", self.host.name}:
            wrapper = programs / name
            wrapper.write_text(
                "#!/usr/bin/env bash\nbefore=()\nwhile [[ ${1-} == -* ]]; do before+=(\"$1\"); shift; done\n"
                "case ${1-} in apply | destroy) set -- \"$1\" -auto-approve \"${@:2}\" ;; esac\n"
                f"exec '{self.host.path}' \"${{before[@]}}\" \"$@\"\n")
            wrapper.chmod(0o755)
        for name in ("aiccs-emulator", "terraform-provider-aiccs"):
            (programs / name).symlink_to(binaries / name)
        system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, "windows")
        machine = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(os.uname().machine, os.uname().machine)
        said = subprocess.run([binaries / "terraform-provider-aiccs", "--version"], capture_output=True, text=True).stdout
        version = said.split()[1]
        # A mirror, so that `terraform init` is what it is for a user.
        for registry in ("registry.terraform.io", "registry.opentofu.org"):
            place = self.folder / "mirror" / registry / "aiccs" / "aiccs" / version / f"{system}_{machine}"
            place.mkdir(parents=True)
            to = place / f"terraform-provider-aiccs_v{version}"
            try:
                os.link(binaries / "terraform-provider-aiccs", to)
            except OSError:
                shutil.copy2(binaries / "terraform-provider-aiccs", to)
        (self.folder / "cli.rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.folder}/mirror"\n  }}\n}}\n')

    def emulator(self, binaries):
        process = subprocess.Popen(
            [binaries / "aiccs-emulator", "--listen", "127.0.0.1:0", "--access-key-id", KEY, "--access-key-secret", SECRET,
             "--seed", "1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
        self.groups.append(process.pid)
        line = process.stdout.readline().strip()
        if not line.startswith("listening on "):
            raise Wrong(f"the emulator did not start: {line!r}")
        self.endpoint = line.removeprefix("listening on ")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE") if name in os.environ}
        self.environment = {
            **keep, "PATH": f"{self.folder}/bin:{keep['PATH']}", "HOME": f"{self.folder}/home", "NO_COLOR": "1",
            "TF_CLI_CONFIG_FILE": f"{self.folder}/cli.rc", "CHECKPOINT_DISABLE": "1", "TF_INPUT": "0", "TF_IN_AUTOMATION": "",
            "AICCS_ENDPOINT": self.endpoint, "STS_ENDPOINT": self.endpoint, "DYVMS_ENDPOINT": self.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        }
        self.where = str(self.work)

    def ask(self, method, path, body=None):
        data = body.encode() if body else None
        request = urllib.request.Request(self.endpoint + path, data=data, method=method,
                                         headers={"Content-Type": "application/json"} if data else {})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.strip() else None

    def end(self):
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass

    # A step of the page.

    def run(self):
        pending, skipping = {}, False
        for kind, what, text, line in steps(self.page):
            try:
                if kind == "say" and what in ("file", "adds to", "fails", "needs", "not run"):
                    pending[what] = text
                    skipping = False
                elif kind == "say":
                    if what == "hosts":
                        continue
                    if not skipping:
                        self.check(what, text)
                else:
                    skipping = self.block(what, text, pending, skipping)
                    pending = {}
            except Wrong as wrong:
                tail = "\n".join(f"    | {l}" for l in self.output.splitlines()[-60:])
                raise Wrong(f"{self.page.relative_to(ROOT)}:{line}: {wrong}\n{tail}") from None

    def block(self, language, text, pending, skipping):
        """Does a block; tells whether what follows up to the next one is left out."""
        if "not run" in pending:
            self.not_run += 1
            return True
        if "needs" in pending and not self.host.serves(pending["needs"]):
            self.left_out += 1
            self.needed.add(pending["needs"])
            return True
        if language == "text" and not ({"file", "adds to"} & pending.keys()):
            if not skipping:
                self.expect_lines(text)
                self.done += 1
            return skipping
        self.done += 1
        if language == "shell":
            self.shell(text, "fails" in pending)
        elif "adds to" in pending:
            with open(self.place(pending["adds to"]), "a", encoding="utf-8") as file:
                file.write("\n" + text)
        elif "file" in pending:
            self.place(pending["file"]).write_text(text, encoding="utf-8")
            if language == "yaml":
                self.is_yaml(pending["file"])
        else:
            raise Wrong(f"nothing is done with this {language} block: file, adds to, or not run")
        return False

    def place(self, name):
        path = Path(self.where) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def is_yaml(self, name):
        """A file that nobody reads in the story is read by the host."""
        there = self.folder / "yaml"
        there.mkdir(exist_ok=True)
        said = subprocess.run([self.host.path, "console"], cwd=there, env=self.environment, capture_output=True, text=True,
                              input=f'can(yamldecode(file("{self.place(name)}")))\n', timeout=LONGEST)
        if said.stdout.strip() != "true":
            raise Wrong(f"{name} is no YAML: {said.stdout} {said.stderr}")

    def shell(self, text, fails):
        """Runs a block; folder and exported variables stay for the next one, as in a terminal."""
        kept = self.folder / "environment"
        script = f"set -euo pipefail\ntrap 'code=$?; {{ pwd; env -0; }} >\"{kept}\"; exit $code' EXIT\n{text}"
        process = subprocess.Popen(["bash", "-c", script], cwd=self.where, env=self.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.groups.append(process.pid)
        pieces = []
        reader = threading.Thread(target=lambda: [pieces.append(p) for p in iter(lambda: process.stdout.read1(65536), b"")], daemon=True)
        reader.start()
        try:
            code = process.wait(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.output = plain(b"".join(pieces))
            raise Wrong(f"not done after {LONGEST} s: {text.strip()}") from None
        # Programs of the block that go on hold its output open.
        reader.join(timeout=2)
        self.output = plain(b"".join(pieces))
        self.all_output += self.output
        if self.show:
            print(f"--- {text.strip()}\n{self.output}", flush=True)
        where, _, rest = kept.read_bytes().partition(b"\n")
        self.where = where.decode()
        pairs = (pair.partition(b"=") for pair in rest.split(b"\0") if pair)
        # Without pairs the environment was too large even for `env`: then nothing of it stays.
        told = {name.decode(): value.decode(errors="surrogateescape") for name, _, value in pairs}
        self.environment = told or self.environment
        if (code != 0) != fails:
            raise Wrong(f"the block {'succeeded' if code == 0 else f'ended with {code}'}: {text.strip()}")

    # Checks.

    def expect_lines(self, text):
        rest = flat(self.output)
        for line in text.splitlines():
            for part in (flat(part) for part in line.split("…")):
                if not part:
                    continue
                # Messages name the commands of the host at hand.
                ours = part.replace("terraform ", f"{self.host.name} ")
                _, found, rest = rest.partition(ours if ours in rest else part)
                if not found:
                    elsewhere = " (it stands earlier)" if part in flat(self.output) else ""
                    raise Wrong(f"not printed{elsewhere}: {part}")

    def check(self, what, text):
        self.done += 1
        if what == "output" and flat(text) not in flat(self.output):
            raise Wrong(f"not printed: {text}")
        if what == "no output" and flat(text) in flat(self.output):
            raise Wrong(f"printed: {text}")
        if what == "service":
            for task in self.ask("GET", "/__tasks"):
                text = text.replace(f"<{task['TaskName']}>", task["TaskId"])
            method, path, *body = text.split(" ", 2)
            self.ask(method, path, body[0] if body else None)
        if what == "writes":
            self.writes(text)
        if what == "task":
            name, _, fields = (part.strip() for part in text.partition("|"))
            begins = name.removesuffix("…")
            same = (lambda full: full.startswith(begins)) if name != begins else (lambda full: full == name)
            tasks = [task for task in self.ask("GET", "/__tasks") if same(task["TaskName"])]
            if len(tasks) != 1:
                raise Wrong(f"the service has {len(tasks)} tasks named {name}")
            self.fields(tasks[0], fields)
        if what == "callees":
            count, _, fields = text.partition(" ")
            wanted = dict(field.split("=", 1) for field in fields.split())
            found = [c for c in self.ask("GET", "/__details") if all(worded(c.get(k)) == v for k, v in wanted.items())]
            if len(found) != int(count):
                raise Wrong(f"the service has {len(found)} callees with {fields or 'any field'}, not {count}: "
                            f"{json.dumps(self.ask('GET', '/__details'), ensure_ascii=False)[:1500]}")
        if what == "nowhere":
            self.nowhere(*text)
        if what == "recorded":
            self.recorded(ROOT / text)
        if what == "copy":
            source, _, name = text.partition(" to ")
            shutil.copytree(ROOT / source, Path(self.where) / name)

    def recorded(self, path):
        """Compares what was printed with a file; a host prints warnings in any order, and its notes are left out."""
        told = self.output.split("\n─")[0].replace("OpenTofu will perform", "Terraform will perform")
        lines = [line.rstrip() for line in told.splitlines()]
        first = next(number for number, line in enumerate(lines) if line.startswith("Terraform will perform"))
        lines = re.sub(r"\n{2,}", "\n\n", "\n".join(lines[first:]).strip()).splitlines()
        if self.record:
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        if sorted(kept) != sorted(lines):
            differ = sorted(set(kept) ^ set(lines))
            raise Wrong(f"{path.relative_to(ROOT)} holds something else than was printed (--record writes it): {differ[:6]}")

    def fields(self, task, fields):
        for field in fields.split():
            name, _, value = field.partition("=")
            if worded(task.get(name)) != value:
                raise Wrong(f"{name} of the task is {task.get(name)!r}, not {value}: {json.dumps(task, ensure_ascii=False)}")

    def writes(self, text):
        journal = self.ask("GET", "/__journal")
        bad = [call for call in journal if call.get("signature_valid") is False and not call["operation"].endswith("WithOIDC")]
        if bad:
            raise Wrong(f"a call had an invalid signature: {bad[0]['operation']}")
        names = [call["operation"] for call in journal[self.seen:] if not READS.match(call["operation"])]
        self.seen = len(journal)
        wanted = [] if text == "none" else text.replace(">", " ").split()
        # Resources run side by side; `A > B` says the order of calls for one.
        if names != wanted and (">" in text or sorted(names) != sorted(wanted)):
            raise Wrong(f"the calls that change something were: {' '.join(names) or 'none'}\n  instead of: {text}")

    def nowhere(self, allowed, text):
        if text in self.all_output:
            raise Wrong(f"a command has printed {text}")
        for path in sorted(self.work.rglob("*")):
            if not path.is_file() or path.name in allowed or "providers" in path.parts:
                continue
            contents = [path.read_bytes()]
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    contents += [archive.read(name) for name in archive.namelist()]
            if any(text.encode() in content for content in contents):
                raise Wrong(f"{path.relative_to(self.work)} holds {text}")


def worded(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain(data):
    """What a terminal shows, without colours and frames."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", data.decode(errors="replace"))
    return re.sub(r"[╷│╵]", " ", text)


def flat(text):
    """On one line: hosts break lines by the width of the terminal."""
    return " ".join(text.split())


def formatted(host):
    """Each block of configuration is as `fmt` writes it, those that this host cannot run included."""
    wrong = []
    blocks = [(page, line, text) for page in sorted(GUIDES.glob("*.md")) if not page.stem.endswith(CHINESE)
              for kind, what, text, line in steps(page) if kind == "block" and what == "terraform"]
    for page, line, text in blocks:
        said = subprocess.run([host.path, "fmt", "-check", "-diff", "-no-color", "-"], input=text, capture_output=True, text=True,
                              timeout=LONGEST, env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"})
        if said.returncode:
            wrong.append(f"{page.relative_to(ROOT)}:{line}: {said.stdout}{said.stderr}")
    return wrong, len(blocks)


def tell(name, host, binaries, args):
    """Runs one guide; its line, and whether it passed (None: not for this host)."""
    begun = time.monotonic()
    for kind, what, text, _ in steps(GUIDES / f"{name}.md"):
        if kind == "say" and what == "hosts" and not host.serves(text):
            return f"skip  {name:<24} {host}: for {text} and later", None
    if not any(kind == "block" for kind, *_ in steps(GUIDES / f"{name}.md")):
        return f"skip  {name:<24} {host}: has no blocks", None
    folder = Path(tempfile.mkdtemp(prefix=f"guide-{name}-"))
    story = None
    try:
        story = Story(name, host, binaries, folder, args)
        story.run()
        parts = [f"{story.done} steps"]
        if story.left_out:
            parts.append(f"{story.left_out} left out (for {'; '.join(sorted(story.needed))})")
        if story.not_run:
            parts.append(f"{story.not_run} cannot be run")
        return f"ok    {name:<24} {host}: {', '.join(parts)}, {time.monotonic() - begun:.1f} s", True
    # What the emulator refuses, or cannot answer any more, is an OSError.
    except (Wrong, OSError, ValueError, LookupError) as wrong:
        return f"FAIL  {name:<24} {host}, {time.monotonic() - begun:.1f} s\n  {wrong}", False
    finally:
        if story:
            story.end()
        if args.keep:
            print(f"{name}: {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", action="append")
    parser.add_argument("--bin", default=None)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    problems = static()
    for problem in problems:
        print(f"FAIL  {problem}", flush=True)
    passed, failed, skipped = (0, len(problems), 0) if problems else (1, 0, 0)
    try:
        if not args.check:
            binaries = Path(args.bin or Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug").resolve()
            for program in ("terraform-provider-aiccs", "aiccs-emulator"):
                if not (binaries / program).exists():
                    raise Wrong(f"{binaries / program} is missing: cargo build --locked --workspace --bins, or --bin names the folder")
            unknown = set(args.names) - set(guides())
            if unknown:
                raise Wrong(f"no such guide: {', '.join(sorted(unknown))}; there are {', '.join(guides())}")
            programs = hosts(args.host)
            # Older ones cannot read functions of providers.
            newest = max(programs, key=lambda host: host.number)
            wrong, count = formatted(newest)
            print("\n".join(f"FAIL  {line}" for line in wrong) or f"ok    {count} blocks of configuration are formatted ({newest})", flush=True)
            passed, failed = passed + (not wrong), failed + len(wrong)
            # Two at a time: each waits for processes most of its time.
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                runs = [pool.submit(tell, name, host, binaries, args)
                        for host in programs for name in (args.names or guides())]
                for run in concurrent.futures.as_completed(runs):
                    line, well = run.result()
                    print(line, flush=True)
                    passed, failed, skipped = passed + (well is True), failed + (well is False), skipped + (well is None)
    except Wrong as wrong:
        print(f"FAIL  {wrong}")
        failed += 1
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
