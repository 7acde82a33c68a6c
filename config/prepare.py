"""What a demo needs before its first visitor: tables, static files, trials, log-ins and sample content."""

import argparse
import os
import sys
import traceback

import django
from django.core.management import CommandError, call_command


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", action="store_true", help="import from the registry if no trial is stored")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    loaded = _first_load() if options.load else True
    call_command("demo_data")
    return 0 if loaded else 3


def _first_load() -> bool:
    """A registry that is down must not keep the site from starting: the next poll asks again."""
    from trials.models import Trial

    if Trial.objects.exists():
        return True
    try:
        call_command("sync_trials", full=True)
    except (CommandError, SystemExit):
        traceback.print_exc()
    return Trial.objects.exists()


if __name__ == "__main__":
    sys.exit(main())
