"""Makes the search rows anew: after a change of what they hold, or where in doubt."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from trials import search_index


class Command(BaseCommand):
    help = "Makes the rows that the search reads anew, a batch at a time; the site goes on meanwhile."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps({"trials": search_index.rebuild()}))
