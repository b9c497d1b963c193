"""What a long table means, by its heads and a sample of its rows: a row a time and a meter."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa

from config.language import _
from ingest.files import heads, proposal, rows, stamps
from ingest.files.content import UnreadableFile
from ingest.files.detection.sample import is_time, most_of
from ingest.files.detection.times import first_of, stamp_of
from ingest.files.numbers import decimal_sign, numbers
from ingest.files.profile import NUMBERED, OFFSET, Column, Profile
from ingest.files.proposal import Entry, Proposal
from ingest.files.stamps import NEVER, SECOND

COUNTED = 100  # rows that never fall, before they are taken for a counter's
DOUBTED = 10  # and before they are no longer surely anything else
CENTRAL_EUROPE = "Europe/Brussels"


def propose(made: Profile, names: list[str], below: Sequence[rows.Row], entries: list[Entry], zone: str) -> Proposal:
    """What a long table means, by its heads and a sample of its rows.

    Raises:
        UnreadableFile: no column of times, or none of values.
    """
    cells_of = [[cells[at] if at < len(cells) else "" for _n, cells in below] for at in range(len(names))]
    timed = [at for at, cells in enumerate(cells_of) if _mostly_times(cells)]
    if not timed:
        raise UnreadableFile(_("no column of times was found: name the columns in the first line"))
    moving = [at for at in timed if len(set(cells_of[at])) > 1]  # when a file was made stands in all of its records
    timed = moving or timed
    first = next((at for at in timed if heads.says(names[at], heads.START)), timed[0])
    until = next((at for at in timed if at != first and heads.says(names[at], heads.END)), None)
    meter = most_of(
        names, [at for at in heads.places(names, heads.METER) if at not in timed and heads.measured(names[at]) is None], below
    )
    if until is None:
        since, ends = (each.to_pylist() for each in stamps.both(pa.array(cells_of[first], pa.string())))
        if sum(map(bool, ends)) > 0.5 * sum(map(bool, since)):
            cells_of[first], until = since, first
    else:
        ends = cells_of[until]
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
    footed = [text for text in real if is_time(text)] if not hours else real
    stamp, step_s, more = stamp_of(footed, first_of(said, order), zone)
    if stamp.format != OFFSET and stamp.format not in NUMBERED and heads.says(names[first], ("utc", "gmt")):
        stamp = msgspec.structs.replace(stamp, zone="UTC")
        more = [each if each.name != "zone" else Entry("zone", "UTC", 1.0, _("the head says so")) for each in more]
    if stamp.zone and heads.says(names[first], ("cet", "cest")):
        stamp = msgspec.structs.replace(stamp, zone=CENTRAL_EUROPE)
        more = [each if each.name != "zone" else Entry("zone", CENTRAL_EUROPE, 1.0, _("the head says so")) for each in more]
    if hours:
        from_zero = any(each.strip() in ("0", "00") for each in cells_of[columns_of_time[1]])
        stamp, step_s = msgspec.structs.replace(stamp, at="start" if from_zero else "end"), 3600
        more = [each for each in more if each.name != "at"]
    if made.shape == "day_blocks":
        stamp = msgspec.structs.replace(stamp, at="end")
        more = [
            each if each.name != "at" else Entry("at", "end", 1.0, _("midnight is listed with the day that it ends"))
            for each in more
        ]
    if until is not None:
        other = stamps.local(ends, stamp.format)
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
    if (kept := _statistics(names, step_s)) is not None:  # Home Assistant's: each of a stretch that begins at its stamp
        columns, unit_sure, doubted = kept, 1.0 if unit is not None else 0.5, False
        stamp = msgspec.structs.replace(stamp, at="start", shift_s=step_s)
        more = [
            each if each.name != "at" else Entry("at", "start", 1.0, _("statistics name the beginning of their hour"))
            for each in more
        ]
    else:
        taken = {first, until, meter, quality, unit, *columns_of_time}
        columns, unit_sure, doubted = _values(names, cells_of, taken, unit, step_s, order)
    if not columns:
        raise UnreadableFile(
            _(
                "no column of numbers was found among %(names)s: write values as numbers alone, without their unit",
                names=", ".join(names),
            )
        )
    sign, sure = decimal_sign((cell for column in columns for cell in cells_of[column.place]), made.delimiter)
    if made.container in ("json", "json_lines"):
        sign, sure = ".", 1.0
    marks = {each.strip() for each in cells_of[quality]} if quality is not None else set()
    profile = msgspec.structs.replace(
        made,
        shape=made.shape,
        decimal=sign,
        stamp=stamp,
        meter=(meter,) if meter is not None else (),
        unit=unit,
        quality=quality,
        qualities={mark: "S" for mark in sorted(marks) if heads.estimated(mark)},
        columns=tuple(columns),
    )
    counters = any("total" in each.quantity for each in columns)
    return Proposal(
        profile,
        [
            *entries,
            Entry("shape", made.shape, 1.0, _("a column holds times, and each row has one")),
            proposal.decimal(sign, sure),
            *more,
            proposal.meter(names[meter] if meter is not None else "", 1.0 if meter is not None else 0.5, tuple(names)),
            Entry("meter_pattern", "", 1.0, _("empty: all of it is the name")),
            proposal.unit(", ".join(each.unit or "?" for each in columns), unit_sure, ("kWh", "Wh", "MWh", "W", "kW")),
            _quantity(columns, doubted),
            proposal.interval(step_s, 1.0 if step_s or counters else 0.5, _("the step between the times")),
        ],
        tuple(names),
        proposal.shown([cells for _n, cells in below]),
    )


def _quantity(columns: Sequence[Column], doubted: bool) -> Entry:
    if any("total" in each.quantity for each in columns):
        sure, why = 0.6, _("the values never fall: a register, most likely")
    elif doubted:
        sure, why = 0.6, _("too few rows tell whether it is a register, which never falls, or the energy of each interval")
    else:
        sure, why = 1.0, _("the heads or units say so")
    return Entry("quantity", ", ".join(each.quantity for each in columns), sure, why)


def _statistics(names: Sequence[str], step_s: int) -> list[Column] | None:
    """The columns of Home Assistant's statistics: a register as it stood at the end of each stretch, and means over it."""
    at = {name.strip().casefold(): place for place, name in enumerate(names)}
    if not {"start", "sum", "state"} <= at.keys():
        return None
    means = [Column(at["mean"], "power_kw", "", step_s)] if "mean" in at else []
    return [Column(at["sum"], "energy_total_kwh"), *means]


