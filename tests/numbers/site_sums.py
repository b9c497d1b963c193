"""What a site makes, uses, exchanges and loses, found a second way: from its meters' registers, edge by edge.

Nothing of Loadstar is imported here.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.numbers.stored import Edge, Meter, Stored

Floats = NDArray[np.float64]
Told = Callable[[Meter], tuple[float, float]]  # of a meter, in its edge's direction and against it
SEEN = 0.001  # of the largest flow: a smaller imbalance is not drawn


def energies(start_s: float, end_s: float) -> Told:
    """The energy (kWh) of a period up to now.

    What is over is kept by quarters of an hour: one that the start cuts is divided by time.
    """
    quarter_s = -(-start_s // 900) * 900
    share = (quarter_s - start_s) / 900

    def told(meter: Meter) -> tuple[float, float]:
        there, back = (
            float((register.kwh([quarter_s - 900, quarter_s, end_s]) * [share, 1]).sum())
            for register in (meter.forward, meter.back)
        )
        return there, back

    return told


def powers(meter: Meter) -> tuple[float, float]:
    """The power (kW) of now."""
    return meter.now


def efficiency(of: Stored, told: Told) -> float | None:
    """What is not lost as a share of what sources, the grid and storages give; none where no node tells what is lost.

    Such nodes are buses and converters of which every edge is measured.
    """
    known = _known(of, told)
    lost, taken_in, is_told = 0.0, 0.0, False
    for node_id, node in of.nodes.items():
        edges = [edge for edge in of.edges if node_id in (edge.source, edge.target)]
        given = sum(known[edge][0] if edge.source == node_id else known[edge][1] for edge in edges)
        if node.kind in ("source", "storage"):
            taken_in += given
        elif len(edges) > 1 and all(edge.meter for edge in edges) and node.kind in ("bus", "converter"):
            is_told = True
            lost += sum(known[edge][1] if edge.source == node_id else known[edge][0] for edge in edges) - given
    return 1 - lost / taken_in if is_told else None


def _known(of: Stored, told: Told) -> dict[Edge, tuple[float, float]]:
    """What went through each edge, in its direction and against it: by its meter, else what is left over at a node."""
    known = {edge: told(of.meters[edge.meter]) for edge in of.edges if edge.meter}
    for edge in of.edges:
        if edge not in known:
            known[edge] = _left(of, edge, known)
    return known


def flows(of: Stored, told: Told, *, period: bool, alike: Callable[[str], str] = str) -> dict[tuple[str, str], float]:
    """What the energy flow tells: from where, to where → how much. `alike` names what is drawn as one.

    Of a period both ends of a grid connection and of a storage are told apart, and of two homes that feed each other the
    lesser way stands at both ends.
    """
    node, found, known = of.nodes, dict[tuple[str, str], float](), _known(of, told)

    def end(of_node: str, words: dict[str, str]) -> str:
        each = node[of_node]
        word = words.get("grid" if each.technology == "grid" else each.kind, "") if period else ""
        return alike(each.name) + word

    def add(source: str, target: str, amount: float) -> None:
        if amount > 0:
            way = (
                end(source, {"grid": ", import", "storage": ", discharge"}),
                end(target, {"grid": ", export", "storage": ", charge"}),
            )
            found[way] = found.get(way, 0.0) + amount

    for edge, (there, back) in known.items():
        if not period:
            there, back = max(there - back, 0), max(back - there, 0)
        add(edge.source, edge.target, there)
        add(edge.target, edge.source, back)
    for source, target in list(found):
        if found.get((source, target), np.inf) < found.get((target, source), 0):
            kwh = found.pop((source, target))
            found[source, f"Back to {target}"] = kwh
            found[f"Back from {source}", target] = kwh
    largest = max(found.values(), default=0)
    for each, at in node.items():
        if at.kind in ("bus", "converter"):
            left = sum((there - back) * ((edge.target == each) - (edge.source == each)) for edge, (there, back) in known.items())
            if left > SEEN * largest:
                word = "Losses" if at.kind == "converter" else "Unaccounted for"
                found[alike(at.name), f"{word}, {alike(at.name)}"] = left
            elif left < -SEEN * largest:
                found[f"Unmetered source, {alike(at.name)}", alike(at.name)] = -left
    return found


def _left(of: Stored, edge: Edge, known: dict[Edge, tuple[float, float]]) -> tuple[float, float]:
    """What the other edges of its bus leave to an edge that nothing measures."""
    [bus] = [end for end in (edge.source, edge.target) if of.nodes[end].kind == "bus"]
    into = sum(
        (there - back) * ((other.target == bus) - (other.source == bus))
        for other, (there, back) in known.items()
        if other != edge
    )
    net = into if edge.source == bus else -into
    return max(net, 0.0), max(-net, 0.0) if edge.two_way else 0.0


def mean_kw(meters: Iterable[Meter], edges_s: Floats) -> Floats:
    """Mean power of each step, of all these meters together: each over the time that it is known of.

    Nothing where one of them was not heard at all.
    """
    total = np.zeros(len(edges_s) - 1)
    for meter in meters:
        known = np.where(meter.heard.known_s(edges_s) > 1e-6, meter.forward.known_s(edges_s), np.nan)
        total = total + (meter.forward.kwh(edges_s) - meter.back.kwh(edges_s)) * 3600 / known
    return total


def prices(of: Stored, edges_s: Floats) -> dict[str, Floats]:
    """Of quarters of an hour: the price of a kWh bought and sold, and the CO2 (g) of one bought.

    A region's row holds for its own interval, and what was posted in a quarter is of that quarter, its mean. A tariff holds
    in its time: behind the region's series, before it, or by it with a margin; at its hours it has other prices.
    """
    found = {}
    middles = (edges_s[:-1] + edges_s[1:]) / 2
    for at, quantity in enumerate(("price_per_kwh", "export_price_per_kwh", "co2_g_per_kwh"), start=2):
        said = np.full(len(middles), np.nan)
        for (series, what, length), (moments, values) in sorted(of.rows.items(), key=lambda item: -item[0][2]):
            if series == of.region and what == quantity and length:
                for start, value in zip(moments, values, strict=True):
                    said[(middles >= start) & (middles < start + length)] = value
        moments, values = of.readings(of.region or "", quantity, 0)
        for quarter, value in pd.Series(values).groupby(moments // 900 * 900).mean().items():
            said[(middles >= quarter) & (middles < quarter + 900)] = value
        for tariff in of.tariffs:
            holds, own = (middles >= tariff[0]) & (middles < tariff[1]), tariff[at]
            if own is None:
                continue
            told = np.full(len(middles), float(own))
            for days, start, end, *of_hours, first, last in tariff[6] if at < 4 else ():
                told[_within(of, middles, days, (start, end), (first, last))] = of_hours[at - 2]
            for each in tariff[7]:
                if each["kind"] == "market" and (each["side"], at) == ("import", 2):
                    told += said * (1 + each["percent"] / 100) + each["per_kwh"]
            behind = tariff[5] and np.isfinite(said)
            said = np.where(holds & ~np.asarray(behind), told, said)
        found[quantity] = said
    return found


def _within(of: Stored, moments_s: Floats, days: str, times: tuple[int, int], season: tuple[int, int]) -> NDArray[np.bool_]:
    """Which moments are at some hours of workdays, in a season that may reach over the year's end."""
    assert days == "weekday"
    local = pd.to_datetime(moments_s, unit="s", utc=True).tz_convert(of.zone)
    minutes, day = local.hour * 60 + local.minute, local.month * 100 + local.day
    in_season = (season[0] <= day) & (day <= season[1]) if season[0] <= season[1] else (day >= season[0]) | (day <= season[1])
    return np.asarray((local.day_of_week < 5) & (times[0] <= minutes) & (minutes < times[1]) & in_season)


