"""Loads the settings for programs that would show a traceback: whoever starts them gets the sentence alone."""

import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def load_settings() -> None:
    """Ends the process where a setting is missing or wrong."""
    try:
        settings.INSTALLED_APPS  # noqa: B018  the first look reads them all
    except ImproperlyConfigured as error:
        sys.exit(str(error))
