"""How treatments and hospitals of records become pages: keys, names, links and counts."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import TrialFactory, study
from tests.trials.following import Follower
from tests.trials.listed import listed, locate, place, raw_study
from trials.directory import due, filling
from trials.directory.keys import is_no_treatment, site_key, site_name, treatment_key, treatment_name
from trials.models import DirectoryDue, Location, Site, Town, Treatment, Trial, TrialDocument, TrialSite, TrialTreatment
from trials.packing import pack
from trials.tasks import keep_directory

pytestmark = pytest.mark.django_db


def counts(row: Treatment | Site) -> tuple[int, int]:
    row.refresh_from_db()
    return row.trial_count, row.open_count


# --- keys


@pytest.mark.parametrize(
    "name",
    ["Pembrolizumab", "pembrolizumab ", "Drug: Pembrolizumab", "PEMBROLIZUMAB 200 mg", "Pembrolizumab (MK-3475)",
     "Pembrolizumab® 25 mg/mL solution", "Biological: pembrolizumab 200mg IV", "Pembrolizumab, 200 mg every 3 weeks"],
)  # fmt: skip
def test_spellings_of_one_drug_are_one_treatment(name: str) -> None:
    assert treatment_key(name) == "pembrolizumab"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Metformin Oral Tablet [Glucophage]", "metformin"), ("Vitamin D3 1,000 IU daily", "Vitamin D3"),
     ("Cognitive Behavioral Therapy (CBT)", "cognitive behavioral therapy"), ("Dextrose 5% in water", "dextrose"),
     ("Crème", "creme")],
)  # fmt: skip
def test_dose_form_and_short_form_do_not_count(one: str, other: str) -> None:
    assert treatment_key(one) == treatment_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Paclitaxel (albumin-bound)", "Paclitaxel"), ("5% dextrose", "10% dextrose"), ("Vitamin D3", "Vitamin D"),
     ("Steroid injection", "Steroid"), ("紫杉醇", "顺铂")],
)  # fmt: skip
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert treatment_key(one) != treatment_key(other)


@pytest.mark.parametrize("name", ["", " ", "®", "---", "\u202e"])
def test_a_name_without_a_word_is_no_treatment(name: str) -> None:
    assert treatment_key(name) == ""


@pytest.mark.parametrize(
    ("name", "is_none"),
    [("Placebo", True), ("Placebo to match X", True), ("Sham acupuncture", True), ("Standard of care", True),
     ("No intervention", True), ("Pembrolizumab", False), ("Nothofagus extract", False)],
)  # fmt: skip
def test_placebos_and_usual_care_are_nothing_to_look_up(name: str, is_none: bool) -> None:
    assert is_no_treatment(name) is is_none


@pytest.mark.parametrize(
    "facility",
    ["Mayo Clinic", "Mayo Clinic ", "MAYO CLINIC", "Mayo Clinic.", "Mayo Clinic ( Site 0012)", "Mayo Clinic /ID# 123",
     "Mayo Clinic, Rochester", "Mayo Clinic - Site 12", "Mayo Clinic (Site Number: US-012)"],
)  # fmt: skip
def test_spellings_of_one_hospital_are_one_site(facility: str) -> None:
    assert site_key(facility, "Rochester", "United States") == "mayo clinic|rochester|united states"


def test_a_hospital_of_another_city_or_country_is_another() -> None:
    keys = {site_key("General Hospital", *at) for at in (("London", "Canada"), ("London", "UK"), ("Paris", "Canada"))}
    assert len(keys) == 3


@pytest.mark.parametrize("facility", ["", "Research Site", "Research Site ( Site 0001)", "For more information, call"])
def test_a_site_without_a_name_has_no_key(facility: str) -> None:
    assert site_key(facility, "Boston", "United States") == ""


def test_names_are_shown_without_what_a_sponsor_added() -> None:
    assert treatment_name("Drug: Green tea 200 mg") == "Green tea"
    assert site_name("Charité ( Site 0307)") == "Charité"


# --- the pages they make


def test_a_trial_stands_on_the_pages_of_its_treatments_and_hospitals() -> None:
    trial = listed("NCT99000001")
    tea, hospital = Treatment.objects.get(key="green tea"), Site.objects.get()
    assert (tea.name, tea.slug, counts(tea)) == ("Green tea", "green-tea", (1, 1))
    assert (hospital.name, hospital.slug, counts(hospital)) == ("Sample Hospital", "sample-hospital-boston", (1, 1))
    assert hospital.town.slug == "united-states/massachusetts/boston"
    assert TrialSite.objects.get().status == "RECRUITING"
    assert TrialTreatment.objects.get(treatment=tea).trial_id == trial.pk
    assert not DirectoryDue.objects.exists()


def test_spellings_of_several_records_meet_on_one_page() -> None:
    names = ["Green tea 200 mg", "GREEN TEA", "Drug: green tea"]
    for number, name in enumerate(names):
        listed(f"NCT9900000{number}", treatments=[name], sites=[place("Sample Hospital" + " ." * number)])
    assert counts(Treatment.objects.get(key="green tea")) == (3, 3)
    assert counts(Site.objects.get()) == (3, 3)


def test_a_trial_that_names_one_hospital_twice_counts_once_and_by_the_open_place() -> None:
    listed("NCT99000001", sites=[place("A Hospital", status="COMPLETED"), place("A Hospital.", status="RECRUITING")])
    assert counts(Site.objects.get()) == (1, 1)
    assert (TrialSite.objects.get().status, TrialSite.objects.get().position) == ("RECRUITING", 1)


def test_a_closed_site_of_an_open_trial_is_not_open_and_one_that_is_silent_may_be() -> None:
    listed("NCT99000001", sites=[place("A Hospital", status="COMPLETED"), place("B Hospital", status="")])
    assert counts(Site.objects.get(name="A Hospital")) == (1, 0)
    assert counts(Site.objects.get(name="B Hospital")) == (1, 1)


def test_a_site_of_a_closed_trial_is_not_open_whatever_it_says() -> None:
    listed("NCT99000001", status="COMPLETED", sites=[place("A Hospital", status="RECRUITING")])
    assert counts(Site.objects.get()) == (1, 0)


def test_a_placebo_has_no_page_of_its_own_until_an_editor_says_so() -> None:
    listed("NCT99000001", treatments=["Placebo"])
    assert Treatment.objects.get().is_hidden
    assert not Treatment.objects.listed().exists()


def test_a_changed_record_moves_its_links_and_counts() -> None:
    trial = listed("NCT99000001", treatments=["Green tea", "Black tea"], sites=[place("A Hospital")])
    relist(trial, treatments=["Black tea"], sites=[place("B Hospital", status="COMPLETED")])
    assert counts(Treatment.objects.get(key="green tea")) == (0, 0)
    assert counts(Treatment.objects.get(key="black tea")) == (1, 1)
    assert counts(Site.objects.get(name="A Hospital")) == (0, 0)
    assert counts(Site.objects.get(name="B Hospital")) == (1, 0)
    assert (Town.objects.get().site_count, Town.objects.get().open_count) == (1, 0)


def test_a_trial_that_is_gone_leaves_every_page() -> None:
    trial = listed("NCT99000001")
    Trial.objects.filter(pk=trial.pk).update(gone_at=trial.first_seen_at)
    due.mark([trial.pk])
    assert filling.refresh() == 1
    assert not TrialSite.objects.exists()
    assert not TrialTreatment.objects.exists()
    assert Town.objects.get().site_count == 0


def row_versions() -> list[tuple[str, ...]]:
    """PostgreSQL gives a row that is written a new place, also where it stays the same."""
    tables = ("trialsite", "trialtreatment", "site", "treatment", "town")
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', ctid::text FROM trials_{table}" for table in tables))
        return sorted(cursor.fetchall())


def test_looking_again_at_what_did_not_change_writes_nothing() -> None:
    trial = listed("NCT99000001")
    before = row_versions()
    due.mark([trial.pk])
    filling.refresh()
    assert row_versions() == before


def test_a_batch_takes_the_same_number_of_queries_however_many_trials() -> None:
    def taken(count: int) -> int:
        for number in range(count):
            listed(f"NCT9900{count:02d}{number:02d}", refresh=False)
        with CaptureQueriesContext(connection) as caught:
            filling.refresh()
        return len(caught)

    taken(1)
    assert taken(12) == taken(3)


def test_hospitals_whose_names_read_alike_have_addresses_of_their_own() -> None:
    listed("NCT99000001", sites=[place("A+B Hospital", city="Paris", country="France")])
    listed("NCT99000002", sites=[place("A/B Hospital", city="Paris", country="United States")])
    first, second = Site.objects.order_by("id").values_list("slug", flat=True)
    assert first != second
    assert second.startswith(first)


@pytest.mark.parametrize("name", ["紫杉醇", "Паклитаксел", "باكليتاكسيل", "パクリタキセル"])
def test_a_name_in_another_script_has_a_page(name: str) -> None:
    listed("NCT99000001", treatments=[name], sites=[place(name, city=name)])
    treatment, hospital = Treatment.objects.get(), Site.objects.get()
    assert treatment.name == name
    assert treatment.slug.startswith("treatment-")
    assert hospital.slug.startswith("site-")
    assert hospital.town.slug.isascii()


def test_a_site_first_met_without_its_state_moves_once_a_record_gives_it() -> None:
    listed("NCT99000001", sites=[place("A Hospital", state="")])
    listed("NCT99000002", sites=[place("A Hospital", state="Massachusetts")])
    assert Site.objects.get().town.state == "Massachusetts"
    assert dict(Town.objects.values_list("state", "site_count")) == {"": 0, "Massachusetts": 1}


def test_contacts_in_names_are_masked() -> None:
    listed("NCT99000001", treatments=["Tea, ask ada@example.org"], sites=[place("Tea House, +1 (617) 555-0100")])
    assert "@example" not in Treatment.objects.get().name
    assert not Site.objects.filter(name__contains="555").exists()


def test_a_document_that_cannot_be_read_stops_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    broken, sound = listed("NCT99000001", refresh=False), listed("NCT99000002", refresh=False)
    TrialDocument.objects.filter(pk=broken.pk).update(packed=b"broken")
    filling.refresh()
    assert list(TrialTreatment.objects.values_list("trial_id", flat=True).distinct()) == [sound.pk]
    assert "could not be read" in caplog.text


def test_a_trial_stored_again_meanwhile_is_looked_at_again() -> None:
    trial = listed("NCT99000001", refresh=False)
    due.mark([trial.pk])
    assert DirectoryDue.objects.count() == 2
    assert filling.refresh() == 2
    assert not DirectoryDue.objects.exists()


def test_rebuilding_mends_counts_and_drops_links_of_trials_that_are_not_there() -> None:
    trial = listed("NCT99000001")
    Treatment.objects.update(trial_count=7)
    TrialTreatment.objects.create(trial_id=trial.pk + 1000, treatment=Treatment.objects.first(), position=0, rank=1)
    filling.rebuild()
    assert set(Treatment.objects.values_list("trial_count", flat=True)) == {1}


def relist(trial: Trial, **fields: Any) -> None:
    raw = raw_study(trial.nct_id, **fields)
    TrialDocument.objects.filter(pk=trial.pk).update(packed=pack(raw))
    Location.objects.filter(trial=trial).delete()
    locate(trial, raw)
    due.mark([trial.pk])
    filling.refresh()


# --- in the sync's pass


@pytest.mark.django_db(transaction=True)
def test_a_file_is_on_the_pages_when_its_run_has_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(study("NCT99000001")))
    call_command("sync_trials", "--file", str(path))
    assert counts(Treatment.objects.get(key="green tea")) == (1, 1)
    assert counts(Site.objects.get()) == (1, 1)
    closed = study("NCT99000001", statusModule={"overallStatus": "COMPLETED"})
    path.write_text(json.dumps(closed))
    call_command("sync_trials", "--file", str(path))
    assert counts(Treatment.objects.get(key="green tea")) == (1, 0)
    capsys.readouterr()


@pytest.mark.django_db(transaction=True)
def test_the_samples_that_move_and_vanish_move_on_the_pages_too(follower: Follower) -> None:
    follower.run()
    on_pages = set(TrialTreatment.objects.values_list("trial_id", flat=True))
    assert on_pages == {trial.pk for trial in Trial.objects.listed() if trial.record.interventions}


def index_definitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname IN ('treatment_words', 'site_words')")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_a_large_run_is_left_to_the_task(monkeypatch: pytest.MonkeyPatch, follower: Follower) -> None:
    monkeypatch.setattr(due, "FEW", 3)
    follower.run()
    assert not Treatment.objects.exists()
    assert DirectoryDue.objects.count() == Trial.objects.count()
    before = index_definitions()
    assert len(before) == 2
    keep_directory()
    assert index_definitions() == before
    assert Treatment.objects.exists()
    assert not DirectoryDue.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_directory_that_breaks_does_not_break_the_run(
    monkeypatch: pytest.MonkeyPatch, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> int:
        raise RuntimeError("the directory broke")

    monkeypatch.setattr(filling, "refresh", breaks)
    assert follower.run().state == "published"
    assert DirectoryDue.objects.exists()
    assert "the directory broke" in caplog.text


def test_factories_make_what_the_pass_reads() -> None:
    trial = TrialFactory()
    due.mark([trial.pk])
    assert filling.refresh() == 1
    assert Treatment.objects.count() == 2
