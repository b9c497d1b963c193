"""Fresh records on both databases, and a small true world in them."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection

from config import settings as configuration
from store.records.schema.columns import Record
from store.records.transaction import engine
from tests.postgresql import Cluster
from tests.store.records.world import World, build

BOTH = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgresql)]


class Databases:
    """Databases of one kind; those with tables come from two contents, made once: nothing, and the small world.

    SQLite has them in files, PostgreSQL in a schema each, from which it copies them itself.
    """

    def __init__(self, folder: Path, cluster: Cluster | None) -> None:
        self._folder = folder
        self._cluster = cluster
        self._with_tables: str | None = None
        self._files: dict[bool, bytes] = {}
        self._statements: dict[bool, str] = {}
        self._world: World | None = None

    def url(self, name: str) -> str:
        return self._cluster.url(name) if self._cluster else f"sqlite:///{self._file(name)}"

    def new(self) -> str:
        """Make a database without tables and return its name."""
        return self._cluster.new_database() if self._cluster else f"records-{secrets.token_hex(6)}"

    def drop(self, name: str) -> None:
        engine.configure()
        if self._cluster:
            self._cluster.drop(name)
        else:
            for file in self._folder.glob(f"{name}.sqlite3*"):
                file.unlink()

    def filled(self, *, with_world: bool) -> str:
        """Make the database that has all tables hold nothing, or the small world, and use it; its name."""
        if self._with_tables is None:
            self._with_tables = self._made()
        if not self._cluster:
            self.drop(self._with_tables)
            self._with_tables = self.new()
            self._file(self._with_tables).write_bytes(self._files[with_world])
        engine.configure(self.url(self._with_tables))
        if self._cluster:
            self._put(with_world)
        return self._with_tables

    def _made(self) -> str:
        """Make a database with all tables, and keep both contents; making it takes a second."""
        name = self.new()
        engine.configure(self.url(name))
        engine.upgrade()
        self._keep(name, with_world=False)
        engine.configure(self.url(name))
        self._world = build()
        self._keep(name, with_world=True)
        return name

    def _keep(self, name: str, *, with_world: bool) -> None:
        if self._cluster:
            self._statements[with_world] = _kept("world" if with_world else "nothing")
        else:
            engine.configure()  # closes the file, so that it is whole
            self._files[with_world] = self._file(name).read_bytes()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite3"

    def _put(self, with_world: bool) -> None:
        with engine.engine().execution_options(writes=True).begin() as connection, without_triggers(connection):
            connection.exec_driver_sql(self._statements[with_world])

    @property
    def world(self) -> World:
        assert self._world
        return self._world


@contextmanager
def without_triggers(connection: Connection) -> Iterator[None]:
    """As somebody who may do anything to the database: its triggers do not run meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield
        connection.exec_driver_sql("SET LOCAL session_replication_role = DEFAULT")
        return
    triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def _kept(schema: str) -> str:
    """Copy what all tables hold into a schema; the statements that make them hold just that again."""
    names = [table.name for table in Record.metadata.sorted_tables]
    with engine.engine().execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        for name in names:
            connection.exec_driver_sql(f'CREATE TABLE {schema}."{name}" AS TABLE "{name}"')
        filled = [name for name in names if connection.exec_driver_sql(f'SELECT EXISTS (TABLE "{name}")').scalar()]
    emptied = (f'DELETE FROM "{name}"' for name in names)
    return "; ".join((*emptied, *(f'INSERT INTO "{name}" TABLE {schema}."{name}"' for name in filled)))


@pytest.fixture(scope="session")
def databases_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Databases]:
    made: dict[str, Databases] = {}

    def of(kind: str) -> Databases:
        if kind not in made:
            cluster = request.getfixturevalue("postgresql") if kind == "postgresql" else None
            made[kind] = Databases(tmp_path_factory.mktemp(kind), cluster)
        return made[kind]

    return of


@pytest.fixture(params=BOTH)
def databases(request: pytest.FixtureRequest, databases_of: Callable[[str], Databases], tmp_path: Path) -> Databases:
    """Each kind in turn, and settings of the test's own in force."""
    configuration.use(configuration.load(home=tmp_path, demo=False, secret_key=SecretStr("not secret")))
    return databases_of(request.param)


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """The address of a database without tables, in use while the test runs."""
    name = databases.new()
    engine.configure(databases.url(name))
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture
def records(databases: Databases) -> Iterator[str]:
    """The address of records with all tables and nothing in them, in use while the test runs."""
    yield databases.url(databases.filled(with_world=False))
    engine.configure()


@pytest.fixture
def world(databases: Databases) -> Iterator[World]:
    """Two distributors with a site each, in use while the test runs; at each site two neighbours live."""
    databases.filled(with_world=True)
    yield databases.world
    engine.configure()
