from django.db import migrations

from explainers.roles import ADMINISTRATOR, all_of, grant


def let_administrators_read(apps, schema_editor):
    grant(
        apps,
        ADMINISTRATOR,
        [
            "admin.view_logentry",
            "config.view_signinattempt",
            *all_of("otp_totp", "totpdevice", "view", "delete"),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_sign_in"),
        ("explainers", "0002_roles"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("otp_totp", "0001_initial"),
    ]

    operations = [migrations.RunPython(let_administrators_read, migrations.RunPython.noop)]
