"""Counts what a reading grade is made of: sentences, words, syllables. English; pure; no word list is needed."""

import re
import unicodedata

_WORD = re.compile(r"\d+(?:[.,]\d+)*%?|[^\W_]+(?:['’][^\W_]+)*")
_ABBREVIATIONS = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|approx|et al|Dr|Mr|Mrs|Ms|Prof|St|No|Nos|Fig|Inc|Ltd|Co|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?"
    r"|Oct|Nov|Dec|a\.m|p\.m|Ph\.D|M\.D|U\.S|U\.K|E\.U|[A-Z])\."
)
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9])|(?<![.!?…])[.!?…]+[\"'”’)\]]*\s*$")
_LIST_MARK = re.compile(r"\s*(?:[*•–+-]|\d{1,2}[.)]|[a-z]\))\s+")
_STOP = "\x00"


def sentences(text: str) -> list[str]:
    """Splits a text at sentence ends, paragraphs and list points; not at `e.g.`, `0.5 mg`, `Jan. 3` or `et al.`."""
    out: list[str] = []
    for paragraph in _paragraphs(text):
        guarded = _ABBREVIATIONS.sub(lambda m: m.group().replace(".", _STOP), paragraph)
        start = 0
        for match in _END.finditer(guarded):
            out.append(guarded[start : match.end()])
            start = match.end()
        out.append(guarded[start:])
    restored = (sentence.replace(_STOP, ".").strip() for sentence in out)
    return [sentence for sentence in restored if words(sentence)]


def _paragraphs(text: str) -> list[str]:
    """Lines that were only wrapped are joined; an empty line, a list point or a heading-like line ends one."""
    out: list[str] = []
    open_paragraph = False
    for line in text.splitlines():
        point = _LIST_MARK.match(line)
        body = line[point.end() :] if point else line
        if open_paragraph and not point and body.strip():
            out[-1] += " " + body.strip()
        elif body.strip():
            out.append(body.strip())
        open_paragraph = bool(body.strip())
    return out


def words(text: str) -> list[str]:
    """Words and numbers. Parts joined by a hyphen count apart (`follow-up` is two); a decimal number is one."""
    return _WORD.findall(text)


_EXCEPTIONS = {
    "acne": 2, "business": 2, "diabetes": 4, "element": 3, "elements": 3, "every": 2, "everyone": 3, "everything": 3,
    "eye": 1, "eyes": 1, "herpes": 2, "hundred": 2, "lifetime": 2, "people": 2, "recipe": 3, "sacred": 2, "safety": 2,
    "science": 2, "scientist": 3, "scientists": 3, "someone": 2, "something": 2, "sometimes": 2, "therefore": 2,
    "women": 2, "coefficient": 4, "naive": 2, "maybe": 2, "likewise": 2, "lonely": 2, "employee": 3, "employees": 3,
    "healthcare": 2, "whereas": 2, "homemade": 2, "clothes": 1, "real": 1, "really": 2, "ideal": 3, "behavior": 3,
    "behaviour": 3, "friend": 1, "friends": 1, "cooperate": 4,
}  # fmt: skip
_MUTE = (
    (re.compile(r"(?<=[aeiou])gue(?=s?$)"), "g"),  # league
    (re.compile(r"qu"), "q"),
    (re.compile(r"gu(?=[aei])(?!e[ds]?$)"), "g"),  # language, guess
    (re.compile(r"^y(?=[aeiou])"), ""),
    (re.compile(r"(?<=[^aeiouyl])e(?=(?:ly|less|ment|ments|ful|ness|where|time|times)$)"), ""),
    (re.compile(r"(?<=[aeiouy]l)e(?=(?:ly|ss|ment|ments|ness)$)"), ""),
    (re.compile(r"(?<=[^aeioudt])(?<![^aeiouyl]l)ed$"), ""),  # tested, handled keep theirs
    (re.compile(r"(?<=[^aeiousxzhcg])(?<![^aeiouy]l)es$|(?<=[ptk]h)es$|(?<=[i])es$"), ""),  # doses, causes keep theirs
    (re.compile(r"(?<=[^aeiouy])(?<![^aeiouy]l)e$|(?<=[iuy])e$"), ""),  # table keeps its own
)
_APART = re.compile(
    r"(?<![tcs])ia(?!g$)|(?<![tscgxhn])(?<!ll)io(?!u)|(?<![tcgx])iou|iu|iet|(?<![tc])ien[tc]|(?<=[a-z]{2})(?<!d)ie(?=rs?$|st$)"
    r"|(?<!g)eo|^geo|eu(?=ms?$|s$)|crea(?=t)|^rea(?=[cls]|n)|(?<=[aeiouy][^aeiouy])ea$|(?<=[aeiouy]..)ea$|[gn]eal"
    r"|(?<=[aeiou]c)lear|(?<=in)ear$|ua|ue(?=n|l|t)|fluid|ruin|suicid|genuin|tui|uit(?=y|ies$)|uou|(?<=[aeouyi])ing"
    r"|oe(?=[mtx])|coag|aic$|ao|[aeou]y(?=[ao]|er)|eye(?=r)|mye|sm$|thms?$|isms$|coop|coor"
)


def syllables(word: str) -> int:
    """Syllables as spoken. A number is one; an acronym that is no word to say (`NSCLC`) goes letter by letter."""
    bare = re.sub(r"['’]s?$", "", word)
    letters = [c for c in bare if c.isalpha()]
    if not letters:
        return 1
    if bare.isupper() and len(bare) > 1 and not _is_sayable("".join(letters)):
        return sum(3 if c == "W" else 1 for c in letters)
    folded = unicodedata.normalize("NFKD", bare.casefold())
    extra = folded.endswith(("sn't", "dn't", "sn’t", "dn’t"))
    plain = re.sub(r"[^a-z]", "", folded)
    return _EXCEPTIONS.get(plain) or max(_vowel_groups(plain) + extra, 1)


def _is_sayable(acronym: str) -> bool:
    """AIDS, COVID and words that are only written in capitals; not HIV, AML or NSCLC."""
    return len(acronym) > 3 and bool(re.search(r"[AEIOUY]", acronym)) and not re.search(r"[^AEIOUY]{3}", acronym)


def _vowel_groups(word: str) -> int:
    for pattern, said in _MUTE:
        word = pattern.sub(said, word)
    return len(re.findall(r"[aeiouy]+", word)) + len(_APART.findall(word))
