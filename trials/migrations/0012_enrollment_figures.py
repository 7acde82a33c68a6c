from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trials", "0011_directory")]

    operations = [
        migrations.CreateModel(
            name="EnrollmentFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("study_type", models.CharField(max_length=40)),
                ("phases", models.CharField(blank=True, help_text="Joined by commas; empty for none.", max_length=120)),
                ("is_actual", models.BooleanField(
                    help_text="People who took part; otherwise people whom trials plan to take.")),
                ("trials", models.PositiveIntegerField(help_text="How many trials were counted.")),
                ("lower", models.PositiveIntegerField(
                    help_text="A quarter of the trials have fewer people, or as many.")),
                ("middle", models.PositiveIntegerField()),
                ("upper", models.PositiveIntegerField(help_text="A quarter of the trials have more people.")),
                ("measured_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("study_type", "phases", "is_actual"), name="enrollment_figure_once"
                    )
                ],
            },
        ),
    ]
