"""What a backup holds comes back as it was: into either database, of older releases too, or not at all."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from cli.backup import command, restoring, taking
from cli.backup.archive import Manifest, Reader
from config import settings as configuration
from config.settings import Settings, SettingsError
from store.errors import Refused
from store.records.access import audit
from store.records.people import organisations, users
from store.records.plant import graph, meters, sites
from store.records.schema import rules
from store.records.transaction import engine
from store.records.transaction import rows as records
from store.scope import SYSTEM, Scope
from store.series import bulk, connection
from store.series import rows as series
from tests.emptied import empty_tables
from tests.postgresql import Cluster
from tests.records import fresh

ODD = (
    "INSERT INTO telemetry VALUES ('2026-11-27T00:00:00.000001Z', 'm1', 'power_kw', -0.0, 's', '2026-11-27', true, 300)",
    "INSERT INTO telemetry VALUES ('2026-11-28T00:00:00Z', 'm1', 'power_kw', 0.1, NULL, NULL, false, 0)",
    "INSERT INTO telemetry VALUES ('2026-11-28T00:00:00Z', 'm2', 'power_kw', 1.7976931348623157e308, 's', NULL, false, 899)",
    "INSERT INTO intervals (ts, meter, quantity, interval_s, value) VALUES ('1990-01-01', 'm1', 'energy_kwh', 900, 5e-324)",
    "INSERT INTO intervals VALUES ('2026-01-01', 'm1', 'energy_kwh', 900, 1, 0, 2, 3, 's', '2026-01-02', 899.5, NULL, 900)",
    "INSERT INTO amendments VALUES ('2026-01-01', 'm1', 'q', NULL, NULL, true, 'Zähler \"alt\"\nneu, 1', 'u', '2026-02-01')",
    "INSERT INTO amendments VALUES ('2026-01-01', 'm1', 'energy_kwh', 900, 2.5, false, NULL, 'u', '2026-02-01')",
    "INSERT INTO amendments VALUES ('2026-01-01', 'm1', 'energy_kwh', 900, 2.5, false, NULL, 'u', '2026-02-01')",
    "INSERT INTO late VALUES ('2026-01-01', 'm1', '2025-12-31', NULL)",
    "INSERT INTO rollups VALUES ('2026-01-01', '2026-01-01', NULL)",
    "INSERT INTO retention VALUES ('2026-01-01', 'boot')",
    "INSERT INTO waiting VALUES ('2026-01-01', 'ch', 's', NULL, 1.5, '2026-01-01')",
    "INSERT INTO quarantine VALUES ('2026-01-01', 's', 'http', 'why', '{\"a\": \"ü\"}')",
)


def use(settings: Settings) -> None:
    configuration.use(settings)
    engine.configure(settings.records_url)


@pytest.fixture
def world(questdb_tables: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A site, people, an audit log, and rows of every table of the series with whatever they may hold."""
    made = questdb_tables.model_copy(update={"questdb_external": True, "home": tmp_path / "home"})
    made.home.mkdir()
    (made.home / "loadstar.toml").write_text("tick_s = 7\n")
    (made.home / "demo").mkdir()
    (made.home / "demo/state.json").write_text("{}")
    (made.home / "imports/imp_1/before").mkdir(parents=True)
    (made.home / "imports/imp_1/before/000001.json").write_text("[]")
    (made.home / "run").mkdir()
    (made.home / "run/up.pid").write_text("1")
    configuration.use(made)
    fresh(made.records_url)
    with audit.acting(audit.COMMAND_LINE):
        owner = organisations.create_organisation(SYSTEM, name="Stadtwerke Süd", kind="distributor").id
        place: dict[str, Any] = {"time_zone": "Europe/Berlin", "currency": "EUR", "latitude": 52.5, "longitude": 13.4}
        site = sites.create_site(SYSTEM, name="Works", kind="campus", organisation_id=owner, **place).id
        node = graph.create_node(SYSTEM, site, name="Bus", kind="bus").id
        meters.create_meter(SYSTEM, site, name="Panel", role="condition", node_id=node)
        users.create_user(SYSTEM, email="ann@example.org", name="Ann", password="correct horse 7 battery")
    for statement in ODD:
        connection.execute(statement, made)
    use(made)
    yield made
    empty_tables(made)


