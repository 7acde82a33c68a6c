"""The sample registry misbehaves as it is told to."""

import gzip
import json
import time

import httpx
import pytest

from config.sample_registry import SampleRegistry
from config.sample_registry.misbehaviour import NAMES
from tests.config.sample_registry.client import STUDIES, crawl, gathered, get, ids


class TestMisbehavedAnswers:
    @pytest.mark.parametrize(
        "name, status",
        [("rate_limited", 429), ("server_error_500", 500), ("unavailable_503", 503), ("forbidden_403", 403)],
    )
    def test_refusals_wear_off_after_their_count(self, registry: SampleRegistry, name: str, status: int) -> None:
        registry.misbehave(name, times=2)
        assert [get(registry, "/version").status_code for _ in range(3)] == [status, status, 200]

    @pytest.mark.parametrize(
        "form, header",
        [("seconds", "5"), ("long", "7200"), ("garbage", "soon-ish; thanks"), ("30", "30"), (None, None)],
    )
    def test_retry_after_in_its_forms(self, registry: SampleRegistry, form: str | None, header: str | None) -> None:
        registry.misbehave("rate_limited", retry_after=form)
        assert get(registry, "/version").headers.get("retry-after") == header

    def test_retry_after_as_a_date(self, registry: SampleRegistry) -> None:
        registry.misbehave("rate_limited", retry_after="date")
        assert get(registry, "/version").headers["retry-after"].endswith("GMT")

    def test_a_misbehaviour_without_a_count_lasts_until_behave(self, registry: SampleRegistry) -> None:
        registry.misbehave("unavailable_503")
        assert [get(registry, "/version").status_code for _ in range(5)] == [503] * 5
        registry.behave()
        assert get(registry, "/version").status_code == 200

    def test_on_narrows_to_one_endpoint(self, registry: SampleRegistry) -> None:
        registry.misbehave("server_error_500", on="study")
        assert get(registry, "/version").status_code == 200
        assert get(registry, "/studies").status_code == 200
        assert get(registry, "/studies/NCT99000001").status_code == 500

    def test_a_redirect_leads_away(self, registry: SampleRegistry) -> None:
        registry.misbehave("redirect_302", location="http://127.0.0.1:1/elsewhere")
        assert get(registry, "/studies").headers["location"] == "http://127.0.0.1:1/elsewhere"

    @pytest.mark.parametrize("after", [0, 100])
    def test_a_connection_is_reset(self, registry: SampleRegistry, after: int) -> None:
        registry.misbehave("connection_reset", after=after)
        with pytest.raises(httpx.TransportError):
            get(registry, "/studies")

    def test_truncated_json_is_complete_as_http(self, registry: SampleRegistry) -> None:
        registry.misbehave("truncated_json")
        reply = get(registry, "/studies")
        assert reply.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            reply.json()

    def test_truncated_json_can_fall_short_of_its_length(self, registry: SampleRegistry) -> None:
        registry.misbehave("truncated_json", short_of_length=True)
        with pytest.raises(httpx.RemoteProtocolError):
            get(registry, "/studies")

    def test_html_comes_with_200(self, registry: SampleRegistry) -> None:
        registry.misbehave("html_with_200")
        reply = get(registry, "/studies")
        assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html")
        assert reply.text.startswith("<!DOCTYPE html>")

    def test_the_right_json_has_the_wrong_type(self, registry: SampleRegistry) -> None:
        registry.misbehave("wrong_content_type")
        reply = get(registry, "/studies")
        assert reply.headers["content-type"] == "application/octet-stream"
        assert reply.json()["studies"]

    def test_bad_gzip_cannot_be_read(self, registry: SampleRegistry) -> None:
        registry.misbehave("bad_gzip")
        with pytest.raises(httpx.DecodingError):
            get(registry, "/studies")

    def test_gzip_that_stops_half_way_gives_half_of_the_json(self, registry: SampleRegistry) -> None:
        registry.misbehave("bad_gzip", midway=True)
        with pytest.raises(json.JSONDecodeError):
            get(registry, "/studies").json()

    def test_the_empty_object(self, registry: SampleRegistry) -> None:
        registry.misbehave("empty_object")
        assert get(registry, "/studies").json() == {}
        assert get(registry, "/version").json()["apiVersion"]

    def test_a_slow_drip_arrives_whole(self, registry: SampleRegistry) -> None:
        registry.misbehave("slow_drip", size=20, seconds=0.05)
        began = time.monotonic()
        assert get(registry, "/version").json()["apiVersion"] == "2.0.5"
        assert time.monotonic() - began >= 0.15

    @pytest.mark.parametrize("packed", [False, True])
    def test_a_huge_body_does_not_end_soon(self, registry: SampleRegistry, packed: bool) -> None:
        registry.misbehave("huge_body", size=3_000_000, gzip=packed)
        with httpx.stream("GET", f"{registry.url}/studies") as reply:
            body = b"".join(reply.iter_bytes())
            sent = reply.num_bytes_downloaded
        assert len(json.loads(body)["studies"][0]["protocolSection"]["identificationModule"]["briefTitle"]) == 3_000_000
        assert (sent < 100_000) is packed

    def test_answers_are_packed_for_those_who_ask(self, registry: SampleRegistry) -> None:
        with httpx.stream("GET", f"{registry.url}/studies", headers={"Accept-Encoding": "gzip"}) as reply:
            assert json.loads(gzip.decompress(b"".join(reply.iter_raw())))["studies"]
        assert "content-encoding" not in httpx.get(f"{registry.url}/studies", headers={"Accept-Encoding": ""}).headers

    def test_an_unknown_name_is_refused(self, registry: SampleRegistry) -> None:
        with pytest.raises(ValueError, match="sulk"):
            registry.misbehave("sulk")

    def test_the_table_of_names_is_complete(self) -> None:
        import config.sample_registry as package

        assert all(f"| {name} " in str(package.__doc__) for name in NAMES)


