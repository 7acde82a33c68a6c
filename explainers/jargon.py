"""Which words of a text a lay reader may not know. A heuristic, not a dictionary; pure.

No word list of English is shipped. A word is called jargon if it is on the short list of research words below, looks
medical (`-itis`, `-mab`, `hyper-`), or has four or more syllables and is not among the long words everybody knows.
Acronyms count unless the text spells them out in brackets. Words of the site's glossary never count.
"""

import re

from explainers.counting import sentences, syllables, words

_RESEARCH = (
    "ablation adjuvant adverse aetiology agonist allele allocation allogeneic analogue antagonist antigen apheresis "
    "arm assay autologous baseline benign biomarker bolus catheter cohort comorbid comparator cytokine dosage edema "
    "efficacy endpoint enroll enrollment etiology excision exclusion fibrosis genomic graft hepatic idiopathic "
    "immunogenic in-vitro inclusion indication infusion inhibitor intravenous invasive ischemic kinase lesion ligand "
    "locus lymph maintenance malignant marrow masked metastatic modality monoclonal morbidity mutation myeloid "
    "necrosis neoplasm neural oral outpatient palliative pathology perioperative pivotal placebo-controlled plasma "
    "posology prognosis prophylaxis protocol pulmonary randomised randomized receptor refractory regimen relapse "
    "relapsed remission renal resection sequelae serum somatic stent stratified subcutaneous symptomatic systemic "
    "therapeutic titration topical toxicity transfusion unresectable vascular washout"
)
_MEDICAL = re.compile(
    r"(?:itis|osis|oma|omas|emia|aemia|ectomy|otomy|ostomy|plasty|scopy|pathy|penia|algia|plegia|[a-z]trophy|mab|nib|tinib|ciclib"
    r"|parib|(?:er|ta|na)cept|taxel|platin|rubicin|statin|sartan|prazole|mycin|cillin|gliptin|gliflozin|vir|azole|genic|lytic|cyte|"
    r"cytes|blast|blasts|rrhea|rrhage)$"
    r"|^(?:hyper|hypo|intra|peri|immuno|cardio|neuro|gastro|hepat|nephro|onco|haemat|hemat|pharmaco|cyto|osteo|thromb|"
    r"leuk|lymph|myel|carcin|endo[cmst]|electro|broncho|dermat|arterio)[a-z]{4,}",
    re.IGNORECASE,
)
_KNOWN_LONG = (
    "ability academic accidentally activities activity actually additional additionally advertisement agriculture "
    "alternative america american anniversary anxiety anybody application approximately aroma aromas arthritis "
    "association authorities authority automatic automatically availability available biological biology calculator "
    "capacity carefully category caterpillar celebration ceremony characteristic chemotherapy cholesterol combination "
    "comfortable communicate communication community companionship comparable comparison competition complicated "
    "concentration consequently considerable consideration continuous convenient conversation coordinator dangerously "
    "definitely definition delivery democracy diabetes diagnosis dictionary difficulty diploma directory disability "
    "discovery economic economy education educational effectively electricity elementary elevator eligible "
    "embarrassing emergency emotional empathy encouraging encyclopedia entertainment environment environmental "
    "equality especially establishment evaluate eventually everybody everyday examination exercising experience "
    "experienced experiment experimental explanation face-to-face facility familiar february fortunately generally "
    "generation geography gradually hereditary historical humanity identical identify imaginary imagination immediate "
    "immediately immunity impossible increasingly independent individual individually industrial inexpensive "
    "information initially intelligent interaction interested interesting international investigate investigation "
    "invitation irritated january kilometer laboratory leukemia literature machinery majority manufacturer material "
    "mathematics mechanical medication medications melanoma memorable military modifying motorcycle multiplication "
    "mysterious nationality naturally necessary obviously occasionally occupation operation operator opportunity "
    "ordinary organization organizer original originally overwhelming parliament participant participants participate "
    "participating particular particularly perimeter personality personally philosophy photography politician "
    "population positively possibility potentially practically predictable preparation previously priorities "
    "probability professional radiation reality recommendation recommended recovery refrigerator regularly regulation "
    "relationship relatively reliable repeatedly responsibility responsible satisfactory satisfying secretary "
    "security sensitivity separately seriously significantly similarity situation society spirituality successfully "
    "supermarket supervisor sympathy technology television temperature temporary territory theoretical traditional "
    "transportation tuberculosis ultimately ultraviolet unbelievable undeniable understanding unfortunately universal "
    "university unusual usefulness usually vaccination validity valuable variable variety vegetable vegetables "
    "vegetarian vocabulary voluntarily voluntary vulnerable watermelon"
)
_RESEARCH_WORDS = frozenset(_RESEARCH.split())
_KNOWN = frozenset(_KNOWN_LONG.split())
_KNOWN_ACRONYMS = frozenset(
    {"US", "USA", "UK", "EU", "TV", "ID", "AIDS", "HIV", "DNA", "COVID", "OK", "FDA", "NHS", "NCT"}
)
_ACRONYM = re.compile(r"[A-Z]{2,}\d*")
_SUFFIXES = ("'s", "’s", "es", "s", "ed", "d", "ing", "ly")


def jargon(text: str, glossary: frozenset[str] | set[str] = frozenset()) -> tuple[str, ...]:
    """Words a reader may not know, in order of first use. `glossary`: terms in lower case, of one or more words."""
    rest = _without_glossary(text, glossary)
    spelled_out = set(re.findall(r"\(([A-Z]{2,}\d*)s?\)", text))
    found: dict[str, str] = {}
    for sentence in sentences(rest):
        for index, word in enumerate(words(sentence)):
            if word.casefold() not in found and word not in spelled_out and _is_jargon(word, is_first=index == 0):
                found[word.casefold()] = word
    return tuple(found.values())


def _without_glossary(text: str, glossary: frozenset[str] | set[str]) -> str:
    """Takes the glossary's terms out of the text, longest first, so that `CAR-T cell` covers all its words."""
    for term in sorted(glossary, key=len, reverse=True):
        if term.strip():
            text = re.sub(rf"(?<!\w){re.escape(term)}(?:'s|’s|es|s)?(?!\w)", " ", text, flags=re.IGNORECASE)
    return text


def _is_jargon(word: str, *, is_first: bool) -> bool:
    if any(c.isdigit() for c in word) and not word.isalpha():
        return False
    if _ACRONYM.fullmatch(word):
        return word not in _KNOWN_ACRONYMS
    forms = _forms(word.casefold())
    if forms & _KNOWN:
        return False
    if forms & _RESEARCH_WORDS or _MEDICAL.search(word):
        return True
    is_name = word[:1].isupper() and not is_first
    return not is_name and min(syllables(form) for form in forms) >= 4


def _forms(word: str) -> set[str]:
    """The word and what it may be a form of: `enrolled` -> `enroll`, `therapies` -> `therapy`."""
    forms = {word}
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) > len(suffix) + 2:
            stem = word.removesuffix(suffix)
            forms |= {stem, f"{stem}e"} if suffix in ("ed", "ing", "d") else {stem}
    if word.endswith("ies"):
        forms.add(f"{word[:-3]}y")
    return forms
