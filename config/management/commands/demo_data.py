"""The demo's log-ins and sample texts. Runs at each start of the demo: what is there already is left alone."""

import json
import os
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from explainers.models import Signature
from explainers.roles import EDITOR, REVIEWER
from explainers.samples import load_samples
from trials import learning

ROLES = {"editor": EDITOR, "reviewer": REVIEWER}


class Command(BaseCommand):
    help = "Make the demo accounts of DEMO_LOGINS (a JSON object: user name to password) and load the sample texts."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            logins: dict[str, str] = json.loads(os.environ.get("DEMO_LOGINS", "{}"))
        except ValueError as error:
            raise CommandError("DEMO_LOGINS must be a JSON object: user name to password.") from error
        if not {"editor", "reviewer"} <= logins.keys():
            raise CommandError("DEMO_LOGINS must name the accounts editor and reviewer.")
        users = {name: _account(name, password) for name, password in logins.items()}
        load_samples(editor=users["editor"], reviewer=users["reviewer"])
        learning.learn()


def _account(name: str, password: str) -> User:
    user, _created = User.objects.get_or_create(username=name, defaults={"first_name": "Demo", "last_name": name})
    if not user.check_password(password):
        user.set_password(password)
    user.is_staff, user.is_superuser = True, name == "admin"
    user.save()
    if name in ROLES:
        user.groups.add(Group.objects.get(name=ROLES[name]))
    Signature.objects.get_or_create(user=user, defaults={"name": f"Demo {name}", "role": "sample account"})
    return user
