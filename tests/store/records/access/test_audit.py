"""Whatever is done is written down, by whom, and nobody can change it afterwards without being found out."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

from config.settings import PROJECT
from store.errors import Refused
from store.records import schema
from store.records.access import audit, grants
from store.records.access.audit import Entry, Filter
from store.records.people import household, mail, organisations, users
from store.records.plant import keys, tariffs
from store.records.schema.columns import Record, now
from store.records.signin import sessions
from store.records.transaction import engine, trail
from store.scope import NOBODY, SYSTEM, Role
from tests.store.conftest import without_triggers
from tests.store.records.world import BEGAN, PASSWORD, World

ADDRESS = "203.0.113.7"


def _log(wanted: Filter | None = None, **rest: Any) -> list[Entry]:
    return audit.entries(SYSTEM, wanted, **rest)


def _newest() -> Entry:
    return _log(limit=1)[0]


def _sql(*statements: str, around_triggers: bool = False) -> None:
    """As somebody who has the database itself."""
    with engine.engine().execution_options(writes=True).begin() as connection:
        if not around_triggers:
            for statement in statements:
                connection.execute(text(statement))
            return
        with without_triggers(connection):
            for statement in statements:
                connection.execute(text(statement))


def test_what_is_made_changed_and_deleted_is_written_down_with_before_and_after(world: World) -> None:
    with audit.acting(world.people["root"], ADDRESS):
        made = organisations.create_organisation(SYSTEM, name="Fresh", kind="customer")
        with engine.session() as records:
            records.get(schema.Organisation, made.id).name = "Fresher"
        with engine.session() as records:
            records.delete(records.get(schema.Organisation, made.id))
    deleted, changed, created = _log(limit=3)
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
    before = _newest()
    with pytest.raises(RuntimeError, match="half way"), engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        raise RuntimeError("half way")
    assert _newest() == before


def test_a_part_that_is_refused_leaves_no_entry(world: World) -> None:
    with engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        with pytest.raises(Refused), engine.session() as records:
            records.add(schema.Organisation(name="B", kind="customer"))
            records.flush()
            records.add(schema.Organisation(name="C", kind="nonsense"))
        organisations.create_organisation(SYSTEM, name="D", kind="customer")
    assert [entry.after["name"] for entry in _log(limit=2)] == ["D", "A"]
    assert audit.verify(SYSTEM).broken_at is None


@pytest.mark.parametrize("table", [pytest.param(table, id=table.name) for table in Record.metadata.sorted_tables])
def test_every_table_is_audited_or_says_why_not(table: Any) -> None:
    assert trail.is_audited(table) or any(record.__table__ is table and why for record, why in trail.NOT_AUDITED.items())


@pytest.mark.parametrize("name", ["email", "phone", "recipient", "address"])
def test_what_is_personal_by_its_name_is_marked_so(name: str) -> None:
    for table in Record.metadata.sorted_tables:
        if trail.is_audited(table) and name in table.columns:
            assert trail.kind_of(table.columns[name]) == "personal", table.name


def test_no_secret_is_ever_written_but_that_it_changed_is(world: World) -> None:
    users.set_password(SYSTEM, world.people["north viewer"], PASSWORD)
    entry = _newest()
    assert (entry.action, entry.after) == ("change", {"password_hash": trail.HIDDEN})
    kept = users.user(SYSTEM, world.people["north viewer"]).password_hash
    key = keys.create_key(SYSTEM, site_id=world.sites["north"])
    [made] = [row for row in keys.keys(SYSTEM, world.sites["north"]) if row.id == key.partition(".")[0]]
    with engine.reading() as records:
        for row in records.query(schema.AuditEntry):
            for told in (row.before, row.after):
                assert not told or (kept not in told and made.secret_hash not in told)


def test_what_changes_by_itself_all_the_time_is_not_written(world: World) -> None:
    before = _newest()
    users.remember_site(world.scope("north viewer"), world.sites["north"])
    users.choose_theme(world.scope("north viewer"), "dark")
    assert _newest() == before


def test_a_statement_that_changes_many_rows_is_written_row_by_row(world: World) -> None:
    with engine.session() as records:
        records.execute(update(schema.Tariff).where(schema.Tariff.name == "flat").values(note="checked"))
    assert {entry.subject_kind for entry in _log(limit=2)} == {"tariffs"}
    assert [(entry.before, entry.after) for entry in _log(limit=2)] == [({"note": ""}, {"note": "checked"})] * 2
    with engine.session() as records:
        records.execute(delete(schema.Grant).where(schema.Grant.entity_id == "ent_" + world.people["resident"][4:]))
    entry = _newest()
    assert (entry.action, entry.before["entity_id"]) == ("delete", "ent_" + world.people["resident"][4:])


def test_rows_cannot_be_added_past_the_log(world: World) -> None:
    for statement in (insert(schema.Organisation).values(id="org_x", name="X", kind="customer"), insert(schema.Organisation)):
        with pytest.raises(TypeError, match="audit log"), engine.session() as records:
            records.execute(statement, [{"id": "org_y", "name": "Y", "kind": "customer"}])


def test_what_a_deletion_takes_along_is_written_too(world: World) -> None:
    last = _newest().sequence
    with engine.session() as records:
        device = records.get(schema.Device, world.devices["north first"])
        records.delete(device)
    gone = {(entry.action, entry.subject_kind) for entry in _log() if entry.sequence > last}
    assert gone == {("delete", "devices"), ("delete", "device_fields"), ("delete", "api_keys"), ("change", "meters")}
    with engine.session() as records:
        records.execute(delete(schema.Site).where(schema.Site.id == world.sites["south"]))
    entries = [entry for entry in _log(limit=100) if entry.sequence > last]
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
    heard = {"channels.py", "broker_states.py", "pull_sources.py"}
    services = [file for file in (PROJECT / "store/records").glob("*/*.py") if file.parent.name not in ("schema", "migrations")]
    found = {file.name for file in services if "connection()" in file.read_text()}
    assert found - {"engine.py"} <= allowed | heard
    assert not [file for file in services if re.search(r"\btext\(", file.read_text())]


def test_the_database_refuses_to_change_delete_or_empty_the_log(world: World) -> None:
    before = _newest()
    statements = ["UPDATE audit SET actor = 'somebody'", "DELETE FROM audit", "DELETE FROM audit WHERE sequence = 1"]
    if engine.engine().dialect.name == "postgresql":
        statements.append("TRUNCATE audit")
    for statement in statements:
        with pytest.raises(Exception, match="only ever added to"):
            _sql(statement)
    with pytest.raises(Refused), engine.session() as records:
        records.execute(delete(schema.AuditEntry))
    assert _newest() == before


@pytest.mark.parametrize(
    ("tampered", "where"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE sequence = 7", 7),
        ("UPDATE audit SET after = '{}' WHERE sequence = 7", 7),
        ("UPDATE audit SET at = '2020-01-01 00:00:00+00:00' WHERE sequence = 7", 7),
        ("UPDATE audit SET site_id = NULL, owner_id = NULL WHERE sequence = 7", 7),
        ("DELETE FROM audit WHERE sequence = 7", 7),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence > 7", 8),
        ("UPDATE audit SET sequence = sequence + 1000000 WHERE sequence = 7", 7),
    ],
)
def test_a_change_by_plain_sql_is_found_and_its_place_told(world: World, tampered: str, where: int) -> None:
    assert audit.verify(SYSTEM).broken_at is None
    _sql(tampered, around_triggers=True)
    found = audit.verify(SYSTEM)
    assert (found.broken_at, found.entries) == (where, where - 1)
    assert found.why


def test_an_entry_that_was_written_again_with_its_hash_breaks_the_next_one(world: World) -> None:
    with engine.reading() as records:
        row = dict(records.execute(schema.AuditEntry.__table__.select().where(schema.AuditEntry.sequence == 7)).mappings().one())
    forged = trail.digest({**row, "actor": "somebody"})
    _sql(f"UPDATE audit SET actor = 'somebody', hash = '{forged}' WHERE sequence = 7", around_triggers=True)
    assert audit.verify(SYSTEM).broken_at == 8


def test_an_entry_that_was_put_behind_the_end_is_found(world: World) -> None:
    last = _newest()
    columns = ", ".join(column.name for column in schema.AuditEntry.__table__.columns if column.name != "sequence")
    _sql(f"INSERT INTO audit (sequence, {columns}) SELECT sequence + 1, {columns} FROM audit WHERE sequence = {last.sequence}")
    assert audit.verify(SYSTEM).broken_at == last.sequence + 1


def test_many_threads_write_one_chain(world: World) -> None:
    first = _newest().sequence

    def write(i: int) -> None:
        for j in range(5):
            with audit.acting(f"usr_{i}"):
                organisations.create_organisation(SYSTEM, name=f"{i}-{j}", kind="customer")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    found = audit.verify(SYSTEM)
    assert (found.broken_at, found.entries) == (None, first + 40)
    by = [entry.actor for entry in _log(limit=40)]
    assert all(by.count(f"usr_{i}") == 5 for i in range(8))


@pytest.mark.thorough
def test_many_processes_write_one_chain(records: str) -> None:
    code = """
