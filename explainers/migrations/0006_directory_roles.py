from django.db import migrations

from explainers.roles import ADMINISTRATOR, EDITOR, REVIEWER, grant


def let_them(apps, schema_editor):
    """As with conditions: everybody at the desk sees them, administrators hide and merge."""
    models = ("treatment", "site")
    for role in (EDITOR, REVIEWER, ADMINISTRATOR):
        grant(apps, role, [f"trials.view_{model}" for model in models])
    grant(apps, ADMINISTRATOR, [f"trials.change_{model}" for model in models])


class Migration(migrations.Migration):
    dependencies = [("explainers", "0005_explainer_updates"), ("trials", "0011_directory")]

    operations = [migrations.RunPython(let_them, migrations.RunPython.noop)]
