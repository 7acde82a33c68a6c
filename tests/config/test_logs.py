"""The log as the site writes it: one scrubbed JSON object a line, from Django, Celery and the web server alike."""

import json
import logging
import sys

from django.conf import settings
from django.test import RequestFactory

from config.logs import JsonLine, PlainLine


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("trials", logging.ERROR, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def failing() -> logging.LogRecord:
    made = record("it failed")
    try:
        raise ValueError("ada@example.org\nERROR forged line")
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def test_a_line_is_one_json_object_with_arguments_and_extras_scrubbed() -> None:
    line = JsonLine("key").format(record("mail %s\n2", "ada@example.org", run=7, to="bob@example.org"))
    assert "\n" not in line
    entry = json.loads(line)
    assert (entry["level"], entry["logger"], entry["run"]) == ("error", "trials", 7)
    assert entry["message"].startswith("mail [address ")
    assert "example.org" not in line


def test_a_trace_is_scrubbed_and_stays_on_the_line() -> None:
    line = JsonLine("key").format(failing())
    assert "\n" not in line
    assert "ada@" not in line
    assert "ValueError" in json.loads(line)["trace"]


def test_the_request_that_django_hands_over_is_left_out() -> None:
    request = RequestFactory().get("/trials/?q=secret", HTTP_COOKIE="session=abc")
    line = JsonLine("key").format(record("Internal Server Error: %s", "/trials/", request=request, status_code=500))
    assert json.loads(line)["status_code"] == 500
    assert "secret" not in line
    assert "abc" not in line


def test_a_plain_line_cannot_be_forged() -> None:
    line = PlainLine("key").format(record("a\nERROR b ada@example.org"))
    assert "\n" not in line
    assert "ada@" not in line


def test_every_handler_of_the_settings_scrubs() -> None:
    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == {"line"}
    for name in ("django", "django.server", "django.request", "celery", "celery.task"):
        writing = [each for each in logging.getLogger(name).handlers if not isinstance(each, logging.NullHandler)]
        assert all(isinstance(handler.formatter, JsonLine | PlainLine) for handler in writing)


def test_celery_adds_no_handlers_of_its_own() -> None:
    from config.celery import app

    app.log.setup_logging_subsystem(loglevel="INFO")
    handlers = logging.getLogger("celery.task").handlers
    assert [each for each in handlers if not isinstance(each, logging.NullHandler)] == []


def test_the_web_server_logs_by_the_same_handlers() -> None:
    import runpy

    conf = runpy.run_path("gunicorn.conf.py")
    assert conf["logconfig_dict"]["handlers"] == settings.LOGGING["handlers"]
    assert not [code for code in ("%(h)s", "%(q)s", "%(f)s", "%(a)s", "%(r)s") if code in conf["access_log_format"]]
