from django.db import migrations

from explainers.roles import ADMINISTRATOR, EDITOR, REVIEWER, grant


def let_them_see(apps, schema_editor):
    """How often contacts were shown tells which trials readers act on. It names no reader."""
    for role in (EDITOR, REVIEWER, ADMINISTRATOR):
        grant(apps, role, ["trials.view_contactreveal"])


class Migration(migrations.Migration):
    dependencies = [("explainers", "0003_administrators_and_mail"), ("trials", "0008_contact_reveals")]

    operations = [migrations.RunPython(let_them_see, migrations.RunPython.noop)]
