"""The ways from a page of some days to other days, and to what else it can show: as links, so that the address says it."""

from collections.abc import Mapping
from datetime import date

from dash import html

from config import language
from config.language import _
from dashboard.parts.aria import aria, data


def row(label: str, ways: Mapping[str, str], here: str) -> html.Nav:
    """Links (words by address) as one row, that of the address that is shown marked."""
    links = [
        html.A(
            words,
            href=href,
            className="btn btn-sm btn-quiet",
            **data(soft=""),
            **(aria(current="true") if href == here else {}),
        )
        for href, words in ways.items()
    ]
    return html.Nav(links, className="quality-days", **aria(label=label))


def stepping(days: tuple[date, date], before: str | None, after: str | None, newest: str) -> html.Nav:
    """The days that are shown, from and to, and the addresses of as many before and after them and of the newest."""
    said = " – ".join(language.written(day, "yMMMd") for day in days)
    return stepped(said, (before, _("Days before")), (after, _("Days after")), newest)


def stepped(said: str, before: tuple[str | None, str], after: tuple[str | None, str], newest: str) -> html.Nav:
    """A period in words, and the addresses of those before and after it, each with words for it, and of the newest."""
    ways = (("‹", *before), ("›", *after))
    earlier, later = (
        html.A(sign, href=href, className="step", title=words, **aria(label=words), **data(soft=""))
        if href
        else html.Span(sign, className="step", **aria(hidden="true"))
        for sign, href, words in ways
    )
    now = html.A(_("Now"), href=newest, className="btn btn-sm btn-quiet", **data(soft=""))
    return html.Nav([earlier, html.B(said), later, now], className="stepping", **aria(label=_("Period")))
