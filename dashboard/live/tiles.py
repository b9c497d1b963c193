"""The numbers at the top of the overview: each with its unit, its state, its age and what is behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any
from urllib.parse import quote

import numpy as np
from dash import html

from config import clock
from config.language import _, within
from dashboard.figures import wording
from dashboard.live import budgets
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from insight import history
from insight.budget import MonthBudget
from insight.key_figures import KeyFigure, KeyFigures, Stored, key_figures
from insight.now import Now
from insight.today import WHOLE, Carbon, Price, Today

WIDTH, HEIGHT = 96, 24
IDLE_KW = 0.005  # below it a battery does nothing


@dataclass(frozen=True, slots=True)
class Tile:
    """One number. `seen` is the moment of the oldest reading behind it, `coverage` (0..1) how much of them is there.

    `href` is where its trend is, `standing` what its state says where that is not its age.
    """

    key: str
    label: str
    value: str
    unit: str
    note: str
    state: str
    seen: datetime | None = None
    coverage: float | None = None
    title: str = ""
    href: str = ""
    standing: str = ""


def tiles(now: Now, today: Today | None, budget: MonthBudget | None = None) -> list[Tile]:
    """The tiles that the site has something to say in, in their order.

    `today` may be missing (its store is away); `budget` is that of the site's month which fares worst, if there is any.
    """
    told = key_figures(now)
    sufficiency = told.self_sufficiency
    of_demand = _("of the demand now") if isfinite(sufficiency.value) else _("unknown now")
    found = [
        *([_production(told, told.production)] if told.production else []),
        _power("demand", _("Demand"), told.demand, ""),
        _grid(told.grid),
        *([_battery(told.stored)] if told.stored else []),
        _tile("sufficiency", _("Self-sufficiency"), (wording.percent(sufficiency.value), "%"), of_demand, sufficiency),
        *([_efficiency(now.view.id, told, told.efficiency)] if told.efficiency else []),
        *([_load(now.view.id, told, told.load)] if told.load else []),
    ]
    return [*found, *_of_today(today), *([_budget(now.view.id, budget)] if budget else [])]


def _tile(key: str, label: str, number: tuple[str, str], note: str, of: KeyFigure, title: str = "") -> Tile:
    return Tile(key, label, *number, note, of.state, of.seen, title=title)


def _power(key: str, label: str, of: KeyFigure, note: str) -> Tile:
    number = wording.scaled(of.value, "kW")
    return Tile(key, label, *number, note, of.state, of.seen, of.known, _exact(of.value, "kW"))


def _production(told: KeyFigures, of: KeyFigure) -> Tile:
    if told.produced_kw > 0:
        note = (
            _("%(share)s %% used on site", share=wording.percent(told.self_consumption))
            if isfinite(told.self_consumption)
            else ""
        )
    else:
        note = _("not producing") if isfinite(told.produced_kw) else ""
    return _power("production", _("Production"), of, note)


def _grid(of: KeyFigure) -> Tile:
    net = of.value
    label = _("Grid") if not isfinite(net) else _("Grid import") if net >= 0 else _("Grid export")
    note = "" if not isfinite(net) or net == 0 else _("from the grid") if net > 0 else _("to the grid")
    return _tile("grid", label, wording.scaled(abs(net), "kW"), note, of, _exact(net, _("kW, import is positive")))


def _efficiency(site_id: str, told: KeyFigures, of: KeyFigure) -> Tile:
    lost = wording.power(abs(told.lost_kw))
    note = _("%(power)s lost", power=lost) if told.lost_kw >= 0 else _("%(power)s more than comes in", power=lost)
    number, title = wording.number(100 * of.value), _exact(100 * of.value, "%")
    href = f"/site/{site_id}/history?show={history.EFFICIENCY}"
    note = note if isfinite(of.value) else _("unknown now")
    return Tile("efficiency", _("System efficiency"), number, "%", note, of.state, of.seen, title=title, href=href)


def _load(site_id: str, told: KeyFigures, of: KeyFigure) -> Tile:
    note = _("of the %(power)s of the grid connection", power=wording.power(told.connection_kw))
    number, title = wording.number(100 * of.value), _exact(100 * of.value, "%")
    href = f"/site/{site_id}/history?show={history.LOAD}"
    return Tile("load", _("Load"), number, "%", note, of.state, of.seen, title=title, href=href)


def _battery(stored: Stored) -> Tile:
    charge, kilowatts = stored.charge, stored.power_kw
    if not isfinite(kilowatts):
        note = _("power unknown")
    elif abs(kilowatts) < IDLE_KW:
        note = _("idle")
    else:
        power = wording.power(abs(kilowatts))
        note = _("↑ charging %(power)s", power=power) if kilowatts > 0 else _("↓ discharging %(power)s", power=power)
    label = _("Battery") if stored.count == 1 else _("Batteries")
    number, title = wording.number(charge.value), _exact(charge.value, "%")
    return Tile("battery", label, number, "%", note, charge.state, charge.seen, charge.known, title)


def _of_today(today: Today | None) -> list[Tile]:
    if today is None:
        return []
    state = "live" if today.coverage > WHOLE else "partial" if today.coverage > 0 else "never"
    energy, unit = wording.scaled(today.demand_kwh, "kWh")
    produced = " ".join(wording.scaled(today.production_kwh, "kWh"))
    carbon, weight = wording.scaled(today.co2_kg, "kg")
    known = isfinite(today.production_kwh) and today.produces
    return [
        Tile(
            "energy",
            _("Energy today"),
            energy,
            unit,
            _("%(produced)s produced", produced=produced) if known else _("used"),
            state,
            coverage=today.coverage,
            title=_exact(today.demand_kwh, _("kWh used")),
        ),
        Tile(
            "cost",
            _("Cost today"),
            wording.money(today.cost, today.currency),
            "",
            price_note(today.price, today.priced),
            "never" if today.cost is None else "partial" if state == "live" and today.priced <= WHOLE else state,
            coverage=today.coverage,
            title=_exact(today.cost, today.currency),
        ),
        Tile(
            "co2",
            _("CO₂ today"),
            carbon,
            weight,
            co2_note(today.carbon),
            state if today.co2_kg is not None else "never",
            coverage=today.coverage,
            title=_exact(today.co2_kg, _("kg of CO₂, of what came from the grid")),
        ),
    ]


def _budget(site_id: str, of: MonthBudget) -> Tile:
    amount = budgets.amount(of.amount, of.unit, Reader())
    note = _("used of %(budget)s", budget=amount)
    if isfinite(of.expected):
        note = _("used of %(budget)s, %(share)s %% expected", budget=amount, share=wording.percent(of.expected))
    return Tile(
        "budget",
        _(budgets.NAMES[of.measure]),
        wording.percent(of.used),
        "%",
        note,
        "live" if isfinite(of.expected) else "partial",
        title=budgets.says(of, Reader()),
        href=budgets.href(site_id, of),
        standing=_(budgets.STATES[of.state]),
    )


def price_note(price: Price | None, priced: float) -> str:
    """Whose prices a cost is of, and of how much of the energy."""
    if price is None:
        return _("no price known")
    tariffs = price.tariffs
    named = within(tariffs[0]) if len(tariffs) == 1 else _("by %(count)s tariffs", count=len(tariffs))
    if not price.of_region:
        said = named
    elif tariffs and price.of_tariffs:
        said = _("by the region's price, else %(tariff)s", tariff=named)
    else:
        said = _("by the region's price")
    return said if priced > WHOLE else _("%(prices)s; %(share)s %% priced", prices=said, share=f"{100 * priced:.0f}")


def co2_note(carbon: Carbon | None) -> str:
    """By which factors CO₂ is told, and for how much of the energy."""
    if carbon is None:
        return _("no factor known")
    if carbon.known <= WHOLE:
        return _("known for %(share)s %%", share=f"{100 * carbon.known:.0f}")
    return _("fixed factor") if carbon.fixed else _("hourly factors")


def _exact(value: float | None, unit: str) -> str:
    return f"{wording.exact(value)} {unit}" if value is not None and isfinite(value) else ""


def state_words(tile: Tile, now: datetime) -> str:
    """The tile's state in words: its age while live, else what is wrong."""
    seconds = (now - tile.seen).total_seconds() if tile.seen else None
    if tile.standing:
        return tile.standing
    if tile.state == "live":
        return _("%(age)s ago", age=wording.age(seconds)) if seconds is not None else _("since midnight")
    if tile.state == "partial":
        return _("%(share)s %% of data", share=wording.percent(tile.coverage)) if tile.coverage is not None else _("incomplete")
    if tile.state == "never":
        return _("no data yet")
    state = _("late") if tile.state == "late" else _("offline")
    return f"{state}, {wording.age(seconds)}"


