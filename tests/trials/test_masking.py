"""Contacts in free text are dotted out; other numbers stay."""

import pytest

from trials.masking import EMAIL_DOTS, PHONE_DOTS, masked


@pytest.mark.parametrize(
    "text",
    ["+1-555-010-0100", "(617) 555-0100", "1-877-555-0199", "+49 30 5550 1234", "555.010.0199", "+86 10 5550 1234",
     "+4930555012345"],
)  # fmt: skip
def test_phones_are_dotted_out(text: str) -> None:
    assert masked(f"Call {text}, please") == f"Call {PHONE_DOTS}, please"


def test_addresses_are_dotted_out() -> None:
    assert masked("Write to ada.b+c@mail.example.org.") == f"Write to {EMAIL_DOTS}."


@pytest.mark.parametrize(
    "text",
    ["2026-07-01", "2019-003842-41", "10-20 mg", "NCT01234567", "100 200 400 800 mg", "1,000-2,000", "5 x 10^6/kg",
     "2018 to 2021", "CD19-41BB", "0.05-0.10", "12345-678901-2", "< 9.0 g/dL (90 g/L)", "10.1038/s41591-024-03037-z"],
)  # fmt: skip
def test_other_numbers_stay(text: str) -> None:
    assert masked(text) == text
