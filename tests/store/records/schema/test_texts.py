"""Texts of the records have a length and nothing in them that is invisible, whichever way they are written."""

import unicodedata
from typing import Any

import pytest
from sqlalchemy import text

from store.errors import Refused
from store.records.people import organisations, users
from store.records.plant import devices, graph, meter_files, regions, sites
from store.records.schema import rules, texts
from store.records.transaction import engine, failures
from store.scope import SYSTEM
from tests.store.records.world import World

UNSEEN = ["a\nb", "a\x1bb", "a\x85b", "a\u00adb", "\u200b", "a\u202eb", "a\u2028b", "a\ufeffb", "a\u2066b"]
WRONG = [*UNSEEN, "a\0b", "a\U000e0041b", "x" * 121, "x" * 2_000_000, "é" * 121]
COMPOSED, APART = "Bâtiment É", unicodedata.normalize("NFD", "Bâtiment É")


def short(name: str) -> str:
    return ascii(name)[:12]


@pytest.mark.parametrize("name", WRONG, ids=short)
def test_no_way_of_naming_anything_takes_such_a_name(name: str, world: World) -> None:
    ways: list[Any] = [
        lambda: organisations.create_organisation(SYSTEM, name=name, kind="customer"),
        lambda: organisations.rename_organisation(SYSTEM, world.organisations["north"], name),
        lambda: users.create_user(SYSTEM, email="new@example.org", name=name, password="nineteen brisk herons"),
        lambda: regions.create_region(SYSTEM, name=name),
        lambda: graph.create_node(SYSTEM, world.sites["north"], name=name, kind="bus"),
        lambda: devices.create_device(SYSTEM, world.sites["north"], name=name),
    ]
    for way in ways:
        with pytest.raises(Refused, match=r"invisible|characters at the most"):
            way()


@pytest.mark.parametrize("name", ["Zähler Nord", COMPOSED, "仪表", "🏭 Werk 3", "<b>", "O'Brien & Söhne", "x" * 120], ids=short)
def test_what_people_call_things_is_taken(name: str, world: World) -> None:
    assert graph.create_node(SYSTEM, world.sites["north"], name=name, kind="bus").name == name


def test_names_are_kept_composed_and_notes_may_have_lines(world: World) -> None:
    assert graph.create_node(SYSTEM, world.sites["north"], name=APART, kind="bus").name == COMPOSED
    assert regions.create_region(SYSTEM, name="Plain", note="one\r\ntwo").note == "one\ntwo"
    with pytest.raises(Refused, match="invisible"):
        regions.create_region(SYSTEM, name="Hill", note="one\u202etwo")


def test_two_things_of_a_site_never_read_the_same(world: World) -> None:
    site = world.sites["north"]
    graph.create_node(SYSTEM, site, name=COMPOSED, kind="bus")
    for alike in (APART, COMPOSED.upper(), f"  {COMPOSED} "):
        with pytest.raises(Refused, match="has a node of this name"):
            graph.create_node(SYSTEM, site, name=alike, kind="bus")
    assert graph.create_node(SYSTEM, world.sites["south"], name=APART, kind="bus")
    made = devices.create_device(SYSTEM, site, name="Gateway Süd")
    other = devices.create_device(SYSTEM, site, name="Gateway Nord")
    with pytest.raises(Refused, match="has a device of this name"):
        devices.create_device(SYSTEM, site, name=unicodedata.normalize("NFD", "gateway süd"))
    with pytest.raises(Refused, match="has a device of this name"):
        devices.describe_device(SYSTEM, other.id, name="GATEWAY SÜD", reporting_interval_s=60, energy_mode="interval")
    renamed = devices.describe_device(SYSTEM, made.id, name="gateway süd", reporting_interval_s=60, energy_mode="interval")
    assert renamed.name == "gateway süd"


def test_a_file_finds_what_it_names_however_it_was_typed(world: World) -> None:
    graph.create_node(SYSTEM, world.sites["north"], name=COMPOSED, kind="bus")
    number = sites.site(SYSTEM, world.sites["north"]).public_number
    file = f"name,site,role,node\nThermometer,{number},condition,{APART}\n"
    assert [line.problem for line in meter_files.try_file(SYSTEM, file)] == [""]


def test_every_table_with_texts_has_a_rule_that_the_database_keeps() -> None:
    ruled = {f"rule_texts_of_{table.name}" for table in texts.tables()}
    assert {"rule_texts_of_sites", "rule_texts_of_users", "rule_texts_of_meters"} <= ruled
    assert ruled <= {rule.name for rule in rules.RULES} & set(failures.RULES)


@pytest.mark.parametrize("name", [*UNSEEN, "x" * 121], ids=short)
def test_the_database_refuses_what_is_written_past_the_program(name: str, world: World) -> None:
    with pytest.raises(Refused, match="too long, or holds an invisible character"), engine.session() as records:
        records.execute(text("UPDATE sites SET name = :name WHERE id = :id"), {"name": name, "id": world.sites["north"]})


def test_what_was_there_before_the_rule_can_still_be_used(world: World) -> None:
    given = {"name": "old\u200bname", "id": world.sites["north"]}
    with engine.session() as records:
        connection = records.connection()
        rules.remove(connection)
        records.execute(text("UPDATE sites SET name = :name WHERE id = :id"), given)
        rules.make(connection)
    with engine.session() as records:
        records.execute(text("UPDATE sites SET latitude = 1, longitude = 1 WHERE id = :id"), given)
    assert sites.site(SYSTEM, world.sites["north"]).name == "old\u200bname"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sites SET name = :name",
        "INSERT INTO attempts (key, count, until) VALUES (:name, 1, '2026-01-01')",
        "SELECT 1 FROM sites WHERE name = :name",
        "UPDATE mails SET text = :name",
    ],
)
def test_what_no_text_holds_gets_into_neither_database_by_any_way(statement: str, world: World) -> None:
    with pytest.raises(Refused, match="a character that no text has"), engine.session() as records:
        records.execute(text(statement), {"name": "a\0b"})
    with pytest.raises(Refused, match="a character that no text has"), engine.session() as records:
        records.connection().execute(text(statement), [{"name": "a"}, {"name": "a\0b"}])
