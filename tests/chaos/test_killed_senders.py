"""Senders killed without warning. Short here; `manage.py test --chaos` takes 5,000 mails, 60 kills and three seeds."""

import pytest

from tests.chaos.driver import SLOTS, World

MAILS, KILLS = 150, 4
LONG_MAILS, LONG_KILLS, LONG_SECONDS = 5_000, 60, 1_800


def play(world: World, *, policy: str, seed: int, is_long: bool) -> None:
    mails, kills = (LONG_MAILS, LONG_KILLS) if is_long else (MAILS, KILLS)
    world.begin(mails=mails, policy=policy)
    world.send_with_kills(kills=kills, seed=seed, seconds=LONG_SECONDS if is_long else 60)
    verdict = world.verdict()
    parked = world.parked_rows()
    print(f"{policy}, seed {seed}: {verdict.expected} mails, {kills} kills, lost {len(verdict.lost)}, "
          f"wrong {len(verdict.wrong)}, doubled {len(verdict.doubled)}, parked {parked}")  # fmt: skip
    assert verdict.expected >= mails
    assert verdict.complaints(policy=policy, kills=kills, slots=SLOTS) == []
    assert parked <= kills * SLOTS


def test_resending_loses_nothing_and_doubles_what_was_on_the_wire_at_most_once(world, is_long):
    play(world, policy="resend", seed=1, is_long=is_long)


def test_holding_doubles_nothing_and_parks_what_was_on_the_wire(world, is_long):
    play(world, policy="hold", seed=1, is_long=is_long)


@pytest.mark.long
@pytest.mark.parametrize("policy", ["resend", "hold"])
@pytest.mark.parametrize("seed", [2, 3])
def test_other_seeds(world, is_long, policy, seed):
    play(world, policy=policy, seed=seed, is_long=is_long)
