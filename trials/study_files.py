"""Files in the registry's own shapes -> raw studies, streamed: a study, a list, a page, JSON lines; also gz and zip."""

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from trials.incoming import decoded

LONGEST_LINE = 64 * 1024 * 1024


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
        yield from _lines(file)
    elif name.endswith(".json"):
        yield from _whole(file, name)
    else:
        raise StudyFileError(f"{name}: a file of studies ends in .json, .jsonl (also .gz) or .zip")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        if line.strip():
            yield line


def _whole(file: IO[bytes], name: str) -> Iterator[Any]:
    value = decoded(file.read())
    if isinstance(value, ValueError):
        raise StudyFileError(f"{name} is {value}")
    if isinstance(value, dict) and isinstance(value.get("studies"), list):
        yield from value["studies"]
    elif isinstance(value, list):
        yield from value
    else:
        yield value
