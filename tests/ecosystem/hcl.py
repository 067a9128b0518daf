#!/usr/bin/env python3
"""python-hcl2 reads every example, and every block of Terraform in the documentation and the README.

    hcl.py
"""

import pathlib
import re
import sys
import textwrap

import hcl2

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^( *)```terraform\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def texts():
    for pattern in ("*.tf", "*.hcl"):
        for path in sorted((ROOT / "examples").rglob(pattern)):
            # What `terraform init` has fetched is not ours.
            if ".terraform" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, found in enumerate(FENCE.finditer(path.read_text()), 1):
            yield f"{path.relative_to(ROOT)}, block {number}", textwrap.dedent(found[2])


def main():
    read, wrong = 0, 0
    for name, text in texts():
        try:
            if not hcl2.loads(text if text.endswith("\n") else text + "\n"):
                raise ValueError("nothing in it")
            read += 1
        except Exception as error:  # the parser's own classes, and those of its grammar
            wrong += 1
            print(f"wrong: {name}: {error}", file=sys.stderr)
    print(f"{read} texts read")
    return 1 if wrong or not read else 0


if __name__ == "__main__":
    sys.exit(main())
