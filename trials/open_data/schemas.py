"""The JSON Schemas of the open data, by name: what stands at /schema/<name>.json. Pure.

A key that an answer has and its schema lacks fails the tests: additionalProperties is false all through.
"""

from trials.open_data import record_schema
from trials.open_data.shapes import (
    Schema,
    address,
    closed,
    date,
    many,
    maybe_date,
    maybe_number,
    nct_id,
    one_of,
    text,
    texts,
    whole,
    yes_no,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LISTED = {
    "nct_id": nct_id("The registry's number."),
    "headline": text("The title that this site shows."),
    "status": text("Overall status, such as RECRUITING."),
    "phases": texts("Such as PHASE2."),
    "study_type": text("INTERVENTIONAL, OBSERVATIONAL or EXPANDED_ACCESS."),
    "countries": texts("Countries of its sites."),
    "first_posted": maybe_date("When the registry first posted it."),
    "last_updated": date("When this site last saw a change, or first saw the trial."),
    "url": address("Its page here."),
}
_HERE = {"type": ["string", "null"], "description": "The site's own status. Null: the record does not say."}
_COUNTS = {"trial_count": whole("All of its trials."), "open_count": whole("Those that look for people now.")}
_ASKED: Schema = {
    "type": "object",
    "description": "The question as it was understood: the parameters of /trials/ that were given, and two that always "
    "count.",
    "properties": {"status": text("`open`, `any` or a status."), "sort": text("The order.")},
    "required": ["status", "sort"],
    "additionalProperties": {"type": "string"},
}

_TRIAL = closed(
    nct_id=nct_id("The registry's number."),
    headline=text("The title that this site shows: an editor's, or the registrant's."),
    first_seen=date("When this site first saw it."),
    last_updated=date("When this site last saw a change, or first saw it."),
    version=whole("1 at first sight, one more with each update.", 1),
    updates=whole("version - 1."),
    source=address("Its page at the registry."),
    attribution=text("Whom to name as the source."),
    record={**one_of("record"), "description": "What the registry says."},
)
_FOUND = closed(
    asked=_ASKED,
    total=whole("How many trials fit; a lower bound where `or_more`."),
    or_more=yes_no("Whether there are more than `total`."),
    page=whole("The page, from 1.", 1),
    pages=whole("How many pages of twenty there are."),
    trials=many(one_of("listed"), "The trials of the page, in order."),
)
_REFUSED = closed(errors=texts("Sentences: what was not understood (status 400), or that there is no such page (404)."))


def _list_of(about: str, **properties: Schema) -> Schema:
    name = {"name": text("Its name."), "slug": text("Its name in addresses.")}
    return closed(**name, **properties, **_COUNTS, trials=many(one_of("listed"), about))


_DOCUMENTS: dict[str, tuple[str, Schema, dict[str, Schema]]] = {
    "trial": ("A trial: /trials/<NCT ID>.json", _TRIAL, {**record_schema.DEFS, "record": record_schema.RECORD}),
    "trials": ("A search: /trials.json", {"anyOf": [_FOUND, _REFUSED]}, {"listed": closed(**_LISTED)}),
    "condition": (
        "A condition: /conditions/<slug>.json",
        _list_of("The first two hundred, open ones first."),
        {"listed": closed(**_LISTED)},
    ),
    "treatment": (
        "A treatment: /treatments/<slug>.json",
        _list_of("The first two hundred, open ones first.", url=address("Its page here.")),
        {"listed": closed(**_LISTED)},
    ),
    "site": (
        "A hospital or another site: /sites/<slug>.json",
        _list_of(
            "The first two hundred, open ones first.",
            url=address("Its page here."),
            city=text("City."),
            state=text("State or region."),
            country=text("Country."),
            latitude=maybe_number("Of the middle of the city."),
            longitude=maybe_number("Of the middle of the city."),
        ),
        {"listed": closed(**_LISTED, status_here=_HERE)},
    ),
}
NAMES = tuple(_DOCUMENTS)


def schema(name: str, site_url: str) -> Schema:
    title, body, defs = _DOCUMENTS[name]
    about = "Open data of this site, made from ClinicalTrials.gov. No contact of a person is in it."
    head = {"$schema": DIALECT, "$id": f"{site_url}/schema/{name}.json", "title": title, "description": about}
    return {**head, **body, "$defs": defs}
