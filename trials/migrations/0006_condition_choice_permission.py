from django.db import migrations


def allow(apps, schema_editor):
    """Which condition a trial's page offers for following is the one field of a trial that its admin form has."""
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    groups = apps.get_model("auth", "Group").objects
    for model, codename, roles in [
        ("trial", "change_trial", ["Editor", "Administrator"]),
        ("missingstudy", "view_missingstudy", ["Administrator"]),
    ]:
        content_type, _ = types.get_or_create(app_label="trials", model=model)
        permission, _ = permissions.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
        )
        for role in roles:
            groups.get_or_create(name=role)[0].permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("trials", "0005_search")]

    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
