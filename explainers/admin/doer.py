from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def doer(request: HttpRequest) -> User:
    """Who acts. The admin's views have checked the log-in before."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
