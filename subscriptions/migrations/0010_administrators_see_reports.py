"""Rights of the group that minds the mail. Roles are kept by another app; this one's rows are its own to grant."""

from typing import Any

from django.db import migrations

from explainers.roles import ADMINISTRATOR, grant


def let_administrators_read(apps: Any, schema_editor: Any) -> None:
    models = ("bouncereport", "providerevent", "providerpace", "matchedupdate")
    grant(apps, ADMINISTRATOR, [f"subscriptions.view_{model}" for model in models])


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0009_raw_bounces"), ("explainers", "0003_administrators_and_mail")]

    operations = [migrations.RunPython(let_administrators_read, migrations.RunPython.noop)]