import sys
from store.records.transaction import engine; from store.records.people import organisations
from store.scope import SYSTEM
engine.configure(sys.argv[1])
for i in range(10):
    organisations.create_organisation(SYSTEM, name=str(i), kind="customer")
"""
    started = [subprocess.Popen([sys.executable, "-c", code, records], cwd=PROJECT) for _ in range(3)]
    assert [each.wait(100) for each in started] == [0, 0, 0]
    assert audit.verify(SYSTEM) == audit.Verdict(30, _newest().hash)


def test_entries_are_in_the_order_of_time_even_when_a_clock_is_set_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    last = _newest().at
    monkeypatch.setattr(trail, "now", lambda: last - timedelta(hours=1))
    audit.note("export")
    assert _newest().at == last


def test_personal_parts_are_not_in_the_rows_but_readable_until_the_person_is_gone(
    world: World, records_file: Callable[[], bytes]
) -> None:
    with audit.acting(world.people["stranger"], ADDRESS):
        with engine.session() as records:
            person = records.get(schema.User, world.people["stranger"])
            person.email, person.name = "ada.lovelace@example.org", "Ada Lovelace"
        sessions.open_session(users.user(SYSTEM, world.people["stranger"]), ADDRESS, "a browser of Ada")
    signed_in, changed = _log(Filter(actor=world.people["stranger"]), limit=2)
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
    deleted, signed_in, changed = _log(Filter(text=world.people["stranger"]), limit=3)
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
    last = _newest().sequence
    users.delete_user(SYSTEM, world.people["resident"])
    gone = {(entry.action, entry.subject_kind) for entry in _log() if entry.sequence > last}
    assert gone == {("delete", "users"), ("delete", "grants")}


def test_where_a_visitor_came_from_can_be_forgotten_by_the_month(world: World) -> None:
    with audit.acting(audit.VISITOR, ADDRESS):
        assert users.verify_password("north.viewer@example.org", "wrong") is None
        assert users.verify_password("nobody@example.org", "wrong") is None
    unknown, known = _log(Filter(action="sign_in_failed"))
    assert (unknown.subject_id, known.subject_id) == (None, world.people["north viewer"])
    assert {unknown.address, known.address} == {ADDRESS}
    assert audit.forget_visitors(SYSTEM, now()) == 0
    assert audit.forget_visitors(SYSTEM, now() + timedelta(days=40)) == 1
    assert {entry.address for entry in _log(Filter(action="sign_in_failed"))} == {audit.ERASED}


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


def test_what_the_database_makes_of_a_row_is_what_is_written(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="Fresh", kind="customer").id
    first = users.create_user(SYSTEM, email="f@example.org", name="F", password=None, organisation_id=home, role="viewer")
    assert first.role == "admin"
    assert _newest().after["role"] == "admin"


def test_what_a_household_told_and_the_code_of_a_meter_are_never_written(world: World) -> None:
    household.keep_household(world.scope("resident"), consent=True, area_m2=77.125, heating="heat_pump")
    made = _newest()
    assert (made.subject_kind, made.after["area_m2"], made.after["heating"]) == ("households", trail.HIDDEN, trail.HIDDEN)
    household.withdraw_household(world.scope("resident"))
    assert _newest().action == "delete"
    with engine.reading() as records:
        codes = {meter.claim_code for meter in records.query(schema.Meter)}
        told = "".join(f"{row.before}{row.after}" for row in records.query(schema.AuditEntry))
    assert not any(code in told for code in codes)
    assert "77.125" not in told


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
    newest = _newest()
    for wanted in (
        Filter(actor=world.people["north admin"]),
        Filter(action="change", subject_id=world.people["north viewer"]),
        Filter(subject_kind="users", action="change"),
        Filter(text="north.viewer@"),
        Filter(text="NORTH VIEWER"),
        Filter(text="change"),
        Filter(text="users"),
        Filter(text=world.people["north viewer"]),
        Filter(since=newest.at),
        Filter(since=newest.at, until=newest.at + timedelta(microseconds=1), actor=world.people["north admin"]),
    ):
        assert _log(wanted)[0] == newest, wanted
    for wanted in (
        Filter(text="nothing of this name"),
        Filter(text="%"),
        Filter(since=newest.at + timedelta(microseconds=1)),
        Filter(until=BEGAN),
        Filter(actor=world.people["north admin"], action="delete"),
        Filter(text="north.viewer@", subject_kind="grants"),
    ):
        assert _log(wanted) == [], wanted
    before = _log(Filter(until=newest.at), limit=1000)
    assert {entry.sequence for entry in before} == {entry.sequence for entry in _log(limit=1000)} - {newest.sequence}
    assert set(audit.actions(SYSTEM)) == {"create", "change"}
    assert {entry.site_id for entry in _log(Filter(site_id=world.sites["north"]))} == {world.sites["north"]}


def test_an_export_is_all_of_it_and_is_written_down_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 10)
    exported = list(audit.export(world.scope("north admin"), Filter(subject_kind="users")))
    noted = _newest()
    assert (noted.action, noted.after, noted.organisation_id) == (
        "export",
        {"subject_kind": "users"},
        world.organisations["north"],
    )
    assert exported == audit.entries(world.scope("north admin"), Filter(subject_kind="users"), limit=1000)
    assert len(exported) == 3


def test_coming_in_and_going_out_are_written_with_who_it_was(world: World) -> None:
    person = users.user(SYSTEM, world.people["north operator"])
    token = sessions.open_session(person)
    sessions.end_session(token)
    sessions.end_session(token)
    out, came = _log(Filter(actor=person.id))
    assert (out.action, came.action) == ("sign_out", "sign_in")
    assert came.organisation_id == world.organisations["north"]


def test_whose_view_it_was_is_written(world: World) -> None:
    with audit.acting(world.people["root"], ADDRESS, behalf=world.people["resident"]):
        audit.note("view_as", subject_kind="users", subject_id=world.people["resident"])
    entry = _newest()
    assert (entry.actor, entry.behalf, entry.action) == (world.people["root"], world.people["resident"], "view_as")
    assert audit.who_acts() == trail.Acting()


def test_the_hash_is_of_the_canonical_json_of_an_entry_whatever_is_in_it() -> None:
    row = dict.fromkeys(trail.HASHED) | {"sequence": 7, "at": BEGAN, "actor": 'a "quoted" \\ name', "after": '{"ä":"\u2028"}'}
    row |= {"subject_kind": schema.User.__table__.name, "action": Role.ADMIN}  # texts of a kind of their own
    told = {name: value for name, value in row.items() if value is not None} | {"at": BEGAN.isoformat(timespec="microseconds")}
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"))
    assert trail.digest(row) == hashlib.sha256(canonical.encode()).hexdigest()


def test_how_far_the_check_is_can_be_heard(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 10)
    heard: list[tuple[int, int]] = []
    verdict = audit.verify(SYSTEM, lambda done, of: heard.append((done, of)))
    assert verdict.broken_at is None
    assert heard == [(done, verdict.entries) for done in range(0, verdict.entries, 10)]
