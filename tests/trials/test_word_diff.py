import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trials.word_diff import Piece, word_diff

PHRASES = st.lists(st.sampled_from(["Age", "18", "21.5", "years", "or", ",", ".", "\n", "older", "<", ">"])).map(
    " ".join
)


def test_a_changed_word_is_shown_with_its_neighbours_kept() -> None:
    assert word_diff("Age 18 years or older.", "Age 21 years or older.") == (
        Piece("same", "Age "),
        Piece("del", "18"),
        Piece("ins", "21"),
        Piece("same", " years or older."),
    )


def test_numbers_with_decimals_and_signs_change_whole() -> None:
    kinds = [(p.kind, p.text) for p in word_diff("HbA1c < 9.5 %", "HbA1c < 10.5 %") if p.kind != "same"]
    assert kinds == [("del", "9.5"), ("ins", "10.5")]
    assert Piece("ins", ">") in word_diff("BMI < 30", "BMI > 30")


def test_white_space_is_no_change() -> None:
    assert {p.kind for p in word_diff("a  b\nc", "a b c")} == {"same"}


def test_a_rewritten_phrase_reads_as_one_change() -> None:
    pieces = word_diff("no prior therapy at all", "any earlier treatment at all")
    assert [p.kind for p in pieces] == ["del", "ins", "same"]


@pytest.mark.parametrize(
    "old, new, kinds", [("", "", []), ("", "a b", ["ins"]), ("a b", "", ["del"]), ("a", "a", ["same"])]
)
def test_empty_and_equal_texts(old: str, new: str, kinds: list[str]) -> None:
    assert [p.kind for p in word_diff(old, new)] == kinds


@given(PHRASES, PHRASES)
def test_pieces_rebuild_both_texts(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(p.text for p in pieces if p.kind != "del") == new
    assert "".join(p.text for p in pieces if p.kind != "ins").split() == old.split()
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


def test_huge_unlike_texts_take_little_time() -> None:
    pick = random.Random(7)
    old, new = (
        " ".join(pick.choice("alpha beta gamma. delta epsilon".split()) for _ in range(20_000)) for _ in range(2)
    )
    started = time.perf_counter()
    pieces = word_diff(old, new)
    assert time.perf_counter() - started < 3
    assert "".join(p.text for p in pieces if p.kind != "del") == new


def test_one_new_sentence_in_a_much_changed_text_is_found() -> None:
    old = ". ".join(f"rule {n} holds for patient {n}" for n in range(600))
    new = old.replace("rule 300 holds for patient 300", "rule 300 no longer holds").replace("rule 1 ", "law 1 ")
    assert sum(len(p.text) for p in word_diff(old, new) if p.kind != "same") < 120
