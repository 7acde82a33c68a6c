"""What every way of starting the web server shares; gunicorn reads this file from the folder it starts in."""

import os

os.environ["PLAINTRIALS_PROCESS"] = "web"  # its queries get a time limit; see config/settings.py

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.start import load_settings

load_settings()

from config.settings import LOGGING  # noqa: E402  only now may it be read

# One line a request: no query, no visitor's address; a token in the path goes by redaction.
access_log_format = "%(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"
logconfig_dict = {
    **LOGGING,
    "loggers": {
        **LOGGING["loggers"],
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "INFO", "propagate": True},
    },
}

# A request's first line and headers: more is an attempt at something else.
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
