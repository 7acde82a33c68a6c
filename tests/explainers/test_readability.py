import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainers.counting import sentences, syllables, words
from explainers.readability import band, grade, report

# Counted by hand: words, sentences, syllables (the hyphens below show the cuts where more than one).
BY_HAND = [
    # This tri-al is look-ing for peo-ple now. It tests a new drug for lung can-cer.
    # A pla-ce-bo looks like the drug but has noth-ing in it.
    ("This trial is looking for people now. It tests a new drug for lung cancer. "
     "A placebo looks like the drug but has nothing in it.", 26, 3, 33),
    # Four score and sev-en years a-go our fa-thers brought forth on this con-ti-nent a new na-tion con-ceived in
    # Lib-er-ty and ded-i-cat-ed to the prop-o-si-tion that all men are cre-at-ed e-qual
    ("Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in Liberty, "
     "and dedicated to the proposition that all men are created equal.", 30, 1, 48),
    # Re-search-ers com-pared che-mo-ther-a-py with im-mu-no-ther-a-py in par-tic-i-pants whose tu-mors had re-turned
    # af-ter sur-ger-y
    ("Researchers compared chemotherapy with immunotherapy in participants whose tumors had returned after surgery.",
     13, 1, 33),
    # Doc-tors will check your blood ev-ery week. You may feel weak or sick. Tell the nurse if you have a fe-ver.
    ("Doctors will check your blood every week. You may feel weak or sick. Tell the nurse if you have a fever.",
     21, 3, 24),
    # The stud-y meas-ured wheth-er the med-i-cine low-ered blood pres-sure in old-er a-dults with di-a-be-tes.
    # Half of the vol-un-teers re-ceived the med-i-cine and half re-ceived an in-ac-tive tab-let.
    ("The study measured whether the medicine lowered blood pressure in older adults with diabetes. Half of the "
     "volunteers received the medicine, and half received an inactive tablet.", 27, 2, 48),
    # Join-ing is your choice. You can leave at an-y time. Leav-ing will not change your u-su-al care.
    ("Joining is your choice. You can leave at any time. Leaving will not change your usual care.", 17, 3, 22),
    # En-gi-neered im-mune cells rec-og-nize a pro-tein on the sur-face of the tu-mor.
    ("Engineered immune cells recognize a protein on the surface of the tumor.", 12, 1, 20),
    # The spon-sor stopped the tri-al ear-ly be-cause too few peo-ple had joined. Twelve peo-ple took part be-fore it
    # closed.
    ("The sponsor stopped the trial early, because too few people had joined. Twelve people took part before it "
     "closed.",
     19, 2, 26),
    # Side ef-fects in-clud-ed nau-se-a head-ache and fa-tigue se-ri-ous re-ac-tions were un-com-mon.
    ("Side effects included nausea, headache and fatigue; serious reactions were uncommon.", 11, 1, 24),
    # A com-mit-tee of in-de-pen-dent ex-perts re-views safe-ty in-for-ma-tion and can rec-om-mend that the
    # in-ves-ti-ga-tion be stopped.
    ("A committee of independent experts reviews safety information and can recommend that the investigation be "
     "stopped.", 16, 1, 33),
    # Ask the team: What will I pay for? Who can help me to get there? May my fam-i-ly come?
    ("Ask the team: What will I pay for? Who can help me to get there? May my family come?", 19, 3, 21),
]  # fmt: skip


@pytest.mark.parametrize("text, word_count, sentence_count, syllable_count", BY_HAND)
def test_the_grade_agrees_with_hand_counts_within_one(
    text: str, word_count: int, sentence_count: int, syllable_count: int
) -> None:
    by_hand = max(0.39 * word_count / sentence_count + 11.8 * syllable_count / word_count - 15.59, 0)
    assert (len(words(text)), len(sentences(text))) == (word_count, sentence_count)
    assert grade(text) == pytest.approx(by_hand, abs=1.0)


