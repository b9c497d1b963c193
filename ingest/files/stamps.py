"""Times as files write them: one format for a whole column, turned into moments all at once.

A text of the format's own width is read by its bytes; others of the same format (`1/5/2025 0:15`) one by one, each once. What
does not fit, does not exist (31 February), or names a wall clock's hour that is left out is never turned into another moment.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.language import _
from ingest.files.profile import NUMBERED, OFFSET, UnfitProfile
from models import local_time

Microseconds = NDArray[np.int64]
SECOND = 1_000_000
DAY = 86_400 * SECOND
NEVER = np.iinfo(np.int64).min  # what is no time
FIXED = re.compile(r"(?:UTC)?([+-])(\d\d):?(\d\d)")
FIRST, MEANT, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * SECOND for year in (1900, 1990, 2200))

_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
          "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%y-%m-%d", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%d %B %Y")  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", "T%H:%M:%S.%f", " %H:%M:%S.%f", " %I:%M%p", " %I:%M %p",
          " %I:%M:%S %p", "%H%M", "%H%M%S", " %H", " %H.%M", " %H-%M")  # fmt: skip
FORMATS = tuple(day + hour for day in _DATES for hour in _TIMES if day == "%Y%m%d" or not hour.startswith("%H"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LETTERS = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d\d)", "m": r"(?P<m>\d{1,2})", "d": r"(?P<d>\d{1,2})",
    "b": rf"(?P<b>{'|'.join(_MONTHS)})",
    "B": r"(?P<b>[a-z]{3,9})", "H": r"(?P<H>\d{1,2})", "I": r"(?P<I>\d{1,2})", "M": r"(?P<M>\d\d)",
    "S": r"(?P<S>\d\d)", "f": r"\d{1,9}", "p": r"(?P<p>[ap]m)",
}  # fmt: skip
_BLANK = "[ \u00a0\u202f]"
BOTH = re.compile(rf"^(?P<since>.*\d.*?){_BLANK}+(?:to|till|until|bis|til|tot|au|à|a|-|–|—){_BLANK}+(?P<until>\S*\d.*)$")
# What says of an hour that comes twice which one it is: the order of the file says so too.
_CLOCK = re.compile(r"(?<=\d)(?: [A-Z]{2,4}T| ?\([A-Z]{1,4}T\))$|(?<=\d)[AB](?=:\d\d)", re.IGNORECASE)
_UTC = re.compile(r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*?) ?(?:UTC|GMT|\((?:UTC|GMT)\))$", re.IGNORECASE)
_BASIC = re.compile(r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?=$|[.,Z+-])", re.IGNORECASE)  # ISO 8601 without signs between
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIDTHS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_EPOCHS = dict(zip(NUMBERED, (SECOND, 1000, 1, -1000), strict=True))
_COUNT = re.compile(r"\d{9,19}(\.\d{0,9})?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)? ?([Zz]|[+-]\d\d:?\d\d)(\[[\w/+-]+\])?", re.ASCII)


def formats(samples: Iterable[str]) -> list[str]:
    """The formats that each of the samples fits; more than one means that the samples do not tell (01/02)."""
    texts = list(dict.fromkeys(_tidy(each) for each in samples))
    if not texts:
        return []
    if all(_ISO.fullmatch(each) for each in texts):
        return [OFFSET]
    if all(_COUNT.fullmatch(each) for each in texts):
        read = [name for name in NUMBERED if all(_numbered(each, name) != NEVER for each in texts)]
        if read:
            return read
    found = list(_candidates(re.sub(r"\d", "0", texts[0])))
    for text in texts:
        found = [each for each in found if _one(text, each) is not None]
        if not found:
            break
    return found


def is_format(form: str) -> bool:
    """Whether times can be read by it: all parts of a date stand in it, and nothing twice."""
    codes = re.findall(r"%(.)", form)
    each = set(codes)
    whole = "d" in each and each & {"Y", "y"} and each & {"m", "b", "B"} and ("p" not in each or "I" in each)
    return bool(whole) and each <= _LETTERS.keys() and len(codes) == len(each) and not {"b", "B"} <= each


def both(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The two times that stand in each cell, as in `01.05.2026 00:00 - 01.05.2026 01:00`; of one that holds one, that."""
    found = pc.extract_regex(cells, BOTH.pattern)
    since, until = (pc.struct_field(found, each) for each in ("since", "until"))
    return pc.coalesce(since, cells), pc.fill_null(until, "")


