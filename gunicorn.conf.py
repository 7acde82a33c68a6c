"""What every way of starting the web server shares; gunicorn reads this file from the folder it starts in."""

import os

os.environ["PLAINTRIALS_PROCESS"] = "web"  # its queries get a time limit; see config/settings.py

from config.settings import LOGGING

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
