"""Whatever comes in by an address or a form: never an answer of 5xx. For more tries set FUZZ_EXAMPLES."""

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from tests.factories import ConditionFactory, TrialFactory
from trials.models import TrialCondition

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
bounded = tries(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
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
    st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=60),
    st.integers().map(str),
)
PARAMETERS = (
    "q condition status phase type country state near within age sex sort page id trial view from to letter version "
    "page_version sent next format year week category"
).split()
PAGES = [
    "/",
    "/trials/",
    "/trials.json",
    "/trials.csv",
    f"/trials/{NCT}/",
    f"/trials/{NCT}.json",
    f"/trials/{NCT}/changes/",
    f"/trials/{NCT}/feed/",
    f"/trials/{NCT}/sheet/",
    "/trials/compare/",
    "/conditions/",
    "/conditions/fatigue/",
    "/conditions/fatigue.json",
    "/conditions/fatigue/feed/",
    "/explainers/",
    "/explainers/feed/",
    "/glossary/",
    "/updates/",
    "/report/",
    "/corrections/",
    "/sitemap.xml",
    "/robots.txt",
    "/changes/feed/",
    "/about/",
    "/admin/login/",
]
FORMS = {
    "/updates/": "email trial condition follow_trial follow_condition choice frequency scope place website",
    "/report/": "page kind message website page_version",
    f"/trials/{NCT}/contacts/": "contact",
    "/updates/manage/": "email",
    "/updates/link/": "email",
    "/updates/confirm/x/": "go",
    "/updates/unsubscribe/x/": "stop",
    "/updates/one-click/x/": "List-Unsubscribe",
    "/admin/login/": "username password next",
    "/admin/second-factor/": "code next",
}


@pytest.fixture
def site(settings: Any) -> Client:
    settings.SIGNUP_LIMITS = "off"
    condition = ConditionFactory(name="fatigue")
    trial = TrialFactory(nct_id=NCT, subscription_condition=condition)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    return Client(raise_request_exception=False)


def sound(client: Client, method: str, path: str, **data: Any) -> None:
    answer = getattr(client, method)(path, **data)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code < 500, f"{method} {path} {data}: {answer.status_code}"
    assert b"Traceback (most recent call last)" not in content
    assert b"<script>alert(1)</script>" not in content
    assert "\n" not in answer.get("Location", "")


@bounded
@given(
    st.sampled_from(PAGES),
    st.dictionaries(st.sampled_from(PARAMETERS), st.lists(values, min_size=1, max_size=3), max_size=5),
)
def test_no_query_breaks_a_page(site: Client, path: str, query: dict[str, list[str]]) -> None:
    sound(site, "get", path, data=query)


@bounded
@given(st.sampled_from(sorted(FORMS)), st.data())
def test_no_form_field_breaks_a_page(site: Client, path: str, data: st.DataObject) -> None:
    fields = FORMS[path].split()
    form = data.draw(st.dictionaries(st.sampled_from([*fields, "more"]), st.lists(values, min_size=1, max_size=3)))
    sound(site, "post", path, data=form)


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every public route with its parameters: new pages are fuzzed without anybody adding them here."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("admin/"):
                yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and "<" in route:
            yield route, pattern.pattern.converters


@bounded
@given(st.data())
def test_no_part_of_an_address_breaks_a_page(site: Client, data: st.DataObject) -> None:
    route, _ = data.draw(st.sampled_from(sorted(routes(), key=lambda each: each[0])))
    path = "/" + re.sub(r"<[^>]+>", lambda _: quote(data.draw(values), safe=""), route)
    sound(site, data.draw(st.sampled_from(["get", "head", "options", "post"])), path)


@bounded
@given(
    st.sampled_from(["/", "/updates/", f"/trials/{NCT}/", "/trials.json", "/admin/login/"]),
    st.dictionaries(
        st.sampled_from(
            [
                "HTTP_ACCEPT",
                "HTTP_REFERER",
                "HTTP_ORIGIN",
                "HTTP_HOST",
                "HTTP_X_FORWARDED_FOR",
                "HTTP_COOKIE",
                "HTTP_IF_NONE_MATCH",
                "HTTP_IF_MODIFIED_SINCE",
                "HTTP_SEC_FETCH_SITE",
                "HTTP_ACCEPT_LANGUAGE",
                "HTTP_RANGE",
                "CONTENT_TYPE",
                "HTTP_AUTHORIZATION",
                "HTTP_ACCEPT_ENCODING",
            ]
        ),
        st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255, blacklist_characters="\x7f"), max_size=80),
    ),
    st.sampled_from(["get", "post"]),
)
def test_no_header_breaks_a_page(site: Client, path: str, headers: dict[str, str], method: str) -> None:
    sound(site, method, path, **headers)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{" * 5000, b"a=" + b"%" * 3000, b"a=1&" * 999, b"--x\r\n"])
@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/json",
        "text/plain; charset=utf-99",
        "x",
    ],
)
def test_no_body_breaks_a_form(site: Client, body: bytes, kind: str) -> None:
    for path in FORMS:
        answer = site.generic("POST", path, body, content_type=kind)
        assert answer.status_code < 500, f"{path} {kind} {body[:20]!r}: {answer.status_code}"
