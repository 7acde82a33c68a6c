"""What the registry answers wrong, by name, and what must come of it.

Nothing is lost, nobody is told, the next run catches up.

Each test leaves a change behind the fault, so that "caught up" can fail.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.trials.following import LIMITS, Follower, status_of, told
from tests.trials.scripted_registry import CONTACT, SITE, FakeTime
from tests.trials.test_polling import FIRST, retitle, terminate
from trials import polling
from trials.flight import StayAway
from trials.models import StagedStudy, SyncRun, Trial
from trials.registry import Registry

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = "NCT99000004"


def rows() -> dict[str, Any]:
    """All that a reader could see of the trials."""
    return {row.nct_id: (row.version, row.status, row.gone_at, row.document.study) for row in
            Trial.objects.select_related("document")}  # fmt: skip


@pytest.mark.parametrize(
    "name, options",
    [
        ("rate_limited", {}),
        ("rate_limited", {"retry_after": "date"}),
        ("rate_limited", {"retry_after": "garbage"}),
        ("server_error_500", {}),
        ("unavailable_503", {}),
        ("connection_reset", {}),
        ("connection_reset", {"after": 100, "on": "studies"}),
        ("redirect_302", {"on": "studies"}),
        ("slow_drip", {"on": "studies", "size": 1}),
        ("truncated_json", {}),
        ("truncated_json", {"short_of_length": True}),
        ("html_with_200", {}),
        ("html_with_200", {"on": "version"}),
        ("wrong_content_type", {}),
        ("bad_gzip", {}),
        ("bad_gzip", {"midway": True}),
        ("empty_object", {}),
        ("empty_object", {"on": "version"}),
        ("huge_body", {"size": 20_000_000}),
        ("huge_body", {"size": 20_000_000, "gzip": True}),
    ],
)
def test_an_answer_that_cannot_be_used_fails_the_run_and_the_next_one_catches_up(
    follower: Follower, name: str, options: dict[str, Any]
) -> None:
    first = follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    before = rows()
    follower.sample.misbehave(name, **options)
    failed = follower.run()
    assert (failed.state, failed.events, failed.changed) == (SyncRun.State.FAILED, 0, 0)
    assert failed.error
    assert rows() == before
    assert told() == []
    assert SyncRun.objects.last_good_poll() == first, "the cursor stands still"
    assert not StagedStudy.objects.exists()
    follower.sample.behave()
    assert follower.run().changed == 1
    assert status_of(FIRST) == "TERMINATED"


@pytest.mark.parametrize("where", ["https://registry.invalid/api/v2", "https://127.0.0.1:{port}/api/v2"])
def test_no_name_or_no_tls_fails_the_run_and_the_next_one_catches_up(
    follower: Follower, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server does not know it; what answers there speaks plain HTTP."""
    first = follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    before = rows()
    elsewhere = where.format(port=urlsplit(follower.sample.url).port)
    with monkeypatch.context() as moved:
        moved.setattr(polling, "open_registry", lambda: Registry(
            elsewhere, contact=CONTACT, site_url=SITE, min_interval=0.0, limits=LIMITS,
            time=FakeTime(wall=timezone.now()).timepiece()))  # fmt: skip
        failed = follower.run()
    assert (failed.state, failed.error.partition(":")[0]) == (SyncRun.State.FAILED, "RegistryUnreachable")
    assert (rows(), told(), SyncRun.objects.last_good_poll()) == (before, [], first)
    assert follower.run().changed == 1
    assert status_of(FIRST) == "TERMINATED"


@pytest.mark.parametrize("name", ["rate_limited", "unavailable_503"])
def test_a_registry_that_asks_for_hours_is_left_alone_for_hours(follower: Follower, name: str) -> None:
    follower.run()
    follower.next_day()
    follower.sample.edit(FIRST, terminate)
    follower.sample.misbehave(name, retry_after="long")
    failed = follower.run()
    assert failed.retry_at is not None
    assert failed.retry_at >= follower.now + timedelta(seconds=7200)
    follower.sample.behave()
    asked = len(follower.sample.requests)
    with pytest.raises(StayAway):
        follower.poll()
    with pytest.raises(StayAway):
        follower.take_inventory()
    assert len(follower.sample.requests) == asked, "nobody knocked"
    follower.later(3)
    assert follower.run().changed == 1


def test_a_refusal_is_respected_for_an_hour(follower: Follower) -> None:
    follower.run()
    follower.next_day()
    follower.sample.misbehave("forbidden_403")
    failed = follower.run()
    follower.sample.behave()
    assert failed.retry_at is not None
    assert timedelta(minutes=59) < failed.retry_at - failed.finished_at <= timedelta(minutes=61)  # type: ignore[operator]


def test_the_command_says_how_long_the_registry_is_left_alone(follower: Follower) -> None:
    SyncRun.objects.create(kind="incremental", state="failed", started_at=follower.now, finished_at=follower.now,
                           retry_at=timezone.now() + timedelta(hours=2))  # fmt: skip
    with pytest.raises(CommandError, match="left alone until"):
        call_command("sync_trials")


PAGING = [
    ("same_token_forever", {}),
    ("token_refused", {}),
    ("missing_page", {}),
    ("data_moves_mid_crawl", {"times": 1}),
    ("data_moves_mid_crawl", {"times": 1, "tokens_survive": True}),
]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    from trials.registry import Registry

    whole = Registry.crawl
    monkeypatch.setattr(Registry, "crawl", lambda self, since, **rest: whole(self, since, page_size=3, **rest))


@pytest.mark.parametrize("name, options", PAGING)
def test_pages_that_make_no_whole_are_never_taken_for_complete(
    follower: Follower, small_pages: None, name: str, options: dict[str, Any]
) -> None:
    first = follower.run()
    follower.next_day()
    changed = sorted(follower.sample.world.studies)[:8]
    for nct_id in changed:
        follower.sample.edit(nct_id, retitle)
    before = rows()
    follower.sample.misbehave(name, options.get("times"), **{k: v for k, v in options.items() if k != "times"})
    failed = follower.run()
    assert (failed.state, failed.error.partition(":")[0]) == (SyncRun.State.FAILED, "CrawlBroken")
    assert rows() == before
    assert SyncRun.objects.last_good_poll() == first
    follower.sample.behave()
    assert follower.run().changed == len(changed)


def test_a_page_that_comes_twice_brings_each_change_once(follower: Follower, small_pages: None) -> None:
    follower.run()
    follower.next_day()
    changed = sorted(follower.sample.world.studies)[:8]
    for nct_id in changed:
        follower.sample.edit(nct_id, retitle)
    follower.sample.misbehave("duplicate_page", times=1)
    assert follower.run().changed == len(changed)
    news = told()
    assert len(news) == len(set(news)) == len(changed)


def test_a_first_import_that_broke_off_is_not_taken_for_complete(follower: Follower, small_pages: None) -> None:
    follower.sample.misbehave("data_moves_mid_crawl", times=1, tokens_survive=True)
    assert follower.run().state == SyncRun.State.FAILED
    assert SyncRun.objects.last_good_poll() is None
    run = follower.run()
    assert (run.is_baseline, run.state) == (True, SyncRun.State.PUBLISHED)
    assert Trial.objects.count() == len(follower.sample.world.studies)
    assert told() == []
