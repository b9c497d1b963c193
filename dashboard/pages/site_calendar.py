"""Holidays and opening hours of a site: what kind of day each day is, for tariffs and for what is usual."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dash import Input, Output, State, callback, html, register_page

from config.language import N_, _, territory, weekday
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.fields import NONE, Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.plant import coming_days, imports, opening_hours, periods_table
from dashboard.web.access import administers_site, current_scope, guard
from models import official_holidays
from store.records.plant import calendars
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/holidays",
    name=N_("Holidays and hours"),
    nav={"section": navigation.SETUP, "icon": "clock"},
)

WEEK = tuple(date(2024, 1, 1) + timedelta(days=each) for each in range(7))  # a Monday first
PLACE = (
    Choice("country", N_("Official holidays of")),
    Text(
        "part",
        N_("Region"),
        longest=40,
        of="subdivision",
        help=N_("Its code, where regions have holidays of their own. Leave empty for those of the whole country."),
    ),
)
OPENING = tuple(Text(f"day{at}", "", longest=120, like=opening_hours.EXAMPLE) for at in range(7))


def _place(scope: Scope, site_id: str, said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    kept = calendars.calendar(scope, site_id)
    country = said.get("country") or kept.country
    named = sorted((territory(code), code) for code in official_holidays.countries())
    parts = official_holidays.part_names(country) if country in official_holidays.countries() else {}
    return {
        "country": {
            "options": [(NONE, _("Nobody")), *((code, name) for name, code in named)],
            "value": kept.country or NONE,
        },
        "part": {"value": kept.subdivision, "suggested": list(parts)},
    }


def _keep(scope: Scope, given: Given, site_id: str) -> Words:
    country, part = given.chosen("country") or "", given.text("part")
    given.check()
    calendars.keep_holidays_of(scope, site_id, country, part)
    return _("Saved.")


def _hours(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    opening = calendars.calendar(scope, site_id).opening
    return {
        each.key: {"words": weekday(day), "value": opening_hours.written(hours)}
        for each, day, hours in zip(OPENING, WEEK, opening, strict=True)
    }


def _open(scope: Scope, given: Given, site_id: str) -> Words:
    week = [given.read(each.key, opening_hours.read) or () for each in OPENING]
    given.check()
    calendars.set_opening_hours(scope, site_id, week)
    return _("Saved.")


PLACE_FORM = Form(
    "holidays",
    N_("Official holidays"),
    administers_site("of"),
    PLACE,
    do=_keep,
    act="keep",
    button=N_("Save"),
    icon="",
    now=_place,
    changes=("periods",),
)
OPENING_FORM = Form(
    "opening", N_("Opening hours"), administers_site("of"), OPENING, do=_open, act="keep", button=N_("Save"), icon="", now=_hours
)
forms.declare(PLACE_FORM)
forms.declare(OPENING_FORM)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    about = _(
        "What kind of day each day is: for tariffs by holidays, and for what is usual. Days are those of the site's clocks."
    )
    closed = _("Hours by the site's clocks; past midnight is fine (22:00-02:00). An empty day is closed, and so are holidays.")
    coming = coming_days.coming(scope, site_id)
    return html.Div(
        [
            html.Header([html.H1(_("Holidays and opening hours")), html.P(about)], className="page-head"),
            html.Section([html.H2(_(PLACE_FORM.words)), forms.view(PLACE_FORM, site_id)], className="panel mb-3"),
            html.Section(
                [html.H2(_(OPENING_FORM.words)), html.P(closed, className="muted"), forms.view(OPENING_FORM, site_id)],
                className="panel mb-3",
            ),
            html.H2(_("The site's own days"), className="mt-4 mb-3"),
            forms.view(periods_table.FORM, site_id),
            imports.view(periods_table.FILES, site_id),
            tables.view(periods_table.TABLE, site_id),
            html.Section(
                [html.H2(_("The coming year")), html.Div(coming, id="calendar-coming")],
                className="panel mt-4",
            ),
        ]
    )


@callback(
    Output("calendar-coming", "children"),
    Input("periods-body", "children"),
    State("periods-context", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def say_coming(_body: Any, site_id: str) -> Any:
    """Say anew which days are special, whenever something was saved."""
    return coming_days.coming(current_scope(), site_id)
