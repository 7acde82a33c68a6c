"""All code and templates into memory at the start: an upgrade under a running process must not mix two versions.

`git checkout` replaces files minutes before the last old process ends. A process that loaded lazily would by then read
new files beside old modules. It also saves the first visitor of each page the wait.
"""

import gc
import pkgutil
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver

APPS = ("trials", "explainers", "subscriptions", "config")
_NOT_OF_A_SERVER = ("migrations", "management", "sample_registry")
_COMMANDS = ("config.warm", "config.wsgi", "config.health", "config.prepare", "config.demo", "config.testing")


OBJECTS = 10_000
"""More live objects than a page makes: most are gone with the page, without the collector."""


def warm() -> None:
    for name in module_names():
        import_module(name)
    get_resolver()._populate()
    for name in template_names():
        fast = name.removeprefix("jinja2/")
        get_template(fast, using="jinja2" if fast != name else "django")
    _leave_alone_what_stays()


def _leave_alone_what_stays() -> None:
    """Code and templates are here for good: the collector need not look through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 10, 10)


def module_names() -> list[str]:
    """What a server may import in the middle of a request, by full name."""
    found = []
    for app in APPS:
        folder = [str(settings.ROOT / app)]
        for module in pkgutil.walk_packages(folder, prefix=f"{app}."):
            parts = module.name.split(".")
            if not set(parts) & set(_NOT_OF_A_SERVER) and module.name not in _COMMANDS:
                found.append(module.name)
    return sorted(found)


def template_names() -> list[str]:
    folder: Path = settings.ROOT / "templates"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
