"""How the tests of the sample registry ask it, and what they look for in a study."""

import json
from typing import Any

import httpx

from config.sample_registry import SampleRegistry
from config.sample_registry.world import load, nct_id

SEEDS = {"NCT07103668", "NCT07509034", "NCT03323944"}
STUDIES = {nct_id(study): study for study in load()}


def get(registry: SampleRegistry, path: str, **params: Any) -> httpx.Response:
    return httpx.get(registry.url + path, params={name.replace("__", "."): value for name, value in params.items()})


def ids(page: dict[str, Any]) -> list[str]:
    return [nct_id(study) for study in page["studies"]]


def crawl(registry: SampleRegistry, at_most: int = 50, **params: Any) -> list[dict[str, Any]]:
    """Pages to the end, or to `at_most`, as a client without any care would fetch them."""
    pages: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in range(at_most):
        reply = get(registry, "/studies", **params, **token)
        reply.raise_for_status()
        pages.append(reply.json())
        if "nextPageToken" not in pages[-1]:
            break
        token = {"pageToken": pages[-1]["nextPageToken"]}
    return pages


def gathered(pages: list[dict[str, Any]]) -> list[str]:
    return [nct for page in pages for nct in ids(page)]


def everything(registry: SampleRegistry) -> dict[str, dict[str, Any]]:
    return {nct_id(study): study for study in get(registry, "/studies", pageSize=1000).json()["studies"]}


def undated(study: dict[str, Any]) -> dict[str, Any]:
    """A study without what the registry stamps on it."""
    study = json.loads(json.dumps(study))
    for key in ("statusVerifiedDate", "lastUpdateSubmitDate", "lastUpdatePostDateStruct"):
        study.get("protocolSection", {}).get("statusModule", {}).pop(key, None)
    return study


def at(study: dict[str, Any], *path: str) -> Any:
    for key in path:
        study = study.get(key, {}) if isinstance(study, dict) else {}
    return study
