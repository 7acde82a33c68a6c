"""What readers should have got, beside what the mail server wrote down. Shares no code with the product.

A key is (address, "NCT ID/version"). The ledger decides; what the product believes of itself does not count,
but for the mails that it names as parked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]


@dataclass(frozen=True)
class Reader:
    """As the script of the test has it: what somebody follows, and what keeps mail from them."""

    address: str
    follows: tuple[str, ...] = ()
    confirmed: bool = True
    left: bool = False
    suppressed: bool = False
    hears: int | None = None
    """Of the script's events, how many came before they left."""

    def gets(self, event: str, number: int = 0) -> bool:
        nct_id = event.partition("/")[0]
        if self.hears is not None and number >= self.hears:
            return False
        return self.confirmed and not self.left and not self.suppressed and nct_id in self.follows


@dataclass
class Verdict:
    expected: int
    lost: set[Key] = field(default_factory=set)
    wrong: set[Key] = field(default_factory=set)
    doubled: set[Key] = field(default_factory=set)
    most_copies: int = 0
    changed_ids: set[Key] = field(default_factory=set)
    parked: int = 0

    def complaints(self, *, policy: str, kills: int, slots: int) -> list[str]:
        """Empty when the build passes: nothing lost or wrong, doubles or parked mails within what the kills explain."""
        window = kills * slots
        found = []
        if self.lost:
            found.append(f"{len(self.lost)} lost, such as {min(self.lost)}")
        if self.wrong:
            found.append(f"{len(self.wrong)} wrong, such as {min(self.wrong)}")
        if self.most_copies > 2:
            found.append(f"{self.most_copies} copies of one mail")
        if self.changed_ids:
            found.append(f"{len(self.changed_ids)} doubles with another Message-ID")
        if len(self.doubled) > (window if policy == "resend" else 0):
            found.append(f"{len(self.doubled)} doubled with {kills} kills of {slots} slots, policy {policy}")
        if self.parked > window:
            found.append(f"{self.parked} parked with {kills} kills of {slots} slots")
        return found


def judge(
    readers: Iterable[Reader], events: Iterable[str], ledger: Iterable[Mapping[str, Any]], parked: Iterable[Key] = ()
) -> Verdict:
    events = list(events)
    expected = {
        (reader.address, event) for reader in readers for n, event in enumerate(events) if reader.gets(event, n)
    }
    copies: Counter[Key] = Counter()
    ids: dict[Key, set[str]] = defaultdict(set)
    for line in ledger:
        for key in line["keys"]:
            copies[line["to"], key] += 1
            ids[line["to"], key].add(line["id"])
    parked = set(parked)
    doubled = {key for key, count in copies.items() if count > 1}
    return Verdict(
        expected=len(expected),
        lost=expected - set(copies) - parked,
        wrong=set(copies) - expected,
        doubled=doubled,
        most_copies=max(copies.values(), default=0),
        changed_ids={key for key in doubled if len(ids[key]) > 1},
        parked=len(parked),
    )
