import django.contrib.postgres.fields
from django.db import migrations, models


def allow(apps, schema_editor):
    """The vocabulary of conditions is the editors' work, as the learned names are suggested to them."""
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    editor, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Editor")
    for model, codenames in [
        ("condition", ["view_condition", "change_condition"]),
        ("conditionname", ["view_conditionname", "add_conditionname", "change_conditionname", "delete_conditionname"]),
    ]:
        content_type, _ = types.get_or_create(app_label="trials", model=model)
        for codename in codenames:
            permission, _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
            )
            editor.permissions.add(permission)


class Migration(migrations.Migration):

    dependencies = [
        ('trials', '0014_more_lay_names'),
    ]

    operations = [
        migrations.CreateModel(
            name='LearnedName',
            fields=[
            ],
            options={
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('trials.conditionname',),
        ),
        migrations.AddField(
            model_name='conditionmerge',
            name='chip_trials',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, help_text='Whose, in step.', size=None),
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
