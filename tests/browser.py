#!/usr/bin/env python3
"""The emulator's page in a real Chromium: looked at, clicked, and used beside a real `terraform apply`.

Needs Chromium and its driver, and installs nothing: on Debian `apt-get install chromium chromium-driver`. Without them it
says so and ends with 69. CHROMIUM and CHROMEDRIVER name others than those on PATH. The binaries are those of the debug
build (`cargo build --workspace --bins`). With `--screenshot FILE` it leaves the picture that the documentation shows.
"""

import argparse
import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
INJECTED = [
    "<img src=x onerror=\"window.hacked='img'\">",
    "</button><script>window.hacked='script'</script>",
    "\" onfocus=\"window.hacked='attribute'\" autofocus=\"",
    "javascript:window.hacked='link'",
    "{{constructor.constructor('window.hacked=1')()}}",
]


def ask(url, method="GET", body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {url}: {error.read().decode(errors='replace')[:2000]}") from None


class Browser:
    """The few commands of WebDriver that are needed here."""

    def __init__(self, driver, chromium):
        arguments = ["--headless=new", "--window-size=1400,1000", "--force-device-scale-factor=1", "--lang=en"]
        # Chromium's own sandbox does not start for root, as in most containers.
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments += ["--no-sandbox"]
        arguments += ["--disable-dev-shm-usage", "--disable-gpu"]
        options = {"binary": chromium, "args": arguments, "prefs": {"intl.accept_languages": "en"}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        started = ask(f"{driver}/session", "POST", {"capabilities": {"alwaysMatch": wanted}})
        self.at = f"{driver}/session/{started['value']['sessionId']}"

    def do(self, method, path, body=None):
        return ask(self.at + path, method, body)["value"]

    def run(self, script, *arguments):
        return self.do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.do("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, css):
        found = self.do("POST", "/elements", {"using": "css selector", "value": css})
        assert len(found) == 1, f"{css}: {len(found)} elements"
        return f"/element/{found[0][ELEMENT]}"

    def click(self, css):
        self.do("POST", self.find(css) + "/click", {})

    def write(self, css, text):
        place = self.find(css)
        self.do("POST", place + "/clear", {})
        self.do("POST", place + "/value", {"text": text})

    def choose(self, css, value):
        self.run(
            "const it = document.querySelector(arguments[0]); it.value = arguments[1];"
            "it.dispatchEvent(new Event('change', {bubbles: true}));",
            css,
            value,
        )

    def keys(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.do("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, css):
        return self.run("const it = document.querySelector(arguments[0]); return it && it.textContent", css)

    def wait(self, what, script, *arguments, seconds=20):
        """Until the script returns something true: the page looks once in a while by itself."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            assert time.monotonic() < end, f"waited in vain for: {what}\n{self.text('body')[:3000]}"
            time.sleep(0.1)

    def wait_text(self, text, seconds=20):
        self.wait(text, "return document.body.innerText.includes(arguments[0])", text, seconds=seconds)

    def click_text(self, css, text):
        self.wait(
            f"{css} with {text}",
            "const it = [...document.querySelectorAll(arguments[0])].find(it => it.textContent === arguments[1]);"
            "if (it) it.click(); return Boolean(it)",
            css,
            text,
        )

    def console(self):
        """What the browser has complained about since the last time."""
        return [it["message"] for it in self.do("POST", "/se/log", {"type": "browser"}) if it["level"] in ("SEVERE", "WARNING")]


@contextlib.contextmanager
def process(command, pattern, **how):
    """A process, and what its output says where it is; it ends with the block."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **how)
    try:
        for line in child.stdout:
            found = re.search(pattern, line)
            if found:
                break
        else:
            raise AssertionError(f"{command[0]} has not started")
        yield found.group(1)
    finally:
        child.terminate()
        child.wait(timeout=20)
        child.stdout.close()


class Terraform:
    """The real host with the provider of this build, in a folder of its own."""

    def __init__(self, folder, binaries, endpoint):
        self.program = shutil.which("terraform") or shutil.which("tofu")
        self.folder = folder
        names = "\n".join(f'    "registry.{host}/aiccs/aiccs" = "{binaries}"' for host in ("terraform.io", "opentofu.org"))
        (folder / "cli.rc").write_text(f"provider_installation {{\n  dev_overrides {{\n{names}\n  }}\n  direct {{}}\n}}\n")
        (folder / "main.tf").write_text(
            f"""
terraform {{
  required_providers {{
    aiccs = {{ source = "aiccs/aiccs" }}
  }}
}}
provider "aiccs" {{
  access_key  = "EmulatorAccessKeyId"
  secret_key  = "EmulatorAccessKeySecret"
  endpoint    = "{endpoint}"
  max_retries = 0
}}
resource "aiccs_call_task" "t" {{
  task_name      = "from terraform"
  agent_id       = "118000000000000009"
  virtual_number = "05370220001"
  start_type     = "IMMEDIATE"
  call_time      = [{{ start_time = "09:00:00", end_time = "12:00:00" }}]
  call_day       = ["MONDAY", "FRIDAY"]
}}
"""
        )

    def run(self, *arguments):
        kept = {name: value for name, value in os.environ.items() if not re.match("ALICLOUD|ALIBABA|AICCS|TF_", name)}
        environment = kept | {"TF_CLI_CONFIG_FILE": str(self.folder / "cli.rc"), "CHECKPOINT_DISABLE": "1"}
        command = [self.program, *arguments, "-no-color", "-input=false"]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr


def loads(browser, endpoint):
    browser.do("POST", "/url", {"url": endpoint + "/"})
    browser.wait_text("Nobody has called yet.")
    assert browser.do("GET", "/title") == "aiccs-emulator"
    assert browser.run("return document.documentElement.lang") == "en"
    loaded = browser.run("return performance.getEntriesByType('resource').map(it => it.name)")
    assert loaded and all(name.startswith(endpoint + "/__") for name in loaded), loaded


def updates_by_itself(browser, endpoint):
    ask(endpoint + "/__tasks", "POST", {"TaskName": "made elsewhere", "CallTimes": [{"StartTime": "09:00:00", "EndTime": "12:00:00"}]})
    browser.wait_text("made elsewhere", seconds=5)
    browser.wait_text("09:00–12:00")


def names_are_never_markup(browser, endpoint):
    ask(endpoint + "/__tasks", "POST", [{"TaskName": name, "AgentName": name, "CallDays": [name]} for name in INJECTED])
    for name in INJECTED:
        browser.click_text("#tasks button", name)
        browser.wait(name, "return document.querySelector('#task-title').textContent === arguments[0]", name)
    # A call with such parameters, refused as it should be.
    query = urllib.parse.urlencode({"Action": INJECTED[1], "Format": "JSON", "TaskName": INJECTED[0]})
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{endpoint}/?{query}", timeout=20)
    browser.click_text("#journal button", INJECTED[1])
    browser.wait_text(INJECTED[0])
    browser.click("#call-close")
    assert browser.run("return window.hacked === undefined && document.querySelectorAll('img, main script, iframe').length === 0")


def a_fault_is_clicked_and_met(browser, terraform):
    browser.choose("#fault-operation", "CreateAiCallTask")
    browser.choose("#fault-kind", "business")
    browser.click("#fault-add")
    browser.wait("the fault", "return document.querySelector('#faults').textContent.includes('CreateAiCallTask: business')")
    code, output = terraform.run("apply", "-auto-approve")
    assert code != 0 and "SystemBusy" in output, output
    browser.wait("the fault in the journal", "return [...document.querySelectorAll('#journal tr')].some(row =>"
                 "row.textContent.includes('CreateAiCallTask') && row.textContent.includes('business'))")
    assert browser.run("return document.querySelector('#faults').children.length") == 0, "it struck once"
    code, output = terraform.run("apply", "-auto-approve")
    assert code == 0, output
    browser.wait("the task", "return [...document.querySelectorAll('#tasks button')].some(it => it.textContent === 'from terraform')")
    # A fault that is taken back strikes nobody.
    browser.choose("#fault-operation", "*")
    browser.choose("#fault-kind", "http_500")
    browser.click("#fault-add")
    browser.wait("the fault", "return document.querySelector('#faults').children.length === 1")
    browser.click("#calm")
    browser.wait("no fault", "return document.querySelector('#faults').children.length === 0")
    code, output = terraform.run("plan", "-detailed-exitcode")
    assert code == 0, output


def a_call_shows_its_signature(browser):
    browser.click_text("#journal button", "CreateAiCallTask")
    browser.wait("the dialog", "return document.querySelector('#call').open")
    assert browser.text("#call-text").startswith("POST&%2F&AccessKeyId%3D"), browser.text("#call-text")
    assert browser.text("#call-expected") == browser.text("#call-sent") != ""
    assert "from terraform" in browser.text("#call-parameters")
    browser.keys("\ue00c")
    browser.wait("the dialog closed by Escape", "return !document.querySelector('#call').open")


def a_task_is_changed_by_hand(browser, endpoint, terraform):
    browser.click_text("#tasks button", "from terraform")
    browser.wait_text("New name")
    [task] = [it for it in ask(endpoint + "/__tasks") if it["TaskName"] == "from terraform"]
    path = f"{endpoint}/__tasks/{task['TaskId']}"

    def becomes(what, holds):
        end = time.monotonic() + 20
        while not holds(ask(path)):
            assert time.monotonic() < end, f"{what}: {ask(path)}"
            time.sleep(0.1)

    browser.click("#start")
    becomes("running", lambda it: it["Status"] == 1)
    browser.click("#stop")
    becomes("stopped", lambda it: it["Status"] == 2)
    browser.click("#drift")
    becomes("drift", lambda it: it["ConcurrentCount"] != task["ConcurrentCount"])
    code, output = terraform.run("plan", "-detailed-exitcode")
    # A value that nobody configured follows the service: the plan only reads it.
    assert code == 0, output
    browser.write("#new-name", "renamed by hand")
    browser.click("#rename")
    becomes("renamed", lambda it: it["TaskName"] == "renamed by hand")
    code, output = terraform.run("plan", "-detailed-exitcode")
    assert code == 2 and "renamed by hand" in output, output
    return path


def a_campaign_runs(browser, endpoint, path):
    # Monday, 09:00 in China.
    ask(endpoint + "/__clock", "POST", {"at": "2026-12-07T09:00:00+08:00"})
    ask(path, "PATCH", {"ConcurrentCount": 20, "TaskName": "spring campaign"})
    browser.write("#fill-count", "300")
    browser.click("#fill")
    browser.wait("the callees", "return document.querySelector('#callees-total').textContent === '300'")
    shown = browser.run("return [...document.querySelectorAll('#callees td:first-child')].map(it => it.textContent)")
    assert shown and all("*" in number for number in shown), shown[:3]
    browser.click("#start")
    browser.click("#simulate")
    browser.choose("#speed", "60")
    browser.wait("calls", "return Number(document.querySelectorAll('#tasks tr[aria-current] td')[5].textContent) > 20", seconds=60)


def it_speaks_chinese(browser):
    browser.click("#language")
    browser.wait_text("调用记录")
    assert browser.run("return document.documentElement.lang") == "zh-CN"
    rest = browser.run("return [...document.querySelectorAll('[data-text]')].filter(it => !it.textContent.trim() ||"
                       "it.textContent === 'undefined').map(it => it.dataset.text)")
    assert rest == [], rest
    assert browser.run("return Object.keys(TEXTS.en).join() === Object.keys(TEXTS.zh).join()")
    browser.click("#language")
    browser.wait_text("Nobody has called yet." if browser.run("return calls.length === 0") else "Journal")


def it_works_with_the_keyboard(browser):
    browser.run("document.querySelector('#speed').focus()")
    reached = []
    for _ in range(5):
        browser.keys("\ue004")
        reached.append(browser.run("return document.activeElement.id || document.activeElement.textContent"))
    assert reached == ["simulate", "reset", "language", "search", "add"], reached
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", outline
    browser.run("document.querySelector('#tasks button').focus()")
    name = browser.run("return document.activeElement.textContent")
    browser.keys("\ue007")
    browser.wait("the task by Enter", "return document.querySelector('#task-title').textContent === arguments[0]", name)
    # What comes in does not take the focus away.
    browser.wait("another look", "const before = last; return new Promise(done => setTimeout(() => done(last >= before), 1500))")
    assert browser.run("return document.activeElement.textContent") == name


def contrast(browser):
    """The least contrast of text that is shown."""
    return browser.run(
        """
        const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map(it => it / 255)
          .map(it => it <= .03928 ? it / 12.92 : ((it + .055) / 1.055) ** 2.4).reduce((sum, it, at) => sum + it * [.2126, .7152, .0722][at], 0);
        const back = (node) => { for (; node; node = node.parentElement) { const colour = getComputedStyle(node).backgroundColor;
          if (!/, 0\\)$/.test(colour)) return colour; } return "rgb(255, 255, 255)"; };
        let least = [99, ""];
        for (const node of document.querySelectorAll("body *")) {
          if (node.closest("script, dialog, .hidden, option") || ![...node.childNodes].some(it => it.nodeType === 3 && it.data.trim())) continue;
          const [one, two] = [light(getComputedStyle(node).color), light(back(node))].sort((a, b) => b - a);
          const ratio = (one + .05) / (two + .05);
          if (ratio < least[0]) least = [ratio, node.textContent.slice(0, 40)];
        }
        return least;
        """
    )


def it_is_dark_where_the_machine_is(browser):
    for scheme, dark in (("light", False), ("dark", True)):
        browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colour = browser.run("return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
        assert (max(colour[:3]) < 80) == dark, (scheme, colour)
        ratio, where = contrast(browser)
        assert ratio >= 4.5, f"{scheme}: {ratio} at {where!r}"
    browser.cdp("Emulation.setEmulatedMedia", features=[])


def it_fits_a_telephone(browser):
    browser.cdp("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    browser.wait("the width", "return innerWidth <= 400")
    wide = browser.run("return document.scrollingElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} pixels too wide"
    small = browser.run("return [...document.querySelectorAll('header button, #faults-title ~ button, #fault-add')].filter(it =>"
                        "it.getBoundingClientRect().height < 40).map(it => it.id)")
    assert small == [], small
    browser.cdp("Emulation.clearDeviceMetricsOverride")


def the_policy_holds(browser):
    """Last, since the browser complains about it: even who can change the page runs nothing in it."""
    assert browser.console() == [], "the console is empty"
    browser.run("""
        const inline = document.createElement('script');
        try { inline.textContent = "window.hacked = 'inline'"; document.body.append(inline); } catch { /* trusted types */ }
        const image = document.createElement('img');
        image.setAttribute('src', 'http://127.0.0.1:9/outside.png');
        document.body.append(image);
    """)
    refused = " ".join(browser.console())
    assert "Content Security Policy" in refused or "Trusted" in refused, refused
    assert browser.run("return window.hacked === undefined")


def picture(browser, file):
    browser.cdp("Emulation.setDeviceMetricsOverride", width=1280, height=860, deviceScaleFactor=1, mobile=False)
    browser.run("window.scrollTo(0, 0); document.activeElement.blur()")
    browser.wait("another look", "return new Promise(done => setTimeout(() => done(true), 1500))")
    file.write_bytes(base64.b64decode(browser.do("GET", "/screenshot")))
    browser.cdp("Emulation.clearDeviceMetricsOverride")


def remove_injected(endpoint):
    for task in ask(endpoint + "/__tasks"):
        if task["TaskName"] in INJECTED:
            ask(f"{endpoint}/__tasks/{task['TaskId']}", "DELETE")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--screenshot", type=pathlib.Path)
    arguments = arguments.parse_args()
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
    if not chromium or not driver:
        print("the page is not tested: no Chromium with its driver (on Debian: apt-get install chromium chromium-driver)")
        return 69
    binaries = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve() / "debug"
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        emulator = [binaries / "aiccs-emulator", "--listen", "127.0.0.1:0", "--seed", "1"]
        endpoint = stack.enter_context(process(emulator, r"listening on (\S+)"))
        port = stack.enter_context(process([driver, "--port=0"], r"successfully on port (\d+)", cwd=folder))
        browser = Browser(f"http://127.0.0.1:{port}", chromium)
        stack.callback(lambda: browser.do("DELETE", ""))
        terraform = Terraform(folder, binaries, endpoint)
        hosted = bool(terraform.program) and not os.environ.get("AICCS_SKIP_TERRAFORM_TESTS")
        steps = [
            lambda: loads(browser, endpoint),
            lambda: updates_by_itself(browser, endpoint),
            lambda: names_are_never_markup(browser, endpoint),
        ]
        if hosted:
            steps += [lambda: a_fault_is_clicked_and_met(browser, terraform), lambda: a_call_shows_its_signature(browser)]
        for step in steps:
            step()
        if hosted:
            path = a_task_is_changed_by_hand(browser, endpoint, terraform)
            a_campaign_runs(browser, endpoint, path)
        else:
            print("no terraform and no tofu: what the page shows of an apply is left out")
        if arguments.screenshot:
            remove_injected(endpoint)
            picture(browser, arguments.screenshot)
        it_speaks_chinese(browser)
        it_works_with_the_keyboard(browser)
        it_is_dark_where_the_machine_is(browser)
        it_fits_a_telephone(browser)
        the_policy_holds(browser)
    print("the page has passed in", subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
