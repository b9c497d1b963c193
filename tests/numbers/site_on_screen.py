"""What every page of a site should show, from what is stored of it; and whether a page in a browser shows just that."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tests.conftest import eventually, soon_is
from tests.dashboard.charts import hover, is_drawn, table, ticks
from tests.numbers import second_path, served, site_sums, spoken
from tests.numbers.stored import Meter, Stored

Floats = NDArray[np.float64]
STEPS_S = {"24h": 900, "48h": 900, "7d": 3600, "30d": 10800}
HOURS = {"24h": 24, "48h": 48, "7d": 168, "30d": 720}
COLUMNS = {
    "production": "Production, kW",
    "demand": "Demand, kW",
    "grid": "Grid import (+) / export (−), kW",
    "battery": "Battery discharge (+) / charge (−), kW",
}


@dataclass(frozen=True)
class Balance:
    """Which meters of a site tell its production, its demand, its exchange with the grid, and what its batteries take."""

    of: Stored
    makes: Sequence[Meter]
    uses: Sequence[Meter]
    grid: Meter
    batteries: Sequence[Meter] = ()
    alike: Callable[[str], str] = str  # the name under which the picture draws a node
    rest: bool = False  # whether what is left is used too, by something that nothing measures
    lost: Callable[[Floats], Floats] = lambda edges_s: np.zeros(len(edges_s) - 1)  # mean kW of each step, on the way to the uses

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.of.zone)

    @property
    def midnight_s(self) -> float:
        """When the day began by the site's clocks."""
        local = datetime.fromtimestamp(self.of.now_s, self.zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def sums(self, told: site_sums.Told) -> dict[str, float]:
        """Production, demand, import and export, and what batteries give (less what they take)."""
        imported, exported = told(self.grid)
        made, used = (sum(told(meter)[0] for meter in meters) for meters in (self.makes, self.uses))
        given = sum(back - there for there, back in map(told, self.batteries))
        if self.rest:
            used = made + imported - exported + given
        return {"production": made, "demand": used, "imported": imported, "exported": exported, "battery": given}

    def courses(self, edges_s: Floats) -> dict[str, Floats]:
        """The lines of the chart: mean kW of each step."""
        made, used, taken, stored = (
            site_sums.mean_kw(meters, edges_s) for meters in (self.makes, self.uses, [self.grid], self.batteries)
        )
        # Where one of the uses was not heard, what came and was not lost tells what all of them took.
        used = np.where(np.isnan(used) | self.rest, made + taken - stored - self.lost(edges_s), used)
        return {"production": made, "demand": used, "grid": taken} | ({"battery": -stored} if self.batteries else {})


def tiles_agree(page: Page, site: Balance) -> None:
    """The tiles: now, and since local midnight."""
    of, shown = site.of, served.tiles(page)
    now = site.sums(site_sums.powers)
    net = now["imported"] - now["exported"]
    assert _said(shown["production"]) == spoken.scaled(now["production"], "kW")
    used = np.clip(1 - now["exported"] / now["production"], 0, 1) if now["production"] else np.nan
    assert shown["production"]["note"] == (f"{spoken.percent(used)} % used on site" if now["production"] else "not producing")
    assert _said(shown["demand"]) == spoken.scaled(now["demand"], "kW")
    assert shown["grid"]["label"] == ("Grid import" if net >= 0 else "Grid export")
    assert _said(shown["grid"]) == spoken.scaled(abs(net), "kW")
    assert _exact(shown["grid"]) == pytest.approx(net, rel=1e-5)
    assert shown["sufficiency"]["value"] == spoken.percent(np.clip(1 - now["imported"] / now["demand"], 0, 1))
    rated = sum(node.capacity_kw or np.nan for node in of.nodes.values() if node.technology == "grid")
    assert ("load" in shown) == bool(np.isfinite(rated))
    if "load" in shown:
        assert _said(shown["load"]) == f"{spoken.number(100 * (now['imported'] + now['exported']) / rated)} %"
    efficient = site_sums.efficiency(of, site_sums.powers)
    assert ("efficiency" in shown) == (efficient is not None)
    if efficient is not None:
        assert _said(shown["efficiency"]) == f"{spoken.number(100 * efficient)} %"
    if site.batteries:
        sizes = {edge.meter: of.nodes[edge.target].capacity_kwh or 1 for edge in of.edges}
        stored = [(of.newest(meter.id, "soc_pct"), sizes[meter.id]) for meter in site.batteries]
        charge = sum(level * size for level, size in stored) / sum(size for _, size in stored)
        assert _said(shown["battery"]) == f"{spoken.number(charge)} %"
        word = "↓ discharging" if now["battery"] > 0 else "↑ charging"
        assert shown["battery"]["note"] == f"{word} {spoken.scaled(abs(now['battery']), 'kW')}"
    for tile, meters in (("production", site.makes), ("demand", site.uses), ("grid", [site.grid])):
        oldest = of.now_s - min(meter.heard_s for meter in meters)
        assert shown[tile]["age"] == (f"{oldest:.0f} s ago" if oldest < 90 else f"{oldest / 60:.0f} min ago"), tile

    today = site.sums(site_sums.energies(site.midnight_s, of.now_s))
    assert _said(shown["energy"]) == spoken.scaled(today["demand"], "kWh")
    assert _exact(shown["energy"]) == pytest.approx(today["demand"], rel=1e-5)
    assert shown["energy"]["note"] == f"{spoken.scaled(today['production'], 'kWh')} produced"
    cost, co2_kg = site_sums.cost_and_co2(of, site.grid, site.midnight_s, of.now_s)
    assert shown["cost"]["value"] == spoken.money(cost, of.currency)
    assert shown["cost"]["unit"] == ""
    assert _exact(shown["cost"]) == pytest.approx(cost, rel=1e-5)
    assert _said(shown["co2"]) == spoken.scaled(co2_kg, "kg")


def _said(tile: Mapping[str, str]) -> str:
    return f"{tile['value']} {tile['unit']}"


def _exact(tile: Mapping[str, str]) -> float:
    number, _, _ = tile["exact"].partition(" ")
    return float(number.replace(spoken.THIN, "").replace(spoken.MINUS, "-"))


def flow_now_agrees(page: Page, site: Balance) -> None:
    """The live energy flow."""
    _flow_agrees(page, site, site_sums.powers, "kW")


def flow_agrees(page: Page, site: Balance, period: str, start_s: float, coverage: str = "") -> None:
    """The energy flow since then; how much of the readings there is."""
    served.choose(page, "overview-flow", period)
    _flow_agrees(page, site, site_sums.energies(start_s, site.of.now_s), "kWh")
    eventually(lambda: page.locator("#overview-flow-note").inner_text().startswith(coverage))


def _flow_agrees(page: Page, site: Balance, told: site_sums.Told, unit: str) -> None:
    """Table, picture and sentence."""
    drawn = site_sums.flows(site.of, told, period=unit == "kWh", alike=site.alike)
    served.flow_table(page, site_sums.flows(site.of, told, period=unit == "kWh"))
    soon_is(lambda: served.flow_drawn(page), {way: spoken.scaled(value, unit) for way, value in drawn.items()})
    soon_is(page.locator("#overview-sankey-says").text_content, _sentence(drawn, unit))


def _sentence(flows: Mapping[tuple[str, str], float], unit: str) -> str:
    sources, targets = {source for source, _ in flows}, {target for _, target in flows}

    def listed(ends: set[str], at: int) -> str:
        sums = {end: sum(value for way, value in flows.items() if way[at] == end) for end in ends}
        ordered = sorted(sums.items(), key=lambda item: -item[1])
        named = [f"{end} {spoken.scaled(value, unit)}" for end, value in ordered[:5]]
        if len(ordered) > 5:
            named.append(f"{len(ordered) - 5} others {spoken.scaled(sum(value for _, value in ordered[5:]), unit)}")
        return ", ".join(named)

    return f"From {listed(sources - targets, 0)}. To {listed(targets - sources, 1)}."


def devices_agree(page: Page, of: Stored) -> None:
    """The load of each device: the highest that its meters tell."""
    rows = page.locator("#overview-devices tbody tr")
    expect(rows).to_have_count(len(of.devices))
    told = dict(rows.evaluate_all("rows => rows.map(row => [row.cells[0].textContent, row.cells[3].textContent])"))
    for device, meters in of.devices.items():
        loads = [of.newest(meter, "load_pct") for meter in meters if of.readings(meter, "load_pct", 0)[0].size]
        assert told[device] == (f"{round(max(loads))} %" if loads else "–"), device


def show_all_lines(page: Page) -> None:
    """Have the chart show the grid and the battery too."""
    for line in ("grid", "battery"):
        for box in page.locator(f'#overview-chart-shows input[value="{line}"]').all():
            box.check()


def chart_agrees(page: Page, site: Balance, period: str) -> None:
    """Production and demand: table, pointer, ticks and sentence."""
    step_s = STEPS_S[period]
    edges = second_path.on_the_clock(site.of.now_s - HOURS[period] * 3600, site.of.now_s, step_s, site.of.zone)
    courses = site.courses(edges)
    labels = [f"{datetime.fromtimestamp(start, site.zone):%Y-%m-%d %H:%M}" for start in edges[:-1]]
    served.choose(page, "overview-range", period)

    def whole() -> tuple[list[str], list[list[str]]] | None:
        heads, rows = table(page)
        known = [row[0][:16] for row in rows] == labels[-len(rows) :] and len(rows) == min(len(labels), 500)
        lines = [head for head in heads[1:] if head != "Events"]
        return (heads, rows) if known and len(lines) == len(courses) and is_drawn(page) else None

    heads, rows = eventually(whole)
    places = {line: heads.index(COLUMNS[line]) for line in courses}
    for line, values in courses.items():
        for row, kw in zip(rows, values[-len(rows) :], strict=True):
            _cell_agrees(row[places[line]], kw, f"{site.of.zone}, {period}, {line}, {row[0]}")
    pointed = [0, len(labels) // 3, len(labels) // 2, len(labels) - 1]
    moments = [datetime.fromtimestamp(edges[at] + step_s / 2, UTC) for at in pointed]
    for at, (when, values_at) in zip(pointed, hover(page, *moments), strict=True):
        assert labels[at][11:] in when
        for line, values in courses.items():
            _cell_agrees(values_at[COLUMNS[line].removesuffix(", kW")].removesuffix(" kW"), values[at], f"{period}, {when}")
    for moment, words, _ in ticks(page):
        local = datetime.fromtimestamp(round(moment.timestamp() / 300) * 300, site.zone)
        assert words in (f"{local:%H:%M}", f"{local.day} {local:%b}", f"{local:%b}"), f"{site.of.zone}: {words} at {local}"
    said = str(page.locator("#overview-chart-says").text_content())
    for line, word in (("production", "Production"), ("demand", "Demand")):
        known = courses[line][np.isfinite(courses[line])]
        assert f"{word} averaged {spoken.scaled(known.mean(), 'kW')}, at most {spoken.scaled(known.max(), 'kW')}" in said


def _cell_agrees(said: str, expected: float, where: str) -> None:
    """A number is the expected one, to its last decimal."""
    if not np.isfinite(expected):
        assert said in ("–", "no data"), where
        return
    number = said.replace("\u202f", "").replace("−", "-")
    decimals = len(number.partition(".")[2])
    # What is over is kept as 32-bit numbers.
    assert float(number) == pytest.approx(expected, abs=0.5001 * 10**-decimals + 2e-7 * abs(expected)), where


def bars_agree(page: Page, chart: str, edges_s: Sequence[float], meter: Meter, names: tuple[str, str]) -> None:
    """The energy of a meter, period by period."""
    there, back = meter.forward.kwh(edges_s), meter.back.kwh(edges_s)

    expected = {f"{names[0].capitalize()}, kWh": there} | ({f"{names[1].capitalize()}, kWh": -back} if back.any() else {})

    def whole() -> list[list[str]] | None:
        heads, rows = table(page, chart)
        return rows if heads[1:] == [*expected, "Readings, %"] and len(rows) == len(there) else None

    rows = eventually(whole)
    for at, row in enumerate(rows):
        for place, values in enumerate(expected.values(), start=1):
            _cell_agrees(row[place], values[at], f"{meter.name}, {row[0]}")
    said = str(page.locator(f"#{chart}-says").text_content())
    assert f"{spoken.scaled(there.sum(), 'kWh')} {names[0]}" in said
    if back.any():
        assert f"{spoken.scaled(back.sum(), 'kWh')} {names[1]}" in said


def counter_list_agrees(page: Page, site: Stored, meter: Meter, caption: str, register: str) -> None:
    """The last twelve readings of a counter and what it counted between them."""
    rows = page.locator("table", has=page.get_by_text(caption, exact=True)).locator("tbody tr")
    expect(rows).to_have_count(12)
    cells = rows.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    moments, stood = site.readings(meter.id, register, 0)
    for at, (when, read, counted, _) in enumerate(cells, start=1):
        assert when == f"{datetime.fromtimestamp(moments[-at], ZoneInfo(site.zone)):%Y-%m-%d %H:%M:%S}"
        assert read == f"{stood[-at]:,.3f} kWh".replace(",", "\u202f")
        assert counted == f"{stood[-at] - stood[-at - 1]:,.3f} kWh".replace(",", "\u202f")


def words_of(cards: Page, name: str) -> dict[str, str]:
    """What the card of a meter says: its power, and each of its lines."""
    card = cards.locator(".meter-card", has=cards.get_by_role("heading", name=name, exact=True))
    names, values = card.locator("dt").all_inner_texts(), card.locator("dd").all_inner_texts()
    return {"now": re.sub(r"\s+", " ", card.locator(".reading").inner_text())} | dict(zip(names, values, strict=True))
