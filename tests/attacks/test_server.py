"""What a stranger tries on the server itself, and an editor on what is not theirs."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.factories import ConditionFactory, SyncRunFactory, TrialFactory
from tests.subscriptions.factories import SubscriberFactory
from trials.models import TrialCondition

pytestmark = pytest.mark.django_db
NCT = "NCT99000001"
PAGES = [
    "/",
    "/trials/",
    f"/trials/{NCT}/",
    "/conditions/fatigue/",
    "/explainers/",
    "/updates/",
    "/report/",
    "/basics/",
    "/privacy/",
    "/admin/login/",
    "/nowhere/",
    "/trials/NCT00000000/",
    "/updates/manage/x/",
    "/updates/confirm/x/",
]
FORMS = ["/updates/", "/report/", f"/trials/{NCT}/contacts/", "/admin/login/"]


@pytest.fixture(autouse=True)
def content() -> None:
    condition = ConditionFactory(name="fatigue")
    trial = TrialFactory(nct_id=NCT, subscription_condition=condition)
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)


# --- Headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_the_same_shield(client: Client, path: str) -> None:
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(word in policy for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "Server" not in answer
    assert "X-Powered-By" not in answer


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_inline_script_or_style_or_a_foreign_address(client: Client, path: str) -> None:
    text = client.get(path).content.decode()
    for mark in (" onclick=", " onload=", " onerror=", " style=", "javascript:", "<style"):
        assert mark not in text, mark
    for source in ('src="http', 'src="//', "url(http"):
        assert source not in text, source


@pytest.mark.parametrize("name", ["manage", "confirm", "unsubscribe"])
def test_pages_behind_a_token_are_not_kept_nor_indexed_nor_told_on(client: Client, name: str) -> None:
    answer = client.get(f"/updates/{name}/some-token/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]


def test_pages_of_the_admin_are_not_kept(client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin", password="x"))
    for path in ("/admin/", "/admin/auth/user/", "/admin/login/", "/admin/second-factor/"):
        assert "no-store" in client.get(path)["Cache-Control"], path


# --- Whose request it is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_ORIGIN": "http://testserver.evil.example"},
    ],
)
def test_another_site_cannot_send_our_forms(client: Client, path: str, headers: dict[str, str]) -> None:
    assert client.post(path, {"email": "a@example.org", "trial": NCT}, **headers).status_code == 403


def test_the_admin_wants_its_token() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 403


@pytest.mark.parametrize("path", ["/admin/login/", "/updates/settings/", "/updates/settings/export/"])
def test_a_form_without_its_token_gets_the_sites_own_page(path: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(path)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "We did not let that through" in page
    assert "This form was open for too long" in page
    assert "CSRF" not in page


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "a b", ""])
def test_another_host_name_is_refused(client: Client, host: str) -> None:
    assert client.get("/", HTTP_HOST=host).status_code == 400


def test_a_forwarded_host_is_not_believed(client: Client) -> None:
    answer = client.get("/basics", HTTP_X_FORWARDED_HOST="evil.example", HTTP_FORWARDED="host=evil.example")
    assert "evil" not in answer.get("Location", "")
    assert b"evil.example" not in client.get("/", HTTP_X_FORWARDED_HOST="evil.example").content


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/", "/\\evil.example", "/%2f%2fevil.example", "///x.y/..//"]
)
def test_no_address_leads_off_the_site(client: Client, path: str) -> None:
    where = client.get(path).get("Location", "/")
    assert where.startswith("/")
    assert not where.startswith(("//", "/\\"))


def test_login_leads_nowhere_else(client: Client) -> None:
    User.objects.create_superuser("owner", password="correct horse battery")
    form = {"username": "owner", "password": "correct horse battery", "next": "https://evil.example/"}
    assert client.post("/admin/login/", form)["Location"].startswith("/")


# --- What must not be there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/.venv/pyvenv.cfg",
        "/manage.py",
        "/config/settings.py",
        "/metrics",
        "/static/../config/settings.py",
        "/static/%2e%2e/config/settings.py",
        "/static/css/",
        "/__debug__/",
        "/demo/mail/",
        "/server-status",
        "/phpmyadmin/",
        "/wp-login.php",
        "/deploy/secrets/secret_key",
        "/static/....//settings.py",
        "/admin/doc/",
    ],
)
def test_nothing_inside_is_served(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (302, 404), answer.status_code
    if answer.status_code == 302:
        assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND", "X-MADE-UP"])
@pytest.mark.parametrize("path", ["/", f"/trials/{NCT}/", "/updates/", "/updates/unsubscribe/x/"])
def test_odd_methods_do_nothing(client: Client, method: str, path: str) -> None:
    answer = client.generic(method, path, b"secret-echo", HTTP_COOKIE="a=secret-echo")
    assert answer.status_code < 500
    assert b"secret-echo" not in answer.content


@pytest.mark.parametrize("path", ["/", "/trials/", f"/trials/{NCT}/", "/basics/", "/trials.json", "/sitemap.xml"])
def test_a_form_sent_to_a_page_that_takes_none_is_told_so(path: str) -> None:
    """From our own pages; another site's are refused as such."""
    client = Client(enforce_csrf_checks=True)
    answer = client.post(path, {"q": "x"}, HTTP_SEC_FETCH_SITE="same-origin")
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert client.post(path, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT"])
def test_a_method_that_no_page_knows_is_told_so(client: Client, method: str) -> None:
    assert client.generic(method, "/").status_code == 405


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b&status=open", "page=1%00"])
def test_a_nul_gets_the_designed_page(client: Client, query: str) -> None:
    answer = client.get(f"/trials/?{query}")
    assert answer.status_code == 400
    assert b"We could not read that request" in answer.content
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/trials/%00/", "/conditions/a%00b/", "/admin/explainers/plainsummary/write/%00/"])
def test_a_nul_in_a_path_does_too(client: Client, path: str) -> None:
    client.force_login(User.objects.create_superuser("admin", password="x"))
    assert client.get(path).status_code == 400


def test_a_nul_in_a_form_does_too(client: Client) -> None:
    assert client.post("/admin/login/", {"username": "\0", "password": "x"}).status_code in (200, 400)


def test_a_fault_shows_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("postgresql://app:secret@db/x")

    monkeypatch.setattr("trials.limits.allow", broken)
    answer = Client(raise_request_exception=False).post("/report/", {"kind": "other", "message": "x"})
    if answer.status_code == 500:
        assert b"Traceback" not in answer.content
        assert b"secret" not in answer.content


# --- What an editor may not ----------------------------------------------------------------------------------------


@pytest.fixture
def editor(client: Client) -> Client:
    user = User.objects.create_user("editor", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/admin/auth/user/",
        "/admin/auth/group/",
        "/admin/subscriptions/subscriber/",
        "/admin/subscriptions/email/",
        "/admin/subscriptions/suppression/",
        "/admin/subscriptions/mailswitch/",
        "/admin/config/signinattempt/",
        "/admin/admin/logentry/",
        "/admin/otp_totp/totpdevice/",
        "/admin/auth/user/add/",
    ],
)
def test_an_editor_does_not_get_there(editor: Client, path: str) -> None:
    assert editor.get(path).status_code == 403
    assert editor.post(path, {}).status_code == 403


