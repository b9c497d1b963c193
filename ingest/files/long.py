"""Long tables: a row a time and a meter, with a value or several."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.language import _
from ingest.files import stamps
from ingest.files.block import ROWS, Block, Gathering, RowProblem
from ingest.files.numbers import numbers
from ingest.files.profile import NUMBERED, OFFSET, Column, Profile, UnfitProfile
from ingest.files.rows import Row
from ingest.files.stamps import NEVER, SECOND

ECHO = 60


def blocks(rows: Iterator[Row], profile: Profile) -> Iterator[Block]:
    """The readings of a table's rows, in the file's order."""
    table = Table(profile)
    while part := list(islice(rows, ROWS)):
        columns: Sequence[Any] = list(zip_longest(*(cells for _number, cells in part), fillvalue=""))
        yield from table.take(columns, np.array([number for number, _cells in part]))
    yield from table.end()


class Table:
    """Turns columns into readings, part after part; what is not known before the end is told by `end`."""

    def __init__(self, profile: Profile):
        self._profile = profile
        self._wall = wall(profile)
        self._pattern = pattern_of(profile)
        self._names: dict[str, str | None] = {}
        self._behind: list[RowProblem] = []  # rows without a time, that may be the file's end
        self._found = Gathering()

    def take(self, columns: Sequence[Any], row: NDArray[np.int64]) -> Iterator[Block]:
        """The blocks that these columns (of texts, or Arrow's) complete; `row` numbers their rows."""
        profile, found = self._profile, self._found
        count = len(row)
        named = self._meters(columns, count)
        end_us, start_us, good = self._times(columns, named, row, count)
        good &= np.array([name is not None for name in named])
        for at in np.flatnonzero([name is None for name in named])[:ROWS].tolist():
            found.refuse(int(row[at]), "no_meter", _("the row names no meter that the pattern finds"))
        units = texts(columns, profile.unit, count) if profile.unit is not None else None
        classes = self._classes(columns, count)
        for column in profile.columns:
            if column.place >= len(columns):
                continue
            value, bad = numbers(columns[column.place], profile.decimal)
            for at in np.flatnonzero(bad & good).tolist():
                found.refuse(
                    int(row[at]), "not_a_number", _("%(cell)s is no number", cell=repr(str(columns[column.place][at])[:ECHO]))
                )
            here = good & ~np.isnan(value)
            found.gaps += int((good & np.isnan(value) & ~bad).sum())
            if not here.any():
                continue
            duration = np.full(count, column.interval_s) if column.interval_s else (end_us - start_us) // SECOND
            end = start_us + duration * SECOND if profile.stamp.at == "start" else end_us
            end = np.where(duration == 0, end + profile.stamp.shift_s * SECOND, end)
            picked = np.flatnonzero(here)
            of = self._series(column, named, units, picked)
            values = value[picked] * (duration[picked] / 3600 if column.mean_power else 1)
            found.extend(of, end[picked], duration[picked], values, classes[picked], row[picked])
        yield from found.full()

    def end(self) -> Iterator[Block]:
        """What is left, with what only the whole file tells."""
        found = self._found
        found.skipped += len(self._behind)
        tell_unpaired(self._wall, found)
        if (last := found.rest()) and (len(last) or last.problems or last.gaps or last.skipped):
            yield last

    def _meters(self, columns: Sequence[Any], count: int) -> list[str | None]:
        places = self._profile.meter
        if not places:
            return [""] * count
        one = texts(columns, places[0], count)
        joined = (
            one
            if len(places) == 1
            else [" ".join(each) for each in zip(*(texts(columns, at, count) for at in places), strict=True)]
        )
        known = self._names
        for name in set(joined) - known.keys():
            known[name] = meter_name(name, self._pattern)
        return [known[name] for name in joined]

    def _times(
        self, columns: Sequence[Any], named: Sequence[str | None], row: NDArray[np.int64], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        stamp, found = self._profile.stamp, self._found
        said: Any = columns[stamp.columns[0]]
        if isinstance(said, pa.Array | pa.ChunkedArray) and len(stamp.columns) == 1:
            if pa.types.is_string(said.type) or pa.types.is_large_string(said.type):
                said = said.to_pylist()
        elif len(stamp.columns) > 1 and not stamp.hours:
            said = [" ".join(each) for each in zip(*(texts(columns, at, count) for at in stamp.columns), strict=True)]
        read = stamps.local(said, stamp.format)
        names = [name or "" for name in named]
        if stamp.hours:
            hour, odd = numbers(columns[stamp.columns[1]], ".")
            whole = ~odd & (hour >= 1) & (hour <= 25) & (hour % 1 == 0)
            at = self._wall.hours(np.where(whole, read, NEVER), np.where(whole, hour, 1).astype(np.int64))
            lost = np.zeros(count, dtype=bool)
        elif (isinstance(said, pa.Array | pa.ChunkedArray) and getattr(said.type, "tz", None)) or stamp.format in (
            OFFSET,
            *NUMBERED,
        ):
            at, lost = read, np.zeros(count, dtype=bool)
        else:
            at, lost = self._wall.utc(read, names)
        for place in np.flatnonzero(lost).tolist():
            found.refuse(
                int(row[place]),
                "bad_time",
                _("%(time)s was left out when the clocks were put forward", time=str(said[place])[:ECHO]),
            )
        none = np.flatnonzero((at == NEVER) & ~lost)
        good = at != NEVER
        last = int(np.flatnonzero(good)[-1]) if good.any() else -1
        if last >= 0:
            found.problems += self._behind
            self._behind = []
        for place in none.tolist():
            what = str(said[place])[:ECHO]
            problem = RowProblem(
                int(row[place]), "bad_time", _("%(time)s is no time as %(form)s says it", time=repr(what), form=stamp.format)
            )
            (found.problems if place < last else self._behind).append(problem)
        if stamp.until is not None:
            until = stamps.local(columns[stamp.until], stamp.format)
            until = (
                until
                if stamp.format in (OFFSET, *NUMBERED)
                else np.where((until == NEVER) | (read == NEVER), NEVER, at + (until - read))
            )
            pair = (at, until) if stamp.at == "start" else (until, at)
            wrong = good & ((pair[0] == NEVER) | (pair[1] == NEVER) | (pair[0] >= pair[1]))
            if all(column.interval_s for column in self._profile.columns):
                return np.where(good, at, 0), np.where(good, at, 0), good  # its length is known: where it begins is enough
            for place in np.flatnonzero(wrong).tolist():
                found.refuse(int(row[place]), "bad_interval", _("the row does not end after it begins"))
            good = good & ~wrong
            return np.where(good, pair[1], 0), np.where(good, pair[0], 0), good
        return np.where(good, at, 0), np.where(good, at, 0), good

    def _classes(self, columns: Sequence[Any], count: int) -> NDArray[np.str_]:
        profile = self._profile
        if profile.quality is None:
            return np.full(count, "A")
        return np.array([profile.qualities.get(each.strip(), "A") for each in texts(columns, profile.quality, count)], dtype="U1")

    def _series(
        self, column: Column, named: Sequence[str | None], units: Sequence[str] | None, picked: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        known: dict[tuple[str, str], int] = {}
        of = np.empty(len(picked), dtype=np.int32)
        behind = f" {column.meter}" if column.meter and self._profile.meter and len(self._profile.columns) > 1 else ""
        for nth, at in enumerate(picked.tolist()):
            key = (named[at] or "", units[at] if units is not None else column.unit)
            place = known.get(key)
            if place is None:
                meter = f"{key[0]}{behind}" if key[0] else column.meter
                unit = (key[1].strip() or column.unit) + ("*h" if column.mean_power else "")
                place = known[key] = self._found.series(meter, column.quantity, unit)
            of[nth] = place
        return of


def texts(columns: Sequence[Any], place: int, count: int) -> Sequence[str]:
    """A column's cells as texts."""
    if place >= len(columns):
        return [""] * count
    column = columns[place]
    if isinstance(column, pa.Array | pa.ChunkedArray):
        return ["" if each is None else str(each) for each in column.to_pylist()]
    return column  # type: ignore[no-any-return]


def wall(profile: Profile) -> stamps.Wall:
    """The clock that the profile's times without an offset are of."""
    return stamps.Wall(profile.stamp.zone or "UTC", profile.stamp.descending)


def pattern_of(profile: Profile) -> "re.Pattern[str] | None":
    """What finds the meter's name. Raises `UnfitProfile`."""
    try:
        return re.compile(profile.meter_pattern) if profile.meter_pattern else None
    except re.error as wrong:
        raise UnfitProfile(_("the pattern of the meter's name cannot be read: %(why)s", why=wrong)) from None


def meter_name(said: str, pattern: "re.Pattern[str] | None") -> str | None:
    """The meter's name within what the file says, or None where the pattern finds none."""
    bare = " ".join(said.strip().removeprefix('="').removesuffix('"').split())
    if pattern is None:
        return bare
    found = pattern.search(bare[:200])
    return (found[1] if pattern.groups else found[0]) if found else None


def tell_unpaired(clock: stamps.Wall, found: Gathering) -> None:
    """Say which hours of a clock put back came once: they were taken as the first, and the second is a gap."""
    said: dict[tuple[str, int], int] = {}
    for meter, wall_us in clock.unpaired():
        said[meter, wall_us // stamps.DAY] = said.get((meter, wall_us // stamps.DAY), 0) + 1
    for (meter, day), times in said.items():
        date = np.datetime64(day, "D")
        found.refuse(
            0,
            "ambiguous",
            _(
                "%(meter)s: on %(date)s the hour that comes twice is there once (%(count)s times); it was taken as the first",
                meter=meter or "–",
                date=date,
                count=times,
            ),
        )
