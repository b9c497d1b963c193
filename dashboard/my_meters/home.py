"""A resident's home at the top of their page: now, today, what it cost, their own use, their usual, and the last two weeks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
from dash import html

from config import language
from config.language import _
from dashboard.figures import meter_energy, wording
from dashboard.figures.meter_energy import Bars
from dashboard.live import blocks
from dashboard.my_meters import markup
from dashboard.parts.aria import data
from dashboard.parts.reading import Reader
from insight.own_home import OwnHome, Trend, Usual
from models import local_time

ABOUT_USUAL = 0.03  # within so much of the usual it is as usual


def panel(homes: Sequence[OwnHome], reader: Reader) -> html.Section | None:
    """The home's panel with its chart; nothing for whoever has no meter of energy."""
    if not homes:
        return None
    nothing = (_("No values in the last two weeks."), _("They appear as your meters report."))
    return blocks.panel(
        "home",
        _("Your home") if len(homes) == 1 else _("Your homes"),
        None,
        [
            html.Div(facts(homes, reader), id="my-home-facts", className="home-facts"),
            html.H3(_("Used, day by day: %(site)s", site=homes[0].site) if len(homes) > 1 else _("Used, day by day")),
            *blocks.chart("my-home-chart", _("What your home used on each of the last 14 days and today"), nothing, tools="yes"),
        ],
        [html.P(change(homes[0].trend), className="remark"), blocks.chart_tools("my-home-chart")],
    )


def facts(homes: Sequence[OwnHome], reader: Reader) -> list[Any]:
    """The numbers of each home, which change while the page is open."""
    return [html.Dl(_facts(each, reader, named=len(homes) > 1), className="home-numbers") for each in homes]


def _facts(home: OwnHome, reader: Reader, *, named: bool) -> list[Any]:
    today = home.today
    said: list[tuple[str, str, str]] = []
    if named:
        said.append((_("Site"), home.site, ""))
    if today.used is not None:
        said.append((_("Using now"), _power(home.used_kw, reader), ""))
    if home.made_kw is not None:
        said.append((_("Producing now"), _power(home.made_kw, reader), ""))
    if today.used is not None:
        said.append((_("Used today"), _energy(today.used, reader), usual(home.usual, home, reader)))
    if home.made_kw is not None:
        said.append((_("Produced today"), _energy(today.made, reader), ""))
    if today.fed_in > 0:
        said.append((_("Fed in today"), _energy(today.fed_in, reader), ""))
    if home.cost is not None:
        _cost, amount = markup.money(home.cost, home.priced, home.currency, reader)
        said.append((_("Earned today") if home.cost < 0 else _("Cost today"), amount, ""))
    if today.kept is not None:
        said.append((_("Own use"), f"{wording.percent(today.kept)} %", _("of what you produced today stayed at home")))
    return [
        html.Div([html.Dt(name), html.Dd([html.Span(value, className="value num"), html.Span(note, className="muted small")])])
        for name, value, note in said
    ]


def _power(kilowatts: float | None, reader: Reader) -> str:
    return "–" if kilowatts is None else reader.number(" ".join(wording.scaled(kilowatts, "kW")))


def _energy(kwh: float, reader: Reader) -> str:
    return reader.number(" ".join(wording.scaled(kwh, "kWh")))


def usual(found: Usual | None, home: OwnHome, reader: Reader) -> str:
    """How today is against the usual of this weekday by this time."""
    if found is None:
        return _("your usual is shown once two of your own weeks are measured")
    until: datetime = found.until.astimezone(home.zone)
    by = {"time": f"{until:%H:%M}", "weekday": language.weekday(until), "energy": _energy(found.kwh, reader)}
    if found.kwh <= 0:
        return _("usually by %(time)s on a %(weekday)s: %(energy)s", **by)
    share = found.today_kwh / found.kwh - 1
    if abs(share) <= ABOUT_USUAL:
        return _("as usual by %(time)s on a %(weekday)s: %(energy)s", **by)
    by["share"] = f"{100 * abs(share):.0f} %"
    if share > 0:
        return _("%(share)s more than usual by %(time)s on a %(weekday)s: %(energy)s", **by)
    return _("%(share)s less than usual by %(time)s on a %(weekday)s: %(energy)s", **by)


def change(trend: Trend) -> str:
    """The last seven days against the seven before, in a sentence."""
    if trend.change is None:
        return _("Two whole weeks of your own are compared once they are measured.")
    if abs(trend.change) <= ABOUT_USUAL:
        return _("The last seven days were about the same as the seven before.")
    share = f"{100 * abs(trend.change):.0f} %"
    if trend.change > 0:
        return _("The last seven days: %(share)s more than the seven before.", share=share)
    return _("The last seven days: %(share)s less than the seven before.", share=share)


def chart(homes: Sequence[OwnHome]) -> str | None:
    """What the first home used day by day, as the browser draws it; nothing without a home."""
    if not homes:
        return None
    trend, zone = homes[0].trend, homes[0].zone
    used = np.nan_to_num(trend.used).clip(min=0)
    # today's bar is as wide as the others: it is a day too, though not over yet
    today = local_time.edges(trend.edges[-2], trend.edges[-1] + timedelta(seconds=1), "day", zone)[:2]
    edges = [*trend.edges[:-2], *today]
    bars = Bars(edges, used, np.zeros(len(used)), trend.coverage, (_("used"), ""), ("demand", "pv"))
    figure = meter_energy.figure(bars, "day", zone)
    told = {"figure": figure, "says": meter_energy.summary(bars), "note": "", "empty": not bars.known.any()}
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def away() -> html.P:
    """What stands there while the readings cannot be reached."""
    return html.P(
        _("Your home's numbers cannot be read now. The page tries again by itself."), className="muted", **data(away="yes")
    )
