"""Coming into the admin: password, then code; guessing is slowed down; its owner is never shut out for good."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from config import sign_in
from config.models import BackupCode, SignInAttempt
from tests.factories import SyncRunFactory

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
Step = sign_in.Step
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def owner() -> User:
    return User.objects.create_superuser("owner", password=PASSWORD)


@pytest.fixture
def phone(owner: User) -> TOTPDevice:
    return TOTPDevice.objects.create(user=owner, name="Phone", confirmed=True)


def code_of(phone: TOTPDevice) -> str:
    totp = TOTP(phone.bin_key)
    totp.time = time.time()
    return f"{totp.token():06d}"


def log_in(client: Client, name: str = "owner", password: str = PASSWORD, **extra: str):
    return client.post("/admin/login/", {"username": name, "password": password, "next": "/admin/"}, **extra)


def give(client: Client, code: str, next_: str = "/admin/", **extra: str):
    return client.post("/admin/second-factor/", {"code": code, "next": next_}, **extra)


# --- The second factor ---------------------------------------------------------------------------------------------


def test_the_password_alone_opens_no_page_of_the_admin(client, owner, phone) -> None:
    log_in(client)
    for path in ("/admin/", "/admin/auth/user/", "/admin/config/signinattempt/", "/admin/password_change/",
                 "/admin/jsi18n/", "/admin/autocomplete/", "/admin/explainers/plainsummary/add/"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/admin/login/?next=")
    assert client.get("/admin/login/?next=/admin/auth/user/")["Location"].startswith("/admin/second-factor/?next=")


def test_password_and_code_open_the_admin(client, owner, phone) -> None:
    log_in(client)
    assert give(client, code_of(phone), "/admin/auth/user/")["Location"] == "/admin/auth/user/"
    assert client.get("/admin/auth/user/").status_code == 200


def test_a_code_works_once(client, owner, phone, clock) -> None:
    code = code_of(phone)
    log_in(client)
    assert give(client, code).status_code == 302
    thief = Client()
    log_in(thief)
    assert give(thief, code).status_code == 400
    assert thief.get("/admin/").status_code == 302


def test_the_first_time_a_phone_is_joined_and_backup_codes_are_shown_once(client, owner) -> None:
    log_in(client)
    page = client.get("/admin/second-factor/").content.decode()
    assert "data:image/svg+xml;base64," in page
    shown = client.get("/admin/second-factor/").content.decode()
    device = TOTPDevice.objects.get(user=owner)
    assert not device.confirmed
    assert give(client, "000000").status_code == 400
    answer = give(client, code_of(device))
    codes = re.findall(r"<code>(\w+)</code>", answer.content.decode())
    assert len(codes) == 8
    assert not {code for code in codes for row in BackupCode.objects.all() if code in row.hashed}, "kept as hashes"
    assert client.get("/admin/").status_code == 200
    again = Client()
    log_in(again)
    assert "data:image" not in again.get("/admin/second-factor/").content.decode(), "the key is shown no more"
    assert give(again, codes[0]).status_code == 302
    third = Client()
    log_in(third)
    assert give(third, codes[0]).status_code == 400
    assert shown


def test_the_second_factor_page_is_for_staff_who_gave_their_password(client, owner) -> None:
    assert client.get("/admin/second-factor/")["Location"].startswith("/admin/login/")
    reader = User.objects.create_user("reader", password=PASSWORD)
    client.force_login(reader)
    assert client.get("/admin/second-factor/")["Location"].startswith("/admin/login/")
    assert not TOTPDevice.objects.exists()


def test_the_session_is_a_new_one_after_each_step(client, owner, phone, settings) -> None:
    client.get("/admin/login/")
    log_in(client)
    first = client.cookies[settings.SESSION_COOKIE_NAME].value
    give(client, code_of(phone))
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != first
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = first
    assert stolen.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "away",
    ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example",
     "%2f%2fevil.example", "//user@evil.example", "", "admin"],
)  # fmt: skip
def test_the_way_on_stays_on_this_site(client, owner, phone, away) -> None:
    log_in(client)
    assert give(client, code_of(phone), away)["Location"] == "/admin/"


def test_weighty_acts_ask_for_a_fresh_code(client, owner, phone, clock) -> None:
    log_in(client)
    give(client, code_of(phone))
    change = {"action": "delete_selected", "_selected_action": "1"}
    assert "/second-factor/" not in client.post("/admin/auth/user/", change).get("Location", "")
    clock.shift(timedelta(minutes=16))
    asked = client.post("/admin/auth/user/", change)
    assert asked["Location"].startswith("/admin/second-factor/?next=%2Fadmin%2Fauth%2Fuser%2F")
    assert client.get("/admin/auth/user/").status_code == 200, "reading goes on"
    assert client.post(f"/admin/auth/user/{owner.pk}/change/", {})["Location"].startswith("/admin/second-factor/")
    give(client, code_of(phone), "/admin/auth/user/")
    assert "/second-factor/" not in client.post("/admin/auth/user/", change).get("Location", "")


def test_letting_a_held_run_go_asks_for_a_fresh_code(client, owner, phone, clock) -> None:
    run = SyncRunFactory(state="held", held_because="many")
    log_in(client)
    give(client, code_of(phone))
    clock.shift(timedelta(minutes=16))
    for word in ("release", "discard"):
        for ask in (client.get, client.post):
            answer = ask(f"/admin/trials/syncrun/{run.pk}/{word}/")
            assert answer["Location"].startswith("/admin/second-factor/?next="), word
    run.refresh_from_db()
    assert run.decision == ""


def test_in_the_demo_a_password_is_enough(client, owner, settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    log_in(client)
    assert client.get("/admin/").status_code == 200


# --- Guessing ------------------------------------------------------------------------------------------------------


def test_a_thousand_passwords_on_one_account_get_few_answers(client, owner, phone) -> None:
    answers = [log_in(client, password=f"guess {n}").status_code for n in range(25)]
    assert answers.count(200) == sign_in.FREE_TRIES
    assert answers.count(429) == 20
    refused = log_in(client)
    assert (refused.status_code, int(refused["Retry-After"]) <= 16) == (429, True)


def test_the_owner_waits_seconds_then_minutes_and_never_longer_than_a_quarter_of_an_hour(client, owner, clock) -> None:
    waits = []
    for n in range(16):
        if (answer := log_in(client, password=f"guess {n}")).status_code == 429:
            waits.append(int(answer["Retry-After"]))
            clock.shift(timedelta(seconds=waits[-1]))
            log_in(client, password=f"guess {n} again")
    assert waits[:4] == [16, 31, 61, 121]
    assert max(waits) == 901
    clock.shift(timedelta(seconds=901))
    assert log_in(client).status_code == 302


def test_one_password_on_many_accounts_is_slowed_for_the_network(client, owner) -> None:
    answers = [log_in(client, name=f"user{n}", password="Summer2026!").status_code for n in range(40)]
    assert answers == [200] * sign_in.MOST_OF_NETWORK + [429] * 10
    assert log_in(Client(), REMOTE_ADDR="203.0.113.9").status_code == 302, "others come in"


def test_an_account_attacked_from_everywhere_stays_open_to_its_owner(owner, clock) -> None:
    def attempt(network: str) -> object:
        return sign_in.begin(Step.PASSWORD, "owner", network, now=datetime.now(UTC))

    home = attempt("198.51.100")
    assert isinstance(home, SignInAttempt)
    sign_in.succeed(home, owner.pk)
    clock.shift(timedelta(hours=2))
    for n in range(60):
        assert isinstance(attempt(f"network {n}"), SignInAttempt)
    assert isinstance(attempt("network 3"), timedelta), "an attacker's network gets one try in 15 minutes"
    assert isinstance(attempt("198.51.100"), SignInAttempt), "home is not slowed"
    assert isinstance(attempt("198.51.100"), SignInAttempt)
    assert isinstance(attempt("a hotel"), SignInAttempt), "nor is a new place, once"
    clock.shift(timedelta(minutes=15))
    assert isinstance(attempt("network 3"), SignInAttempt)


def test_who_knows_the_password_cannot_guess_codes_by_giving_it_again(client, owner, phone) -> None:
    log_in(client)
    answers = []
    for n in range(12):
        answers.append(give(client, f"{n:06d}").status_code)
        log_in(Client())
    assert answers == [400] * sign_in.FREE_TRIES + [429] * 7


def test_a_name_that_does_not_exist_is_answered_like_one_that_does(client, owner) -> None:
    one, other = log_in(client, password="wrong"), log_in(Client(), name="nobody", password="wrong")
    clean = [re.sub(rb'value="[^"]*"', b"", answer.content) for answer in (one, other)]
    assert clean[0] == clean[1]
    assert one.status_code == other.status_code


def test_what_was_typed_as_a_name_is_not_kept(client, owner) -> None:
    log_in(client, name="hunter2-typed-in-the-wrong-field", password="x")
    row = SignInAttempt.objects.get()
    assert "hunter2" not in f"{row.account}{row.network}{row}"
    assert (row.user_id, row.succeeded) == (None, False)


@pytest.mark.django_db(transaction=True)
def test_tries_that_arrive_together_are_counted_one_by_one(owner) -> None:
    def attempt(_: int) -> bool:
        try:
            return isinstance(sign_in.begin(Step.PASSWORD, "owner", "net", now=datetime.now(UTC)), SignInAttempt)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(attempt, range(40)))
    assert allowed == sign_in.FREE_TRIES


# --- What administrators see ---------------------------------------------------------------------------------------


def test_administrators_read_the_log_and_change_nothing(client, owner, phone) -> None:
    log_in(client)
    give(client, code_of(phone))
    row = SignInAttempt.objects.first()
    assert client.get("/admin/config/signinattempt/").status_code == 200
    assert client.get("/admin/admin/logentry/").status_code == 200
    assert client.get("/admin/config/signinattempt/add/").status_code == 403
    assert client.post(f"/admin/config/signinattempt/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    page = client.get(f"/admin/otp_totp/totpdevice/{phone.pk}/change/").content.decode()
    assert phone.key not in page


def test_a_password_has_to_be_long_and_uncommon() -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    for weak in ("short", "password1234", "owner-owner-owner"):
        with pytest.raises(ValidationError):
            validate_password(weak, User(username="owner-owner-owner"))
    validate_password(PASSWORD)
