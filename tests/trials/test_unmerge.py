"""A merge of conditions is taken back: everything returns that the merge moved, and nothing that came since."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import EARLIER, study
from tests.trials.finding import findable
from tests.trials.test_admin_conditions import client, condition  # noqa: F401 - a fixture
from tests.trials.test_search import ids
from trials import condition_editing, polling, search_index
from trials.condition_editing import ConditionError
from trials.models import Condition, ConditionMerge, ConditionName, ConditionParent, Trial, TrialChange, TrialCondition

pytestmark = pytest.mark.django_db


def stored(tmp_path: Any, *conditions: list[str], start: int = 0) -> None:
    """Studies with these registrants' terms, through a run."""
    path = tmp_path / "studies.jsonl"
    rows = [study(f"NCT9900{start + number:04d}", conditionsModule={"conditions": terms})
            for number, terms in enumerate(conditions)]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    polling.sync_file(path, baseline=True, now=timezone.now())


def called(name: str) -> Condition:
    return Condition.objects.get(name=name)


def state() -> dict[str, Any]:
    """All that a merge may move."""
    return {
        "chips": sorted(TrialCondition.objects.values_list("trial__nct_id", "condition__name", "position")),
        "search": sorted((row.trial_id, tuple(sorted(set(row.terms)))) for row in
                         [trial.search for trial in Trial.objects.select_related("search")]),
        "offered": sorted(Trial.objects.values_list("nct_id", "subscription_condition__name")),
        "names": sorted(ConditionName.objects.values_list("name", "condition__name")),
        "merged": sorted(Condition.objects.values_list("name", "merged_into__name")),
        "counts": sorted(Condition.objects.values_list("name", "trial_count", "open_count")),
        "links": sorted(ConditionParent.objects.values_list("condition__name", "parent__name")),
    }  # fmt: skip


@pytest.fixture
def three(tmp_path: Any) -> tuple[Condition, Condition]:
    stored(tmp_path, ["Sugar Disease"], ["Diabetes"], ["Fatigue", "Diabetes", "Sugar Disease"], ["Sweet Blood"])
    old, new = called("sugar disease"), called("diabetes")
    ConditionName.objects.create(condition=old, name="sugar", key="sugar")
    ConditionParent.objects.create(condition=old, parent=called("fatigue"))
    ConditionParent.objects.create(condition=called("sweet blood"), parent=old)
    condition_editing.merge(called("sweet blood"), into=old)
    return old, new


def test_after_a_merge_taken_back_all_is_as_it_was(three: tuple[Condition, Condition]) -> None:
    old, new = three
    before = state()
    made = condition_editing.merge(old, into=new)
    assert state() != before
    assert set(ids(condition="diabetes")) == {f"NCT9900000{number}" for number in range(4)}
    condition_editing.undo(made)
    assert state() == before
    assert set(ids(condition="sugar-disease")) == {"NCT99000000", "NCT99000002", "NCT99000003"}
    assert set(ids(condition="diabetes")) == {"NCT99000001", "NCT99000002"}


def test_followers_go_back_and_who_came_since_stays(three: tuple[Condition, Condition]) -> None:
    from subscriptions.models import Subscriber, Subscription

    old, new = three
    fields = {"confirmed_at": EARLIER, "consented_at": EARLIER, "consent_version": "1"}
    people = [Subscriber.objects.create(email=f"p{n}@example.org", key=f"{n}", created_at=EARLIER) for n in range(4)]
    for person, follows in zip(people, ([old], [old, new], [new], []), strict=True):
        for each in follows:
            Subscription.objects.create(subscriber=person, condition=each, **fields)
    before = sorted(Subscription.objects.values_list("subscriber_id", "condition_id"))
    made = condition_editing.merge(old, into=new)
    Subscription.objects.create(subscriber=people[3], condition=new, **fields)
    changes = TrialChange.objects.count()
    condition_editing.undo(made)
    after = sorted(Subscription.objects.values_list("subscriber_id", "condition_id"))
    assert after == sorted([*before, (people[3].pk, new.pk)])
    assert TrialChange.objects.count() == changes
    assert mail.outbox == []


