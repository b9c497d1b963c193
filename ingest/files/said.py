"""What a person says of a file, put into its profile in the place of what was found.

Entries by their names: `zone`, `format`, `at` of its times; `sheet`, `encoding`, `delimiter`, `decimal`; `meter` (the head of the
column that names it) and `meter_pattern`; `unit`, `quantity`, `interval_s` of all columns of values, or of one of them by its
place (`quantity.3`; an empty quantity leaves the column out). A unit of power for an energy means a mean over the interval.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from config.language import _
from config.quantities import QUANTITIES
from ingest.files import heads, stamps
from ingest.files.meter_name import require_pattern
from ingest.files.profile import NUMBERED, OFFSET, TABLES, Column, Profile, UnfitProfile
from ingest.files.proposal import Entry
from ingest.units import convert

OF_STAMP = ("zone", "format", "at")
OF_TEXT = ("encoding", "delimiter")
OF_PROFILE = (*OF_TEXT, "sheet", "decimal", "meter_pattern")
OF_COLUMNS = ("unit", "quantity", "interval_s")
DAY_S = 86_400
SETTABLE = (*OF_STAMP, *OF_PROFILE, *OF_COLUMNS, "meter")
_PLACE = re.compile(r"\d{1,6}", re.ASCII)
_NO_DELIMITER = re.compile(r"[\s\w\"'.]", re.ASCII)


def applied(profile: Profile, said: Mapping[str, str], names: Sequence[str] = ()) -> Profile:
    """The profile as it was said; `names` are the heads, where they are more than the profile's.

    Raises:
        UnfitProfile: an entry that is not known, or a value that it cannot have.
    """
    for name, value in said.items():
        entry, _dot, place = name.partition(".")
        if entry not in SETTABLE or (
            place and (entry not in OF_COLUMNS or not _PLACE.fullmatch(place) or int(place) >= len(names))
        ):
            raise UnfitProfile(_("a profile has no entry %(name)s: leave it out", name=name))
        if entry in OF_STAMP:
            profile = msgspec.structs.replace(profile, stamp=msgspec.structs.replace(profile.stamp, **{entry: value}))
        elif entry in OF_PROFILE:
            profile = msgspec.structs.replace(profile, **{entry: value})
        elif entry == "meter":
            profile = msgspec.structs.replace(profile, meter=_meter(value, names or profile.names))
    columns = _columns(profile, said, names)
    if said.get("unit"):
        profile = msgspec.structs.replace(profile, unit=None)  # whatever its column says
    made = msgspec.structs.replace(profile, columns=columns)
    _check(made)
    return made


def marked(entries: Sequence[Entry], said: Mapping[str, str]) -> list[Entry]:
    """The entries, those that a person said sure and with what was said."""
    told = {name.partition(".")[0] for name in said}  # of one column too
    return [
        msgspec.structs.replace(each, value=said.get(each.name, each.value), sure=1.0, why=_("entered by you"))
        if each.name in told
        else each
        for each in entries
    ]


def encoding(said: Mapping[str, str]) -> str | None:
    """The encoding that was said. Raises `UnfitProfile`: there is none of this name."""
    name = said.get("encoding")
    try:
        b"  ".decode(name or "utf-8", "replace")  # of nothing, none is looked up
    except (LookupError, ValueError):  # of some that it has, Python says only then that they are none of texts
        raise UnfitProfile(_("there is no encoding %(name)s: write one such as utf-8 or cp1252", name=name)) from None
    return name or None


def delimiter(said: Mapping[str, str]) -> str | None:
    """The delimiter that was said. Raises `UnfitProfile`: it cannot part fields."""
    sign = said.get("delimiter")
    if sign and (len(sign) != 1 or (_NO_DELIMITER.match(sign) and sign != "\t")):
        raise UnfitProfile(_("%(sign)s cannot separate fields: give one character, such as ; or a tab", sign=repr(sign)))
    return sign or None


def _meter(head: str, names: Sequence[str]) -> tuple[int, ...]:
    if not head:
        return ()
    if head not in names:
        raise UnfitProfile(_("there is no column %(name)s: there are %(names)s", name=head, names=", ".join(names)[:300]))
    return (list(names).index(head),)


def _columns(profile: Profile, said: Mapping[str, str], names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of values, with what was said of all of them and of each."""
    if not any(name.partition(".")[0] in OF_COLUMNS for name in said):
        return profile.columns
    by_place = {column.place: column for column in profile.columns}
    usual_s = max((column.interval_s for column in profile.columns), default=0)
    for name, value in said.items():
        entry, _dot, at = name.partition(".")
        if entry == "quantity" and at and value and int(at) not in by_place:
            by_place[int(at)] = Column(int(at), value, (heads.measured(names[int(at)]) or ("", ""))[1], usual_s)
    found = []
    for place, column in sorted(by_place.items()):
        told: dict[str, Any] = {
            entry: said[key]
            for entry in OF_COLUMNS
            for key in (entry, f"{entry}.{place}")
            if key in said and (said[key] or key != entry)
        }
        if told.get("quantity") == "":
            continue
        if "interval_s" in told:
            told |= {"interval_s": _seconds(told["interval_s"])}
        made: Column = msgspec.structs.replace(column, **told)
        if "total" in made.quantity and "interval_s" not in told:
            made = msgspec.structs.replace(made, interval_s=0)  # a register is read at a moment
        elif "total" in column.quantity and "interval_s" not in told:
            made = msgspec.structs.replace(made, interval_s=usual_s or _step(said))
        found.append(msgspec.structs.replace(made, mean_power=_is_mean_power(made)))
    if len(found) > 1:
        alike = [(each.quantity, each.meter) for each in found]
        found = [
            msgspec.structs.replace(each, meter=each.meter or names[each.place].strip())
            if alike.count((each.quantity, each.meter)) > 1 and each.place < len(names)
            else each
            for each in found
        ]
    return tuple(found)


