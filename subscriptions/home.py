"""Which database mail goes from. One restored from a dump is another: it starts held until a person lets it go."""

from django.db import connection

_HERE = """
SELECT system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
  FROM pg_control_system()
"""


def here() -> str:
    """The cluster's own number and the database's in it. A dump carries neither; a copy of the disk carries both."""
    with connection.cursor() as cursor:
        cursor.execute(_HERE)
        (name,) = cursor.fetchone()
    return str(name)
