"""Sites have no ids: what opens, closes, comes and goes is found by name and place."""

from tests.trials.base_record import BASE, BEIJING, BETHESDA, NAMELESS, kinds, replace, sites
from trials.changes import Rank, detect
from trials.differences import CAP
from trials.records import Site
from trials.watched import apply_changes, watched


def test_statuses_of_sites_that_come_and_go_with_the_study_are_no_news() -> None:
    bare = tuple(replace(site, status="") for site in BASE.sites)
    closed = replace(BASE, status="ACTIVE_NOT_RECRUITING", sites=bare)

    assert kinds(closed) == ["status_closed"]
    assert kinds(BASE, replace(closed, status="NOT_YET_RECRUITING")) == ["status_opened"]


def test_a_site_opens() -> None:
    waiting = replace(BASE, sites=sites(status="NOT_YET_RECRUITING"))

    [change] = detect(waiting, BASE)

    assert (change.kind, change.rank, change.subject) == ("site_opened", Rank.DIGEST, "NIH Clinical Center, Bethesda")
    assert (change.old["status"], change.new["status"]) == ("NOT_YET_RECRUITING", "RECRUITING")
    assert (change.new["latitude"], change.new["longitude"]) == (38.98, -77.09)
    assert "contacts" not in change.new


def test_one_of_two_nameless_sites_in_a_city_closes() -> None:
    old = replace(BASE, sites=(NAMELESS, NAMELESS))
    new = replace(BASE, sites=(NAMELESS, replace(NAMELESS, status="COMPLETED")))

    assert kinds(new, old) == ["site_closed"]


def test_same_events_at_two_nameless_sites_have_fields_of_their_own() -> None:
    closed = replace(NAMELESS, status="COMPLETED")

    changes = detect(replace(BASE, sites=(NAMELESS, NAMELESS)), replace(BASE, sites=(closed, closed)))

    assert len({change.field for change in changes}) == len(changes) == 2


def test_nameless_sites_of_two_cities_are_not_one_site() -> None:
    moved = replace(NAMELESS, city="Cambridge", zip="02139")

    assert sorted(kinds(replace(BASE, sites=(BETHESDA, BEIJING, moved)))) == ["site_added", "site_removed"]


def test_sites_come_with_a_trial_that_has_not_opened() -> None:
    waiting = replace(BASE, status="NOT_YET_RECRUITING", sites=())

    assert kinds(replace(waiting, sites=(BEIJING,)), waiting) == ["site_added"]


def test_many_sites_share_one_change_past_the_cap() -> None:
    many = tuple(Site(f"Hospital of saint {name}", "RECRUITING", f"Town {name}") for name in map(_letters, range(437)))

    changes = detect(BASE, replace(BASE, sites=(*BASE.sites, *many)))

    assert len(changes) == CAP + 1
    assert changes[-1].stands_for == 437 - CAP
    assert all(len(change.field) <= 200 for change in changes)
    assert apply_changes(watched(BASE), changes) == watched(replace(BASE, sites=(*BASE.sites, *many)))


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_the_status_of_one_site_appears() -> None:
    assert kinds(BASE, replace(BASE, sites=sites(status=""))) == ["site_opened"]
    assert kinds(replace(BASE, sites=sites(status=""))) == []
