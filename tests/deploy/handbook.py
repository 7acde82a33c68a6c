"""The commands of docs/operations.md, as printed: python -m tests.deploy.handbook "Install: Debian" prints a script."""

import re
import sys
import textwrap

from config.processes import ROOT

HANDBOOK = ROOT / "docs" / "operations.md"


def commands(heading: str) -> str:
    """All that is printed under the heading that begins so, in its order; the prose as comments."""
    text = HANDBOOK.read_text(encoding="utf-8")
    parts = re.split(r"(?m)^## ", text)
    (part,) = [part for part in parts if part.startswith(heading)]
    return "\n".join(blocks(part)) + "\n"


def blocks(text: str) -> list[str]:
    """The indented blocks: four spaces after an empty line, to the next line that is not."""
    found = re.findall(r"(?m)(?<=\n\n)((?: {4}.*\n?|\n(?= {4}))+)", text)
    return [textwrap.dedent(each).strip("\n") for each in found]


if __name__ == "__main__":
    print(commands(sys.argv[1]), end="")
