"""What a file means, so that nothing is guessed while it is read: kept with an import, and by name for the next file.

A profile is made by `detect` as a proposal, completed by a person, and from then on the only thing that readers ask.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from config.language import _

VERSION = 1
NUMBERED = ("epoch_s", "epoch_ms", "epoch_us", "epoch_ns")  # times that are integers
OFFSET = "iso"  # RFC 3339 and its relations, each with an offset from UTC of its own

Container = Literal["text", "sheet", "json", "json_lines", "parquet", "arrow", "hdf5", "espi", "nem12", "mscons", "p1"]
Shape = Literal["long", "wide", "day_rows", "day_blocks", "own"]
Quality = Literal["A", "S", "E", "M"]
Place = Annotated[int, Meta(ge=0, le=2**20)]
Line = Annotated[int, Meta(ge=0, le=2**31)]
Seconds = Annotated[int, Meta(ge=0, le=10 * 366 * 86_400)]
TABLES = ("text", "sheet", "json", "json_lines", "parquet", "arrow", "hdf5")  # the others say themselves what they hold


class UnfitProfile(Exception):
    """The profile does not say what this file needs, or says what the file is not."""


class Stamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the time of a row stands and how it is written.

    `columns` are joined by a blank. `format` is `iso`, one of `NUMBERED` or as strptime reads it. `zone`: of times without an
    offset, an IANA name or a fixed offset such as `+10:00`. `hours`: the last column is the number of the hour in its local day,
    from 1 where stamps are ends, from 0 where they are starts, so a day has 23 to 25. `at`: whether a stamp is an interval's
    start or end. `until`: the column of the other end, which may be the same, holding both.
    """

    columns: tuple[Place, ...] = ()
    format: str = OFFSET
    zone: str = ""
    at: Literal["start", "end"] = "end"
    until: Place | None = None
    hours: bool = False
    shift_s: Seconds = 0  # of values that are read at a moment: how long after the stamp
    descending: bool = False  # newest first: of an hour that comes twice, the winter one stands first


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column of values. `interval_s` is the stretch each is of, 0 for what is read at a moment; `meter` where none is named."""

    place: Place
    quantity: str
    unit: str = ""
    interval_s: Seconds = 0
    meter: str = ""
    mean_power: bool = False  # a mean of power over the interval, which becomes its energy


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of file is read. Places of columns count from 0, lines from 1."""

    container: Container = "text"
    shape: Shape = "long"
    version: int = VERSION
    encoding: Annotated[str, Meta(min_length=1)] = "utf-8"
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    header: Line = 1  # the line of the heads of columns; 0 where there are none
    sheet: str = ""
    key: str = ""  # of the list of records within a document, or of a data set
    names: tuple[str, ...] = ()  # the heads, which another file of this kind has too (of a wide one: those before the times)
    stamp: Stamp = Stamp()
    meter: tuple[Place, ...] = ()  # the columns that name the meter
    meter_pattern: str = ""  # what of them is the name: its first group
    meters: dict[str, str] = {}  # name in the file → a meter's id
    columns: tuple[Column, ...] = ()
    unit: Place | None = None  # the column of units
    quality: Place | None = None
    qualities: dict[str, Quality] = {}  # what that column says → class; what is not named is actual


def read(text: bytes) -> Profile:
    """A profile from JSON.

    Raises:
        UnfitProfile: it is none, or of a version that is not known here.
    """
    try:
        made = msgspec.json.decode(text, type=Profile)
    except msgspec.DecodeError as wrong:
        raise UnfitProfile(_("this is no profile (%(why)s): send one as it was saved", why=wrong)) from None
    if made.version > VERSION:
        raise UnfitProfile(
            _(
                "the profile is of version %(theirs)s, and %(ours)s is known here: save it anew from the file",
                theirs=made.version,
                ours=VERSION,
            )
        )
    return made


def plain(profile: Profile) -> bytes:
    """The profile as JSON, each key always in the same place."""
    return msgspec.json.encode(profile, order="deterministic")
