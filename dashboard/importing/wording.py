"""What an import says: entries of a profile, kinds of files, layouts, states, and how times are written."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from config.language import N_, _
from config.quantities import QUANTITIES
from dashboard.live.attention import WORDS
from ingest.files import stamps
from ingest.files.profile import NUMBERED, OFFSET
from ingest.files.stamps import NEVER

ENTRIES = {
    "container": N_("Kind of file"),
    "shape": N_("Layout"),
    "sheet": N_("Sheet"),
    "encoding": N_("Encoding"),
    "delimiter": N_("Separator"),
    "decimal": N_("Decimal sign"),
    "format": N_("Times are written as"),
    "zone": N_("Time zone"),
    "at": N_("A time is the interval's"),
    "heads": N_("A column's head is the interval's"),
    "meter": N_("Column that names the meter"),
    "meter_pattern": N_("Pattern for the meter's name"),
    "unit": N_("Unit"),
    "quantity": N_("What is measured"),
    "interval_s": N_("Each value lasts (s)"),
}
CONTAINERS = {
    "text": N_("text (CSV)"),
    "sheet": N_("spreadsheet"),
    "json": N_("JSON"),
    "json_lines": N_("JSON, a record a line"),
    "parquet": N_("Parquet"),
    "arrow": N_("Arrow"),
    "hdf5": N_("HDF5"),
    "espi": N_("Green Button"),
    "nem12": N_("NEM12"),
    "mscons": N_("MSCONS"),
    "p1": N_("telegrams of a P1 port"),
}
SHAPES = {
    "long": N_("a row for each time"),
    "wide": N_("a row for each meter, a column for each time"),
    "day_rows": N_("a row for each day"),
    "day_blocks": N_("days one after another, each below its date"),
    "own": N_("the format's own"),
}
SIDES = {"start": N_("start"), "end": N_("end")}
SIGNS = {";": N_("semicolon ;"), ",": N_("comma ,"), "\t": N_("tab"), "|": N_("bar |"), ".": N_("point .")}
ENERGIES = {
    "energy_kwh": N_("Energy of an interval"),
    "energy_export_kwh": N_("Energy of an interval, exported"),
    "energy_total_kwh": N_("Register of energy"),
    "energy_export_total_kwh": N_("Register of energy, exported"),
}
MEASURED: Mapping[str, str] = ENERGIES | {name: WORDS[name] for name in QUANTITIES if name in WORDS and "price" not in name}
STATES = {
    "waiting": (N_("waiting"), "late"),
    "running": (N_("running"), "late"),
    "done": (N_("done"), "live"),
    "failed": (N_("failed"), "offline"),
    "cancelling": (N_("being cancelled"), "late"),
    "cancelled": (N_("cancelled"), "planned"),
    "undoing": (N_("being undone"), "late"),
    "undone": (N_("undone"), "planned"),
}
# Why a reading was not taken, by its code; others are told by the words of the readings themselves.
REFUSED = {
    "unknown_meter": N_("of meters that the site does not have"),
    "bad_time": N_("with a time that cannot be read, or never was"),
    "ambiguous": N_("an hour that comes twice was there once"),
    "not_a_number": N_("not a number"),
    "no_meter": N_("the row names no meter"),
    "short_row": N_("the row is too short"),
    "bad_row": N_("the row cannot be read"),
    "bad_interval": N_("of an interval that cannot be"),
    "out_of_range": N_("outside what the quantity can be"),
    "unknown_unit": N_("of a unit that cannot be converted"),
    "too_old": N_("too old"),
    "in_future": N_("of a time still to come"),
    "not_kept": N_("older than such values are kept"),
}
_LETTERS = {
    "%Y": N_("year"), "%y": N_("yy"), "%m": N_("month"), "%d": N_("day"), "%b": N_("month's name"), "%B": N_("month's name"),
    "%H": N_("hour"), "%I": N_("hour"), "%M": N_("minute"), "%S": N_("second"), "%f": N_("fraction"), "%p": N_("am/pm"),
}  # fmt: skip
_EPOCHS = dict(
    zip(
        NUMBERED,
        (N_("seconds since 1970"), N_("milliseconds since 1970"), N_("microseconds since 1970"), N_("nanoseconds since 1970")),
        strict=True,
    )
)


def format_of_times(form: str, sample: str) -> str:
    """How times are written, with what the sample means by it: `day/month/year hour:minute – 10 Nov 2025, 00:15`."""
    if form == OFFSET:
        words = _("date and time with their offset from UTC")
    elif form in NUMBERED:
        words = _(_EPOCHS[form])
    else:
        words = form
        for letters, name in _LETTERS.items():
            words = words.replace(letters, _(name))
    read = int(stamps.local([sample], form)[0]) if sample else int(NEVER)
    if read == NEVER:
        return words
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=read)
    utc = " UTC" if form == OFFSET or form in NUMBERED else ""
    return f"{words} – {at:%-d %b %Y, %H:%M}{utc}"


def measured(quantity: str) -> str:
    """What people call a quantity."""
    return _(MEASURED[quantity]) if quantity in MEASURED else quantity


def refused(code: str) -> str:
    """Why readings were not taken."""
    return _(REFUSED[code]) if code in REFUSED else code.replace("_", " ")


def lasting(seconds: int) -> str:
    """A stretch of time in the largest unit that it is whole in."""
    if not seconds:
        return _("at a moment")
    for length, words in ((86_400, N_("%(num)s d")), (3600, N_("%(num)s h")), (60, N_("%(num)s min"))):
        if seconds % length == 0:
            return _(words, num=seconds // length)
    return _("%(num)s s", num=seconds)
