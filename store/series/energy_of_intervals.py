"""The energy of meters from rows of `intervals` as they declare: what was told, and what the rollup has made of samples.

What was told over another length than the declared one is `store.series.other_lengths`'.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.quantities import INTERVAL_S, LOCAL_DAY_S
from models import local_time
from models.energy import Floats
from models.local_days import NO_DAY, local_day
from store.series import as_if, interval_sums
from store.series.declared import Span
from store.series.energy_of_samples import POWER
from store.series.interval_sums import Lengths
from store.series.pieces import EXPORT, FORWARD, Pieces, pieces, seconds, together

DERIVED = {"derived_energy_kwh": FORWARD, "derived_energy_export_kwh": EXPORT}


def as_declared(span: Span, ids: Sequence[str], start: datetime, end: datetime, cell_s: float, origin: datetime) -> Pieces:
    """Energy of the span's meters in [start, end): a stretch a cell of the grid, and one a row that crosses an edge of it.

    Whose a piece is, is a place in `ids`.
    """
    if span.method == "interval":
        registers, measures = {FORWARD: FORWARD, EXPORT: EXPORT}, ["total", "covered_s", "until_s"]
    elif span.sampled:
        return derived(ids, start, end, cell_s, origin, span.interval_s)
    else:
        registers, measures = {POWER: POWER}, ["above", "below", "covered_s", "until_s"]
    if span.daily:
        return _local_days(span, ids, start, end, registers, measures)
    rows = interval_sums.aggregates(
        ids,
        list(registers),
        start,
        end,
        cell_s,
        measures,
        origin=origin,
        expected_s=span.interval_s,
        lengths_s=lengths(span),
        measured=span.sampled and all(anew for *_, anew in as_if.parts(start, end)),
    )
    return pieces(_as_energy(span, rows, registers), ids)


def lengths(span: Span) -> Lengths:
    """Of which lengths (s) the rows are that a span's energy is of by what it declares."""
    if span.daily:
        return LOCAL_DAY_S
    return span.rhythm_s, span.rhythm_s


def derived(ids: Sequence[str], start: datetime, end: datetime, cell_s: float, origin: datetime, expected_s: int = 1) -> Pieces:
    """Energy that the rollup has made of samples, likewise; without what samples tell in its place (`store.series.as_if`)."""
    measures, quarter = ["total", "covered_s", "known_s", "until_s"], (INTERVAL_S, INTERVAL_S)
    kept = [(first, last) for first, last, anew in as_if.parts(start, end) if not anew]
    every = (
        interval_sums.aggregates(
            ids, list(DERIVED), first, last, cell_s, measures, origin=origin, expected_s=expected_s, lengths_s=quarter
        )
        for first, last in kept or [(start, start)]
    )
    return together(pieces(rows.assign(quantity=rows["quantity"].map(DERIVED)), ids) for rows in every)


def _as_energy(span: Span, rows: pd.DataFrame, registers: Mapping[str, str]) -> pd.DataFrame:
    """Rows of a span's quantities as rows of its registers of energy; power becomes the energies of two registers."""
    if span.method != "power":
        return rows.assign(quantity=rows["quantity"].map(registers))
    halves = [
        rows.assign(quantity=register, total=rows[sign] / 3600) for register, sign in ((FORWARD, "above"), (EXPORT, "below"))
    ]
    return pd.concat(halves, ignore_index=True)


def _local_days(
    span: Span, ids: Sequence[str], start: datetime, end: datetime, registers: Mapping[str, str], measures: Collection[str]
) -> Pieces:
    """Energy from values of days: one that ends or begins at a local midnight is of that local day, however long it was.

    Devices that know only days of 24 hours send those also where clocks change. A day that was told twice, as of 24 hours
    and as long as it was, counts as the latter says.
    """
    reach = timedelta(seconds=LOCAL_DAY_S[1] - LOCAL_DAY_S[0])
    asked = (start - reach, end + reach)
    found = interval_sums.aggregates(ids, list(registers), *asked, INTERVAL_S, measures, lengths_s=LOCAL_DAY_S)
    first, last, rank = local_days(seconds(found["ts"]), found["lasting_s"].to_numpy(float), span.zone)
    told = found["lasting_s"].to_numpy(float)
    share = (last - first) / told if span.method == "power" else 1.0
    found = found.assign(
        ts=pd.to_datetime(first * 1e6, unit="us", utc=True),
        lasting_s=last - first,
        covered_s=last - first,
        until_s=last,
        rank=rank,
        **{name: found[name] * share for name in ("total", "above", "below") if name in found},
    )
    found = found[found["rank"] < NO_DAY].sort_values("rank", kind="stable").drop_duplicates(["ts", "meter", "quantity"])
    return pieces(_as_energy(span, found, registers), ids)


def local_days(starts_s: Floats, lasting_s: Floats, zone: str) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Of values of days of a zone the stretch that each is of, and how that was found: as `models.local_days.local_day`."""
    if not len(starts_s):
        return starts_s, starts_s, np.zeros(0, np.int64)
    around = timedelta(seconds=2 * LOCAL_DAY_S[1])
    first, last = (datetime.fromtimestamp(at, UTC) for at in (starts_s.min(), starts_s.max()))
    midnights_s = local_time.edges_s(first - around, last + around, "day", ZoneInfo(zone)).astype(float)
    return local_day(starts_s, lasting_s, midnights_s)
