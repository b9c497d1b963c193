"""A resident's home at the top of their page: now, today, what it cost, their own use, their usual, and the last two weeks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import orjson
from dash import html

from dashboard.figures import meter_energy, wording
from dashboard.figures.meter_energy import Bars
from dashboard.live import blocks
from dashboard.my_meters import markup
from dashboard.parts.aria import data
from dashboard.parts.reading import Reader
from insight.own_home import OwnHome, Trend, Usual

ABOUT_USUAL = 0.03  # within so much of the usual it is as usual


def panel(homes: Sequence[OwnHome], reader: Reader) -> html.Section | None:
    """The home's panel with its chart; nothing for whoever has no meter of energy."""
    if not homes:
        return None
    nothing = ("No values in the last two weeks.", "They appear as your meters report.")
    return blocks.panel(
        "home",
        "Your home" if len(homes) == 1 else "Your homes",
        None,
        [
            html.Div(facts(homes, reader), id="my-home-facts", className="home-facts"),
            html.H3(f"Used, day by day{f': {homes[0].site}' if len(homes) > 1 else ''}"),
            *blocks.chart("my-home-chart", "What your home used on each of the last 14 days and today", nothing, tools="yes"),
        ],
        [html.P(change(homes[0].trend), className="remark"), blocks.as_table("my-home-chart")],
    )


def facts(homes: Sequence[OwnHome], reader: Reader) -> list[Any]:
    """The numbers of each home, which change while the page is open."""
    return [html.Dl(_facts(each, reader, named=len(homes) > 1), className="home-numbers") for each in homes]


def _facts(home: OwnHome, reader: Reader, *, named: bool) -> list[Any]:
    today = home.today
    said: list[tuple[str, str, str]] = []
    if named:
        said.append(("Site", home.site, ""))
    if today.used is not None:
        said.append(("Using now", _power(home.used_kw, reader), ""))
    if home.made_kw is not None:
        said.append(("Producing now", _power(home.made_kw, reader), ""))
    if today.used is not None:
        said.append(("Used today", _energy(today.used, reader), usual(home.usual, home, reader)))
    if home.made_kw is not None:
        said.append(("Produced today", _energy(today.made, reader), ""))
    if today.fed_in > 0:
        said.append(("Fed in today", _energy(today.fed_in, reader), ""))
    if home.cost is not None:
        words, amount = markup.money(home.cost, home.priced, home.currency, reader)
        said.append((f"{words} today", amount, ""))
    if today.kept is not None:
        said.append(("Own use", f"{wording.percent(today.kept)} %", "of what you produced today stayed at home"))
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
        return "your usual is shown once two of your own weeks are measured"
    until: datetime = found.until.astimezone(home.zone)
    of_days = f"by {until:%H:%M} on a {until:%A}: {_energy(found.kwh, reader)}"
    if found.kwh <= 0:
        return f"usually {of_days}"
    share = found.today_kwh / found.kwh - 1
    if abs(share) <= ABOUT_USUAL:
        return f"as usual {of_days}"
    return f"{abs(share):.0%} {'more' if share > 0 else 'less'} than usual {of_days}".replace("%", " %")


def change(trend: Trend) -> str:
    """The last seven days against the seven before, in a sentence."""
    if trend.change is None:
        return "Two whole weeks of your own are compared once they are measured."
    if abs(trend.change) <= ABOUT_USUAL:
        return "The last seven days were about the same as the seven before."
    return (
        f"The last seven days: {abs(trend.change):.0%} {'more' if trend.change > 0 else 'less'} than the seven before.".replace(
            "%", " %"
        )
    )


def chart(homes: Sequence[OwnHome]) -> str | None:
    """What the first home used day by day, as the browser draws it; nothing without a home."""
    if not homes:
        return None
    trend, zone = homes[0].trend, homes[0].zone
    used = np.nan_to_num(trend.used).clip(min=0)
    bars = Bars(trend.edges, used, np.zeros(len(used)), trend.coverage, ("used", ""), ("demand", "pv"))
    figure = meter_energy.figure(bars, "day", zone)
    told = {"figure": figure, "says": meter_energy.summary(bars), "note": "", "empty": not bars.known.any()}
    return orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def away() -> html.P:
    """What stands there while the readings cannot be reached."""
    return html.P(
        "Your home's numbers cannot be read now. The page tries again by itself.", className="muted", **data(away="yes")
    )
