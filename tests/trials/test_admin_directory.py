"""Treatments and hospitals in editors' hands: hidden, shown again, merged; and the next sync keeps to it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests.trials.listed import listed, place
from trials.directory import due, editing, filling
from trials.directory.editing import DirectoryError
from trials.models import Site, Town, Treatment, TrialTreatment

pytestmark = pytest.mark.django_db


def logged_in(settings, role: str) -> Client:  # type: ignore[no-untyped-def]
    settings.SECOND_FACTOR_REQUIRED = False
    user = User.objects.create_user(role, password="a long enough secret", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(settings) -> Client:  # type: ignore[no-untyped-def]
    return logged_in(settings, "Administrator")


def two() -> tuple[Treatment, Treatment]:
    listed("NCT99000001", treatments=["Keytruda", "Pembrolizumab"])
    listed("NCT99000002", treatments=["Keytruda"])
    return Treatment.objects.get(slug="keytruda"), Treatment.objects.get(slug="pembrolizumab")


def test_merging_moves_the_trials_and_is_written_down(client: Client) -> None:
    old, new = two()
    response = client.post(reverse("admin:trials_treatment_merge", args=[old.pk]), {"into": new.pk})
    assert response.status_code == 302
    old.refresh_from_db()
    new.refresh_from_db()
    assert old.merged_into == new
    assert (old.trial_count, new.trial_count) == (0, 2)
    assert TrialTreatment.objects.count() == 2
    assert LogEntry.objects.get().change_message


def test_the_next_sync_keeps_to_a_merger_and_to_what_is_hidden() -> None:
    old, new = two()
    editing.merge(old, into=new)
    editing.hide(new)
    trial = listed("NCT99000003", treatments=["KEYTRUDA 200 mg"])
    due.mark([trial.pk])
    filling.rebuild()
    new.refresh_from_db()
    assert (new.trial_count, new.is_hidden) == (3, True)


def test_a_chain_of_mergers_ends_at_the_last() -> None:
    first, second = two()
    listed("NCT99000003", treatments=["MK-3475"])
    last = Treatment.objects.get(slug="mk-3475")
    editing.merge(first, into=second)
    editing.merge(Treatment.objects.get(pk=second.pk), into=last)
    first.refresh_from_db()
    last.refresh_from_db()
    assert first.merged_into == last
    assert last.trial_count == 3


def test_what_makes_no_sense_is_refused_in_words(client: Client) -> None:
    old, new = two()
    with pytest.raises(DirectoryError, match="into itself"):
        editing.merge(old, into=old)
    editing.hide(new)
    new.refresh_from_db()
    with pytest.raises(DirectoryError, match="hidden or merged"):
        editing.merge(old, into=new)
    html = client.post(reverse("admin:trials_treatment_merge", args=[old.pk]), {"into": old.pk}).content.decode()
    assert "cannot be merged into itself" in html


def test_merging_hospitals_of_two_towns_counts_both_anew() -> None:
    listed("NCT99000001", sites=[place("A Hospital"), place("A Hospital", city="Salem")])
    boston, salem = Site.objects.order_by("slug")
    editing.merge(salem, into=boston)
    assert dict(Town.objects.values_list("city", "site_count")) == {"Boston": 1, "Salem": 0}


@pytest.mark.parametrize(("action", "is_hidden"), [("hide", True), ("show", False)])
def test_hiding_and_showing(client: Client, action: str, is_hidden: bool) -> None:
    listed("NCT99000001")
    Site.objects.update(is_hidden=not is_hidden)
    data = {"action": action, "_selected_action": [Site.objects.get().pk]}
    client.post(reverse("admin:trials_site_changelist"), data)
    assert Site.objects.get().is_hidden is is_hidden
    assert Town.objects.get().site_count == (not is_hidden)


def test_names_are_found_as_readers_type_them(client: Client) -> None:
    listed("NCT99000001", sites=[place("Charité – Universitätsmedizin", city="Berlin")])
    html = client.get(reverse("admin:trials_site_changelist"), {"q": "charite berlin"}).content.decode()
    assert "Charité – Universitätsmedizin" in html
    assert "0 sites" in client.get(reverse("admin:trials_site_changelist"), {"q": "nobody"}).content.decode()
    for model in ("treatment", "site"):
        assert client.get(reverse(f"admin:trials_{model}_changelist")).status_code == 200
    assert client.get(reverse("admin:trials_site_change", args=[Site.objects.get().pk])).status_code == 200
    assert client.get(reverse("admin:trials_site_merge", args=[Site.objects.get().pk])).status_code == 200


def test_editors_see_and_do_not_change(settings) -> None:  # type: ignore[no-untyped-def]
    old, new = two()
    editor = logged_in(settings, "Editor")
    assert editor.get(reverse("admin:trials_treatment_changelist")).status_code == 200
    merge = reverse("admin:trials_treatment_merge", args=[old.pk])
    assert editor.post(merge, {"into": new.pk}).status_code == 403
    old.refresh_from_db()
    assert old.merged_into is None
