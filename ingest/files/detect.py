"""What a file most likely means: a profile, how sure each entry of it is, and what a person must say.

Of text, a sample is looked at: its first thousands of rows and its last ones. What the sample does not prove is asked; what
later contradicts the profile is refused row by row, never read another way.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from config.language import _
from ingest.files import content, heads, rows, stamps
from ingest.files.content import UnreadableFile
from ingest.files.numbers import decimal_sign, numbers
from ingest.files.profile import NUMBERED, OFFSET, Column, Container, Profile, Stamp
from ingest.files.stamps import NEVER, SECOND

SAMPLE = 5_000  # rows
SAMPLE_CELLS = 400_000  # of wide rows, of which a few tell as much
SURE = 0.9  # below it a person is asked
COUNTED = 100  # rows that never fall, before they are taken for a counter's
DELIMITERS = ";,\t|"
_PREAMBLE = 60  # rows before the heads, at the most
_LEAST_TIMES = 4  # heads that are times, in a wide table
_OF_DAY = re.compile(r"\[?(\d{1,2}):(\d{2})(?::00)?\]?(?:\s*-\s*\d{1,2}:\d{2})?")
_NUMBERED_HEAD = re.compile(r"(.*?)[_\s]?(\d{1,3})")
_DAYS = (24, 48, 96, 144, 288)


class Entry(msgspec.Struct, frozen=True):
    """One thing that was found: the entry of the profile, how sure it is (0 to 1), why, and what else it may be."""

    name: str
    value: str
    sure: float
    why: str = ""
    choices: tuple[str, ...] = ()


class Proposal(msgspec.Struct):
    """A profile and what is known of each entry of it."""

    profile: Profile
    entries: list[Entry]

    def asked(self) -> list[Entry]:
        """What a person must say, or say yes to."""
        return [each for each in self.entries if each.sure < SURE]


def detect(path: Path, zone: str = "") -> Proposal:
    """What the file means; `zone` is the site's, proposed for times without an offset.

    Raises:
        UnreadableFile: nothing that is read here, or nothing in it that looks like readings.
    """
    kind = content.container(path)
    match kind:
        case "espi" | "nem12" | "mscons":
            return Proposal(Profile(container=kind, shape="own"), [Entry("container", kind, 1.0)])
        case "p1":
            return Proposal(Profile(container=kind, shape="own", stamp=Stamp(zone=zone)), [Entry("container", kind, 1.0)])
        case "parquet" | "arrow" | "hdf5":
            from ingest.files import columnar

            return columnar.detect(path, kind, zone)
        case "json" | "json_lines":
            return _json(path, kind, zone)
    return _table(path, kind, zone)


def _json(path: Path, kind: Container, zone: str) -> Proposal:
    sample = list(islice(rows.records(path, kind), SAMPLE))
    keys = tuple(dict.fromkeys(key for record in sample for key in record))
    if not keys:
        raise UnreadableFile(_("there are no records in this JSON"))
    found = [(at, [rows.said(record.get(key)) for key in keys]) for at, record in enumerate(sample, 1)]
    made = Profile(container=kind, header=0, names=keys)
    return long(made, list(keys), found, [Entry("container", kind, 1.0)], zone)


def _table(path: Path, kind: Container, zone: str) -> Proposal:
    entries = [Entry("container", kind, 1.0)]
    made = Profile(container=kind)
    if kind == "text":
        with content.opened(path) as file:
            head = file.read(content.HEAD)
        encoding, sure = content.encoding(head)
        entries.append(Entry("encoding", encoding, sure, choices=("utf-8", "cp1252", "latin-1", "utf-16")))
        delimiter, sure = _delimiter(head.decode(encoding, "replace"))
        entries.append(Entry("delimiter", delimiter, sure, choices=tuple(DELIMITERS)))
        made = msgspec.structs.replace(made, encoding=encoding, delimiter=delimiter)
        sample = _sample(rows.text(path, encoding, delimiter))
    else:
        sample = _sample(rows.sheet(path, ""))
    if sample and ",".join(sample[0][1]).strip().strip('"').casefold().startswith("sep="):
        del sample[0]
    at = _head(sample)
    number, names = sample[at]
    below = sample[at + 1 :]
    made = msgspec.structs.replace(made, header=number)
    if _is_time(names[0]) and not any(map(heads.measured, names)):  # no heads at all
        made = msgspec.structs.replace(made, header=0)
        below = sample[at:]
        names = [f"column {nth}" for nth in range(1, len(names) + 1)]
    timed = [place for place, name in enumerate(names) if len(name) > 5 and _is_time(name)]
    if len(timed) >= _LEAST_TIMES and timed[-1] - timed[0] < 2 * len(timed):
        return _wide(made, names, timed, below, entries, zone)
    if (groups := _day_columns(names)) and below:
        return _days(made, names, groups, below, entries, zone)
    made = msgspec.structs.replace(made, names=tuple(names))
    return long(made, names, below, entries, zone)


def _sample(found: Iterator[rows.Row]) -> list[rows.Row]:
    taken: list[rows.Row] = []
    cells = 0
    for row in found:
        taken.append(row)
        cells += len(row[1])
        if len(taken) >= SAMPLE or (cells >= SAMPLE_CELLS and len(taken) > 2):
            break
    return taken


def _delimiter(text: str) -> tuple[str, float]:
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    if not lines:
        raise UnreadableFile(_("the file is empty"))
    declared = re.fullmatch(r'"?sep=(.)"?', lines[0].strip())
    if declared:
        return declared[1], 1.0
    lines = lines[:-1] or lines  # the last one may be cut
    best, sure = ",", 0.0
    for each in DELIMITERS:
        counts = Counter(_bare_of_quotes(line).count(each) for line in lines)
        often, times = max(counts.items(), key=lambda item: (item[0] > 0, item[1]))
        share = times / len(lines)
        if often and share * (1 + 0.001 * often) > sure * 1.0001:
            best, sure = each, share
    return best, (1.0 if sure > 0.6 else 0.7)


def _bare_of_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _head(sample: Sequence[rows.Row]) -> int:
    """The place of the heads: times themselves, or the last row that is filled before the first of the rows with a time."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _number, cells in sample]
    usual = Counter(filled).most_common(1)[0][0] if filled else 0
    last = 0
    for at, (_number, cells) in enumerate(sample[:_PREAMBLE]):
        timed = sum(map(_is_time, islice(cells, 400)))
        if timed >= _LEAST_TIMES:
            return at
        if filled[at] < max(2, usual // 2):
            continue
        if timed and (at + 1 >= len(sample) or last or any(map(_is_time, sample[at + 1][1]))):
            return last or at
        last = at or last
        if at == 0 and not timed:
            first_is_head = sample[1:2] and any(map(_is_time, sample[1][1]))
            if first_is_head:
                return 0
    raise UnreadableFile(_("no row was found below which times stand: a table needs heads, and a column of times"))


def _is_time(cell: str) -> bool:
    text = cell.strip().strip("'")
    if not any(letter.isdigit() for letter in text) or len(text) < 6 or len(text) > 40:
        return False
    if re.fullmatch(r"[\d.,+-]+", text) and not re.fullmatch(
        r"\d{1,4}[.-]\d{1,2}[.-]\d{2,4}|20\d{6}|1\d{9}|1\d{12}|1\d{15}|1\d{18}", text
    ):
        return False
    return bool(stamps.formats([text]))


def _day_columns(names: Sequence[str]) -> list[tuple[int, int, bool, str]]:
    """Groups of columns that make a day: first place, how many, whether the heads say ends, and the name before the number."""
    found = []
    times = [_OF_DAY.fullmatch(name.strip()) for name in names]
    first = next((at for at, each in enumerate(times) if each), None)
    if first is not None:
        count = 0
        while first + count < len(times) and times[first + count]:
            count += 1
        whole = max((each for each in _DAYS if each <= count), default=0)
        if whole:
            began = times[first]
            ends = bool(began and (began[1], began[2]) not in (("00", "00"), ("0", "00")))
            return [(first, whole, ends, "")]
    at = 0
    while at < len(names):
        numbered = _NUMBERED_HEAD.fullmatch(names[at].strip())
        if not numbered or int(numbered[2]) not in (0, 1):
            at += 1
            continue
        count, base = 0, int(numbered[2])
        while at + count < len(names):
            nextone = _NUMBERED_HEAD.fullmatch(names[at + count].strip())
            if not nextone or nextone[1] != numbered[1] or int(nextone[2]) != base + count:
                break
            count += 1
        whole = max((each for each in _DAYS if each <= count), default=0)
        if whole:
            found.append((at, whole, False, numbered[1]))
        at += max(count, 1)
    return found


def _wide(
    made: Profile, names: list[str], timed: list[int], below: Sequence[rows.Row], entries: list[Entry], zone: str
) -> Proposal:
    first, said = timed[0], [names[at] for at in timed]
    stamp, step_s, more = _stamp(said, said, zone)
    before = names[:first]
    meter = heads.place(before, heads.METER)
    unit = heads.place(before, heads.UNIT)
    known = [cells[unit] for _n, cells in below[:50] if unit is not None and unit < len(cells)]
    quantity, label = (heads.in_unit(known[0]) if known else None) or ("energy_kwh", "kWh")
    sign, sure = decimal_sign((cell for _n, cells in below[:50] for cell in cells[first : first + 500]), made.delimiter)
    profile = msgspec.structs.replace(
        made,
        shape="wide",
        decimal=sign,
        names=tuple(before),
        meter=(meter if meter is not None else 0,),
        unit=unit,
        stamp=stamp,
        columns=(Column(first, quantity, label, step_s),),
    )
    return Proposal(
        profile,
        [
            *entries,
            Entry("shape", "wide", 1.0),
            Entry("decimal", sign, sure, choices=(".", ",")),
            *more,
            Entry("meter", before[meter or 0] if before else "", 1.0 if meter is not None else 0.6, choices=tuple(before)),
            Entry("unit", label, 1.0 if known else 0.7, choices=("kWh", "Wh", "MWh", "kW")),
            Entry("interval_s", str(step_s), 1.0),
        ],
    )


def _days(
    made: Profile,
    names: list[str],
    groups: list[tuple[int, int, bool, str]],
    below: Sequence[rows.Row],
    entries: list[Entry],
    zone: str,
) -> Proposal:
    inside = {at for first, count, _ends, _name in groups for at in range(first, first + count)}
    others = [at for at in range(len(names)) if at not in inside]
    dates = [at for at in others if all(_is_time(cells[at]) for _n, cells in below[:3] if at < len(cells))]
    if not dates:
        raise UnreadableFile(_("the rows hold a day each, but no column of dates was found"))
    said = [cells[dates[0]] for _n, cells in below if dates[0] < len(cells) and cells[dates[0]].strip()]
    stamp, _step, more = _stamp(said, said, zone)
    stamp = msgspec.structs.replace(stamp, columns=(dates[0],), at="start", descending=False)
    more = [each for each in more if each.name != "at"]
    meter = _most_of(names, [at for at in heads.places(names, heads.METER) if at in others], below)
    unit = heads.place([name if at in others else "" for at, name in enumerate(names)], heads.UNIT)
    columns = []
    for first, count, _ends, name in groups:
        found = heads.measured(name) if name else None
        if name and found is None and heads.in_unit(name.rstrip("_ ")) is None and "var" in name.casefold():
            continue  # reactive energy, for which there is no quantity
        quantity, label = found or ("energy_kwh", "kWh")
        columns.append(Column(first, quantity, label, 86_400 // count))
    first, count, ends, _name = groups[0]
    sign, sure = decimal_sign((cell for _n, cells in below[:500] for cell in cells[first : first + count]), made.delimiter)
    profile = msgspec.structs.replace(
        made,
        shape="day_rows",
        decimal=sign,
        names=tuple(names),
        stamp=stamp,
        meter=(meter,) if meter is not None else (),
        unit=unit,
        columns=tuple(columns),
    )
    told = bool(groups[0][3] and heads.measured(groups[0][3])) or unit is not None
    return Proposal(
        profile,
        [
            *entries,
            Entry("shape", "day_rows", 1.0),
            Entry("decimal", sign, sure, choices=(".", ",")),
            *more,
            Entry("heads", "end" if ends else "start", 1.0, _("a day's first value begins at 00:00 either way")),
            Entry(
                "meter",
                names[meter] if meter is not None else "",
                1.0 if meter is not None else 0.5,
                choices=tuple(names[at] for at in others),
            ),
            Entry("unit", columns[0].unit if columns else "", 1.0 if told else 0.7, choices=("kWh", "Wh", "MWh")),
        ],
    )


def _most_of(names: Sequence[str], places: Sequence[int], below: Sequence[rows.Row]) -> int | None:
    """Of columns that may name the meter, the one with the most different names; of equals, one that names nothing else."""

    def fits(at: int) -> tuple[int, bool, int]:
        return len({cells[at] for _n, cells in below if at < len(cells)}), not heads.is_vague(names[at]), at

    return max(places, key=fits, default=None)


def long(made: Profile, names: list[str], below: Sequence[rows.Row], entries: list[Entry], zone: str) -> Proposal:
    """What a long table means, by its heads and a sample of its rows. Raises `UnreadableFile`."""
    cells_of = [[cells[at] if at < len(cells) else "" for _n, cells in below] for at in range(len(names))]
    timed = [at for at, cells in enumerate(cells_of) if _mostly_times(cells)]
    if not timed:
        raise UnreadableFile(_("no column of times was found"))
    moving = [at for at in timed if len(set(cells_of[at])) > 1]  # when a file was made stands in all of its records
    timed = moving or timed
    first = next((at for at in timed if heads.says(names[at], heads.START)), timed[0])
    until = next((at for at in timed if at != first and heads.says(names[at], heads.END)), None)
    meter = _most_of(
        names, [at for at in heads.places(names, heads.METER) if at not in timed and heads.measured(names[at]) is None], below
    )
    quality, unit = heads.place(names, heads.QUALITY), heads.place(names, heads.UNIT)
    said: list[str] = cells_of[first]
    columns_of_time: tuple[int, ...] = (first,)
    hour = next(
        (
            at
            for at, name in enumerate(names)
            if name.strip().casefold() in ("hora", "hour", "heure", "stunde", "time", "hour ending", "start time")
        ),
        None,
    )
    hours = False
    if hour is not None and hour != first:
        numbered = [each.strip() for each in cells_of[hour] if each.strip()]
        if numbered and all(re.fullmatch(r"\d{1,2}", each) for each in numbered):
            hours = True
        elif numbered and all(re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?", each) for each in numbered):
            said = [f"{a} {b}" for a, b in zip(said, cells_of[hour], strict=True)]
        columns_of_time = (first, hour) if hours or said is not cells_of[first] else (first,)
    order = cells_of[meter] if meter is not None else [""] * len(below)
    real = [text for text in said if text.strip()]
    footed = [text for text in real if _is_time(text)] if not hours else real
    stamp, step_s, more = _stamp(footed, _first_of(said, order), zone)
    if stamp.format != OFFSET and stamp.format not in NUMBERED and heads.says(names[first], ("utc", "gmt")):
        stamp = msgspec.structs.replace(stamp, zone="UTC")
        more = [each if each.name != "zone" else Entry("zone", "UTC", 1.0, _("the head says so")) for each in more]
    if hours:
        stamp, step_s = msgspec.structs.replace(stamp, at="end"), 3600
        more = [each for each in more if each.name != "at"]
    if until is not None:
        other = stamps.local(cells_of[until], stamp.format)
        mine = stamps.local(cells_of[first], stamp.format)
        gap = (other - mine)[(other != NEVER) & (mine != NEVER)]
        gap = gap[gap > 0]
        if len(gap):
            usual, times = Counter(gap.tolist()).most_common(1)[0]
            step_s = int(usual // SECOND) if times > 0.9 * len(gap) else 0
        more = [each for each in more if each.name != "at"]
    stamp = msgspec.structs.replace(
        stamp, columns=columns_of_time, hours=hours, until=until, at="start" if until is not None else stamp.at
    )
    columns, unit_sure = _values(names, cells_of, {first, until, meter, quality, unit, *columns_of_time}, unit, step_s, order)
    if not columns:
        raise UnreadableFile(_("no column of values was found: %(names)s", names=", ".join(names)))
    sign, sure = decimal_sign((cell for column in columns for cell in cells_of[column.place]), made.delimiter)
    if made.container in ("json", "json_lines"):
        sign, sure = ".", 1.0
    marks = {each.strip() for each in cells_of[quality]} if quality is not None else set()
    profile = msgspec.structs.replace(
        made,
        shape="long",
        decimal=sign,
        stamp=stamp,
        meter=(meter,) if meter is not None else (),
        unit=unit,
        quality=quality,
        qualities={mark: "S" for mark in sorted(marks) if heads.estimated(mark)},
        columns=tuple(columns),
    )
    counters = [each for each in columns if "total" in each.quantity]
    return Proposal(
        profile,
        [
            *entries,
            Entry("shape", "long", 1.0),
            Entry("decimal", sign, sure, choices=(".", ",")),
            *more,
            Entry("meter", names[meter] if meter is not None else "", 1.0 if meter is not None else 0.5, choices=tuple(names)),
            Entry("unit", ", ".join(each.unit or "?" for each in columns), unit_sure, choices=("kWh", "Wh", "MWh", "W", "kW")),
            Entry("quantity", ", ".join(each.quantity for each in columns), 0.6 if counters else 1.0,
                  _("the values never fall: a register, most likely") if counters else ""),
            Entry("interval_s", str(step_s), 1.0 if step_s or counters else 0.5),
        ],
    )  # fmt: skip


def _mostly_times(cells: Sequence[str]) -> bool:
    real = [each for each in cells[:200] if each.strip()]
    return bool(real) and sum(map(_is_time, real)) >= 0.35 * len(real)


def _values(
    names: list[str],
    cells_of: list[list[str]],
    taken: set[int | None],
    unit: int | None,
    step_s: int,
    order: Sequence[str],
) -> tuple[list[Column], float]:
    found: list[Column] = []
    sure = 1.0
    told = [(at, heads.measured(name)) for at, name in enumerate(names) if at not in taken]
    value = [(at, said) for at, said in told if said is not None and _holds_numbers(cells_of[at])]
    if not value:
        units = {each.strip() for each in cells_of[unit] if each.strip()} if unit is not None else set()
        kind = next((heads.in_unit(each) for each in sorted(units) if heads.in_unit(each)), None)
        plain = [at for at, _said in told if _holds_numbers(cells_of[at]) and not heads.COST.search(names[at])]
        named = [at for at in plain if heads.is_value(names[at])] or plain[:1]
        sure = 1.0 if kind else 0.5
        value = [(at, kind or ("energy_kwh", "kWh")) for at in named]
    alike = Counter(said[0] for _at, said in value if said is not None)
    for at, said in value:
        assert said is not None  # noqa: S101 - for the type checker
        quantity, label = said
        if quantity.startswith("energy") and _counts(cells_of[at], order):
            quantity = {"energy_kwh": "energy_total_kwh", "energy_export_kwh": "energy_export_total_kwh"}[quantity]
        lasts = 0 if "total" in quantity else step_s
        found.append(Column(at, quantity, label if unit is None else "", lasts, names[at].strip() if alike[said[0]] > 1 else ""))
    return found, sure


def _holds_numbers(cells: Sequence[str]) -> bool:
    real = [each for each in cells[:500] if each.strip()]
    if not real:
        return False
    fits = (int((~bad).sum()) for _value, bad in (numbers(real, "."), numbers(real, ",")))
    return max(fits) >= 0.5 * len(real)


def _counts(cells: Sequence[str], order: Sequence[str]) -> bool:
    sign, _sure = decimal_sign(cells, ";")
    value, _bad = numbers(list(cells), sign)
    for name in set(order):
        of = value[[at for at, each in enumerate(order) if each == name]]
        of = of[~np.isnan(of)]
        steps = np.diff(of)
        if len(steps) < COUNTED or not ((steps >= 0).all() or (steps <= 0).all()) or not steps.any():
            return False
        if np.median(np.abs(steps)) > 0.05 * max(abs(float(np.max(of))), 1e-9):
            return False
    return True


def _first_of(said: Sequence[str], order: Sequence[str]) -> list[str]:
    """The times of the meter that stands first, in the file's order."""
    return [text for text, name in zip(said, order, strict=True) if name == order[0] and text.strip()] if order else []


def _stamp(said: Sequence[str], of_one: Sequence[str], zone: str) -> tuple[Stamp, int, list[Entry]]:
    """How times are written, of which clock, how far apart (s), and whether they are starts or ends."""
    found = stamps.formats(said)
    if not found:
        usual = Counter(form for text in list(said)[:50] for form in stamps.formats([text]))
        if not usual:
            raise UnreadableFile(_("the times are written in a way that is not known: %(time)s", time=next(iter(said), "")))
        found = [usual.most_common(1)[0][0]]
    form = max(found, key=lambda each: _regular(of_one, each))
    choices = tuple(found)
    known = [
        Entry(
            "format",
            form,
            1.0 if len(found) == 1 else 0.5,
            _("the times fit more than one way") if len(found) > 1 else "",
            choices,
        )
    ]
    has_zone = form == OFFSET or form in NUMBERED
    known.append(
        Entry("zone", "" if has_zone else zone, 1.0 if has_zone else 0.7, "" if has_zone else _("the times have no offset"))
    )
    mine = stamps.local(of_one, form)
    mine = mine[mine != NEVER]
    steps = np.diff(mine)
    descending = len(steps) > 1 and bool((steps < 0).sum() > 0.7 * len(steps))
    usual_us = Counter(np.abs(steps[steps != 0]).tolist()).most_common(1)
    step_s = int(usual_us[0][0] // SECOND) if usual_us else 0
    if form == OFFSET:  # a day is that of the clock that the file was written by
        mine = stamps.local([each.strip()[:16].replace("T", " ") for each in of_one], "%Y-%m-%d %H:%M")
        mine = mine[mine != NEVER]
    at, sure, why = _side(mine, step_s)
    known.append(Entry("at", at, sure, why, ("start", "end")))
    return Stamp(format=form, zone="" if has_zone else zone, at=at, descending=descending), step_s, known  # type: ignore[arg-type]


def _regular(said: Sequence[str], form: str) -> float:
    """How much of the way from each time to the next is one and the same step."""
    wall = stamps.local(said, form)
    steps = np.diff(wall[wall != NEVER])
    return Counter(steps.tolist()).most_common(1)[0][1] / len(steps) if len(steps) else 0.0


def _side(wall: Any, step_s: int) -> tuple[str, float, str]:
    """Whether stamps are starts or ends, by where the first and the last one stand in their day."""
    if not len(wall) or not step_s:
        return "end", 0.5, ""
    first, last = (math.floor(each / SECOND) % 86_400 for each in (wall.min(), wall.max()))
    if first == step_s and last == 0:
        return "end", 0.95, _("the first stamp is one step after midnight, the last one is midnight")
    if first == 0 and last == 86_400 - step_s:
        return "start", 0.95, _("the first stamp is midnight, the last one is one step before")
    if first == 0 and last != 0:
        return "start", 0.6, _("the first stamp is midnight")
    return "end", 0.5, _("first and last stamp do not tell")
