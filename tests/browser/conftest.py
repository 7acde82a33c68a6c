"""Debian's Chromium through Playwright. Without it these tests are skipped, saying so; the continuous check has it."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import TrialFactory, study
from trials import search_index

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    # Playwright keeps a loop in this thread, which Django takes for a view that waits on the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def tab(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fresh page; `@pytest.mark.parametrize("tab", [{...}], indirect=True)` sets width, scripts or colours."""
    options = {"viewport": {"width": 390, "height": 844}, "locale": "en-US", **getattr(request, "param", {})}
    context = chromium.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


@pytest.fixture
def site(live_server: Any) -> str:
    """Two small trials on a live site; its address."""
    rules = "\n".join(f"* Rule {n} that says something about the person who joins" for n in range(1, 9))
    joining = {"eligibilityCriteria": f"Inclusion Criteria:\n\n{rules}\n\nExclusion Criteria:\n\n* Allergy to tea"}
    for nct_id, title in (("NCT99000001", "Tea for nurses"), ("NCT99000002", "Water for nurses")):
        raw = study(nct_id, eligibilityModule=joining, identificationModule={"nctId": nct_id, "briefTitle": title})
        TrialFactory(nct_id=nct_id, brief_title=title, document=raw)
    search_index.rebuild()
    return str(live_server.url)
