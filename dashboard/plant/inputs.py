"""Forms of the plant's pages: fields, and what people write in them."""

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.parts.aria import icon
from models import local_time
from store.errors import Refused

DAY = "2026-01-31"
DAY_FORMAT = "%Y-%m-%d"
MOMENT = f"{DAY} 14:00"
LONGEST = 25  # of a moment, with its offset
OF_WHEN = "Empty: from now on. They see what was measured from then on, and nothing of before."


def field(label: str, control: Any, help_text: str = "") -> html.Div:
    """A control with its label above and what helps below."""
    parts = [html.Label(label, htmlFor=control.id, className="form-label"), control]
    return html.Div([*parts, html.P(help_text, className="form-text mb-0")] if help_text else parts, className="field")


def line(name: str, value: Any = "", *, longest: int = 120, **more: Any) -> dcc.Input:
    """A line to write, that browsers do not fill in by themselves."""
    return dcc.Input(id=name, value=value, autoComplete="off", maxLength=longest, **more)


def when(name: str, like: str = DAY) -> dcc.Input:
    """A line for a day or a moment."""
    return line(name, placeholder=like, longest=LONGEST)


def folded(name: str, words: str, sign: str, fields: Sequence[Component], button: html.Button) -> html.Details:
    """A form behind the button that opens it."""
    return html.Details(
        [
            html.Summary([icon(sign), words], className="btn btn-primary"),
            html.Div([html.H2(words), html.Div(fields, className="fields"), button], className="panel mt-3"),
        ],
        id=name,
        className="disclosure mb-3",
    )


def submit(name: str, words: str) -> html.Button:
    """The button that sends a form."""
    return html.Button(words, id=name, className="btn btn-primary", type="button")


def number(words: str, given: object) -> float | None:
    """What was written as a number, none for nothing.

    Raises:
        Refused: it is none.
    """
    text = str(given if given is not None else "").strip().replace("−", "-")
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise Refused(f"{words} {text!r} is not a number: write it like 51.5")
    return found


def needed(words: str, given: object) -> float:
    """What was written as a number.

    Raises:
        Refused: it is none, or nothing was written.
    """
    found = number(words, given)
    if found is None:
        raise Refused(f"{words} is missing: write a number")
    return found


def whole(words: str, given: object) -> int:
    """What was written as a whole number.

    Raises:
        Refused: it is none.
    """
    found = needed(words, given)
    if found != int(found) or abs(found) >= 2**31:
        raise Refused(f"{words} is a whole number: write it like 60")
    return int(found)


def moment(words: str, given: object, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime | None:
    """What was written as a day or a moment of that zone's clocks, none for nothing.

    A day is its start; with `end_of_day` the start of the next, for what holds through that day.

    Raises:
        Refused: it is neither, or one that the clocks leave out or show twice.
    """
    text = str(given or "").strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{words} {text!r} is not a date or time: write it like {DAY} or {MOMENT}") from None
    if not local_time.FIRST_YEAR <= found.year < local_time.LAST_YEAR:
        raise Refused(f"{words} {text!r} is not of our time: write it like {DAY}")
    if found.tzinfo:
        return found
    try:
        return _day(found, zone, end_of_day) if len(text) <= len(DAY) else local_time.moment(found, zone)
    except local_time.Unclear as unclear:
        raise Refused(f"{words} {unclear}") from None


def _day(found: datetime, zone: ZoneInfo, end_of_day: bool) -> datetime:
    start, end = local_time.days(found.date(), found.date(), zone)
    if start == end:
        raise local_time.Unclear(f"{found:{DAY_FORMAT}} is left out by the calendar of {zone.key}", ())
    return end if end_of_day else start


def clock(at: datetime | None, zone: tzinfo, otherwise: str = "–") -> str:
    """A moment as that zone's clocks show it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else otherwise


def written(at: datetime, zone: ZoneInfo) -> str:
    """A moment as `moment` reads it: with its offset where the clocks show that time twice."""
    told = clock(at, zone)
    try:
        local_time.moment(datetime.fromisoformat(told), zone)
    except local_time.Unclear:
        return at.astimezone(zone).isoformat(" ", "minutes")
    return told


def day(at: datetime | None, zone: tzinfo, otherwise: str = "–") -> str:
    """The day of a moment by that zone's clocks."""
    return f"{at.astimezone(zone):%Y-%m-%d}" if at else otherwise


def ago(at: datetime | None, now: datetime, otherwise: str = "never") -> str:
    """How long ago a moment was, in one unit."""
    if at is None:
        return otherwise
    seconds = max(0.0, (now - at).total_seconds())
    for unit, length, below in (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800), ("d", 86_400, math.inf)):
        if seconds < below:
            return f"{seconds / length:.0f} {unit} ago"
    return otherwise


def shown_once(key: str) -> list[Any]:
    """A key, said the only time that it can be."""
    return [html.Code(key, className="user-select-all secret"), " This is shown once: copy it now, Loadstar keeps only a hash."]
