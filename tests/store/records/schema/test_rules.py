"""The rules of people, organisations and meters hold for whoever goes around the application, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from store.errors import Refused
from store.records.plant import graph, names
from store.records.transaction import engine, failures
from store.scope import SYSTEM
from tests.store.records.world import BEGAN, SWITCH, World

A_DAY = timedelta(days=1)


class Sql:
    """Plain SQL on a connection of its own, as somebody with the database's password writes it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: str, **values: Any) -> None:
        self._connection.execute(text(statement), {name: self._kept(value) for name, value in values.items()})

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(text(statement), values)]

    def one(self, statement: str, **values: Any) -> Any:
        [[value]] = self.rows(statement, **values)
        return value

    def _kept(self, value: Any) -> Any:
        if isinstance(value, datetime) and self._connection.dialect.name == "sqlite":
            return value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return value

    @contextmanager
    def refused(self, rule: str) -> Iterator[None]:
        """What is within breaks that rule, which has a sentence for people, and changes nothing."""
        part = self._connection.begin_nested()
        with pytest.raises(IntegrityError) as broken:
            yield
        part.rollback()
        assert failures.constraint_of(broken.value) == rule
        assert rule in failures.RULES

    def user(self, user_id: str, organisation_id: str | None = None, **values: Any) -> None:
        row: dict[str, Any] = {
            "id": user_id,
            "email": f"{user_id}@example.org",
            "name": user_id,
            "approval": "approved",
            "platform_admin": False,
            "organisation_id": organisation_id,
            "role": "viewer" if organisation_id else None,
            "theme": "auto",
            "created_at": BEGAN,
        }
        self.insert("users", row | values)

    def organisation(self, organisation_id: str, kind: str = "customer", **values: Any) -> None:
        row = {"id": organisation_id, "name": organisation_id, "kind": kind, "created_at": BEGAN, "approval": "approved"}
        self.insert("organisations", row | values)

    def meter(self, meter_id: str, site_id: str) -> None:
        row = {"id": meter_id, "site_id": site_id, "name": "new", "role": "condition", "simulated": False, "source_note": ""}
        self.insert("meters", row | {"created_at": BEGAN, "claim_code": meter_id})

    def grant(self, grant_id: str, owner_id: str, **values: Any) -> None:
        row = {"id": grant_id, "entity_id": f"ent_{owner_id[4:]}", "role": "viewer", "origin": "given", "valid_from": SWITCH}
        self.insert("grants", row | values)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        self.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", **row)


@pytest.fixture
def sql(world: World) -> Iterator[Sql]:
    with engine.engine().execution_options(writes=True).connect() as connection:
        yield Sql(connection)
        connection.rollback()


def test_a_new_user_has_an_entity_and_an_id_that_never_changes(sql: Sql) -> None:
    sql.user("usr_new")
    assert sql.rows("SELECT id FROM entities WHERE user_id = 'usr_new'") == [("ent_new",)]
    with sql.refused("rule_user_id"):
        sql.run("UPDATE users SET id = 'usr_other' WHERE id = 'usr_new'")


def test_a_new_organisation_has_an_entity_and_an_id_that_never_changes(sql: Sql) -> None:
    sql.organisation("org_new")
    assert sql.rows("SELECT id FROM entities WHERE organisation_id = 'org_new'") == [("ent_new",)]
    with sql.refused("rule_organisation_id"):
        sql.run("UPDATE organisations SET id = 'org_other' WHERE id = 'org_new'")


def test_an_entity_changes_never_and_stays_as_long_as_its_owner(sql: Sql) -> None:
    sql.user("usr_new")
    sql.organisation("org_firm")
    with sql.refused("rule_entity_fixed"):
        sql.run("UPDATE entities SET id = 'ent_other' WHERE id = 'ent_new'")
    with sql.refused("rule_entity_fixed"):
        sql.run("UPDATE entities SET user_id = NULL, organisation_id = 'org_firm' WHERE id = 'ent_new'")
    for entity in ("ent_new", "ent_firm"):
        with sql.refused("rule_entity_stays"):
            sql.run("DELETE FROM entities WHERE id = :id", id=entity)


