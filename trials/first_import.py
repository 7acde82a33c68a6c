"""A first import goes without the references and indexes that cost most, and makes them at its end.

It is what PostgreSQL's manual advises for filling a database. An import that broke off left them out: the end of the
next run, whatever it is, makes what is missing.
"""

from django.db import connection, models, transaction

from trials.models import Location, Trial, TrialCondition, TrialDocument, TrialSearch

_INDEXES = {"trialsearch_terms": "", "trialsearch_open_terms": f"WHERE rank >= {TrialSearch.OPEN}"}
_REFERENCES: tuple[tuple[type[models.Model], str], ...] = (
    (Trial, "subscription_condition"), (TrialDocument, "trial"), (Location, "trial"), (TrialCondition, "trial"),
    (TrialCondition, "condition"), (TrialSearch, "trial"),
)  # fmt: skip


def begin_if_first() -> None:
    """Before the first rows, in their transaction. Any other run keeps everything."""
    if Trial.objects.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {', '.join(_INDEXES)}")
        for (model, _), (name, _) in zip(_REFERENCES, _references(), strict=True):
            cursor.execute(f'ALTER TABLE {model._meta.db_table} DROP CONSTRAINT IF EXISTS "{name}"')


def settle() -> None:
    """At the end of a run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", [[*_INDEXES]])
        missing = [name for (name,) in cursor.fetchall()]
        for name in missing:
            cursor.execute(f"CREATE INDEX {name} ON trials_trialsearch USING gin (terms) {_INDEXES[name]}")
        names = [name for name, _ in _references()]
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'f' AND conname = ANY(%s)", [names])
        there = {name for (name,) in cursor.fetchall()}
        lacking = [create for name, create in _references() if name not in there]
        if lacking:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what this transaction still has to check, first
            for create in lacking:
                cursor.execute(create)
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        if missing or lacking:
            cursor.execute("ANALYZE trials_trial, trials_location, trials_trialcondition, trials_trialsearch")


def in_order() -> None:
    """Puts search rows on the disk as they rank: the freshest, which are looked at first, lie side by side. Nobody can
    search meanwhile, for a quarter of a minute at the size of the registry."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CLUSTER trials_trialsearch USING trialsearch_rank")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _references() -> list[tuple[str, str]]:
    """Name and statement of each, as the migrations made them."""
    editor = connection.schema_editor(collect_sql=True, atomic=False)
    made = []
    for model, name in _REFERENCES:
        field = model._meta.get_field(name)
        statement = editor._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s")  # type: ignore[attr-defined]
        made.append((str(statement.parts["name"]).strip('"'), str(statement)))
    return made