def taken(settings: Settings) -> tuple[bytes, Manifest]:
    file = io.BytesIO()
    made = taking.take(settings, file, None, lambda *_: None)
    assert restoring.verify(reader(file.getvalue()), lambda *_: None) == made
    return file.getvalue(), made


def reader(data: bytes) -> Reader:
    return Reader(io.BufferedReader(io.BytesIO(data)), None)


def put_back(data: bytes, settings: Settings) -> Manifest:
    """What `restore` does, where the series' server runs already."""
    use(settings)
    empty_tables(settings)
    read, source = Manifest(), reader(data)
    return restoring.rows(source, settings, restoring.files(source, settings, read), read, lambda *_: None)


def but(settings: Settings, **named: object) -> Settings:
    return configuration.load(**(configuration.plain(settings) | named))


def elsewhere(settings: Settings, tmp_path: Path, url: str = "") -> Settings:
    home = tmp_path / "elsewhere"
    home.mkdir()
    return but(settings, home=home, database_url=url or f"sqlite:///{home / 'records.sqlite3'}")


def test_everything_comes_back_as_it_was(world: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, made = taken(world)
    assert made.tables["series/amendments"].rows == 3, "one of them twice"
    assert all(made.tables[f"series/{statement.split()[2]}"].rows for statement in ODD)
    monkeypatch.setattr(series, "PART_ROWS", 1)
    assert taken(world)[1] == made, "however it is cut"
    there = elsewhere(world, tmp_path)
    assert put_back(data, there) == made
    assert taken(there)[1] == made

    values = dict(connection.query("SELECT ts, value FROM telemetry WHERE meter = 'm1'"))
    assert sorted(map(str, values.values())) == ["-0.0", "0.1"]
    assert connection.query("SELECT value, min, count FROM intervals WHERE ts = '1990-01-01'") == [(5e-324, None, None)]
    assert ('Zähler "alt"\nneu, 1',) in connection.query("SELECT reason FROM amendments")
    assert sorted(
        each.relative_to(there.home).as_posix() for each in there.home.rglob("*") if each.suffix in (".toml", ".json")
    ) == [
        "demo/state.json",
        "imports/imp_1/before/000001.json",
        "loadstar.toml",
    ]
    with engine.engine().connect() as records_there:
        assert rules.present(records_there) == rules.wanted("sqlite")
        assert records_there.execute(text("SELECT name FROM organisations")).all() == [("Stadtwerke Süd",)]
    with pytest.raises(Refused, match="not empty"), records.restoring(SYSTEM, "013"):
        pass


def test_large_parts_whose_meters_change_come_back_as_they_were(world: Settings) -> None:
    rows, meters_of = 60_000, (20, 1, 2)
    with bulk.writer(world) as sender:
        for nth, count in enumerate(meters_of):
            moments = 1_795_000_000_000_000 + (nth * rows + np.arange(rows)) * 1_000
            names = np.array([f"m{nth}_{n}" for n in range(count)], dtype=object)[np.arange(rows) % count]
            kinds = np.full(rows, "power_kw", dtype=object)
            bulk.write(SYSTEM, sender, "telemetry", bulk.telemetry(moments, names, kinds, np.arange(rows) / 8, f"s{nth}"))
    series.await_applied(SYSTEM)
    expected = connection.query("SELECT meter, count(), sum(value) FROM telemetry ORDER BY meter")
    parts = [io.BytesIO() for _ in series.parts(SYSTEM, world, "telemetry")]
    for piece, part in zip(series.parts(SYSTEM, world, "telemetry"), parts, strict=True):
        piece.copy(part)
    empty_tables(world)
    for part in parts:
        series.load(SYSTEM, world, "telemetry", series.batches(SYSTEM, part))
    series.await_applied(SYSTEM)
    assert connection.query("SELECT meter, count(), sum(value) FROM telemetry ORDER BY meter") == expected


@pytest.mark.postgresql
def test_records_move_from_one_kind_of_database_to_the_other_and_back(world: Settings, tmp_path: Path) -> None:
    data, made = taken(world)
    cluster = Cluster()
    try:
        middle = elsewhere(world, tmp_path, cluster.url(cluster.new_database()))
        engine.configure(middle.records_url)
        engine.upgrade()  # as the service `migrate` does before anybody can restore
        assert put_back(data, middle) == made
        moved, found = taken(middle)
        assert found == made
        with engine.engine().connect() as there:
            assert rules.present(there) == rules.wanted("postgresql")
            broken = "INSERT INTO sites (id) VALUES ('s')"
            with pytest.raises(Exception, match="null value"):
                there.execute(text(broken))
        back = elsewhere(middle, tmp_path / "elsewhere")
        assert put_back(moved, back) == made
    finally:
        engine.configure()
        cluster.stop()


def test_a_backup_of_an_older_release_is_brought_up_to_date(world: Settings, tmp_path: Path) -> None:
    old = but(world, database_url=f"sqlite:///{tmp_path / 'old.sqlite3'}")
    use(old)
    with engine.migrating() as (connected, to):
        to("006")
        connected.execute(
            text(
                "INSERT INTO organisations (id, name, kind, approval, created_at) "
                "VALUES ('org_1', 'Of old', 'distributor', 'approved', '2020-01-01 00:00:00')"
            )
        )
    data, _made = taken(old)
    there = elsewhere(world, tmp_path)
    put_back(data, there)
    assert [each.name for each in organisations.organisations(SYSTEM)] == ["Of old"]
    with engine.engine().connect() as records_there:
        assert rules.present(records_there) == rules.wanted("sqlite")


def test_what_does_not_come_back_as_it_was_leaves_the_records_empty(
    world: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _made = taken(world)
    there = elsewhere(world, tmp_path)
    real = series.load
    monkeypatch.setattr(series, "load", lambda scope, of, table, given: real(scope, of, table, (each[:1] for each in given)))
    with pytest.raises(Refused, match=r"series/amendments has 1 rows with sum \w+, not 3"):
        put_back(data, there)
    assert records.is_empty(SYSTEM)


def test_a_restore_is_refused_where_something_is_by_another_key_and_by_an_older_release(
    world: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, made = taken(world)

    def restore(into: Settings) -> Manifest:
        for name, value in configuration.plain(into).items():
            monkeypatch.setenv(f"LOADSTAR_{name.upper()}", str(value))
        return command._restore(into, reader(data), Manifest())

    with pytest.raises(SettingsError, match="there is something already"):
        restore(world)
    there = elsewhere(world, tmp_path)
    with pytest.raises(SettingsError, match="there is something already"):
        restore(there)
    assert not (there.home / "restoring").exists(), "nothing was begun"
    empty_tables(world)
    series.await_applied(SYSTEM)
    with pytest.raises(SettingsError, match="LOADSTAR_SECRET_KEY is not the one"):
        restore(but(there, secret_key="another"))
    newer = reader(data)
    newer.head = type(newer.head)(
        **{name: getattr(newer.head, name) for name in newer.head.__struct_fields__} | {"revision": "999"}
    )
    with pytest.raises(SettingsError, match="newer Loadstar"):
        command._restore(there, newer, Manifest())
    assert restore(there) == made


def test_only_loadstar_itself_copies(world: Settings) -> None:
    nobody = Scope()
    for asked in (
        lambda: records.snapshot(nobody).__enter__(),
        lambda: records.restoring(nobody, "013").__enter__(),
        lambda: records.is_empty(nobody),
        lambda: series.count(nobody),
        lambda: next(series.parts(nobody, world, "telemetry")),
        lambda: series.load(nobody, world, "telemetry", []),
        lambda: series.empty(nobody),
    ):
        with pytest.raises(Refused):
            asked()
    for table in ("nothing", "telemetry; DROP TABLE telemetry"):
        with pytest.raises(Refused, match="no table"):
            next(series.parts(SYSTEM, world, table))