COUNTED_WORDS = (
    "trial2 study2 studies2 treatment2 medicine3 cancer2 diseases3 people2 compared2 placebo3 chemotherapy5 tumor2 "
    "leukemia4 diabetes4 erectile3 dysfunction3 prostate2 volunteers3 recruiting3 terminated4 countries2 January4 "
    "observational5 experimental5 immune2 biology4 biopsy3 pneumonia4 nausea3 area3 idea3 created3 reaction3 "
    "theory3 surgeon2 region2 million2 serious3 cautious2 science2 experience4 patience2 society4 earlier3 "
    "language2 league1 argue2 technique2 question2 fluid2 recruit2 continuous4 going2 being2 studying3 does1 chaos2 "
    "museum3 player2 played1 hour1 table2 tables2 whole1 handled2 called1 hundred2 needed2 asked1 doses2 causes2 "
    "changes2 gives1 metastases4 likely2 careful2 improvement3 nuclear3 clear1 sea1 ocean2 influenza4 values2 "
    "sodium3 bacteria4 special2 year1 eye1 participants4 eligibility6 immunotherapy6 hypertension4 schizophrenia5 "
    "asthma2 insulin3 metformin3 sildenafil4 carboplatin4 surgery3 device2 questionnaire3 family3 because2 "
    "received2 sponsor2 melanoma4 arthritis3 anxiety4 vaccine2 mixed1 "
)


def test_syllables_agree_with_speech_for_nearly_every_word() -> None:
    pairs = [(item[:-1], int(item[-1])) for item in COUNTED_WORDS.split()]
    wrong = [(word, count, syllables(word)) for word, count in pairs if syllables(word) != count]
    assert len(pairs) >= 100
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize(
    "word, count", [("NSCLC", 5), ("HIV", 3), ("AIDS", 1), ("54", 1), ("1,200", 1), ("doesn't", 2), ("X", 1)]
)
def test_acronyms_are_spelled_and_numbers_count_once(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    "text, count",
    [
        ("Take 0.5 mg, e.g. at night. Ask Dr. Smith.", 2),
        ("NCT07103668 began on Jan. 3, 2026. It ended.", 2),
        ("J. Smith et al. wrote it in the U.S. last year.", 1),
        ("Really?! Yes... It is so.", 3),
        ("Things to bring:\n* a list\n* a friend\n\nThank you", 4),
        ("This line was\nonly wrapped.", 1),
        ("“Is it safe?” Ask your team.", 2),
        ("", 0),
        ("... !!! \n\n", 0),
    ],
)
def test_sentences_end_where_a_reader_pauses(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@pytest.mark.parametrize(
    "value, word",
    [(0.0, "Easy"), (6.0, "Easy"), (8.0, "Plain"), (8.1, "Fairly hard"), (13.0, "Hard"), (17.0, "Very hard")],
)
def test_grades_have_a_band_in_words(value: float, word: str) -> None:
    assert band(value) == word


def test_the_report_names_the_longest_sentences_and_words() -> None:
    found = report("One two. One two three four. One. One two three. Immunotherapy, immunotherapy and eligibility.")
    assert [sentence.words for sentence in found.longest] == [4, 4, 3]
    assert found.long_words == ("Immunotherapy", "eligibility")
    assert (found.words, found.sentences) == (14, 5)
    assert found.band == band(found.grade)


def test_an_empty_text_has_grade_zero() -> None:
    assert (grade(""), report("").longest, report(" \n").words) == (0.0, (), 0)


@given(st.text(max_size=200))
def test_any_text_has_a_grade(text: str) -> None:
    assert grade(text) >= 0
    assert all(syllables(word) >= 1 for word in words(text))


@pytest.mark.parametrize("unit", [".", "! ", "e", "A.", "(", "1,", "a'b ", "\n- "])
def test_fifty_thousand_characters_are_read_in_under_a_second(unit: str) -> None:
    started = time.perf_counter()
    report(unit * (50_000 // len(unit)))
    assert time.perf_counter() - started < 1


def test_the_gauge_needs_no_django() -> None:
    code = (
        "import sys, explainers.readability, explainers.text_rules, explainers.jargon; "
        "sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
