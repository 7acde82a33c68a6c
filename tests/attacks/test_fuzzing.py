"""Whatever comes in by an address or a form: never an answer of 5xx.

Every route of the URLconf is asked, and every parameter and field that its view reads: a new page is fuzzed without
being listed here. FUZZ_SECONDS=300 goes on for so long with new cases; FUZZ_EXAMPLES sets how many make a round.
"""

import itertools
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as tries
from hypothesis import strategies as st

from config.processes import ROOT
from subscriptions import links
from tests.factories import ConditionFactory, SyncRunFactory, TrialChangeFactory, TrialFactory
from tests.subscriptions.factories import SubscriptionFactory
from tests.trials.listed import listed, place
from trials.models import TrialCondition

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
TESTS = 5
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0")) / TESTS
pytestmark = pytest.mark.django_db

NCT = "NCT99000001"
HOSTILE = [
    "",
    "0",
    "-1",
    "1e309",
    "NaN",
    "99999999999999999999",
    "true",
    "null",
    "' OR 1=1 --",
    '"',
    "\\",
    "%",
    "_",
    "%%s",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "{% load x %}",
    "${7*7}",
    "../../../etc/passwd",
    "//evil.example",
    "\r\nX: y",
    "\0",
    "a\0b",
    "javascript:alert(1)",
    "\u202e",
    "\ud7ff",
    "😀" * 50,
    "a" * 900,
    "(" * 200,
    "((((a|b)&!c",
    "a:*",
    "!",
    "&|!():*'",
    NCT,
    NCT.lower(),
    "fatigue",
    "NCT",
    "NCT00000000",
    "42.36,-71.06",
    "91,181",
    "nan,nan",
    "inf,0",
    "02115",
    "Boston",
    "10km",
    "10mi",
    "-5km",
    "1e400km",
    "2026-W47",
    "0000-W00",
    "9999-W53",
    "open",
    "any",
    "relevance",
    "near",
    "phase2",
]
values = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=60),
    st.integers().map(str),
)
HEADERS = [
    "HTTP_ACCEPT", "HTTP_REFERER", "HTTP_ORIGIN", "HTTP_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_COOKIE",
    "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_SEC_FETCH_SITE", "HTTP_ACCEPT_LANGUAGE", "HTTP_RANGE",
    "CONTENT_TYPE", "HTTP_AUTHORIZATION", "HTTP_ACCEPT_ENCODING", "HTTP_X_REQUESTED_WITH",
]  # fmt: skip
header_values = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=80
)
_READ_BY_NAME = re.compile(r"(?:GET|POST|parameters|query|data)(?:\.get(?:list)?\(|\[)\s*[\"']([\w-]+)[\"']")


