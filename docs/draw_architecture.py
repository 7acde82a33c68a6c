"""Draws docs/architecture.md's picture from the code's own imports, and lists the decisions of docs/adr:

    python3 docs/draw_architecture.py

Standard library only. tests/test_architecture.py fails when either is out of date.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
DECISIONS = ROOT / "docs" / "adr" / "README.md"
BEGIN, END = "<!-- drawn by docs/draw_architecture.py -->\n", "<!-- end -->"
APPS = {
    "config": "config<br/>settings, schedule, urls, admin site, demo",
    "subscriptions": "subscriptions<br/>who wants to know, what was sent",
    "explainers": "explainers<br/>what our editors write",
    "trials": "trials<br/>what the registry says",
}
OUTSIDE = {
    "httpx": "httpx: the registry",
    "bleach": "bleach, nh3: editors' text",
    "smtplib": "smtplib: the mail server",
    "prometheus_client": "prometheus_client: /metrics",
    "django_otp": "django_otp: second factor",
}


def picture() -> str:
    edges = sorted({(app, target) for app in APPS for target in _targets(app) if target != app})
    lines = ["```mermaid", "flowchart TD"]
    lines += [f'    {name}["{text}"]' for name, text in APPS.items()]
    lines += [f'    {name}(["{text}"])' for name, text in OUTSIDE.items()]
    lines += [f"    {app} --> {target}" if target in APPS else f"    {app} -.-> {target}" for app, target in edges]
    return "\n".join([*lines, "```", ""])


def _targets(app: str) -> Iterator[str]:
    for path in (ROOT / app).rglob("*.py"):
        if "migrations" not in path.parts:
            for module in _modules(path):
                head = module.split(".")[0]
                if head in APPS or head in OUTSIDE:
                    yield head


def _modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def decisions() -> str:
    """A line for each page, by number."""
    pages = sorted(DECISIONS.parent.glob("0*.md"))
    return "".join(f"- [{_title(page)}]({page.name})\n" for page in pages)


def _title(page: Path) -> str:
    return page.read_text(encoding="utf-8").split("\n", 1)[0].lstrip("# ").strip()


def redrawn() -> dict[Path, str]:
    """What the two pages have to say."""
    made = {ARCHITECTURE: picture(), DECISIONS: decisions()}
    return {page: _between(page.read_text(encoding="utf-8"), text) for page, text in made.items()}


def _between(page: str, text: str) -> str:
    before, rest = page.split(BEGIN)
    return before + BEGIN + text + END + rest.split(END, 1)[1]


if __name__ == "__main__":
    for page, text in redrawn().items():
        page.write_text(text, encoding="utf-8")
