"""What the client asks and makes of the answers: queries, single studies, aliases, ids."""

from datetime import date

import httpx
import pytest

from tests.trials.scripted_registry import connected, numbers, page, study
from trials.registry import (
    Registry,
    RegistryAnswerError,
    RegistryMoved,
    RegistryNotFound,
    RegistryRequestError,
    RegistryVersion,
    user_agent,
)

BASE = "https://registry.example/api/v2"


def moved(location: str, status: int = 301) -> httpx.Response:
    return httpx.Response(status, headers={"Location": location})


# Who asks, and what


def test_it_names_itself_and_whom_to_write_to() -> None:
    registry, asked = connected(BASE, page(1))
    list(registry.studies_updated_since(None))
    agent = asked[0].headers["user-agent"]
    assert agent.startswith("PlainTrials/")
    assert agent.endswith(" (+https://plaintrials.example; mailto:desk@plaintrials.example)")


@pytest.mark.parametrize("contact", ["a\r\nX-Evil: 1", "ä@example.org", "a)(b@example.org"])
def test_a_contact_that_cannot_stand_in_a_header_is_refused_at_once(contact: str) -> None:
    with pytest.raises(ValueError, match="plain ASCII"):
        user_agent(contact)


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "registry.example", "https://u:p@registry.example", "https://registry.example?a=b"],
)
def test_a_base_address_that_is_no_plain_http_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="registry's address"):
        Registry(address, contact="a@example.org")


def test_the_changed_since_query_keeps_the_scope_in_brackets_and_leaves_results_out() -> None:
    registry, asked = connected(BASE, page(1), scope="AREA[Phase]PHASE3 OR AREA[Phase]PHASE4")
    list(registry.studies_updated_since(date(2026, 9, 29), page_size=500))
    assert dict(asked[0].url.params) == {
        "fields": "ProtocolSection|DerivedSection|DocumentSection|AnnotationSection|HasResults",
        "sort": "LastUpdatePostDate",
        "filter.advanced": "(AREA[Phase]PHASE3 OR AREA[Phase]PHASE4) AND AREA[LastUpdatePostDate]RANGE[2026-09-29,MAX]",
        "pageSize": "500",
        "countTotal": "true",
    }


@pytest.mark.parametrize(
    "scope, since, expected",
    [
        ("", None, None),
        ("AREA[Phase]PHASE3", None, "(AREA[Phase]PHASE3)"),
        ("", date(2026, 1, 2), "AREA[LastUpdatePostDate]RANGE[2026-01-02,MAX]"),
    ],
)
def test_scope_and_date_each_narrow_the_query_alone(scope: str, since: date | None, expected: str | None) -> None:
    registry, asked = connected(BASE, page(1), scope=scope)
    list(registry.studies_updated_since(since))
    assert asked[0].url.params.get("filter.advanced") == expected


def test_the_page_size_stays_within_what_the_registry_grants() -> None:
    registry, asked = connected(BASE, page(1))
    list(registry.studies_updated_since(None, page_size=5000))
    assert asked[0].url.params["pageSize"] == "1000"


def test_the_version_is_read_as_sent() -> None:
    registry, _ = connected(BASE, page(1))
    assert registry.version() == RegistryVersion("2.0.5", "2026-10-02T09:00:04")


# One study


def test_a_study_is_asked_for_under_its_canonical_id() -> None:
    registry, asked = connected(BASE, study(123))
    assert registry.study(" nct123 ") == study(123)
    assert asked[0].url.path == "/api/v2/studies/NCT00000123"
    assert "HasResults" in asked[0].url.params["fields"]


@pytest.mark.parametrize("nct_id", ["", "NCT", "NCT00000000", "NCT123456789", "../version", "NCT1/../x", "NCT１２３"])
def test_what_is_no_nct_id_is_never_sent(nct_id: str) -> None:
    registry, asked = connected(BASE, study(1))
    with pytest.raises(RegistryRequestError):
        registry.study(nct_id)
    assert asked == []


