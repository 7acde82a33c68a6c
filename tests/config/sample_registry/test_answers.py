"""The sample registry answers as the real one does."""

from datetime import date
from typing import Any

import httpx
import pytest

from config.sample_registry import SampleRegistry, essie
from config.sample_registry.pieces import PIECES, values_at
from tests.config.sample_registry.client import STUDIES, crawl, gathered, get, ids


class TestAnswers:
    def test_version_has_no_zone_suffix(self, registry: SampleRegistry) -> None:
        assert get(registry, "/version").json() == {"apiVersion": "2.0.5", "dataTimestamp": "2026-11-20T09:00:04"}

    def test_paging_reaches_every_study_once(self, registry: SampleRegistry) -> None:
        pages = crawl(registry, pageSize=7, countTotal="true")
        assert sorted(gathered(pages)) == sorted(STUDIES)
        assert pages[0]["totalCount"] == len(STUDIES)
        assert all("totalCount" not in page for page in pages[1:])

    def test_an_exact_multiple_ends_with_an_empty_page(self, registry: SampleRegistry) -> None:
        pages = crawl(registry, pageSize=2, filter__ids="NCT99000001|NCT99000002|NCT99000003|NCT99000004")
        assert [len(page["studies"]) for page in pages] == [2, 2, 0]

    @pytest.mark.parametrize("asked, got", [(None, 10), ("0", 10), ("1000000", len(STUDIES)), ("3", 3)])
    def test_page_size_has_a_default_and_a_limit(self, registry: SampleRegistry, asked: str | None, got: int) -> None:
        params = {} if asked is None else {"pageSize": asked}
        assert len(get(registry, "/studies", **params).json()["studies"]) == got

    def test_page_size_may_change_between_pages(self, registry: SampleRegistry) -> None:
        first = get(registry, "/studies", pageSize=5).json()
        second = get(registry, "/studies", pageSize=1000, pageToken=first["nextPageToken"]).json()
        assert sorted(ids(first) + ids(second)) == sorted(STUDIES)

    def test_a_token_is_bound_to_its_parameters(self, registry: SampleRegistry) -> None:
        token = get(registry, "/studies", pageSize=3).json()["nextPageToken"]
        reply = get(registry, "/studies", pageSize=3, pageToken=token, filter__overallStatus="RECRUITING")
        assert reply.status_code == 400

    def test_a_token_is_bound_to_its_data_version(self, registry: SampleRegistry) -> None:
        token = get(registry, "/studies", pageSize=3).json()["nextPageToken"]
        registry.publish()
        assert get(registry, "/studies", pageSize=3, pageToken=token).status_code == 400

    @pytest.mark.parametrize("token", ["", "nonsense", "!!", "W10", "é"])
    def test_a_made_up_token_is_refused(self, registry: SampleRegistry, token: str) -> None:
        assert get(registry, "/studies", pageToken=token).status_code == 400

    def test_ids_that_do_not_exist_are_just_absent(self, registry: SampleRegistry) -> None:
        page = get(registry, "/studies", filter__ids="nct99000001|NCT88888888").json()
        assert ids(page) == ["NCT99000001"]

    def test_ids_find_a_study_by_its_alias(self, registry: SampleRegistry) -> None:
        assert ids(get(registry, "/studies", filter__ids="NCT99009901").json()) == ["NCT99000023"]

    @pytest.mark.parametrize("bad", ["NCT99000001|NCT1234567890", "NCT99000001|hello", "NCT00000000"])
    def test_one_malformed_id_rejects_the_batch(self, registry: SampleRegistry, bad: str) -> None:
        assert get(registry, "/studies", filter__ids=bad).status_code == 400

    def test_a_query_of_ids_alone_ignores_filters(self, registry: SampleRegistry) -> None:
        page = get(
            registry, "/studies", query__term="NCT99000001 NCT99000006", filter__overallStatus="COMPLETED"
        ).json()
        assert sorted(ids(page)) == ["NCT99000001", "NCT99000006"]

    def test_status_filter(self, registry: SampleRegistry) -> None:
        page = get(registry, "/studies", filter__overallStatus="WITHDRAWN|SUSPENDED").json()
        assert sorted(ids(page)) == ["NCT99000015", "NCT99000022"]

    def test_the_order_is_none_in_particular_unless_sorted(self, registry: SampleRegistry) -> None:
        assert ids(get(registry, "/studies", pageSize=1000).json()) != sorted(STUDIES)
        page = get(registry, "/studies", pageSize=1000, sort="LastUpdatePostDate").json()
        dates = [values_at(study, PIECES["LastUpdatePostDate"])[0] for study in page["studies"]]
        assert dates == sorted(dates, reverse=True)

    def test_studies_without_the_sorted_value_come_last(self, registry: SampleRegistry) -> None:
        for direction in ("asc", "desc"):
            page = get(registry, "/studies", pageSize=1000, sort=f"StartDate:{direction}").json()
            present = [bool(values_at(study, PIECES["StartDate"])) for study in page["studies"]]
            assert present == sorted(present, reverse=True)
            assert not all(present)

    def test_fields_keep_their_nesting(self, registry: SampleRegistry) -> None:
        page = get(
            registry, "/studies", filter__ids="NCT99000005", fields="NCTId|LastUpdatePostDate|OverallStatus,HasResults"
        ).json()
        assert page["studies"] == [
            {
                "protocolSection": {
                    "identificationModule": {"nctId": "NCT99000005"},
                    "statusModule": {"overallStatus": "RECRUITING", "lastUpdatePostDateStruct": {"date": "2026-09-28"}},
                },
                "hasResults": False,
            }
        ]

    def test_fields_take_modules_and_parts_of_lists(self, registry: SampleRegistry) -> None:
        study = get(registry, "/studies/NCT99000004", fields="ConditionsModule|LocationCity|statusModule").json()
        full = registry.study("NCT99000004")["protocolSection"]
        assert study["protocolSection"]["conditionsModule"] == full["conditionsModule"]
        assert study["protocolSection"]["statusModule"] == full["statusModule"]
        assert study["protocolSection"]["contactsLocationsModule"] == {
            "locations": [{"city": "Valencia"}, {"city": "Madrid"}]
        }

    @pytest.mark.parametrize(
        "path, params, status, said",
        [
            ("/studies", {"query__recrs": "a"}, 400, "unknown parameter"),
            ("/studies", {"fields": "Nonsense"}, 400, "Nonsense"),
            ("/studies", {"fields": ""}, 400, "fields"),
            ("/studies", {"pageSize": "-1"}, 400, "pageSize"),
            ("/studies", {"sort": "BriefTitle"}, 400, "sort"),
            ("/studies", {"format": "csv"}, 400, "format"),
            ("/studies", {"filter__overallStatus": "OPEN"}, 400, "OPEN"),
            ("/studies", {"query__term": "AREA[Nope]x"}, 400, "Nope"),
            ("/studies/NCT12345678", {}, 404, "NCT number NCT12345678 not found"),
            ("/studies/NCT00000000", {}, 400, "NCT00000000"),
            ("/studies/hello", {}, 400, "hello"),
            ("/elsewhere", {}, 404, ""),
        ],
    )
    def test_errors_are_plain_text(
        self, registry: SampleRegistry, path: str, params: dict[str, str], status: int, said: str
    ) -> None:
        reply = get(registry, path, **params)
        assert (reply.status_code, reply.headers["content-type"]) == (status, "text/plain")
        assert said in reply.text

    def test_a_study_is_found_in_any_case_and_without_zeros(self, registry: SampleRegistry) -> None:
        assert get(registry, "/studies/nct7103668").json()["protocolSection"]["identificationModule"]["nctId"] == (
            "NCT07103668"
        )

    def test_an_alias_redirects(self, registry: SampleRegistry) -> None:
        reply = get(registry, "/studies/NCT99009901")
        assert (reply.status_code, reply.headers["location"]) == (301, "/api/v2/studies/NCT99000023")

    def test_the_version_holder_follows_the_data_and_not_the_study(self, registry: SampleRegistry) -> None:
        registry.today = date(2026, 11, 24)
        registry.publish()
        study = get(registry, "/studies/NCT07103668").json()
        assert study["derivedSection"]["miscInfoModule"]["versionHolder"] == "2026-11-24"
        assert study["protocolSection"] == STUDIES["NCT07103668"]["protocolSection"]

    def test_sizes_and_enums_answer(self, registry: SampleRegistry) -> None:
        assert get(registry, "/stats/size").json()["totalStudies"] == len(STUDIES)
        assert len(get(registry, "/studies/enums").json()[0]["values"]) == 14

    def test_requests_are_remembered(self, registry: SampleRegistry) -> None:
        httpx.get(f"{registry.url}/version", headers={"User-Agent": "PlainTrials/1"})
        asked = registry.requests[-1]
        assert (asked.path, asked.params) == ("/api/v2/version", {})
        assert asked.headers["User-Agent"] == "PlainTrials/1"