def local(texts: Sequence[str] | pa.Array, form: str) -> Microseconds:
    """Wall-clock times as µs since 1970 on that clock (moments, where the format has offsets); `NEVER` for what is none."""
    cells = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.string())
    if pa.types.is_timestamp(cells.type):
        whole = pc.fill_null(pc.cast(pc.cast(cells, pa.timestamp("us"), safe=False), pa.int64()), NEVER)
        return np.asarray(whole, dtype=np.int64)
    if pa.types.is_date(cells.type):
        return local(pc.cast(cells, pa.timestamp("us")), form)
    if form in NUMBERED:
        return _epochs(cells, form)
    if pa.types.is_dictionary(cells.type):
        cells = pc.cast(cells, pa.string())
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    each = pc.fill_null(cells, "").dictionary_encode()  # meters of a site share their times
    made, unread = _fixed(each.dictionary, form)
    for at in np.flatnonzero(unread).tolist():
        found = _one(_tidy(each.dictionary[at].as_py()), form)
        made[at] = NEVER if found is None else found
    return made[np.asarray(each.indices, dtype=np.int64)]


def _epochs(cells: pa.Array, form: str) -> Microseconds:
    factor = _EPOCHS[form]
    if not pa.types.is_integer(cells.type):
        said = (f"{each:f}" if isinstance(each, float) else str(each) for each in cells.to_pylist())
        return np.array([_numbered(each, form) for each in said], dtype=np.int64)
    count = np.asarray(pc.fill_null(pc.cast(cells, pa.int64(), safe=False), NEVER))  # too large a one is below 0
    made = count // 1000 if factor < 0 else np.where((count > 0) & (count < LAST // factor), count, 0) * factor
    return np.where((made >= MEANT) & (made < LAST), made, NEVER)


