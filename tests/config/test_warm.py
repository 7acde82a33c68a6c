"""A process that has started needs none of the project's files any more: an upgrade may replace them under it."""

import json
import os
import subprocess
import sys

from config.processes import ROOT
from config.warm import module_names, template_names

STARTED = """
import json, sys
{start}
from django.template import engines
(loader,) = engines["django"].engine.template_loaders
templates = [each.name for each in loader.get_template_cache.values() if hasattr(each, "name")]
templates += [f"jinja2/{{each.name}}" for each in engines["jinja2"].env.cache.values()]
print(json.dumps({{"modules": sorted(sys.modules), "templates": templates}}))
"""


def started(start: str) -> dict[str, set[str]]:
    done = subprocess.run([sys.executable, "-c", STARTED.format(start=start)], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}, check=True)  # fmt: skip
    return {key: set(names) for key, names in json.loads(done.stdout.splitlines()[-1]).items()}


def test_a_web_process_holds_all_modules_and_templates_before_its_first_request() -> None:
    found = started("import config.wsgi")
    assert not set(module_names()) - found["modules"]
    assert not set(template_names()) - found["templates"]


def test_so_does_a_worker_before_it_forks() -> None:
    begin = "from config.celery import app, signals; app.loader.init_worker(); signals.worker_init.send(sender=None)"
    found = started(begin)
    assert not set(module_names()) - found["modules"]
    assert not set(template_names()) - found["templates"]


def test_the_list_is_that_of_the_folders() -> None:
    assert {"config.errors", "trials.views.trial", "subscriptions.letters"} <= set(module_names())
    assert "trials/trial.html" in template_names()
