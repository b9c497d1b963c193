"""What a report is asked for: of what, of which days, and which parts it has."""

from datetime import date

import msgspec

from models.report_periods import KINDS

COMPARISON, COST, MONTHS, DAYS, SUBJECTS, NOTES = "comparison", "cost", "months", "days", "subjects", "notes"
PARTS = (COMPARISON, COST, MONTHS, DAYS, SUBJECTS, NOTES)
MOST_SUBJECTS = 50
MOST_DAYS = 2 * 366


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report of local days, `first` and `last` included.

    `kind` is one of `report_periods.KINDS`, which says what it is compared with; `subjects` are ids of nodes and meters, of none
    the whole site; `parts` are what is shown of it.
    """

    site_id: str
    kind: str
    first: date
    last: date
    subjects: tuple[str, ...] = ()
    parts: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        """Raise `ValueError` for what no report is of; msgspec says so of JSON in its own words."""
        if self.kind not in KINDS or not 0 <= (self.last - self.first).days < MOST_DAYS:
            raise ValueError("no such period")
        if len(self.subjects) > MOST_SUBJECTS or not {*self.parts} <= {*PARTS}:
            raise ValueError("too many subjects, or no such part")
