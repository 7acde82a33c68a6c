"""A condition's words: everyday order and case for showing, one key for matching. Pure."""

import re
import unicodedata
from functools import lru_cache

from trials.text import line

_EXCEPTIONS = {
    "infant, newborn, diseases": "diseases of newborn babies",
    "infant, premature, diseases": "diseases of premature babies",
    "death, sudden, cardiac": "sudden cardiac death",
    "influenza, human": "influenza",
    "pathological conditions, signs and symptoms": "signs and symptoms",
}
"""MeSH headings whose parts do not read well when they are simply turned round."""

_ACRONYM_LIST = (
    "ADHD AFIB AIDS ALK ALL ALS AMD AML APL ARDS ASD ATTR AUD BPH BRCA BRCA1 BRCA2 CAD CAR CHF CIDP CKD CLL CML "
    "CMML CMV CNS COPD COVID CoV CPPS CRC CRPC CSF CVD DCIS DDD DIPG DLBCL DMD DME DNA DVT EBV EGFR ENT EOE ESRD "
    "FSGS GBM GERD GIST GVHD HBV HCC HCV HER2 HFpEF HFrEF HIV HNSCC HPV HSV IBD IBS ICU IGA IPF ITP IVF JIA KRAS "
    "LUTS MASH MASLD MCI MDD MDS MRI MRSA MSI NAFLD NASH NHL NMOSD NSCLC OAB OCD OSA OUD PAD PAH PBC PCOS PKU PMS "
    "PNH PSC PTSD RNA RSV SARS SCD SCI SCLC SIDS SLE SMA STEMI TBI TIA TNBC UTI UTIs"
)
_ACRONYMS = {word.casefold(): word for word in _ACRONYM_LIST.split()}
_ORDINARY_CAPS = frozenset({"all", "car", "aids", "pad", "sci", "scd", "mash", "cad", "mci"})
"""Acronyms that are also words or names: upper case only where the term wrote them so."""

_EPONYM_LIST = (
    "Addison African Alport Alzheimer American Angelman Asian Asperger Barr Barre Barrett Bartter Batten Becker "
    "Behcet Behçet Bowen Brugada Budd Buerger Burkitt Caroli Castleman Chagas Charcot Chester Chiari Coats Cowden "
    "Creutzfeldt Crigler Crohn Cushing Danlos Danon Devic Diamond Dravet Duchenne Dupuytren Ebola Ebstein Ehlers "
    "Eisenmenger Epstein Erdheim Escherichia Ewing Fabry Fallot Fanconi Friedreich Fuchs Gastaut Gaucher Gilbert "
    "Gitelman Gleason Gorlin Graves Guillain Hashimoto Helicobacter Hippel Hirschsprung Hodgkin Huntington Hurler "
    "Jakob Japanese Johnson Kaposi Kawasaki Kennedy Klinefelter Krabbe Langerhans Leber Lennox Lewy Lindau Lyme "
    "Lynch Marfan Marie Mediterranean Meniere Ménière Merkel Mullerian Müllerian Niemann Nile Noonan Osgood Paget "
    "Parkinson Perthes Peutz Peyronie Philadelphia Plasmodium Pompe Prader Rasmussen Raynaud Rett Sachs Sanfilippo "
    "Scheuermann Schlatter Sezary Sézary Sjogren Sjögren Staphylococcus Stargardt Stevens Streptococcus Sturge "
    "Takayasu Tay Tourette Turner Usher Waldenstrom Waldenström Wegener Wernicke Willebrand Willi Wilms Wilson "
    "Wolff Zika Zollinger "
)
_EPONYMS = {word.casefold(): word for word in _EPONYM_LIST.split()}
_EPONYMS_BEFORE = {"down": "syndrome", "still": "disease", "bell": "palsy", "hunter": "syndrome", "weber": "syndrome"}
"""Names that are ordinary words elsewhere: the word that must follow for the capital to stay."""