class TestEssie:
    @pytest.mark.parametrize(
        "expression, found",
        [
            ("AREA[LastUpdatePostDate]RANGE[2026-11-12,2026-11-16]", ["NCT99000004", "NCT99000011", "NCT99000027"]),
            ("AREA[LastUpdatePostDate]RANGE[2026-11-16,MAX]", ["NCT99000011", "NCT99000012"]),
            ("AREA[LastUpdatePostDate]RANGE[MIN,2013-02]", []),
            ("AREA[LastUpdatePostDate]RANGE[MIN,2013-12]", ["NCT99000023"]),
            ("AREA[StartDate]1998", ["NCT99000023"]),
            ("AREA[EnrollmentCount]RANGE[1000,20000] AND AREA[Phase]PHASE3", ["NCT99000012"]),
            ("AREA[Phase]PHASE1 AND AREA[Phase]PHASE2", ["NCT99000009"]),
            ("AREA[NCTId](NCT99000001 OR nct99000002)", ["NCT99000001", "NCT99000002"]),
            ("asthma", ["NCT99000005"]),
            ("prostate cancer AND NOT stomach", ["NCT99000028"]),
            ('"knee osteoarthritis", (tablet OR paper)', ["NCT99000011"]),
            ("AREA[OverallStatus]UNKNOWN OR AREA[OverallStatus]WITHHELD", ["NCT99000010", "NCT99000017"]),
            ("NOT AREA[LastUpdatePostDate]RANGE[2000-01-01,MAX]", []),
        ],
    )
    def test_finds(self, expression: str, found: list[str]) -> None:
        test = essie.parse(expression)
        assert sorted(nct for nct, study in STUDIES.items() if test(study)) == found

    @pytest.mark.parametrize(
        "expression",
        ["(asthma", "asthma)", "AND asthma", "asthma OR", "RANGE[1,2]", "AREA[StartDate]RANGE[x,MAX]", "SEARCH[a](b)"],
    )
    def test_refuses_what_it_does_not_speak(self, expression: str) -> None:
        with pytest.raises(essie.EssieError):
            essie.parse(expression)


