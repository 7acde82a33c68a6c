"""The site's own pages, error pages and machine files: they stand, they link to what exists, nothing is inline."""

import re
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve

from config import errors
from config.pages import demo_mail, own
from subscriptions import consent
from tests.factories import ConditionFactory, SyncRunFactory, TrialFactory

pytestmark = pytest.mark.django_db
PAGES = [f"/{name}/" for name in own.PAGES] + ["/", "/trials/", "/conditions/", "/corrections/", "/report/"]


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    return _Tags(html).tags


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_title_description_and_one_h1(client: Client, path: str) -> None:
    html = get(client, path)
    title = re.search(r"<title>(.+?)</title>", html)
    description = re.search(r'<meta name="description" content="(.{20,}?)">', html)
    assert title
    assert description
    assert re.search(r'<meta property="og:title" content=".+?">', html)
    assert html.count("<h1") == 1
    assert '<html lang="en">' in html


def test_titles_differ(client: Client) -> None:
    titles = [re.search(r"<title>(.+?)</title>", get(client, path))[1] for path in PAGES]  # type: ignore[index]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("path", [*PAGES, "/trials/NCT99000001/", "/trials/NCT99000001/sheet/", "/conditions/asthma/"])
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: Client, path: str) -> None:
    TrialFactory(nct_id="NCT99000001", subscription_condition=ConditionFactory(name="asthma"))
    for tag, attrs in tags(get(client, path)):
        assert not [name for name in attrs if name == "style" or name.startswith("on")], (tag, attrs)
        assert tag != "style"
        if tag == "script":
            assert attrs.get("src") or attrs.get("type") == "application/ld+json"
        if tag in ("script", "img", "iframe", "source") or (tag == "link" and attrs.get("rel") != "canonical"):
            address = attrs.get("src") or attrs.get("href") or "/"
            assert not address.startswith(("http:", "https:", "//")), (tag, address)


@pytest.mark.parametrize("path", [*PAGES, "/trials/NCT99000001/", "/conditions/asthma/"])
def test_links_lead_to_pages_of_this_site(client: Client, path: str) -> None:
    TrialFactory(nct_id="NCT99000001", subscription_condition=ConditionFactory(name="asthma"))
    broken = []
    for tag, attrs in tags(get(client, path)):
        target = (attrs.get("href") if tag in ("a", "link") else attrs.get("action") if tag == "form" else "") or ""
        if target.startswith("/") and not target.startswith("/static/"):
            try:
                resolve(re.split("[?#]", target)[0])
            except Resolver404:
                broken.append(target)
    assert broken == []


def test_safety_page_makes_its_five_points(client: Client) -> None:
    text = get(client, "/safety/")
    for point in (
        "Never pay to join",
        "Talk to your care team",
        "Do not stop",
        "no health details in an email",
        "Check the registry",
    ):
        assert point in text


def test_terms_and_privacy_carry_their_dates(client: Client) -> None:
    assert f"Version {own.TERMS[0].version}, since " in get(client, "/terms/")
    privacy = get(client, "/privacy/")
    assert "7 days, then it is deleted" in privacy
    assert "28 days, then it is erased" in privacy


