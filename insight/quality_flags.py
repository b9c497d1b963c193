"""Flags on the days of a site's meters, made from what is counted of them now; late data and corrections make them anew."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from config import clock
from config.quantities import INTERVAL_S
from insight.site_energy import site_energy
from insight.site_view import SiteView, read
from models import balance, local_time, quality
from models.graph import Edge, Graph, Node
from models.quality import Course, Flag
from store.records.plant import flag_thresholds, sites
from store.records.plant.ratings import Ratings, ratings
from store.scope import Scope
from store.series import arrivals, contradictions, declared, energy, flags, suspects
from store.series.checkpoint import NEVER

HISTORY = timedelta(days=28)
AT_FIRST, FARTHEST = timedelta(days=7), timedelta(days=92)  # how far back is judged: the first time, and at the most
TOGETHER = 50  # meters
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
NEWEST = timedelta(hours=26)  # within which the day that ended last did: a clock is told by the newest posts, of no other day


def make(scope: Scope, now: datetime) -> int:
    """Judge the days that have ended and those that changed since the last time; returns how many flags came or went.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: the database cannot be reached.
    """
    before = flags.judged_to(scope)
    since = max(before, now - (AT_FIRST if before == NEVER else FARTHEST))
    changed = {} if before == NEVER else flags.changed(scope, before)
    otherwise = flag_thresholds.changed(scope, before) if before != NEVER else set()
    changed |= {meter: (first, now) for meter, first in flags.first_heard(scope, otherwise, now - FARTHEST).items()}
    made = sum(_of_site(scope, read(scope, each.id, now), since, now, changed) for each in sites.visible_sites(scope))
    flags.judged(scope, now)
    return made


def _of_site(
    scope: Scope, view: SiteView, since: datetime, now: datetime, changed: Mapping[str, tuple[datetime, datetime]]
) -> int:
    own = [meter for meter in view.meters if meter not in view.metering.terms]
    beside = _beside(view.graph)
    today = local_time.begin(now, "day", view.zone)
    days: dict[datetime, set[str]] = {}
    for start in local_time.edges(since, now, "day", view.zone):
        if since < start <= today:  # a day that has ended since
            days.setdefault(local_time.begin(start - MOMENT, "day", view.zone), set()).update(own)
    for meter in changed.keys() & set(own):
        first, last = changed[meter]
        for start in local_time.edges(max(first, now - FARTHEST), max(last + MOMENT, now - FARTHEST + MOMENT), "day", view.zone)[
            :-1
        ]:
            if start < today:
                days.setdefault(start, set()).update({meter, *(beside.get(meter, set()) & set(own))})
    return sum(judge(scope, view, sorted(those), start) for start, those in sorted(days.items()))


def judge(scope: Scope, view: SiteView, meter_ids: Collection[str], start: datetime) -> int:
    """Judge the local day that begins then of some of a site's meters; returns how many flags came or went. Raises as `make`."""
    day = start.astimezone(view.zone).date()
    start, end = local_time.days(day, day, view.zone)
    found: dict[str, list[Flag]] = {meter: [] for meter in meter_ids}
    metered = [meter for meter in meter_ids if view.metering.declared[meter]]
    rated, by = ratings(scope, start, end), flag_thresholds.thresholds(scope, meter_ids)
    slots: dict[int, list[str]] = {}
    for span, ids in declared.spans(scope, metered, end - MOMENT, end, view.metering).items():
        slots.setdefault(max(span.rhythm_s, INTERVAL_S), []).extend(ids)
    for slot_s, ids in slots.items():
        for first in range(0, len(ids), TOGETHER):
            for meter, course in _courses(scope, view, ids[first : first + TOGETHER], slot_s, day, rated).items():
                found[meter] += quality.flags(course, by[meter])
    bounds = start.timestamp(), end.timestamp()
    standing = flags.standing_conditions(scope, meter_ids, start - DAY, end)
    for (whose, quantity), rows in standing.groupby(["meter", "quantity"]):
        starts_s = pd.DatetimeIndex(rows["ts"]).as_unit("us").asi8 / 1e6
        columns = starts_s, rows["interval_s"].to_numpy(float), rows["value"].to_numpy(float)
        found[str(whose)] += quality.stuck_condition(str(quantity), *columns, bounds, by[str(whose)])
    for meter, beyond in suspects.beyond(scope, metered, start, end).items():
        found[meter] += quality.beyond_its_rating(*bounds, beyond, rated.at(meter, end - MOMENT), by[meter])
    for meter, told in balance.thousandfold(site_energy(scope, view, [start, end]).flows).items() if view.graph.edges else ():
        if meter in found:
            found[meter] += quality.unbalanced(*bounds, *told, by[meter])
    for meter, (intervals_kwh, register_kwh) in flags.told_twice(scope, metered, start, end).items():
        found[meter] += quality.disagrees(*bounds, intervals_kwh, register_kwh, by[meter])
    for meter, stretches in contradictions.contradicting(scope, metered, start, end).items():
        found[meter] += [flag for each in stretches for flag in quality.contradicts(each, by[meter])]
    newest = clock.now() < end + NEWEST
    for meter, behind in _clocks(scope, view, meter_ids).items() if newest else ():
        found[meter] += quality.clock(*bounds, behind.total_seconds(), by[meter])
    stay = set() if newest else {meter for meter in meter_ids if quality.CLOCK in by[meter]}
    return flags.write(scope, found, start, end, {(meter, quality.CLOCK) for meter in stay})


