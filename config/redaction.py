"""A line of the log without what must not be in it: addresses, tokens, secrets, line breaks. Pure.

Applied to the finished line, so that arguments, tracebacks and the reprs inside them pass through as well.
"""

import hashlib
import hmac
import re
from collections.abc import Callable

LONGEST = 20_000
GONE = "[scrubbed]"

# Order matters: a URL's password holds an @, and a query may hold an address.
_USERINFO = re.compile(r"(?P<keep>\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@'\"<>]{1,400}@", re.IGNORECASE)
_HEADER = re.compile(
    r"(?P<keep>\b(?:HTTP_)?(?:proxy[-_])?(?:authorization|cookie|set[-_]cookie|x-webhook-secret)['\"]?\s*[:=]\s*)"
    r"(?:'[^'\r\n]*'|\"[^\"\r\n]*\"|[^\r\n]+)",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(?P<keep>(?:https?://|/)[^\s?'\"<>]{0,2000}\?)[^\s'\"<>]+")
_LINK = re.compile(r"(?P<keep>/updates/[a-z-]{2,30}/)[^\s/'\"<>?]{12,}", re.IGNORECASE)
_SIGNED = re.compile(r"(?<![\w:.-])\.?[\w-]{4,4000}:(?:[\w-]{4,12}:)?[\w-]{27,64}(?![\w-])")
_SECRET = re.compile(
    r"(?P<keep>\b\w{0,40}(?:password|passwd|secret|token|nonce|api_?key|secret_key|pepper)\w{0,20}['\"]?\s*[:=]\s*)"
    r"(?:'[^'\r\n]*'|\"[^\"\r\n]*\"|(?!None\b|True\b|False\b)[^\s,;)}\]'\"]{6,})",
    re.IGNORECASE,
)
_NOT_IN_ADDRESS = r"\s@<>\"'(),:;\\\[\]{}="
_ADDRESS = re.compile(
    rf"[^{_NOT_IN_ADDRESS}]{{1,64}}(?:@|%40)[^{_NOT_IN_ADDRESS}/?&%]{{1,253}}\.[^{_NOT_IN_ADDRESS}/?&%.]{{2,63}}"
)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def scrub(text: str, name_of: Callable[[str], str] = lambda address: "[address]") -> str:
    """The text without addresses, tokens, query strings and secrets; `name_of` gives what stands for an address."""
    text = _cut(text)
    for pattern in (_HEADER, _USERINFO, _QUERY, _LINK, _SECRET):
        text = pattern.sub(rf"\g<keep>{GONE}", text)
    text = _SIGNED.sub(GONE, text)
    return _ADDRESS.sub(lambda found: name_of(found.group()), text)


def one_line(text: str) -> str:
    """Line breaks and control characters as escapes: nobody can write a second line, or turn the text around."""
    text = text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def stand_in(address: str, key: str) -> str:
    """The same address gets the same short name for as long as the key lives; without the key nobody gets back."""
    wanted = address.replace("%40", "@").lower().encode()
    return f"[address {hmac.new(key.encode(), b'log:' + wanted, hashlib.sha256).hexdigest()[:12]}]"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} [cut: {len(text)} characters]"
