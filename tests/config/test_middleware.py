"""Whom a request may claim to be, how large it may be, and what is answered while a part is missing."""

from ipaddress import ip_network

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.middleware import AnswerMiddleware, ForwardedMiddleware
from trials import limits
from trials.limits import TooMany

PROXY = "10.0.0.5"


def seen_by_site(peer: str, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **{f"HTTP_{name}": value for name, value in headers.items()})
    ForwardedMiddleware(lambda _: HttpResponse())(request)
    return request


@pytest.fixture(autouse=True)
def one_proxy(settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/24")]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def test_a_stranger_cannot_claim_tls_or_an_address() -> None:
    request = seen_by_site("203.0.113.9", X_FORWARDED_FOR="198.51.100.1", X_FORWARDED_PROTO="https")
    assert not request.is_secure()
    assert limits.network(request) == "203.0.113"


def test_our_proxy_is_believed() -> None:
    request = seen_by_site(PROXY, X_FORWARDED_FOR="198.51.100.1", X_FORWARDED_PROTO="https")
    assert request.is_secure()
    assert limits.network(request) == "198.51.100"


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        (PROXY, "1.1.1.1, 198.51.100.7", "198.51.100"),  # what the visitor wrote himself stands to the left
        (PROXY, "198.51.100.7, 10.0.0.9", "198.51.100"),
        (PROXY, "198.51.100.7, nonsense", "10.0.0"),
        (PROXY, "", "10.0.0"),
        (PROXY, "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("::ffff:203.0.113.9", "", "203.0.113"),
        ("::ffff:10.0.0.5", "198.51.100.7", "198.51.100"),
        ("", "198.51.100.7", "unknown"),
    ],
)
def test_the_network_that_limits_go_by(peer: str, forwarded: str, network: str) -> None:
    headers = {"X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert limits.network(seen_by_site(peer, **headers)) == network


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/basics/?" + "a" * 2001, 414),
        ("/basics/?" + "a=1&" * 60, 414),
        ("/" + "a" * 1001, 414),
        ("/basics/?q=%00", 400),
        ("/basics/?" + "a" * 1999, 200),
    ],
)
@pytest.mark.django_db
def test_addresses_longer_than_any_of_ours_are_turned_away(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.mark.parametrize(("length", "status"), [(256 * 1024 + 1, 413), ("1e9", 400), ("-1", 400)])
def test_bodies_larger_than_any_form_are_not_read(client: Client, length: object, status: int) -> None:
    answer = client.generic("POST", "/updates/", b"", "application/x-www-form-urlencoded", CONTENT_LENGTH=str(length))
    assert answer.status_code == status


@pytest.mark.django_db
def test_who_has_to_wait_gets_a_page_that_says_how_long() -> None:
    answer = AnswerMiddleware(lambda _: HttpResponse()).process_exception(RequestFactory().get("/"), TooMany(120))
    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (429, "120")


@pytest.mark.parametrize("error", [OperationalError("ada@example.org"), InterfaceError("x")])
def test_without_a_database_the_answer_is_503_with_a_time_to_come_back(error: Exception) -> None:
    def broken(_: HttpRequest) -> HttpResponse:
        raise error

    for answer in (
        AnswerMiddleware(broken)(RequestFactory().get("/")),
        AnswerMiddleware(broken).process_exception(RequestFactory().get("/"), error),
    ):
        assert answer is not None
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert b"Traceback" not in answer.content
        assert b"ada@" not in answer.content


def test_another_fault_is_not_called_a_missing_database() -> None:
    assert AnswerMiddleware(lambda _: HttpResponse()).process_exception(RequestFactory().get("/"), ValueError()) is None
