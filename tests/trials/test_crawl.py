"""Pages that must make one whole: tokens, page counts, inventory and crawl."""

from datetime import date

import httpx
import pytest

from tests.trials.scripted_registry import VERSION, client_of, connected, numbers, page, study
from trials.registry import (
    CrawlBroken,
    InventoryRow,
    Limits,
    RegistryAnswerError,
    RegistryError,
    RegistryRequestError,
    RegistryVersion,
)

BASE = "https://registry.example/api/v2"


# Paging


def test_pages_follow_the_token_with_the_same_query_and_count_only_once() -> None:
    registry, asked = connected(BASE, page(1, 2, token="t/2", total=3), page(3))
    pages = list(registry.studies_updated_since(date(2026, 1, 2)))
    assert [(numbers(p.studies), p.number, p.total, p.token) for p in pages] == [
        ([1, 2], 1, 3, "t/2"),
        ([3], 2, None, None),
    ]
    first, second = (dict(request.url.params) for request in asked)
    assert first.pop("countTotal") == "true"
    assert second.pop("pageToken") == "t/2"
    assert first == second


def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    registry, _ = connected(BASE, page(1, token="a", total=2), page(token="b"), page(2))
    assert [numbers(p.studies) for p in registry.studies_updated_since(None)] == [[1], [], [2]]


def test_an_exact_multiple_ends_with_an_empty_page() -> None:
    registry, asked = connected(BASE, page(1, 2, token="a", total=2), page())
    assert [numbers(p.studies) for p in registry.studies_updated_since(None, page_size=2)] == [[1, 2], []]
    assert len(asked) == 2


@pytest.mark.parametrize(
    "token", ["a&countTotal=true&x=#frag", "a\r\nHost: evil.example", "../../version?", "%2e%2e", "ü"]
)
def test_a_token_travels_encoded_whatever_it_holds(token: str) -> None:
    registry, asked = connected(BASE, page(1, token=token, total=2), page(2))
    list(registry.studies_updated_since(None))
    assert asked[1].url.host == "registry.example"
    assert asked[1].url.path == "/api/v2/studies"
    assert asked[1].url.params["pageToken"] == token
    assert "countTotal" not in asked[1].url.params
    assert not set(b"\r\n# ") & set(asked[1].url.raw_path)


@pytest.mark.parametrize("token", ["", "x" * 5000])
def test_a_token_that_cannot_be_one_is_a_bad_answer_and_no_end(token: str) -> None:
    registry, _ = connected(BASE, page(1, token=token))
    with pytest.raises(RegistryAnswerError, match="token"):
        list(registry.studies_updated_since(None))


def test_the_same_token_for_ever_breaks_the_crawl() -> None:
    registry, asked = connected(BASE, page(1, token="again"))
    with pytest.raises(CrawlBroken) as broken:
        list(registry.studies_updated_since(None))
    assert broken.value.reason == "token_loop"
    assert len(asked) == 2


def test_a_round_of_tokens_breaks_the_crawl() -> None:
    registry, _ = connected(BASE, page(1, token="a"), page(2, token="b"), page(3, token="a"))
    with pytest.raises(CrawlBroken, match="already read"):
        list(registry.studies_updated_since(None))


def test_ever_new_tokens_end_at_the_cap_on_pages() -> None:
    registry, asked = connected(BASE, *(page(n, token=f"t{n}") for n in range(20)), limits=Limits(pages=7))
    with pytest.raises(CrawlBroken) as broken:
        list(registry.studies_updated_since(None))
    assert (broken.value.reason, len(asked)) == ("too_many_pages", 7)


def test_the_announced_total_lowers_the_cap_on_pages() -> None:
    registry, asked = connected(BASE, page(1, token="t", total=10), *(page(token=f"t{n}") for n in range(200)))
    with pytest.raises(CrawlBroken):
        list(registry.studies_updated_since(None, page_size=10))
    assert len(asked) == 52


@pytest.mark.parametrize("refusal", [httpx.Response(400, text="bad token"), httpx.Response(404, text="no such token")])
def test_a_token_refused_mid_crawl_breaks_the_crawl(refusal: httpx.Response) -> None:
    registry, _ = connected(BASE, page(1, token="old"), refusal)
    with pytest.raises(CrawlBroken) as broken:
        list(registry.studies_updated_since(None))
    assert broken.value.reason == "token_refused"


def test_a_refused_first_page_is_our_own_mistake() -> None:
    registry, asked = connected(BASE, httpx.Response(400, text="`scope` is\nwrong"), scope="AREA[")
    with pytest.raises(RegistryRequestError, match="`scope` is wrong"):
        list(registry.studies_updated_since(None))
    assert len(asked) == 1


