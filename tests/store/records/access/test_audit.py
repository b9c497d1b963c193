"""Whatever is done is written down, by whom, with what was there before."""

import re
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from config.settings import PROJECT
from store.errors import Refused
from store.records import schema
from store.records.access import audit
from store.records.access.audit import Filter
from store.records.people import organisations, users
from store.records.schema.columns import Record
from store.records.signin import sessions
from store.records.transaction import engine, trail
from store.scope import SYSTEM
from tests.store.records.access.log import ADDRESS, log, newest
from tests.store.records.world import World


def test_what_is_made_changed_and_deleted_is_written_down_with_before_and_after(world: World) -> None:
    with audit.acting(world.people["root"], ADDRESS):
        made = organisations.create_organisation(SYSTEM, name="Fresh", kind="customer")
        with engine.session() as records:
            records.get(schema.Organisation, made.id).name = "Fresher"
        with engine.session() as records:
            records.delete(records.get(schema.Organisation, made.id))
    deleted, changed, created = log(limit=3)
    assert (created.action, created.before, created.after["name"]) == ("create", None, "Fresh")
    assert (changed.action, changed.before, changed.after) == ("change", {"name": "Fresh"}, {"name": "Fresher"})
    assert (deleted.action, deleted.before["name"], deleted.after) == ("delete", "Fresher", None)
    for entry in (created, changed, deleted):
        assert (entry.actor, entry.address, entry.subject_kind, entry.subject_id) == (
            world.people["root"],
            ADDRESS,
            "organisations",
            made.id,
        )


def test_the_entry_is_of_the_same_transaction(world: World) -> None:
    before = newest()
    with pytest.raises(RuntimeError, match="half way"), engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        raise RuntimeError("half way")
    assert newest() == before


def test_a_part_that_is_refused_leaves_no_entry(world: World) -> None:
    with engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        with pytest.raises(Refused), engine.session() as records:
            records.add(schema.Organisation(name="B", kind="customer"))
            records.flush()
            records.add(schema.Organisation(name="C", kind="nonsense"))
        organisations.create_organisation(SYSTEM, name="D", kind="customer")
    assert [entry.after["name"] for entry in log(limit=2)] == ["D", "A"]
    assert audit.verify(SYSTEM).broken_at is None


@pytest.mark.parametrize("table", [pytest.param(table, id=table.name) for table in Record.metadata.sorted_tables])
def test_every_table_is_audited_or_says_why_not(table: Any) -> None:
    assert trail.is_audited(table) or any(record.__table__ is table and why for record, why in trail.NOT_AUDITED.items())


def test_what_changes_by_itself_all_the_time_is_not_written(world: World) -> None:
    before = newest()
    users.remember_site(world.scope("north viewer"), world.sites["north"])
    users.choose_theme(world.scope("north viewer"), "dark")
    users.choose_colours(world.scope("north viewer"), "safe")
    assert newest() == before


def test_a_statement_that_changes_many_rows_is_written_row_by_row(world: World) -> None:
    with engine.session() as records:
        records.execute(update(schema.Tariff).where(schema.Tariff.name == "flat").values(note="checked"))
    assert {entry.subject_kind for entry in log(limit=2)} == {"tariffs"}
    assert [(entry.before, entry.after) for entry in log(limit=2)] == [({"note": ""}, {"note": "checked"})] * 2
    with engine.session() as records:
        records.execute(delete(schema.Grant).where(schema.Grant.entity_id == "ent_" + world.people["resident"][4:]))
    entry = newest()
    assert (entry.action, entry.before["entity_id"]) == ("delete", "ent_" + world.people["resident"][4:])


def test_rows_cannot_be_added_past_the_log(world: World) -> None:
    for statement in (insert(schema.Organisation).values(id="org_x", name="X", kind="customer"), insert(schema.Organisation)):
        with pytest.raises(TypeError, match="audit log"), engine.session() as records:
            records.execute(statement, [{"id": "org_y", "name": "Y", "kind": "customer"}])


def test_what_a_deletion_takes_along_is_written_too(world: World) -> None:
    last = newest().sequence
    with engine.session() as records:
        device = records.get(schema.Device, world.devices["north first"])
        records.delete(device)
    gone = {(entry.action, entry.subject_kind) for entry in log() if entry.sequence > last}
    assert gone == {("delete", "devices"), ("delete", "device_fields"), ("delete", "api_keys"), ("change", "meters")}
    with engine.session() as records:
        records.execute(delete(schema.Site).where(schema.Site.id == world.sites["south"]))
    entries = [entry for entry in log(limit=100) if entry.sequence > last]
    kinds = {entry.subject_kind for entry in entries if entry.action == "delete" and entry.site_id == world.sites["south"]}
    assert {"sites", "nodes", "edges", "meters", "energy_sources", "tariffs", "virtual_terms"} <= kinds
    assert {entry.owner_id for entry in entries if entry.site_id == world.sites["south"]} == {world.organisations["south"]}
    assert audit.verify(SYSTEM).broken_at is None


def test_nothing_in_the_store_writes_past_the_session_but_what_is_not_audited() -> None:
    """`session.connection()` knows no listener: only these modules use it to write, each in a table that is not audited.

    `database.py` only asks for the database's version. Of channels, brokers and pulled sources, what was heard is
    written past the log; what people say of them is not.
    """
    allowed = {
        "activity.py",
        "consequences.py",
        "database.py",
        "keys.py",
        "last_values.py",
        "person_keys.py",
        "received.py",
        "refused.py",
        "trail.py",
    }
    heard = {"channels.py", "broker_states.py", "pull_turns.py"}
    services = [file for file in (PROJECT / "store/records").glob("*/*.py") if file.parent.name not in ("schema", "migrations")]
    found = {file.name for file in services if "connection()" in file.read_text()}
    assert found - {"engine.py"} <= allowed | heard
    assert not [file for file in services if re.search(r"\btext\(", file.read_text())]


def test_what_the_database_makes_of_a_row_is_what_is_written(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="Fresh", kind="customer").id
    first = users.create_user(SYSTEM, email="f@example.org", name="F", password=None, organisation_id=home, role="viewer")
    assert first.role == "admin"
    assert newest().after["role"] == "admin"


def test_coming_in_and_going_out_are_written_with_who_it_was(world: World) -> None:
    person = users.user(SYSTEM, world.people["north operator"])
    token = sessions.open_session(person)
    sessions.end_session(token)
    sessions.end_session(token)
    out, came = log(Filter(actor=person.id))
    assert (out.action, came.action) == ("sign_out", "sign_in")
    assert came.organisation_id == world.organisations["north"]


def test_whose_view_it_was_is_written(world: World) -> None:
    with audit.acting(world.people["root"], ADDRESS, behalf=world.people["resident"]):
        audit.note("view_as", subject_kind="users", subject_id=world.people["resident"])
    entry = newest()
    assert (entry.actor, entry.behalf, entry.action) == (world.people["root"], world.people["resident"], "view_as")
    assert audit.who_acts() == trail.Acting()
