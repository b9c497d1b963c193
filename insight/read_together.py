"""Energies of many sites, read in few questions: what is asked of one site is answered by what was read for all."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from store.records.plant.metering import Metering
from store.scope import Scope
from store.series import energy, finality
from store.series.energy import Flow, Flows

Edges = list[datetime] | pd.DatetimeIndex
Question = tuple[list[str], Edges]  # meters, and the moments between which
Micros = NDArray[np.int64]


class ReadTogether:
    """What `store.series.energy.flows` and `store.series.finality.provisional` would say, of all that was asked at once.

    Whatever is asked besides is read then.
    """

    def __init__(self, scope: Scope, asked: Iterable[Question], known: Metering) -> None:
        """Read what is asked: one question for all meters that are asked for between the same moments.

        Raises:
            StoreAway: QuestDB cannot be reached.
        """
        by_edges: dict[bytes, tuple[Edges, dict[str, None]]] = {}
        periods: dict[tuple[datetime, datetime], dict[str, None]] = {}
        for meter_ids, edges in asked:
            named = dict.fromkeys(meter_ids)
            by_edges.setdefault(_micros(edges).tobytes(), (edges, {}))[1].update(named)
            periods.setdefault((edges[0], edges[-1]), {}).update(named)
        # Asked before the energies are, like theirs.
        self._changing = {period: finality.provisional(scope, [*ids], [*period], known) for period, ids in periods.items()}
        self._read = [(_micros(edges), energy.flows(scope, [*ids], edges, known)) for edges, ids in by_edges.values()]

    def flows(self, scope: Scope, meter_ids: Sequence[str], edges: Edges, known: Metering) -> Flows:
        """As `store.series.energy.flows`."""
        wanted = _micros(edges)
        for there, found in self._read:
            places = _places(there, wanted)
            if places is not None and all(meter in found for meter in meter_ids):
                of = found.of(meter_ids)
                sums = (np.add.reduceat(column[:, : places[-1]], places[:-1], axis=1) for column in of)
                return Flows(meter_ids, Flow(*sums))
        return energy.flows(scope, meter_ids, edges, known)

    def provisional(
        self, scope: Scope, meter_ids: Collection[str], edges: list[datetime], known: Metering
    ) -> dict[str, list[bool]]:
        """As `store.series.finality.provisional`."""
        there = self._changing.get((edges[0], edges[-1]), {}) if len(edges) == 2 else {}
        if all(meter in there for meter in meter_ids):
            return {meter: there[meter] for meter in meter_ids}
        return finality.provisional(scope, meter_ids, edges, known)


def _places(there: Micros, wanted: Micros) -> NDArray[np.intp] | None:
    """Where the wanted moments are among those that are there, none when any is not."""
    places = there.searchsorted(wanted)
    return places if places[-1] < len(there) and np.array_equal(there[places], wanted) else None


def _micros(edges: Edges) -> Micros:
    return pd.DatetimeIndex(edges).as_unit("us").asi8