def test_a_meter_belongs_to_one_resident_at_a_time(sql: Sql, world: World) -> None:
    meter = world.meters["north grid"]
    sql.user("usr_one")
    sql.user("usr_two")
    end = SWITCH + 10 * A_DAY
    sql.grant("grt_one", "usr_one", meter_id=meter, valid_to=end)
    sql.grant("grt_next", "usr_two", meter_id=meter, valid_from=end)
    for first, last in ((SWITCH - A_DAY, None), (SWITCH - A_DAY, SWITCH + A_DAY), (SWITCH + A_DAY, SWITCH + 2 * A_DAY)):
        with sql.refused("rule_one_resident"):
            sql.grant("grt_two", "usr_two", meter_id=meter, valid_from=first, valid_to=last)
    with sql.refused("rule_one_resident"):
        sql.run("UPDATE grants SET valid_from = :at WHERE id = 'grt_next'", at=end - A_DAY)
    with sql.refused("rule_one_resident"):
        sql.run("UPDATE grants SET valid_to = NULL WHERE id = 'grt_one'")
    sql.grant("grt_before", "usr_two", meter_id=meter, valid_from=SWITCH - A_DAY, valid_to=SWITCH)
    sql.grant("grt_again", "usr_one", meter_id=meter, role="operator", valid_to=SWITCH + A_DAY)
    with sql.refused("rule_one_resident"):
        sql.run("UPDATE grants SET entity_id = 'ent_two' WHERE id = 'grt_again'")


def test_a_meter_may_belong_to_a_resident_and_organisations_at_once(sql: Sql, world: World) -> None:
    sql.grant("grt_firm", world.organisations["shop"], meter_id=world.meters["north first"])
    sql.grant("grt_other", world.organisations["south"], meter_id=world.meters["north first"])


def test_a_deleted_user_takes_the_entity_and_the_assignments_along(sql: Sql, world: World) -> None:
    resident = world.people["resident"]
    sql.run("DELETE FROM users WHERE id = :id", id=resident)
    assert sql.one("SELECT count(*) FROM entities WHERE user_id = :id", id=resident) == 0
    assert sql.one("SELECT count(*) FROM grants WHERE entity_id = :id", id=f"ent_{resident[4:]}") == 0
    assert sql.one("SELECT count(*) FROM meters WHERE id = :id", id=world.meters["north first"]) == 1


def test_a_deleted_organisation_takes_the_entity_and_the_assignments_along(sql: Sql, world: World) -> None:
    sql.organisation("org_new")
    sql.grant("grt_new", "org_new", meter_id=world.meters["north first"])
    sql.run("DELETE FROM organisations WHERE id = 'org_new'")
    assert sql.one("SELECT count(*) FROM entities WHERE id = 'ent_new'") == 0
    assert sql.one("SELECT count(*) FROM grants WHERE id = 'grt_new'") == 0


@pytest.mark.parametrize("which", ["north", "shop"])
def test_an_organisation_with_people_or_sites_is_not_deleted(sql: Sql, world: World, which: str) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        sql.run("DELETE FROM organisations WHERE id = :id", id=world.organisations[which])


def test_the_first_of_an_organisation_is_its_admin_whatever_was_written(sql: Sql) -> None:
    sql.organisation("org_new")
    sql.user("usr_first", "org_new", role="viewer")
    sql.user("usr_second", "org_new", role="viewer")
    roles = "SELECT role FROM users WHERE organisation_id = 'org_new' ORDER BY id"
    assert sql.rows(roles) == [("admin",), ("viewer",)]


def test_a_resident_who_joins_an_empty_organisation_is_its_admin(sql: Sql) -> None:
    sql.organisation("org_firm")
    sql.user("usr_new")
    sql.run("UPDATE users SET organisation_id = 'org_firm', role = 'viewer' WHERE id = 'usr_new'")
    assert sql.one("SELECT role FROM users WHERE id = 'usr_new'") == "admin"


def test_a_resident_is_approved_once_the_address_is_verified(sql: Sql) -> None:
    sql.user("usr_new", approval="pending")
    assert sql.one("SELECT approval FROM users WHERE id = 'usr_new'") == "pending"
    sql.run("UPDATE users SET email_verified_at = :at WHERE id = 'usr_new'", at=datetime.now(UTC))
    assert sql.one("SELECT approval FROM users WHERE id = 'usr_new'") == "approved"
    sql.user("usr_known", approval="pending", email_verified_at=BEGAN)
    assert sql.one("SELECT approval FROM users WHERE id = 'usr_known'") == "approved"


