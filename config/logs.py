"""How a log line is written: one JSON object, or one plain line while developing. Both pass through redaction."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from config import redaction

_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
# Django's error log hands over the whole request, body and cookies included; Celery repeats its message in "data".
_NEVER = {"request", "data"}


class _Scrubbing(logging.Formatter):
    def __init__(self, key: str = "") -> None:
        super().__init__()
        self._key = key

    def scrubbed(self, text: str) -> str:
        return redaction.scrub(text, lambda address: redaction.stand_in(address, self._key))


class JsonLine(_Scrubbing):
    """What a log collector reads. Non-ASCII and control characters are escaped by JSON itself."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.scrubbed(record.getMessage()),
            "process": record.process,
        }
        entry |= {name: self._plain(value) for name, value in vars(record).items() if self._is_extra(name)}
        if record.exc_info:
            entry["trace"] = self.scrubbed(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=True)

    @staticmethod
    def _is_extra(name: str) -> bool:
        return name not in _STANDARD and name not in _NEVER and not name.startswith("_")

    def _plain(self, value: object) -> object:
        return value if isinstance(value, bool | int | float | None) else self.scrubbed(str(value))


class PlainLine(_Scrubbing):
    """For a person at a terminal; a trace keeps its lines."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        message = redaction.one_line(self.scrubbed(record.getMessage()))
        trace = "\n" + self.scrubbed(self.formatException(record.exc_info)) if record.exc_info else ""
        return f"{time} {record.levelname} {record.name} {message}{trace}"