class TestMisbehavedPaging:
    def test_a_page_comes_twice(self, registry: SampleRegistry) -> None:
        registry.misbehave("duplicate_page", times=1)
        pages = crawl(registry, pageSize=10)
        assert ids(pages[0]) == ids(pages[1])
        assert set(gathered(pages)) == set(STUDIES)

    def test_pages_that_always_come_twice_still_end(self, registry: SampleRegistry) -> None:
        registry.misbehave("duplicate_page")
        pages = crawl(registry, pageSize=10)
        assert len(pages) < 50
        assert set(gathered(pages)) == set(STUDIES)

    def test_the_same_token_for_ever(self, registry: SampleRegistry) -> None:
        registry.misbehave("same_token_forever")
        pages = crawl(registry, pageSize=10, at_most=8)
        assert len({page["nextPageToken"] for page in pages}) == 1
        assert len(pages) == 8

    def test_a_token_is_refused(self, registry: SampleRegistry) -> None:
        registry.misbehave("token_refused", times=1)
        token = get(registry, "/studies", pageSize=10).json()["nextPageToken"]
        refused, accepted = (get(registry, "/studies", pageSize=10, pageToken=token) for _ in range(2))
        assert (refused.status_code, accepted.status_code) == (400, 200)

    def test_a_page_is_missing(self, registry: SampleRegistry) -> None:
        registry.misbehave("missing_page", times=1)
        pages = crawl(registry, pageSize=10, countTotal="true")
        assert len(gathered(pages)) == pages[0]["totalCount"] - 10

    def test_data_moves_mid_crawl_and_the_token_is_refused(self, registry: SampleRegistry) -> None:
        before = registry.data_timestamp
        registry.misbehave("data_moves_mid_crawl", times=1)
        token = get(registry, "/studies", pageSize=10).json()["nextPageToken"]
        assert get(registry, "/studies", pageSize=10, pageToken=token).status_code == 400
        assert registry.data_timestamp > before
        assert set(gathered(crawl(registry, pageSize=10))) == set(STUDIES)

    def test_data_moves_mid_crawl_and_one_study_slips_past(self, registry: SampleRegistry) -> None:
        before = registry.data_timestamp
        registry.misbehave("data_moves_mid_crawl", times=1, tokens_survive=True)
        assert len(set(gathered(crawl(registry, pageSize=10)))) == len(STUDIES) - 1
        assert registry.data_timestamp > before
