"""Stretches of time with the energy of meters in them, of all meters at once: columns, not an object a meter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import energy as arithmetic
from models.energy import Floats

Places = NDArray[np.intp]

FORWARD, EXPORT = "energy_kwh", "energy_export_kwh"
REGISTERS = (FORWARD, EXPORT)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Columns of stretches: whose each is (a place in a list of meters), register (one in `REGISTERS`), start and length (s).

    `kwh` is its energy, `covered_s` and `known_s` are as in `store.series.energy.Flow`. `until_s` is when the last of what it
    sums ends, which may be before it does.
    """

    whose: Places
    register: Places
    starts_s: Floats
    lasting_s: Floats
    kwh: Floats
    covered_s: Floats
    known_s: Floats
    until_s: Floats

    def only(self, which: NDArray[np.bool_] | Places) -> "Pieces":
        """Some of the stretches."""
        return Pieces(*(column[which] for column in self._columns))

    @property
    def _columns(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def of(self, places: Places) -> "Pieces":
        """The same of meters of another list: at `places[n]` stands there what is at n here."""
        return Pieces(places[self.whose], *self._columns[1:])

    def sums(self, edges_s: Floats, count: int) -> Floats:
        """kWh, covered and known seconds between successive edges: shape (3, registers, `count` meters, stretches)."""
        which = self.register * count + self.whose
        amounts = np.array([self.kwh, self.covered_s, self.known_s])
        summed = arithmetic.spread_by(edges_s, self.starts_s, self.lasting_s, amounts, which, len(REGISTERS) * count)
        return summed.reshape(3, len(REGISTERS), count, -1)

    def between(self, edges_s: Floats, count: int) -> "Pieces":
        """The same cut at these edges, a stretch between each two."""
        sums = self.sums(edges_s, count)
        register, whose, stretch = np.nonzero((sums != 0).any(axis=0))
        kwh, covered_s, known_s = sums[:, register, whose, stretch]
        starts, ends = edges_s[stretch], edges_s[stretch + 1]
        return Pieces(whose, register, starts, ends - starts, kwh, covered_s, known_s, ends)


def pieces(found: pd.DataFrame, meter_ids: Sequence[str]) -> Pieces:
    """The pieces of these meters in rows with `ts`, `meter`, `quantity` (a register), `lasting_s`, `total` and `covered_s`.

    Without `known_s` the energy is of what is covered, without `until_s` of the whole stretch.
    """
    starts = seconds(found["ts"])
    lasting, kwh, covered = (found[name].to_numpy(float) for name in ("lasting_s", "total", "covered_s"))
    return Pieces(
        places(found["meter"], meter_ids),
        places(found["quantity"], REGISTERS),
        starts,
        lasting,
        kwh,
        covered,
        found["known_s"].to_numpy(float) if "known_s" in found else covered,
        found["until_s"].to_numpy(float) if "until_s" in found else starts + lasting,
    )


def together(parts: Iterable[Pieces]) -> Pieces:
    """All of them."""
    columns = zip(*(part._columns for part in parts), strict=True)
    return Pieces(*(np.concatenate(column) for column in columns))


def places(names: Iterable[str], among: Sequence[str]) -> Places:
    """Where each name stands in a list that has them all."""
    at = {name: place for place, name in enumerate(among)}
    return np.array([at[name] for name in names], np.intp)


def seconds(times: "pd.Series[pd.Timestamp]") -> Floats:
    """Seconds since 1970."""
    return np.asarray(pd.DatetimeIndex(times).as_unit("us").asi8 / 1e6, np.float64)
