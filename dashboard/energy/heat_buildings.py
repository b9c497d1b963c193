"""The buildings of a site on one of some days: where they stand, each the hotter the more it took, and the same as a table."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

import numpy as np
from dash import html
from numpy.typing import NDArray

from config import language
from config.language import _, ngettext
from dashboard.energy import calendar_words as words
from dashboard.energy import heat_choices
from dashboard.energy.heat_asked import AREA, KWH, PLACES, USUAL, Asked
from dashboard.figures import plan, shades, wording
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.heat_map import Built, BuiltByDay
from reporting import telling

Floats = NDArray[np.float64]
Place = tuple[float, float]
Shades = Mapping[str, int | None]  # by node

SMALL = 0.005  # a difference that rounds to nothing
EDGE = 0.06  # of the picture, within which nothing stands
ASPECT = 16 / 9  # of the picture (`assets/css/62-heat-map.css`)


def shown(asked: Asked, told: BuiltByDay, reader: Reader) -> list[Any]:
    """The day that is looked at, in words, as a picture and as a table; and what else can be chosen of it."""
    at = max(0, min((asked.day - told.dates[0]).days, len(told.dates) - 1))
    counted = [each for each in told.every if each.node.id not in asked.off]
    levels = _levels(counted, asked.measure, at)
    return [
        heat_choices.of_buildings(asked, [place for place in PLACES if places(told.every, place)]),
        html.P(says(asked, told, counted, at, reader), className="answer", id="heat-says", role="status"),
        _picture(asked, told.every, at, levels, reader),
        _table(asked, told, at, levels, reader),
        heat_choices.scales(asked),
    ]


def measured(each: Built, measure: str) -> Floats:
    """What is shown of a building on each day: kWh, kWh/m², or its difference to usual (0.1: a tenth more)."""
    return {KWH: each.kwh, AREA: each.kwh_m2, USUAL: each.against_usual}[measure]


def places(every: Sequence[Built], place: str) -> dict[str, Place]:
    """Where buildings stand in the picture (0..1 from the left and from the top), by node: as on the plan, or on the map.

    On the map north is up, and both directions have one scale; a building without coordinates is not on it.
    """
    if place == "plan":
        return _filling({each.node.id: each.plan for each in every if each.plan is not None})
    at = {
        each.node.id: (each.facts.longitude, each.facts.latitude)
        for each in every
        if each.facts.latitude is not None and each.facts.longitude is not None
    }
    if not at:
        return {}
    east, north = (np.array([of[axis] for of in at.values()], float) for axis in (0, 1))
    across = (east - east.mean()) * cos(radians(float(north.mean()))) / ASPECT
    down = north.mean() - north
    reach = 2 * max(float(np.abs(across).max()), float(np.abs(down).max())) or 1.0
    room = 1 - 2 * EDGE
    return {node_id: (0.5 + room * x / reach, 0.5 + room * y / reach) for node_id, x, y in zip(at, across, down, strict=True)}


def _filling(standing: Mapping[str, Place]) -> dict[str, Place]:
    """The same beside and above each other, from edge to edge of the picture: on the plan other things have their places too."""
    at = np.array([*standing.values()], float).reshape(-1, 2)
    least, reach = at.min(axis=0, initial=np.inf), np.ptp(at, axis=0) if len(at) else np.zeros(2)
    room = 1 - 2 * EDGE
    shares = np.where(reach > 0, EDGE + room * (at - least) / np.where(reach > 0, reach, 1), 0.5)
    return {node_id: (float(x), float(y)) for node_id, (x, y) in zip(standing, shares, strict=True)}


def says(asked: Asked, told: BuiltByDay, counted: Sequence[Built], at: int, reader: Reader) -> str:
    """How much all of them took on the day, and which stands out."""
    day = language.written(told.dates[at], "yMMMEd")
    known = [each for each in counted if np.isfinite(each.kwh[at])]
    if not known:
        return _("There is no data of %(day)s.", day=day)
    among = {each.node.id for each in known}
    outer = [each for each in known if each.within.isdisjoint(among)]
    buildings = ngettext("%(num)s building", "%(num)s buildings", len(known))
    said = [
        _(
            "%(buildings)s took %(energy)s on %(day)s.",
            buildings=buildings,
            energy=words.energy(float(sum(each.kwh[at] for each in outer)), reader),
            day=day,
        )
    ]
    if len(outer) < len(known):
        said.append(_(telling.ONCE))
    told_of = [each for each in known if np.isfinite(measured(each, asked.measure)[at])]
    if told_of:
        most = max(told_of, key=lambda each: abs(float(measured(each, asked.measure)[at])))
        named = {"name": most.node.name, "amount": amount(most, asked.measure, at, reader)}
        if asked.measure != USUAL:
            said.append(_("Most: %(name)s, %(amount)s.", **named))
        elif abs(float(most.against_usual[at])) < SMALL:
            said.append(_("All were as usual."))
        else:
            said.append(_("%(name)s was furthest from usual: %(amount)s.", **named))
    elif asked.measure == AREA:
        said.append(_("No floor area is known: say it in the site's setup."))
    elif asked.measure == USUAL:
        said.append(_("Too few days tell what is usual."))
    if told.is_open[at]:
        said.append(_("The day is not over yet."))
    elif told.provisional[at]:
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def amount(each: Built, measure: str, at: int, reader: Reader) -> str:
    """What is shown of a building on a day, with its unit."""
    value = float(measured(each, measure)[at])
    if not np.isfinite(value):
        return wording.NONE
    if measure == KWH:
        return words.energy(value, reader)
    if measure == AREA:
        return reader.number(f"{wording.number(value)} kWh/m²")
    sign = "±" if abs(value) < SMALL else "+" if value > 0 else wording.MINUS
    return f"{sign}{reader.number(f'{100 * abs(value):.0f}')} %"


def _levels(counted: Sequence[Built], measure: str, at: int) -> Shades:
    """The shade of each on the day, among all of them on all days: so a day that is hot as a whole looks so."""
    if not counted:
        return {}
    values = np.array([measured(each, measure) for each in counted])
    of = shades.around_nothing(values) if measure == USUAL else shades.between(values)
    return {each.node.id: of[row * values.shape[1] + at] for row, each in enumerate(counted)}


def _picture(asked: Asked, every: Sequence[Built], at: int, levels: Shades, reader: Reader) -> html.Div | html.P:
    standing = places(every, asked.place)
    if not standing:
        return html.P(_("None of them has a place yet: say where they stand in the site's setup."), className="muted")
    short = plan.alike([each.node for each in every])
    marks = []
    for each in every:
        if each.node.id in standing:
            value = "" if each.node.id in asked.off else amount(each, asked.measure, at, reader)
            named = each.facts.number or short.get(each.node.id, each.node.name)
            marks.append(_mark(asked, each, standing[each.node.id], (named, value), levels.get(each.node.id)))
    label = _("Buildings on the site: press one to leave it out, or to take it in again")
    picture = html.Div(marks, className="site-heat")
    return html.Div(picture, className="site-heat-frame", tabIndex=0, role="group", **aria(label=label))


def _mark(asked: Asked, each: Built, place: Place, words_of: tuple[str, str], level: int | None) -> html.A:
    name, value = words_of
    said = f"{each.node.name}: {value or _('left out')}"
    return html.A(
        [html.Span(name, className="name"), html.B(value)],
        href=asked.toggled(each.node.id),
        className="" if value else "off",
        style={"left": f"{100 * place[0]:.1f}%", "top": f"{100 * place[1]:.1f}%"},
        title=said,
        **aria(label=said),
        **data(soft=""),
        **_shade(level),
    )


def _shade(level: int | None) -> dict[str, Any]:
    return {} if level is None else data(level=f"{level}")


def _table(asked: Asked, told: BuiltByDay, at: int, levels: Shades, reader: Reader) -> html.Div:
    heads = [_("Building"), _("Energy"), "kWh/m²", _("Difference to usual"), _("Coverage"), _("Counts")]
    rows = []
    for each in sorted(told.every, key=lambda each: -np.nan_to_num(measured(each, asked.measure)[at], nan=-np.inf)):
        swatch = html.I(className="shade", **aria(hidden="true"), **_shade(levels.get(each.node.id)))
        day = f"/site/{asked.site_id}/calendar?of={each.node.id}&day={told.dates[at]}"
        act, share = _("Take in") if each.node.id in asked.off else _("Leave out"), float(each.coverage[at])
        toggle = html.A(act, href=asked.toggled(each.node.id), **data(soft=""), **aria(label=f"{act}: {each.node.name}"))
        rows.append(
            (
                html.Span([swatch, html.A(each.node.name, href=day, **data(soft=""))]),
                *(amount(each, measure, at, reader) for measure in (KWH, AREA, USUAL)),
                f"{wording.percent(share)} %" if np.isfinite(share) else wording.NONE,
                toggle,
            )
        )
    label = _("Buildings on %(day)s", day=language.written(told.dates[at], "yMMMEd"))
    return short_table(label, heads, rows, dict.fromkeys((1, 2, 3, 4), "num"), titled=True)
