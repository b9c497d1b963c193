"""Nobody can change the audit log without being found out, whoever writes at the same time."""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete

from config.settings import PROJECT
from store.errors import Refused
from store.records import schema
from store.records.access import audit
from store.records.people import organisations
from store.records.transaction import engine, trail
from store.scope import SYSTEM, Role
from tests.store.records.access.log import log, newest, sql
from tests.store.records.world import BEGAN, World


def test_the_database_refuses_to_change_delete_or_empty_the_log(world: World) -> None:
    before = newest()
    statements = ["UPDATE audit SET actor = 'somebody'", "DELETE FROM audit", "DELETE FROM audit WHERE sequence = 1"]
    if engine.engine().dialect.name == "postgresql":
        statements.append("TRUNCATE audit")
    for statement in statements:
        with pytest.raises(Exception, match="only ever added to"):
            sql(statement)
    with pytest.raises(Refused), engine.session() as records:
        records.execute(delete(schema.AuditEntry))
    assert newest() == before


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
    sql(tampered, around_triggers=True)
    found = audit.verify(SYSTEM)
    assert (found.broken_at, found.entries) == (where, where - 1)
    assert found.why


def test_an_entry_that_was_written_again_with_its_hash_breaks_the_next_one(world: World) -> None:
    with engine.reading() as records:
        row = dict(records.execute(schema.AuditEntry.__table__.select().where(schema.AuditEntry.sequence == 7)).mappings().one())
    forged = trail.digest({**row, "actor": "somebody"})
    sql(f"UPDATE audit SET actor = 'somebody', hash = '{forged}' WHERE sequence = 7", around_triggers=True)
    assert audit.verify(SYSTEM).broken_at == 8


def test_an_entry_that_was_put_behind_the_end_is_found(world: World) -> None:
    last = newest()
    columns = ", ".join(column.name for column in schema.AuditEntry.__table__.columns if column.name != "sequence")
    sql(f"INSERT INTO audit (sequence, {columns}) SELECT sequence + 1, {columns} FROM audit WHERE sequence = {last.sequence}")
    assert audit.verify(SYSTEM).broken_at == last.sequence + 1


def test_many_threads_write_one_chain(world: World) -> None:
    first = newest().sequence

    def write(i: int) -> None:
        for j in range(5):
            with audit.acting(f"usr_{i}"):
                organisations.create_organisation(SYSTEM, name=f"{i}-{j}", kind="customer")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    found = audit.verify(SYSTEM)
    assert (found.broken_at, found.entries) == (None, first + 40)
    by = [entry.actor for entry in log(limit=40)]
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
    assert audit.verify(SYSTEM) == audit.Verdict(30, newest().hash)


def test_entries_are_in_the_order_of_time_even_when_a_clock_is_set_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    last = newest().at
    monkeypatch.setattr(trail, "now", lambda: last - timedelta(hours=1))
    audit.note("export")
    assert newest().at == last


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