def test_a_crawl_resumes_at_a_token() -> None:
    registry, asked = connected(BASE, page(9))
    (only,) = registry.studies_updated_since(None, token="half-way")
    assert (numbers(only.studies), only.total) == ([9], None)
    assert asked[0].url.params["pageToken"] == "half-way"


# Inventory and crawl


def test_the_inventory_lists_id_date_and_status() -> None:
    bare = {"protocolSection": {"identificationModule": {"nctId": "NCT00000003"}}}
    rest = {"studies": [study(2, overallStatus="COMPLETED"), bare], "totalCount": 3}
    registry, asked = connected(BASE, page(1, token="t", total=3), rest, scope="AREA[Phase]PHASE3")
    assert list(registry.inventory()) == [
        InventoryRow("NCT00000001", "2026-10-01", "RECRUITING"),
        InventoryRow("NCT00000002", "2026-10-01", "COMPLETED"),
        InventoryRow("NCT00000003", None, None),
    ]
    assert asked[0].url.params["fields"] == "NCTId|LastUpdatePostDate|OverallStatus"
    assert asked[0].url.params["pageSize"] == "1000"
    assert asked[0].url.params["filter.advanced"] == "(AREA[Phase]PHASE3)"


def test_an_inventory_row_without_an_id_spoils_the_inventory() -> None:
    registry, _ = connected(BASE, {"studies": [study(1), {"protocolSection": {}}], "totalCount": 2})
    with pytest.raises(RegistryAnswerError):
        list(registry.inventory())


def test_an_inventory_with_a_missing_page_is_no_inventory() -> None:
    registry, _ = connected(BASE, page(1, token="t", total=3), page(3))
    with pytest.raises(CrawlBroken) as broken:
        list(registry.inventory())
    assert broken.value.reason == "short"


def test_a_whole_crawl_is_complete_and_tells_its_version() -> None:
    registry, _ = connected(BASE, page(1, 2, token="t", total=3), page(3))
    crawl = registry.crawl(date(2026, 1, 2))
    for _page in crawl:
        assert not crawl.complete
    assert crawl.complete
    assert (crawl.collected, crawl.total) == (3, 3)
    assert crawl.version == RegistryVersion("2.0.5", "2026-10-02T09:00:04")


def test_a_page_sent_twice_in_place_of_another_is_noticed() -> None:
    registry, _ = connected(BASE, page(1, 2, token="a", total=4), page(1, 2))
    crawl = registry.crawl(None)
    with pytest.raises(CrawlBroken, match="2 studies came of the 4"):
        list(crawl)
    assert not crawl.complete


def test_a_study_seen_on_two_pages_does_no_harm() -> None:
    registry, _ = connected(BASE, page(1, 2, token="a", total=3), page(2, 3))
    crawl = registry.crawl(None)
    list(crawl)
    assert crawl.complete


def test_a_study_without_an_id_counts_but_is_left_to_the_parser() -> None:
    registry, _ = connected(BASE, {"studies": [study(1), {"protocolSection": None}], "totalCount": 2})
    crawl = registry.crawl(None)
    list(crawl)
    assert (crawl.complete, crawl.collected) == (True, 2)


def test_data_that_moves_during_a_crawl_breaks_it() -> None:
    stamps = iter(["2026-10-01T09:00:00", "2026-10-02T09:00:00"])

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/version"):
            return httpx.Response(200, json={"apiVersion": "2.0.5", "dataTimestamp": next(stamps)})
        return httpx.Response(200, json=page(1, total=1))

    with client_of(BASE, transport=httpx.MockTransport(handle)) as registry:
        crawl = registry.crawl(None)
        with pytest.raises(CrawlBroken) as broken:
            list(crawl)
    assert (broken.value.reason, crawl.complete) == ("moved", False)


def test_a_crawl_is_not_resumed_over_data_that_has_moved() -> None:
    registry, asked = connected(BASE, page(9))
    with pytest.raises(CrawlBroken, match="moved"):
        list(registry.crawl(None, token="old", expected=RegistryVersion("2.0.5", "2026-10-01T09:00:00")))
    assert asked == []


def test_a_resumed_crawl_over_the_same_data_completes() -> None:
    registry, _ = connected(BASE, page(9))
    crawl = registry.crawl(None, token="old", expected=RegistryVersion(**_snake(VERSION)))
    list(crawl)
    assert (crawl.complete, crawl.total) == (True, None)


def _snake(version: dict[str, str]) -> dict[str, str]:
    return {"api_version": version["apiVersion"], "data_timestamp": version["dataTimestamp"]}


def test_an_error_in_the_middle_leaves_the_crawl_incomplete() -> None:
    registry, _ = connected(BASE, page(1, token="t", total=2), httpx.Response(500))
    crawl = registry.crawl(None)
    with pytest.raises(RegistryError):
        list(crawl)
    assert not crawl.complete
