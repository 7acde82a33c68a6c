"""Who may do what in the admin."""

import pytest

from tests.explainers.factories import member, published_summary

pytestmark = pytest.mark.django_db

OPEN_TO_EDITORS = [
    "/admin/explainers/plainsummary/",
    "/admin/explainers/explainer/",
    "/admin/explainers/glossaryterm/",
    "/admin/explainers/readerreport/",
    "/admin/explainers/correction/",
    "/admin/explainers/explainerimage/",
]
ADMINISTRATORS_ONLY = [
    "/admin/auth/user/",
    "/admin/auth/group/",
    "/admin/subscriptions/subscriber/",
    "/admin/subscriptions/subscription/",
    "/admin/subscriptions/email/",
    "/admin/subscriptions/mailswitch/",
    "/admin/subscriptions/suppression/",
    "/admin/admin/logentry/",
]
CLOSED_TO_EDITORS = [
    *ADMINISTRATORS_ONLY,
    "/admin/explainers/signature/add/",
    "/admin/explainers/category/add/",
]


@pytest.mark.parametrize("role", ["Editor", "Reviewer", "Administrator"])
@pytest.mark.parametrize("path", OPEN_TO_EDITORS)
def test_each_role_sees_the_texts(client, role, path):
    client.force_login(member(role))
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("role", ["Editor", "Reviewer"])
@pytest.mark.parametrize("path", CLOSED_TO_EDITORS)
def test_editors_and_reviewers_are_kept_from_what_administrators_do(client, role, path):
    client.force_login(member(role))
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", ADMINISTRATORS_ONLY)
def test_an_administrator_sees_what_others_do_not(client, path):
    client.force_login(member("Administrator"))
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "role, may", [("Editor", False), ("Reviewer", True), ("Administrator", True)]
)  # fmt: skip
def test_only_reviewers_and_administrators_may_approve(role, may):
    assert member(role).has_perm("explainers.review_plainsummary") is may


def test_an_editor_has_no_right_beyond_texts():
    apps = {name.split(".")[0] for name in member("Editor").get_all_permissions()}
    rights = {name for name in member("Editor").get_all_permissions() if name.startswith("trials.")}
    assert apps == {"explainers", "trials"}
    what_a_page_offers_to_follow = {"trials.change_trial"}
    words_of_conditions = {f"trials.{action}_conditionname" for action in ("add", "change", "delete")}
    words_of_conditions.add("trials.change_condition")
    others = rights - what_a_page_offers_to_follow - words_of_conditions
    assert all(name.startswith("trials.view_") for name in others)


def test_nobody_may_rewrite_the_kept_versions():
    rights = member("Administrator").get_all_permissions()
    kept = ("summaryversion", "summarycheck", "explainerversion", "explainercheck")
    assert not [name for name in rights if name.endswith(kept) and not name.startswith("explainers.view_")]


def test_a_reviewer_cannot_write_the_text(client):
    summary = published_summary()
    client.force_login(member("Reviewer"))
    path = f"/admin/explainers/plainsummary/{summary.pk}/change/"
    assert client.post(path, {"title": "Mine"}).status_code == 403
