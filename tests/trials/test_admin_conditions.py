"""Conditions in editors' hands: merged, hidden, renamed; and the next sync keeps to it."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.factories import ConditionFactory, TrialFactory, study
from trials import condition_editing, polling
from trials.condition_editing import ConditionError
from trials.conditions import condition_key
from trials.models import Condition, ConditionName, ConditionParent, SyncRun, Trial, TrialCondition

pytestmark = pytest.mark.django_db

NO_PARENTS = {"parent_links-TOTAL_FORMS": "0", "parent_links-INITIAL_FORMS": "0"}


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
    empty = {**NO_PARENTS, "names-TOTAL_FORMS": "1", "names-INITIAL_FORMS": "0", "names-0-name": "Sugar sickness"}
    client.post(reverse("admin:trials_condition_change", args=[old.pk]), {"name": "diabetes", **empty})
    old.refresh_from_db()
    assert (old.name, old.slug, old.key) == ("diabetes", "mellitus", condition_key("mellitus"))
    assert ConditionName.objects.get().key == condition_key("Sugar sickness")


def test_a_name_that_another_condition_has_is_refused(client: Client) -> None:
    first, second = condition("one"), condition("two")
    ConditionName.objects.create(condition=first, name="Shared", key=condition_key("Shared"))
    data = {**NO_PARENTS, "name": "two", "names-TOTAL_FORMS": "1", "names-INITIAL_FORMS": "0", "names-0-name": "shared"}
    page = client.post(reverse("admin:trials_condition_change", args=[second.pk]), data)
    assert "has this name already" in page.content.decode()
    assert ConditionName.objects.count() == 1


def test_the_pages_of_the_admin_open(client: Client) -> None:
    old, trial = condition("one"), TrialFactory()
    for name, args in [
        ("condition_changelist", []), ("condition_change", [old.pk]), ("condition_merge", [old.pk]),
        ("learnedname_changelist", []), ("trial_changelist", []), ("trial_change", [trial.pk]),
        ("missingstudy_changelist", []),
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


def saved(client: Client, of: Condition, *, parents: list[Condition], names: list[str] = []) -> str:  # noqa: B006
    """The page that answers when an editor gives these broader conditions and names."""
    data = {
        "name": of.name, "parent_links-TOTAL_FORMS": str(len(parents)), "parent_links-INITIAL_FORMS": "0",
        "names-TOTAL_FORMS": str(len(names)), "names-INITIAL_FORMS": "0",
    }  # fmt: skip
    data |= {f"parent_links-{n}-parent": str(parent.pk) for n, parent in enumerate(parents)}
    data |= {f"names-{n}-name": name for n, name in enumerate(names)}
    return client.post(reverse("admin:trials_condition_change", args=[of.pk]), data, follow=True).content.decode()


def parents_of(of: Condition) -> set[str]:
    return set(ConditionParent.objects.filter(condition=of).values_list("parent__name", flat=True))


def test_an_editor_sets_a_broader_condition_and_the_history_tells(client: Client) -> None:
    asthma, lung = condition("asthma"), condition("lung diseases")
    saved(client, asthma, parents=[lung])
    assert parents_of(asthma) == {"lung diseases"}
    assert "asthma is a kind of lung diseases" in LogEntry.objects.get().get_change_message()
    assert mail.outbox == []


def test_a_circle_of_broader_conditions_is_refused_in_words(client: Client) -> None:
    asthma, lung, airways = condition("asthma"), condition("lung diseases"), condition("airway diseases")
    ConditionParent.objects.create(condition=asthma, parent=lung, source="mesh")
    ConditionParent.objects.create(condition=lung, parent=airways)
    page = saved(client, airways, parents=[asthma])
    assert "airway diseases is broader than asthma. It cannot be narrower too." in page
    assert "cannot be broader than itself" in saved(client, airways, parents=[airways])
    assert "lies below lung diseases already" in saved(client, asthma, parents=[lung])
    assert "hidden or merged" in saved(client, asthma, parents=[condition("vague", is_hidden=True)])
    assert parents_of(airways) == set()


def test_editors_see_what_mesh_says_and_cannot_change_it(client: Client) -> None:
    asthma, lung = condition("asthma"), condition("lung diseases")
    ConditionParent.objects.create(condition=asthma, parent=lung, source="mesh")
    page = client.get(reverse("admin:trials_condition_change", args=[asthma.pk])).content.decode()
    assert "lung diseases" in page
    assert 'name="parent_links-INITIAL_FORMS" value="0"' in page


def learned(of: Condition, name: str) -> ConditionName:
    fields = {"key": condition_key(name), "source": ConditionName.Source.LEARNED, "seen": 5, "alike": 4}
    made: ConditionName = ConditionName.objects.create(condition=of, name=name, **fields)
    return made


def judge(client: Client, action: str, *rows: ConditionName) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse("admin:trials_learnedname_changelist"), data, follow=True).content.decode()


def test_an_accepted_name_is_trusted_and_a_refused_one_is_gone_for_good(client: Client) -> None:
    asthma = condition("asthma")
    wheeze, cough = learned(asthma, "wheeze"), learned(asthma, "cough")
    page = client.get(reverse("admin:trials_learnedname_changelist")).content.decode()
    for words in ("Names that the records suggest", "wheeze", "cough"):
        assert words in page
    judge(client, "accept", wheeze)
    judge(client, "refuse", cough)
    wheeze.refresh_from_db()
    cough.refresh_from_db()
    assert wheeze.source == ConditionName.Source.EDITOR
    assert cough.refused_at is not None
    page = client.get(reverse("admin:trials_learnedname_changelist")).content.decode()
    assert "wheeze" not in page
    assert "cough" not in page
    told = {entry.get_change_message() for entry in LogEntry.objects.filter(object_id=str(asthma.pk))}
    assert told == {"learned name “wheeze” accepted", "learned name “cough” refused"}


def test_a_learned_name_that_another_condition_was_given_since_cannot_be_accepted(client: Client) -> None:
    wheeze = learned(condition("asthma"), "wheeze")
    ConditionName.objects.create(condition=condition("bronchitis"), name="Wheeze", key="wheeze")
    assert "ronchitis has the name “wheeze” already" in judge(client, "accept", wheeze)
    wheeze.refresh_from_db()
    assert wheeze.source == ConditionName.Source.LEARNED


def test_a_typed_name_takes_the_place_of_the_same_learned_one(client: Client) -> None:
    asthma = condition("asthma")
    learned(asthma, "wheeze")
    saved(client, asthma, parents=[], names=["Wheeze"])
    assert [(row.name, row.source) for row in ConditionName.objects.all()] == [("Wheeze", "editor")]


def test_editors_may_judge_learned_names_and_others_on_the_staff_may_not(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SECOND_FACTOR_REQUIRED = False
    wheeze = learned(condition("asthma"), "wheeze")
    for role, allowed in (("Reviewer", False), ("Editor", True)):
        somebody = Client()
        user = User.objects.create_user(role, password="a long enough secret", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        somebody.force_login(user)
        answer = somebody.get(reverse("admin:trials_learnedname_changelist"))
        assert (answer.status_code == 200) is allowed, role
        data = {"action": "accept", "_selected_action": [wheeze.pk]}
        somebody.post(reverse("admin:trials_learnedname_changelist"), data)
        wheeze.refresh_from_db()
        assert (wheeze.source == ConditionName.Source.EDITOR) is allowed, role
