"""Long tables: a row a time and a meter, with a value or several."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.language import _, ngettext
from ingest.files import stamps, wording
from ingest.files.block import ROWS, Block, Gathering, RowProblem, Series, as_said
from ingest.files.cells import Cells
from ingest.files.meter_name import meter_name
from ingest.files.numbers import numbers
from ingest.files.profile import NUMBERED, OFFSET, Column, Profile
from ingest.files.stamps import NEVER, SECOND
from models.refused_reading import NOTHING_SAID, Said


def blocks(parts: Iterable[Cells], profile: Profile) -> Iterator[Block]:
    """The readings of a table's rows, in the file's order."""
    table = _Table(profile)
    for part in parts:
        yield from table.take(part)
    yield from table.end()


class _Table:
    """Turns columns into readings, part after part; what is not known before the end is told by `end`."""

    def __init__(self, profile: Profile):
        self._profile = profile
        self._wall = wall(profile)
        self._names: dict[str, str | None] = {}
        self._behind: list[RowProblem] = []  # rows without a time, that may be the file's end
        self._found = Gathering()

    def take(self, cells: Cells) -> Iterator[Block]:
        """The blocks that these rows complete."""
        profile, found, row = self._profile, self._found, cells.row
        whose, names = self._meters(cells)
        end_us, start_us, good = self._times(cells, whose, names)
        nameless = np.array([name is None for name in names])[whose]
        good &= ~nameless
        for at in np.flatnonzero(nameless)[:ROWS].tolist():
            words = wording.no_meter(" ".join(_told(cells.column(place), at) for place in profile.meter))
            found.refuse(int(row[at]), "no_meter", words, body=self._body(cells, at))
        units = cells.distinct(profile.unit) if profile.unit is not None else None
        classes = self._classes(cells)
        for column in profile.columns:
            if column.place not in cells:
                continue
            said = cells.column(column.place)
            value, bad = numbers(said, profile.decimal)
            here = good & ~np.isnan(value)
            found.gaps += int((good & np.isnan(value) & ~bad).sum())
            duration = np.full(len(row), column.interval_s) if column.interval_s else (end_us - start_us) // SECOND
            end = start_us + duration * SECOND if profile.stamp.at == "start" else end_us
            end = np.where(duration == 0, end + profile.stamp.shift_s * SECOND, end)
            for at in np.flatnonzero(bad & good).tolist():
                words, unit = wording.no_number(_told(said, at)), units[1][units[0][at]] if units else ""
                series = self._series_of(column, names[whose[at]] or "", unit)
                reading = unread(column, series, int(end[at]), int(duration[at]), _told(said, at))
                found.refuse(int(row[at]), "not_a_number", words, reading, self._body(cells, at))
            if not here.any():
                continue
            picked = np.flatnonzero(here)
            of = self._series(column, whose[picked], names, units, picked)
            values = value[picked] * (duration[picked] / 3600 if column.mean_power else 1)
            found.extend(of, end[picked], duration[picked], values, classes[picked], row[picked])
        yield from found.full()

    def end(self) -> Iterator[Block]:
        """What is left, with what only the whole file tells."""
        found = self._found
        found.skipped += len(self._behind)
        tell_unpaired(self._wall, found)
        last = found.rest()
        if len(last) or last.problems or last.gaps or last.skipped:
            yield last

    def _meters(self, cells: Cells) -> tuple[NDArray[np.int64], Sequence[str | None]]:
        """Which of the names each row bears, and the names; None where the pattern finds none."""
        places = self._profile.meter
        if not places:
            return np.zeros(len(cells), dtype=np.int64), [""]
        which, said = cells.distinct(places[0])
        for place in places[1:]:
            also, more = cells.distinct(place)
            pairs = pc.dictionary_encode(pa.array(which * len(more) + also))
            said = [f"{said[each // len(more)]} {more[each % len(more)]}" for each in pairs.dictionary.to_pylist()]
            which = np.asarray(pairs.indices, dtype=np.int64)
        known = self._names
        for name in said:
            if name not in known:
                known[name] = meter_name(name, self._profile.meter_pattern)
        return which, [known[name] for name in said]

    def _times(
        self, cells: Cells, whose: NDArray[np.int64], names: Sequence[str | None]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        stamp, found, row = self._profile.stamp, self._found, cells.row
        until_said = cells.column(stamp.until) if stamp.until is not None else None
        if stamp.until is not None and stamp.until in stamp.columns:
            said, until_said = stamps.both(cells.texts(stamp.until))
        elif len(stamp.columns) > 1 and not stamp.hours:
            said = pc.binary_join_element_wise(*map(cells.texts, stamp.columns), " ")
        else:
            said = cells.column(stamp.columns[0])
        read = stamps.local(said, stamp.format)
        lost = np.zeros(len(row), dtype=bool)
        if stamp.hours:
            hour, odd = numbers(cells.column(stamp.columns[1]), ".")
            first = 0 if stamp.at == "start" else 1
            whole = ~odd & (hour >= first) & (hour < first + 25) & (hour % 1 == 0)
            at = self._wall.hours(np.where(whole, read, NEVER), np.where(whole, hour, 1).astype(np.int64))
        elif getattr(said.type, "tz", None) or stamp.format in (OFFSET, *NUMBERED):
            at = read
        else:
            at, lost = self._wall.utc(read, np.array([name or "" for name in names], dtype=object)[whose])
        for place in np.flatnonzero(lost).tolist():
            found.refuse(
                int(row[place]),
                "bad_time",
                wording.left_out(_told(said, place)),
                body=self._body(cells, place),
            )
        none = [place for place in np.flatnonzero((at == NEVER) & ~lost).tolist() if not self._blank(cells, place)]
        good = at != NEVER
        last = int(np.flatnonzero(good)[-1]) if good.any() else -1
        if last >= 0:
            found.problems += self._behind
            self._behind = []
        for place in none:
            time = " ".join(_told(cells.column(each), place) for each in stamp.columns)
            problem = RowProblem(int(row[place]), "bad_time", self._no_time(time), body=self._body(cells, place))
            (found.problems if place < last or stamps.formats([time]) else self._behind).append(problem)
        if until_said is not None:
            until = stamps.local(until_said, stamp.format)
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
                words = _("the row does not end after it begins: correct its two times")
                found.refuse(int(row[place]), "bad_interval", words, body=self._body(cells, place))
            good = good & ~wrong
            return np.where(good, pair[1], 0), np.where(good, pair[0], 0), good
        return np.where(good, at, 0), np.where(good, at, 0), good

    def _no_time(self, time: str) -> str:
        if self._profile.stamp.hours:
            return _("%(time)s is no date and number of an hour of that day: correct it", time=wording.told(time))
        return wording.no_time(time, self._profile.stamp.format)

    def _blank(self, cells: Cells, at: int) -> bool:
        return not any(_told(cells.column(place), at).strip() for place in cells.places)

    def _classes(self, cells: Cells) -> NDArray[np.str_]:
        profile = self._profile
        if profile.quality is None:
            return np.full(len(cells), "A")
        which, said = cells.distinct(profile.quality)
        return np.array([profile.qualities.get(each.strip(), "A") for each in said], dtype="U1")[which]

    def _series(
        self,
        column: Column,
        whose: NDArray[np.int64],
        names: Sequence[str | None],
        units: tuple[NDArray[np.int64], list[str]] | None,
        picked: NDArray[np.int64],
    ) -> NDArray[np.int32]:
        """The place of each picked row's series in the block that is being collected."""
        which, said = (units[0][picked], units[1]) if units is not None else (0, [column.unit])
        pairs = pc.dictionary_encode(pa.array(whose * len(said) + which))
        places = [
            self._found.series(*self._series_of(column, names[each // len(said)] or "", said[each % len(said)]))
            for each in pairs.dictionary.to_pylist()
        ]
        of: NDArray[np.int32] = np.array(places, dtype=np.int32)[np.asarray(pairs.indices)]
        return of

    def _series_of(self, column: Column, name: str, unit: str) -> Series:
        behind = f" {column.meter}" if column.meter and self._profile.meter and len(self._profile.columns) > 1 else ""
        meter = f"{name}{behind}" if name else column.meter
        return Series(meter, column.quantity, (unit.strip() or column.unit) + ("*h" if column.mean_power else ""))

    def _body(self, cells: Cells, at: int) -> str:
        """What is read of a row."""
        return self._profile.delimiter.join(_told(cells.column(place), at) for place in cells.places)


def _told(column: Any, at: int) -> str:
    """The beginning of a cell, as people are told of it."""
    cell = column[at].as_py()
    return "" if cell is None else str(cell)[: wording.ECHO]


def unread(column: Column, series: Series, end_us: int, duration_s: int, cell: str) -> Said:
    """A reading whose value is no number; nothing where the number would have to be made into another one."""
    return NOTHING_SAID if column.mean_power else as_said(series, end_us, duration_s, json.dumps(cell, ensure_ascii=False))


def wall(profile: Profile) -> stamps.Wall:
    """The clock that the profile's times without an offset are of."""
    return stamps.Wall(profile.stamp.zone or "UTC", profile.stamp.descending)


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
            (f"{meter}: " if meter else "")
            + ngettext(
                "on %(date)s a time of the hour that comes twice is there once; it was taken as the first; if it is the second, "
                "write times with their offset, such as +01:00",
                "on %(date)s %(num)s times of the hour that comes twice are there once; they were taken as the first; if they "
                "are the second, write times with their offset, such as +01:00",
                times,
                date=date,
            ),
        )
