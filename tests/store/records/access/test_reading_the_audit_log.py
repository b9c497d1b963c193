"""Who reads which entries, in which order, by which filters."""

from datetime import timedelta

import pytest

from store.errors import Refused
from store.records.access import audit, grants
from store.records.access.audit import Filter
from store.records.people import users
from store.records.plant import tariffs
from store.scope import NOBODY, SYSTEM
from tests.store.records.access.log import ADDRESS, log, newest
from tests.store.records.world import BEGAN, World


def test_an_administrator_reads_what_concerns_their_people_and_sites_and_no_more(world: World) -> None:
    admin = world.scope("north admin")
    with audit.acting(world.people["root"], ADDRESS):
        users.set_approval(SYSTEM, world.people["north viewer"], "disabled")
        tariffs.create_tariff(
            SYSTEM,
            world.sites["north"],
            name="new",
            import_price_per_kwh=1,
            export_price_per_kwh=1,
            co2_g_per_kwh=1,
            valid_from=BEGAN + timedelta(days=9),
        )
        users.set_approval(SYSTEM, world.people["stranger"], "disabled")
    seen = audit.entries(admin, limit=1000)
    assert [(entry.subject_kind, entry.action) for entry in seen[:3]] == [
        ("tariffs", "change"),
        ("tariffs", "create"),
        ("users", "change"),
    ]
    assert {entry.address for entry in seen[:3]} == {audit.ERASED}
    assert {entry.actor_name for entry in seen[:3]} == {None}
    theirs = {world.organisations["north"]}
    assert all(theirs & {entry.organisation_id, entry.owner_id} for entry in seen)
    whole = audit.entries(SYSTEM, limit=1000)
    assert {entry.sequence for entry in seen} == {
        entry.sequence for entry in whole if theirs & {entry.organisation_id, entry.owner_id}
    }
    for scope in (NOBODY, world.scope("north operator"), world.scope("resident")):
        with pytest.raises(Refused):
            audit.entries(scope)
        with pytest.raises(Refused):
            audit.export(scope)
        with pytest.raises(Refused):
            audit.actions(scope)
    with pytest.raises(Refused):
        audit.verify(admin)


def test_an_assignment_concerns_the_owner_of_the_site_and_the_organisation_that_gets_it(world: World) -> None:
    grants.create_grant(SYSTEM, organisation_id=world.organisations["shop"], site_id=world.sites["north"])
    entry = audit.entries(world.scope("north admin"), limit=1)[0]
    assert (entry.subject_kind, entry.organisation_id, entry.owner_id) == (
        "grants",
        world.organisations["shop"],
        world.organisations["north"],
    )


def test_pages_follow_each_other_without_a_gap_or_a_repetition(world: World) -> None:
    for scope in (SYSTEM, world.scope("north admin")):
        whole = [entry.sequence for entry in audit.entries(scope, limit=1000)]
        paged: list[int] = []
        while page := audit.entries(scope, older_than=paged[-1] if paged else None, limit=7):
            paged += [entry.sequence for entry in page]
        assert paged == whole


def test_entries_are_found_by_what_is_asked_for(world: World) -> None:
    with audit.acting(world.people["north admin"]):
        users.set_approval(SYSTEM, world.people["north viewer"], "disabled")
    last = newest()
    for wanted in (
        Filter(actor=world.people["north admin"]),
        Filter(action="change", subject_id=world.people["north viewer"]),
        Filter(subject_kind="users", action="change"),
        Filter(text="north.viewer@"),
        Filter(text="NORTH VIEWER"),
        Filter(text="change"),
        Filter(text="users"),
        Filter(text=world.people["north viewer"]),
        Filter(since=last.at),
        Filter(since=last.at, until=last.at + timedelta(microseconds=1), actor=world.people["north admin"]),
    ):
        assert log(wanted)[0] == last, wanted
    for wanted in (
        Filter(text="nothing of this name"),
        Filter(text="%"),
        Filter(since=last.at + timedelta(microseconds=1)),
        Filter(until=BEGAN),
        Filter(actor=world.people["north admin"], action="delete"),
        Filter(text="north.viewer@", subject_kind="grants"),
    ):
        assert log(wanted) == [], wanted
    before = log(Filter(until=last.at), limit=1000)
    assert {entry.sequence for entry in before} == {entry.sequence for entry in log(limit=1000)} - {last.sequence}
    assert set(audit.actions(SYSTEM)) == {"create", "change"}
    assert {entry.site_id for entry in log(Filter(site_id=world.sites["north"]))} == {world.sites["north"]}


def test_an_export_is_all_of_it_and_is_written_down_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 10)
    exported = list(audit.export(world.scope("north admin"), Filter(subject_kind="users")))
    noted = newest()
    assert (noted.action, noted.after, noted.organisation_id) == (
        "export",
        {"subject_kind": "users"},
        world.organisations["north"],
    )
    assert exported == audit.entries(world.scope("north admin"), Filter(subject_kind="users"), limit=1000)
    assert len(exported) == 3
