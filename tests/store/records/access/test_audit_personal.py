"""What the audit log tells of people is sealed, and can be forgotten with them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from store.records import schema
from store.records.access import audit
from store.records.access.audit import Filter
from store.records.people import household, mail, users
from store.records.plant import keys
from store.records.schema.columns import Record, now
from store.records.signin import sessions
from store.records.transaction import engine, trail
from store.scope import SYSTEM
from tests.store.records.access.log import ADDRESS, log, newest
from tests.store.records.world import PASSWORD, World


def test_no_secret_is_ever_written_but_that_it_changed_is(world: World) -> None:
    users.set_password(SYSTEM, world.people["north viewer"], PASSWORD)
    entry = newest()
    assert (entry.action, entry.after) == ("change", {"password_hash": trail.HIDDEN})
    kept = users.user(SYSTEM, world.people["north viewer"]).password_hash
    key = keys.create_key(SYSTEM, site_id=world.sites["north"])
    [made] = [row for row in keys.keys(SYSTEM, world.sites["north"]) if row.id == key.partition(".")[0]]
    with engine.reading() as records:
        for row in records.query(schema.AuditEntry):
            for told in (row.before, row.after):
                assert not told or (kept not in told and made.secret_hash not in told)


def test_personal_parts_are_not_in_the_rows_but_readable_until_the_person_is_gone(
    world: World, records_file: Callable[[], bytes]
) -> None:
    with audit.acting(world.people["stranger"], ADDRESS):
        with engine.session() as records:
            person = records.get(schema.User, world.people["stranger"])
            person.email, person.name = "ada.lovelace@example.org", "Ada Lovelace"
        sessions.open_session(users.user(SYSTEM, world.people["stranger"]), ADDRESS, "a browser of Ada")
    signed_in, changed = log(Filter(actor=world.people["stranger"]), limit=2)
    assert changed.after == {"email": "ada.lovelace@example.org", "name": "Ada Lovelace"}
    assert changed.before["name"] == "stranger"
    assert (signed_in.action, signed_in.address, signed_in.actor_name) == ("sign_in", ADDRESS, "Ada Lovelace")
    with engine.reading() as session:
        for row in session.query(schema.AuditEntry):
            for told in (row.before, row.after, row.address):
                assert not told or not any(word in told for word in ("ovelace", "stranger", ADDRESS))

    mail.write_mail(SYSTEM, recipient="ada.lovelace@example.org", subject="Dear Ada Lovelace", text="…", kind="x")
    with audit.acting(world.people["stranger"], ADDRESS):
        users.delete_user(world.scope("stranger"), world.people["stranger"])
    deleted, signed_in, changed = log(Filter(text=world.people["stranger"]), limit=3)
    assert changed.after == {"email": audit.ERASED, "name": audit.ERASED}
    assert (signed_in.address, signed_in.actor_name, signed_in.actor) == (audit.ERASED, None, world.people["stranger"])
    assert (deleted.action, deleted.before["email"], deleted.address) == ("delete", audit.ERASED, None)
    assert audit.verify(SYSTEM).broken_at is None
    kept = records_file()
    for word in (b"ovelace", b"stranger@example.org", ADDRESS.encode(), b"browser of Ada"):
        assert word not in kept


@pytest.fixture
def records_file(world: World) -> Callable[[], bytes]:
    """All that the database holds of its tables: the file, or, on PostgreSQL, every row."""

    def read() -> bytes:
        made = engine.engine()
        if made.dialect.name == "sqlite":
            engine.settle()
            path = Path(str(made.url.database))
            return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
        with made.connect() as connection:
            return str([connection.execute(table.select()).all() for table in Record.metadata.sorted_tables]).encode()

    return read


def test_with_a_person_go_their_assignments_and_that_is_written(world: World) -> None:
    last = newest().sequence
    users.delete_user(SYSTEM, world.people["resident"])
    gone = {(entry.action, entry.subject_kind) for entry in log() if entry.sequence > last}
    assert gone == {("delete", "users"), ("delete", "grants")}


def test_where_a_visitor_came_from_can_be_forgotten_by_the_month(world: World) -> None:
    with audit.acting(audit.VISITOR, ADDRESS):
        assert users.verify_password("north.viewer@example.org", "wrong") is None
        assert users.verify_password("nobody@example.org", "wrong") is None
    unknown, known = log(Filter(action="sign_in_failed"))
    assert (unknown.subject_id, known.subject_id) == (None, world.people["north viewer"])
    assert {unknown.address, known.address} == {ADDRESS}
    assert audit.forget_visitors(SYSTEM, now()) == 0
    assert audit.forget_visitors(SYSTEM, now() + timedelta(days=40)) == 1
    assert {entry.address for entry in log(Filter(action="sign_in_failed"))} == {audit.ERASED}


def test_what_a_household_told_and_the_code_of_a_meter_are_never_written(world: World) -> None:
    household.keep_household(world.scope("resident"), consent=True, area_m2=77.125, heating="heat_pump")
    made = newest()
    assert (made.subject_kind, made.after["area_m2"], made.after["heating"]) == ("households", trail.HIDDEN, trail.HIDDEN)
    household.withdraw_household(world.scope("resident"))
    assert newest().action == "delete"
    with engine.reading() as records:
        codes = {meter.claim_code for meter in records.query(schema.Meter)}
        told = "".join(f"{row.before}{row.after}" for row in records.query(schema.AuditEntry))
    assert not any(code in told for code in codes)
    assert "77.125" not in told


@pytest.mark.parametrize("name", ["email", "phone", "recipient", "address"])
def test_what_is_personal_by_its_name_is_marked_so(name: str) -> None:
    for table in Record.metadata.sorted_tables:
        if trail.is_audited(table) and name in table.columns:
            assert trail.kind_of(table.columns[name]) == "personal", table.name
