"""Day rows: a row a day, a column each part of it, in their order from local midnight on."""

from collections.abc import Iterator

import numpy as np

from config.language import _
from ingest.files import stamps, wording
from ingest.files.block import Block, Gathering, RowProblem, Series
from ingest.files.long import tell_unpaired, unread, wall
from ingest.files.meter_name import meter_name
from ingest.files.numbers import numbers
from ingest.files.profile import Profile
from ingest.files.rows import Row
from ingest.files.stamps import DAY, NEVER, SECOND
from store.records.plant.refused import LONGEST_BODY


def blocks(rows: Iterator[Row], profile: Profile) -> Iterator[Block]:
    """The readings of day rows. A column of the profile is the first of a day's, which follow it."""
    clock, found = wall(profile), Gathering()
    behind: list[RowProblem] = []
    for row, cells in rows:
        whole = profile.delimiter.join(cells)[:LONGEST_BODY]
        said = " ".join(cells[at].strip() for at in profile.stamp.columns if at < len(cells))
        day = int(stamps.local([said], profile.stamp.format)[0])
        if day == NEVER or day % DAY:
            words = wording.no_date(said, profile.stamp.format)
            behind.append(RowProblem(row, "bad_time", words, body=whole))
            continue
        found.problems += behind
        behind = []
        named = " ".join(cells[at] for at in profile.meter if at < len(cells))
        name = meter_name(named, profile.meter_pattern) if profile.meter else ""
        if name is None or (profile.meter and not name):
            found.refuse(row, "no_meter", wording.no_meter(named), body=whole)
            continue
        unit = cells[profile.unit].strip() if profile.unit is not None and profile.unit < len(cells) else ""
        quality = (
            profile.qualities.get(cells[profile.quality].strip(), "A")
            if profile.quality is not None and profile.quality < len(cells)
            else "A"
        )
        for column in profile.columns:
            step_us = column.interval_s * SECOND
            parts = DAY // step_us
            values = cells[column.place : column.place + parts]
            if len(values) < parts:
                words = _(
                    "the row has %(count)s of the day's %(of)s values: look in the file for the others",
                    count=len(values),
                    of=parts,
                )
                found.refuse(row, "short_row", words, body=whole)
            value, bad = numbers(values, profile.decimal)
            start, lost = clock.utc(day + np.arange(len(values)) * step_us, f"{name} {column.meter}")
            series = Series(name or column.meter, column.quantity, (unit or column.unit) + ("*h" if column.mean_power else ""))
            for place in np.flatnonzero(bad & ~lost).tolist():
                cell = values[place][: wording.ECHO]
                reading = unread(column, series, int(start[place]) + step_us, column.interval_s, cell)
                found.refuse(row, "not_a_number", wording.no_number(cell), reading, whole)
            for place in np.flatnonzero(lost & (bad | (np.nan_to_num(value) != 0))).tolist():
                words = _(
                    "value %(nth)s is of the hour that the clocks were put forward over: leave its cell empty", nth=place + 1
                )
                found.refuse(row, "bad_time", words, body=values[place][: wording.ECHO])
            here = np.flatnonzero(~lost & ~np.isnan(value))
            found.gaps += int((np.isnan(value) & ~bad).sum())
            factor = column.interval_s / 3600 if column.mean_power else 1
            found.extend(found.series(*series), start[here] + step_us, column.interval_s, value[here] * factor, quality, row)
        yield from found.full()
    found.skipped += len(behind)
    tell_unpaired(clock, found)
    yield found.rest()
