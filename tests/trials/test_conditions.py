import pytest
from hypothesis import given
from hypothesis import strategies as st

from trials.conditions import condition_key, everyday, names_disease


@pytest.mark.parametrize(
    "term, said",
    [
        ("Carcinoma, Hepatocellular", "hepatocellular carcinoma"),
        ("Carcinoma, Neuroendocrine", "neuroendocrine carcinoma"),
        ("Lung Neoplasms", "lung neoplasms"),
        ("Diabetes Mellitus, Type 2", "type 2 diabetes mellitus"),
        ("Leukemia, Myeloid, Acute", "acute myeloid leukemia"),
        ("Leukemia, Lymphocytic, Chronic, B-Cell", "B-cell chronic lymphocytic leukemia"),
        ("Lymphoma, Large B-Cell, Diffuse", "diffuse large B-cell lymphoma"),
        ("Carcinoma, Non-Small-Cell Lung", "non-small-cell lung carcinoma"),
        ("Neoplasms, Glandular and Epithelial", "glandular and epithelial neoplasms"),
        ("Neoplasms, Cystic, Mucinous, and Serous", "cystic, mucinous, and serous neoplasms"),
        ("Infant, Newborn, Diseases", "diseases of newborn babies"),
        ("CML, Refractory", "refractory CML"),
    ],
)
def test_inverted_terms_read_in_everyday_order(term: str, said: str) -> None:
    assert everyday(term) == said


@pytest.mark.parametrize(
    "term, said",
    [
        ("Alzheimer Disease", "Alzheimer disease"),
        ("Parkinson's Disease", "Parkinson's disease"),
        ("CROHN'S DISEASE", "Crohn's disease"),
        ("Non-Hodgkins Lymphoma", "non-Hodgkins lymphoma"),
        ("Lymphoma, Non-Hodgkin", "non-Hodgkin lymphoma"),
        ("Down Syndrome", "Down syndrome"),
        ("Muscular Dystrophy, Duchenne", "Duchenne muscular dystrophy"),
    ],
)
def test_names_of_people_keep_their_capital(term: str, said: str) -> None:
    assert everyday(term) == said


@pytest.mark.parametrize(
    "term, said",
    [
        ("COVID-19", "COVID-19"),
        ("SARS-CoV-2 Infection", "SARS-CoV-2 infection"),
        ("HIV", "HIV"),
        ("COPD", "COPD"),
        ("NSCLC", "NSCLC"),
        ("AML", "AML"),
        ("AML, Adult", "adult AML"),
        ("HER2-positive Breast Cancer", "HER2-positive breast cancer"),
        ("Stage IV Breast Cancer", "stage IV breast cancer"),
        ("Hemophilia A", "hemophilia A"),
        ("Erectile Dysfunction (ED)", "erectile dysfunction (ED)"),
    ],
)
def test_acronyms_codes_and_numerals_keep_their_capitals(term: str, said: str) -> None:
    assert everyday(term) == said


@pytest.mark.parametrize(
    "term, said",
    [
        ("BREAST CANCER", "breast cancer"),
        ("CHRONIC MYELOGENOUS LEUKAEMIA IN BLAST CRISIS", "chronic myelogenous leukaemia in blast crisis"),
        ("HIV INFECTIONS", "HIV infections"),
        ("ASTHMA", "asthma"),
        ("PAIN", "pain"),
        ("ALL TYPES OF CANCER", "all types of cancer"),
        ("DIABETES TYPE II", "diabetes type II"),
        ("PreDiabetes", "prediabetes"),
        ("Type1 Diabetes", "type 1 diabetes"),
    ],
)
def test_shouted_terms_are_lowered(term: str, said: str) -> None:
    assert everyday(term) == said


@pytest.mark.parametrize(
    "term, said",
    [
        ("Erectile Dysfunction, Nocturia, Short Term Insomnia", "erectile dysfunction, nocturia, short term insomnia"),
        ("Diabetes, Hypertension", "diabetes, hypertension"),
        ("Acute Lymphoblastic Leukemia, in Relapse", "acute lymphoblastic leukemia in relapse"),
    ],
)
def test_lists_of_conditions_are_not_turned_round(term: str, said: str) -> None:
    assert everyday(term) == said


@pytest.mark.parametrize(
    "one, other",
    [
        ("Brain Tumours", "brain tumor"),
        ("Alzheimer's Disease", "Alzheimer Disease"),
        ("Parkinsons Disease", "Parkinson’s disease"),
        ("Diabetes Mellitus, Type 2", "Type II Diabetes Mellitus"),
        ("Leukaemia, Myeloid, Acute", "Acute Myeloid Leukemias"),
        ("Non-Small Cell Lung Cancer", "Non Small-Cell Lung Cancer"),
        ("Sjögren Syndrome", "Sjogren's syndrome"),
        ("Chronic Pelvic Pain Syndrome (CPPS)", "chronic pelvic pain syndrome"),
        ("Herniated Disk", "Herniated discs"),
        ("Spinal Injuries", "spinal injury"),
        ("HIV INFECTION", "HIV Infections"),
    ],
)
def test_spellings_of_one_condition_share_a_key(one: str, other: str) -> None:
    assert condition_key(one) == condition_key(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Type 1 Diabetes", "Type 2 Diabetes"),
        ("Hepatitis B", "Hepatitis C"),
        ("Acute Myeloid Leukemia", "Chronic Myeloid Leukemia"),
        ("Lung Cancer (EGFR)", "Lung Cancer"),
        ("Small Cell Lung Cancer", "Non-Small Cell Lung Cancer"),
    ],
)
def test_different_conditions_keep_different_keys(one: str, other: str) -> None:
    assert condition_key(one) != condition_key(other)


@given(st.text(max_size=80))
def test_any_text_has_a_stable_form(term: str) -> None:
    assert isinstance(everyday(term), str)
    if term.strip().isprintable() and term.strip():
        assert condition_key(term)


@pytest.mark.parametrize("term", ["lung cancer", "type 2 diabetes", "acute leukemias", "NSCLC", "spinal stenosis"])
def test_diseases_are_known_by_their_last_word(term: str) -> None:
    assert names_disease(term)


@pytest.mark.parametrize("term", ["stem cells", "penile prosthesis", "sleep", ""])
def test_other_terms_are_no_diseases(term: str) -> None:
    assert not names_disease(term)
