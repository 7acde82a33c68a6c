"""Groups and what they may do. Migrations call `grant`, with their own lists: a role as of that migration."""

from collections.abc import Iterable
from typing import Any

EDITOR, REVIEWER, ADMINISTRATOR = "Editor", "Reviewer", "Administrator"


def grant(apps: Any, role: str, permissions: Iterable[str]) -> None:
    """Give the group the permissions, each as `app.codename_model`.

    Django makes permissions only after all migrations; those that are not there yet are made here, under the names
    that Django would find again.
    """
    group, _created = apps.get_model("auth", "Group").objects.get_or_create(name=role)
    group.permissions.add(*[_permission(apps, *name.split(".")) for name in permissions])


def all_of(app: str, model: str, *actions: str) -> list[str]:
    return [f"{app}.{action}_{model}" for action in actions or ("add", "change", "delete", "view")]


def _permission(apps: Any, app: str, codename: str) -> Any:
    action, model = codename.split("_", 1)
    types = apps.get_model("contenttypes", "ContentType").objects
    content_type, _created = types.get_or_create(app_label=app, model=model)
    permission, _created = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": f"Can {action} {model}"}
    )
    return permission
