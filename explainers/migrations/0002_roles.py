from django.db import migrations

from explainers.roles import ADMINISTRATOR, EDITOR, REVIEWER, all_of, grant

TEXTS = ["explainer", "explaineritem", "faq", "reference", "resource"]
KEPT = ["summaryversion", "summarycheck", "explainerversion", "explainercheck", "trialmention"]


def give_roles(apps, schema_editor):
    read = [
        *[f"explainers.view_{model}" for model in [*TEXTS, *KEPT, "plainsummary", "signature", "category",
                                                    "glossaryterm", "readerreport", "correction", "explainerimage"]],
        "trials.view_trial",
        "trials.view_trialchange",
        "trials.view_condition",
    ]
    write = [
        *all_of("explainers", "plainsummary", "add", "change"),
        *all_of("explainers", "explainer", "add", "change"),
        *[name for model in ["explaineritem", "faq", "reference", "resource"] for name in all_of("explainers", model)],
        *all_of("explainers", "glossaryterm"),
        *all_of("explainers", "explainerimage", "add", "change"),
        *all_of("explainers", "readerreport", "change"),
        *all_of("explainers", "correction", "add"),
    ]
    review = [
        "explainers.review_plainsummary",
        "explainers.withdraw_plainsummary",
        "explainers.review_explainer",
        "explainers.withdraw_explainer",
        *all_of("explainers", "readerreport", "change"),
        *all_of("explainers", "correction", "add"),
    ]
    run = [
        *all_of("explainers", "plainsummary", "delete"),
        *all_of("explainers", "explainer", "delete"),
        *all_of("explainers", "explainerimage", "delete"),
        *all_of("explainers", "category"),
        *all_of("explainers", "signature"),
        *all_of("trials", "condition", "add", "change"),
        *all_of("trials", "conditionname"),
        *all_of("trials", "syncrun", "view", "change"),
        *all_of("trials", "quarantinedstudy", "view"),
        *all_of("auth", "user", "add", "change", "view"),
        *all_of("auth", "group", "view"),
    ]
    grant(apps, EDITOR, [*read, *write])
    grant(apps, REVIEWER, [*read, *review])
    grant(apps, ADMINISTRATOR, [*read, *write, *review, *run])


class Migration(migrations.Migration):
    dependencies = [
        ("explainers", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
