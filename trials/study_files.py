"""Files in the registry's own shapes -> raw studies, streamed: a study, a list, a page, JSON lines; also gz and zip."""

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

from trials import incoming
from trials.nesting import TOO_DEEP, without_deep

MEGABYTE = 1024 * 1024
LONGEST_LINE = 64 * MEGABYTE
LARGEST_DOCUMENT = 128 * MEGABYTE
"""Of a .json, unpacked: it has to be read as a whole. Twice what a page of the registry may hold."""
BYTE_ORDER_MARK = codecs.BOM_UTF8


class StudyFileError(Exception):
    """The file cannot be read as studies; the message names the file and the line."""


def read(path: Path) -> Iterator[Any]:
    """Yields each study as it lies there, whatever it is: JSON lines as undecoded bytes, all else decoded."""
    try:
        if path.suffix == ".zip":
            yield from _zip(path)
        else:
            with path.open("rb") as file:
                yield from _stream(file, path.name)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise StudyFileError(f"{path} cannot be read: {error}") from error


def _zip(path: Path) -> Iterator[Any]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith((".json", ".jsonl", ".json.gz", ".jsonl.gz")):
                with archive.open(name) as file:
                    yield from _stream(file, f"{path.name}/{name}")


def _stream(file: IO[bytes], name: str) -> Iterator[Any]:
    if name.endswith(".gz"):
        file, name = gzip.GzipFile(fileobj=file), name.removesuffix(".gz")  # type: ignore[assignment]
    if name.endswith(".jsonl"):
        yield from _lines(file)
    elif name.endswith(".json"):
        yield from _whole(file, name)
    else:
        raise StudyFileError(f"{name}: a file of studies ends in .json, .jsonl (also .gz) or .zip")


def _lines(file: IO[bytes]) -> Iterator[Any]:
    """Lines, unless the first one shows that the file is one JSON document under a wrong name."""
    first = next(_each_line(file), b"").removeprefix(BYTE_ORDER_MARK)
    value = incoming.decoded(first)
    if isinstance(value, ValueError):
        rest = file.read(LARGEST_DOCUMENT)
        whole = incoming.decoded(first + rest)
        if not isinstance(whole, ValueError):
            yield from _studies_of(whole, first + rest)
            return
        file = cast(IO[bytes], _Joined(rest, file))
    elif _holds_studies(value):
        yield from _studies_of(value, first)
        first = b""
    yield from filter(None, [first])
    yield from _each_line(file)


def _each_line(file: IO[bytes]) -> Iterator[bytes]:
    """Without blank ones. Of one that is too long its beginning, which is no JSON."""
    while line := file.readline(LONGEST_LINE):
        piece = line
        while len(piece) == LONGEST_LINE and not piece.endswith(b"\n"):
            piece = file.readline(LONGEST_LINE)
            line = line[:10_000]
        if line.strip():
            yield line


class _Joined:
    """What was read ahead, and then the file; for readline alone."""

    def __init__(self, ahead: bytes, file: IO[bytes]) -> None:
        self._ahead, self._file = BytesIO(ahead), file

    def readline(self, most: int) -> bytes:
        line = self._ahead.readline(most)
        if line.endswith(b"\n") or len(line) == most:
            return line
        return line + self._file.readline(most - len(line))


def _whole(file: IO[bytes], name: str) -> Iterator[Any]:
    body = file.read(LARGEST_DOCUMENT + 1).removeprefix(BYTE_ORDER_MARK)
    if len(body) > LARGEST_DOCUMENT:
        most = LARGEST_DOCUMENT // MEGABYTE
        raise StudyFileError(f"{name} holds more than {most} MB: give so many studies one a line, as .jsonl")
    value = incoming.decoded(body)
    if isinstance(value, ValueError):
        raise StudyFileError(f"{name} is {value}")
    yield from _studies_of(value, body)


def _studies_of(value: Any, body: bytes) -> Iterator[Any]:
    """Each study of a document. Where one of them nests too deeply for all to be read, the others are read again."""
    if isinstance(value, dict) and TOO_DEEP in value:
        is_list = body.lstrip()[:1] == b"["
        again = incoming.decoded(without_deep(body, 1 if is_list else 2))
        value = again if is_list or _holds_studies(again) else value
    if isinstance(value, dict) and isinstance(value.get("studies"), list):
        yield from value["studies"]
    elif isinstance(value, list):
        yield from value
    else:
        yield value


def _holds_studies(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and isinstance(value.get("studies"), list))
