"""The client against the demo's registry: the happy paths, and each misbehaviour that it can play."""

import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from config.sample_registry import SampleRegistry
from tests.trials.scripted_registry import CONTACT, SITE, FakeTime
from trials.registry import (
    CrawlBroken,
    Limits,
    Registry,
    RegistryAnswerError,
    RegistryAnswerTooLarge,
    RegistryBlocked,
    RegistryBusy,
    RegistryError,
    RegistryMoved,
    RegistryNotFound,
    RegistryUnreachable,
    nct_id_of,
)

LIMITS = Limits(tries=3, page_bytes=3_000_000)


@pytest.fixture
def sample() -> Iterator[SampleRegistry]:
    with SampleRegistry() as running:
        yield running


def client_of(sample: SampleRegistry, limits: Limits = LIMITS) -> Registry:
    time = FakeTime().timepiece()
    return Registry(sample.url, contact=CONTACT, site_url=SITE, min_interval=0.0, limits=limits, time=time)


@pytest.fixture
def registry(sample: SampleRegistry) -> Iterator[Registry]:
    with client_of(sample) as client:
        yield client


def crawled(registry: Registry, since: date | None = None, page_size: int = 5) -> list[str | None]:
    crawl = registry.crawl(since, page_size=page_size)
    ids = [nct_id_of(study) for page in crawl for study in page.studies]
    assert crawl.complete
    return ids


def test_a_full_crawl_brings_every_study_once(sample: SampleRegistry, registry: Registry) -> None:
    ids = crawled(registry)
    assert sorted(ids) == sorted(sample.world.studies)
    assert len(ids) == len(set(ids))


def test_a_page_size_that_divides_the_total_ends_as_well(sample: SampleRegistry, registry: Registry) -> None:
    assert len(crawled(registry, page_size=len(sample.world.studies))) == len(sample.world.studies)


def test_a_study_comes_without_results_and_with_has_results(sample: SampleRegistry, registry: Registry) -> None:
    for page in registry.studies_updated_since(None):
        for study in page.studies:
            assert "resultsSection" not in study
            assert isinstance(study["hasResults"], bool)
            assert study["protocolSection"] == sample.study(str(nct_id_of(study)))["protocolSection"]


def test_only_what_changed_since_comes_back(sample: SampleRegistry, registry: Registry) -> None:
    sample.today = sample.today + timedelta(days=40)
    sample.edit(changed := sorted(sample.world.studies)[3], lambda study: None)
    assert crawled(registry, since=sample.today) == [changed]
    assert crawled(registry, since=sample.today + timedelta(days=1)) == []


def test_the_inventory_agrees_with_the_crawl(registry: Registry) -> None:
    rows = list(registry.inventory())
    assert sorted(row.nct_id for row in rows) == sorted(map(str, crawled(registry)))
    assert all(row.overall_status for row in rows)
    assert all(date.fromisoformat(str(row.last_update_posted)) for row in rows)


def test_studies_come_by_id_and_unknown_ones_are_absent(sample: SampleRegistry, registry: Registry) -> None:
    wanted = sorted(sample.world.studies)[:3]
    found = registry.studies_by_id([*wanted, "NCT88888888", "nonsense"])
    assert sorted(map(str, map(nct_id_of, found))) == wanted


def test_a_merged_study_is_found_under_its_current_id(sample: SampleRegistry, registry: Registry) -> None:
    old, current = sorted(sample.world.studies)[:2]
    sample.merge(old, current)
    assert nct_id_of(registry.study(old)) == current
    assert [nct_id_of(study) for study in registry.studies_by_id([old])] == [current]


def test_a_study_that_was_removed_is_not_found(sample: SampleRegistry, registry: Registry) -> None:
    gone = sorted(sample.world.studies)[0]
    sample.remove(gone)
    with pytest.raises(RegistryNotFound, match=gone):
        registry.study(gone)


def test_the_version_moves_with_the_data(sample: SampleRegistry, registry: Registry) -> None:
    before = registry.version()
    sample.publish()
    after = registry.version()
    assert after.data_timestamp == sample.data_timestamp != before.data_timestamp


@pytest.mark.parametrize(
    "name, options, error",
    [
        ("rate_limited", {}, RegistryBusy),
        ("rate_limited", {"retry_after": "long"}, RegistryBusy),
        ("rate_limited", {"retry_after": "date"}, RegistryBusy),
        ("rate_limited", {"retry_after": "garbage"}, RegistryBusy),
        ("server_error_500", {}, RegistryBusy),
        ("unavailable_503", {}, RegistryBusy),
        ("forbidden_403", {}, RegistryBlocked),
        ("redirect_302", {}, RegistryMoved),
        ("connection_reset", {}, RegistryUnreachable),
        ("connection_reset", {"after": 100, "on": "studies"}, RegistryUnreachable),
        ("truncated_json", {}, RegistryAnswerError),
        ("truncated_json", {"short_of_length": True}, RegistryUnreachable),
        ("html_with_200", {}, RegistryAnswerError),
        ("wrong_content_type", {}, RegistryAnswerError),
        ("bad_gzip", {}, RegistryAnswerError),
        ("empty_object", {}, RegistryAnswerError),
    ],
)
def test_a_registry_that_fails_for_good_ends_the_crawl(
    sample: SampleRegistry, registry: Registry, name: str, options: dict[str, Any], error: type[RegistryError]
) -> None:
    sample.misbehave(name, **options)
    with pytest.raises(RegistryError) as raised:
        crawled(registry)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    "name",
    ["rate_limited", "server_error_500", "unavailable_503", "forbidden_403", "connection_reset", "truncated_json"]
    + ["html_with_200", "wrong_content_type", "bad_gzip", "empty_object"],
)
def test_a_registry_that_fails_once_is_survived(sample: SampleRegistry, registry: Registry, name: str) -> None:
    sample.misbehave(name, times=1)
    assert len(crawled(registry)) == len(sample.world.studies)


def test_a_slow_drip_does_not_hold_the_crawl(sample: SampleRegistry) -> None:
    sample.misbehave("slow_drip", on="studies")
    limits = Limits(tries=1, total_seconds=1)
    with client_of(sample, limits) as client, pytest.raises(RegistryUnreachable, match="longer than"):
        crawled(client)


@pytest.mark.parametrize("squeezed", [False, True])
def test_a_huge_body_is_cut_off_in_bounded_memory(sample: SampleRegistry, registry: Registry, squeezed: bool) -> None:
    sample.misbehave("huge_body", gzip=squeezed)
    tracemalloc.start()
    try:
        with pytest.raises(RegistryAnswerTooLarge):
            crawled(registry)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


@pytest.mark.parametrize(
    "name, options, reason",
    [
        ("same_token_forever", {}, "token_loop"),
        ("token_refused", {}, "token_refused"),
        ("missing_page", {"times": 1}, "short"),
        ("data_moves_mid_crawl", {"times": 1}, "token_refused"),
        ("data_moves_mid_crawl", {"times": 1, "tokens_survive": True}, "moved"),
    ],
)
def test_pages_that_do_not_make_one_whole_break_the_crawl(
    sample: SampleRegistry, registry: Registry, name: str, options: dict[str, Any], reason: str
) -> None:
    sample.misbehave(name, **options)
    with pytest.raises(CrawlBroken) as broken:
        crawled(registry)
    assert broken.value.reason == reason


def test_a_page_that_comes_twice_loses_nothing(sample: SampleRegistry, registry: Registry) -> None:
    sample.misbehave("duplicate_page", times=1)
    ids = crawled(registry)
    assert set(ids) == set(sample.world.studies)
    assert len(ids) > len(set(ids))
