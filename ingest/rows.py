"""Validated readings on their way to the store."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ingest.doubt import Held
from store.series.block import Block
from store.series.write import Row


@dataclass(slots=True)
class Rows:
    """Readings of one post, in its order: one by one, or many in columns."""

    rows: list[Row] = field(default_factory=list)
    block: Block | None = None  # in place of `rows`
    late: bool = False  # whether some are of a quarter of an hour that is over
    counts_replaced: bool = False  # whether the sender wants to know how many take the place of another value
    dry_run: bool = False  # whether they are compared with what is stored, and not written
    held: list[Held] = field(default_factory=list)  # which of them their meters cannot have made
    told_once: set[int] = field(default_factory=set)  # positions that are told when they take the place of another value

    def __len__(self) -> int:
        return len(self.rows) if self.block is None else len(self.block)

    def listed(self) -> "Rows":
        """The same, one by one."""
        return self if self.block is None else replace(self, rows=self.block.rows(), block=None)

    def by_meter(self) -> Counter[str]:
        """How many are of each meter."""
        if self.block is None:
            return Counter(of.meter for of, _at, _value in self.rows)
        counts: Counter[str] = Counter()
        for of, count in zip(self.block.series, np.bincount(self.block.of).tolist(), strict=False):
            counts[of.meter] += count
        return counts

    def by_device(self, devices: Mapping[str, str]) -> Counter[str]:
        """How many are of each device, by the devices of meters; those of other meters are not counted."""
        if self.block is None:
            counts = Counter([devices[of.meter] for of, _at, _value in self.rows if of.meter in devices])
        else:
            counts = Counter()
            for meter, count in self.by_meter().items():
                if meter in devices:
                    counts[devices[meter]] += count
        return counts


@dataclass(slots=True)
class Outcome:
    """What became of a post's rows: how many were written, how many took the place of another value, which the store refused."""

    written: int = 0
    replaced: int = 0
    refused: dict[int, str] = field(default_factory=dict)  # position in the post's rows → the store's reason
    before: dict[int, float] = field(default_factory=dict)  # of `told_once`: position → the value that stood there

    def refuse(self, position: int, why: str) -> None:
        """The store takes none of that row."""
        self.written -= 1
        self.refused[position] = why