def test_old_terms_keep_their_address_and_say_that_they_are_old(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = own.TERMS[0]
    newer = own.Terms("2027-01", date(2027, 1, 1))
    monkeypatch.setattr(own, "TERMS", (newer, first))
    old = get(client, f"/terms/{first.version}/")
    assert "These terms hold no longer" in old
    assert "Sign up only your own address." in old
    assert '<a href="/terms/2027-01/">' in old
    assert client.get("/terms/2020-01/").status_code == 404


def test_every_version_that_people_agreed_to_can_be_read(client: Client) -> None:
    assert set(consent.TEXTS) == {terms.version for terms in own.TERMS}
    assert own.TERMS[0].version == consent.CURRENT
    for version in consent.TEXTS:
        get(client, f"/terms/{version}/")


def test_demo_says_so_on_every_page_and_to_search_engines(client: Client, settings: Any) -> None:
    assert "Sample data:" not in get(client, "/")
    settings.DEMO = settings.SAMPLE_DATA = True
    assert all("Sample data:" in get(client, path) for path in PAGES)
    settings.SAMPLE_DATA = False  # real trials, of the registry that somebody named
    assert all("Sample data:" not in get(client, path) and "Test site:" in get(client, path) for path in PAGES)
    assert not re.search(r"^Disallow: /$", get(client, "/robots.txt"), re.MULTILINE), "nobody else reaches this machine"
    settings.ON_LOOPBACK = False
    assert re.search(r"^Disallow: /$", get(client, "/robots.txt"), re.MULTILINE)


def test_robots_names_the_sitemap_and_lets_readers_find_us(client: Client) -> None:
    text = get(client, "/robots.txt")
    assert "Sitemap: http" in text
    assert not re.search(r"^Disallow: /$", text, re.MULTILINE)


def test_security_txt_has_a_contact_and_an_end(client: Client) -> None:
    text = get(client, "/.well-known/security.txt")
    assert re.search(r"^Contact: \S+$", text, re.MULTILINE)
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", text, re.MULTILINE)


def test_health(client: Client) -> None:
    assert get(client, "/health/live") == "live\n"
    assert '"database": "ok"' in get(client, "/health/ready")


def test_404_offers_a_search(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    html = response.content.decode()
    assert "There is no page here" in html
    assert 'name="q"' in html


@pytest.mark.parametrize(
    "handler, status", [("bad_request", 400), ("forbidden", 403), ("not_found", 404), ("gone", 410)]
)
def test_error_pages(rf: RequestFactory, handler: str, status: int) -> None:
    response = getattr(errors, handler)(rf.get("/somewhere/"))
    assert response.status_code == status
    assert b'content="noindex"' in response.content
    assert response.content.count(b"<h1") == 1


def test_429_says_how_long_to_wait(rf: RequestFactory) -> None:
    response = errors.too_many(rf.get("/"), 90)
    assert (response.status_code, response["Retry-After"]) == (429, "90")
    assert b"wait 2 minutes" in response.content


@pytest.mark.parametrize("handler, status", [("server_error", 500), ("unavailable", 503)])
def test_pages_of_a_broken_server_need_no_database(
    rf: RequestFactory, handler: str, status: int, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = getattr(errors, handler)(rf.get("/"))
    assert response.status_code == status
    assert b"ClinicalTrials.gov" in response.content


def _letter(folder: Path, name: str, html: str = "<p>Hello</p><script>alert(1)</script>") -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = f"Subject {name} <b>", "us@example.org", "you@example.org"
    message.set_content("Plain words, see http://127.0.0.1:8000/trials/")
    message.add_alternative(html, subtype="html")
    (folder / "new").mkdir(exist_ok=True)
    (folder / "new" / f"{name}.M1P2.host").write_bytes(message.as_bytes())


def test_demo_mail_is_read_from_the_maildir(tmp_path: Path, settings: Any) -> None:
    settings.DEMO_MAIL_DIR = str(tmp_path)
    _letter(tmp_path, "one")
    letters = demo_mail.letters()
    assert [str(letter) for letter in letters] == ["Subject one <b>"]
    assert "Plain words" in letters[0].text


def test_demo_mail_shows_html_in_a_frame_that_can_run_nothing(
    rf: RequestFactory, tmp_path: Path, settings: Any
) -> None:
    settings.DEMO_MAIL_DIR = str(tmp_path)
    _letter(tmp_path, "one", html="<html><head></head><body>Hello</body></html>")
    key = demo_mail.letters()[0].key
    shown = demo_mail.letter(rf.get("/"), key).content.decode()
    assert "Subject one &lt;b&gt;" in shown
    assert "<script>alert" not in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown
    framed = demo_mail.letter_html(rf.get("/"), key)
    assert "default-src 'none'" in framed["Content-Security-Policy"]
    assert "sandbox" in framed["Content-Security-Policy"]
    assert b'<base target="_blank">' in framed.content


def test_there_is_no_demo_mail_outside_the_demo(client: Client) -> None:
    assert client.get("/demo/mail/").status_code == 404


@pytest.mark.parametrize("path", ["/trials/", "/conditions/", "/treatments/", "/sites/", "/glossary/", "/updates/"])
def test_every_page_says_when_the_registry_was_last_checked(client: Client, path: str) -> None:
    at = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    SyncRunFactory(started_at=at, confirmed_at=at)
    html = client.get(path).content.decode()
    assert 'We last checked it on <time datetime="2026-07-01">Jul 1, 2026</time> at 09:30 UTC' in html


def test_a_page_that_is_not_there_asks_the_database_nothing(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/no-such-page/").status_code == 404
