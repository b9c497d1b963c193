"""The energy of meters from rows of another length than they declare, beside what they tell as they declare it.

`models.granularity` says what of it counts: so a day's values over a meter of quarters of an hour, half hours over one of hours,
or both within a day are neither lost nor counted twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.quantities import INTERVAL_S, LOCAL_DAY_S, LONGEST_INTERVAL_S
from models import granularity
from models.granularity import Stretches
from models.local_days import NO_DAY
from store.series import interval_sums
from store.series.connection import listed, no_rows, query
from store.series.declared import Span
from store.series.energy_of_intervals import as_declared, derived, lengths, local_days
from store.series.energy_of_samples import POWER
from store.series.grid import EPOCH
from store.series.interval_sums import ROLLUP, Lengths
from store.series.pieces import EXPORT, FORWARD, REGISTERS, Pieces, Places, places, seconds, together

REACH = timedelta(seconds=LONGEST_INTERVAL_S)
EACH_S = 1  # of a grid into whose cells no row fits: each is a stretch by itself
NONE = (0, 0)  # the length of no row


class Beside(NamedTuple):
    """Rows of other lengths, what became of each (of `models.granularity`), and the pieces that they give.

    The rows have the columns `ts`, `meter`, `quantity`, `interval_s`, `start_s` and `end_s` (of local days theirs), `kwh` (of
    power with its sign), `became` and `estimated` (the share of each that its sender estimated); `of` is the place of the row
    that each piece is of.
    """

    rows: pd.DataFrame
    pieces: Pieces
    of: Places


def from_intervals(span: Span, ids: Sequence[str], start: datetime, end: datetime, cell_s: float, origin: datetime) -> Pieces:
    """Energy of the span's meters in [start, end) from all rows of `intervals`, whose pieces are as `as_declared` has them."""
    told = as_declared(span, ids, start, end, cell_s, origin)
    others = _telling_otherwise(span, ids, start, end)
    if not others:
        return told
    return together([told, beside(span, others, start, end).pieces.of(places(others, ids))])


def beside(span: Span, ids: Sequence[str], start: datetime, end: datetime) -> Beside:
    """The rows of other lengths that touch [start, end), and what they tell of it beside those that are as declared.

    A row that reaches out of the range is judged by all that is told within it.
    """
    since, until = start - REACH, end + REACH
    power = span.method == "power"
    measures = ["above", "below"] if power else ["total"]
    found = _rows(span, ids, since, until, [*measures, "covered_s", "estimated_s"])
    whose = places(found["meter"], ids)
    if power:
        kwh = (found["above"] - found["below"]).to_numpy(float) / 3600
    else:
        whose, kwh = whose + len(ids) * places(found["quantity"], REGISTERS), found["total"].to_numpy(float)
    starts, ends = seconds(found["ts"]), seconds(found["ts"]) + found["lasting_s"].to_numpy(float)
    first, last, rank = _days(span, starts, ends)
    kwh = kwh * (last - first) / (ends - starts) if power else kwh
    order = np.argsort(rank, kind="stable")  # a day as long as it was goes before the same told as of 24 hours
    rows = Stretches(whose[order], first[order], last[order], kwh[order])
    parts, judged = granularity.divided(_as_declared(span, ids, since, until), rows, span.rhythm_s)
    parts = parts.only((parts.starts_s < end.timestamp()) & (parts.ends_s > start.timestamp()))
    became = np.empty_like(judged)
    became[order] = judged
    covered, estimated = (found[name].to_numpy(float) / (ends - starts) for name in ("covered_s", "estimated_s"))
    table = found[interval_sums.KEY].assign(start_s=first, end_s=last, kwh=kwh, became=became, estimated=estimated)
    of = order[parts.of]
    return Beside(table, *_pieces(parts, of, rows.whose[parts.of], covered[of], len(ids), power))


