"""Who uses what, as a table and in words."""

from collections.abc import Mapping
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
from insight.consumers import Consumer, Consumers, Cost
from insight.site_view import SiteView
from reporting import telling

Costs = Mapping[str, Cost]

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


def says_cost(told: Consumers, costs: Costs, currency: str, reader: Reader) -> str:
    """Which use cost most, where that is a question, and whether demand charges are in it."""
    known = [each for each in told.every if each.id in costs and np.isfinite(costs[each.id].amount) and np.isfinite(each.kwh)]
    said = []
    if len(known) > 1:
        dearest = max(known, key=lambda each: costs[each.id].amount)
        said.append(_("%(name)s cost most: %(cost)s.", name=dearest.name, cost=_paid(costs[dearest.id], currency, reader)))
    peaked = [costs[each.id].peaked for each in known]
    if peaked and min(peaked) < 1:
        said.append(telling.peaks_missing(whole=max(peaked) == 0))
    return " ".join(said)


def table(view: SiteView, told: Consumers, costs: Costs | None, reader: Reader) -> html.Div:
    """A row a use, that with the most energy first, and one for what nothing of them tells; `costs` may still be asked for."""
    heads = [
        _("Use"),
        _("Energy"),
        _("Share"),
        _("Cost"),
        _("Against the days before"),
        _("Base load"),
        _("Highest hour"),
        _("Coverage"),
    ]
    most = max((each.kwh for each in told.every if np.isfinite(each.kwh)), default=0.0)
    rows = [_row(view, each, told, most, costs, reader) for each in told.every]
    if told.demand_kwh > 0 and told.rest_kwh / told.demand_kwh >= 0.005:
        share = told.rest_kwh / told.demand_kwh
        rows.append(
            (
                html.Em(_("Not measured by itself, or lost")),
                words.energy(told.rest_kwh, reader),
                f"{wording.percent(share)} %",
                *[wording.NONE] * 5,
            )
        )
    return short_table(_("Uses, that with the most energy first"), heads, rows, dict.fromkeys(range(1, len(heads)), "num"))


def history(site_id: str, use_id: str, told: Consumers, zone: ZoneInfo) -> str:
    """The address of what a use did over the same days, beside those before."""
    first, last = (at.astimezone(zone).date() for at in (told.start, told.end - timedelta(seconds=1)))
    return f"/site/{site_id}/history?of={use_id}&first={first}&last={last}"


def _row(view: SiteView, each: Consumer, told: Consumers, most: float, costs: Costs | None, reader: Reader) -> tuple[Any, ...]:
    last = (told.end - timedelta(seconds=1)).astimezone(view.zone).date()
    days = html.A(each.name, href=f"/site/{view.id}/calendar?of={each.id}&day={last}", **data(soft=""))
    width = max(0.0, each.kwh) / most if most > 0 and np.isfinite(each.kwh) else 0.0
    bar = html.I(className="amount", style={"width": f"{100 * width:.0f}%"}, **aria(hidden="true"))
    peak: Any = wording.NONE
    if each.peak_at is not None:
        local = each.peak_at.astimezone(view.zone)
        peak = f"{_power(each.peak_kw, reader)}, {language.written(local, 'MMMd')} {local:%H:%M}"
    return (
        html.Div([days, bar], className="with-amount"),
        words.energy(each.kwh, reader) if np.isfinite(each.kwh) else wording.NONE,
        f"{wording.percent(each.share)} %" if np.isfinite(each.share) else wording.NONE,
        _cost(each, costs, view.currency, reader),
        html.A(
            words.change(each.change, reader),
            href=history(view.id, each.id, told, view.zone),
            title=_("History of these days"),
            **data(soft=""),
        ),
        _power(each.base_kw, reader),
        peak,
        f"{wording.percent(each.coverage)} %" if np.isfinite(each.coverage) else wording.NONE,
    )


def _cost(each: Consumer, costs: Costs | None, currency: str, reader: Reader) -> str:
    if costs is None:
        return "…"
    cost = costs.get(each.id)
    known = cost is not None and np.isfinite(cost.amount) and np.isfinite(each.kwh)
    return _paid(cost, currency, reader) if cost is not None and known else wording.NONE


def _paid(cost: Cost, currency: str, reader: Reader) -> str:
    return words.paid(cost.amount, cost.priced, currency, reader)


def _power(kilowatts: float, reader: Reader) -> str:
    return reader.number(wording.power(kilowatts)) if np.isfinite(kilowatts) else wording.NONE
