"""Tables in which a row of a date alone opens a day, and the rows below it hold its times of the day, as EDF's are.

They become rows of a long table: the date stands before each time. Midnight ends the day that it stands in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.files import stamps
from ingest.files.rows import Row

_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_MIDNIGHT = re.compile(r"0?0:00(:00)?")
LEAST = 4  # times below a date, before a table is taken for one of these


def joined(found: Iterable[Row]) -> Iterator[Row]:
    """The rows with their dates before their times; those that only open a day are gone, all others stay as they are."""
    day = ""
    for number, cells in found:
        if opens(cells):
            day = cells[0].strip()
        elif day and cells and _OF_DAY.fullmatch(cells[0].strip()):
            at = cells[0].strip()
            at = at.replace("0:00", "24:00", 1).replace("024", "24") if _MIDNIGHT.fullmatch(at) else at
            yield number, [f"{day} {at}", *cells[1:]]
        else:
            yield number, cells


def opens(cells: Sequence[str]) -> bool:
    """Whether a row holds a date and nothing else."""
    return bool(cells) and not any(cell.strip() for cell in cells[1:]) and len(cells[0].strip()) >= 8 and _is_date(cells[0])


def _is_date(cell: str) -> bool:
    return any("%H" not in form and "%I" not in form for form in stamps.formats([cell.strip()]))


def is_one(sample: Sequence[Row]) -> bool:
    """Whether a table is of this kind."""
    for at, (_number, cells) in enumerate(sample):
        if opens(cells) and len(cells) > 1:
            below = sample[at + 1 : at + 1 + LEAST]
            return len(below) == LEAST and all(_OF_DAY.fullmatch(row[0].strip()) for _n, row in below if row)
    return False
