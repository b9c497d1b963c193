"""Widgets never overlap and never leave the grid, whatever is pressed or dragged."""

import random
from itertools import combinations

from dashboard.boards.places import ACTS, acted, beneath, dragged, settled
from store.records.people.dashboards import COLUMNS, TALLEST, Widget


def board(*places: tuple[int, int, int, int]) -> list[Widget]:
    return [Widget(f"w{at}", "map", "sit_1", x=x, y=y, w=w, h=h) for at, (x, y, w, h) in enumerate(places)]


def where(widgets: list[Widget]) -> list[tuple[int, int, int, int]]:
    return [(each.x, each.y, each.w, each.h) for each in widgets]


def is_sound(widgets: list[Widget]) -> bool:
    within = all(0 <= each.x <= COLUMNS - each.w and each.y >= 0 and each.w > 0 and 0 < each.h <= TALLEST for each in widgets)
    apart = all(
        one.x + one.w <= other.x or other.x + other.w <= one.x or one.y + one.h <= other.y or other.y + other.h <= one.y
        for one, other in combinations(widgets, 2)
    )
    return within and apart


def test_each_stands_as_high_as_it_can() -> None:
    assert where(settled(board((0, 5, 4, 2), (0, 9, 6, 3), (6, 9, 6, 3)))) == [(0, 0, 4, 2), (0, 2, 6, 3), (6, 0, 6, 3)]


def test_up_and_down_change_places_with_what_is_beside_them() -> None:
    two = board((0, 0, 6, 2), (0, 2, 6, 3))
    down = acted(two, "w0", "down")
    assert where(down) == [(0, 3, 6, 2), (0, 0, 6, 3)]
    assert where(acted(down, "w0", "up")) == where(two)
    assert where(acted(two, "w0", "up")) == where(two)
    assert where(acted(two, "w1", "down")) == where(two)


def test_what_is_moved_or_grows_pushes_the_others_down() -> None:
    two = board((0, 0, 6, 2), (6, 0, 6, 2))
    assert where(acted(two, "w0", "right")) == [(1, 0, 6, 2), (6, 2, 6, 2)]
    assert where(acted(two, "w0", "wider")) == [(0, 0, 7, 2), (6, 2, 6, 2)]
    assert where(acted(two, "w1", "right")) == where(two)
    assert where(acted(board((0, 0, 1, 1)), "w0", "narrower")) == [(0, 0, 1, 1)]


def test_a_new_one_comes_below_all_others_or_where_there_is_room_above() -> None:
    two = board((0, 0, 8, 4), (8, 0, 4, 2))
    assert where(beneath(two, Widget("new", "map", "sit_1", w=6, h=3)))[-1] == (0, 4, 6, 3)
    assert where(beneath(two, Widget("new", "map", "sit_1", x=8, w=4, h=2)))[-1] == (8, 2, 4, 2)


def test_whatever_is_pressed_nothing_overlaps() -> None:
    dice = random.Random(4)
    widgets: list[Widget] = []
    for at in range(12):
        widgets = beneath(widgets, Widget(f"w{at}", "map", "sit_1", w=dice.randint(1, 12), h=dice.randint(1, 6)))
    for _ in range(400):
        widgets = acted(widgets, f"w{dice.randrange(12)}", dice.choice(ACTS))
        assert is_sound(widgets)
        assert settled(widgets) == widgets


def test_a_drag_is_taken_as_the_browser_tells_it_and_nonsense_changes_nothing() -> None:
    two = board((0, 0, 6, 2), (6, 0, 6, 2))
    told = [{"i": "w0", "x": 6, "y": 0, "w": 6, "h": 2, "moved": False}, {"i": "w1", "x": 0, "y": 0, "w": 6, "h": 2}]
    assert where(dragged(two, told)) == [(6, 0, 6, 2), (0, 0, 6, 2)]
    for nonsense in ({"i": "w0"}, {"i": "w9", "x": 1, "y": 1, "w": 1, "h": 1}, {"i": "w0", "x": "1", "y": 0, "w": 1, "h": True}):
        assert dragged(two, [nonsense]) == two
    assert dragged(two, ["x"]) == two
