"""Every key of the open data is explained: real answers fit their schemas, which allow no key that they do not name."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from config.sample_registry import world
from tests.factories import ConditionFactory, TrialFactory
from tests.real_records import needs_records, studies
from tests.trials.finding import findable
from tests.trials.listed import listed, place
from trials.models import Condition, TrialCondition
from trials.open_data.record_schema import DEFS
from trials.open_data.schemas import NAMES, schema
from trials.pages.structured import without_contacts
from trials.records import parse

SITE = "http://127.0.0.1:8000"


def faults(name: str, answer: Any) -> list[str]:
    held = Draft202012Validator(schema(name, SITE), format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{fault.json_path}: {fault.message[:200]}" for fault in held.iter_errors(answer)]


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        node = list(node.values())
    for value in node if isinstance(node, list) else []:
        yield from objects(value)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_sound_closed_and_says_something_of_every_key(name: str) -> None:
    written = schema(name, SITE)
    Draft202012Validator.check_schema(written)
    for found in objects(written):
        if "pages" not in found["properties"] and "sort" in found["properties"]:
            continue  # what a visitor asked: some of many parameters, each a text
        assert found["additionalProperties"] is False
        assert sorted(found["required"]) == sorted(found["properties"])
        assert all(value.get("description") for value in found["properties"].values())
    assert "contacts" not in found_keys(written)


def found_keys(node: Any) -> set[str]:
    return {key for found in objects(node) for key in found["properties"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_has_a_stable_address_that_may_be_kept(client: Client, name: str) -> None:
    response = client.get(f"/schema/{name}.json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/schema+json"
    assert "max-age=86400" in response["Cache-Control"]
    assert json.loads(response.content)["$id"] == f"{SITE}/schema/{name}.json"
    assert client.get(f"/schema/{name}.json", headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_there_is_no_schema_of_what_we_do_not_have(client: Client) -> None:
    assert client.get("/schema/people.json").status_code == 404


@pytest.mark.django_db
def test_every_sample_study_fits_the_schema_that_it_links(client: Client) -> None:
    for raw in world.load():
        trial = TrialFactory(nct_id=parse(raw).nct_id, document=raw)
        response = client.get(f"/trials/{trial.nct_id}.json")
        assert faults("trial", json.loads(response.content)) == [], trial.nct_id
        assert response["Link"] == f'<{SITE}/schema/trial.json>; rel="describedby"; type="application/schema+json"'


@needs_records
def test_every_real_record_fits_the_schema() -> None:
    held = Draft202012Validator({"$ref": "#/$defs/record", "$defs": schema("trial", SITE)["$defs"]})
    for raw in studies():
        record = parse(raw)
        assert [fault.message[:200] for fault in held.iter_errors(without_contacts(record))] == [], record.nct_id


_MORE = [{"phone": "1"}, {"record": {"contacts": []}}, {"record": {"sites": [{"email": ""}]}}]


@pytest.mark.parametrize("extra", _MORE)
def test_a_key_that_is_not_explained_fails(extra: dict[str, Any]) -> None:
    record = without_contacts(parse(world.load()[0]))
    answer = {
        "nct_id": "NCT99000001", "headline": "x", "first_seen": "2026-06-27", "last_updated": "2026-06-27",
        "version": 1, "updates": 0, "source": SITE, "attribution": "x", "record": record,
    }  # fmt: skip
    assert faults("trial", answer) == []
    inner = extra.pop("record", {})
    assert faults("trial", {**answer, **extra, "record": {**record, **inner}})


@pytest.mark.django_db
def test_a_search_fits_the_schema_that_it_links(client: Client) -> None:
    findable("NCT99000001")
    for query, status in (("", 200), ("?q=tea&status=any&near=Boston&age=30", 200), ("?age=old", 400)):
        response = client.get(f"/trials.json{query}")
        assert response.status_code == status
        assert faults("trials", json.loads(response.content)) == []
        assert f'<{SITE}/schema/trials.json>; rel="describedby"' in response["Link"]


@pytest.mark.django_db
def test_conditions_treatments_and_sites_fit_the_schemas_that_they_link(client: Client) -> None:
    trial = listed("NCT99000001", treatments=["Green tea"], sites=[place("Sample Hospital")])
    condition: Condition = ConditionFactory(name="asthma")
    TrialCondition.objects.create(trial=trial, condition=condition, position=0)
    for path, name in (("/conditions/asthma.json", "condition"), ("/treatments/green-tea.json", "treatment"),
                       ("/sites/sample-hospital-boston.json", "site")):  # fmt: skip
        response = client.get(path)
        answer = json.loads(response.content)
        assert answer["trials"], path
        assert faults(name, answer) == []
        assert f"<{SITE}/schema/{name}.json>" in response["Link"]


@pytest.mark.django_db
def test_the_schemas_are_named_where_people_read_about_the_data(client: Client) -> None:
    about = client.get("/about/").content.decode()
    assert [name for name in NAMES if f"/schema/{name}.json" not in about] == []


def test_each_part_of_a_record_is_explained() -> None:
    """Those that no sample has, too."""
    parts = {kind.__name__ for kind in msgspec.Struct.__subclasses__() if kind.__module__ == "trials.record_types"}
    assert len(parts - {"TrialRecord", "Contact"}) == len(DEFS)
