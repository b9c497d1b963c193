"""Dashboards are their person's own; who opens one that is shared must see something of what is in it."""

from collections.abc import Callable

import pytest

from store.errors import NotFound, Refused
from store.records.people import dashboards
from store.records.people.dashboards import MOST_WIDGETS, Widget
from store.scope import NOBODY, SYSTEM, Scope
from tests.store.records.world import World


@pytest.fixture
def owner(world: World) -> Scope:
    return world.scope("north operator")


def tile(world: World, name: str = "w1", **more: object) -> Widget:
    return Widget(name, "tile", world.sites["north"], "demand", **more)


def test_what_was_put_together_is_there_again(owner: Scope, world: World) -> None:
    made = dashboards.create_dashboard(owner, " Morning round ", [tile(world, x=8, w=4)])
    dashboards.keep_widgets(owner, made.id, [*made.widgets, Widget("w2", "note", note="Call the plumber\r\nat nine", y=3)])
    (kept,) = dashboards.dashboards(owner)
    assert kept.name == "Morning round"
    assert kept == dashboards.dashboard(owner, made.id)
    assert [each.note for each in kept.widgets] == ["", "Call the plumber\nat nine"]
    assert dashboards.delete_dashboard(owner, made.id) == "Morning round"
    assert dashboards.dashboards(owner) == []


def test_nobody_else_opens_or_changes_it(owner: Scope, world: World) -> None:
    made = dashboards.create_dashboard(owner, "Mine", [tile(world)])
    for other in (world.scope("north admin"), world.scope("root"), world.scope("south admin"), NOBODY, SYSTEM):
        acts: list[Callable[[], object]] = [
            lambda other=other: dashboards.dashboard(other, made.id),
            lambda other=other: dashboards.keep_widgets(other, made.id, []),
            lambda other=other: dashboards.name_dashboard(other, made.id, "Theirs", shared=True),
            lambda other=other: dashboards.delete_dashboard(other, made.id),
        ]
        for act in acts:
            with pytest.raises(NotFound):
                act()
    assert dashboards.dashboards(owner) == [made]


def test_one_that_is_shared_opens_for_whoever_sees_something_of_it(owner: Scope, world: World) -> None:
    made = dashboards.create_dashboard(owner, "For the team", [tile(world), Widget("w2", "note", note="Gate code", y=3)])
    dashboards.name_dashboard(owner, made.id, "For the team", shared=True)
    seen = dashboards.dashboard(world.scope("north admin"), made.id)
    assert (seen.own, len(seen.widgets)) == (False, 2)
    with pytest.raises(NotFound):
        dashboards.dashboard(world.scope("south admin"), made.id)
    notes = dashboards.create_dashboard(owner, "Notes alone", [Widget("w1", "note", note="Gate code")])
    dashboards.name_dashboard(owner, notes.id, "Notes alone", shared=True)
    with pytest.raises(NotFound):
        dashboards.dashboard(world.scope("north admin"), notes.id)
    dashboards.name_dashboard(owner, made.id, "For the team", shared=False)
    with pytest.raises(NotFound):
        dashboards.dashboard(world.scope("north admin"), made.id)


def test_a_widget_is_of_a_site_that_its_person_sees_when_it_is_put_there(owner: Scope, world: World) -> None:
    foreign = Widget("w1", "tile", world.sites["south"], "demand")
    with pytest.raises(NotFound):
        dashboards.create_dashboard(owner, "Elsewhere", [foreign])
    made = dashboards.create_dashboard(owner, "Here", [tile(world)])
    with pytest.raises(NotFound):
        dashboards.keep_widgets(owner, made.id, [foreign])
    assert dashboards.dashboard(owner, made.id).widgets == [tile(world)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "weather"}, "no such widget"),
        ({"x": 10, "w": 4}, "outside"),
        ({"w": 0}, "outside"),
        ({"h": 99}, "outside"),
        ({"y": -1}, "outside"),
        ({"kind": "note", "note": "  "}, "has a text"),
        ({"kind": "note", "note": "x" * 2001}, "shorten"),
        ({"kind": "note", "note": "a\u202eb"}, "invisible"),
    ],
)
def test_what_is_no_widget_is_refused_in_words(owner: Scope, world: World, change: dict[str, object], says: str) -> None:
    made = dashboards.create_dashboard(owner, "Board", [tile(world)])
    with pytest.raises(Refused, match=says):
        dashboards.keep_widgets(owner, made.id, [tile(world)._replace(**change)])
    assert dashboards.dashboard(owner, made.id).widgets == [tile(world)]


def test_names_are_one_persons_own_and_told_apart(owner: Scope, world: World) -> None:
    dashboards.create_dashboard(owner, "Board")
    with pytest.raises(Refused, match="another of your dashboards"):
        dashboards.create_dashboard(owner, " BOARD")
    with pytest.raises(Refused, match="give one"):
        dashboards.create_dashboard(owner, "  ")
    assert dashboards.create_dashboard(world.scope("north admin"), "Board").own
    with pytest.raises(Refused, match="at the most"):
        dashboards.create_dashboard(owner, "Full", [tile(world, f"w{at}", y=3 * at) for at in range(MOST_WIDGETS + 1)])


def test_there_can_be_several_but_not_any_number(owner: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboards, "MOST", 2)
    for name in ("One", "Two"):
        dashboards.create_dashboard(owner, name)
    with pytest.raises(Refused, match="delete one first"):
        dashboards.create_dashboard(owner, "Three")
