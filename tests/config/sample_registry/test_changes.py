"""What happens in the demo's registry while somebody watches."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from config.sample_registry import SampleRegistry
from config.sample_registry.changes import LIVELY, Changer
from config.sample_registry.script import LATER, SCRIPT, TIDES
from config.sample_registry.world import BEGINNING, World, load
from tests.config.sample_registry.client import SEEDS, STUDIES, undated


class TestDemoChanges:
    def world(self) -> World:
        return World(load(), lambda: BEGINNING)

    def test_every_step_changes_its_study_and_only_that(self) -> None:
        world = self.world()
        changer = Changer(world, every=0, state=None)
        for _ in range(len(SCRIPT) + 3 * len(TIDES)):
            before = {nct: world.study(nct) for nct in world.studies}
            concerned = changer.step()
            after = {nct: world.study(nct) for nct in world.studies}
            changed = {nct for nct in after if undated(after[nct]) != undated(before.get(nct, {}))}
            assert changed == {concerned}

    def test_the_three_seed_trials_never_change(self) -> None:
        assert not SEEDS & {step.nct_id for step in SCRIPT + TIDES}
        assert all(step.nct_id.startswith("NCT990000") for step in SCRIPT + TIDES)

    def test_tides_come_and_go(self) -> None:
        world = self.world()
        changer = Changer(world, every=0, state=None)
        for _ in range(len(SCRIPT) + 2 * len(TIDES)):
            changer.step()
        before = [undated(world.study(step.nct_id)) for step in TIDES]
        for _ in range(2 * len(TIDES)):
            changer.step()
        assert [undated(world.study(step.nct_id)) for step in TIDES] == before

    def test_each_seed_condition_gets_a_new_study(self) -> None:
        late = [json.loads(path.read_text()) for path in LATER.glob("NCT*.json")]
        firsts = {study["protocolSection"]["conditionsModule"]["conditions"][0] for study in late}
        assert {STUDIES[seed]["protocolSection"]["conditionsModule"]["conditions"][0] for seed in SEEDS} <= firsts

    def test_a_restart_replays_what_happened(self, tmp_path: Path) -> None:
        first, second = self.world(), self.world()
        changer = Changer(first, every=0, state=tmp_path)
        for _ in range(9):
            changer.step()
        again = Changer(second, every=0, state=tmp_path)
        assert second.studies == first.studies
        assert second.data_timestamp == first.data_timestamp
        assert again.step() == SCRIPT[9].nct_id

    def test_the_pace_slows_down_after_a_dozen(self) -> None:
        changer = Changer(self.world(), every=20, state=None)
        pauses = [changer.pause_before(number) for number in range(30)]
        assert pauses[:LIVELY] == [20.0] * LIVELY
        assert pauses[LIVELY : LIVELY + 6] == [40.0, 80.0, 160.0, 320.0, 600.0, 600.0]

    def test_changes_come_by_themselves(self) -> None:
        with SampleRegistry(change_every=0.05) as registry:
            deadline = time.monotonic() + 10
            while len(registry.changer.applied) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
        assert len(registry.changer.applied) >= 2

    def test_the_command_serves_remembers_and_ends_on_sigterm(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "config.sample_registry", "--port", "0", "--state", str(tmp_path)]
        for runs in (1, 2):
            with subprocess.Popen(
                [*command, "--change-every", "0.2" if runs == 1 else "0"],
                cwd=Path(__file__).parents[3],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            ) as process:
                assert process.stdout is not None
                url = process.stdout.readline().split(": ")[1].strip()
                houston = self._houston(url, until="RECRUITING")
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=10) == 0
            assert houston == "RECRUITING"

    @staticmethod
    def _houston(url: str, until: str) -> str:
        deadline = time.monotonic() + 10
        while True:
            places = httpx.get(f"{url}/studies/NCT99000001").json()["protocolSection"]["contactsLocationsModule"]
            status = next(str(site["status"]) for site in places["locations"] if site["city"] == "Houston")
            if status == until or time.monotonic() > deadline:
                return status
            time.sleep(0.1)