@pytest.mark.parametrize(
    "location",
    [
        "/api/v2/studies/NCT00010647",
        f"{BASE}/studies/NCT00010647?fields=x",
        "http://registry.example/api/v2/studies/nct10647",
    ],
)
def test_an_alias_leads_to_the_current_study_in_one_hop(location: str) -> None:
    registry, asked = connected(BASE, moved(location), study(10647))
    assert numbers([registry.study("NCT00009113")]) == [10647]
    assert [str(request.url.copy_with(query=None)) for request in asked] == [
        f"{BASE}/studies/NCT00009113",
        f"{BASE}/studies/NCT00010647",
    ]


@pytest.mark.parametrize(
    "location, status",
    [
        ("https://evil.example/api/v2/studies/NCT00010647", 301),
        ("//169.254.169.254/api/v2/studies/NCT00010647", 301),
        ("https://registry.example:8443/api/v2/studies/NCT00010647", 301),
        ("https://registry.example@evil.example/api/v2/studies/NCT00010647", 301),
        ("file:///api/v2/studies/NCT00010647", 301),
        ("/api/v2/studies/NCT00010647/../../../admin", 301),
        ("/other/studies/NCT00010647", 301),
        ("/api/v2/studies/NCT00009113", 301),
        ("https://[", 301),
        ("/api/v2/studies/NCT00010647", 302),
    ],
)
def test_a_redirect_to_anywhere_else_is_not_followed(location: str, status: int) -> None:
    registry, asked = connected(BASE, moved(location, status), study(10647))
    with pytest.raises(RegistryMoved) as error:
        registry.study("NCT00009113")
    assert error.value.location == location
    assert len(asked) == 1


def test_a_second_hop_is_not_followed() -> None:
    registry, asked = connected(
        BASE, moved("/api/v2/studies/NCT00000002"), moved("/api/v2/studies/NCT00000003"), study(3)
    )
    with pytest.raises(RegistryMoved):
        registry.study("NCT00000001")
    assert len(asked) == 2


def test_redirects_of_lists_are_not_followed() -> None:
    registry, asked = connected(BASE, moved("https://evil.example/studies", 302), page(1))
    with pytest.raises(RegistryMoved):
        list(registry.studies_updated_since(None))
    assert len(asked) == 1


def test_an_unknown_study_is_not_found() -> None:
    registry, asked = connected(BASE, httpx.Response(404, text="NCT number NCT99999999 not found"))
    with pytest.raises(RegistryNotFound, match="NCT99999999 not found"):
        registry.study("NCT99999999")
    assert len(asked) == 1


def test_a_gateways_html_404_does_not_make_a_study_vanish() -> None:
    registry, _ = connected(BASE, httpx.Response(404, html="<h1>404</h1>"))
    with pytest.raises(RegistryAnswerError):
        registry.study("NCT99999999")


@pytest.mark.parametrize("body", [{}, [], {"protocolSection": None}, {"protocolSection": {"identificationModule": {}}}])
def test_a_study_without_an_id_is_a_bad_answer(body: object) -> None:
    registry, _ = connected(BASE, body)
    with pytest.raises(RegistryAnswerError):
        registry.study("NCT00000001")


# Studies by id


def test_ids_go_out_piped_once_each_and_malformed_ones_never() -> None:
    registry, asked = connected(BASE, page(1, 2))
    found = list(registry.studies_by_id(["NCT00000001", "nct2", "NCT00000000", "x|y", "NCT00000002", "NCT00000003"]))
    assert numbers(found) == [1, 2]
    assert len(asked) == 1
    assert asked[0].url.params["filter.ids"] == "NCT00000001|NCT00000002|NCT00000003"
    assert "filter.advanced" not in asked[0].url.params


def test_many_ids_go_out_in_batches_with_room_for_no_extra_page() -> None:
    registry, asked = connected(BASE, page(1), scope="AREA[Phase]PHASE3")
    list(registry.studies_by_id(f"NCT{number:08d}" for number in range(1, 251)))
    assert [len(request.url.params["filter.ids"].split("|")) for request in asked] == [100, 100, 50]
    assert [request.url.params["pageSize"] for request in asked] == ["101", "101", "51"]


def test_no_usable_id_means_no_request() -> None:
    registry, asked = connected(BASE, page(1))
    assert list(registry.studies_by_id(["", "NCT0", "DROP TABLE"])) == []
    assert asked == []