class TestEdits:
    def test_an_edit_is_dated_and_published(self, registry: SampleRegistry) -> None:
        registry.today = date(2026, 11, 25)
        before = registry.data_timestamp
        registry.edit("NCT99000001", lambda s: s["protocolSection"]["designModule"].update(enrollmentInfo={"count": 9}))
        status = registry.study("NCT99000001")["protocolSection"]["statusModule"]
        assert status["lastUpdatePostDateStruct"] == {"date": "2026-11-25", "type": "ESTIMATED"}
        assert status["statusVerifiedDate"] == "2026-11"
        assert registry.data_timestamp > before
        page = get(registry, "/studies", query__term="AREA[LastUpdatePostDate]RANGE[2026-11-25,MAX]").json()
        assert ids(page) == ["NCT99000001"]

    def test_a_quiet_edit_keeps_the_post_date(self, registry: SampleRegistry) -> None:
        before = registry.data_timestamp
        registry.edit("NCT99000001", lambda study: study | {"hasResults": True}, quietly=True)
        assert registry.study("NCT99000001") == STUDIES["NCT99000001"] | {"hasResults": True}
        assert registry.data_timestamp > before

    def test_a_study_that_stops_recruiting_loses_people_and_site_statuses(self, registry: SampleRegistry) -> None:
        def close(study: dict[str, Any]) -> None:
            study["protocolSection"]["statusModule"]["overallStatus"] = "ACTIVE_NOT_RECRUITING"

        registry.edit("NCT99000001", close)
        places = registry.study("NCT99000001")["protocolSection"]["contactsLocationsModule"]
        assert "centralContacts" not in places
        assert all(set(site) & {"status", "contacts"} == set() for site in places["locations"])
        assert len(places["locations"]) == 4

    def test_no_two_versions_have_the_same_timestamp(self, registry: SampleRegistry) -> None:
        seen = {registry.data_timestamp}
        for _ in range(5):
            registry.publish()
            seen.add(registry.data_timestamp)
        assert len(seen) == 6

    def test_studies_come_go_and_merge(self, registry: SampleRegistry) -> None:
        fresh = registry.study("NCT99000001")
        fresh["protocolSection"]["identificationModule"]["nctId"] = "NCT99000099"
        registry.add(fresh)
        assert get(registry, "/studies/NCT99000099").status_code == 200
        registry.remove("NCT99000099")
        assert get(registry, "/studies/NCT99000099").status_code == 404
        registry.merge("NCT99000002", into="NCT99000001")
        assert get(registry, "/studies/NCT99000002").headers["location"].endswith("NCT99000001")

    def test_a_copy_is_only_a_copy(self, registry: SampleRegistry) -> None:
        registry.study("NCT99000001").clear()
        assert registry.study("NCT99000001") == STUDIES["NCT99000001"]
