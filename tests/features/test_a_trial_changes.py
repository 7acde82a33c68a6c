"""The whole pipe, once: a form, a mail, a button, the registry's record changes, the page, one alert, one click."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from config import page_cache
from config.sample_registry import SampleRegistry
from tests.subscriptions.sink import Sink, text_of
from trials import polling
from trials.models import SyncRun

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "reader@example.org"
NCT_ID = "NCT99000004"


@pytest.fixture
def registry(settings: Any) -> Iterator[SampleRegistry]:
    with SampleRegistry() as server:
        settings.REGISTRY_URL = server.url
        yield server


def poll() -> SyncRun | None:
    return polling.poll(now=timezone.now())


def visible(client: Client, path: str) -> str:
    html = client.get(path).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def form_fields(html: str) -> dict[str, str]:
    """What a browser would send of the form with the email field, untouched."""
    form = next(part for part in re.findall(r"<form.*?</form>", html, re.S) if 'name="email"' in part)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes.get("type") not in ("checkbox", "radio") or " checked" in tag:
            fields[attributes["name"]] = attributes.get("value", "on")
    return fields


@pytest.fixture
def client(settings: Any) -> Client:
    """A reader's browser, kept pages included."""
    settings.MIDDLEWARE = ["config.page_cache.PageCacheMiddleware", *settings.MIDDLEWARE]
    return Client()


def test_from_the_form_to_the_alert_and_out_again(
    client: Client, registry: SampleRegistry, sink: Sink, work: Callable[[], None]
) -> None:
    first = poll()
    assert first
    assert first.is_baseline
    assert first.failed == 0
    work()
    page = f"/trials/{NCT_ID}/"
    assert "Updated" not in visible(client, page).split("Summary")[0].split("Last updated")[1][:40]

    html = client.get(page).content.decode()
    answer = client.post("/updates/", {**form_fields(html), "email": ADDRESS})
    assert answer.status_code == 200
    work()
    (confirmation,) = sink.to(ADDRESS)
    link = re.search(r"http://[^\s]+/updates/confirm/[^\s]+", text_of(confirmation))
    assert link
    assert client.post(urlsplit(link[0]).path).status_code == 200

    def stop(study: dict[str, Any]) -> None:
        status = study["protocolSection"]["statusModule"]
        status["overallStatus"] = "SUSPENDED"
        status["whyStopped"] = "Waiting for new supplies"

    registry.edit(NCT_ID, stop)
    second = poll()
    assert second
    assert (second.state, second.changed) == (SyncRun.State.PUBLISHED, 1)
    time.sleep(page_cache.LOOK_AGAIN)
    assert "Updated 1 time" in visible(client, page)
    assert "paused" in visible(client, page).split("What changed")[1]

    work()
    work()  # the same tasks again: nothing more
    alert = sink.to(ADDRESS)[1]
    assert len(sink.to(ADDRESS)) == 2
    assert alert["X-Trial-Changes"] == f"{NCT_ID}/2"
    assert alert["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert alert["Auto-Submitted"] == "auto-generated"
    assert "paused" in text_of(alert)

    one_click = urlsplit(str(alert["List-Unsubscribe"]).strip("<>")).path
    stranger = Client(headers={"sec-fetch-site": "cross-site"})
    assert stranger.post(one_click, {"List-Unsubscribe": "One-Click"}).status_code == 200
    registry.edit(NCT_ID, lambda s: s["protocolSection"]["statusModule"].update(overallStatus="TERMINATED"))
    assert poll()
    work()
    assert len(sink.to(ADDRESS)) == 2
    time.sleep(page_cache.LOOK_AGAIN)
    assert "Updated 2 times" in visible(client, page)


def test_a_poll_of_unmoved_data_fetches_nothing_and_only_notes_the_time(registry: SampleRegistry) -> None:
    poll()
    registry.requests.clear()
    assert poll() is None
    assert len(registry.requests) == 1
    run = SyncRun.objects.get()
    assert run.confirmed_at
    assert run.confirmed_at > run.finished_at - timedelta(seconds=1)
