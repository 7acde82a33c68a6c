import json
from io import StringIO

import pytest
from django.core.management import call_command

from tests.trials.finding import findable


@pytest.mark.django_db
def test_the_command_makes_all_rows_and_says_how_many() -> None:
    trial = findable("NCT99000001")
    trial.search.delete()
    out = StringIO()
    call_command("rebuild_search", stdout=out)
    assert json.loads(out.getvalue()) == {"trials": 1}
    trial.refresh_from_db()
    assert trial.search.rank
