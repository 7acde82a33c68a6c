"""Which of the commands a word on the command line means."""

import os
import sys
from collections.abc import Sequence

from config.joining import services_for, take_data_option
from config.processes import Problem


def run(argv: Sequence[str]) -> int:
    """The exit code. Django's own commands may also exit by themselves."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = argv[0] if argv else ""
    try:
        if command == "demo":
            from config.demo import demo

            return demo(argv[1:])
        if command == "test":
            from config.testing import run_tests

            return run_tests(argv[1:])
        if command == "bench" and os.environ.get("PLAINTRIALS_BENCH") != "1":
            from config.testing import run_bench

            return run_bench(argv[1:])
        return _django(argv)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    except Exception as error:
        if type(error).__name__ != "ImproperlyConfigured":  # Django may not even be importable yet
            raise
        print(error, file=sys.stderr)
        return 1


def _django(argv: Sequence[str]) -> int:
    from django.core.management import execute_from_command_line

    words, folder = take_data_option(argv)
    with services_for(words, folder):
        execute_from_command_line([sys.argv[0], *words])
    return 0
