"""What can go wrong at the registry, in the site's own words. No HTTP library's error passes this line.

RegistryError
├── RegistryUnreachable        no answer: name, TLS, reset, timeout, or the request as a whole took too long
├── RegistryBusy               429 or 5xx; retry_after says how long the registry asks us to stay away
├── RegistryBlocked            403 on every rung of the transport ladder: tell the operator, come back in an hour
├── RegistryAnswerError        an answer that cannot be used: HTML, empty, truncated, wrong type or shape
│   └── RegistryAnswerTooLarge more bytes than allowed, on the wire or after gunzip
├── RegistryRequestError       400 and its kin: our own mistake, the same request fails for ever
├── RegistryNotFound           404 in the registry's own form
├── RegistryMoved              a redirect; only study() follows one, and only to another id at the same address
└── CrawlBroken                the pages do not add up to one state of the registry: start again from page one
"""

from typing import ClassVar, Literal

CrawlFault = Literal["moved", "token_loop", "token_refused", "too_many_pages", "short"]


class RegistryError(Exception):
    may_pass: ClassVar[bool] = False  # whether the same request may succeed seconds later
    retry_after: float | None = None  # seconds that a later run should leave the registry alone


class RegistryUnreachable(RegistryError):
    may_pass = True


class RegistryBusy(RegistryError):
    may_pass = True

    def __init__(self, message: str, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class RegistryBlocked(RegistryError):
    retry_after = 3600.0


class RegistryAnswerError(RegistryError):
    may_pass = True


class RegistryAnswerTooLarge(RegistryAnswerError):
    may_pass = False


class RegistryRequestError(RegistryError):
    pass


class RegistryNotFound(RegistryError):
    pass


class RegistryMoved(RegistryError):
    def __init__(self, message: str, *, status: int, location: str) -> None:
        super().__init__(message)
        self.status = status
        self.location = location


class CrawlBroken(RegistryError):
    def __init__(self, reason: CrawlFault, message: str) -> None:
        super().__init__(message)
        self.reason = reason