def _besides(of: Stored, meter: Meter, edges_s: Floats, bought: Floats, paid: Floats) -> float:
    """What tariffs charge besides energy: by kWh, in percent, and of a month by the share of its time."""
    middles, total = (edges_s[:-1] + edges_s[1:]) / 2, 0.0
    for since, until, *_prices, components in of.tariffs:
        holds = (middles >= since) & (middles < until)
        parts = {"energy": float(np.nansum(paid[holds])), "taxes": 0.0}
        for each in components:
            if each["kind"] == "tax":
                levied = each["per_kwh"] * float(bought[holds].sum())
                parts["taxes"] += levied + each["percent"] / 100 * sum(parts[name] for name in each["parts"])
            elif each["kind"] == "fixed":
                assert each["period"] == "month"
                parts["fixed"] = sum(share * each["amount"] for _month, share in _months(of, edges_s, holds))
            elif each["kind"] == "demand":
                assert (each["window_min"], each["span"], each["highest_days"], each["windows"]) == (30, "month", 1, [])
                charged = [(share, _peak_kw(of, meter, month)) for month, share in _months(of, edges_s, holds)]
                parts["demand"] = sum(share * kw * each["price_per_kw"] for share, kw in charged)
            else:
                assert each["kind"] == "market"
        total += sum(parts.values()) - parts["energy"]
    return total


def _months(of: Stored, edges_s: Floats, holds: NDArray[np.bool_]) -> list[tuple[pd.Timestamp, float]]:
    """The local months that these stretches lie in, and the share of each month's time that they are."""
    local = pd.to_datetime(edges_s[:-1], unit="s", utc=True).tz_convert(of.zone)
    begins = [
        pd.Timestamp(year=year, month=month, day=1, tz=of.zone) for year, month in zip(local.year, local.month, strict=True)
    ]
    found = pd.Series(np.diff(edges_s)[holds]).groupby([each for each, there in zip(begins, holds, strict=True) if there]).sum()
    return [(month, lasts_s / ((month + pd.DateOffset(months=1)) - month).total_seconds()) for month, lasts_s in found.items()]


def _peak_kw(of: Stored, meter: Meter, month: pd.Timestamp) -> float:
    """The greatest mean of a whole half-hour of a month that readings tell apart; 0 without one."""
    finer = [each for each in meter.declared if each.interval_s <= 1800]
    end_s = min((month + pd.DateOffset(months=1)).timestamp(), of.now_s)
    starts = np.arange(month.timestamp(), end_s - 1800 + 1e-6, 1800)
    told = np.any([(starts >= each.since_s) & (starts < each.until_s) for each in finer], axis=0)
    return max((float(meter.forward.kwh(np.array([at, at + 1800]))[0]) * 2 for at in starts[told]), default=0.0)


def cost_and_co2(of: Stored, meter: Meter, start_s: float, end_s: float, *, gives: bool = False) -> tuple[float, float]:
    """What went through a meter in a period cost, and the CO2 (kg) of what was bought; a source `gives`, so it sells."""
    edges = np.array([start_s, *np.arange(start_s // 900 * 900 + 900, end_s, 900), end_s])
    priced, bought, sold = prices(of, edges), meter.forward.kwh(edges), meter.back.kwh(edges)
    if gives:
        bought, sold = sold, bought
    paid = bought * priced["price_per_kwh"]
    cost = np.nansum(paid) - np.nansum(sold * priced["export_price_per_kwh"]) + _besides(of, meter, edges, bought, paid)
    return float(cost), float(np.nansum(bought * priced["co2_g_per_kwh"]) / 1000)
