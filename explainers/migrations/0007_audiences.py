import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    """How many readers each trial has; counted by a task, so that nothing has to be filled here."""

    dependencies = [("explainers", "0006_directory_roles"), ("trials", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Audience",
            fields=[
                ("trial", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True,
                                               related_name="audience", serialize=False, to="trials.trial")),
                ("readers", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(F("readers").desc(), F("trial").desc(), name="audience_most_readers")],
            },
        ),
    ]  # fmt: skip
