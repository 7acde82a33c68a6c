from collections import Counter

from django.db import migrations


def give(apps, schema_editor):
    """What the starter list has gained since, for the conditions that are here already, and its words for the speller."""
    from trials.lay_names import by_heading
    from trials.search.words import words_of

    condition, name = apps.get_model("trials", "Condition"), apps.get_model("trials", "ConditionName")
    keys = list(by_heading())
    rows = [
        name(condition_id=id_, name=spelling, key=key, source="lay")
        for heading, id_ in condition.objects.filter(key__in=keys).values_list("key", "id")
        for key, spelling in by_heading()[heading].items()
    ]
    name.objects.bulk_create(rows, ignore_conflicts=True)
    counts = Counter(word for row in rows for word in words_of(row.name))
    word = apps.get_model("trials", "SearchWord")
    word.objects.bulk_create([word(word=each, uses=uses) for each, uses in counts.items()], ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("trials", "0013_condition_hierarchy")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
