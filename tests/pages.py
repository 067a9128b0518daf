"""The guides as pages: what their comments say is to be done, and what can be held without a run. `tests/guides.py` runs them."""

import re
import subprocess
import sys
from pathlib import Path

import titles as provider_titles

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ROOT / "docs" / "guides"
CHINESE = ".zh-CN"
# Titles that are explained although the host prints them.
OF_THE_HOST = {"Provider produced inconsistent final plan", "No value for required variable"}
BARE = {"fails"}
WITH_TEXT = {
    "adds to", "callees", "copy", "file", "hosts", "needs", "no output", "not run", "nowhere", "output", "recorded", "service", "task",
    "writes",
}


class Wrong(Exception):
    """What is not as the page says, with its place."""


def directives(comment, place):
    """The directives of a comment; none of a comment that belongs to somebody else."""
    found = []
    for line in (line.strip() for line in comment.strip().splitlines()):
        word, _, rest = line.partition(":")
        kind = "nowhere" if word.startswith("nowhere but ") else word
        if line in BARE:
            found.append((line, ""))
        elif kind in WITH_TEXT and rest.strip():
            files = word.removeprefix("nowhere but ").split() if kind != word else []
            found.append((kind, (files, rest.strip()) if kind == "nowhere" else rest.strip()))
        elif line.startswith("generated") or line == "end":
            return []
        else:
            raise Wrong(f"{place}: no directive: {line!r}")
    return found


def steps(path):
    """The page as steps: ("say", directive, text, line) and ("block", language, text, line)."""
    name = path.relative_to(ROOT)
    found, comment, fence = [], None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is not None:
            if line.strip() == "```":
                found.append(("block", fence[0], "".join(f"{l}\n" for l in fence[1]), fence[2]))
                fence = None
            else:
                fence[1].append(line)
        elif comment is not None or line.startswith("<!--"):
            comment = (comment[0] + [line], comment[1]) if comment else ([line], number)
            if line.rstrip().endswith("-->"):
                text = "\n".join(comment[0]).strip().removeprefix("<!--").removesuffix("-->")
                found += [("say", kind, rest, comment[1]) for kind, rest in directives(text, f"{name}:{comment[1]}")]
                comment = None
        elif line.startswith("```"):
            if not line[3:].strip():
                raise Wrong(f"{name}:{number}: a block without a language")
            fence = (line[3:].strip(), [], number)
    if fence or comment:
        raise Wrong(f"{name}: a block or a comment without an end")
    return found


def guides():
    """The names of the guides, in English."""
    return sorted(p.stem for p in GUIDES.glob("*.md") if not p.stem.endswith(CHINESE))


def both_languages(problems):
    """Each guide in both languages, each with a link to the other at its top, with the same blocks and the same checks."""
    english = set(guides())
    chinese = {p.stem.removesuffix(CHINESE) for p in GUIDES.glob(f"*{CHINESE}.md")}
    for name in sorted(english ^ chinese):
        problems.append(f"docs/guides/{name}: only in {'English' if name in english else 'Chinese'}")
    pairs = [(GUIDES / f"{name}.md", GUIDES / f"{name}{CHINESE}.md") for name in sorted(english & chinese)]
    for one, other in [*pairs, (ROOT / "README.md", ROOT / f"README{CHINESE}.md")]:
        for page, to, word in ((one, other, "简体中文"), (other, one, "English")):
            if not page.exists():
                problems.append(f"{page.relative_to(ROOT)} is missing")
                continue
            top = page.read_text(encoding="utf-8").split("\n## ")[0]
            if f"[{word}]({to.name})" not in top:
                problems.append(f"{page.relative_to(ROOT)}: no [{word}]({to.name}) at the top")
    for one, other in pairs:
        here, there = ([(kind, what, text) for kind, what, text, _ in steps(p)] for p in (one, other))
        for a, b in zip(here, there):
            if a != b:
                problems.append(f"{one.name} and {other.name} differ:\n    {shown(a)}\n    {shown(b)}")
                break
        else:
            if len(here) != len(there):
                longer, rest = (one, here) if len(here) > len(there) else (other, there)
                problems.append(f"only {longer.name} has: {shown(rest[min(len(here), len(there))])}")


def shown(step):
    kind, what, text = step
    return f"{what}: {text}" if kind == "say" else f"```{what} {text[:160]!r}"


def links(problems):
    """What a page links to is there, and each picture has a text."""
    pages = [*GUIDES.glob("*.md"), *ROOT.glob("README*.md"), ROOT / "docs" / "index.md"]
    for page in pages:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        for picture, words, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", text):
            if picture and not words.strip():
                problems.append(f"{page.relative_to(ROOT)}: the picture {target} has no text")
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            there = (page.parent / file).resolve() if file else page
            if not there.exists():
                problems.append(f"{page.relative_to(ROOT)}: {target} is not there")
            elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                problems.append(f"{page.relative_to(ROOT)}: {there.name} has no heading #{anchor}")


