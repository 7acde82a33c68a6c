"""The studies themselves go missing, change in masses, or take another shape."""

from typing import Any

import pytest

from config.sample_registry import SampleRegistry, data_faults
from tests.config.sample_registry.client import STUDIES, everything, get, ids, undated


class TestMisbehavedData:
    def test_the_count_drops_and_comes_back(self, registry: SampleRegistry) -> None:
        before = registry.data_timestamp
        registry.misbehave("count_drops", share=0.2)
        assert len(everything(registry)) == len(STUDIES) - 6
        assert registry.data_timestamp > before
        registry.behave()
        assert len(everything(registry)) == len(STUDIES)

    def test_the_count_drops_to_nothing(self, registry: SampleRegistry) -> None:
        registry.misbehave("count_drops", share=1)
        assert get(registry, "/studies", countTotal="true").json() == {"studies": [], "totalCount": 0}

    def test_one_condition_drops_to_nothing(self, registry: SampleRegistry) -> None:
        registry.misbehave("count_drops", share=1, condition="Gastric Adenocarcinoma")
        assert set(STUDIES) - set(everything(registry)) == {"NCT07103668", "NCT99000001"}

    def test_studies_vanish_from_lists_and_by_id(self, registry: SampleRegistry) -> None:
        registry.misbehave("vanish", ids=["NCT99000004"])
        assert "NCT99000004" not in everything(registry)
        assert get(registry, "/studies/NCT99000004").status_code == 404
        registry.behave()
        assert get(registry, "/studies/NCT99000004").status_code == 200

    @pytest.mark.parametrize("field", data_faults.MASS_CHANGES)
    def test_a_mass_change_changes_its_share(self, registry: SampleRegistry, field: str) -> None:
        before = everything(registry)
        registry.misbehave("mass_change", share=1, field=field)
        after = everything(registry)
        bare = [undated(after[nct]) != undated(before[nct]) for nct in before]
        # Some have no criteria that could go.
        assert sum(bare) > len(STUDIES) * 0.7

    def test_a_mass_change_leaves_the_others_alone(self, registry: SampleRegistry) -> None:
        before = everything(registry)
        registry.misbehave("mass_change", share=0.3)
        after = everything(registry)
        assert sum(after[nct] != before[nct] for nct in before) == round(len(STUDIES) * 0.3)
        page = get(registry, "/studies", query__term="AREA[LastUpdatePostDate]RANGE[2026-11-20,MAX]", pageSize=1000)
        assert len(page.json()["studies"]) == round(len(STUDIES) * 0.3)

    @pytest.mark.parametrize("days, day", [(365, "2027-11-20"), (-400, "2025-10-16")])
    def test_post_dates_lie_in_the_future_or_go_backwards(self, registry: SampleRegistry, days: int, day: str) -> None:
        registry.misbehave("future_dates", days=days, ids=["NCT99000001"])
        status = everything(registry)["NCT99000001"]["protocolSection"]["statusModule"]
        assert status["lastUpdatePostDateStruct"]["date"] == day

    @pytest.mark.parametrize(
        "kind, before, after",
        [
            ("list_order", '"keywords":["CLDN18.2","maintenance"', '"keywords":["zolbetuximab","maintenance"'),
            ("casing", '"overallStatus":"RECRUITING"', '"overallStatus":"recruiting"'),
            ("date_style", '"startDateStruct":{"date":"2026-02-16"', '"startDateStruct":{"date":"February 16, 2026"'),
            ("html_entities", "\\\\>= 75 %", "\\\\&gt;= 75 %"),
            ("whitespace", "Gastric or Gastro", "Gastric or Gastro"),
            ("key_order", '{"protocolSection":', '{"hasResults":'),
        ],
    )
    def test_a_reformat_changes_the_letters(self, registry: SampleRegistry, kind: str, before: str, after: str) -> None:
        plain = get(registry, "/studies/NCT99000001").text
        registry.misbehave("reformat", kinds=(kind,))
        other = get(registry, "/studies/NCT99000001").text
        assert before in plain
        assert after in other
        assert plain != other

    def test_white_space_changes_inside_and_between(self, registry: SampleRegistry) -> None:
        registry.misbehave("reformat", kinds=("whitespace",))
        reply = get(registry, "/studies/NCT99000001")
        assert '\n   "protocolSection"' in reply.text
        assert " \r\n" in reply.json()["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]

    @pytest.mark.parametrize(
        "kind, path, value",
        [
            ("key_gone", ("protocolSection", "eligibilityModule"), KeyError),
            ("null_value", ("protocolSection", "contactsLocationsModule", "locations"), None),
            ("list_to_object", ("protocolSection", "conditionsModule", "conditions"), {"0": "Type 2 Diabetes"}),
            ("new_enum", ("protocolSection", "statusModule", "overallStatus"), "PAUSED_FOR_REVIEW"),
            ("unknown_keys", ("modelPredictions",), {"score": 0.5}),
            ("number_as_text", ("protocolSection", "designModule", "enrollmentInfo", "count"), "240"),
        ],
    )
    def test_the_schema_drifts(self, registry: SampleRegistry, kind: str, path: tuple[str, ...], value: Any) -> None:
        registry.misbehave("schema_drift", kinds=(kind,), ids=["NCT99000004"])
        found: Any = everything(registry)["NCT99000004"]
        if value is KeyError:
            assert path[-1] not in found[path[0]]
            return
        for key in path:
            found = found[key]
        assert found == value

    def test_every_drift_at_once_still_answers(self, registry: SampleRegistry) -> None:
        registry.misbehave("schema_drift")
        assert len(everything(registry)) == len(STUDIES)

    def test_poison_meets_an_incremental_poll_and_spares_the_others(self, registry: SampleRegistry) -> None:
        registry.misbehave("poison", nct_id="NCT99000023")
        page = get(registry, "/studies", query__term="AREA[LastUpdatePostDate]RANGE[2026-11-20,MAX]").json()
        assert ids(page) == ["NCT99000023"]
        assert page["studies"][0]["protocolSection"]["conditionsModule"]["conditions"] == 7
        assert set(everything(registry)) == set(STUDIES)
