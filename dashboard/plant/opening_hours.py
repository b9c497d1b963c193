"""A day's opening hours as people write them: `08:00-12:00, 13:00-17:00`."""

import re

from config.language import _
from models.calendars import DAY_MIN, Hours
from store.errors import Refused

EXAMPLE = "08:00-12:00, 13:00-17:00"
SPAN = re.compile(r"(\d\d?):(\d\d) *[-–−] *(\d\d?):(\d\d)")


def written(hours: Hours) -> str:
    """The hours as text; nothing for a closed day."""
    return ", ".join(f"{_time(start)}-{_time(end)}" for start, end in hours)


def _time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read(text: str) -> Hours:
    """The hours that the text says.

    Raises:
        Refused: it is not of the form, or names a time that no clock shows.
    """
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        said = SPAN.fullmatch(part)
        if said is None:
            raise Refused(_("%(part)s is not opening hours: write them like %(example)s", part=repr(part), example=EXAMPLE))
        start_h, start_min, end_h, end_min = (int(each) for each in said.groups())
        start, end = 60 * start_h + start_min, 60 * end_h + end_min
        if max(start_min, end_min) > 59 or start >= DAY_MIN or end > DAY_MIN:
            raise Refused(_("%(part)s names a time that no clock shows: write times from 00:00 to 24:00", part=repr(part)))
        found.append((start, end or DAY_MIN))
    return tuple(found)
