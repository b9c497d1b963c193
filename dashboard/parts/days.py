"""Which days a page shows: so many up to one of them, as its address says, and the ways to others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from dash import html

from config.language import N_, _
from dashboard.parts.aria import aria, data
from insight.periods import EARLIEST

COUNTS = {7: N_("7 days"), 31: N_("31 days"), 92: N_("92 days")}
USUAL = 31
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Days:
    """`count` local days up to and with `last`; `newest` if that is today."""

    count: int
    last: date
    newest: bool

    @property
    def first(self) -> date:
        """The first of them."""
        return self.last - timedelta(days=self.count - 1)


def of_address(days: str, until: str, today: date) -> Days:
    """What an address means, whatever stands in it."""
    count = int(days) if days.isdecimal() and len(days) < 4 and int(days) in COUNTS else USUAL
    try:
        last = min(max(date.fromisoformat(until), EARLIEST + timedelta(days=count)), today) if until else today
    except ValueError:
        last = today
    return Days(count, last, last == today)


def choice(path: str, shown: Days, today: date, also: Mapping[str, str] = NOTHING) -> html.Nav:
    """The links to other days of the page of that path, as one row; `also`: what else its address says."""
    links = [_link(path, count, shown, _(words), also) for count, words in COUNTS.items()]
    earlier, later = shown.first - timedelta(days=1), min(shown.last + timedelta(days=shown.count), today)
    turns = [
        html.A(
            _("Earlier"), href=_href(path, shown.count, earlier, today, also), className="btn btn-sm btn-quiet", **data(soft="")
        )
    ]
    if not shown.newest:
        turns.append(
            html.A(
                _("Later"), href=_href(path, shown.count, later, today, also), className="btn btn-sm btn-quiet", **data(soft="")
            )
        )
    said = html.Span(_("%(first)s to %(last)s", first=shown.first, last=shown.last), className="muted")
    return html.Nav([*links, *turns, said], className="toolbar quality-days", **aria(label=_("Days")))


def address(path: str, shown: Days, also: Mapping[str, str] = NOTHING) -> str:
    """The address of the same days."""
    return _href(path, shown.count, shown.last, shown.last if shown.newest else None, also)


def _link(path: str, count: int, shown: Days, words: str, also: Mapping[str, str]) -> html.A:
    marked: dict[str, Any] = aria(current="true") if count == shown.count else {}
    href = address(path, replace(shown, count=count), also)
    return html.A(words, href=href, className="btn btn-sm btn-quiet", **data(soft=""), **marked)


def _href(path: str, count: int, last: date, today: date | None, also: Mapping[str, str]) -> str:
    asked = ({} if count == USUAL else {"days": f"{count}"}) | ({} if last == today else {"until": f"{last}"})
    asked |= {name: words for name, words in also.items() if words}
    return path + (f"?{urlencode(asked)}" if asked else "")
