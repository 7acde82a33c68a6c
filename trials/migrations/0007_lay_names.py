from django.db import migrations, models


def give(apps, schema_editor):
    """The starter list, for the conditions that are here already; later ones get theirs as they are made."""
    from trials.lay_names import by_heading

    condition, name = apps.get_model("trials", "Condition"), apps.get_model("trials", "ConditionName")
    keys = list(by_heading())
    name.objects.bulk_create(
        [
            name(condition_id=id_, name=spelling, key=key, source="lay")
            for heading, id_ in condition.objects.filter(key__in=keys).values_list("key", "id")
            for key, spelling in by_heading()[heading].items()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0006_condition_choice_permission'),
    ]

    operations = [
        migrations.AlterField(
            model_name='conditionname',
            name='source',
            field=models.CharField(choices=[('editor', 'Editor'), ('mesh', 'MeSH term'), ('lay', 'Everyday name'), ('learned', 'Learned from the records')], default='editor', max_length=10),
        ),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
