"""Readings that are stored and are no energy: by which rule of the meter's declarations each kind of them is left out."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from config.quantities import TELLING
from models import granularity
from store.records.access.policy import Action, require
from store.records.plant.declarations import energy_declarations
from store.records.plant.meters import require_meters
from store.records.schema import EnergySource
from store.scope import ALWAYS, Scope
from store.series.connection import Row, listed, query
from store.series.declared import spans
from store.series.other_lengths import beside

WITHIN = timedelta(days=31)
LATELY = timedelta(days=1)
FOREVER = ALWAYS[0].end
Kind = tuple[str, str, int, int, datetime, datetime, str]  # of a meter, and as `Uncounted` has it
NO_METHOD, TOO_EARLY, OTHER_QUANTITY = "no method", "too early", "other quantity"
ACROSS, CONTRADICTS = "across", "contradicts"  # of another length than declared (`models.granularity`)
LEFT_OUT = {granularity.ACROSS: ACROSS, granularity.CONTRADICTS: CONTRADICTS}


class Uncounted(NamedTuple):
    """Readings of one quantity and length (s; 0: samples) that are not counted: how many, from when to when, and why.

    `declared` is what the meter declares for that time: none where nothing holds.
    """

    quantity: str
    interval_s: int
    number: int
    first: datetime
    last: datetime
    why: str
    declared: EnergySource | None


def uncounted(scope: Scope, meter_id: str, now: datetime) -> list[Uncounted]:
    """What a meter posted in the last month that is stored and not counted as energy, the newest first.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.ADMINISTER, site_id=require_meters(scope, [meter_id])[meter_id].site_id)
    declared = energy_declarations(scope, [meter_id])[meter_id]
    kinds = []
    for start, end, source in _periods(declared, now - WITHIN, now + timedelta(days=1)):
        others = False
        for _, quantity, interval_s, number, first, last in _stored([meter_id], start, end):
            if why := _why(source, declared, quantity):
                kinds.append(Uncounted(quantity, interval_s, number, first, last, why, source))
            others = others or _is_other(source, interval_s)
        for _, quantity, interval_s, number, first, last, why in _left_out(scope, [meter_id], start, end) if others else ():
            kinds.append(Uncounted(quantity, interval_s, number, first, last, why, source))
    return sorted(kinds, key=lambda each: each.last, reverse=True)


def lately(scope: Scope, meter_ids: Collection[str], now: datetime) -> dict[str, list[Uncounted]]:
    """The same of many meters and of the last day, by what each declares for the newest of its readings; none: absent.

    Raises as `uncounted`.
    """
    for site_id in {meter.site_id for meter in require_meters(scope, meter_ids).values()}:
        require(scope, Action.ADMINISTER, site_id=site_id)
    if not meter_ids:
        return {}
    declared, found = energy_declarations(scope, meter_ids), dict[str, list[Uncounted]]()
    start, end, others = now - LATELY, now + timedelta(days=1), set[str]()
    for meter, quantity, interval_s, number, first, last in _stored(meter_ids, start, end):
        held = _holding(declared[meter], last)
        if why := _why(held, declared[meter], quantity):
            found.setdefault(meter, []).append(Uncounted(quantity, interval_s, number, first, last, why, held))
        if _is_other(held, interval_s):
            others.add(meter)
    for meter, quantity, interval_s, number, first, last, why in _left_out(scope, others, start, end) if others else ():
        held = _holding(declared[meter], last)
        found.setdefault(meter, []).append(Uncounted(quantity, interval_s, number, first, last, why, held))
    return found


def _holding(declared: Sequence[EnergySource], moment: datetime) -> EnergySource | None:
    return next((each for each in reversed(declared) if each.valid_from <= moment < (each.valid_to or FOREVER)), None)


def _periods(
    declared: Sequence[EnergySource], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, EnergySource | None]]:
    """The parts of a range, each with the declaration that holds in it."""
    for each in declared:
        if start < min(each.valid_from, end):
            yield start, min(each.valid_from, end), None
        first, last = max(each.valid_from, start), min(each.valid_to or end, end)
        if first < last:
            yield first, last, each
        start = max(start, last)
    if start < end:
        yield start, end, None


def _stored(meter_ids: Collection[str], start: datetime, end: datetime) -> Iterator[Row]:
    """Meter, quantity, length, count, first and last of the energies, registers and powers that devices and files told."""
    wanted = ", ".join(f"'{quantity}'" for quantities in TELLING.values() for quantity in quantities)
    for table, length, made in (("intervals", "interval_s", "AND source != 'rollup'"), ("telemetry", "0", "")):
        yield from query(
            f"SELECT meter, quantity, {length} lasts, count(), min(ts), max(ts) FROM {table} "
            f"WHERE ts >= %s AND ts < %s AND meter IN ({listed(meter_ids)}) AND quantity IN ({wanted}) AND value != null {made}",
            [start, end],
        )


def _why(source: EnergySource | None, declared: Sequence[EnergySource], quantity: str) -> str:
    """The rule by which readings are not counted, whatever their length; empty for those that may be."""
    if source is None:
        return TOO_EARLY if declared else NO_METHOD
    return "" if quantity in TELLING[source.method] else OTHER_QUANTITY


def _is_other(source: EnergySource | None, interval_s: int) -> bool:
    """Whether intervals are of another length than is declared; samples become quarters of an hour, which count."""
    return source is not None and source.method != "counter" and interval_s not in (0, source.interval_s)


def _left_out(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> Iterator[Kind]:
    """What the meters told of another length than they declare, and is not counted beside what they tell otherwise."""
    for span, ids in spans(scope, meter_ids, start, end).items():
        if span.method == "counter":
            continue
        rows = beside(span, ids, span.start, span.end).rows
        rows = rows[rows["became"].isin(list(LEFT_OUT)) & (rows["ts"] >= span.start) & (rows["ts"] < span.end)]
        for _key, those in rows.groupby(["meter", "quantity", "interval_s", "became"]):
            each, first, last = those.iloc[0], those["ts"].min().to_pydatetime(), those["ts"].max().to_pydatetime()
            why = LEFT_OUT[int(each["became"])]
            yield each["meter"], each["quantity"], int(each["interval_s"]), len(those), first, last, why
