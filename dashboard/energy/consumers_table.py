"""Who uses what, as a table and in words."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from dash import html

from config import language
from config.language import _
from dashboard.energy import calendar_words as words
from dashboard.figures import wording
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.consumers import Consumer, Consumers

NOTABLE = 0.05  # a change that is worth a word


def says(told: Consumers, reader: Reader) -> str:
    """Who used most, and whose use changed most."""
    known = [each for each in told.every if np.isfinite(each.kwh) and each.kwh > 0]
    if not known:
        return _("There is no data of these days.")
    most = known[0]
    named = {"name": most.name, "energy": words.energy(most.kwh, reader)}
    if np.isfinite(most.share):
        share, whole = wording.percent(most.share), words.energy(told.demand_kwh, reader)
        said = [_("%(name)s used most: %(energy)s, %(share)s %% of %(whole)s.", **named, share=share, whole=whole)]
    else:
        said = [_("%(name)s used most: %(energy)s.", **named)]
    changed = [each for each in known if np.isfinite(each.change) and abs(each.change) >= NOTABLE]
    if changed:
        most = max(changed, key=lambda each: abs(each.change) * each.kwh / (1 + each.change))
        share = reader.number(f"{abs(most.change) * 100:.0f}")
        more = _("%(name)s changed most against the days before: %(share)s %% more.", name=most.name, share=share)
        less = _("%(name)s changed most against the days before: %(share)s %% less.", name=most.name, share=share)
        said.append(more if most.change > 0 else less)
    if told.provisional:
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def table(site_id: str, told: Consumers, zone: ZoneInfo, reader: Reader) -> html.Div:
    """A row a use, that with the most energy first, and one for what nothing of them tells."""
    heads = [_("Use"), _("Energy"), _("Share"), _("Against the days before"), _("Base load"), _("Highest hour"), _("Coverage")]
    most = max((each.kwh for each in told.every if np.isfinite(each.kwh)), default=0.0)
    rows = [_row(site_id, each, told, most, zone, reader) for each in told.every]
    if told.demand_kwh > 0 and told.rest_kwh / told.demand_kwh >= 0.005:
        share = told.rest_kwh / told.demand_kwh
        rows.append(
            (
                html.Em(_("Not measured by itself, or lost")),
                words.energy(told.rest_kwh, reader),
                f"{wording.percent(share)} %",
                *[wording.NONE] * 4,
            )
        )
    return short_table(_("Uses, that with the most energy first"), heads, rows, dict.fromkeys((1, 2, 3, 4, 5, 6), "num"))


def history(site_id: str, use_id: str, told: Consumers, zone: ZoneInfo) -> str:
    """The address of what a use did over the same days, beside those before."""
    first, last = (at.astimezone(zone).date() for at in (told.start, told.end - timedelta(seconds=1)))
    return f"/site/{site_id}/history?of={use_id}&first={first}&last={last}"


def _row(site_id: str, each: Consumer, told: Consumers, most: float, zone: ZoneInfo, reader: Reader) -> tuple[Any, ...]:
    days = html.A(each.name, href=f"/site/{site_id}/calendar?of={each.id}", **data(soft=""))
    width = max(0.0, each.kwh) / most if most > 0 and np.isfinite(each.kwh) else 0.0
    bar = html.I(className="amount", style={"width": f"{100 * width:.0f}%"}, **aria(hidden="true"))
    peak: Any = wording.NONE
    if each.peak_at is not None:
        local = each.peak_at.astimezone(zone)
        peak = f"{_power(each.peak_kw, reader)}, {language.written(local, 'MMMd')} {local:%H:%M}"
    return (
        html.Div([days, bar], className="with-amount"),
        words.energy(each.kwh, reader) if np.isfinite(each.kwh) else wording.NONE,
        f"{wording.percent(each.share)} %" if np.isfinite(each.share) else wording.NONE,
        html.A(
            words.change(each.change, reader),
            href=history(site_id, each.id, told, zone),
            title=_("History of these days"),
            **data(soft=""),
        ),
        _power(each.base_kw, reader),
        peak,
        f"{wording.percent(each.coverage)} %" if np.isfinite(each.coverage) else wording.NONE,
    )


def _power(kilowatts: float, reader: Reader) -> str:
    return reader.number(wording.power(kilowatts)) if np.isfinite(kilowatts) else wording.NONE
