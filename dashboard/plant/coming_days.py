"""Which days of the coming year are no usual days on a site: its holidays, and the days on which it is closed."""

from datetime import timedelta
from typing import Any

from dash import html

from config import clock
from config.language import _, written
from dashboard.parts.aria import aria
from dashboard.plant import wiring
from models.calendars import SHUTDOWN, own_days
from store.records.plant import calendars
from store.scope import Scope

AHEAD = timedelta(days=365)


def coming(scope: Scope, site_id: str) -> list[Any]:
    """The days of the coming year that are no usual days, as a table."""
    today = clock.now().astimezone(wiring.zone(scope, site_id)).date()
    kept = calendars.calendar(scope, site_id)
    last = today + AHEAD
    found = [(day, name, _("holiday")) for day, name in kept.holidays(today, last).items()]
    found += [(day, name, _("closed")) for day, name in own_days(kept.periods, SHUTDOWN, today, last).items()]
    if not found:
        return [html.P(_("No holiday and no closed day in the coming year."), className="muted mb-0")]
    heads = html.Thead(html.Tr([html.Th(each, scope="col") for each in (_("Day"), _("Name"), _("What it is"))]))
    rows = [
        html.Tr([html.Th(written(day, "yMMMEd"), scope="row"), html.Td(name), html.Td(what)]) for day, name, what in sorted(found)
    ]
    return [
        html.Div(
            html.Table([heads, html.Tbody(rows)], **aria(label=_("Holidays and closed days of the coming year"))),
            className="table-frame",
            tabIndex=0,
            role="region",
            **aria(label=_("Holidays and closed days of the coming year, scrolls sideways")),
        )
    ]