_PLAIN_SHORT_LIST = (
    "acne adult aging anal ankle back birth bone brain burn burns cancer child colic colon cough croup dengue death "
    "eye falls fever flu foot gout hand head heart hepatic hernia hip itch joint knee labor leg liver lung lupus "
    "mumps neck noma obese oral pain polio pulse renal scar scars shock sinus skin sleep spine stress stroke teeth "
    "tooth tumor tumour ulcer ulcers vaginal vein wound wounds"
)
_PLAIN_SHORT = frozenset(_PLAIN_SHORT_LIST.split())
_ROMAN = re.compile(r"(?:I{1,3}|IV|VI{0,3}|IX|X)[AaBbCc]?")
_COUNTED = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_GLUED_TYPE = re.compile(r"\b(type)([12])(?=\b|diab)", re.IGNORECASE)
_CAMEL = re.compile(r"(?:[A-Z][a-z]{2,}){2,}")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_LETTER_AFTER = frozenset({"hepatitis", "hemophilia", "haemophilia", "vitamin", "influenza", "group", "type", "class"})
_DISEASE_NOUN = re.compile(
    r"(?:itis|a?emia|oma|osis|pathy|tension|plasia|penia|algia|trophy|somnia|nocturia|apn[eo]+a|diseases?|disorders?"
    r"|syndromes?|cancers?|neoplasms?|tumou?rs?|injury|injuries|failure|pain|dysfunctions?|strokes?|obesity|diabetes"
    r"|impotence|mellitus|depression|anxiety|asthma|infections?|fractures?|prolapse|inflammation)$",
    re.IGNORECASE,
)
_JOINING = ("in ", "with ", "without ", "due ", "of ", "after ", "following ", "not ", "at ", "on ", "to ", "by ")


@lru_cache(maxsize=20_000)
def everyday(term: str) -> str:
    """A registry or MeSH term as people say it: `Carcinoma, Hepatocellular` -> `hepatocellular carcinoma`.

    Names (Alzheimer), acronyms (COPD, HER2) and numerals (Type II) keep their capitals. A list of several
    conditions in one term keeps its order.
    """
    cleaned = _GLUED_TYPE.sub(r"\1 \2", line(term).rstrip(".;,"))
    exception = _EXCEPTIONS.get(cleaned.casefold())
    return exception or _lower(_turned(cleaned))


def names_disease(term: str) -> bool:
    """Whether a term's last word says that it is a disease: `lung cancer` and `NSCLC`, not `stem cells`."""
    last = term.split()[-1] if term.split() else ""
    return (
        bool(_DISEASE_NOUN.search(last.removesuffix("s")) or _DISEASE_NOUN.search(last))
        or last in _ACRONYM_LIST.split()
    )


def _turned(term: str) -> str:
    """MeSH's inverted order (`Leukemia, Myeloid, Acute`) put right; anything else as it was."""
    head, *tail = re.split(r",\s+", term)
    if not tail or ";" in term or "(" in tail[-1]:
        return term
    if tail[0].lower().startswith(_JOINING) and len(tail) == 1:
        return f"{head} {tail[0]}"
    if any(_DISEASE_NOUN.search(part) or len(part.split()) > 4 for part in tail) or len(head.split()) > 5:
        return term
    if tail[-1].lower().startswith(("and ", "or ")):
        return f"{', '.join(tail)} {head}"
    return " ".join([*reversed(tail), head])


def _lower(term: str) -> str:
    """Title or capital case -> sentence case in the middle of a sentence."""
    letters = [c for c in term if c.isalpha()]
    words = list(_TOKEN.finditer(term))
    shouted = bool(letters) and all(not c.islower() for c in letters) and len(term) > 5
    out, end = [], 0
    for index, match in enumerate(words):
        before = words[index - 1].group().casefold() if index else ""
        after = words[index + 1].group().casefold() if index + 1 < len(words) else ""
        out.append(term[end : match.start()])
        out.append(_word(match.group(), shouted=shouted, before=before, after=after))
        end = match.end()
    return "".join(out) + term[end:]


