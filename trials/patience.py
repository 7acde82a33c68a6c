"""A command by hand waits for the sync that is at work: the site's own poll takes seconds, a person has a minute."""

import time
from collections.abc import Callable
from typing import TypeVar

from trials.flight import SyncBusy

LONGEST = 60.0
BETWEEN_TRIES = 0.1
Done = TypeVar("Done")


def once_free(work: Callable[[], Done], say: Callable[[str], object]) -> Done:
    """Does the work as soon as no other sync is at work. Raises SyncBusy after a minute."""
    end, has_told = time.monotonic() + LONGEST, False
    while True:
        try:
            return work()
        except SyncBusy as error:
            if time.monotonic() > end:
                raise SyncBusy(f"{error}, for more than {LONGEST:.0f} seconds") from error
        if not has_told:
            say(f"Another sync is at work: this command waits for it, up to {LONGEST:.0f} seconds.")
            has_told = True
        time.sleep(BETWEEN_TRIES)
