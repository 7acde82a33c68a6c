"""Kept pages: served again at once, never after what they show has moved, never to somebody who is logged in."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from config.page_cache import PageCacheMiddleware
from tests.factories import TrialFactory
from trials import generation
from trials.models import Trial

pytestmark = pytest.mark.django_db


@pytest.fixture
def path() -> str:
    return TrialFactory().get_absolute_url()


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Client:
    settings.MIDDLEWARE = ["config.page_cache.PageCacheMiddleware",
                           *(m for m in settings.MIDDLEWARE if "page_cache" not in m)]  # fmt: skip
    monkeypatch.setattr("config.page_cache.LOOK_AGAIN", 0.0)
    return Client()


def test_a_second_reader_gets_the_kept_page_without_a_query(
    client: Client, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(path)
    with django_assert_num_queries(0):
        second = client.get(path)
    assert second.content == first.content
    assert second.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_a_page_is_made_anew_when_the_generation_moves(client: Client, path: str) -> None:
    client.get(path)
    Trial.objects.update(brief_title="Quite another title")
    assert b"Quite another title" not in client.get(path).content
    generation.move()
    assert b"Quite another title" in client.get(path).content


def test_who_has_the_page_gets_304(client: Client, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"if-none-match": f"W/{tag}"})
    assert (again.status_code, again.content) == (304, b"")


def test_somebody_logged_in_never_gets_or_makes_a_kept_page(client: Client, path: str) -> None:
    client.force_login(User.objects.create_superuser("admin"))
    client.get(path)
    Trial.objects.update(brief_title="Quite another title")
    assert b"Quite another title" in client.get(path).content


def test_without_the_cache_server_every_page_is_fresh(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trials.generation.cache.get", _refuse)
    client.get(path)
    Trial.objects.update(brief_title="Quite another title")
    assert b"Quite another title" in client.get(path).content


def test_a_page_made_while_the_generation_moved_is_not_kept(client: Client, path: str) -> None:
    client.get(path)

    def and_meanwhile(request):  # type: ignore[no-untyped-def]
        generation.move()
        middleware._look(0.0)
        from django.http import HttpResponse

        return HttpResponse("old")

    middleware = PageCacheMiddleware(and_meanwhile)
    from django.test import RequestFactory

    middleware(RequestFactory().get("/trials/"))
    assert not middleware._pages


def _refuse(*_: object) -> None:
    raise ConnectionError


@pytest.mark.parametrize("step, moves", [("", True), ("autosave/", False), ("gauge/", False)])
def test_what_an_editor_is_only_typing_throws_no_page_away(client: Client, step: str, moves: bool) -> None:
    trial = TrialFactory()
    before = generation.current()
    client.force_login(User.objects.create_superuser("admin"))
    response = client.post(f"{reverse('admin:summary-write', args=[trial.nct_id])}{step}", {})
    assert response.status_code < 400
    assert (generation.current() != before) is moves
