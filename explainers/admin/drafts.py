"""What an editor typed lies in the browser until a page tells that it was saved; see static/js/admin-drafts.js."""

import re

from django.http import HttpRequest

_TOKEN = re.compile(r"[a-z0-9]{6,40}")


def saved_tag(request: HttpRequest) -> str:
    """For the message that tells of a save: it names the draft that the browser may throw away."""
    token = request.POST.get("draft", "")
    return f"draft-saved-{token}" if _TOKEN.fullmatch(token) else ""
