"""What the gauge tells an editor, and what only blocks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from explainers.gauge import measure
from explainers.models import SummaryText
from explainers.samples import CONTENT
from tests.explainers.factories import TEXT
from tests.factories import study
from trials import records

SAMPLES = json.loads((CONTENT / "summaries.json").read_text())
STUDIES = Path(__file__).parents[2] / "config" / "sample_registry" / "studies"


def record(**status):
    return records.parse(study(statusModule=status) if status else study())


def told(text, **status):
    return [finding.text for finding in measure(text, record(**status)).findings]


def test_a_plain_text_that_fits_its_record_has_nothing_to_mend():
    assert measure(TEXT, record()).findings == ()
    assert measure(TEXT, record()).is_plain


@pytest.mark.parametrize(
    "change, said",
    [
        ({"summary": "A breakthrough for 120 people."}, "Promises more than a trial can"),
        ({"could_lead_to": "It helps people live longer."}, "Say could, may or if"),
        ({"summary": "About 150 people can take part."}, "Not in the record: 150"),
        ({"title": "New Hope For Many Tired Nurses"}, "many capitals"),
        ({"title": "Tea"}, "The title has 1 words"),
        ({"summary": "Take part!"}, "exclamation mark"),
        ({"could_go_wrong": ""}, "“What could go wrong” is empty."),
        ({"summary": " ".join(["word"] * 21) + "."}, "21 words in one sentence"),
    ],
)
def test_a_weakness_is_named_and_only_warns(change, said):
    gauge = measure(replace(TEXT, **change), record())
    assert any(said in finding.text for finding in [*gauge.misleading, *gauge.warnings])
    assert gauge.blockers == []


def test_silence_about_a_terminated_trial_blocks():
    gauge = measure(TEXT, record(overallStatus="TERMINATED"))
    assert [finding.text for finding in gauge.blockers] == ["The trial is terminated, and the text does not say so."]
    said = replace(TEXT, could_go_wrong="The trial was terminated early.")
    assert measure(said, record(overallStatus="TERMINATED")).blockers == []


def test_the_present_tense_of_an_ended_trial_is_named():
    text = replace(TEXT, summary="The trial tests tea.")
    assert any("tense" in line for line in told(text, overallStatus="COMPLETED"))


def test_an_empty_text_blocks():
    assert {finding.field for finding in measure(SummaryText(), record()).blockers} == {"title", "summary"}


def test_words_of_the_glossary_are_not_hard():
    text = replace(TEXT, summary="They use apheresis and a placebo-controlled design.")
    assert "apheresis" in measure(text, record()).hard_words
    assert "apheresis" not in measure(text, record(), frozenset({"apheresis"})).hard_words


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["nct_id"])
def test_every_sample_is_plain_and_fits_its_record(sample):
    fields = {**sample}
    parsed = records.parse(json.loads((STUDIES / f"{fields.pop('nct_id')}.json").read_text()))
    gauge = measure(SummaryText(**fields), parsed)
    assert gauge.report.grade <= 8
    assert gauge.blockers == []
    assert not [finding.text for finding in gauge.findings if "Not in the record" in finding.text]
