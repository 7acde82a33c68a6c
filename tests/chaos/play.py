"""One scripted play through every door: a registry moves, people sign up on pages, scanners open every link, mail goes.

What the oracle is told is what the script did; what it judges is the mail server's ledger.
"""

import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode

from config.processes import free_port
from tests.chaos.driver import World, wait_for
from tests.chaos.oracle import Reader, Verdict, judge
from tests.chaos.registry import ScriptedRegistry, study

FOLLOWED, OTHER = "NCT99200001", "NCT99200002"
OPENED_TIMES = 3


@dataclass
class Cast:
    """Who does what after signing up for a trial."""

    pressing: list[str]
    """They press the mailed button."""
    scanned: list[str]
    """A scanner opens their links; they never press."""
    leaving: list[str]
    """They press, and unsubscribe by one click after the first alert."""
    elsewhere: list[str]
    """They press, and follow another trial."""


def play(world: World, *, mode: str = "", people: int = 2, with_leaving: bool = True) -> Verdict:
    roles = ("pressing", "scanned", "leaving", "elsewhere")
    cast = Cast(*([f"{role}{n}@example.org" for n in range(people)] for role in roles))
    world.begin_empty()
    with ScriptedRegistry(study(FOLLOWED, "A followed study"), study(OTHER, "Another study")) as registry:
        base = _open_site(world, registry, mode)
        _sign_up(world, base, cast)
        readers = _readers(cast)
        events = [_event(world, registry, 2, overallStatus="SUSPENDED", whyStopped="Supplies")]
        _settle(world, readers, events)
        if with_leaving:
            for address in cast.leaving:
                _press_one_click(world, address)
            events.append(_event(world, registry, 3, overallStatus="RECRUITING"))
            _settle(world, readers, events)
    return judge(readers, events, world.ledger(), world.parked())


def _open_site(world: World, registry: ScriptedRegistry, mode: str) -> str:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    world.env |= {"REGISTRY_URL": registry.url, "SITE_URL": base, "SIGNUP_LIMITS": "off"}
    world.start("web", "tests.chaos.web", str(port), *([mode] if mode else []))
    world.start("worker", "tests.chaos.worker")
    world.run("manage", "sync_trials")
    wait_for(lambda: _status("GET", f"{base}/health/live") == 200, 60, "the site")
    return base


def _sign_up(world: World, base: str, cast: Cast) -> None:
    wishes = [(address, FOLLOWED) for address in (*cast.pressing, *cast.scanned, *cast.leaving)]
    wishes += [(address, OTHER) for address in cast.elsewhere]
    for address, nct_id in wishes:
        assert _status("POST", f"{base}/updates/", email=address, trial=nct_id) == 200
    wait_for(lambda: len(world.ledger()) >= len(wishes), 60, "the confirmation mails")
    links = {line["to"]: [each for each in line["links"] if "/updates/confirm/" in each] for line in world.ledger()}
    for line in world.ledger():
        _scan([each for each in line["links"] if each.startswith(base)])
    for address in (*cast.pressing, *cast.leaving, *cast.elsewhere):
        assert _status("POST", links[address][0]) == 200


def _scan(links: list[str]) -> None:
    for link in links:
        for method in ("GET", "HEAD", "OPTIONS"):
            for _ in range(OPENED_TIMES):
                _status(method, link)


def _readers(cast: Cast) -> list[Reader]:
    return [
        *(Reader(address, (FOLLOWED,)) for address in cast.pressing),
        *(Reader(address, (FOLLOWED,), confirmed=False) for address in cast.scanned),
        *(Reader(address, (FOLLOWED,), hears=1) for address in cast.leaving),
        *(Reader(address, (OTHER,)) for address in cast.elsewhere),
    ]


def _event(world: World, registry: ScriptedRegistry, version: int, **status: str) -> str:
    registry.move(FOLLOWED, **status)
    world.run("manage", "sync_trials")
    return f"{FOLLOWED}/{version}"


def _settle(world: World, readers: list[Reader], events: list[str]) -> None:
    """Until all that is due has come, or is late; then two rounds more for what must not come."""
    deadline = time.monotonic() + 60
    while judge(readers, events, world.ledger()).lost and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    wait_for(lambda: not world.unfinished(), 30, "the outbox to be empty")


def _press_one_click(world: World, address: str) -> None:
    alert = [line for line in world.ledger() if line["to"] == address and line["keys"]][-1]
    assert _status("POST", alert["unsubscribe"], **{"List-Unsubscribe": "One-Click"}) == 200


def _status(method: str, url: str, **fields: str) -> int:
    """As any program asks, without cookies and without following where it is sent."""
    body = urlencode(fields).encode() if method == "POST" else None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=20) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
