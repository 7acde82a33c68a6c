"""The kit itself: it finds builds that are broken on purpose."""

import pytest

from tests.chaos.driver import SLOTS, World
from tests.chaos.oracle import Reader, judge
from tests.chaos.play import play

EVENT = "NCT99100001/2"


def line(address: str, message_id: str = "<1@x>") -> dict[str, object]:
    return {"to": address, "keys": [EVENT], "id": message_id}


def complaints(ledger, *, policy="resend", kills=1, readers=None):
    readers = readers or [Reader("a@x.org", ("NCT99100001",)), Reader("b@x.org", ("NCT99100001",), left=True)]
    return judge(readers, [EVENT], ledger).complaints(policy=policy, kills=kills, slots=1)


@pytest.mark.parametrize(
    "ledger, word",
    [
        ([], "lost"),
        ([line("a@x.org"), line("b@x.org")], "wrong"),
        ([line("a@x.org")] * 3, "copies"),
        ([line("a@x.org"), line("a@x.org", "<2@x>")], "Message-ID"),
    ],
)
def test_the_oracle_sees(ledger, word):
    assert any(word in each for each in complaints(ledger))


def test_the_oracle_lets_pass_what_a_kill_explains_and_no_more():
    twice = [line("a@x.org")] * 2
    assert complaints([line("a@x.org")]) == complaints(twice) == []
    assert complaints(twice, kills=0)
    assert complaints(twice, policy="hold")


def test_the_oracle_knows_who_left_between_two_events():
    leaver = Reader("a@x.org", ("NCT99100001",), hears=1)
    events = [EVENT, "NCT99100001/3"]
    first, second = line("a@x.org"), {**line("a@x.org"), "keys": ["NCT99100001/3"]}
    assert judge([leaver], events, [first]).complaints(policy="hold", kills=0, slots=0) == []
    assert judge([leaver], events, [first, second]).wrong == {("a@x.org", "NCT99100001/3")}


def test_a_sender_that_marks_in_batches_fails(world: World):
    world.begin(mails=120)
    world.send_with_kills(kills=3, seed=1, mode="naive")
    verdict = world.verdict()
    assert any("doubled" in each for each in verdict.complaints(policy="resend", kills=3, slots=SLOTS))


def test_a_confirmation_that_acts_on_get_fails(world: World):
    verdict = play(world, mode="confirm-on-get", people=1, with_leaving=False)
    found = verdict.complaints(policy="resend", kills=0, slots=0)
    assert any("wrong" in each and "scanned0@example.org" in each for each in found), found
    assert not verdict.lost


def test_the_real_site_passes_the_same_play(world: World):
    """From the registry's change to the mailbox, through pages and mails that scanners open."""
    verdict = play(world)
    assert verdict.expected == 2 * 2 + 2
    assert verdict.complaints(policy="resend", kills=0, slots=0) == []
