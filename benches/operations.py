#!/usr/bin/env python3
"""What the operations cost through the real Terraform: calls and time, beside the bound that the round trip sets.

    operations.py [--tasks N,N...] [--delays MS,MS...] [--rounds N] [--bin DIR] [--write]

For each number of tasks and each round trip: create, plan, update and destroy of all tasks, Terraform's ten at once. Rounds
are interleaved: what else runs on the machine meets all alike. The bound is calls x round trip / 10: what ten at once cannot
go below. More than 1,000 tasks are spread over states, one after the other, and measured at the middle round trip alone. Without --bin the release binaries are built. --write puts the table into benches/README.md and the plot into
benches/operations.svg.
"""

import contextlib
import math
import pathlib
import statistics
import sys
import tempfile
import time

from applies import AT_ONCE, ROOT, Service, built, emulator, host, into_readme, options, parsed, tool, write

OPERATIONS = ["create", "plan", "update", "destroy"]

# What one state holds at the most, and what each holds where there are more tasks: Terraform copies its state too often.
STATE, SHARE = 1000, 250


def life(binaries, count, delay):
    """(calls, seconds) of each operation on so many tasks."""
    program, provider = binaries / "aiccs-emulator", binaries / "terraform-provider-aiccs"
    share = count if count <= STATE else SHARE
    with contextlib.ExitStack() as end:
        endpoint = end.enter_context(emulator.started(program, "118000000000000042=Reminder"))
        service = Service(endpoint, delay)
        states = []
        for number in range(math.ceil(count / share)):
            folder = pathlib.Path(end.enter_context(tempfile.TemporaryDirectory()))
            work = host.Host(provider, folder, endpoint)
            state = (work, min(share, count - number * share), f"campaign {number}")
            put(state, 5)
            work.run("init", "-no-color")
            states.append(state)
        for operation in OPERATIONS:
            calls, seconds = 0, 0.0
            for state in states:
                if operation == "update":
                    put(state, 6)
                service.calls()
                started = time.monotonic()
                state[0].run(*command(operation), f"-parallelism={AT_ONCE}", "-no-color")
                seconds += time.monotonic() - started
                calls += service.calls()
            yield operation, calls, seconds
        left = service.ask("GET", "/__tasks")
        if len(left) != count:
            sys.exit(f"{len(left)} tasks were made instead of {count}")


def put(state, pace):
    work, count, name = state
    write(work, count, pace, name)


def command(operation):
    return {"plan": ["plan"], "destroy": ["destroy", "-auto-approve"]}.get(operation, ["apply", "-auto-approve"])


def measured(binaries, tasks, delays, rounds):
    """{(operation, tasks, delay): [(calls, seconds)...]}"""
    found = {}
    for turn in range(rounds):
        for count in tasks:
            wanted = measured_at(count, delays)
            for at in range(len(wanted)):
                delay = wanted[(at + turn) % len(wanted)]
                for operation, calls, seconds in life(binaries, count, delay):
                    found.setdefault((operation, count, delay), []).append((calls, seconds))
                    print(f"{operation}, {count} tasks, {delay} ms: {calls} calls, {seconds:.2f} s", file=sys.stderr, flush=True)
    return found


