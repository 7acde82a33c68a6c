"""The fixed mix of two hundred questions, as GET parameters."""

import tomllib
from itertools import cycle, islice

from benchmarks.studies import ROOT

LAY = [query["q"] for query in tomllib.loads((ROOT / "tests/trials/lay_queries.toml").read_text())["query"]]
REACH = [query["reach"] for query in tomllib.loads((ROOT / "tests/trials/lay_queries.toml").read_text())["query"]]
DRUGS = (
    "sildenafil tadalafil vardenafil avanafil insulin metformin imatinib dasatinib rituximab venetoclax azacitidine "
    "testosterone dexamethasone prednisone cytarabine docetaxel pembrolizumab semaglutide ketamine botulinum"
).split()
FREE_TEXT = (
    "shock wave therapy", "physical therapy after surgery", "stem cell transplant", "penile rehabilitation",
    "disc replacement", "quality of life after prostatectomy", "CAR-T cells", "gene therapy", "exercise at home",
    "diet and weight loss", "nerve sparing surgery", "opioid free anesthesia", "mobile app self management",
    "blood sugar monitoring", "minimally invasive spine surgery", "vitamin D", "yoga", "cognitive behavioral therapy",
    "children with leukemia", "older adults", "veterans", "smoking cessation program", "radiation therapy",
    "early detection", "healthy volunteers pharmacokinetics",
)  # fmt: skip
SLIPS = ("astma", "diabetis", "leukmia", "prostrate cancer", "fibromialgia", "alzhiemers", "parkinsns", "obesety",
         "depresion", "erectile disfunction")  # fmt: skip
TOWNS = ("Boston", "New York", "20892", "London UK", "Paris", "Berlin", "Toronto", "Seoul", "Houston TX", "Cairo")
FILTERS: tuple[dict[str, str], ...] = (
    {"phase": "phase2"}, {"phase": "phase3", "status": "any"}, {"type": "observational"},
    {"sex": "female", "age": "70"}, {"age": "8"}, {"country": "united-states"},
    {"country": "united-states", "state": "california"}, {"country": "china", "status": "any"},
    {"healthy": "yes"}, {"results": "yes", "status": "any"},
    {"status": "completed"}, {"status": "not-yet-recruiting"}, {"sort": "new"},
    {"sort": "updated", "status": "any"}, {},
)  # fmt: skip
WORST = ("patients", "treatment", "disease", "effect", "therapy")
"""Words that are in most records."""


def mix(nct_ids: list[str]) -> list[tuple[str, dict[str, str]]]:
    """(kind, parameters), two hundred of them."""
    questions = [("everyday name", {"q": q}) for q in LAY]
    questions += [("drug", {"q": q}) for q in DRUGS]
    questions += [("NCT ID", {"q": nct_id.lower()}) for nct_id in islice(nct_ids, 15)]
    questions += [("free text", {"q": q}) for q in FREE_TEXT]
    questions += [("slip", {"q": q}) for q in SLIPS]
    questions += [("near", {"near": town}) for town in TOWNS]
    questions += [("near", {"near": town, "q": q, "within": within}) for town, q, within in
                  islice(zip(cycle(TOWNS), LAY, cycle(("50km", "200km", "500km")), strict=False), 15)]  # fmt: skip
    questions += [("filter", dict(parameters)) for parameters in FILTERS]
    questions += [("filter", {"q": q, **parameters}) for q, parameters in zip(islice(LAY, 10), FILTERS, strict=False)]
    broad = ("cancer", "diabetes", "leukemia", "surgery", "pain")
    questions += [("page", {"q": q, "page": page, "status": "any"}) for q in broad for page in ("2", "50")]
    questions += [("common word", {"q": q, **status}) for q in WORST for status in ({}, {"status": "any"})]
    assert len(questions) == 200, len(questions)
    return questions
