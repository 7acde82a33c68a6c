"""A column that the older code does not know and need not fill."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("subscriptions", "0003_bounce_reports"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailswitch",
            name="home",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The database that mail was last let go from.",
                max_length=60,
            ),
        ),
    ]
