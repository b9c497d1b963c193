"""The peaks of a month that its demand charges are billed by: when each was, how high, and what that costs."""

from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config.language import _
from dashboard.energy import history_words as words
from dashboard.energy.calendar_asked import Asked
from dashboard.figures import wording
from dashboard.parts.aria import data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.energy_days import EnergyDays
from models.bills import DemandOfMonth


def section(asked: Asked, told: EnergyDays, zone: ZoneInfo, reader: Reader) -> list[Any]:
    """A table for each demand charge of the month; nothing where none is due."""
    shown = [part for each in told.demands if each.kw != 0 for part in _charge(asked, told, each, zone, reader)]
    if not shown:
        return []
    return [html.Section([html.H2(_("Peaks that the demand charge is billed by"), className="part"), *shown])]


def _charge(asked: Asked, told: EnergyDays, each: DemandOfMonth, zone: ZoneInfo, reader: Reader) -> list[Any]:
    if each.kw is None:
        return [html.P(_("%(tariff)s: no peak of this month is known yet.", tariff=each.tariff))]
    says = _(
        "%(tariff)s: %(power)s at %(price)s for each kW, %(amount)s.",
        tariff=each.tariff,
        power=reader.number(wording.power(each.kw)),
        price=reader.money(each.price_per_kw, told.currency),
        amount=reader.money(each.amount, told.currency),
    )
    if told.is_open.any():
        says = f"{says} {_('A higher peak before the end of the month would raise it.')}"
    rows = []
    for start, kw, is_estimated in each.peaks:
        link = html.A(words.when(start, zone), href=asked.href(day=start.astimezone(zone).date()), **data(soft=""))
        rows.append((link, words.power(kw, reader), _("estimated") if is_estimated else _("measured")))
    heads = [_("When"), _("Power"), _("Data")]
    return [html.P(says), short_table(_("Peaks of %(tariff)s", tariff=each.tariff), heads, rows, {1: "num"})]
