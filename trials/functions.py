"""PostgreSQL functions that Django has no name for."""

from django.db.models import Func, IntegerField


class HashText(Func):
    """A stable 32-bit number of a text."""

    function = "hashtext"
    output_field = IntegerField()
