"""An emulator for the time of a `with` block, and what it has seen."""

import contextlib
import json
import subprocess
import sys
import urllib.request

KEY_ID, KEY_SECRET = "ecosystem-key-id", "ecosystem-key-secret"


@contextlib.contextmanager
def started(program, *agents):
    command = [program, "--listen", "127.0.0.1:0", "--access-key-id", KEY_ID, "--access-key-secret", KEY_SECRET]
    for agent in agents:
        command += ["--agent", agent]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            if "listening on " not in line:
                sys.exit(f"the emulator did not start: {line!r}")
            yield line.split("listening on ")[1].strip()
        finally:
            process.kill()


def journal(endpoint):
    # No proxy stands before the loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{endpoint}/__journal", timeout=10) as answer:
        return json.load(answer)
