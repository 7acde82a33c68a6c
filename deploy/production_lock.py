"""The part of requirements.lock that production needs: no tests, no embedded servers. Standard library only.

    python production_lock.py pyproject.toml requirements.lock [extra...] > production.lock
"""

import re
import sys
import tomllib
from pathlib import Path

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def production(pyproject: str, lock: str, *extras: str) -> str:
    blocks, project = _blocks(lock), tomllib.loads(pyproject)["project"]
    asked = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    wanted = {_name(each) for each in asked}
    if missing := wanted - blocks.keys():
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: compile it again.")
    while more := {name for name, block in blocks.items() if name not in wanted and _asked_by(block) & wanted}:
        wanted |= more
    return "\n".join(blocks[name] for name in sorted(wanted)) + "\n"


def _blocks(lock: str) -> dict[str, str]:
    """Name -> its lines: the pin, its hashes and who asked for it."""
    blocks: dict[str, str] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock.strip()):
        blocks[_name(block)] = block
    return blocks


def _asked_by(block: str) -> set[str]:
    """The names in "# via a" or in the lines below "# via"."""
    words = re.findall(r"^ +# +(?:via +)?([A-Za-z0-9][\w.-]*)", block, re.MULTILINE)
    return {_name(word) for word in words if word != "via"}


def _name(text: str) -> str:
    found = _NAME.match(text.strip())
    return re.sub(r"[-_.]+", "-", found.group()).lower() if found else ""


if __name__ == "__main__":
    texts = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3]]
    print(production(*texts, *sys.argv[3:]), end="")
