import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trials", "0007_lay_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactReveal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("count", models.PositiveIntegerField(default=0, verbose_name="times shown")),
                (
                    "trial",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_reveals",
                        to="trials.trial",
                    ),
                ),
            ],
            options={
                "verbose_name": "showing of contacts",
                "verbose_name_plural": "showings of contacts",
                "ordering": ["-day", "-count"],
                "constraints": [models.UniqueConstraint(fields=("trial", "day"), name="contact_reveal_once_a_day")],
            },
        ),
    ]
