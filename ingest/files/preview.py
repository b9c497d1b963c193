"""What a file would give by a profile, before anything of it is stored: some of its readings with their verdicts, and its meters.

Only a part of the file is read; what the rest of it holds, the import itself says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config import clock
from config.settings import Settings
from ingest import columns
from ingest.directory import Caller
from ingest.files import importing, read, rows
from ingest.files.block import Block, RowProblem
from ingest.files.meter_name import meter_name
from ingest.files.outcome import Outcome
from ingest.files.profile import Profile
from ingest.times import SECOND, Window
from store.records.access.policy import Action, require
from store.records.schema import texts
from store.scope import Scope

OF_EACH = 3  # readings of a series that are shown
SERIES = 12  # that are shown
READINGS = 200_000  # that are read, at the least, of a file that has more
NAMING_CELLS = 20_000_000  # of a wide table, that are looked through for the names of meters
NAMES = 2_000
PROBLEMS = 20
SOURCE = "preview"  # of readings that are never stored


class Line(NamedTuple):
    """A reading as it would be stored: its row, its meter in the file and here, when (µs since 1970), and what is wrong with it.

    `value` and `unit` are as the file has them, `kept` is what would be stored, in the quantity's own unit.
    """

    row: int
    meter: str
    meter_id: str | None
    quantity: str
    unit: str
    start_us: int
    end_us: int
    value: float
    kept: float | None
    quality: str
    problem: str
    held: str  # why it would be kept and not counted: a code, or nothing


@dataclass(slots=True)
class Preview:
    """Lines in the file's order, names of meters with the id of each that is known, and what could not be read."""

    lines: list[Line] = field(default_factory=list)
    meters: dict[str, str | None] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    readings: int = 0
    refused: int = 0
    whole: bool = True  # the file was read to its end


def preview(scope: Scope, settings: Settings, site_id: str, path: Path, profile: Profile) -> Preview:
    """What importing a file would give.

    Raises:
        NotFound: the site is not the scope's.
        Refused: not an operator of the site.
        UnreadableFile, UnfitProfile: as `ingest.files.read`.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    caller, named = importing.caller_of(scope, site_id, SOURCE)

    ids = importing.meters_by_name(named, profile)

    def id_of(name: str) -> str | None:
        found = ids.get(texts.key(name), name)
        return found if found in caller.meters else None

    kept_since = clock.now_us() - int(settings.accepted_back_days * 86_400) * SECOND
    made, seen = Preview(), dict[tuple[str, str, str], int]()
    for block in read.blocks(path, profile):
        made.readings += len(block)
        made.refused += len(block.problems)
        made.problems += block.problems[: PROBLEMS - len(made.problems)]
        for name, _quantity, _unit in block.series:
            if len(made.meters) < NAMES:
                made.meters.setdefault(name, id_of(name))
        made.lines += _judged(caller, _some_of(block, seen), made.meters, kept_since)
        if made.readings >= READINGS:
            made.whole = False
            break
    if not made.whole and profile.shape == "wide":
        for name in _named(path, profile):
            made.meters.setdefault(name, id_of(name))
    return made


def _some_of(block: Block, seen: dict[tuple[str, str, str], int]) -> Block:
    """The first readings of each series, as many as are shown and have not been before; `row` is the place of each."""
    picked: list[int] = []
    for nth, series in enumerate(block.series):
        if series not in seen and len(seen) >= SERIES:
            continue
        have = seen.get(series, 0)
        here = np.flatnonzero(block.of == nth)[: OF_EACH - have].tolist()
        seen[series] = have + len(here)
        picked += here
    at = np.array(sorted(picked), dtype=np.int64)
    return Block(
        block.series, block.of[at], block.end_us[at], block.duration_s[at], block.value[at], block.quality[at], block.row[at]
    )


def _judged(caller: Caller, some: Block, meters: Mapping[str, str | None], kept_since_us: int) -> list[Line]:
    """Readings with the verdict of each, as the import would judge them."""
    places = np.arange(len(some), dtype=np.int64)
    numbered = Block(some.series, some.of, some.end_us, some.duration_s, some.value, some.quality, places)
    known = {name: meters.get(name) or name for name, _quantity, _unit in some.series}
    good, bad = columns.judge(
        caller, Window((clock.now() - importing.FIRST) / timedelta(days=1), importing.AHEAD_S), numbered, known
    )
    too_old = Outcome(SOURCE)
    good = [importing.kept(each, kept_since_us, too_old) for each in good]
    held = {
        int(place): str(code)
        for each in good
        if each.target.doubt is not None
        for place, code in zip(each.row, each.target.doubt.held_of(each.at_us, each.value), strict=True)
    }
    kept = {int(place): float(value) for each in good for place, value in zip(each.row, each.value, strict=True)}
    wrong = {place: problem.words() for place, _reading, problem in bad} | {each.row: each.message for each in too_old.examples}
    lines = []
    for place in places.tolist():
        name, quantity, unit = some.series[some.of[place]]
        end = int(some.end_us[place])
        lines.append(
            Line(
                int(some.row[place]),
                name,
                meters.get(name),
                quantity,
                unit,
                end - int(some.duration_s[place]) * SECOND,
                end,
                float(some.value[place]),
                kept.get(place),
                str(some.quality[place]),
                wrong.get(place, ""),
                held.get(place, ""),
            )
        )
    return lines


def _named(path: Path, profile: Profile) -> list[str]:
    """The names of meters of a wide table, of which one row may hold a year."""
    found, left = dict[str, None](), NAMING_CELLS
    for _number, cells in islice(rows.rows(path, profile), NAMES):
        name = meter_name(" ".join(cells[at] for at in profile.meter if at < len(cells)), profile.meter_pattern)
        if name and any(cells[len(profile.names) :]):
            found[name] = None
        left -= len(cells)
        if left < 0:
            break
    return list(found)
