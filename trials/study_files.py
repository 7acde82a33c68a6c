"""Files in the registry's own shapes -> raw studies, streamed: a study, a list, a page, JSON lines; also gz and zip."""

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

LONGEST_LINE = 64 * 1024 * 1024


class StudyFileError(Exception):
    """The file cannot be read as studies; the message names the file and the line."""


def read(path: Path) -> Iterator[Any]:
    """Yields each study as it lies there, whatever it is; a line that is no JSON comes as its StudyFileError."""
    try:
        if path.suffix == ".zip":
            yield from _zip(path)
        else:
            with path.open("rb") as file:
                yield from _stream(file, path.name)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
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
        yield from _lines(file, name)
    elif name.endswith(".json"):
        yield from _whole(file, name)
    else:
        raise StudyFileError(f"{name}: a file of studies ends in .json, .jsonl (also .gz) or .zip")


def _lines(file: IO[bytes], name: str) -> Iterator[Any]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if line.strip():
            yield _decode(line, f"{name}, line {number}")


def _whole(file: IO[bytes], name: str) -> Iterator[Any]:
    value = _decode(file.read(), name)
    if isinstance(value, StudyFileError):
        raise value
    if isinstance(value, dict) and isinstance(value.get("studies"), list):
        yield from value["studies"]
    elif isinstance(value, list):
        yield from value
    else:
        yield value


def _decode(text: bytes, where: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return StudyFileError(f"{where} is no JSON: {error}")