def test_nobody_else_is_approved_by_verifying_an_address(sql: Sql, world: World) -> None:
    sql.user("usr_staff", world.organisations["shop"], approval="pending")
    for approval in ("rejected", "disabled"):
        sql.user(f"usr_{approval}", approval=approval)
    sql.run("UPDATE users SET email_verified_at = :at", at=datetime.now(UTC))
    found = "SELECT approval FROM users WHERE id IN ('usr_disabled', 'usr_rejected', 'usr_staff') ORDER BY id"
    assert sql.rows(found) == [("disabled",), ("rejected",), ("pending",)]


def test_people_in_an_organisation_have_no_meters_of_their_own(sql: Sql, world: World) -> None:
    meter, viewer = world.meters["north grid"], world.people["shop viewer"]
    with sql.refused("rule_no_own_meters"):
        sql.grant("grt_new", viewer, meter_id=meter)
    sql.grant("grt_firm", world.organisations["shop"], meter_id=meter)
    with sql.refused("rule_no_own_meters"):
        sql.run("UPDATE grants SET entity_id = :id WHERE id = 'grt_firm'", id=f"ent_{viewer[4:]}")
    sql.grant("grt_site", viewer, site_id=world.sites["north"])
    with sql.refused("rule_no_own_meters"):
        sql.run("UPDATE grants SET site_id = NULL, meter_id = :meter WHERE id = 'grt_site'", meter=meter)


def test_whoever_joins_an_organisation_has_released_their_meters(sql: Sql, world: World) -> None:
    resident = world.people["resident"]
    join = "UPDATE users SET organisation_id = :firm, role = 'viewer' WHERE id = :id"
    with sql.refused("rule_release_meters"):
        sql.run(join, firm=world.organisations["shop"], id=resident)
    entity = f"ent_{resident[4:]}"
    sql.run("UPDATE grants SET valid_to = :at WHERE entity_id = :id", at=datetime.now(UTC) + A_DAY, id=entity)
    with sql.refused("rule_release_meters"):
        sql.run(join, firm=world.organisations["shop"], id=resident)
    sql.run("UPDATE grants SET valid_to = :at WHERE entity_id = :id", at=datetime.now(UTC) - A_DAY, id=entity)
    sql.run(join, firm=world.organisations["shop"], id=resident)
    with sql.refused("rule_no_own_meters"):
        sql.run("UPDATE grants SET valid_to = NULL WHERE entity_id = :id", id=entity)


def _owner_of(sql: Sql, meter_id: str) -> list[tuple[str, str]]:
    return sql.rows(
        "SELECT e.organisation_id, g.role FROM grants g JOIN entities e ON e.id = g.entity_id"
        " WHERE g.meter_id = :id AND g.origin = 'owner'",
        id=meter_id,
    )


def test_a_new_meter_is_assigned_to_the_distributor_that_owns_its_site(sql: Sql, world: World) -> None:
    sql.meter("mtr_new", world.sites["south"])
    assert _owner_of(sql, "mtr_new") == [(world.organisations["south"], "admin")]
    sql.run("UPDATE meters SET site_id = :site WHERE id = 'mtr_new'", site=world.sites["north"])
    assert _owner_of(sql, "mtr_new") == [(world.organisations["north"], "admin")]
    sql.run("UPDATE sites SET organisation_id = :id", id=world.organisations["south"])
    assert _owner_of(sql, "mtr_new") == [(world.organisations["south"], "admin")]


def test_only_distributors_own_sites_and_have_customers(sql: Sql, world: World) -> None:
    shop = world.organisations["shop"]
    with sql.refused("rule_sites_of_distributors"):
        sql.run("UPDATE sites SET organisation_id = :id", id=shop)
    with sql.refused("rule_customers_of_distributors"):
        sql.organisation("org_new", distributor_id=shop)
    with sql.refused("rule_distributor_with_sites"):
        sql.run("UPDATE organisations SET kind = 'customer' WHERE id = :id", id=world.organisations["north"])


@pytest.mark.parametrize("at_once", ["grants of two residents", "a grant and a membership"])
def test_two_transactions_at_the_same_moment_break_no_rule(world: World, at_once: str) -> None:
    writing = engine.engine().execution_options(writes=True)
    meter, stranger = world.meters["north grid"], world.people["stranger"]
    join = "UPDATE users SET organisation_id = :firm, role = 'viewer' WHERE id = :id"
    with writing.connect() as one, writing.connect() as other, ThreadPoolExecutor(1) as pool:
        first, second = Sql(one), Sql(other)
        first.grant("grt_one", stranger, meter_id=meter)
        if at_once == "grants of two residents":
            later = pool.submit(second.grant, "grt_two", world.people["neighbour"], meter_id=meter)
        else:
            later = pool.submit(second.run, join, firm=world.organisations["shop"], id=stranger)
        one.commit()
        with pytest.raises(IntegrityError, match="rule_"):
            later.result(30)
        other.rollback()


