"""The sentences that readers see."""

from typing import Any

import pytest

from tests.trials.base_record import BASE, kinds, replace
from trials import vocabulary as v
from trials.age_words import age_range_label
from trials.changes import RULES, Change, Rank, detect
from trials.wording import headline, label, sentence

SITE = {
    "facility": "NIH Clinical Center", "status": "RECRUITING", "city": "Bethesda", "state": "Maryland", "zip": "20892",
    "country": "United States", "latitude": 39.0, "longitude": -77.1,
}  # fmt: skip
NAMELESS = {**SITE, "facility": "Research Site"}


def change(kind: str, old: Any = None, new: Any = None, field: str = "") -> Change:
    return Change(field or kind, kind, Rank.DIGEST, old, new)


def planned(count: int) -> dict[str, Any]:
    return {"count": count, "type": "ESTIMATED"}


def actual(count: int) -> dict[str, Any]:
    return {"count": count, "type": "ACTUAL"}


def expected(date: str) -> dict[str, str]:
    return {"date": date, "type": "ESTIMATED"}


def happened(date: str) -> dict[str, str]:
    return {"date": date, "type": "ACTUAL"}


SENTENCES: list[tuple[str, Any, Any, str]] = [
    ("status_terminated", "RECRUITING", "TERMINATED", "This trial stopped early (terminated)."),
    ("status_withdrawn", "RECRUITING", "WITHDRAWN", "This trial was called off before anyone joined."),
    ("status_suspended", "RECRUITING", "SUSPENDED", "This trial is paused (suspended), and may start again."),
    ("status_opened", "NOT_YET_RECRUITING", "RECRUITING", "This trial opened and is looking for people now."),
    ("status_opened", "SUSPENDED", "RECRUITING", "This trial opened and is looking for people again."),
    ("status_closed", "RECRUITING", "COMPLETED", "Recruiting has ended, and the trial has finished."),
    ("status_opened", "UNKNOWN", "RECRUITING", "The sponsor now confirms that this trial is looking for people."),
    ("status_closed", "RECRUITING", "ENROLLING_BY_INVITATION",
     "Open recruiting has ended, and only people who are invited can join."),
    ("status_closed", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION",
     "This trial takes only people it invites: there is no open recruiting."),
    ("status_unknown", "RECRUITING", "UNKNOWN",
     "The sponsor has not confirmed this trial for two years, so its status is now unknown."),
    ("status", "ACTIVE_NOT_RECRUITING", "COMPLETED", "This trial has finished."),
    ("status", "RECRUITING", "PAUSED_BY_AGENCY", "This trial now has the status “Paused by agency”."),
    ("unveiled", {"status": "WITHHELD"}, {"status": "PAUSED_BY_AGENCY"},
     "The details of this trial are now public: it has the status “Paused by agency”."),
    ("unveiled", {"status": "WITHHELD"}, {"status": "UNKNOWN"},
     "The details of this trial are now public: it has an unknown status."),
    ("unveiled", {"status": "WITHHELD"}, {"status": "RECRUITING"},
     "The details of this trial are now public: it is looking for people now."),
    ("why_stopped", None, "Slow accrual.", "The sponsor’s reason: “Slow accrual”."),
    ("results_posted", None, "2026-07-01", "Results of this trial were posted on Jul 1, 2026."),
    ("results_posted", None, "", "Results of this trial were posted."),
    ("site_opened", SITE, SITE, "The Bethesda site (NIH Clinical Center) opened for recruiting."),
    ("site_opened", NAMELESS, NAMELESS, "The Bethesda site opened for recruiting."),
    ("site_closed", SITE, {**NAMELESS, "status": "COMPLETED"}, "The Bethesda site is no longer recruiting."),
    ("site_added", None, NAMELESS, "The Bethesda site was added and is recruiting."),
    ("site_removed", NAMELESS, None, "The Bethesda site is no longer listed."),
    ("enrollment", planned(40), planned(60), "The planned number of participants went from 40 to 60."),
    ("enrollment", planned(60), actual(54), "54 people joined; 60 were planned."),
    ("enrollment_adjusted", planned(100), actual(0), "Nobody joined; 100 were planned."),
    ("enrollment_adjusted", planned(1200), actual(1200), "1,200 people joined, as planned."),
    ("completion_moved", expected("2027-10"), expected("2028-12"),
     "The expected end moved 14 months later, to Dec 2028."),
    ("completion_moved", expected("2017-12"), happened("2016-11-09"),
     "The trial ended on Nov 9, 2016, 13 months earlier than planned."),
    ("start_moved", expected("2026-07-01"), expected("2026-08-01"),
     "The expected start moved 1 month later, to Aug 1, 2026."),
    ("start_adjusted", expected("2017-08"), happened("2017-08-01"), "The trial started on Aug 1, 2017, as planned."),
    ("primary_completion_moved", expected("2026"), expected("2028"),
     "The expected end of the main measurements moved 2 years later, to 2028."),
    ("completion_void", expected("2017-12"), happened("2016-11-09"),
     "The end date in the record is now Nov 9, 2016, though nobody joined."),
    ("minimum_age", "18 Years", "16 Years", "The lowest age for joining went from 18 years to 16 years."),
    ("maximum_age", "75 Years", None, "There is no longer a highest age for joining."),
    ("sex", "ALL", "FEMALE", "Only women and girls can join now."),
    ("healthy_volunteers", False, True, "Healthy volunteers can now join."),
    ("phase", ["PHASE1"], ["PHASE1", "PHASE2"], "The phase went from Phase 1 to Phase 1 and 2."),
    ("intervention_added", None, "Cisplatin", "A treatment was added: “Cisplatin”."),
    ("sponsor", "A University", "B Company", "The sponsor changed from A University to B Company."),
    ("eligibility", {"removed": [1], "edited": [1, 2]}, {"added": [1], "edited": [1, 2]},
     "Rules about who can join changed: 1 added, 1 removed and 2 reworded."),
    ("eligibility", {"removed": [], "edited": [1]}, {"added": [], "edited": [1]},
     "One rule about who can join was reworded."),
    ("outcome_changed", {"measure": "Survival", "time_frame": "1 year"},
     {"measure": "Survival", "time_frame": "2 years"},
     "A main result, “Survival”, is now measured over “2 years”, not “1 year”."),
    ("conditions", ["A", "B"], ["B", "C"], "The listed conditions changed (now also: C; no longer: A)."),
    ("collaborators", [], ["A", "B", "C", "D", "E"],
     "The listed collaborators changed (now also: A, B, C and 2 more)."),
    ("study_type", "INTERVENTIONAL", "OBSERVATIONAL",
     "The type of study went from clinical trial to observational study."),
    ("a_new_kind", 1, 2, "A new kind changed."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "old", "new", "words"), SENTENCES)
