"""The import ledger in the admin: who sees it, what a held run shows, and the two ways to end it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests.trials.following import Follower, told
from trials import tasks
from trials.models import QuarantinedStudy, SyncRun, Trial

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_second_factor(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SECOND_FACTOR_REQUIRED = False


def client_of(group: str) -> Client:
    user = User.objects.create_user(f"one-{group}", password="a long enough secret", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def roles() -> None:
    """A test with its own transactions empties the tables; the migrations' groups are made again."""
    from django.apps import apps
    from django.contrib.auth.models import Permission

    for name, wanted in {
        "Administrator": ["view_syncrun", "change_syncrun", "decide_syncrun", "view_quarantinedstudy"],
        "Editor": ["view_trial", "view_condition"],
    }.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(codename__in=wanted, content_type__app_label="trials"))
    assert apps.is_installed("trials")


@pytest.fixture
def held(large: Follower, roles: None) -> SyncRun:
    large.next_day()
    large.sample.misbehave("mass_change", field="enrollment")
    return large.run()


def test_a_held_run_shows_counts_and_samples_in_sentences(held: SyncRun) -> None:
    page = client_of("Administrator").get(reverse("admin:trials_syncrun_change", args=[held.pk])).content.decode()
    assert "210 studies wait" in page
    assert "Number of participants" in page
    assert "from 120 to 247" in page
    assert "Release…" in page
    assert "Discard…" in page


def test_the_ledger_lists_the_runs(held: SyncRun) -> None:
    page = client_of("Administrator").get(reverse("admin:trials_syncrun_changelist")).content.decode()
    assert "Held for a person" in page
    assert "30.0% of all" in page


@pytest.mark.parametrize("decision, news", [("release", 210), ("discard", 0)])
def test_a_decision_is_asked_for_confirmed_done_and_audited(held: SyncRun, decision: str, news: int) -> None:
    client = client_of("Administrator")
    address = reverse(f"admin:trials_syncrun_{decision}", args=[held.pk])
    assert "cannot be taken back" in client.get(address).content.decode()
    held.refresh_from_db()
    assert (held.state, held.decision) == (SyncRun.State.HELD, ""), "looking decides nothing"
    client.post(address)
    client.post(address)
    tasks.carry_out_decisions()
    held.refresh_from_db()
    assert held.state == {"release": SyncRun.State.PUBLISHED, "discard": SyncRun.State.DISCARDED}[decision]
    assert len(told()) == news
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user) == (str(held.pk), held.decided_by)
    assert decision.capitalize() in entry.change_message


def test_the_other_decision_comes_too_late(held: SyncRun) -> None:
    client = client_of("Administrator")
    client.post(reverse("admin:trials_syncrun_discard", args=[held.pk]))
    client.post(reverse("admin:trials_syncrun_release", args=[held.pk]))
    tasks.carry_out_decisions()
    held.refresh_from_db()
    assert (held.state, told()) == (SyncRun.State.DISCARDED, [])


@pytest.mark.parametrize("decision", ["release", "discard"])
def test_an_editor_may_neither_see_nor_decide(held: SyncRun, decision: str) -> None:
    client = client_of("Editor")
    assert client.get(reverse("admin:trials_syncrun_change", args=[held.pk])).status_code == 403
    assert client.post(reverse(f"admin:trials_syncrun_{decision}", args=[held.pk])).status_code == 403
    held.refresh_from_db()
    assert held.decision == ""


def test_a_decision_needs_djangos_token(held: SyncRun) -> None:
    client = client_of("Administrator")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(reverse("admin:trials_syncrun_release", args=[held.pk])).status_code == 403
    held.refresh_from_db()
    assert held.decision == ""


def test_nobody_edits_the_ledger(held: SyncRun) -> None:
    client = client_of("Administrator")
    client.post(reverse("admin:trials_syncrun_change", args=[held.pk]), {"state": "published"})
    held.refresh_from_db()
    assert held.state == SyncRun.State.HELD
    assert client.get(reverse("admin:trials_syncrun_add")).status_code == 403


def test_a_worker_that_was_never_woken_is_not_needed_at_once(held: SyncRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is down: the click is kept, and the schedule finds it."""
    from kombu.exceptions import OperationalError

    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.carry_out_decisions, "apply_async", refuse)
    response = client_of("Administrator").post(reverse("admin:trials_syncrun_release", args=[held.pk]))
    assert response.status_code == 302
    held.refresh_from_db()
    assert held.decision == "release"


def test_the_quarantine_is_listed_with_its_reason(roles: None, follower: Follower) -> None:
    QuarantinedStudy.objects.create(nct_id="NCT99000001", reason="KeyError: poison", packed=b"",
                                    first_failed_at=follower.now, retry_at=follower.now)  # fmt: skip
    page = client_of("Administrator").get(reverse("admin:trials_quarantinedstudy_changelist")).content.decode()
    assert "KeyError: poison" in page
    assert not Trial.objects.exists()
