"""What we are made of is known, and may be used."""

import re

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