def _numbered(text: str, form: str) -> int:
    if not _COUNT.fullmatch(text):
        return NEVER
    count = float(text) if "." in text else int(text)
    factor = _EPOCHS[form]
    made = int(count // 1000) if factor < 0 else int(count * factor)
    return made if MEANT <= made < LAST else NEVER


def _fixed(cells: pa.Array, form: str) -> tuple[Microseconds, NDArray[np.bool_]]:
    """The times of the texts that have the format's own width, and which have not."""
    count = len(cells)
    made = np.full(count, NEVER, dtype=np.int64)
    shape = form
    if form == OFFSET:
        shape = "%Y-%m-%dT%H:%M:%S"
    parts = re.findall(r"%(.)|(.)", shape)
    if any(code and code not in _WIDTHS for code, _ in parts) or not count:
        return made, np.ones(count, dtype=bool)
    width = sum(_WIDTHS[code] if code else 1 for code, _ in parts)
    whole = width + (6 if form == OFFSET else 0)
    length = np.asarray(pc.binary_length(cells))
    fits = (length == whole) | ((length == width + 1) if form == OFFSET else False)
    if not fits.any():
        return made, ~fits
    letters = pc.if_else(pa.array(fits), cells, "0" * whole).to_numpy(zero_copy_only=False).astype(f"S{whole}")
    digits = letters.view(np.uint8).reshape(count, whole).T.astype(np.int32, order="C")
    field = dict.fromkeys("HMS", np.zeros(count, np.int32))
    place, good = 0, fits.copy()
    for code, letter in parts:
        if not code:
            here = digits[place]
            good &= (here == ord(letter)) | ((here == ord(" ")) if form == OFFSET and letter == "T" else False)
            place += 1
            continue
        field[code], real = _digits(digits, place, _WIDTHS[code])
        good &= real
        place += _WIDTHS[code]
    year, month, day = field["Y"], field["m"], field["d"]
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1900) & (year < 2200)
    months = (np.where(good, year, 1970).astype(np.int64) - 1970) * 12 + np.where(good, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good &= day <= (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - first
    hour, minute, second = field["H"], field["M"], field["S"]
    midnight = (hour == 24) & (minute == 0) & (second == 0)  # of the day that begins then
    good &= ((hour < 24) | midnight) & (minute < 60) & (second < 60)
    found = (first + day - 1) * DAY + (hour * 3600 + minute * 60 + second).astype(np.int64) * SECOND
    if form == OFFSET:
        sign = digits[width]
        zulu = (length == width + 1) & ((sign == ord("Z")) | (sign == ord("z")))
        hours, real = _digits(digits, width + 1, 2)
        minutes, also = _digits(digits, width + 4, 2)
        ahead = (length == whole) & real & also & (digits[width + 3] == ord(":")) & ((sign == ord("+")) | (sign == ord("-")))
        ahead &= (hours < 24) & (minutes < 60)
        found -= np.where(ahead, np.where(sign == ord("-"), -1, 1) * (hours * 60 + minutes).astype(np.int64) * 60 * SECOND, 0)
        good &= zulu | ahead
    made[good] = found[good]
    return made, ~good


def _digits(letters: NDArray[np.int32], place: int, width: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    read, real = np.zeros(letters.shape[1], dtype=np.int32), np.ones(letters.shape[1], dtype=bool)
    for letter in letters[place : place + width]:
        digit = letter - ord("0")
        real &= (digit >= 0) & (digit <= 9)
        read = read * 10 + digit
    return read, real


def _tidy(text: str) -> str:
    tidy = " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())
    return _CLOCK.sub("", _UTC.sub(r"\1Z", _BASIC.sub(r"\1-\2-\3T\4:\5:\6", tidy)))


def _one(text: str, form: str) -> int | None:
    if form == OFFSET:
        return _moment(text)
    if form in NUMBERED:
        return _numbered(text, form)
    found = _pattern(form).fullmatch(text)
    if found is None:
        return None
    said = found.groupdict("0")
    month = said.get("b", "0")[:3].casefold()
    year = int(said["Y"]) if "Y" in said else 2000 + int(said["y"])
    hour, minute, second = (int(said.get(part, 0)) for part in "HMS")
    if "p" in said:
        hour = int(said["I"]) % 12 + (12 if said["p"].casefold() == "pm" else 0) if 1 <= int(said["I"]) <= 12 else 99
    ended = hour == 24 and minute == second == 0
    try:
        day = date(year, _MONTHS.index(month) + 1 if month in _MONTHS else int(said.get("m", 0)), int(said["d"]))
        wall = datetime.combine(day, time(0 if ended else hour, minute, second), UTC)
    except ValueError:
        return None
    made = (wall - _EPOCH) // timedelta(microseconds=1) + (DAY if ended else 0)
    return made if FIRST <= made < LAST else None


def _moment(text: str) -> int | None:
    if not _ISO.fullmatch(text):
        return None
    plain = re.sub(
        r" (?=[+-Zz]\d*)", "", text.partition("[")[0].replace(",", ".")[:10] + "T" + text.partition("[")[0].replace(",", ".")[11:]
    )
    try:
        return (datetime.fromisoformat(plain.upper()) - _EPOCH) // timedelta(microseconds=1)
    except ValueError:
        return None


@lru_cache(maxsize=512)
def _pattern(form: str) -> re.Pattern[str]:
    parts = re.findall(r"%(.)|(.)", form)
    tight = "%m%d" in form or "%H%M" in form
    letters = {code: said.replace("{1,2}", "{2}") if tight else said for code, said in _LETTERS.items()}
    return re.compile("".join(letters[code] if code else re.escape(letter) for code, letter in parts), re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=4096)
def _candidates(shape: str) -> tuple[str, ...]:
    """The formats that a text of this shape (its digits as 0) may have."""
    return tuple(each for each in FORMATS if _pattern(each).fullmatch(shape))


class Wall:
    """A zone's wall clock, read in a file's order: of an hour that comes twice, the first time a meter names it is the first."""

    def __init__(self, zone: str, descending: bool = False):
        self._descending = descending
        self._shift_us: int | None = None
        self._named: dict[tuple[str, int], int] = {}
        fixed = FIXED.fullmatch(zone)
        if zone in ("UTC", "Z", "GMT"):
            self._shift_us = 0
        elif fixed:
            sign = -1 if fixed[1] == "-" else 1
            self._shift_us = sign * (int(fixed[2]) * 60 + int(fixed[3])) * 60 * SECOND
        else:
            try:
                self._changes = _changes(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise UnfitProfile(
                    _("there is no time zone %(zone)s: write one such as Europe/Berlin or +10:00", zone=zone)
                ) from None

    def utc(
        self, wall_us: Microseconds, meter: "Sequence[str] | NDArray[np.object_] | str"
    ) -> tuple[Microseconds, NDArray[np.bool_]]:
        """The moments, and which wall-clock times were left out on that day (`NEVER`); a `NEVER` stays one."""
        if self._shift_us is not None:
            return np.where(wall_us == NEVER, NEVER, wall_us - self._shift_us), np.zeros(len(wall_us), dtype=bool)
        begins, before, after = self._changes
        # Where the clock is put forward, [begins + before, begins + after) never was; where it is put back it was twice.
        which = np.searchsorted(begins + np.maximum(before, after), wall_us, "right")
        offset = np.concatenate((before[:1], after))[which]
        lost = np.zeros(len(wall_us), dtype=bool)
        if len(begins):
            near = np.minimum(which, len(begins) - 1)
            inside = (which < len(begins)) & (wall_us >= begins[near] + np.minimum(before, after)[near])
            lost = inside & (after > before)[near] & (wall_us != NEVER)
            for at in np.flatnonzero(inside & (after < before)[near] & (wall_us != NEVER)).tolist():
                key = (meter if isinstance(meter, str) else meter[at], int(wall_us[at]))
                times = self._named[key] = self._named.get(key, 0) + 1
                if (times > 1) != self._descending:
                    offset[at] = after[near[at]]
        return np.where(lost | (wall_us == NEVER), NEVER, wall_us - offset), lost

    def hours(self, day_us: Microseconds, hour: NDArray[np.int64]) -> Microseconds:
        """The moments so many hours after the local midnights that begin these days."""
        midnight, _lost = Wall.utc(self, day_us, "")
        return np.where(midnight == NEVER, NEVER, midnight + hour * 3600 * SECOND)

    def unpaired(self) -> list[tuple[str, int]]:
        """Who named a wall-clock time that comes twice only once: it was taken as the first (meter, wall clock in µs)."""
        return [key for key, times in self._named.items() if times == 1]


@lru_cache(maxsize=64)
def _changes(zone: str) -> tuple[Microseconds, Microseconds, Microseconds]:
    """When a zone's clock is changed (µs since 1970), and its offsets before and after (µs)."""
    start, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (1985, 2045))
    found = local_time.clock(ZoneInfo(zone), start, end)
    table: list[Any] = [
        (int(each.since.timestamp()) * SECOND, was.offset_s * SECOND, each.offset_s * SECOND)
        for was, each in pairwise(found)
        if was.offset_s != each.offset_s
    ]
    if not table:
        only = found[0].offset_s * SECOND
        table = [(int(end.timestamp()) * SECOND, only, only)]
    begins, before, after = np.array(table, dtype=np.int64).T
    return begins, before, after
