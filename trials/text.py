"""Cleans the registry's text: one normal form for comparing, one plain form for showing. Pure."""

import html
import re
import unicodedata

_SPACE = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_END = re.compile(r"[ \t\xa0]+\n")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_WORD_WITH_ENTITY = re.compile(r"\S*&\S*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def line(text: str) -> str:
    """A one-line field: NFC, entities decoded, control and direction marks dropped, white space collapsed."""
    if text.isascii() and text.isprintable() and "&" not in text and "  " not in text:
        return text.strip()  # nine lines in ten: worth a look first, as a record has over a hundred
    return _SPACE.sub(" ", _clean(text)).strip()


def shortened(text: str, most: int) -> str:
    """Up to so many characters, cut between words where there are any, with a mark that more follows."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut).rstrip() + "…"


def markup(text: str) -> str:
    """A markdown field: as `line`, but lines, indents and backslash escapes are kept, since lists hang on them."""
    cleaned = _clean(text.replace("\r\n", "\n").replace("\r", "\n"))
    if "\n" not in cleaned:
        return cleaned.strip()
    return _BLANK_LINES.sub("\n\n", _LINE_END.sub("\n", cleaned)).strip("\n").rstrip()


def printable(text: str) -> str:
    """Without the control characters that XML refuses: one of them would take a whole feed down."""
    return _CONTROL.sub("", text).replace("\ufffe", "").replace("\uffff", "")


def unescape(text: str) -> str:
    r"""Markdown's backslash escapes undone: `\>= 18` reads `>= 18`."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def comparable(text: str) -> str:
    """What two texts must share to say the same: no escapes, no emphasis marks, one space between words."""
    return _SPACE.sub(" ", unescape(text).replace("*", " ")).strip()


def _clean(text: str) -> str:
    if "&" in text:
        text = _WORD_WITH_ENTITY.sub(_decode_word, text)
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub("", unicodedata.normalize("NFC", text))


def _decode_word(match: re.Match[str]) -> str:
    """Decodes up to twice: some records were encoded twice at their source. Addresses keep their `&amp=`-like parts."""
    word = match.group()
    if "://" in word:
        return word
    for _ in range(2):
        word = _ENTITY.sub(lambda m: html.unescape(m.group()), word)
    return word
