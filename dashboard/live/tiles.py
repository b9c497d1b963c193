"""The numbers at the top of the overview: each with its unit, its state, its age and what is behind it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import numpy as np
from dash import html

from config import clock
from dashboard.figures import wording
from dashboard.parts.aria import aria, data
from insight import freshness
from insight.now import Now
from insight.today import WHOLE, Today
from models.flows import Values, electric, makers

WIDTH, HEIGHT = 96, 24


@dataclass(frozen=True, slots=True)
class Tile:
    """One number. `seen` is the moment of the oldest reading behind it, `coverage` (0..1) how much of them is there."""

    key: str
    label: str
    value: str
    unit: str
    note: str
    state: str
    seen: datetime | None = None
    coverage: float | None = None
    title: str = ""


def tiles(now: Now, today: Today | None) -> list[Tile]:
    """The tiles that the site has something to say in, in their order. `today` may be missing (its store is away)."""
    totals, view = now.flows.totals, now.view
    technologies = {node.technology or node.kind for node in view.graph.nodes}
    kinds = {node.kind for node in view.graph.nodes}
    by_node = _meters_by_node(now)
    made = [m for node_id in makers(view.graph) for m in by_node[node_id]]
    used = [m for node in view.graph.nodes if node.kind == "sink" for m in by_node[node.id]]
    every = list(dict.fromkeys(m for metered in by_node.values() for m in metered))
    found: list[Tile] = []
    if made:
        quiet = "not producing" if np.isfinite(totals.production[0]) else ""
        note = _of(totals.self_consumption, "used on site") if _one(totals.production) else quiet
        found.append(_live(now, "production", "Production", totals.production, made, note))
    found.append(_live(now, "demand", "Demand", totals.demand, used or every, ""))
    found.append(_grid(now, by_node, every))
    if "storage" in kinds or "battery" in technologies:
        found.append(_battery(now, by_node))
    sufficiency = float(totals.self_sufficiency[0])
    found.append(
        Tile(
            "sufficiency",
            "Self-sufficiency",
            wording.percent(sufficiency),
            "%",
            "of the demand now" if np.isfinite(sufficiency) else "unknown now",
            now_state(now, every),
            _oldest(now, every),
        )
    )
    return [*found, *_of_today(today)]


def now_state(now: Now, meter_ids: Iterable[str]) -> str:
    """The state of what these meters tell together."""
    return freshness.together(now.states.get(meter_id, "never") for meter_id in meter_ids)


def _live(now: Now, key: str, label: str, values: Values, meter_ids: Iterable[str], note: str) -> Tile:
    measured = list(meter_ids)
    value = float(values[0])
    known = float(now.flows.totals.known[key][0]) if key in now.flows.totals.known else 1.0
    if not np.isfinite(value) and known > 0:
        value = float(now.flows.totals.partial[key][0])
    number, unit = wording.scaled(value, "kW")
    state = now_state(now, measured)
    if state == "live" and known < 1:
        state = "partial"
    return Tile(key, label, number, unit, note, state, _oldest(now, measured), known, _exact(value, "kW"))


def _grid(now: Now, by_node: Mapping[str, list[str]], every: list[str]) -> Tile:
    totals = now.flows.totals
    net = float((totals.imported - totals.exported)[0])
    grid = [m for node in now.view.graph.nodes if node.technology == "grid" for m in by_node[node.id]] or every
    number, unit = wording.scaled(abs(net), "kW")
    label = "Grid" if not np.isfinite(net) else "Grid import" if net >= 0 else "Grid export"
    note = "" if not np.isfinite(net) or net == 0 else "from the grid" if net > 0 else "to the grid"
    return Tile(
        "grid", label, number, unit, note, now_state(now, grid), _oldest(now, grid), title=_exact(net, "kW, import is positive")
    )


def _battery(now: Now, by_node: Mapping[str, list[str]]) -> Tile:
    storages = [node for node in now.view.graph.nodes if node.kind == "storage"]
    metered = [m for node in storages for m in by_node[node.id]]
    beside: dict[str | None, list[str]] = {}
    for meter in now.view.meters.values():
        beside.setdefault(meter.node_id, []).append(meter.id)
    charge = [
        (level, node.capacity_kwh or 1.0)
        for node in storages
        for level in [_level(now, [*beside.get(node.id, ()), *by_node[node.id]])]
        if level is not None
    ]
    stored = sum(level * size for level, size in charge) / sum(size for _, size in charge) if charge else None
    power = float((now.flows.totals.charge - now.flows.totals.discharge)[0])
    if not np.isfinite(power):
        note = "power unknown"
    elif abs(power) < 0.005:
        note = "idle"
    else:
        note = f"{'↑ charging' if power > 0 else '↓ discharging'} {wording.power(abs(power))}"
    label = "Battery" if len(storages) == 1 else "Batteries"
    state = now_state(now, metered)
    coverage = len(charge) / len(storages) if storages else None
    return Tile("battery", label, wording.number(stored), "%", note, state, _oldest(now, metered), coverage, _exact(stored, "%"))


def _level(now: Now, meter_ids: Iterable[str]) -> float | None:
    levels = (now.level(meter_id, "soc_pct") for meter_id in meter_ids)
    return next((level for level in levels if level is not None), None)


def _of_today(today: Today | None) -> list[Tile]:
    if today is None:
        return []
    state = "live" if today.coverage > WHOLE else "partial" if today.coverage > 0 else "never"
    energy, unit = wording.scaled(today.demand_kwh, "kWh")
    produced = " ".join(wording.scaled(today.production_kwh, "kWh"))
    carbon, weight = wording.scaled(today.co2_kg, "kg")
    known = np.isfinite(today.production_kwh) and today.produces
    return [
        Tile(
            "energy",
            "Energy today",
            energy,
            unit,
            f"{produced} produced" if known else "used",
            state,
            coverage=today.coverage,
            title=_exact(today.demand_kwh, "kWh used"),
        ),
        Tile(
            "cost",
            "Cost today",
            wording.money(today.cost, today.currency),
            "",
            today.price_note,
            "never" if today.cost is None else "partial" if state == "live" and today.priced <= WHOLE else state,
            coverage=today.coverage,
            title=_exact(today.cost, today.currency),
        ),
        Tile(
            "co2",
            "CO₂ today",
            carbon,
            weight,
            today.co2_note,
            state if today.co2_kg is not None else "never",
            coverage=today.coverage,
            title=_exact(today.co2_kg, "kg of CO₂, of what came from the grid"),
        ),
    ]


def _meters_by_node(now: Now) -> dict[str, list[str]]:
    """The meters of electricity at each node: a tile of electricity is not late because a gas meter is."""
    found: dict[str, list[str]] = {node.id: [] for node in now.view.graph.nodes}
    for edge in electric(now.view.graph):
        for meter_id in (*(term for term, _ in edge.terms), edge.meter_id):
            if meter_id is not None and meter_id in now.states:
                found[edge.source].append(meter_id)
                found[edge.target].append(meter_id)
    return found


def _oldest(now: Now, meter_ids: Iterable[str]) -> datetime | None:
    moments = [now.heard[meter_id] for meter_id in meter_ids if meter_id in now.heard]
    return min(moments, default=None)


def _one(values: Values) -> bool:
    return bool(np.isfinite(values[0]) and values[0] > 0)


def _of(shares: Values, words: str) -> str:
    return f"{wording.percent(float(shares[0]))} % {words}" if np.isfinite(shares[0]) else ""


def _exact(value: float | None, unit: str) -> str:
    return f"{wording.exact(value)} {unit}" if value is not None and np.isfinite(value) else ""


def state_words(tile: Tile, now: datetime) -> str:
    """The tile's state in words: its age while live, else what is wrong."""
    seconds = (now - tile.seen).total_seconds() if tile.seen else None
    if tile.state == "live":
        return f"{wording.age(seconds)} ago" if seconds is not None else "since midnight"
    if tile.state == "partial":
        return f"{wording.percent(tile.coverage)} % of data" if tile.coverage is not None else "incomplete"
    if tile.state == "never":
        return "no data yet"
    return f"{'late' if tile.state == 'late' else 'offline'}, {wording.age(seconds)}"


def element(tile: Tile, now: datetime, trend: str | None = None) -> html.Article:
    """A tile as the page shows it; `assets/live/30-tick.js` changes the texts of its parts."""
    number = html.Span(tile.value, className="value", **data(part="value"))
    unit = html.Span(tile.unit, className="unit", **data(part="unit"))
    return html.Article(
        [
            html.H2(tile.label, **data(part="label")),
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
