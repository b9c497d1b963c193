"""Where widgets stand on the grid: nothing overlaps, and each stands as high as it can, as the grid in the browser has it."""

from collections.abc import Mapping, Sequence
from typing import Any

from store.records.people.dashboards import COLUMNS, TALLEST, Widget

BEFORE = 0.5  # of a row: what is put there comes before, or after, what begins in it
ACTS = ("left", "right", "up", "down", "narrower", "wider", "shorter", "taller")


def settled(widgets: Sequence[Widget], rows: Mapping[str, float] | None = None) -> list[Widget]:
    """The same widgets in the same order, each as high as it can stand; `rows` are asked for in place of their own."""
    asked = rows or {}
    placed: list[Widget] = []
    for each in sorted(widgets, key=lambda each: (asked.get(each.id, each.y), each.x)):
        beside = [other for other in placed if other.x < each.x + each.w and each.x < other.x + other.w]
        free = sorted({0, *(other.y + other.h for other in beside)})
        placed.append(each._replace(y=next(y for y in free if not any(_meets(other, y, each.h) for other in beside))))
    by_id = {each.id: each for each in placed}
    return [by_id[each.id] for each in widgets]


def _meets(other: Widget, y: int, height: int) -> bool:
    return other.y < y + height and y < other.y + other.h


def acted(widgets: Sequence[Widget], widget_id: str, act: str) -> list[Widget]:
    """The widgets after one of `ACTS` on one of them; the same where it can go no further, or there is no such widget."""
    one = next((each for each in widgets if each.id == widget_id), None)
    if one is None or act not in ACTS:
        return [*widgets]
    x, w, h = one.x, one.w, one.h
    if act in ("up", "down"):
        return _swapped(widgets, one, upwards=act == "up")
    if act in ("left", "right"):
        x = min(max(0, x + (1 if act == "right" else -1)), COLUMNS - w)
    elif act in ("narrower", "wider"):
        w = min(max(1, w + (1 if act == "wider" else -1)), COLUMNS - x)
    else:
        h = min(max(1, h + (1 if act == "taller" else -1)), TALLEST)
    changed = one._replace(x=x, w=w, h=h)
    return settled([changed if each is one else each for each in widgets], {one.id: one.y - BEFORE})


def _swapped(widgets: Sequence[Widget], one: Widget, *, upwards: bool) -> list[Widget]:
    """The widget before the one above it, or behind the one beneath it."""
    beside = [each for each in widgets if each is not one and each.x < one.x + one.w and one.x < each.x + each.w]
    if upwards:
        above = max((each for each in beside if each.y < one.y), key=lambda each: each.y, default=None)
        return settled(widgets, {one.id: above.y - BEFORE}) if above else [*widgets]
    below = min((each for each in beside if each.y > one.y), key=lambda each: each.y, default=None)
    return settled(widgets, {one.id: below.y + BEFORE}) if below else [*widgets]


def dragged(widgets: Sequence[Widget], layout: Sequence[Any]) -> list[Widget]:
    """The widgets where the browser's grid has them; what is no place, or of no widget, changes nothing."""
    places = {each.get("i"): each for each in layout if isinstance(each, dict)}
    moved = []
    for each in widgets:
        told = places.get(each.id, {})
        numbers = {name: told[name] for name in ("x", "y", "w", "h") if type(told.get(name)) is int}
        moved.append(each._replace(**numbers) if len(numbers) == 4 else each)
    return moved


def beneath(widgets: Sequence[Widget], new: Widget) -> list[Widget]:
    """The widgets and a new one below all of them, in the first free place."""
    return settled([*widgets, new._replace(y=max((each.y + each.h for each in widgets), default=0))])
