"""What was found of a file: each entry of its profile, how sure it is, why, and what a person must say."""

import msgspec

from config.language import _
from ingest.files.profile import Profile

SURE = 0.9  # below it a person is asked
ROWS, COLUMNS, LETTERS = 3, 60, 60  # of a file's first rows, as many as a person is shown


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
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()  # the first ones below the heads, cut to what can be shown

    def asked(self) -> list[Entry]:
        """What a person must say, or say yes to."""
        return [each for each in self.entries if each.sure < SURE]


def container(kind: str) -> Entry:
    """What the file is, which its own bytes say."""
    return Entry("container", kind, 1.0, _("the file's own bytes say so"))


def decimal(sign: str, sure: float) -> Entry:
    """Which sign stands before decimals."""
    if sure < SURE:
        why = _("three digits follow every sign: it may separate thousands as well")
    else:
        why = _("the file's numbers are written so")
    return Entry("decimal", sign, sure, why, (".", ","))


def unit(label: str, sure: float, choices: tuple[str, ...]) -> Entry:
    """The unit of what the file holds."""
    return Entry("unit", label, sure, _("the file says so") if sure >= SURE else _("the file names no unit"), choices)


def meter(head: str, sure: float, choices: tuple[str, ...]) -> Entry:
    """The column that names the meter."""
    named = _("its head says so") if sure >= SURE else _("it is the first column")
    why = named if head else _("no column names a meter")
    return Entry("meter", head, sure, why, choices)


def interval(step_s: int, sure: float, why: str) -> Entry:
    """How long each value lasts."""
    return Entry("interval_s", str(step_s), sure, why)


def shown(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    """Rows as a person is shown them."""
    return tuple(tuple(cell[:LETTERS] for cell in cells[:COLUMNS]) for cells in rows[:ROWS])
