"""What we are made of is known, and may be used."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.production_lock import production
from deploy.sbom import sbom
from tests.deploy.test_image import ROOT

FREE = re.compile(
    r"(?i)\b(MIT|0?BSD|Apache|ISC|PSF|Python Software|Mozilla|MPL|LGPL|Lesser|HPND|Historical|Zlib|CC0|Unlicense)"
)


def production_names() -> set[str]:
    text = production((ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text())
    return set(re.findall(r"(?m)^([a-z0-9-]+)==", text))


def test_the_bill_lists_each_package_once_with_version_and_licence() -> None:
    bill = sbom()
    names = [each["name"] for each in bill["components"]]
    assert len(names) == len(set(names))
    assert {"django", "celery", "psycopg"} <= set(names)
    assert all(each["version"] and each["purl"].startswith("pkg:pypi/") for each in bill["components"])


def test_every_licence_of_production_is_a_free_one_that_binds_nobody_else() -> None:
    wanted = production_names()
    licences = {each["name"]: each["licenses"][0]["license"]["name"] for each in sbom()["components"]}
    assert not {name: licences[name] for name in wanted & licences.keys() if not FREE.search(licences[name])}


def test_each_dependency_has_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("]\n")[0].splitlines()
    assert not [line for line in lines if line.strip().startswith('"') and "#" not in line]


@pytest.mark.parametrize("name", ["requirements.lock"])
def test_everything_installed_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"(?m)^[a-z0-9][\w.-]*(?:\[[\w,]+\])?==\S+", text)
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(pins) == len(blocks)
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(
    ("says", "code", "expected", "line"),
    [
        ("No known vulnerabilities found", 0, 0, "No known"),
        ("Found 1 known vulnerability in 1 package\ndjango 5.2 CVE-2026-1", 1, 1, "CVE-2026-1"),
        ("ConnectionError: no route", 1, 0, "SKIPPED pip-audit: its data"),
    ],
)
def test_an_audit_fails_for_a_vulnerability_and_is_skipped_aloud_without_its_data(
    tmp_path: Path, says: str, code: int, expected: int, line: str
) -> None:
    tool = tmp_path / "pip-audit"
    tool.write_text(f"#!/bin/sh\nprintf '{says}\\n'\nexit {code}\n")
    tool.chmod(0o755)
    done = audit(f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == expected
    assert line in done.stdout


def test_an_audit_without_its_tool_is_skipped_aloud() -> None:
    assert audit("/usr/bin:/bin").stdout.startswith("SKIPPED") or Path("/usr/bin/pip-audit").exists()


def audit(path: str) -> "subprocess.CompletedProcess[str]":
    folder = Path(sys.executable).parent
    return subprocess.run([ROOT / "deploy/audit"], env={"PATH": f"{path}:{folder}"}, capture_output=True, text=True)


def test_the_printed_commands_write_the_bill_and_the_extras() -> None:
    bill = subprocess.check_output([sys.executable, "deploy/sbom.py"], cwd=ROOT, text=True)
    assert json.loads(bill)["bomFormat"] == "CycloneDX"
    words = [sys.executable, "deploy/production_lock.py", "pyproject.toml", "requirements.lock"]
    plain, more = (subprocess.check_output([*words, *extra], cwd=ROOT, text=True) for extra in ([], ["sentry"]))
    assert "sentry-sdk==" in more
    assert "sentry-sdk==" not in plain