def _mostly_times(cells: Sequence[str]) -> bool:
    real = [each for each in cells[:200] if each.strip()]
    return bool(real) and sum(map(is_time, real)) >= 0.35 * len(real)


def _values(
    names: list[str],
    cells_of: list[list[str]],
    taken: set[int | None],
    unit: int | None,
    step_s: int,
    order: Sequence[str],
) -> tuple[list[Column], float, bool]:
    """The columns of values, how sure their unit is, and whether one of them may be a register all the same."""
    found: list[Column] = []
    sure, doubted = 1.0, False
    told = [(at, heads.measured(name)) for at, name in enumerate(names) if at not in taken]
    value = [(at, said) for at, said in told if said is not None and _holds_numbers(cells_of[at])]
    if not value:
        units = {each.strip() for each in cells_of[unit] if each.strip()} if unit is not None else set()
        kind = next((heads.in_unit(each) for each in sorted(units) if heads.in_unit(each)), None)
        plain = [at for at, _said in told if _holds_numbers(cells_of[at]) and not heads.COST.search(names[at])]
        named = [at for at in plain if heads.is_value(names[at])] or plain
        sure = 1.0 if kind else 0.5
        value = [(at, heads.sided(kind or ("energy_kwh", "kWh"), names[at])) for at in named]
    alike = Counter(said[0] for _at, said in value if said is not None)
    for at, said in value:
        assert said is not None  # noqa: S101 - for the type checker
        quantity, label = said
        rising = _rising(cells_of[at], order) if quantity.startswith("energy") else 0
        doubted |= DOUBTED <= rising < COUNTED
        if rising >= COUNTED:
            quantity = {"energy_kwh": "energy_total_kwh", "energy_export_kwh": "energy_export_total_kwh"}[quantity]
        lasts = 0 if "total" in quantity else step_s
        found.append(Column(at, quantity, label if unit is None else "", lasts, names[at].strip() if alike[said[0]] > 1 else ""))
    return found, sure, doubted


def _holds_numbers(cells: Sequence[str]) -> bool:
    real = [each for each in cells[:500] if each.strip()]
    if not real:
        return False
    fits = (int((~bad).sum()) for _value, bad in (numbers(real, "."), numbers(real, ",")))
    return max(fits) >= 0.5 * len(real)


def _rising(cells: Sequence[str], order: Sequence[str]) -> int:
    """Over how many steps of each meter values move as a register's do: one way, and little beside what they are; 0 if not."""
    sign, _sure = decimal_sign(cells, ";")
    value, _bad = numbers(list(cells), sign)
    fewest = len(cells)
    for name in set(order):
        of = value[[at for at, each in enumerate(order) if each == name]]
        of = of[~np.isnan(of)]
        steps = np.diff(of)
        if not ((steps >= 0).all() or (steps <= 0).all()) or not steps.any():
            return 0
        if np.median(np.abs(steps)) > 0.05 * max(abs(float(np.max(of))), 1e-9):
            return 0
        fewest = min(fewest, len(steps))
    return fewest
