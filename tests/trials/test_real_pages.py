"""The page of every real record: no special case, nothing raw, nothing doubled, no contact."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import TrialFactory
from tests.real_records import needs_records, studies
from tests.trials.test_trial_page import words
from trials.models import Trial
from trials.records import parse

pytestmark = pytest.mark.django_db
_BACKSLASH = re.compile(r"\\[!-/:-@\[-`{-~]")
_DOUBLED = re.compile(r"&amp;(?:[a-z]{2,8}|#\d{2,5});")


def _trial(raw: dict[str, Any]) -> Trial:
    record = parse(raw)
    return TrialFactory(
        nct_id=record.nct_id, brief_title=record.brief_title, status=record.status, study_type=record.study_type,
        document=raw,
    )  # fmt: skip


@needs_records
def test_every_record_has_its_page(client: Client) -> None:
    assert len(studies()) >= 818
    for raw in studies():
        trial = _trial(raw)
        response = client.get(trial.get_absolute_url())
        assert response.status_code == 200, trial.nct_id
        html = response.content.decode()
        text = words(html)
        assert not _BACKSLASH.search(text), (trial.nct_id, _BACKSLASH.search(text))
        assert not _DOUBLED.search(html), (trial.nct_id, _DOUBLED.search(html))
        assert ">None<" not in html, trial.nct_id
        assert "None," not in html or "None," in trial.record.eligibility, trial.nct_id
        assert not [key for key in _contacts(trial) if key in html], trial.nct_id
        assert html.count("<h1") == 1


def _contacts(trial: Trial) -> list[str]:
    """Emails and phones of the record's contacts that its own free texts do not hold as well."""
    record = trial.record
    people = [*record.central_contacts, *(c for site in record.sites for c in site.contacts)]
    texts = " ".join([record.brief_summary, record.detailed_description, record.eligibility])
    values = {value for person in people for value in (person.email, person.phone)}
    return [value for value in values if len(value) > 6 and value not in texts]
