"""Wide tables: a row a meter, a column a time."""

from collections.abc import Iterator

import numpy as np

from config.language import _
from ingest.files import stamps, wording
from ingest.files.block import Block, Gathering, Series
from ingest.files.long import tell_unpaired, unread, wall
from ingest.files.meter_name import meter_name
from ingest.files.numbers import numbers
from ingest.files.profile import OFFSET, Profile, UnfitProfile
from ingest.files.rows import Row
from ingest.files.stamps import NEVER, SECOND


def blocks(rows: Iterator[Row], profile: Profile) -> Iterator[Block]:
    """The readings of a wide table; `rows` begin with its heads, whose times hold for all.

    Raises:
        UnfitProfile: the heads are not those of the profile, or are no times.
    """
    number, heads = next(rows, (0, []))
    first = len(profile.names)
    if [each.strip() for each in heads[:first]] != [each.strip() for each in profile.names]:
        raise UnfitProfile(
            _(
                "the table does not begin with the columns %(names)s: choose another profile, or none",
                names=", ".join(profile.names),
            )
        )
    clock, found = wall(profile), Gathering()
    said = [each.strip() for each in heads[first:]]
    read = stamps.local(said, profile.stamp.format)
    at, lost = (read, np.zeros(len(read), dtype=bool)) if profile.stamp.format == OFFSET else clock.utc(read, "")
    for place in np.flatnonzero(lost).tolist():
        words = wording.left_out(said[place])
        found.refuse(number, "bad_time", words, body=said[place][: wording.ECHO])
    timed = np.flatnonzero(at != NEVER)
    if not len(timed):
        raise UnfitProfile(
            _(
                "none of the heads is a time written as %(form)s says: choose how this file writes times",
                form=profile.stamp.format,
            )
        )
    for place in np.flatnonzero((at == NEVER) & ~lost)[:100].tolist():
        if said[place] and place < timed[-1]:
            words = wording.no_time(said[place], profile.stamp.format)
            found.refuse(number, "bad_time", words, body=said[place][: wording.ECHO])
    column = profile.columns[0]
    end_us = at + (column.interval_s * SECOND if profile.stamp.at == "start" else 0)
    for row, cells in rows:
        if not any(cells):
            continue
        name = meter_name(" ".join(cells[at] for at in profile.meter if at < len(cells)), profile.meter_pattern)
        named = profile.delimiter.join(cells[:first])
        if not name:
            found.refuse(row, "no_meter", wording.no_meter(named), body=named)
            continue
        values = cells[first:]
        if len(values) < len(said):
            if len(values) < timed[-1] + 1:
                words = _(
                    "the row has %(count)s columns of %(of)s: look in the file for the others", count=len(cells), of=len(heads)
                )
                found.refuse(row, "short_row", words, body=named)
            values = values + [""] * (len(said) - len(values))
        value, bad = numbers(values[: len(said)], profile.decimal)
        unit = cells[profile.unit].strip() if profile.unit is not None and profile.unit < len(cells) else ""
        series = Series(name, column.quantity, (unit or column.unit) + ("*h" if column.mean_power else ""))
        for place in np.flatnonzero(bad & (at != NEVER)).tolist():
            cell = values[place][: wording.ECHO]
            words = wording.no_number_of(cell, said[place])
            reading = unread(column, series, int(end_us[place]), column.interval_s, cell)
            found.refuse(row, "not_a_number", words, reading, profile.delimiter.join((named, cell)))
        here = np.flatnonzero((at != NEVER) & ~np.isnan(value))
        found.gaps += int((np.isnan(value) & ~bad & (at != NEVER)).sum())
        factor = column.interval_s / 3600 if column.mean_power else 1
        found.extend(found.series(*series), end_us[here], column.interval_s, value[here] * factor, "A", row)
        yield from found.full()
    tell_unpaired(clock, found)
    yield found.rest()
