from django.db import migrations

from explainers.roles import ADMINISTRATOR, EDITOR, REVIEWER, all_of, grant


def give_roles(apps, schema_editor):
    read = [
        "explainers.view_plainsummary",
        "explainers.view_summaryversion",
        "explainers.view_summarycheck",
        "explainers.view_signature",
        "trials.view_trial",
        "trials.view_trialchange",
        "trials.view_condition",
    ]
    write = all_of("explainers", "plainsummary", "add", "change")
    review = ["explainers.review_plainsummary"]
    run = [
        *review,
        *all_of("explainers", "plainsummary", "withdraw", "delete"),
        *all_of("explainers", "signature"),
        *all_of("trials", "condition", "add", "change"),
        *all_of("trials", "conditionname"),
        *all_of("trials", "syncrun", "view", "change"),
        *all_of("trials", "quarantinedstudy", "view"),
        *all_of("auth", "user", "add", "change", "view"),
        *all_of("auth", "group", "view"),
    ]
    grant(apps, EDITOR, [*read, *write])
    grant(apps, REVIEWER, [*read, *review, "explainers.withdraw_plainsummary"])
    grant(apps, ADMINISTRATOR, [*read, *write, *run])


class Migration(migrations.Migration):
    dependencies = [
        ("explainers", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
