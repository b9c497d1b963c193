"""What a home uses follows from the meters in it, however many there are, and nothing is counted twice."""

import pytest

from models.graph import Node
from models.home import Part, energy_of, home_of

STREET, BOARD, LOAD, CAR = (
    Node("st", "Street", "bus"),
    Node("b", "Home", "bus"),
    Node("l", "Load", "sink"),
    Node("c", "Car", "sink"),
)
ROOF, BATTERY, GRID = (
    Node("p", "Roof", "source", "pv"),
    Node("s", "Battery", "storage", "battery"),
    Node("g", "Grid", "source", "grid"),
)
SERVICE, PV = Part("service", STREET, BOARD), Part("pv", ROOF, BOARD)


def test_a_home_with_one_meter_uses_what_it_takes() -> None:
    home = home_of([SERVICE])
    assert energy_of(home, {"service": 7.0}, {"service": 0.0}) == (7.0, 0.0, 0.0, 7.0, None)


def test_what_the_roof_makes_and_does_not_feed_in_is_used_at_home() -> None:
    home = home_of([SERVICE, PV])
    found = energy_of(home, {"service": 5.0, "pv": 8.0}, {"service": 2.0, "pv": 0.0})
    assert (found.used, found.kept) == (11.0, 0.75)


def test_a_meter_behind_another_is_not_counted_again() -> None:
    home = home_of([Part("load", BOARD, LOAD), Part("car", BOARD, CAR), SERVICE, PV])
    assert home.entries == ("service",)
    zeros = dict.fromkeys(("service", "pv", "load", "car"), 0.0)
    assert energy_of(home, zeros | {"service": 5.0, "pv": 8.0, "load": 9.0, "car": 2.0}, zeros | {"service": 2.0}).used == 11.0


@pytest.mark.parametrize("part", [Part("store", BOARD, BATTERY), Part("store", BATTERY, BOARD)])
def test_what_a_battery_keeps_is_not_used_yet_and_what_it_gives_is(part: Part) -> None:
    home = home_of([SERVICE, PV, part])
    charged, discharged = 3.0, 1.0
    forward, export = (charged, discharged) if part.target is BATTERY else (discharged, charged)
    found = energy_of(home, {"service": 5.0, "pv": 8.0, "store": forward}, {"service": 2.0, "pv": 0.0, "store": export})
    assert found.used == pytest.approx(5 - 2 + 8 - 3 + 1)


def test_where_the_roof_feeds_another_board_it_is_not_known_how_much_of_it_the_home_used() -> None:
    found = energy_of(home_of([SERVICE, Part("pv", ROOF, STREET)]), {"service": 5.0, "pv": 8.0}, {"service": 0.0, "pv": 0.0})
    assert found == (5.0, 0.0, 8.0, 5.0, None)
    assert home_of([SERVICE, Part("pv", ROOF, STREET)]).counted == ("service",), "whether the roof reports does not matter to it"


def test_whoever_has_only_a_roof_uses_nothing_that_is_measured() -> None:
    found = energy_of(home_of([PV]), {"pv": 8.0}, {"pv": 0.0})
    assert (found.made, found.used, found.kept) == (8.0, None, None)


def test_a_connection_to_the_grid_is_where_energy_enters() -> None:
    assert home_of([Part("in", GRID, BOARD), Part("load", BOARD, LOAD)]).entries == ("in",)