def fuzz(cases: st.SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """A round of new cases, and rounds more until the time is over."""
    end = time.monotonic() + SECONDS
    while True:
        unchecked = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        bounded = tries(max_examples=EXAMPLES, deadline=None, suppress_health_check=unchecked, database=None)
        seed(random.getrandbits(64))(bounded(given(cases)(lambda case: check(case))))()
        if time.monotonic() >= end:
            return


# --- What there is to ask ------------------------------------------------------------------------------------------


@dataclass
class Site:
    """Three visitors, an address that works for each route, and what the view behind it reads."""

    visitors: dict[str, Client]
    known: dict[str, list[str]]
    routes: list[str] = field(default_factory=list)
    names: dict[str, set[str]] = field(default_factory=dict)

    def path(self, route: str, choose: Callable[[list[str]], str]) -> str:
        def part(found: re.Match[str]) -> str:
            kind, _, name = found.group(1).rpartition(":")
            return quote(choose(self.known.get(name) or self.known.get(kind) or ["x"]), safe="")

        return "/" + re.sub(r"<([^>]+)>", part, route)

    def paths(self) -> st.SearchStrategy[tuple[str, str]]:
        """(route, an address of it): its parts are ours, or anything."""

        @st.composite
        def one(draw: st.DrawFn) -> tuple[str, str]:
            route = draw(st.sampled_from(self.routes))
            return route, self.path(route, lambda ours: draw(st.one_of(st.sampled_from(ours), values)))

        return one()

    def fields(self, route: str) -> st.SearchStrategy[dict[str, list[str]]]:
        names = sorted(self.names[route]) or ["x"]
        wide = st.one_of(st.sampled_from(names), st.sampled_from([*EVERY_NAME, "more"]))
        return st.dictionaries(wide, st.lists(values, min_size=1, max_size=3), max_size=6)


def written_names() -> list[str]:
    """Every parameter that some view's source names."""
    sources = [path.read_text() for app in ("trials", "explainers", "subscriptions", "config")
               for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]  # fmt: skip
    return sorted({name for text in sources for name in _READ_BY_NAME.findall(text)})


EVERY_NAME = written_names()


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + re.sub(r"^\^|\$$|\\Z", "", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and "(?P" not in route:
            yield route


@pytest.fixture
def site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Site:
    settings.SIGNUP_LIMITS = "off"
    condition = ConditionFactory(name="fatigue")
    trial = TrialFactory(nct_id=NCT, subscription_condition=condition)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    change = TrialChangeFactory(trial=trial, version=2)
    listed("NCT99000002", treatments=["fatigue"], sites=[place("fatigue", city="", state="")])
    subscription = SubscriptionFactory(trial=trial)
    stranger, editor = (Client(raise_request_exception=False) for _ in range(2))
    editor.force_login(User.objects.create_superuser("admin", password="x"))
    reader, followed = subscription.subscriber, [subscription.pk]
    mailed = links.unsubscribe_url(reader, followed), links.one_click_url(reader, followed)
    tokens = [re.findall(r"/unsubscribe/([^/]+)/", url)[0] for url in mailed] + ["x"]
    made = Site(
        {"stranger": stranger, "editor": editor},
        {"nct_id": [NCT, NCT.lower()], "slug": [condition.slug, "x"], "version": ["2", "1", "0"], "token": tokens,
         "week": ["2026-W47"], "area": ["united-states", "united-states/-/-"],
         "object_id": [str(trial.pk), str(change.pk), "1"], "run": [str(SyncRunFactory().pk)],
         "int": ["1", "0", "999999999999"], "pk": [str(trial.pk), "1"]},
        routes=sorted(set(routes())),
    )  # fmt: skip
    if not LEARNED:
        learn(made, monkeypatch)
        LEARNED.update(made.names)
    made.names = LEARNED
    return made


LEARNED: dict[str, set[str]] = {}
"""What each route reads: the same for every test."""


def learn(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask each route once, and note which parameters and fields its view looks for."""
    asked: set[str] = set()
    for name in ("get", "getlist", "__getitem__", "__contains__"):
        original = getattr(QueryDict, name)

        def noted(self: QueryDict, key: Any, *more: Any, _original: Any = original, **named: Any) -> Any:
            asked.add(str(key))
            return _original(self, key, *more, **named)

        monkeypatch.setattr(QueryDict, name, noted)
    for route in site.routes:
        asked.clear()
        for client in site.visitors.values():
            for ask in (client.get, client.post):
                ask(site.path(route, lambda ours: ours[0]))
        site.names[route] = set(asked) - {"csrfmiddlewaretoken"}
    monkeypatch.undo()


def sound(client: Client, method: str, path: str, data: Any = None, **more: Any) -> None:
    answer = client.generic(method, path, **more) if data is None else getattr(client, method)(path, data, **more)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code < 500, f"{method} {path} {data} {more}: {answer.status_code}"
    assert b"Traceback (most recent call last)" not in content
    kind = answer.get("Content-Type", "")
    if not kind.startswith(("text/plain", "application/json")):  # shown as it is, and nosniff holds browsers to it
        assert b"<script>alert(1)</script>" not in content, kind
    assert "\n" not in answer.get("Location", "")
    if kind.startswith("application/json") and content:
        json.loads(content)


# --- The tests -----------------------------------------------------------------------------------------------------


def test_every_page_is_asked_and_what_it_reads_is_known(site: Site) -> None:
    assert {"", "trials/", "trials/<nct:nct_id>/", "updates/", "health/ready", "admin/login/"} <= set(site.routes)
    assert {"q", "status", "near", "page"} <= site.names["trials/"]
    assert {"email", "trial", "condition"} <= site.names["updates/"]
    assert {"kind", "message"} <= site.names["report/"]
    assert {"q", "sort", "cursor"} & set(EVERY_NAME)


def test_no_query_breaks_a_page(site: Site) -> None:
    cases = site.paths().flatmap(lambda pair: st.tuples(st.just(pair), site.fields(pair[0]), visitor(site)))
    fuzz(cases, lambda case: sound(site.visitors[case[2]], "get", case[0][1], case[1]))


def test_no_form_field_breaks_a_page(site: Site) -> None:
    cases = site.paths().flatmap(lambda pair: st.tuples(st.just(pair), site.fields(pair[0]), visitor(site)))
    fuzz(cases, lambda case: sound(site.visitors[case[2]], "post", case[0][1], case[1]))


def visitor(site: Site) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(site.visitors))


def test_no_method_and_no_part_of_an_address_breaks_a_page(site: Site) -> None:
    methods = st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "X-MADE-UP"])
    cases = st.tuples(site.paths(), methods, visitor(site))
    fuzz(cases, lambda case: sound(site.visitors[case[2]], case[1], case[0][1]))


def test_no_header_breaks_a_page(site: Site) -> None:
    headers = st.dictionaries(st.sampled_from(HEADERS), header_values)
    cases = st.tuples(site.paths(), headers, st.sampled_from(["get", "post"]))
    fuzz(cases, lambda case: sound(site.visitors["stranger"], case[2], case[0][1], {}, **case[1]))


def test_no_answer_in_json_is_anything_else(site: Site) -> None:
    """Whatever is asked of a page of data: JSON of its kind, or an honest refusal."""
    data = [route for route in site.routes if route.endswith(".json") or "suggest" in route]
    assert len(data) >= 4

    def check(case: tuple[str, dict[str, list[str]]]) -> None:
        answer = site.visitors["stranger"].get(case[0], case[1])
        assert answer.status_code in (200, 301, 302, 400, 404, 410, 414), f"{case}: {answer.status_code}"
        if answer.status_code == 200 and case[0].endswith(".json"):
            assert answer["Content-Type"].startswith("application/json")
            assert isinstance(json.loads(answer.content), dict | list)

    ways = [st.tuples(st.just(site.path(route, lambda ours: ours[0])), site.fields(route)) for route in data]
    fuzz(st.one_of(ways), check)


BODIES = [b"", b"\xff\xfe", b"{" * 5000, b"a=" + b"%" * 3000, b"a=1&" * 999, b"--x\r\n"]
KINDS = [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json",
    "text/plain; charset=utf-99", "x",
]  # fmt: skip


def test_no_body_breaks_a_form(site: Site) -> None:
    public = [route for route in site.routes if not route.startswith("admin/")]
    for path in [site.path(route, lambda ours: ours[0]) for route in [*public, "admin/login/"]]:
        for body, kind in itertools.product(BODIES, KINDS):
            answer = site.visitors["stranger"].generic("POST", path, body, content_type=kind)
            assert answer.status_code < 500, f"{path} {kind} {body[:20]!r}: {answer.status_code}"