def _telling_otherwise(span: Span, ids: Sequence[str], start: datetime, end: datetime) -> list[str]:
    """The meters of which rows of other lengths touch the range; most have none."""
    if span.method == "counter" or not ids or start >= end:
        return []
    which = (
        f"ts >= %s AND ts < %s AND meter IN ({listed(ids)}) AND quantity IN ({listed(_quantities(span))}) "
        f"AND NOT {interval_sums.lasting(_lengths(span))} AND dateadd('s', interval_s, ts) > %s"
    )
    made = f"AND source != '{ROLLUP}'" if span.method == "power" else ""
    found = query(
        f"SELECT DISTINCT meter FROM intervals WHERE {which} AND value != null {made} UNION "
        f"SELECT DISTINCT meter FROM amendments WHERE {which} AND interval_s > 0",
        [start - REACH, end, start] * 2,
    )
    others = {meter for (meter,) in found}
    return [meter for meter in ids if meter in others]


def _rows(span: Span, ids: Sequence[str], start: datetime, end: datetime, measures: Sequence[str]) -> pd.DataFrame:
    """Each effective row of another length that touches the range; what the rollup makes of power is told by its samples."""
    if not ids:
        return no_rows([*interval_sums.KEY, "lasting_s", *measures])
    found = interval_sums.aggregates(
        ids,
        _quantities(span),
        start,
        end,
        EACH_S,
        measures,
        expected_s=INTERVAL_S,  # of a quarter that does not say what of it was heard, all was
        lengths_s=_lengths(span),
        other=True,
        measured=span.method == "power",
    )
    return found.sort_values(["meter", "quantity", "ts"], kind="stable", ignore_index=True)


def _quantities(span: Span) -> Sequence[str]:
    return [POWER] if span.method == "power" else REGISTERS


def _lengths(span: Span) -> Lengths:
    """Of which lengths the rows are that are told as declared; of power that is sampled its samples tell all of that."""
    return NONE if span.method == "power" and span.sampled else lengths(span)


def _days(
    span: Span, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """The stretch that each row is of, and how surely: values of days are of local days."""
    first, last, rank = starts.copy(), ends.copy(), np.zeros(len(starts), np.int64)
    lasting = ends - starts
    days = (lasting >= LOCAL_DAY_S[0]) & (lasting <= LOCAL_DAY_S[1])
    begins, closes, found = local_days(starts[days], lasting[days], span.zone)
    local = found < NO_DAY
    at = np.flatnonzero(days)[local]
    first[at], last[at], rank[at] = begins[local], closes[local], found[local]
    return first, last, rank


def _as_declared(span: Span, ids: Sequence[str], start: datetime, end: datetime) -> Stretches:
    """What the meters tell as they declare, a stretch a row; whose it is, is their place and that of the register."""
    told = as_declared(span, ids, start, end, span.rhythm_s, EPOCH)
    if span.method == "power" and not span.sampled:
        told = together([told, derived(ids, start, end, INTERVAL_S, EPOCH)])
    ends = told.starts_s + told.lasting_s
    if span.method != "power":
        return Stretches(told.whose + len(ids) * told.register, told.starts_s, ends, told.kwh)
    net = pd.DataFrame(
        {"whose": told.whose, "start": told.starts_s, "end": ends, "kwh": np.where(told.register == 0, told.kwh, -told.kwh)}
    )
    sums = net.groupby(["whose", "start", "end"], as_index=False)["kwh"].sum()
    columns = (sums[name].to_numpy(float) for name in ("start", "end", "kwh"))
    return Stretches(sums["whose"].to_numpy(np.intp), *columns)


def _pieces(
    parts: granularity.Parts, of: Places, whose: Places, covered: NDArray[np.float64], count: int, power: bool
) -> tuple[Pieces, Places]:
    """The parts of rows, of a share of each of which something was heard, as pieces of registers; power is of both."""
    lasting = parts.ends_s - parts.starts_s
    covered_s, known_s = parts.covered_s * covered, lasting * covered
    if not power:
        register, meter = np.divmod(whose, count) if count else (whose, whose)
        columns = parts.starts_s, lasting, parts.kwh, covered_s, known_s, parts.ends_s
        return Pieces(meter, register, *columns), of
    halves = [
        Pieces(
            whose,
            np.full(len(whose), REGISTERS.index(register), np.intp),
            parts.starts_s,
            lasting,
            (sign * parts.kwh).clip(min=0),
            covered_s,
            known_s,
            parts.ends_s,
        )
        for register, sign in ((FORWARD, 1), (EXPORT, -1))
    ]
    return together(halves), np.concatenate([of, of])
