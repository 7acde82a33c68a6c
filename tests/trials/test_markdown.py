from hypothesis import given
from hypothesis import strategies as st

from tests.real_records import needs_records, real_records
from trials.markdown import Block, ListItem, plain_paragraphs


def test_paragraphs_and_lists_keep_their_order() -> None:
    blocks = plain_paragraphs("First \\<5%\\>.\n\n* one\n* two\n\nThen:\n\n1. a step\n2. another")
    assert [block.kind for block in blocks] == ["paragraph", "bullets", "paragraph", "numbers"]
    assert blocks[0] == Block("paragraph", "First <5%>.")
    assert [item.text for item in blocks[1].items] == ["one", "two"]
    assert blocks[3].items[1] == ListItem("another", number="2.")


def test_lines_without_a_gap_are_one_paragraph() -> None:
    assert plain_paragraphs("one line\nand more") == (Block("paragraph", "one line and more"),)


def test_nested_points_hang_under_theirs() -> None:
    (block,) = plain_paragraphs("* outer\n\n  * inner\n\n  more on outer\n* next")
    assert [child.text for child in block.items[0].children] == ["inner", "more on outer"]


def test_nothing_gives_no_blocks() -> None:
    assert plain_paragraphs("") == plain_paragraphs(" \n\n ") == ()


@given(st.text(alphabet="a1*.-) \n\\>", max_size=60))
def test_any_text_gives_blocks_without_empty_ones(text: str) -> None:
    assert all(block.text or block.items for block in plain_paragraphs(text))


@needs_records
def test_real_descriptions_show_no_escape_before_a_sign() -> None:
    for record in real_records():
        for block in plain_paragraphs(record.brief_summary) + plain_paragraphs(record.detailed_description):
            for text in (block.text, *(item.text for item in block.items)):
                assert not any(f"\\{sign}" in text for sign in "<>[]*^.&~-≥"), record.nct_id
