"""What happens in the demo's registry while somebody watches: written edits, in order, every so often."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from pathlib import Path

from config.sample_registry.script import SCRIPT, TIDES, Step
from config.sample_registry.world import World

LIVELY = 12
SLOWEST = 600.0
STATE_FILE = "sample_registry.json"


class Changer:
    """Applies the script's steps one after another. What was applied, and when, outlives a restart in the state folder.

    The first dozen steps after a start come at an even pace, so that a newcomer sees alerts arrive. Then the pause
    doubles up to ten minutes, so that the pages of a demo left running do not fill with changes.
    """

    def __init__(self, world: World, *, every: float, state: Path | None) -> None:
        self.world, self.every = world, every
        self.file = state / STATE_FILE if state else None
        self.applied: list[str] = self._remembered()
        self._stopped = threading.Event()
        for number, moment in enumerate(self.applied):
            self._apply(number, datetime.fromisoformat(moment))

    def step(self) -> str:
        """Applies the next step now and returns the NCT ID that it concerns."""
        with self.world.lock:
            moment = max(self.world.clock(), self.world.data_timestamp)
            nct_id = self._apply(len(self.applied), moment)
            self.applied.append(moment.isoformat())
            self._remember()
        return nct_id

    def start(self) -> None:
        if self.every > 0:
            threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def pause_before(self, number: int) -> float:
        """Seconds before the step of that number since the start, counted from 0."""
        return min(self.every * 2.0 ** max(0, number - LIVELY + 1), max(SLOWEST, self.every))

    def _run(self) -> None:
        number = 0
        while not self._stopped.wait(self.pause_before(number)):
            self.step()
            number += 1

    def _apply(self, number: int, moment: datetime) -> str:
        """A step is dated by the clock it happened by, also when a restart replays it."""
        step = _step(number)
        usual, self.world.clock = self.world.clock, lambda: moment
        try:
            step.apply(self.world)
        finally:
            self.world.clock = usual
        return step.nct_id

    def _remembered(self) -> list[str]:
        if self.file is None or not self.file.exists():
            return []
        return [str(moment) for moment in json.loads(self.file.read_text(encoding="utf-8"))["applied"]]

    def _remember(self) -> None:
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".new")
        draft.write_text(json.dumps({"applied": self.applied}), encoding="utf-8")
        draft.replace(self.file)


def _step(number: int) -> Step:
    return SCRIPT[number] if number < len(SCRIPT) else TIDES[(number - len(SCRIPT)) % len(TIDES)]
