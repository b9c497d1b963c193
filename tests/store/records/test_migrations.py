"""The revisions lead to the very tables that the code was written for."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect

from store.records import engine, failures, schema
from store.records.columns import Record
from tests.store.conftest import Databases

HEAD = "004"


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


def test_migrating_twice_changes_nothing(empty: str) -> None:
    engine.upgrade()
    with engine.session() as session:
        session.add(schema.Organisation(id="org_kept", name="Kept", kind="customer"))
    engine.upgrade()
    with engine.reading() as session:
        assert session.get(schema.Organisation, "org_kept") is not None


def test_two_processes_may_migrate_at_the_same_moment(empty: str) -> None:
    code = "import sys; from store.records import engine; engine.configure(sys.argv[1]); engine.upgrade()"
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
    assert named == set(failures.RULES)
