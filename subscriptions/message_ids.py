"""A Message-ID is fixed when a mail is composed: should it ever be sent twice, mail programs can tell."""

import uuid
from email.utils import parseaddr

from django.conf import settings


def mail_domain() -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2] or "localhost"


def new_message_id() -> str:
    return f"<{uuid.uuid4()}@{mail_domain()}>"
