"""What a table with a day a row means: a date, and a column for each stretch of that day."""

import re
from collections.abc import Sequence

import msgspec

from config.language import _
from ingest.files import heads, proposal, rows
from ingest.files.content import UnreadableFile
from ingest.files.detection.sample import is_time, most_of
from ingest.files.detection.times import stamp_of
from ingest.files.numbers import decimal_sign
from ingest.files.profile import Column, Profile
from ingest.files.proposal import Entry, Proposal

_OF_DAY = re.compile(r"\[?(\d{1,2}):(\d{2})(?::00)?\]?(?:\s*-\s*\d{1,2}:\d{2})?")
_NUMBERED_HEAD = re.compile(r"(.*?)[_\s]?(\d{1,3})")
_DAYS = (24, 48, 96, 144, 288)


def day_columns(names: Sequence[str]) -> list[tuple[int, int, bool, str]]:
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


def propose(
    made: Profile,
    names: list[str],
    groups: list[tuple[int, int, bool, str]],
    below: Sequence[rows.Row],
    entries: list[Entry],
    zone: str,
) -> Proposal:
    """The proposal; `groups` as `day_columns` finds them. Raises `UnreadableFile`."""
    inside = {at for first, count, _ends, _name in groups for at in range(first, first + count)}
    others = [at for at in range(len(names)) if at not in inside]
    dates = [at for at in others if all(is_time(cells[at]) for _n, cells in below[:3] if at < len(cells))]
    if not dates:
        raise UnreadableFile(_("the rows hold a day each, but no column of dates was found: name the columns in the first line"))
    said = [cells[dates[0]] for _n, cells in below if dates[0] < len(cells) and cells[dates[0]].strip()]
    stamp, _step, more = stamp_of(said, said, zone)
    stamp = msgspec.structs.replace(stamp, columns=(dates[0],), at="start", descending=False)
    more = [each for each in more if each.name != "at"]
    meter = most_of(names, [at for at in heads.places(names, heads.METER) if at in others], below)
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
            Entry("shape", "day_rows", 1.0, _("the heads are times of the day, or numbered through it")),
            proposal.decimal(sign, sure),
            *more,
            Entry("heads", "end" if ends else "start", 1.0, _("a day's first value begins at 00:00 either way")),
            proposal.meter(
                names[meter] if meter is not None else "",
                1.0 if meter is not None else 0.5,
                tuple(names[at] for at in others),
            ),
            Entry("meter_pattern", "", 1.0, _("empty: all of it is the name")),
            proposal.unit(columns[0].unit if columns else "", 1.0 if told else 0.7, ("kWh", "Wh", "MWh")),
        ],
        tuple(names),
        proposal.shown([cells for _n, cells in below]),
    )
