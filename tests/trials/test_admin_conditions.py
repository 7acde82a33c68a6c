"""Conditions in editors' hands: merged, hidden, renamed; and the next sync keeps to it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.factories import ConditionFactory, TrialFactory, study
from trials import condition_editing, polling
from trials.condition_editing import ConditionError
from trials.conditions import condition_key
from trials.models import Condition, ConditionName, SyncRun, Trial, TrialCondition

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings) -> Client:  # type: ignore[no-untyped-def]
    settings.SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(User.objects.create_superuser("admin", password="a long enough secret"))
    return client


def condition(name: str, **fields: object) -> Condition:
    made: Condition = ConditionFactory(name=name, slug=name.replace(" ", "-"), key=condition_key(name), **fields)
    return made


def chip(trial: Trial, of: Condition, position: int = 0) -> None:
    TrialCondition.objects.create(trial=trial, condition=of, position=position)


def test_merging_moves_chips_and_redirects_the_address(client: Client) -> None:
    old, new = condition("sugar disease"), condition("diabetes")
    one, both = TrialFactory(subscription_condition=old), TrialFactory()
    chip(one, old)
    chip(both, old, 0)
    chip(both, new, 1)
    client.post(reverse("admin:trials_condition_merge", args=[old.pk]), {"into": new.pk})
    old.refresh_from_db()
    new.refresh_from_db()
    one.refresh_from_db()
    assert old.merged_into == new
    assert (old.trial_count, new.trial_count) == (0, 2)
    assert one.subscription_condition == new
    assert TrialCondition.objects.filter(trial=both).count() == 1
    response = Client().get("/conditions/sugar-disease/")
    assert (response.status_code, response["Location"]) == (301, "/conditions/diabetes/")


def test_merging_moves_followers_and_leaves_those_of_both_alone(django_user_model: type[User]) -> None:
    from subscriptions.models import Subscriber, Subscription
    from tests.factories import EARLIER

    old, new = condition("sugar disease"), condition("diabetes")
    fields = {"confirmed_at": EARLIER, "consented_at": EARLIER, "consent_version": "1"}
    people = [Subscriber.objects.create(email=f"p{n}@example.org", key=f"{n}", created_at=EARLIER) for n in range(3)]
    for person in people:
        Subscription.objects.create(subscriber=person, condition=old, **fields)
    Subscription.objects.create(subscriber=people[1], condition=new, **fields)
    condition_editing.merge(old, into=new)
    assert {row.subscriber for row in Subscription.objects.filter(condition=new)} == set(people)
    assert Subscription.objects.get(condition=old).subscriber == people[1], "no row is lost"


def test_earlier_merges_follow_to_the_last(client: Client) -> None:
    first, second, third = condition("a disease"), condition("b disease"), condition("c disease")
    condition_editing.merge(first, into=second)
    condition_editing.merge(second, into=third)
    first.refresh_from_db()
    assert first.merged_into == third


@pytest.mark.parametrize(
    "target", [lambda old: old, lambda old: condition("hidden", is_hidden=True),
               lambda old: condition("merged", merged_into=condition("other"))],
)  # fmt: skip
def test_what_readers_do_not_see_takes_nothing_in(target: Callable[[Condition], Condition]) -> None:
    old = condition("sugar disease")
    with pytest.raises(ConditionError):
        condition_editing.merge(old, into=target(old))


def test_hiding_takes_another_condition_to_follow_and_showing_undoes_it(client: Client) -> None:
    vague, real = condition("vague"), condition("real")
    trial = TrialFactory(subscription_condition=vague)
    chip(trial, vague, 0)
    chip(trial, real, 1)
    lone = TrialFactory(subscription_condition=vague)
    chip(lone, vague)
    chosen = {"action": "hide", "_selected_action": [vague.pk]}
    client.post(reverse("admin:trials_condition_changelist"), chosen)
    trial.refresh_from_db()
    lone.refresh_from_db()
    assert (trial.subscription_condition, lone.subscription_condition) == (real, None)
    assert vague not in Condition.objects.shown()
    client.post(reverse("admin:trials_condition_changelist"), {**chosen, "action": "show"})
    assert vague in Condition.objects.shown()


def test_a_new_name_for_readers_keeps_the_address_and_the_key(client: Client) -> None:
    old = condition("mellitus")
    empty = {"names-TOTAL_FORMS": "1", "names-INITIAL_FORMS": "0", "names-0-name": "Sugar sickness"}
    client.post(reverse("admin:trials_condition_change", args=[old.pk]), {"name": "diabetes", **empty})
    old.refresh_from_db()
    assert (old.name, old.slug, old.key) == ("diabetes", "mellitus", condition_key("mellitus"))
    assert ConditionName.objects.get().key == condition_key("Sugar sickness")


def test_a_name_that_another_condition_has_is_refused(client: Client) -> None:
    first, second = condition("one"), condition("two")
    ConditionName.objects.create(condition=first, name="Shared", key=condition_key("Shared"))
    data = {"name": "two", "names-TOTAL_FORMS": "1", "names-INITIAL_FORMS": "0", "names-0-name": "shared"}
    page = client.post(reverse("admin:trials_condition_change", args=[second.pk]), data)
    assert "has this name already" in page.content.decode()
    assert ConditionName.objects.count() == 1


def test_the_pages_of_the_admin_open(client: Client) -> None:
    old, trial = condition("one"), TrialFactory()
    for name, args in [
        ("condition_changelist", []), ("condition_change", [old.pk]), ("condition_merge", [old.pk]),
        ("trial_changelist", []), ("trial_change", [trial.pk]), ("missingstudy_changelist", []),
    ]:  # fmt: skip
        assert client.get(reverse(f"admin:trials_{name}", args=args)).status_code == 200, name


def test_an_editors_choice_of_condition_to_follow_outlives_a_sync(client: Client, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import json

    from django.utils import timezone

    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(study("NCT99000001")))
    polling.sync_file(path, baseline=True, now=timezone.now())
    trial, chosen = Trial.objects.get(), condition("tiredness")
    address = reverse("admin:trials_trial_change", args=[trial.pk])
    client.post(address, {"subscription_condition": chosen.pk, "brief_title": "Forged"})
    trial.refresh_from_db()
    assert (trial.subscription_condition, trial.keeps_subscription_condition) == (chosen, True)
    assert trial.brief_title != "Forged"
    path.write_text(json.dumps(study("NCT99000001", conditionsModule={"conditions": ["Gout"]})))
    polling.sync_file(path, baseline=False, now=timezone.now())
    trial.refresh_from_db()
    assert trial.subscription_condition == chosen
    assert SyncRun.objects.last().state == SyncRun.State.PUBLISHED  # type: ignore[union-attr]


def test_a_merge_is_kept_by_the_next_sync(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import json

    from django.utils import timezone

    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(study("NCT99000001")))
    polling.sync_file(path, baseline=True, now=timezone.now())
    condition_editing.merge(Condition.objects.get(slug="fatigue"), into=condition("tiredness"))
    path.write_text(json.dumps(study("NCT99000001")) + "\n" + json.dumps(study("NCT99000002")))
    polling.sync_file(path, baseline=False, now=timezone.now())
    assert {row.condition.name for row in TrialCondition.objects.select_related("condition")} == {"tiredness"}
    assert TrialCondition.objects.count() == 2