def _courses(scope: Scope, view: SiteView, ids: list[str], slot_s: int, day: date, rated: Ratings) -> dict[str, Course]:
    """Four weeks of each meter up to and with the day, in slots of one length."""
    first, _ = local_time.days(day - HISTORY, day - HISTORY, view.zone)
    _, end = local_time.days(day, day, view.zone)
    step = "day" if slot_s == local_time.DAY_S else slot_s
    edges = local_time.edges(first, end, step, view.zone)
    starts = np.array([each.timestamp() for each in edges[:-1]])
    lasting = np.diff([each.timestamp() for each in edges])
    local = pd.DatetimeIndex(edges[:-1]).tz_convert(view.zone).tz_localize(None)
    number = local.normalize().as_unit("s").asi8 // local_time.DAY_S
    kind = np.maximum(local.day_of_week.to_numpy(np.int64) - 4, 0)
    found = {}
    for meter, flow in energy.flows(scope, ids, edges, view.metering).items():
        edge = _edge_of(view.graph, meter)
        found[meter] = Course(
            starts_s=starts,
            slot_s=float(slot_s),
            forward_kwh=flow.forward,
            export_kwh=flow.export,
            covered=np.minimum(flow.covered_s / lasting, 1.0),
            due=flow.due_s >= lasting,
            day=number,
            kind=kind,
            capacity_kw=rated.at(meter, end - MOMENT),
            one_way=edge is not None and not edge.two_way,
            shines=edge is not None and any(node.technology == "pv" for node in _ends(view.graph, edge)),
        )
    return found


def _beside(graph: Graph) -> dict[str, set[str]]:
    """The meters at the nodes of each meter's edge: what one of them says may be odd by what another does."""
    at_node: dict[str, set[str]] = {}
    ends: dict[str, set[str]] = {}
    for edge in graph.edges:
        if edge.meter_id is not None:
            ends.setdefault(edge.meter_id, set()).update((edge.source, edge.target))
            for node in (edge.source, edge.target):
                at_node.setdefault(node, set()).add(edge.meter_id)
    return {meter: set().union(*(at_node[node] for node in nodes)) for meter, nodes in ends.items()}


def _edge_of(graph: Graph, meter: str) -> Edge | None:
    return next((edge for edge in graph.edges if edge.meter_id == meter), None)


def _ends(graph: Graph, edge: Edge) -> list[Node]:
    return [node for node in graph.nodes if node.id in (edge.source, edge.target)]


def _clocks(scope: Scope, view: SiteView, meter_ids: Collection[str]) -> dict[str, timedelta]:
    """By how much the clock of each meter's device is behind, of those that have posted samples."""
    posting = {device.id: device.meter_ids for device in view.devices if set(device.meter_ids) & set(meter_ids)}
    behind = arrivals.clocks(scope, list(posting), posting)
    return {meter: behind[device] for device, ids in posting.items() if device in behind for meter in ids if meter in meter_ids}
