#!/usr/bin/env python3
"""The one door: `python3 manage.py demo`, `test`, `bench`, and every Django command."""

import sys

# First of all, and in words that any Python reads: an older one stops at the syntax of the files that follow.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("Python 3.11 or newer is needed; this is Python " + sys.version.split()[0] + ".")

if __name__ == "__main__":
    from config.bootstrap import ensure_environment

    ensure_environment()

    from config.commands import run

    sys.exit(run(sys.argv[1:]))
