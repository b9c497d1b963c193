"""Validated readings on their way to the store: parallel lists, because a post may have ten thousand."""

from dataclasses import dataclass, field

from store.series.write import Key, Series


@dataclass(slots=True)
class Rows:
    """Readings of one post, in its order. `late` are the quarters (µs) they fall into that are already over."""

    series: dict[int, Series] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    intervals: bool = False  # whether some belong to the table of intervals
    late: set[tuple[str, str, int]] = field(default_factory=set)  # meter, quantity, quarter

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(slots=True)
class Outcome:
    """What became of the rows of one post: how many took the place of another value, and which the store refused."""

    replaced: int = 0
    refused: dict[int, str] = field(default_factory=dict)  # position in the post's rows → the store's reason
