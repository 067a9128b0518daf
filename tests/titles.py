"""The titles of all errors and warnings that the provider can print, read out of its sources: what a call such as `out.error(…)`
takes as its title, with `…` for what is filled in. `tests/guides.py` holds docs/guides/troubleshooting.md to them.

    tests/titles.py     prints them, each with the file it is in
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Calls that take a title: which argument it is, and how many arguments there are at least (others of that name mean something else).
METHODS = {"error": (0, 2), "warning": (0, 2), "error_at": (1, 3), "warning_at": (1, 3), "halt": (0, 2), "stuck": (0, 2),
           "start": (0, 3), "ring": (0, 3), "denied": (0, 3)}
FUNCTIONS = {"diagnostic": (0, 2), "stuck_diagnostic": (0, 2), "kept": (0, 2), "error": (0, 2), "warning": (0, 2),
             "not_refreshed": (1, 3)}
CALL = re.compile(r"(?<!fn )(\.|\b)(" + "|".join(sorted({*METHODS, *FUNCTIONS}, key=len, reverse=True)) + r")\(")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', flags=re.S)
# A title that a variable or an argument holds: its text is found where it is made.
PASSED_ON = re.compile(r"&?(?:\w+\.)*(summary|title)(\.(into|clone|to_owned)\(\))?")


def production(text):
    """A source without its tests and comments; quotation marks that are characters are taken out."""
    text = re.split(r"^#\[cfg\(test\)\]", text, flags=re.M)[0]
    parts, at = [], 0
    for found in re.finditer(r'//[^\n]*|"(?:[^"\\]|\\.)*"|' + r"'(?:\\.[^']*|[^\\'\n])'", text, flags=re.S):
        parts.append(text[at:found.start()])
        parts.append({"/": "", "'": "' '"}.get(found[0][0], found[0]))
        at = found.end()
    return "".join(parts) + text[at:]


def until(text, at, ends):
    """Where an expression ends: at one of `ends` outside of brackets and strings, or at the bracket that closes around it."""
    depth = 0
    while at < len(text):
        if text[at] == '"':
            at = STRING.match(text, at).end()
            continue
        if depth == 0 and (text[at] in ends or text[at] in ")]}"):
            return at
        depth += (text[at] in "([{") - (text[at] in ")]}")
        at += 1
    return at


def arguments(text, at):
    """The arguments of a call, of which the first begins at `at`."""
    found = []
    while True:
        end = until(text, at, ",")
        if text[at:end].strip():
            found.append(text[at:end].strip())
        if end >= len(text) or text[end] != ",":
            return found
        at = end + 1


def texts(expression):
    """The titles that an expression may be: its texts of several words."""
    for literal in STRING.findall(expression):
        text = re.sub(r"\\\n\s*", "", literal[1:-1]).replace('\\"', '"').replace("`", "")
        text = re.sub(r"(\{[^{}]*\})+", "…", text)
        if " " in text.strip() and not text.endswith(".") and not text.startswith("\\n"):
            yield text


def sources():
    for folder in (ROOT / "src", ROOT / "crates" / "terraform-plugin" / "src"):
        for path in sorted(folder.rglob("*.rs")):
            # A function's page has a `summary` too.
            if path.name not in ("tests.rs", "fuzzing.rs") and not {"docs", "functions", "tests"} & set(path.parts[len(ROOT.parts):]):
                yield path.relative_to(ROOT), production(path.read_text(encoding="utf-8"))


def titles():
    """Each title with the file that it is in, and the arguments whose title could not be read."""
    files = dict(sources())
    everything = "\n".join(files.values())
    found, unread = {}, []

    def take(expression, file):
        titles_here = list(texts(expression))
        constant = re.fullmatch(r"[A-Z_]+", expression)
        function = re.match(r"(?:\w+::)*(\w+)\(", expression)
        if not titles_here and constant:
            titles_here = [t for value in re.findall(rf"const {expression}: &str = ([^;]+);", everything) for t in texts(value)]
        elif not titles_here and function:
            bodies = re.finditer(rf"fn {function[1]}\([^)]*\) -> (?:String|&'static str) \{{", everything)
            titles_here = [t for body in bodies for t in texts(everything[body.end():until(everything, body.end(), "")])]
        if not titles_here and not PASSED_ON.fullmatch(expression):
            unread.append((expression, file))
        for title in titles_here:
            found.setdefault(title, file)

    for file, text in files.items():
        for call in CALL.finditer(text):
            kind = METHODS if call[1] else FUNCTIONS
            place, least = kind.get(call[2], (0, 99))
            given = arguments(text, call.end())
            if len(given) >= least:
                take(given[place], file)
        for made in re.finditer(r"\bsummary: (?=\"|format!)", text):
            take(text[made.end():until(text, made.end(), ",")], file)
        for made in re.finditer(r"let (?:mut )?\(?summary\b[^=;]*=\s", text):
            for title in texts(text[made.end():until(text, made.end(), ";")]):
                found.setdefault(title, file)
    return found, unread


if __name__ == "__main__":
    found, unread = titles()
    for title, file in sorted(found.items()):
        print(f"{title}    ({file})")
    for expression, file in unread:
        print(f"{file}: no title could be read from {expression}", file=sys.stderr)
    sys.exit(1 if unread else 0)
