"""What the site is made of, as CycloneDX JSON with licences. Run it in the environment that it is to describe:

    python deploy/sbom.py > sbom.json
"""

import json
import re
import sys
from importlib.metadata import Distribution, distributions
from typing import Any

_CLASSIFIER = "License :: OSI Approved :: "


def sbom() -> dict[str, Any]:
    """Every installed package once, by name."""
    found = {_name(each): _component(each) for each in distributions() if each.metadata["Name"]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "plaintrials"}},
        "components": [found[name] for name in sorted(found)],
    }


def _component(package: Distribution) -> dict[str, Any]:
    name = _name(package)
    return {
        "type": "library",
        "name": name,
        "version": package.version,
        "purl": f"pkg:pypi/{name}@{package.version}",
        "licenses": [{"license": {"name": licence_of(package)}}],
    }


def licence_of(package: Distribution) -> str:
    """The expression where there is one, else the classifiers, else the first line of the old free text."""
    meta = package.metadata
    if expression := meta.get_all("License-Expression"):
        return str(expression[0])
    classifiers = meta.get_all("Classifier") or []
    if named := [line.removeprefix(_CLASSIFIER) for line in classifiers if line.startswith(_CLASSIFIER)]:
        return " AND ".join(named)
    free_text = meta.get_all("License") or [""]
    return str(free_text[0]).strip().split("\n")[0][:80] or "unknown"


def _name(package: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()


if __name__ == "__main__":
    json.dump(sbom(), sys.stdout, indent=2)
    print()
