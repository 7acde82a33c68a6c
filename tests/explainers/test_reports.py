"""Readers' reports and the public corrections."""

import pytest

from explainers.models import Correction, ReaderReport
from tests.explainers.factories import make_trial, member, published_summary

pytestmark = pytest.mark.django_db


def test_a_report_lands_in_the_queue_with_what_the_reader_saw(client):
    published_summary(make_trial("NCT99000001"))
    form = client.get("/report/", {"page": "/trials/NCT99000001/"}).content.decode()
    assert 'value="/trials/NCT99000001/"' in form
    assert 'value="record 1, summary revision 2"' in form
    sent = {"page": "/trials/NCT99000001/", "page_version": "record 1, summary revision 2", "kind": "wrong",
            "message": "The number is wrong.", "website": ""}  # fmt: skip
    answer = client.post("/report/", sent, follow=True)
    assert "Thank you" in answer.content.decode()
    report = ReaderReport.objects.get()
    assert (report.page, report.page_version, report.message) == (
        "/trials/NCT99000001/", "record 1, summary revision 2", "The number is wrong.")  # fmt: skip


@pytest.mark.parametrize("page", ["https://evil.example/", "javascript:alert(1)", "//x", "", "\0"])
def test_only_a_path_of_ours_is_filled_in(client, page):
    response = client.get("/report/", {"page": page})
    assert response.status_code in (200, 400)
    assert "evil" not in response.content.decode()
    assert "javascript:" not in response.content.decode()


def test_an_empty_report_is_sent_back_with_what_was_typed(client):
    answer = client.post("/report/", {"page": "/x/", "kind": "unclear", "message": "  "})
    assert answer.status_code == 422
    assert "Tell us in a few words" in answer.content.decode()
    assert 'value="unclear" checked' in answer.content.decode()
    assert not ReaderReport.objects.exists()


def test_a_program_that_fills_every_field_is_thanked_and_forgotten(client):
    client.post("/report/", {"kind": "wrong", "message": "Buy now", "website": "https://spam.example"})
    assert not ReaderReport.objects.exists()


def test_one_network_cannot_flood_the_queue(client):
    answers = [client.post("/report/", {"kind": "wrong", "message": f"No. {n}"}).status_code for n in range(12)]
    assert answers.count(302) == 8
    assert set(answers[8:]) == {429}


def test_another_sites_form_cannot_report(client):
    sent = {"kind": "wrong", "message": "x"}
    assert client.post("/report/", sent, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_done_report_says_what_was_done(client):
    report = ReaderReport.objects.create(message="A typo", received_at="2026-07-01T00:00Z")
    editor = member("Editor")
    client.force_login(editor)
    path = f"/admin/explainers/readerreport/{report.pk}/change/"
    client.post(path, {"state": "done", "outcome": "Mended."})
    report.refresh_from_db()
    assert (report.state, report.handled_by) == ("done", editor)


def test_done_without_an_outcome_is_explained_not_a_fault(client):
    report = ReaderReport.objects.create(message="A typo", received_at="2026-07-01T00:00Z")
    client.force_login(member("Editor"))
    answer = client.post(f"/admin/explainers/readerreport/{report.pk}/change/", {"state": "done", "outcome": ""})
    assert answer.status_code == 200
    assert ReaderReport.objects.get().state == "new"


def test_a_logged_correction_is_public(client):
    editor = member("Editor")
    client.force_login(editor)
    client.post("/admin/explainers/correction/add/", {
        "corrected_on": "2026-07-02", "page": "/trials/NCT99000001/", "page_title": "Tea for nurses",
        "was": "It had 200 people.", "now": "It has 120 people.", "found_by": "a reader"})  # fmt: skip
    assert Correction.objects.get().logged_by == editor
    client.logout()
    page = client.get("/corrections/").content.decode()
    assert "It has 120 people." in page
    assert "Jul 2, 2026" in page


def test_without_corrections_the_page_says_so(client):
    assert "No correction has been needed yet" in client.get("/corrections/").content.decode()
