"""The lists behind the counter: readable, masked, and closed to editors."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from subscriptions import composing, matching
from subscriptions.models import Email, MailSwitch
from tests.subscriptions.factories import SubscriptionFactory, update

pytestmark = pytest.mark.django_db
LISTS = ["email", "subscription", "subscriber", "suppression", "digestrun", "matchedrun", "mailswitch"]


@pytest.fixture
def mail() -> Email:
    update(SubscriptionFactory(subscriber__email="ada@example.org").trial)
    matching.match_new_runs(now=timezone.now())
    composing.compose_alerts(now=timezone.now())
    return Email.objects.get()


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.mark.parametrize("name", LISTS)
def test_every_list_opens_and_shows_no_address(boss, mail, name):
    response = boss.get(f"/admin/subscriptions/{name}/")
    assert response.status_code == 200
    assert b"ada@example.org" not in response.content


@pytest.mark.parametrize("name", LISTS)
def test_an_editor_is_kept_out(client, mail, name):
    editor = User.objects.create_user("editor", is_staff=True)
    editor.groups.add(*Group.objects.filter(name="Editor"))
    client.force_login(editor)
    assert client.get(f"/admin/subscriptions/{name}/").status_code == 403


def test_a_mail_can_be_seen_as_its_reader_sees_it_but_without_the_readers_links(boss, mail):
    assert (
        b"a\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2@e" in boss.get(f"/admin/subscriptions/email/{mail.pk}/change/").content
    )
    page = boss.get(f"/admin/subscriptions/email/{mail.pk}/preview/")
    assert b"A trial you follow has changed" in page.content
    assert b"/updates/unsubscribe/" not in page.content
    assert "'unsafe-inline'" in page["Content-Security-Policy"].partition("style-src")[2].partition(";")[0]


def test_a_reader_is_found_by_the_whole_address_only(boss, mail):
    for typed, found in (("ada@example.org", True), ("ada", False), ("example.org", False)):
        page = boss.get("/admin/subscriptions/subscriber/", {"q": typed})
        assert ("a•••@e•••.org" in page.content.decode()) is found


def test_a_dead_letter_can_be_sent_again_and_a_sent_one_cannot(boss, mail):
    for state, expected in (("failed", "pending"), ("unknown", "pending"), ("cancelled", "cancelled")):
        Email.objects.update(state=state, attempts=12)
        boss.post("/admin/subscriptions/email/", {"action": "send_again", "_selected_action": [mail.pk]})
        mail.refresh_from_db()
        assert mail.state == expected


def test_the_breaker_can_be_closed_by_hand(boss):
    now = timezone.now()
    MailSwitch.objects.create(next_slot_at=now, open_until=now, refusals=3, reason="refused")
    boss.post("/admin/subscriptions/mailswitch/", {"action": "let_go", "_selected_action": [1]})
    assert MailSwitch.objects.get().open_until is None
