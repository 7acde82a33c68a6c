from django.db import migrations


def allow_administrators(apps, schema_editor):
    """Django makes permissions only after all migrations; this one is made here, under the name it would find."""
    types = apps.get_model("contenttypes", "ContentType").objects
    content_type, _ = types.get_or_create(app_label="trials", model="syncrun")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type,
        codename="decide_syncrun",
        defaults={"name": "Can release or discard held runs"},
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Administrator")
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("trials", "0002_sync_ledger"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(allow_administrators, migrations.RunPython.noop)]
