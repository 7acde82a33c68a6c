"""Rows for COPY: whatever a value holds, the row that is read is the row that was meant."""

from datetime import date

import msgspec
import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.factories import TrialFactory, study
from trials import copy_text, ready, records
from trials.copying import copy_blobs
from trials.incoming import Incoming
from trials.models import Location, Trial, TrialDocument, TrialSearch

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)


class TestText(TestCase):
    @given(TEXTS, st.lists(TEXTS, max_size=4))
    @example("\\N", ["\\N", "NULL", "", '"', "{}", ",", "\\"])
    @example("a\tb\nc\rd\ve\bf\fg\\.", ["a\tb\n\\"])
    @settings(max_examples=100, deadline=None)
    def test_comes_out_as_it_went_in(self, text: str, texts: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE copied (text text, texts text[]) ON COMMIT DROP")
            with cursor.copy("COPY copied FROM STDIN") as copy:
                copy.write(copy_text.row([text, texts]) + "\n")
                copy.write(copy_text.texts(text, "{}") + "\n")
            cursor.execute("SELECT text, texts FROM copied")
            assert cursor.fetchall() == [(text, texts), (text, [])]
            cursor.execute("DROP TABLE copied")


def test_each_kind_of_value_has_its_form() -> None:
    values = (None, True, False, 3, 0.1, "a\tb", b"\x00\xff", [], [1, -2], ["a,b", 'q"'], date(2026, 7, 1))
    row = copy_text.row(values)
    assert row == '\\N\tt\tf\t3\t0.1\ta\\tb\t\\\\x00ff\t{}\t{1,-2}\t{"a,b","q\\\\""}\t2026-07-01'
    with pytest.raises(KeyError):
        copy_text.row([{"a": 1}])


@pytest.mark.django_db
def test_bytes_go_in_as_they_are() -> None:
    trials = [TrialFactory(nct_id=f"NCT0000000{n}") for n in range(3)]
    TrialDocument.objects.all().delete()
    blobs = [b"", b"\x00\xff" * 5000, b"\\N\n\t"]
    copy_blobs(TrialDocument, "trial_id", "packed", zip([t.pk for t in trials], blobs, strict=True))
    kept = TrialDocument.objects.order_by("trial_id").values_list("packed", flat=True)
    assert [bytes(packed) for packed in kept] == blobs


def test_columns_that_are_made_ready_are_the_models_own() -> None:
    raw = study("NCT00000001")
    record = records.parse(raw)
    assert tuple(ready.facts(record, b"")) == ready.FACTS
    for model, columns in ((Trial, ready.FACTS), (Location, ready.SITES), (TrialSearch, ready.SOUGHT)):
        assert set(columns) <= {field.attname for field in model._meta.concrete_fields}


def test_a_study_travels_between_processes_unharmed() -> None:
    item = Incoming.of(study("NCT00000001"))
    other = msgspec.msgpack.decode(msgspec.msgpack.encode(item), type=Incoming)
    assert other == item
    assert other.record == records.parse(study("NCT00000001"))
