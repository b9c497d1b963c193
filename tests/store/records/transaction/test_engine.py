"""Transactions, processes, and a database that is away."""

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from store.errors import NotFound, Refused, StoreAway, StoreFull
from store.records import schema
from store.records.people import organisations
from store.records.plant import activity, devices, keys, last_values
from store.records.plant.activity import Activity, Seen
from store.records.plant.last_values import Last
from store.records.transaction import engine, failures
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World

HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _names() -> list[str]:
    return [each.name for each in organisations.organisations(SYSTEM)]


def test_a_transaction_is_all_or_nothing(records: str) -> None:
    with pytest.raises(RuntimeError, match="half way"), engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        raise RuntimeError("half way")
    assert _names() == []


def test_a_part_that_is_refused_can_be_left_out_of_the_whole(records: str) -> None:
    with engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        with pytest.raises(Refused):
            organisations.create_organisation(SYSTEM, name="B", kind="nonsense")
        organisations.create_organisation(SYSTEM, name="C", kind="customer")
    assert _names() == ["A", "C"]


def test_what_is_read_within_a_transaction_is_what_was_written_in_it(records: str) -> None:
    with engine.session():
        organisations.create_organisation(SYSTEM, name="A", kind="customer")
        assert _names() == ["A"]


def test_many_threads_write_at_once_and_all_succeed(records: str) -> None:
    ready = threading.Barrier(8)

    def write(i: int) -> None:
        ready.wait()
        for j in range(5):
            organisations.create_organisation(SYSTEM, name=f"{i}-{j}", kind="customer")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(_names()) == 40


def test_a_forked_process_has_connections_of_its_own(records: str) -> None:
    organisations.create_organisation(SYSTEM, name="parent", kind="customer")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            organisations.create_organisation(SYSTEM, name="child", kind="customer")
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert _names() == ["child", "parent"]


def test_moments_come_back_in_utc_whatever_zone_they_were_given_in(records: str) -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    with engine.session() as session:
        session.add(schema.Organisation(id="org_x", name="X", kind="customer", created_at=HOUR.astimezone(kolkata)))
    with engine.reading() as session:
        kept = session.get(schema.Organisation, "org_x").created_at
    assert kept == HOUR
    assert kept.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(records: str) -> None:
    with pytest.raises(Exception, match="attach its zone"), engine.session() as session:
        session.add(schema.Organisation(name="X", kind="customer", created_at=HOUR.replace(tzinfo=None)))


def test_records_that_are_away_say_so(tmp_path) -> None:
    for url in (f"sqlite:///{tmp_path}/nowhere/records.sqlite3", "postgresql+psycopg://x@/x?host=/nowhere&connect_timeout=1"):
        engine.configure(url)
        with pytest.raises(StoreAway, match="cannot be reached"):
            _names()
    engine.configure()


def test_records_without_tables_say_what_to_run(empty: str) -> None:
    with pytest.raises(StoreAway, match="loadstar migrate"):
        _names()


def test_a_database_that_comes_back_is_used_again(tmp_path) -> None:
    path = tmp_path / "folder" / "records.sqlite3"
    engine.configure(f"sqlite:///{path}")
    with pytest.raises(StoreAway):
        _names()
    path.parent.mkdir()
    engine.upgrade()
    assert _names() == []
    engine.configure()


def test_the_database_refuses_what_goes_around_the_services(world: World) -> None:
    with pytest.raises(Refused), engine.session() as session:
        session.add(
            schema.Edge(
                site_id=world.sites["north"],
                from_node_id=world.nodes["north bus"],
                to_node_id=world.nodes["south bus"],
                valid_from=HOUR,
            )
        )


def test_what_no_database_keeps_is_refused_or_not_there(records: str) -> None:
    """PostgreSQL knows no text with a NUL in it, SQLite does; neither is asked to keep one."""
    with pytest.raises((Refused, NotFound)):
        organisations.organisation(SYSTEM, "org_\0")
    with pytest.raises(Refused, match="invisible"):
        organisations.create_organisation(SYSTEM, name="A\0B", kind="customer")


def test_sqlite_lets_readers_read_while_somebody_writes(tmp_path) -> None:
    path = tmp_path / "records.sqlite3"
    engine.configure(f"sqlite:///{path}")
    engine.upgrade()
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        assert _names() == []
        other.rollback()
    other.close()
    engine.configure()


def test_counts_of_many_processes_add_up(world: World) -> None:
    device = world.devices["north first"]

    def post(i: int) -> None:
        for _ in range(5):
            activity.add_activity(SYSTEM, [Activity(device, HOUR, 2, 1, HOUR + timedelta(seconds=i))])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(post, range(4)))
    assert activity.activity_24h(SYSTEM, device, HOUR) == Seen(40, 20, HOUR + timedelta(seconds=3))


