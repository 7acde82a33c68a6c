"""Makes the search rows and the directory anew: after a change of what they hold, or where in doubt."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from trials import first_import, search_index
from trials.directory import filling


class Command(BaseCommand):
    help = "Makes the rows that search, treatment and hospital pages read anew; only its last seconds hold searches up."

    def handle(self, *args: Any, **options: Any) -> None:
        done = search_index.rebuild()
        first_import.in_order()
        filling.rebuild()
        self.stdout.write(json.dumps({"trials": done}))