def element(tile: Tile, now: datetime, trend: str | None = None) -> html.Article:
    """A tile as the page shows it; `assets/live/30-tick.js` changes the texts of its parts."""
    number = html.Span(tile.value, className="value", **data(part="value"))
    unit = html.Span(tile.unit, className="unit", **data(part="unit"))
    label: dict[str, Any] = {"children": tile.label, **data(part="label")}
    title = html.H2(html.A(href=tile.href, **label, **data(soft=""))) if tile.href else html.H2(**label)
    return html.Article(
        [
            title,
            html.P([number, unit], className="reading num"),
            html.P(tile.note, className="note num", **data(part="note")),
            html.Span(className="trend", style={"--trend": trend}, **aria(hidden="true")) if trend else None,
            html.P(
                html.Span(state_words(tile, now), **data(part="age")),
                className="state",
                **data(state=tile.state),
            ),
        ],
        className=f"tile of-{tile.key}",
        title=tile.title,
        **data(tile=tile.key, state=tile.state, seen=str(_seconds(tile.seen) or "")),
    )


def packed(tile: Tile) -> list[str | int | None]:
    """The tile as a tick carries it; the browser counts the age itself."""
    words = None if tile.state in ("live", "late", "offline") and tile.seen else state_words(tile, clock.now())
    return [tile.key, tile.label, tile.value, tile.unit, tile.note, tile.state, _seconds(tile.seen), tile.title, words]


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def trend_url(values: Sequence[float]) -> str | None:
    """A small line as an image address, to be used as a mask; gaps stay gaps, a lone value is a dot. None without a value."""
    points = np.asarray(values, dtype=float)
    known = np.isfinite(points)
    if not known.any():
        return None
    low, high = min(0.0, float(points[known].min())), float(points[known].max())
    height = (high - low) or 1.0
    steps = []
    for at, value in enumerate(points):
        if not np.isfinite(value):
            continue
        x = at / (len(points) - 1) * WIDTH
        y = HEIGHT - 2 - (value - low) / height * (HEIGHT - 4)
        steps.append(f"{'L' if at and known[at - 1] else 'M'}{x:.1f} {y:.1f}")
        if not known[max(at - 1, 0) : at + 2].sum() > 1:
            steps.append("h.01")  # as short as can be: its round ends are the dot
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='none'>"
        f"<path d='{''.join(steps)}' fill='none' stroke='#000' stroke-width='1.5' stroke-linecap='round' "
        "vector-effect='non-scaling-stroke'/></svg>"
    )
    return f'url("data:image/svg+xml,{quote(drawing, safe=" =:/()")}")'
