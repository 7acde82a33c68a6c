from django.db import migrations

from explainers.roles import ADMINISTRATOR, all_of, grant


def let_administrators_mind_the_mail(apps, schema_editor):
    """Rights over another app's rows, by name alone: all roles are kept in one place."""
    seen = ["subscriber", "subscription", "notification", "digestrun", "matchedrun", "confirmation"]
    grant(
        apps,
        ADMINISTRATOR,
        [
            *[f"subscriptions.view_{model}" for model in seen],
            *all_of("subscriptions", "email", "view", "change"),
            *all_of("subscriptions", "mailswitch", "view", "change"),
            *all_of("subscriptions", "suppression", "view", "add", "delete"),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("explainers", "0002_roles")]

    operations = [migrations.RunPython(let_administrators_mind_the_mail, migrations.RunPython.noop)]