def _word(word: str, *, shouted: bool, before: str, after: str) -> str:
    folded = word.casefold()
    stem, mark, possessive = folded.partition("’" if "’" in folded else "'")
    if stem in _EPONYMS or _EPONYMS_BEFORE.get(stem) == after:
        return _EPONYMS.get(stem, stem.capitalize()) + mark + possessive
    if stem.endswith("s") and stem[:-1] in _EPONYMS:
        return _EPONYMS[stem[:-1]] + "s"
    if folded in _ACRONYMS and (folded not in _ORDINARY_CAPS or (word.isupper() and not (shouted and after))):
        return _ACRONYMS[folded]
    if shouted and after.isdigit() and len(word) < 6:
        return word  # HTLV-1
    if len(word) == 1:
        return word.lower() if word == "A" and after and before not in _LETTER_AFTER else word
    if _ROMAN.fullmatch(word) or _has_code(word):
        return word
    if word.isupper() and not shouted and len(word) <= 6 and folded not in _PLAIN_SHORT:
        return word
    if word.isupper() or _CAMEL.fullmatch(word):
        return folded
    return word if word[1:] != word[1:].lower() else folded


def _has_code(word: str) -> bool:
    """HER2, CD19, 11q23: letters with digits are a code, whatever their case."""
    return any(c.isdigit() for c in word) and any(c.isalpha() for c in word) and not _COUNTED.fullmatch(word)


_ABBREVIATION = re.compile(r"\s*\(([A-Z]{2,6})s?\)|\s+-\s+[A-Z]{2,6}$|^[A-Z]{2,6}\s+-\s+")
_SPELLINGS = (
    (re.compile(r"tumour"), "tumor"), (re.compile(r"haem"), "hem"), (re.compile(r"aemi"), "emi"),
    (re.compile(r"oesoph"), "esoph"), (re.compile(r"oedem"), "edem"), (re.compile(r"paedi"), "pedi"),
    (re.compile(r"^faec"), "fec"), (re.compile(r"oestr"), "estr"), (re.compile(r"behaviour"), "behavior"),
    (re.compile(r"^disk"), "disc"), (re.compile(r"gynaec"), "gynec"), (re.compile(r"orrhoea"), "orrhea"),
    (re.compile(r"apnoea"), "apnea"), (re.compile(r"paraes"), "pares"), (re.compile(r"anaes"), "anes"),
)  # fmt: skip
_NUMERALS = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}


@lru_cache(maxsize=20_000)
def condition_key(term: str) -> str:
    """What two spellings of one condition share: order, case, accents, marks, plurals and British spelling folded.

    The key is for matching only, never for showing.
    """
    text = _ABBREVIATION.sub(_without_abbreviation, line(term))
    text = unicodedata.normalize("NFKD", everyday(text).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    words = re.findall(r"[^\W_]+", re.sub(r"['’`]s?\b", "", text))
    folded: list[str] = []
    for word in words:
        follows_type = bool(folded) and folded[-1] in ("type", "stage", "grade", "phase")
        folded.append(_NUMERALS.get(word, word) if follows_type else singular(respelled(word)))
    return " ".join(folded) or line(term).casefold()


def _without_abbreviation(match: re.Match[str]) -> str:
    """Drops `(CPPS)` where its letters come, in order, from the words before it: it says nothing new."""
    letters = re.sub(r"[^A-Z]", "", match.group())
    others = iter((match.string[: match.start()] + match.string[match.end() :]).upper())
    return "" if all(letter in others for letter in letters) else match.group()


def respelled(word: str) -> str:
    for pattern, plain in _SPELLINGS:
        word = pattern.sub(plain, word)
    return word


def singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 5:
        return word[:-3] + "y"
    if word.endswith(("stases", "oses")) and len(word) > 6:
        return word[:-2] + "is"
    return word[:-1]
