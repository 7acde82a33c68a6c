"""A number that moves whenever what readers see may have changed: what cached pages are checked against.

It lies in the cache server. When that is down nothing is cached, and pages are made anew: slower, never stale.
"""

import time

from django.core.cache import cache

_KEY = "generation"


def current() -> int | None:
    """None where the cache server does not answer."""
    try:
        value = cache.get(_KEY)
        if value is None:  # started empty, or was flushed: no old page may fit by chance
            cache.add(_KEY, time.time_ns() // 1000, timeout=None)
            value = cache.get(_KEY)
    except Exception:
        return None
    return int(value) if value is not None else None


def move() -> None:
    """Called after a commit that readers should see. Without a cache server pages are at most a minute old."""
    try:
        cache.set(_KEY, time.time_ns() // 1000, timeout=None)
    except Exception:
        return
