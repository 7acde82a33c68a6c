"""Public reads go to a copy while it is good; everything else, and everybody when it is not, to the first database."""

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config import replica
from config.replica import LOOK_EVERY, OUT_FOR, ReplicaMiddleware, Router, Standing
from subscriptions.models import Subscriber
from trials.models import Trial


class Always:
    def __init__(self) -> None:
        self.out = 0

    def is_good(self) -> bool:
        return self.out == 0

    def mark_out(self) -> None:
        self.out += 1


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> Always:
    standing = Always()
    monkeypatch.setattr(replica, "standing", standing)
    return standing


def where(request: HttpRequest, model: type = Trial) -> str | None:
    seen: list[str | None] = []

    def view(_: HttpRequest) -> HttpResponse:
        seen.append(Router().db_for_read(model))
        return HttpResponse()

    ReplicaMiddleware(view)(request)
    return seen[0]


def test_public_pages_read_the_copy(good: Always) -> None:
    assert where(RequestFactory().get("/trials/")) == "replica"
    assert Router().db_for_read(Trial) is None, "and nothing stays marked after the request"


@pytest.mark.parametrize("path", ["/admin/", "/updates/manage/x/", "/health/ready", "/metrics"])
def test_pages_that_must_see_their_own_writes_do_not(good: Always, path: str) -> None:
    assert where(RequestFactory().get(path)) is None


def test_nor_posts_nor_editors_nor_readers_rows(good: Always, settings) -> None:
    logged_in = RequestFactory().get("/trials/")
    logged_in.COOKIES[settings.SESSION_COOKIE_NAME] = "x"
    assert where(RequestFactory().post("/trials/NCT99000001/contacts/")) is None
    assert where(logged_in) is None
    assert where(RequestFactory().get("/trials/"), Subscriber) is None
    assert Router().db_for_write(Trial) == "default"


def test_a_copy_that_fails_under_a_page_is_left_and_the_page_made_again(good: Always) -> None:
    used: list[str | None] = []

    def view(request: HttpRequest) -> HttpResponse:
        used.append(Router().db_for_read(Trial))
        if used[-1]:
            error = OperationalError("gone")
            answer = middleware.process_exception(request, error)
            assert answer is not None
            return answer
        return HttpResponse("made")

    middleware = ReplicaMiddleware(view)
    assert middleware(RequestFactory().get("/trials/")).content == b"made"
    assert (used, good.out) == (["replica", None], 1)


class Cursor:
    def __init__(self, behind: float | None) -> None:
        self.behind, self.looks = behind, 0

    def cursor(self) -> "Cursor":
        self.looks += 1
        if self.behind is None:
            raise OperationalError("down")
        return self

    def __enter__(self) -> "Cursor":
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, _: str) -> None: ...

    def fetchone(self) -> tuple[float | None]:
        return (self.behind,)


@pytest.mark.parametrize(("behind", "good"), [(0.0, True), (30.0, True), (30.1, False), (None, False)])
def test_a_copy_that_lags_or_is_down_is_not_used(monkeypatch, behind: float | None, good: bool) -> None:
    now, cursor = [0.0], Cursor(behind)
    monkeypatch.setattr(replica, "connections", {"replica": cursor})
    standing = Standing(lambda: now[0])
    assert standing.is_good() is good
    assert standing.is_good() is good
    assert cursor.looks == 1, "it is not asked for each page"
    cursor.behind = 0.0
    now[0] += LOOK_EVERY if good else OUT_FOR
    assert standing.is_good()
    assert cursor.looks == 2


@pytest.mark.django_db
def test_the_question_how_far_behind_runs_on_postgresql() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(replica._BEHIND)
        assert cursor.fetchone() == (0,)
