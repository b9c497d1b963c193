"""The revisions lead to the very tables that the code was written for."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, select

from store.records import schema
from store.records.schema import rules
from store.records.schema.columns import Record
from store.records.transaction import engine, failures
from tests.store.conftest import Databases

HEAD = "033"


def _described(connection: Connection) -> dict[str, object]:
    """Everything the database knows about its tables that a revision could get wrong."""
    found = inspect(connection)
    described: dict[str, object] = {}
    for table in sorted(set(found.get_table_names()) - {"alembic_version"}):
        described[table] = {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(table)],
            "key": found.get_pk_constraint(table),
            "references": sorted(map(str, found.get_foreign_keys(table))),
            "unique": sorted(map(str, found.get_unique_constraints(table))),
            "checks": sorted(map(str, found.get_check_constraints(table))),
            "indexes": sorted(map(_index, found.get_indexes(table))),
        }
    return described


def _index(found: Mapping[str, Any]) -> str:
    options = {name: str(option) for name, option in found.get("dialect_options", {}).items()}  # conditions are objects
    return str({**found, "dialect_options": options})


def test_the_head_revision_is_the_schema(empty: str, databases: Databases) -> None:
    engine.upgrade()
    other = databases.new()
    by_code = create_engine(databases.url(other))
    Record.metadata.create_all(by_code)
    with engine.engine().connect() as migrated, by_code.connect() as made:
        assert _described(migrated) == _described(made)
        assert compare_metadata(MigrationContext.configure(migrated), Record.metadata) == []
        assert MigrationContext.configure(migrated).get_current_revision() == HEAD
    by_code.dispose()


def test_each_revision_can_be_taken_back_and_made_again(empty: str) -> None:
    engine.upgrade()
    config = engine.migrations()
    with engine.engine().connect() as connection:
        before = _described(connection)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        connection.commit()
    engine.upgrade()
    with engine.engine().connect() as connection:
        assert _described(connection) == before


def test_grants_of_before_go_to_entities_and_break_no_rule(empty: str) -> None:
    """One that a rule of today forbids goes to the organisation, or to the resident who was first."""
    config = engine.migrations()
    with engine.engine().execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "002")
        for statement in BEFORE_ENTITIES:
            connection.exec_driver_sql(statement)
    engine.upgrade()
    with engine.reading() as session:
        found = {each.id: each for each in session.scalars(select(schema.Grant))}
        assert {name: each.entity_id for name, each in found.items()} == {
            "grt_firm": "ent_firm",
            "grt_staff": "ent_firm",
            "grt_first": "ent_one",
            "grt_m": "ent_firm",
        }
        assert found["grt_first"].user_id == "usr_one"
        assert {each.origin for name, each in found.items() if name != "grt_m"} == {"given"}
        assert found["grt_m"].origin == "owner"
        meter = session.get_one(schema.Meter, "mtr_m")
        assert len(meter.claim_code) == 14
        assert all(each.email_verified_at for each in session.scalars(select(schema.User)))


AT = "'2026-01-01 00:00:00+00:00'"
BEFORE_ENTITIES = (
    f"INSERT INTO organisations (id, name, kind, created_at) VALUES ('org_firm', 'Firm', 'distributor', {AT})",
    "INSERT INTO sites (id, public_number, name, kind, organisation_id, time_zone, currency, latitude, longitude,"
    " nominal_voltage_v, nominal_frequency_hz, replay, source_note, created_at)"
    f" VALUES ('sit_s', 1, 'S', 'plant', 'org_firm', 'UTC', 'GBP', 0, 0, 230, 50, false, '', {AT})",
    "INSERT INTO meters (id, site_id, name, role, simulated, source_note, created_at)"
    f" VALUES ('mtr_m', 'sit_s', 'M', 'condition', false, '', {AT})",
    *(
        "INSERT INTO users (id, email, name, approval, platform_admin, organisation_id, role, theme, created_at)"
        f" VALUES ('usr_{name}', '{name}', '{name}', 'approved', false, {home}, {role}, 'auto', {AT})"
        for name, home, role in (("one", "NULL", "NULL"), ("two", "NULL", "NULL"), ("staff", "'org_firm'", "'viewer'"))
    ),
    *(
        f"INSERT INTO grants (id, user_id, organisation_id, meter_id, role, valid_from) VALUES ('grt_{name}', {user}, {firm},"
        f" 'mtr_m', 'viewer', '2026-01-0{day} 00:00:00+00:00')"
        for name, user, firm, day in (
            ("firm", "NULL", "'org_firm'", 1),
            ("staff", "'usr_staff'", "NULL", 2),
            ("later", "'usr_two'", "NULL", 4),
            ("first", "'usr_one'", "NULL", 3),
        )
    ),
)


def test_nodes_of_one_name_at_the_same_time_get_a_number_and_nothing_else_changes(
    empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = engine.migrations()
    with engine.engine().execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "009")
        for statement in SAME_NAMES:
            connection.exec_driver_sql(statement)
    engine.upgrade()
    with engine.reading() as session:
        assert {each.id: each.name for each in session.scalars(select(schema.Node))} == {
            "nod_a": "Roof",
            "nod_b": "roof (2)",
            "nod_c": " Roof (3)",
            "nod_d": "Roof",
            "nod_long": "x" * 120,
            "nod_other": "Roof",
            "nod_very": "x" * 116 + " (2)",
        }
    assert "nod_b is now 'roof (2)'" in caplog.text
    assert "nod_other" not in caplog.text


def test_sites_of_one_name_at_a_distributor_get_a_number_and_nothing_else_changes(
    empty: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = engine.migrations()
    with engine.engine().execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "011")
        for statement in SAME_SITES:
            connection.exec_driver_sql(statement)
    engine.upgrade()
    with engine.reading() as session:
        told = {each.id: (each.name, each.public_number, each.archived_at) for each in session.scalars(select(schema.Site))}
    assert told == {
        "sit_1": ("Harbour", 1, None),
        "sit_2": ("harbour (2)", 2, None),
        "sit_3": (" Harbour (3)", 3, None),
        "sit_4": ("Harbour", 4, None),
    }
    assert "sit_2 is now 'harbour (2)'" in caplog.text
    assert "sit_4" not in caplog.text


def test_imports_that_are_not_done_begin_at_their_first_block(empty: str) -> None:
    config = engine.migrations()
    with engine.engine().execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "025")
        for statement in (*SAME_SITES, *HALF_DONE):
            connection.exec_driver_sql(statement)
    engine.upgrade()
    with engine.reading() as session:
        parts = {each.state: each.parts for each in session.scalars(select(schema.FileImport))}
    assert parts == {"running": 0, "failed": 0, "waiting": 0, "done": 7}


SAME_SITES = (
    *(
        "INSERT INTO organisations (id, name, kind, approval, created_at)"
        f" VALUES ('org_{name}', '{name}', 'distributor', 'approved', {AT})"
        for name in ("one", "two")
    ),
    *(
        "INSERT INTO sites (id, public_number, name, kind, organisation_id, time_zone, currency, latitude, longitude,"
        " nominal_voltage_v, nominal_frequency_hz, replay, source_note, created_at)"
        f" VALUES ('sit_{number}', {number}, '{name}', 'plant', 'org_{firm}', 'UTC', 'GBP', 0, 0, 230, 50, false, '', {AT})"
        for number, name, firm in ((1, "Harbour", "one"), (2, "harbour", "one"), (3, " Harbour", "one"), (4, "Harbour", "two"))
    ),
)

HALF_DONE = tuple(
    "INSERT INTO imports (id, site_id, file_name, size, digest, lines, profile, state, created_at, parts, readings, refused,"
    " held, unknown, totals, gaps, skipped)"
    f" VALUES ('imp_{state}', 'sit_1', 'a.csv', 1, '', 1, '{{}}', '{state}', {AT}, 7, 9, '{{}}', '{{}}', '{{}}', '[]', 0, 0)"
    for state in ("running", "failed", "waiting", "done")
)

SAME_NAMES = (
    "INSERT INTO organisations (id, name, kind, approval, created_at)"
    f" VALUES ('org_firm', 'Firm', 'distributor', 'approved', {AT})",
    *(
        "INSERT INTO sites (id, public_number, name, kind, organisation_id, time_zone, currency, latitude, longitude,"
        " nominal_voltage_v, nominal_frequency_hz, replay, source_note, created_at)"
        f" VALUES ('sit_{number}', {number}, 'S', 'plant', 'org_firm', 'UTC', 'GBP', 0, 0, 230, 50, false, '', {AT})"
        for number in (1, 2)
    ),
    *(
        "INSERT INTO nodes (id, site_id, name, kind, technology, simulated, valid_from, valid_to)"
        f" VALUES ('nod_{node}', 'sit_{site}', '{name}', 'sink', '', false, '{since} 00:00:00+00:00', {until})"
        for node, site, name, since, until in (
            ("a", 1, "Roof", "2026-01-01", "'2026-03-01 00:00:00+00:00'"),
            ("b", 1, "roof", "2026-02-01", "'2026-04-01 00:00:00+00:00'"),
            ("c", 1, " Roof", "2026-02-02", "'2026-03-15 00:00:00+00:00'"),
            ("d", 1, "Roof", "2026-03-20", "NULL"),
            ("long", 1, "x" * 120, "2026-01-01", "NULL"),
            ("very", 1, "x" * 120, "2026-01-02", "NULL"),
            ("other", 2, "Roof", "2026-01-01", "NULL"),
        )
    ),
)


def test_migrating_twice_changes_nothing(empty: str) -> None:
    engine.upgrade()
    with engine.session() as session:
        session.add(schema.Organisation(id="org_kept", name="Kept", kind="customer"))
    engine.upgrade()
    with engine.reading() as session:
        assert session.get(schema.Organisation, "org_kept") is not None


@pytest.mark.thorough
def test_two_processes_may_migrate_at_the_same_moment(empty: str) -> None:
    code = "import sys; from store.records.transaction import engine; engine.configure(sys.argv[1]); engine.upgrade()"
    both = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", code, empty], stderr=subprocess.PIPE, env=os.environ)
        for _ in range(2)
    ]
    for each in both:
        _, said = each.communicate(timeout=110)
        assert each.returncode == 0, said.decode()
    with engine.engine().connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == HEAD


def test_references_are_checked_again_after_a_migration(empty: str) -> None:
    engine.upgrade()
    if empty.startswith("sqlite"):
        with engine.engine().connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_every_rule_of_the_database_has_a_sentence_for_people() -> None:
    named = {
        str(each.name)
        for table in Record.metadata.tables.values()
        for each in (*table.constraints, *table.indexes)
        if str(each.name).startswith(("ck_", "uq_"))
    }
    refusing = {rule.name for rule in rules.RULES if not rule.do}
    assert named | refusing == set(failures.RULES)


def test_all_rules_are_in_force_after_every_run_of_the_migrations(empty: str) -> None:
    for _ in range(2):
        engine.upgrade()
        with engine.engine().connect() as connection:
            assert rules.present(connection) == rules.wanted(connection.dialect.name)


def test_a_rule_that_was_changed_or_is_missing_comes_back(empty: str) -> None:
    engine.upgrade()
    with engine.engine().execution_options(writes=True).begin() as connection:
        rules.remove(connection)
    engine.upgrade()
    with engine.engine().connect() as connection:
        assert rules.present(connection) == rules.wanted(connection.dialect.name)