def test_an_editor_does_not_release_a_run_nor_read_addresses(editor: Client) -> None:
    run = SyncRunFactory(state="held", held_because="many")
    reader = SubscriberFactory(email="ada@readers.example.org")
    for path in (f"/admin/trials/syncrun/{run.pk}/change/", f"/admin/trials/syncrun/{run.pk}/release/"):
        assert editor.post(path, {"_release": "1"}).status_code in (403, 404)
    run.refresh_from_db()
    assert (run.state, run.decision) == ("held", "")
    assert editor.get(f"/admin/subscriptions/subscriber/{reader.pk}/change/").status_code == 403
    assert editor.get("/admin/subscriptions/subscriber/?q=ada@readers.example.org").status_code == 403


def test_an_administrator_sees_masked_addresses_only(client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin", password="x"))
    reader = SubscriberFactory(email="ada@readers.example.org")
    for path in ("/admin/subscriptions/subscriber/", f"/admin/subscriptions/subscriber/{reader.pk}/change/"):
        assert b"ada@readers" not in client.get(path).content


def test_a_session_ends_with_the_log_out(editor: Client, settings) -> None:
    old = editor.cookies[settings.SESSION_COOKIE_NAME].value
    assert editor.get("/admin/").status_code == 200
    editor.post("/admin/logout/")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = old
    assert thief.get("/admin/").status_code == 302


def test_a_new_password_ends_the_other_sessions(editor: Client) -> None:
    user = User.objects.get(username="editor")
    user.set_password("another good long one")
    user.save()
    assert editor.get("/admin/").status_code == 302
