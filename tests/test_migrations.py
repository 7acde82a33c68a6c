"""Old and new code share the tables for minutes at each upgrade: a migration may add, and a later one take away.

Migrations of 0.1.0 and before are exempt: no older code ran on them.
"""

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

OURS = ("trials", "explainers", "subscriptions", "config")
TAKES_AWAY = (migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel)
RELEASED = {
    "trials": "0010_open_trials_index",
    "explainers": "0004_editors_see_reveals",
    "subscriptions": "0003_bounce_reports",
    "config": "0003_backup_codes",
}
"""App -> its last migration of release 0.1.0. Every later one is linted; these names stay as they are."""


def linted() -> list[tuple[str, Any]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [(f"{app}.{name}", migration) for (app, name), migration in sorted(loader.disk_migrations.items())
            if app in OURS and name > RELEASED.get(app, "")]  # fmt: skip


def faults(operation: Operation, name: str, *, promised: str = "") -> list[str]:
    """What would break the code of the release before while it still runs."""
    found = []
    if isinstance(operation, TAKES_AWAY) and not promised:
        found.append(f"{name}: {operation.describe()} takes away what the older code reads")
    if isinstance(operation, migrations.AddField) and _needs_value(operation.field):
        found.append(f"{name}: {operation.describe()} would make the older code's inserts fail: give it a db_default")
    if isinstance(operation, migrations.RunPython) and operation.reverse_code is None:
        found.append(f"{name}: a RunPython without its way back")
    return found


def _needs_value(field: models.Field[Any, Any]) -> bool:
    if field.null or isinstance(field, models.ManyToManyField) or getattr(field, "generated", False):
        return False
    return field.db_default is models.NOT_PROVIDED


def test_no_migration_breaks_the_release_before() -> None:
    assert not [fault for name, migration in linted() for operation in migration.operations
                for fault in faults(operation, name, promised=getattr(migration, "contracts", ""))]  # fmt: skip


def test_the_lint_reads_the_migrations_since_the_release() -> None:
    """Its list is not empty by a slip, and the migrations that it counts from exist."""
    on_disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    assert all((app, name) in on_disk for app, name in RELEASED.items())
    assert {name.partition(".")[0] for name, _ in linted()} >= {"trials", "subscriptions"}


@pytest.mark.parametrize(
    ("operation", "is_refused"),
    [
        (migrations.RemoveField("trial", "status"), True),
        (migrations.DeleteModel("Trial"), True),
        (migrations.RenameField("trial", "status", "state"), True),
        (migrations.AddField("trial", "x", models.CharField(default="")), True),
        (migrations.AddField("trial", "x", models.CharField(db_default="")), False),
        (migrations.AddField("trial", "x", models.CharField(null=True)), False),
        (migrations.RunPython(lambda apps, editor: None), True),
        (migrations.RunPython(lambda apps, editor: None, migrations.RunPython.noop), False),
        (migrations.AddIndex("trial", models.Index(fields=["status"], name="x")), False),
    ],
)
def test_the_lint_knows_expanding_from_contracting(operation: Operation, is_refused: bool) -> None:
    assert bool(faults(operation, "trials.9999_x")) is is_refused


def test_a_contraction_that_says_when_the_code_stopped_reading_passes() -> None:
    assert not faults(migrations.RemoveField("trial", "status"), "x", promised="unread since 1.3")


def test_every_python_step_has_a_way_back() -> None:
    assert not [fault for name, migration in linted() for operation in migration.operations
                if isinstance(operation, migrations.RunPython) for fault in faults(operation, name)]  # fmt: skip


def test_each_app_has_one_line_of_migrations() -> None:
    assert not MigrationLoader(None, ignore_no_migrations=True).detect_conflicts()


@pytest.mark.django_db
def test_the_tables_are_what_the_models_say() -> None:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
    wanted = {model._meta.db_table for app in OURS for model in apps.get_app_config(app).get_models()
              if model._meta.managed and not model._meta.proxy}  # fmt: skip
    assert wanted <= tables
