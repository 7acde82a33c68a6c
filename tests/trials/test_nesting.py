"""What nests too deeply is cut out; the rest of the JSON is what it was."""

import contextlib
import json

import pytest

from tests.trials.scripted_registry import FakeTime, ScriptedRegistry, page, reply
from trials.nesting import MOST, TOO_DEEP, without_deep
from trials.registry import Registry


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(("levels", "is_cut"), [(MOST - 1, False), (MOST, True), (50_000, True)])
def test_a_value_of_too_many_levels_is_cut_out(levels: int, is_cut: bool) -> None:
    body = f'[{{"a": "[[[\\"", "b": {nested(levels)}}}, {{"c": "{{"}}]'.encode()
    first, second = json.loads(without_deep(body, 1))
    assert (first == {TOO_DEEP: True}) is is_cut
    assert second == {"c": "{"}


def test_the_stub_keeps_the_id_that_the_study_gives_itself() -> None:
    study = f'{{"protocolSection": {{"identificationModule": {{"nctId": "NCT99000001"}}}}, "x": {nested(500)}}}'
    stub = json.loads(without_deep(f'{{"studies": [{study}, {{}}]}}'.encode(), 2))["studies"][0]
    assert stub["protocolSection"]["identificationModule"]["nctId"] == "NCT99000001"


def test_a_page_of_the_registry_loses_only_the_study_that_nests_too_deeply() -> None:
    body = json.dumps(page(1, 2, 3)).replace('"hasResults": false', f'"hasResults": {nested(50_000)}', 1)
    with contextlib.closing(ScriptedRegistry()) as registry:
        registry.script = [reply(body.encode())]
        time = FakeTime().timepiece()
        with Registry(registry.url, contact="", site_url="https://x.org", min_interval=0.0, time=time) as client:
            found = list(client.studies_by_id(["NCT00000001"]))
    assert [TOO_DEEP in study for study in found] == [True, False, False]
