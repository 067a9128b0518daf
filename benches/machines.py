#!/usr/bin/env python3
"""Several machines under the limit of one account: how much of it they use together, and how each fares.

    machines.py [--machines N] [--tasks N] [--limit N] [--rounds N] [--bin DIR] [--write]

So many Terraforms, each with a state of its own, apply so many tasks each, at once, against an emulator that takes `limit`
requests in any one second and throttles the others. Counted is from the first answer until the first of them has ended: after
that the others have less to ask than the limit. Without --bin the release binaries are built. --write puts the table into
benches/README.md.
"""

import concurrent.futures
import pathlib
import statistics
import sys
import tempfile
import time

from applies import AT_ONCE, Service, built, emulator, host, into_readme, options, parsed, tool, write


def apply(work):
    work.run("apply", "-auto-approve", f"-parallelism={AT_ONCE}", "-no-color")
    return time.time()


def measured(binaries, machines, tasks, limit):
    """Shares of the limit used and of the requests refused, the seconds until the first and the last have ended."""
    program, provider = binaries / "aiccs-emulator", binaries / "terraform-provider-aiccs"
    with tempfile.TemporaryDirectory() as folder, emulator.started(program, "118000000000000042=Reminder") as endpoint:
        service = Service(endpoint, 0)
        service.ask("POST", "/__control", {"switches": {"requests_per_second": limit}})
        works = [host.Host(provider, pathlib.Path(folder) / str(number), endpoint) for number in range(machines)]
        for number, work in enumerate(works):
            write(work, tasks, 5, f"machine {number} campaign")
            work.run("init", "-no-color")
        began = time.time()
        with concurrent.futures.ThreadPoolExecutor(machines) as pool:
            ends = sorted(pool.map(apply, works))
        journal = service.ask("GET", "/__journal")
        left = service.ask("GET", "/__tasks")
        if len({task["TaskName"] for task in left}) != len(left) or len(left) != machines * tasks:
            sys.exit(f"{len(left)} tasks were made instead of {machines * tasks}")
    at = [(entry["unix_millis"] / 1000, entry["code"]) for entry in journal]
    at = [(when, code) for when, code in at if when < ends[0]]
    served = [when for when, code in at if code != "Throttling.User"]
    seconds = max(served) - min(served)
    return len(served) / seconds / limit, 1 - len(served) / len(at), ends[0] - began, ends[-1] - began


def main():
    parser = options(__doc__)
    parser.add_argument("--machines", type=int, default=4)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--limit", type=int, default=50)
    arguments = parsed(parser)
    binaries = arguments.bin or built()
    found = []
    for _ in range(arguments.rounds):
        found.append(measured(binaries, arguments.machines, arguments.tasks, arguments.limit))
        print("{:.0%} used, {:.0%} refused, {:.1f} to {:.1f} s".format(*found[-1]), file=sys.stderr, flush=True)
    used, refused, first, last = map(statistics.median, zip(*found))
    text = "\n".join([
        f"Median of {arguments.rounds} rounds, {tool()}: {arguments.machines} at once, {arguments.tasks} tasks each, "
        f"{arguments.limit} requests a second for all.",
        "",
        "| of the limit used | of the requests throttled | first ended after | last ended after |",
        "| --: | --: | --: | --: |",
        f"| {used:.0%} | {refused:.0%} | {first:.1f} s | {last:.1f} s |",
    ]) + "\n"
    print(text)
    if arguments.write:
        into_readme("machines", text)


if __name__ == "__main__":
    main()