def _node(sql: Sql, site: str, name: str, node_id: str, since: datetime = BEGAN, until: datetime | None = None) -> None:
    sql.run(
        "INSERT INTO nodes (id, site_id, name, kind, technology, simulated, valid_from, valid_to)"
        " VALUES (:id, :site, :name, 'bus', '', false, :since, :until)",
        id=node_id,
        site=site,
        name=name,
        since=since,
        until=until,
    )


def test_a_site_has_one_node_of_a_name_at_a_time(sql: Sql, world: World) -> None:
    north, south = world.sites["north"], world.sites["south"]
    _node(sql, north, "Roof", "nod_one", until=BEGAN + 2 * A_DAY)
    _node(sql, south, "Roof", "nod_south")
    _node(sql, north, "Roof", "nod_next", since=BEGAN + 2 * A_DAY)
    with sql.refused("rule_one_node_of_a_name"):
        _node(sql, north, "Roof", "nod_two", since=BEGAN + A_DAY)
    _node(sql, north, "Shed", "nod_two", since=BEGAN + A_DAY)
    with sql.refused("rule_one_node_of_a_name"):
        sql.run("UPDATE nodes SET name = 'Roof' WHERE id = 'nod_two'")
    with sql.refused("rule_one_node_of_a_name"):
        sql.run("UPDATE nodes SET valid_to = NULL WHERE id = 'nod_one'")


def test_a_distributor_has_one_site_of_a_name_in_use(sql: Sql, world: World) -> None:
    made = world.sites["north"], world.organisations["south"]
    with sql.refused("rule_one_site_of_a_name"):
        sql.run("UPDATE sites SET name = 'South Homes', organisation_id = :owner WHERE id = :id", id=made[0], owner=made[1])
    sql.run("UPDATE sites SET archived_at = :at WHERE id = :id", id=world.sites["south"], at=BEGAN)
    sql.run("UPDATE sites SET name = 'South Homes', organisation_id = :owner WHERE id = :id", id=made[0], owner=made[1])
    with sql.refused("rule_one_site_of_a_name"):
        sql.run("UPDATE sites SET archived_at = NULL WHERE id = :id", id=world.sites["south"])


def test_one_edge_goes_from_a_node_to_another_at_a_time_for_each_carrier(sql: Sql, world: World) -> None:
    [(edge, site, source, target)] = sql.rows(
        "SELECT id, site_id, from_node_id, to_node_id FROM edges WHERE id = :id", id=next(iter(world.edges.values()))
    )

    def join(name: str, carrier: str, since: datetime) -> None:
        sql.run(
            "INSERT INTO edges (id, site_id, from_node_id, to_node_id, carrier, two_way, valid_from)"
            " VALUES (:id, :site, :source, :target, :carrier, false, :since)",
            id=name,
            site=site,
            source=source,
            target=target,
            carrier=carrier,
            since=since,
        )

    with sql.refused("rule_one_edge_of_a_way"):
        join("edg_same", "electricity", BEGAN + A_DAY)
    join("edg_heat", "heat", BEGAN + A_DAY)
    with sql.refused("rule_one_edge_of_a_way"):
        sql.run("UPDATE edges SET carrier = 'electricity' WHERE id = 'edg_heat'")
    sql.run("UPDATE edges SET valid_to = :at WHERE id = :id", id=edge, at=BEGAN + 2 * A_DAY)
    join("edg_next", "electricity", BEGAN + 2 * A_DAY)


def test_two_who_make_a_node_of_one_name_at_the_same_moment_make_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "require_free", lambda _records, _thing: None)
    refused: list[str] = []

    def make(_number: int) -> None:
        try:
            graph.create_node(SYSTEM, world.sites["north"], name="Roof", kind="bus", valid_from=BEGAN)
        except Refused as why:
            refused.append(str(why))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make, range(6)))
    assert len(refused) == 5
    assert all("has a node of this name" in each for each in refused)
