"""Raw studies on their way in: looked at (hash only) or read (parsed, hashed, packed). Pure, and cheap to send
between processes, so that a large file can be read on every core.
"""

import gc
from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec

from trials import records
from trials.nesting import TOO_DEEP, without_deep
from trials.packing import pack, unpack
from trials.ready import Ready, ready
from trials.records import TrialRecord


class Glance(msgspec.Struct, frozen=True, array_like=True):
    """What tells whether a study must be read at all."""

    nct_id: str
    content_hash: bytes


class Incoming(msgspec.Struct, frozen=True, tag=True, dict=True):
    nct_id: str
    content_hash: bytes
    packed: bytes
    aliases: tuple[str, ...]
    ready: Ready
    drift: tuple[str, ...] = ()

    @cached_property
    def record(self) -> TrialRecord:
        """Does not travel between processes: most studies are only stored, and need none on the other side."""
        return records.parse(unpack(self.packed))

    @classmethod
    def of(cls, study: dict[str, Any], content_hash: bytes = b"") -> "Incoming":
        """Raises records.RecordError. A hash that was taken already is not taken again."""
        drift: list[str] = []
        record = records.parse(study, drift)
        packed = pack(records.without_bulk(study))
        content_hash = content_hash or records.content_hash(study)
        made = cls(record.nct_id, content_hash, packed, record.aliases, ready(record, content_hash), tuple(drift))
        made.__dict__["record"] = record
        return made


class Broken(msgspec.Struct, frozen=True, tag=True):
    """A study that could not be read, and why; `packed` is what came, as far as it can be kept."""

    nct_id: str
    reason: str
    packed: bytes


def glance(study: Any) -> Glance | None:
    """None where the study is not even an object with an NCT ID: reading it will say what is wrong."""
    try:
        nct_id = study["protocolSection"]["identificationModule"]["nctId"].upper()
        return Glance(nct_id, records.content_hash(study))
    except Exception:
        return None


def read(study: Any, seen: Glance | None = None) -> Incoming | Broken:
    """Never raises: whatever a poison record does, the others go on."""
    try:
        if isinstance(study, Exception):
            raise study
        if isinstance(study, dict) and TOO_DEEP in study:
            raise ValueError("it nests too deeply to be read")
        return Incoming.of(study, seen.content_hash if seen else b"")
    except Exception as error:
        return Broken(_claimed_id(study), f"{type(error).__name__}: {error}"[:2000], _kept(study))


def _kept(study: Any) -> bytes:
    try:
        return pack(study if isinstance(study, dict) else {"unread": str(study)[:10_000]})
    except Exception:
        return pack({"unread": _shown(study)[:10_000]})


def _shown(study: Any) -> str:
    try:
        return repr(study)
    except Exception:  # what nests too deeply has no text either
        return f"{type(study).__name__} that cannot be shown"


def _claimed_id(study: Any) -> str:
    """The NCT ID that a broken study gives itself, or a mark of its own."""
    try:
        claimed = str(study["protocolSection"]["identificationModule"]["nctId"])[:20]
    except (KeyError, TypeError):
        claimed = ""
    return claimed or "?" + blake2b(_shown(study)[:2000].encode(), digest_size=8).hexdigest()


def decoded(line: bytes) -> Any:
    """The study of a JSON line, or the error that reading it will meet."""
    try:
        return _decode_json(line)
    except RecursionError:
        return _decode_json(without_deep(line, 0))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return ValueError(f"no JSON: {error}")


def glance_lines(lines: Sequence[bytes]) -> bytes:
    """For another process: JSON lines -> glances, to be opened by `open_glances`."""
    return _encode([glance(decoded(line)) for line in lines])


def read_lines(lines: Sequence[bytes]) -> bytes:
    """For another process: JSON lines -> read studies, to be opened by `open_read`."""
    return _encode([read(decoded(line)) for line in lines])


def look_for_cycles_less() -> None:
    """Less often than Python would: a batch has a hundred thousand small objects and no cycles, and to look at them
    all again and again costs a fifth of an import."""
    gc.set_threshold(200_000, 10, 10)


_decode_json = msgspec.json.Decoder().decode
_encode = msgspec.msgpack.Encoder().encode
open_glances = msgspec.msgpack.Decoder(list[Glance | None]).decode
open_read = msgspec.msgpack.Decoder(list[Incoming | Broken]).decode