def test_counts_are_of_the_last_24_hours_and_last_seen_of_all_time(world: World) -> None:
    device = world.devices["north first"]
    activity.add_activity(SYSTEM, [Activity(device, HOUR - timedelta(hours=30), 7, 0, HOUR - timedelta(hours=30))])
    assert activity.activity_24h(SYSTEM, device, HOUR) == Seen(0, 0, HOUR - timedelta(hours=30))
    activity.add_activity(SYSTEM, [Activity(device, HOUR - timedelta(hours=23), 5, 1, None)])
    assert activity.activity_24h(SYSTEM, device, HOUR) == Seen(5, 1, HOUR - timedelta(hours=30))


def test_a_device_that_was_never_heard_has_no_last_seen(world: World) -> None:
    assert activity.last_seen(SYSTEM, [world.devices["north first"]]) == {world.devices["north first"]: None}
    assert activity.activity_24h(SYSTEM, world.devices["north first"]) == Seen(0, 0, None)


def test_a_device_that_is_gone_does_not_stop_the_counts_of_others(world: World) -> None:
    device = world.devices["north first"]
    activity.add_activity(SYSTEM, [Activity("dev_gone", HOUR, 1, 0, HOUR), Activity(device, HOUR, 1, 0, HOUR)])
    assert activity.activity_24h(SYSTEM, device, HOUR).accepted == 1


def test_old_hours_are_forgotten_but_never_when_a_device_was_last_heard(world: World) -> None:
    device = world.devices["north first"]
    hours = [HOUR - timedelta(days=days) for days in (40, 30, 20)]
    activity.add_activity(SYSTEM, [Activity(device, hour, 1, 0, hour) for hour in hours])
    assert activity.forget(SYSTEM, HOUR) == 2
    assert activity.last_seen(SYSTEM, [device])[device] == hours[-1]


def test_what_was_noted_while_the_clock_was_ahead_is_forgotten(world: World) -> None:
    device, now = world.devices["north first"], datetime.now(UTC)
    activity.add_activity(
        SYSTEM, [Activity(device, at, 1, 0, at) for at in (now - timedelta(hours=3), now, now + timedelta(days=99))]
    )
    assert activity.forget(SYSTEM, HOUR) == 1
    assert activity.last_seen(SYSTEM, [device])[device] == now


def test_the_newest_value_stays_whatever_order_values_come_in(world: World) -> None:
    meter, region = world.meters["north first"], world.regions["north"]
    new, old = HOUR, HOUR - timedelta(minutes=1)
    assert last_values.kept_to(SYSTEM) is None
    last_values.keep(SYSTEM, [Last(meter, "power_kw", new, 2.0), Last(region, "price_per_kwh", old, 0.3)])
    last_values.keep(SYSTEM, [Last(meter, "power_kw", old, 1.0), Last(meter, "voltage_v", old, 230.0)])
    assert last_values.kept_to(SYSTEM) == new
    found = last_values.last_values(SYSTEM, [meter, region])
    assert found[meter, "power_kw"] == (meter, "power_kw", new, 2.0)
    assert found[meter, "voltage_v"].value == 230.0
    assert found[region, "price_per_kwh"].value == 0.3
    assert set(last_values.last_values(SYSTEM, [meter], ["power_kw"])) == {(meter, "power_kw")}


def test_a_correction_of_the_same_moment_replaces_the_value(world: World) -> None:
    meter = world.meters["north first"]
    for value in (1.0, 2.0):
        last_values.keep(SYSTEM, [Last(meter, "power_kw", HOUR, value)])
    assert last_values.last_values(SYSTEM, [meter])[meter, "power_kw"].value == 2.0


def test_only_loadstar_itself_writes_what_was_heard(world: World) -> None:
    for scope in (NOBODY, world.scope("north admin")):
        with pytest.raises(Refused):
            last_values.keep(scope, [])
        with pytest.raises(Refused):
            activity.add_activity(scope, [])


def test_a_deleted_site_takes_its_devices_and_keys_along(world: World) -> None:
    with engine.session() as session:
        session.delete(session.get(schema.Site, world.sites["north"]))
    assert devices.find_devices(SYSTEM, "box first")[0].site_id == world.sites["south"]
    assert len(keys.keys(SYSTEM, world.sites["south"])) == 3


def test_a_postgresql_without_room_is_full_whatever_language_it_speaks() -> None:
    said = psycopg.errors.DiskFull(
        "konnte Datei »base/5/16402« nicht erweitern: Auf dem Gerät ist kein Speicherplatz mehr verfügbar"
    )
    with pytest.raises(StoreFull, match="disk that holds the records"), failures.translated():
        raise OperationalError("INSERT", {}, said)