def listed(problems):
    """The first pages lead to every guide, each in its language."""
    for page, suffix in ((ROOT / "README.md", ""), (ROOT / f"README{CHINESE}.md", CHINESE), (ROOT / "docs" / "index.md", ""),
                         (ROOT / "docs" / "index.md", CHINESE)):
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        missing = [name for name in guides() if f"guides/{name}{suffix}.md)" not in text]
        problems += [f"{page.relative_to(ROOT)}: no link to {name}{suffix}.md" for name in missing]


def objects(problems):
    """The Chinese first page names each object that has a page."""
    page = ROOT / f"README{CHINESE}.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    folders = ("actions", "data-sources", "ephemeral-resources", "functions", "list-resources", "resources")
    files = [path.relative_to(ROOT) for folder in folders for path in sorted((ROOT / "docs" / folder).glob("*.md"))]
    problems += [f"{page.name}: no line about {file}" for file in files if f"({file})" not in text]


def anchors(page):
    """The anchors of a page: those of its headings, as GitHub makes them, and those that are written out."""
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return set(re.findall(r'<a id="([^"]+)"', text)) | {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def glossary():
    """The rows of the glossary: English, Chinese, words that Chinese pages do not use."""
    rows = []
    for line in (GUIDES / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and not set(cells[0]) <= set("- ") and cells[0] != "English":
            rows.append((cells[0], cells[1], [word for word in re.split("[、,]\\s*", cells[4]) if word not in ("", "-")]))
    return rows


def words(problems):
    """One table of terms: both of its pages hold the same, and Chinese pages do not use what it leaves out."""
    rows = glossary()
    if len(rows) < 10:
        problems.append("docs/guides/glossary.md: the table has not been found")
    table = [line for line in (GUIDES / "glossary.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    other = [line for line in (GUIDES / f"glossary{CHINESE}.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    if table != other:
        problems.append("docs/guides/glossary.md and its Chinese page have different tables")
    pages = [page for page in [*GUIDES.glob(f"*{CHINESE}.md"), ROOT / f"README{CHINESE}.md"] if page.exists()]
    for page in pages:
        if page.name.startswith("glossary"):
            continue
        text = page.read_text(encoding="utf-8")
        for _, right, wrong in rows:
            for word in wrong:
                if word in text:
                    problems.append(f"{page.relative_to(ROOT)}: {word}, where the glossary says {right}")


def figures(problems):
    """What the guide says of speed and size is what benches/README.md says."""
    rows = {}
    for line in (ROOT / "benches" / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) > 3:
            rows[cells[0]] = float((re.search(r"\*\*(.+?)\*\*", cells[1]) or re.search(r"([\d.]+)", cells[1]) or [0, "0"])[1])
    said = [
        ("spawn to line, ms", lambda value: f"{value:.1f} ms"),
        ("memory after schema, MiB", lambda value: f"{value:.0f} MiB"),
        ("memory after 20,000 calls, MiB", lambda value: f"{value:.1f} MiB"),
        ("Plan, 1 callers: calls per second", lambda value: f"{round(value, -3):,.0f}"),
        ("Plan, 10 callers: calls per second", lambda value: f"{round(value, -3):,.0f}"),
    ]
    for page in GUIDES.glob("outgrowing-one-machine*.md"):
        text = page.read_text(encoding="utf-8")
        for row, words in said:
            if words(rows[row]) not in text:
                problems.append(f"{page.relative_to(ROOT)}: {row} is {words(rows[row])} in benches/README.md")


def upgrades(problems):
    """Each version of the changelog has its part in the guide."""
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.M)
    for page in GUIDES.glob("upgrading*.md"):
        text = page.read_text(encoding="utf-8")
        problems += [f"{page.relative_to(ROOT)}: nothing about {v}" for v in versions if f"\n## {v}\n" not in text]


def pictures(problems):
    """The pictures are what their script draws."""
    for script in sorted((ROOT / "docs" / "images").glob("*.py")):
        done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
        if done.returncode:
            problems.append((done.stdout + done.stderr).strip() or f"{script.name} --check failed")


def titles(problems):
    """Every title that the provider can print is explained, and none that it cannot; in both languages under one heading."""
    printed, unread = provider_titles.titles()
    problems += [f"{file}: no title could be read from {expression}" for expression, file in unread]
    heads = {}
    for page in (GUIDES / "troubleshooting.md", GUIDES / f"troubleshooting{CHINESE}.md"):
        lines = re.findall(r"^### (.+)$", page.read_text(encoding="utf-8") if page.exists() else "", flags=re.M)
        heads[page] = lines
        explained = [title for line in lines for title in re.findall("`([^`]+)`", line)]
        name = page.relative_to(ROOT)
        problems += [f"{name}: nothing about `{title}` ({file})" for title, file in sorted(printed.items()) if title not in explained]
        problems += [f"{name}: nothing prints `{title}`" for title in explained if title not in printed and title not in OF_THE_HOST]
        problems += [f"{name}: `{title}` stands twice" for title in set(explained) if explained.count(title) > 1]
    if len({tuple(lines) for lines in heads.values()}) > 1:
        problems.append("docs/guides/troubleshooting.md and its Chinese page have different headings")


def static():
    problems = []
    for check in (both_languages, links, listed, objects, words, figures, upgrades, pictures, titles):
        try:
            check(problems)
        except Wrong as wrong:
            problems.append(str(wrong))
    return problems
