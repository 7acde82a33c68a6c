"""Files of studies go through the same parse, compare, guard and store as the registry's pages."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.factories import study
from tests.real_records import needs_records, records_dir
from trials.models import Condition, Location, QuarantinedStudy, SyncRun, Trial, TrialChange, TrialDocument

pytestmark = pytest.mark.django_db(transaction=True)


def sync(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    call_command("sync_trials", *args)
    summary: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return summary


def write(path: Path, *studies: Any) -> str:
    path.write_text("\n".join(json.dumps(item) for item in studies))
    return str(path)


@pytest.mark.parametrize("shape", ["one.json", "list.json", "page.json", "lines.jsonl", "lines.jsonl.gz", "all.zip"])
def test_every_shape_of_file_is_read(shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / shape
    one = study("NCT99000001")
    if shape == "one.json":
        path.write_text(json.dumps(one))
    elif shape == "list.json":
        path.write_text(json.dumps([one]))
    elif shape == "page.json":
        path.write_text(json.dumps({"studies": [one]}))
    elif shape == "lines.jsonl":
        path.write_text(json.dumps(one) + "\n\n")
    elif shape == "lines.jsonl.gz":
        path.write_bytes(gzip.compress(json.dumps(one).encode()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("NCT99000001.json", json.dumps(one))
    assert sync(capsys, "--file", str(path))["new"] == 1
    assert Trial.objects.get().nct_id == "NCT99000001"


def test_first_file_is_a_silent_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sync(capsys, "--file", write(tmp_path / "a.jsonl", study("NCT99000001")))
    assert not TrialChange.objects.exists()
    assert SyncRun.objects.get().is_baseline


def test_a_later_file_brings_changes_and_raises_the_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sync(capsys, "--file", write(tmp_path / "a.jsonl", study("NCT99000001"), study("NCT99000002")))
    closed = study("NCT99000001", statusModule={"overallStatus": "TERMINATED", "whyStopped": "No funds"})
    summary = sync(capsys, "--file", write(tmp_path / "b.jsonl", closed, study("NCT99000002")))
    assert (summary["new"], summary["changed"], summary["unchanged"], summary["failed"]) == (0, 1, 1, 0)
    trial = Trial.objects.get(nct_id="NCT99000001")
    assert (trial.version, trial.status) == (2, "TERMINATED")
    assert "status" in set(trial.changes.values_list("kind", flat=True)) or trial.changes.exists()
    assert trial.versions.get().version == 1


def test_the_same_file_again_writes_no_row_but_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.jsonl", study("NCT99000001"), study("NCT99000002"))
    sync(capsys, "--file", path)
    before = {row.pk: row.content_hash for row in Trial.objects.all()}
    summary = sync(capsys, "--file", path)
    assert (summary["new"], summary["changed"], summary["unchanged"]) == (0, 0, 2)
    assert {row.pk: row.content_hash for row in Trial.objects.all()} == before
    assert not TrialChange.objects.exists()


def test_a_poison_study_waits_in_quarantine_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poison = study("NCT99000009")
    del poison["protocolSection"]["statusModule"]["overallStatus"]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(poison) + "\n{not json\n" + json.dumps(study("NCT99000001")))
    summary = sync(capsys, "--file", str(path))
    assert (summary["new"], summary["failed"]) == (1, 2)
    assert "no overall status" in QuarantinedStudy.objects.get(nct_id="NCT99000009").reason
    sync(capsys, "--file", write(tmp_path / "b.jsonl", study("NCT99000009")))
    assert not QuarantinedStudy.objects.filter(nct_id="NCT99000009").exists()


def test_a_thin_copy_never_overwrites_a_full_record_but_its_news_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sync(capsys, "--file", write(tmp_path / "a.jsonl", study("NCT99000001")))
    thin = study("NCT99000001", statusModule={"overallStatus": "SUSPENDED"})
    del thin["protocolSection"]["eligibilityModule"]
    summary = sync(capsys, "--file", write(tmp_path / "b.jsonl", thin))
    assert (summary["changed"], summary["failed"]) == (1, 0)
    trial = Trial.objects.get()
    assert trial.record.eligibility
    assert trial.record.minimum_age == "18 Years"
    assert set(trial.changes.values_list("kind", flat=True)) == {"status_suspended"}


def test_what_is_no_nct_id_is_said_so() -> None:
    with pytest.raises(CommandError, match="Not an NCT ID: garbage"):
        call_command("sync_trials", "--ids", "NCT99000001,garbage")


def test_a_file_that_is_no_study_file_says_so_and_leaves_a_failed_run(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("<html>")
    with pytest.raises(CommandError, match="is no JSON"):
        call_command("sync_trials", "--file", str(path))
    assert SyncRun.objects.get().state == SyncRun.State.FAILED


def test_peoples_contacts_leave_with_the_record_that_gave_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sync(capsys, "--file", write(tmp_path / "a.jsonl", study("NCT99000001")))
    status, contacts = {"overallStatus": "COMPLETED"}, {"centralContacts": []}
    closed = study("NCT99000001", statusModule=status, contactsLocationsModule=contacts)
    sync(capsys, "--file", write(tmp_path / "b.jsonl", closed))
    version = Trial.objects.get().versions.get()
    assert "ada@example.org" not in json.dumps(version.study)
    assert "ada@example.org" not in json.dumps(list(TrialChange.objects.values("old", "new")))


@needs_records
def test_all_real_records_are_stored_and_a_second_time_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(records_dir() / "studies.jsonl.gz")
    first = sync(capsys, "--file", path, "--baseline")
    assert (first["new"], first["failed"]) == (818, 0)
    written = [Trial, TrialDocument, Location, Condition, TrialChange]
    ids = {model: set(model.objects.values_list("pk", flat=True)) for model in written}
    second = sync(capsys, "--file", path)
    assert (second["new"], second["changed"], second["unchanged"], second["failed"]) == (0, 0, 818, 0)
    assert {model: set(model.objects.values_list("pk", flat=True)) for model in written} == ids
