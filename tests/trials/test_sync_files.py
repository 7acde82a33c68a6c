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
from trials import file_intake, study_files
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


def deep(nct_id: str, levels: int = 100_000) -> str:
    """A study whose last key nests that often; the ID comes before it."""
    return json.dumps(study(nct_id))[:-1] + ', "more": ' + "[" * levels + "]" * levels + "}"


@pytest.mark.parametrize("levels", [150, 400, 900, 100_000])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "page.json", "a.json.gz"])
def test_a_study_that_nests_too_deeply_waits_in_quarantine_and_the_others_go_on(
    name: str, levels: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [json.dumps(study("NCT99000001")), deep("NCT99000002", levels), json.dumps(study("NCT99000003"))]
    text = "\n".join(parts) if name == "a.jsonl" else f"[{','.join(parts)}]"
    text = f'{{"studies": {text}}}' if name == "page.json" else text
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    summary = sync(capsys, "--file", str(tmp_path / name))
    assert (summary["seen"], summary["new"] + summary["failed"]) == (3, 3)
    assert {"NCT99000001", "NCT99000003"} <= set(Trial.objects.values_list("nct_id", flat=True))
    if levels > 1000:
        assert "nests too deeply" in QuarantinedStudy.objects.get(nct_id="NCT99000002").reason


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '[{"a":' + "[" * 100_000])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_what_nests_without_an_end_fails_with_the_json_line_last(
    text: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError):
        call_command("sync_trials", "--file", str(tmp_path / name))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["new"] == 0


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.jsonl.gz", "a.zip"])
def test_a_byte_order_mark_is_no_fault(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(study("NCT99000001")).encode() + b"\n"
    if name == "a.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("x.json", body)
    else:
        (tmp_path / name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    assert sync(capsys, "--file", str(tmp_path / name))["new"] == 1


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("shape", ["one", "list", "page"])
def test_one_document_named_as_lines_is_read_as_what_it_is(
    shape: str, indent: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = [study("NCT99000001"), study("NCT99000002")]
    value: Any = {"one": two[0], "list": two, "page": {"studies": two}}[shape]
    (tmp_path / "a.jsonl").write_text(json.dumps(value, indent=indent))
    summary = sync(capsys, "--file", str(tmp_path / "a.jsonl"))
    assert (summary["new"], summary["failed"]) == (1 if shape == "one" else 2, 0)


def test_lines_after_a_first_one_that_is_no_json_are_still_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jsonl").write_text("{not json\n" + json.dumps(study("NCT99000001")) + "\n\n{nor this")
    summary = sync(capsys, "--file", str(tmp_path / "a.jsonl"))
    assert (summary["seen"], summary["new"], summary["failed"]) == (3, 1, 2)


def test_a_file_of_which_no_study_could_be_read_ends_in_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jsonl").write_text("{not json\n{nor this\n")
    with pytest.raises(CommandError, match="No study could be read"):
        call_command("sync_trials", "--file", str(tmp_path / "a.jsonl"))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["failed"] == 2


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.zip"])
def test_a_document_that_unpacks_to_too_much_is_refused_before_it_fills_the_memory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study_files, "LARGEST_DOCUMENT", 2 * study_files.MEGABYTE)
    blanks = b" " * (3 * study_files.MEGABYTE) + json.dumps(study("NCT99000001")).encode()
    if name == "a.zip":
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.json", blanks)
    else:
        (tmp_path / name).write_bytes(gzip.compress(blanks) if name.endswith(".gz") else blanks)
    with pytest.raises(CommandError, match="holds more than 2 MB: give so many studies one a line"):
        call_command("sync_trials", "--file", str(tmp_path / name))
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["seen"] == 0


def test_lines_that_are_far_too_long_are_one_failure_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study_files, "LONGEST_LINE", 20_000)
    monkeypatch.setattr(file_intake, "MOST_BYTES", 5_000)
    long = study("NCT99000002", descriptionModule={"briefSummary": "x" * 70_000})
    path = write(tmp_path / "a.jsonl", study("NCT99000001"), long, study("NCT99000003"), study("NCT99000004"))
    summary = sync(capsys, "--file", path)
    assert (summary["seen"], summary["new"], summary["failed"]) == (4, 3, 1)


def test_a_broken_archive_is_a_sentence(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(json.dumps([study("NCT99000001")] * 50).encode()))
    packed[40:60] = b"\xff" * 20
    (tmp_path / "a.json.gz").write_bytes(packed)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("sync_trials", "--file", str(tmp_path / "a.json.gz"))


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