def _step(said: Mapping[str, str]) -> int:
    return _seconds(said.get("interval_s", "0"))


def _seconds(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) > DAY_S * 31:
        raise UnfitProfile(_("%(text)s is no number of seconds: write an interval like 900", text=text))
    return int(text)


def _is_mean_power(column: Column) -> bool:
    """Whether an energy is given as the mean power over its interval."""
    if not column.interval_s or not column.unit or not column.quantity.startswith("energy"):
        return False
    return (heads.in_unit(column.unit) or ("", ""))[0] == "power_kw"


def _check(profile: Profile) -> None:
    """Raises `UnfitProfile`: no file can be read by it."""
    try:
        msgspec.json.decode(msgspec.json.encode(profile), type=Profile)
    except msgspec.ValidationError as wrong:
        raise UnfitProfile(_("the profile cannot be so: %(why)s", why=wrong)) from None
    require_pattern(profile.meter_pattern)
    encoding({"encoding": profile.encoding})
    delimiter({"delimiter": profile.delimiter})
    if profile.stamp.zone:
        stamps.Wall(profile.stamp.zone)
    form = profile.stamp.format
    if form not in (OFFSET, *NUMBERED) and not stamps.is_format(form):
        raise UnfitProfile(_("%(form)s is no format of a time: write one such as %%d.%%m.%%Y %%H:%%M", form=form))
    wide = profile.shape == "wide" and profile.container in ("text", "sheet")
    if profile.container in TABLES and not wide and len(profile.stamp.columns) < 1 + profile.stamp.hours:
        raise UnfitProfile(_("the profile names no column of times: choose one"))
    if profile.shape == "day_rows" and any(not each.interval_s or DAY_S % each.interval_s for each in profile.columns):
        raise UnfitProfile(_("a row of a day holds equal parts of it: say an interval such as 900 or 1800"))
    for column in profile.columns:
        if column.quantity not in QUANTITIES:
            raise UnfitProfile(
                _("there is no quantity %(name)s: choose one of %(names)s", name=column.quantity, names=", ".join(QUANTITIES))
            )
        if column.unit:
            wrong_unit = convert(1.0, column.unit + ("*h" if column.mean_power else ""), column.quantity)
            if not isinstance(wrong_unit, float):
                raise UnfitProfile(wrong_unit.message)
