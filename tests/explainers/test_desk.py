"""The editors' queue: what waits, in the order of the readers it affects."""

from datetime import timedelta

import pytest
from django.utils import timezone

from explainers import desk, publishing, readers
from explainers.desk import Asked
from explainers.models import Audience, ReaderReport
from subscriptions.models import Subscription
from tests.explainers.factories import UserFactory, make_trial, member, published_summary
from tests.factories import ConditionFactory, TrialChangeFactory
from tests.subscriptions.factories import SubscriptionFactory
from trials.models import (
    Condition,
    Site,
    Town,
    Treatment,
    Trial,
    TrialChange,
    TrialCondition,
    TrialSite,
    TrialTreatment,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TELL_NOW, DIGEST, PAGE_ONLY = TrialChange.Ranks.TELL_NOW, TrialChange.Ranks.DIGEST, TrialChange.Ranks.PAGE_ONLY


def asked(**kwargs):
    readers.count()
    return desk.queue(Asked(**kwargs), user_id=UserFactory().pk, at=NOW)


def changed(trial, rank=TELL_NOW, days_ago=1):
    Trial.objects.filter(pk=trial.pk).update(version=2)
    return TrialChangeFactory(trial=trial, version=2, rank=rank, detected_at=NOW - timedelta(days=days_ago))


def follow(trial, readers, **kwargs):
    for _ in range(readers):
        SubscriptionFactory(trial=trial, **kwargs)


def overtaken():
    return [summary.trial.nct_id for summary in asked().overtaken]


def test_a_text_whose_record_changed_waits_with_its_changes():
    summary = published_summary()
    changed(summary.trial)
    entry = asked().overtaken[0]
    assert entry.pk == summary.pk
    assert len(entry.overtaken_by(entry.trial.changes.all())) == 1


def test_a_change_that_cannot_matter_to_the_text_does_not_wait():
    changed(published_summary().trial, rank=PAGE_ONLY)
    assert overtaken() == []


def test_still_correct_takes_the_text_out_of_the_queue():
    summary = published_summary()
    changed(summary.trial)
    publishing.still_correct(summary, by=UserFactory())
    assert overtaken() == []


def test_more_readers_come_first_then_weight_then_age():
    trials = [make_trial(f"NCT9900000{n}") for n in range(4)]
    for trial in trials:
        published_summary(trial)
    changed(trials[0], rank=DIGEST, days_ago=1)
    changed(trials[1], rank=DIGEST, days_ago=9)
    changed(trials[2], rank=TELL_NOW, days_ago=9)
    changed(trials[3], rank=TELL_NOW, days_ago=9)
    follow(trials[3], 2)
    assert overtaken() == ["NCT99000003", "NCT99000002", "NCT99000001", "NCT99000000"]


def test_readers_who_left_do_not_count():
    first, second = make_trial("NCT99000001"), make_trial("NCT99000002")
    for trial in (first, second):
        published_summary(trial)
        changed(trial)
    follow(first, 3, ended_at=NOW, ended_reason="unsubscribed")
    follow(second, 1)
    assert [(row.trial.nct_id, row.readers) for row in asked().overtaken] == [("NCT99000002", 1), ("NCT99000001", 0)]


def test_followed_trials_without_a_text_come_before_new_ones():
    make_trial("NCT99000001", first_posted="2026-06-01")
    make_trial("NCT99000002", first_posted="2026-06-09")
    follow(make_trial("NCT99000003", first_posted="2020-01-01", status="COMPLETED"), 1)
    assert [trial.nct_id for trial in asked().missing] == ["NCT99000003", "NCT99000002", "NCT99000001"]


def test_readers_of_conditions_treatments_and_hospitals_count_too():
    condition, merged = ConditionFactory(slug="asthma"), ConditionFactory(slug="old-asthma")
    Condition.objects.filter(pk=merged.pk).update(merged_into=condition)
    trials = [make_trial(f"NCT9900000{n}") for n in range(6)]
    TrialCondition.objects.create(trial=trials[1], condition=condition, position=1)
    treatment = Treatment.objects.create(key="green tea", name="Green tea", slug="green-tea")
    TrialTreatment.objects.create(trial=trials[2], treatment=treatment, position=1, rank=0)
    town = Town.objects.create(country="C", city="B", slug="c/b")
    site = Site.objects.create(key="a|b|c", name="A", slug="a", town=town)
    TrialSite.objects.create(trial=trials[3], site=site, position=1, rank=0)
    old = make_trial("NCT99000008")
    Trial.objects.filter(pk=old.pk).update(moved_to=trials[4])
    topics = [({"condition": condition}, 3), ({"condition": merged}, 2), ({"treatment_key": "green tea"}, 4)]
    for topic, number in [*topics, ({"site_key": "a|b|c"}, 3), ({"search": "q=x"}, 9)]:
        for _ in range(number):
            SubscriptionFactory(trial=None, **topic)
    follow(old, 2)
    place = {"place_latitude": 1, "place_longitude": 1, "radius_km": 9, "topic_name": "X"}
    SubscriptionFactory(trial=None, condition=condition, **place)
    missing = asked().missing
    assert [(row.nct_id, row.audience.readers) for row in missing[:4]] == [
        ("NCT99000001", 5), ("NCT99000002", 4), ("NCT99000003", 3), ("NCT99000004", 2)]  # fmt: skip
    assert {row.nct_id for row in missing[4:]} == {"NCT99000000", "NCT99000005"}


def test_counting_again_follows_those_who_come_and_go():
    trial = make_trial()
    follow(trial, 2)
    assert readers.count() == 1
    assert readers.count() == 0
    Subscription.objects.update(ended_at=NOW, ended_reason="unsubscribed")
    readers.count()
    assert not Audience.objects.exists()


def test_the_list_of_trials_without_a_text_is_paged_and_filtered():
    trials = [make_trial(f"NCT990001{n:02}", first_posted=f"2026-01-{n % 28 + 1:02}") for n in range(60)]
    follow(trials[7], 2)
    follow(trials[30], 1)
    pages = [asked(page=page) for page in (1, 2, 3, 4)]
    ids = [row.nct_id for page in pages for row in page.missing]
    assert ids[:2] == ["NCT99000107", "NCT99000130"]
    assert sorted(ids) == sorted(trial.nct_id for trial in trials)
    assert [page.has_more_missing for page in pages] == [True, True, False, False]
    condition = ConditionFactory(slug="asthma")
    TrialCondition.objects.create(trial=trials[3], condition=condition, position=1)
    assert [row.nct_id for row in asked(condition="asthma").missing] == ["NCT99000103"]
    Trial.objects.filter(pk=trials[4].pk).update(status="COMPLETED")
    assert [row.nct_id for row in asked(status="completed").missing] == ["NCT99000104"]


def test_a_condition_is_named_as_it_is_spoken(client):
    condition = ConditionFactory(name="Stomach cancer", slug="stomach-cancer")
    trial = make_trial("NCT99000001")
    make_trial("NCT99000002")
    TrialCondition.objects.create(trial=trial, condition=condition, position=1)
    client.force_login(member("Editor"))
    page = client.get("/admin/", {"condition": "Stomach Cancer"}).content.decode()
    assert "NCT99000001" in page
    assert "NCT99000002" not in page
    assert client.get("/admin/", {"page": "x", "condition": "!"}).status_code == 200


def test_a_trial_with_a_draft_is_no_longer_missing():
    publishing.start(make_trial(), by=UserFactory())
    assert asked().missing == []


def test_the_queue_is_filtered_by_condition_status_and_owner():
    condition = ConditionFactory(name="asthma", slug="asthma")
    mine, other = published_summary(make_trial("NCT99000001", status="TERMINATED"), text=_stopped()), published_summary(
        make_trial("NCT99000002"))  # fmt: skip
    TrialCondition.objects.create(trial=mine.trial, condition=condition, position=1)
    changed(mine.trial)
    changed(other.trial)
    by_condition = asked(condition="asthma").overtaken
    by_status = asked(status="terminated").overtaken
    owned = desk.queue(Asked(mine=True), user_id=mine.author_id, at=NOW).overtaken
    assert [row.pk for row in by_condition] == [row.pk for row in by_status] == [row.pk for row in owned] == [mine.pk]


def _stopped():
    from dataclasses import replace

    from tests.explainers.factories import TEXT

    return replace(TEXT, could_go_wrong="The trial was terminated early.")


def test_reports_wait_until_they_are_done():
    report = ReaderReport.objects.create(message="A typo", received_at=NOW)
    assert asked().reports == [report]
    ReaderReport.objects.update(state="done", outcome="Mended.")
    assert asked().reports == []


def test_the_first_page_after_log_in_is_the_queue(client):
    summary = published_summary()
    changed(summary.trial)
    make_trial("NCT99000009")
    client.force_login(member("Editor"))
    page = client.get("/admin/").content.decode()
    assert "The record changed after the text was checked (1)" in page
    assert "/admin/explainers/plainsummary/write/NCT99000009/" in page
    assert "Still correct" not in page
    client.force_login(member("Reviewer"))
    assert "Still correct" in client.get("/admin/").content.decode()


def test_one_click_says_still_correct_for_the_version_that_was_shown(client):
    summary = published_summary()
    changed(summary.trial)
    Trial.objects.update(version=3)
    client.force_login(member("Reviewer"))
    client.post("/admin/explainers/plainsummary/still-correct/", {"only": f"{summary.pk}:2"})
    summary.refresh_from_db()
    assert summary.checked_version == 2


def test_many_are_checked_at_once(client):
    summaries = [published_summary(make_trial(f"NCT9900000{n}")) for n in (1, 2)]
    for summary in summaries:
        changed(summary.trial)
    client.force_login(member("Reviewer"))
    client.post("/admin/explainers/plainsummary/still-correct/", {"chosen": [f"{s.pk}:2" for s in summaries]})
    assert overtaken() == []


def test_an_editor_may_not_say_still_correct(client):
    summary = published_summary()
    client.force_login(member("Editor"))
    path = "/admin/explainers/plainsummary/still-correct/"
    assert client.post(path, {"only": f"{summary.pk}:2"}).status_code == 403


def test_the_queue_asks_the_database_a_fixed_number_of_questions(django_assert_max_num_queries):
    for n in range(6):
        changed(published_summary(make_trial(f"NCT9900000{n}")).trial)
    user = UserFactory()
    with django_assert_max_num_queries(12):
        queue = desk.queue(Asked(), user_id=user.pk, at=NOW)
        [row.overtaken_by(row.trial.changes.all()) for row in queue.overtaken]
