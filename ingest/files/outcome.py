"""What becomes of a file's readings: what is taken, summed by meter and quantity, and what is not, counted and told in part."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.language import _
from ingest import columns
from ingest.columns import ACTUAL, Bad, Judged
from ingest.files import shelf
from ingest.files.block import Block, RowProblem, Series, as_said
from ingest.judge import ESTIMATED
from models.refused_reading import NOTHING_SAID
from store.records.plant.imports import Total
from store.records.plant.refused import MOST
from store.series.replaced import KEY

EXAMPLES = 100  # problems of a code that are told in full; all are counted


@dataclass(slots=True)
class Summary:
    """What an import takes of one meter and quantity, in the quantity's unit."""

    count: int = 0
    total: float = 0.0
    first_us: int = 2**62
    last_us: int = -(2**62)


@dataclass(slots=True)
class Outcome:
    """What became of a file: what was taken, by meter id and quantity, and what was not, counted by code and told in part.

    `held` are taken too: their meters cannot have made them, so they count only when others or a person confirm them. Of what
    is only tried, `changed` would replace another value, and `unchanged` is stored so already, as far as it was `compared`.
    """

    source: str
    taken: dict[tuple[str, str], Summary] = field(default_factory=dict)
    changed: int = 0
    unchanged: int = 0
    compared: bool = True
    refused: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    examples: list[RowProblem] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)  # readings by the name of a meter that the site does not have
    gaps: int = 0
    skipped: int = 0
    told_to: BinaryIO | None = None  # where problems are kept in full
    _told: int = 0
    _shown: Counter[str] = field(default_factory=Counter)
    _wrong: int = 0  # what a person could put right, of which the first are kept, those of strange meters behind the others
    _first: list[RowProblem] = field(default_factory=list)
    _strange: list[RowProblem] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Readings that were taken."""
        return sum(each.count for each in self.taken.values())

    @property
    def totals(self) -> list[Total]:
        """By meter and quantity, as they are kept."""
        return [Total(*key, each.count, each.total, each.first_us, each.last_us) for key, each in sorted(self.taken.items())]

    @property
    def to_put_right(self) -> list[RowProblem]:
        """The first of what a person can put right."""
        return [*self._first, *self._strange][:MOST]

    def some(self, most: int) -> list[RowProblem]:
        """The first problems of each code, at most so many of it, in the file's order."""
        seen: Counter[str] = Counter()
        found = []
        for each in self.examples:
            seen[each.code] += 1
            if seen[each.code] <= most:
                found.append(each)
        return found

    @property
    def beyond(self) -> int:
        """How many more a person could put right."""
        return self._wrong - len(self.to_put_right)

    def take(self, judged: Judged) -> None:
        """Readings of a meter and quantity are taken."""
        if not len(judged.value):
            return
        self.held.update(columns.held(judged))
        end = judged.at_us + judged.target.duration_us
        made = self.taken.setdefault((judged.target.series.meter, judged.target.series.quantity), Summary())
        made.count += len(judged.value)
        made.total = math.fsum((made.total, float(judged.value.sum())))
        made.first_us, made.last_us = min(made.first_us, int(end.min())), max(made.last_us, int(end.max()))

    def compare(self, good: Iterable[Judged], stored: pd.DataFrame) -> None:
        """Count what of these is stored under its key with another value, or so already (`store.series.replaced.COLUMNS`)."""
        stands = {
            key: pd.Series(rows["value"].to_numpy(float), rows["at"].to_numpy(np.int64))
            for key, rows in stored.drop_duplicates(KEY).groupby(KEY[1:])
        }
        for each in good:
            of = each.target.series
            if (known := stands.get((of.meter, of.quantity, of.interval_s))) is not None:
                value = known.reindex(each.at_us).to_numpy()
                same = value == each.value
                self.unchanged += int(same.sum())
                self.changed += int((~np.isnan(value) & ~same).sum())

    def refuse(self, problems: Iterable[RowProblem]) -> None:
        """Parts of the file are not taken."""
        for problem in problems:
            self.refused[problem.code] += 1
            self._tell(problem)
            if problem.body or problem.said != NOTHING_SAID:
                self._wrong += 1
                if len(self._first) < MOST:
                    self._first.append(problem)

    def refuse_readings(self, bad: Iterable[Bad]) -> None:
        """Readings are not taken, as the judge says."""

        def told(each: Bad) -> RowProblem:
            reading = each.reading
            series = Series(reading.meter, reading.quantity, reading.unit or "")
            value, estimated = json.dumps(reading.value), reading.quality == ESTIMATED
            said = as_said(series, int(reading.ts), reading.interval_s or 0, value, estimated=estimated)
            return RowProblem(each.row, each.problem.code, each.problem.words(), said)

        self.refuse(map(told, bad))

    def leave_out(self, block: Block, strange: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> None:
        """Readings are of meters that the site does not have, which is counted by their names; some of them are `wanted`."""
        words = _("the site has no meter of this name: match it with one as the file is imported, or create it")
        for place, count in zip(*np.unique(block.of[strange], return_counts=True), strict=True):
            self.unknown[block.series[place].meter] += int(count)
        self.refused["unknown_meter"] += int(strange.sum())
        self._wrong += int(wanted.sum())
        for row in np.unique(block.row[strange])[: max(0, shelf.KEPT_PROBLEMS - self._told)].tolist():
            self._tell(RowProblem(row, "unknown_meter", words))
        for at in np.flatnonzero(wanted)[: max(0, MOST - len(self._strange))].tolist():
            value, estimated = json.dumps(float(block.value[at])), str(block.quality[at]) != ACTUAL
            series, end_us, lasts_s = block.series[block.of[at]], int(block.end_us[at]), int(block.duration_s[at])
            said = as_said(series, end_us, lasts_s, value, estimated=estimated)
            self._strange.append(RowProblem(int(block.row[at]), "unknown_meter", words, said))

    def _tell(self, problem: RowProblem) -> None:
        if self._shown[problem.code] < EXAMPLES:
            self._shown[problem.code] += 1
            self.examples.append(problem)
        if self.told_to is not None and self._told < shelf.KEPT_PROBLEMS:
            self.told_to.write(msgspec.json.encode(problem[:3]) + b"\n")
            self._told += 1
