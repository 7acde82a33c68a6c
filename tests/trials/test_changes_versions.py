"""Real captures of the same studies, months apart. The expected changes were written down by reading both records,
before the comparison first ran on them."""

from collections import Counter
from typing import Any

import pytest

from tests.real_records import is_absent, needs_records, pairs
from tests.trials.essence import essence
from trials.changes import detect
from trials.records import parse
from trials.watched import apply_changes, watched

EXPECTED: dict[tuple[str, int], str] = {
    # Captures of JSON: nothing but clock dates, post-date types and the release date differs.
    ("NCT02552212", 1): "",
    ("NCT05914155", 1): "",
    ("NCT05915026", 1): "",
    ("NCT05915702", 1): "",
    ("NCT05915728", 1): "",
    ("NCT05921903", 1): "",
    ("NCT05923112", 1): "",
    ("NCT05923281", 1): "",
    # Captures mapped from the older XML.
    ("NCT00002475", 1): "official_title",
    ("NCT00002475", 2): "official_title",
    ("NCT00277524", 1): "",
    ("NCT00482794", 1): "",  # the same hospital in the same city, its country put wrong
    ("NCT00482794", 2): "primary_completion_moved completion_moved",  # and put right
    ("NCT00482794", 3): "",
    ("NCT00482794", 4): "",
    ("NCT00482794", 5): "primary_completion_moved completion_moved",
    ("NCT00734539", 1): "",  # design fields come back
    ("NCT00734539", 2): "",  # double masking relabelled as quadruple
    ("NCT00734539", 3): "",
    ("NCT01029262", 1): "",
    ("NCT01076361", 1): "",
    ("NCT01076361", 2): "",
    ("NCT01174550", 1): "",
    ("NCT01174550", 2): "",
    ("NCT01341288", 1): "",
    ("NCT01341288", 2): "unveiled",
    ("NCT01642004", 1): "",
    # Start 2012-09 -> 2012-10-16, completion 2017-01 -> 2018-01-23; primary completion only gained a day; Czechia.
    ("NCT01642004", 2): "start_moved completion_moved",
    ("NCT01642004", 3): "",
    # Eleven sites renamed or their ZIP, state or city respelled, and one new in Krefeld; start 20 days earlier.
    ("NCT01642004", 4): "start_adjusted completion_moved site_added",
    ("NCT02317510", 1): "",
    ("NCT02317510", 2): "",
    ("NCT02591810", 1): "status_withdrawn start_void primary_completion_void completion_void enrollment_adjusted",
    # 70 planned, 61 joined. Five interventions lost the word "individuals".
    ("NCT02654730", 1): "status_terminated why_stopped primary_completion_moved completion_moved enrollment_adjusted",
    ("NCT02654730", 2): "",
    ("NCT02654730", 3): "",
    ("NCT02654730", 4): "",
    ("NCT02679963", 1): "",
    ("NCT02679963", 2): "eligibility enrollment_adjusted brief_summary",  # 500 -> 600 is 20 %, not beyond
    ("NCT02679963", 3): "",
    ("NCT02708238", 1): "",
    ("NCT02708238", 2): "",
    ("NCT02798588", 1): "start_moved",
    ("NCT02798588", 2): "status_opened site_opened primary_completion_moved completion_moved masking",
    ("NCT02798588", 3): "primary_completion_moved completion_moved enrollment",  # 20 -> 27
    ("NCT02830269", 1): "status_opened site_added start_moved primary_completion_moved completion_moved",
    # Spelling mended in titles, summary, criteria and intervention; the end half a year earlier.
    ("NCT02830269", 2): "completion_moved eligibility_wording",
    ("NCT02830269", 3): "eligibility brief_summary conditions",  # "cerebrovascular disease" -> "brain injury"
    ("NCT02903849", 1): "",
    # St. Louis became Saint Louis; both end dates came true.
    ("NCT02903849", 2): "status_closed primary_completion_adjusted completion_adjusted enrollment_adjusted",
    ("NCT02903849", 3): "",
    ("NCT02958956", 1): "",
    ("NCT02958956", 2): "enrollment_adjusted",  # 252,467 -> 236,507; dates only gained a day
    ("NCT02970669", 1): "",
    ("NCT02970669", 2): "status_opened site_added",
    ("NCT02970669", 3): "",
    ("NCT02970669", 4): "eligibility site_closed" + 24 * " site_added",
    ("NCT02988895", 1): "",
    ("NCT02988895", 2): "unveiled",
    ("NCT02988895", 3): "",  # the summary vanishes for a day
    ("NCT02988895", 4): "",
    ("NCT02988895", 5): "eligibility site_added site_removed primary_completion_moved completion_moved",
    ("NCT03182660", 1): "",  # the start date vanishes for a day, the sponsor's class flips
    ("NCT03182660", 2): "",
    ("NCT03204344", 1): "status_opened eligibility start_adjusted",
}


def _keyed_pairs() -> dict[tuple[str, int], tuple[Any, Any]]:
    seen: Counter[str] = Counter()
    keyed = {}
    for old, new in [] if is_absent() else pairs():
        seen[old["nctId"]] += 1
        keyed[old["nctId"], seen[old["nctId"]]] = (old["study"], new["study"])
    return keyed


@needs_records
def test_every_pair_of_captures_has_expected_changes() -> None:
    assert set(_keyed_pairs()) == set(EXPECTED)


@needs_records
@pytest.mark.parametrize("pair", EXPECTED, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_changes_reported_are_the_changes_listed(pair: tuple[str, int]) -> None:
    old, new = (parse(study) for study in _keyed_pairs()[pair])

    assert Counter(change.kind for change in detect(old, new)) == Counter(EXPECTED[pair].split())


@needs_records
@pytest.mark.parametrize("pair", [pair for pair, kinds in EXPECTED.items() if kinds], ids=str)
def test_changes_lead_from_the_old_record_to_the_new_one(pair: tuple[str, int]) -> None:
    old, new = (parse(study) for study in _keyed_pairs()[pair])
    changes = detect(old, new)

    after = apply_changes(watched(old), changes)

    for change in changes:
        if change.kind not in ("unveiled", "why_stopped") and "/" not in change.field:
            assert essence(after[change.field]) == essence(watched(new)[change.field])