def measured_at(count, delays):
    """The round trips: of what takes an hour, one."""
    return delays if count <= STATE else [delays[len(delays) // 2]]


def bound(calls, delay):
    return calls * delay / 1000 / AT_ONCE


def medians(samples):
    calls, seconds = zip(*samples)
    return statistics.median(calls), statistics.median(seconds)


def table(found, tasks, delays, rounds):
    taken = f"Medians of {rounds} interleaved rounds" if rounds > 1 else "One round"
    lines = [
        f"{taken}, through {tool()}; seconds, in brackets the bound that the round trip sets.",
        "",
        "| operation | tasks | calls a task | " + " | ".join(f"{delay} ms" for delay in delays) + " |",
        "| --- | --: | --: |" + " --: |" * len(delays),
    ]
    for operation in OPERATIONS:
        for count in tasks:
            cells, most = [], 0
            for delay in delays:
                if (operation, count, delay) not in found:
                    cells.append("")
                    continue
                calls, seconds = medians(found[operation, count, delay])
                most = max(most, calls / count)
                cells.append(f"{seconds:.2f} ({bound(calls, delay):.2f})" if delay else f"{seconds:.2f}")
            lines.append(f"| {operation} | {count:,} | {most:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


# The plot: a panel for each operation, both axes logarithmic, so that a cost that grows with the tasks is a straight line.
PANEL, GAP, LEFT, TOP = 170, 46, 52, 40
COLOURS = ["#4269d0", "#d9822b", "#2f9e6e", "#b0509b"]
STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600 }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .line { fill: none; stroke-width: 2 }
  .bound { fill: none; stroke-width: 1.2; stroke-dasharray: 4 3; opacity: 0.8 }
  .key { stroke: #24292f }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } .key { stroke: #e6edf3 } }
"""


def plot(found, tasks, delays):
    width, height = LEFT + len(OPERATIONS) * (PANEL + GAP), TOP + PANEL + 62
    times = [medians(samples)[1] for samples in found.values()]
    bounds = [bound(medians(s)[0], delay) for (_, _, delay), s in found.items() if delay]
    low, high = decades(times + bounds)
    left, right = math.log10(min(tasks)), math.log10(max(tasks))

    def x(panel, count):
        part = (math.log10(count) - left) / (right - left) if right > left else 0.5
        return LEFT + panel * (PANEL + GAP) + part * PANEL

    def y(seconds):
        return TOP + PANEL - (math.log10(max(seconds, 10**low)) - low) / (high - low) * PANEL

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
             "<title>Seconds for each operation by number of tasks and round trip, beside the bound</title>",
             f"<style>{STYLE}</style>"]
    for panel, operation in enumerate(OPERATIONS):
        parts.append(f'<text class="title" x="{x(panel, min(tasks)):.0f}" y="{TOP - 14}">{operation}</text>')
        parts += axes(panel, tasks, low, high, x, y)
        for number, delay in enumerate(delays):
            points = [
                (count, *medians(found[operation, count, delay])) for count in tasks if (operation, count, delay) in found
            ]
            parts.append(line("line", COLOURS[number % 4], [(x(panel, n), y(s)) for n, _, s in points]))
            if delay:
                lowest = [(x(panel, n), y(bound(calls, delay))) for n, calls, _ in points]
                parts.append(line("bound", COLOURS[number % 4], lowest))
    return "\n".join([*parts, *legend(delays, height), "</svg>"]) + "\n"


def decades(values):
    known = [value for value in values if value > 0]
    return math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))


def axes(panel, tasks, low, high, x, y):
    first, last = x(panel, min(tasks)), x(panel, max(tasks))
    for decade in range(low, high + 1):
        at = y(10**decade)
        yield f'<path class="grid" d="M{LEFT + panel * (PANEL + GAP)} {at:.1f}h{PANEL}"/>'
        if panel == 0:
            yield f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10**decade:g} s</text>'
    for count in tasks:
        anchor = "middle" if first < x(panel, count) < last else ("start" if x(panel, count) == first else "end")
        yield f'<text x="{x(panel, count):.1f}" y="{TOP + PANEL + 16}" text-anchor="{anchor}">{count:,}</text>'


def line(kind, colour, points):
    path = "L".join(f"{px:.1f} {py:.1f}" for px, py in points)
    return f'<path class="{kind}" stroke="{colour}" d="M{path}"/>'


def legend(delays, height):
    at = LEFT
    for number, delay in enumerate(delays):
        yield f'<path class="line" stroke="{COLOURS[number % 4]}" d="M{at} {height - 16}h22"/>'
        yield f'<text x="{at + 28}" y="{height - 12}">{delay} ms a call</text>'
        at += 130
    yield f'<path class="bound key" d="M{at} {height - 16}h22"/>'
    yield f'<text x="{at + 28}" y="{height - 12}">the bound: calls × round trip / {AT_ONCE}; across: tasks</text>'


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = options(__doc__)
    parser.add_argument("--tasks", type=numbers, default=[100, 1000, 10000])
    parser.add_argument("--delays", type=numbers, default=[0, 20, 60])
    arguments = parsed(parser)
    found = measured(arguments.bin or built(), arguments.tasks, arguments.delays, arguments.rounds)
    text = table(found, arguments.tasks, arguments.delays, arguments.rounds)
    print(text)
    if arguments.write:
        into_readme("operations", text)
        (ROOT / "benches/operations.svg").write_text(plot(found, arguments.tasks, arguments.delays))


if __name__ == "__main__":
    main()