def test_a_change_is_said_in_plain_words(kind: str, old: Any, new: Any, words: str) -> None:
    assert sentence(change(kind, old, new)) == words


def test_every_kind_has_a_sentence_of_its_own_and_a_label() -> None:
    from trials.sentences import SENTENCES as said

    assert set(RULES) <= set(said)
    assert all(label(kind) for kind in RULES)


def test_sentences_are_short_and_calm() -> None:
    for kind, old, new, _ in SENTENCES:
        words = sentence(change(kind, old, new))

        assert len(words.split()) <= 20
        assert words.endswith(".")
        assert "!" not in words


def test_a_long_reason_is_cut_at_a_word() -> None:
    words = sentence(change("why_stopped", None, "slow accrual " * 40))

    assert len(words) < 200
    assert words.endswith("slow…”.")


def test_the_rest_of_many_sites_is_counted() -> None:
    more = change("site_added", None, [NAMELESS] * 412, "site/site_added/more")

    assert sentence(more) == "412 more sites were added."


def test_the_headline_names_the_first_change_and_counts_the_others() -> None:
    closed = change("status_closed", "RECRUITING", "COMPLETED")
    more = change("site_added", None, [NAMELESS] * 3, "site/site_added/more")

    assert headline([]) == ""
    assert headline([closed]) == "Recruiting has ended"
    assert headline([closed, change("sex", "ALL", "MALE")]) == "Recruiting has ended, and 1 more change"
    assert headline([closed, more]) == "Recruiting has ended, and 3 more changes"
    assert headline([change("phase", ["PHASE1"], ["PHASE2"])]) == "Phase changed"


def test_changes_found_can_all_be_said() -> None:
    empty = replace(BASE, status="COMPLETED", sites=BASE.sites[1:], enrollment=50, phases=("PHASE3",), sex="MALE")

    assert len(kinds(empty)) == 5
    assert all(sentence(found).endswith(".") for found in detect(BASE, empty))


@pytest.mark.parametrize(
    ("raw", "words"),
    [("2026-07-01", "Jul 1, 2026"), ("2026-07", "Jul 2026"), ("2026", "2026"), ("soon", "soon"), ("", "")],
)
def test_dates_are_as_precise_as_the_record(raw: str, words: str) -> None:
    assert v.date_label(raw) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [("18 Years", "75 Years", "18 to 75 years"), ("6 Months", "5 Years", "6 months to 5 years"), ("", "", "Any age"),
     ("1 Years", "", "1 year and older"), ("", "17 Years", "Up to 17 years"), ("65 Years", "65 Years", "65 years"),
     ("0 Years", "17 Years", "Up to 17 years"), ("0 Years", "", "Any age")],
)  # fmt: skip
def test_ages_read_as_a_range(low: str, high: str, words: str) -> None:
    assert age_range_label(low, high) == words


@pytest.mark.parametrize(
    ("phases", "words"),
    [(("PHASE2", "PHASE1"), "Phase 1 and 2"), (("EARLY_PHASE1",), "Early phase 1"), ((), ""), (("PHASE9",), "Phase9")],
)
def test_phases_are_named_together(phases: tuple[str, ...], words: str) -> None:
    assert v.phase_label(phases) == words


def test_only_recruiting_and_available_are_open() -> None:
    assert {raw for raw, words in v.STATUS.items() if words.is_open} == {"RECRUITING", "AVAILABLE"}


def test_an_unknown_status_is_shown_and_never_called_open() -> None:
    words = v.status_words("SOME_NEW_STATUS")

    assert (words.label, words.is_open) == ("Some new status", False)
    assert v.status_words("").label == "Not stated"


def test_masking_names_the_parties() -> None:
    assert (
        v.masking_label("DOUBLE", ("PARTICIPANT", "CARE_PROVIDER"))
        == "Participants and care team do not know who gets what"
    )
    assert v.masking_label("NONE") == "Everyone knows who gets what"
    assert v.masking_label("") == "Not stated"


def test_a_reason_for_stopping_is_shown_without_its_escapes() -> None:
    change = Change("why_stopped", "why_stopped", Rank.DIGEST, None, r"Slow accrual \> 2 years")
    assert "Slow accrual > 2 years" in sentence(change)