def test_trials_that_came_or_changed_since_are_read_again(three: tuple[Condition, Condition], tmp_path: Any) -> None:
    old, new = three
    made = condition_editing.merge(old, into=new)
    stored(tmp_path, ["Sugar Disease"], ["Diabetes"], start=20)
    stored(tmp_path, ["Diabetes", "Gout"])  # the first one is about something else now
    condition_editing.undo(made)
    assert "NCT99000020" in ids(condition="sugar-disease")
    assert "NCT99000020" not in ids(condition="diabetes")
    assert {"NCT99000000", "NCT99000021"} <= set(ids(condition="diabetes"))
    assert "NCT99000000" not in ids(condition="sugar-disease")
    assert Trial.objects.get(nct_id="NCT99000020").subscription_condition == old
    old.refresh_from_db()
    assert old.trial_count == 3


def test_search_rows_made_anew_since_are_put_right(three: tuple[Condition, Condition]) -> None:
    old, new = three
    before = state()
    made = condition_editing.merge(old, into=new)
    search_index.rebuild()
    condition_editing.undo(made)
    assert state()["search"] == before["search"]


def test_the_later_merge_is_taken_back_first(three: tuple[Condition, Condition]) -> None:
    old, new = three
    before = state()
    first = condition_editing.merge(old, into=new)
    second = condition_editing.merge(new, into=called("fatigue"))
    with pytest.raises(ConditionError, match="Take that merge back first"):
        condition_editing.undo(first)
    condition_editing.undo(second)
    condition_editing.undo(first)
    assert state() == before
    with pytest.raises(ConditionError, match="before"):
        condition_editing.undo(ConditionMerge.objects.get(pk=first.pk))


def test_a_merge_may_be_made_again_after_it_was_taken_back(three: tuple[Condition, Condition]) -> None:
    old, new = three
    condition_editing.undo(condition_editing.merge(old, into=new))
    condition_editing.merge(Condition.objects.get(pk=old.pk), into=new)
    assert ConditionMerge.objects.filter(condition=old).count() == 2


def test_an_editor_takes_it_back_in_the_admin_and_both_histories_tell(client: Client) -> None:  # noqa: F811
    old, new = condition("sugar disease"), condition("diabetes")
    condition_editing.merge(old, into=new)
    page = client.get(reverse("admin:trials_condition_change", args=[old.pk])).content.decode()
    address = reverse("admin:trials_condition_unmerge", args=[old.pk])
    assert address in page
    assert "goes back" in client.get(address).content.decode()
    old.refresh_from_db()
    assert old.merged_into == new, "looking changes nothing"
    client.post(address)
    old.refresh_from_db()
    assert old.merged_into is None
    told = set(LogEntry.objects.values_list("object_id", "change_message"))
    assert told == {(str(old.pk), "merge into diabetes taken back"), (str(new.pk), "merge of sugar disease taken back")}
    assert client.post(address).status_code == 404


def test_a_merge_from_before_merges_were_noted_offers_no_way_back(client: Client) -> None:  # noqa: F811
    old = condition("sugar disease", merged_into=condition("diabetes"))
    page = client.get(reverse("admin:trials_condition_change", args=[old.pk])).content.decode()
    assert "Take the merge back" not in page


def test_who_may_not_change_conditions_may_not_take_a_merge_back() -> None:
    from django.contrib.auth.models import User

    stranger = Client()
    stranger.force_login(User.objects.create_user("reader", password="a long enough secret", is_staff=True))
    old = condition("sugar disease")
    made = condition_editing.merge(old, into=condition("diabetes"))
    stranger.post(reverse("admin:trials_condition_unmerge", args=[old.pk]))
    made.refresh_from_db()
    assert made.undone_at is None


def test_a_found_trial_without_conditions_is_no_hindrance() -> None:
    findable("NCT99000001")
    made = condition_editing.merge(condition("empty one"), into=called("fatigue"))
    condition_editing.undo(made)
    assert ids(condition="fatigue") == ["NCT99000001"]
