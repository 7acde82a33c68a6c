"""A throw-away RSA key in PEM, made here: no key lies in the repository, and no tool is needed."""

import base64
import random
from functools import lru_cache
from typing import NamedTuple


class Keys(NamedTuple):
    private_pem: str
    public_record: bytes
    """As it stands in the DNS."""


@lru_cache
def keys(bits: int = 1024) -> Keys:
    chance, e = random.Random(20), 65537
    p, q = _prime(bits // 2, chance, e), _prime(bits // 2, chance, e)
    n, d = p * q, pow(e, -1, (p - 1) * (q - 1))
    private = _sequence(0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    text = base64.encodebytes(private).decode()
    frame = "-----{} RSA PRIVATE KEY-----\n"
    pem = frame.format("BEGIN") + text + frame.format("END")
    return Keys(pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(_sequence(n, e)))


def _prime(bits: int, chance: random.Random, e: int) -> int:
    while True:
        number = chance.getrandbits(bits) | 1 | 3 << bits - 2
        if number % e != 1 and all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7, 11)):
            return number


def _sequence(*numbers: int) -> bytes:
    body = b"".join(_tagged(2, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers)
    return _tagged(0x30, body)


def _tagged(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + body
