"""Imports point one way, each outside library has one home, and nothing of a developer's machine is written down."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.draw_architecture import redrawn

ROOT = Path(__file__).resolve().parent.parent
APPS = ("trials", "explainers", "subscriptions", "config")
MAY_IMPORT = {
    "trials": {"trials"},
    "explainers": {"explainers", "trials"},
    "subscriptions": {"subscriptions", "trials", "explainers"},
    "config": set(APPS),
}
HOMES = {
    "httpx": r"trials/(registry\w*|fetching|transport)\.py",
    "bleach": r"explainers/rendering(\.py|/\w+\.py)",
    "nh3": r"explainers/rendering(\.py|/\w+\.py)",
    "smtplib": r"subscriptions/(smtp|delivery\w*)\.py",
    "django.core.mail": r"subscriptions/(letters|delivery\w*)\.py",
    "prometheus_client": r"config/(metrics|pages/\w+)\.py",
}
PURE = (
    "config/redaction.py", "trials/records.py", "trials/changes.py", "trials/wording.py", "trials/in_short.py",
    "trials/eligibility.py", "trials/ready.py", "trials/copy_text.py", "trials/tolerant.py", "trials/search/words.py",
    "trials/age_words.py", "trials/dummies.py", "trials/size_and_end.py", "trials/rule_quotes.py",
    "explainers/readability.py", "explainers/rendering.py",
)  # fmt: skip
IMPURE = ("django.db", "django.core.cache", "django.http", "httpx", "smtplib", "redis", "celery", "socket")


def sources(app: str) -> list[Path]:
    return [path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    """Each imported module by its full name, wherever in the file it is imported."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("app", APPS)
def test_imports_point_one_way(app: str) -> None:
    against = [
        f"{named(path)} imports {module}"
        for path in sources(app)
        for module in imports(path)
        if module.split(".")[0] in set(APPS) - MAY_IMPORT[app]
    ]
    assert not against


@pytest.mark.parametrize("library", HOMES)
def test_each_outside_library_has_one_home(library: str) -> None:
    strays = {
        named(path)
        for app in APPS
        for path in sources(app)
        for module in imports(path)
        if (module == library or module.startswith(library + ".")) and not re.fullmatch(HOMES[library], named(path))
    }
    assert not strays


@pytest.mark.parametrize("name", PURE)
def test_the_middle_is_pure(name: str) -> None:
    found = [module for module in imports(ROOT / name) if module.startswith(IMPURE)]
    assert not found


def test_no_model_signals_and_no_utils() -> None:
    hooks = [
        f"{named(path)}: {module}"
        for app in APPS
        for path in sources(app)
        for module in imports(path)
        if module.startswith(("django.db.models.signals", "django.dispatch"))
    ]
    assert not hooks
    vague = ("utils", "util", "helpers", "misc", "common")
    assert not [named(path) for app in APPS for path in sources(app) if path.stem in vague]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


MACHINE = [
    r"pypi\.org/simple", "files\\." + "pythonhosted", "registry\\." + "npmjs", "proxy\\." + "golang",
    r"(?<!emit-)index" + "-url ",
    r"(?<![\w./<$}-])/(?:home|Users)/[a-z]\w+/", r"(?<![\w./<$}>-])/wo" + r"rk/\w",
]  # fmt: skip


def test_no_registry_host_and_no_machine_path_is_written_down() -> None:
    pattern = re.compile("|".join(MACHINE))
    found = []
    for path in tracked():
        text = path.read_bytes()
        if b"\0" not in text and (hit := pattern.search(text.decode("utf-8", "replace"))):
            found.append(f"{named(path)}: {hit.group()}")
    assert not found


SECRET = re.compile(
    r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{36}\b|\bxox[bp]-\w{10,}|\bsk_live_\w{10,}"
)


def test_no_secret_is_in_the_repository_or_its_history() -> None:
    log = subprocess.run(["git", "log", "-p", "--all", "--no-color", "--", ".", ":!requirements.lock", ":!*.woff2"],
                         cwd=ROOT, capture_output=True, check=True).stdout.decode("utf-8", "replace")  # fmt: skip
    added = [line for line in log.splitlines() if line.startswith("+") and SECRET.search(line)]
    no_key = ("SECRET", "BEGIN (", "{text}-----END")  # this test's own words, and a frame that tests put a new key in
    assert not [line[:80] for line in added if not any(words in line for words in no_key)]


def test_the_picture_and_the_list_of_decisions_are_what_the_code_says() -> None:
    """If not: python3 docs/draw_architecture.py"""
    assert not [named(page) for page, text in redrawn().items() if page.read_text(encoding="utf-8") != text]


def test_links_between_documents_lead_somewhere() -> None:
    lost = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        named_files = re.findall(r"`((?:docs|deploy|tests|config|trials|explainers|subscriptions)/[\w/-]+\.\w+)`", text)
        links = re.findall(r"(?<!!)\[[^\]]+\]\((?!http)([\w./-]+)\)", text)
        linked = [str((page.parent / target).relative_to(ROOT)) for target in links]
        lost += [f"{named(page)}: {name}" for name in [*named_files, *linked] if not (ROOT / name).exists()]
    assert not lost
