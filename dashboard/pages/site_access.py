"""To whom a whole site is assigned besides its owner."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around
from dashboard.parts.rows import Asked, Table
from dashboard.plant import assignments, wiring
from dashboard.web.access import administers_site, guard
from store.records.plant import holders
from store.records.plant.holders import Holder
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/access",
    name=N_("Access"),
    nav={"section": navigation.SETUP, "icon": "people"},
)

ABOUT = N_(
    "The owner's people have this site by their role. Others with access to the whole site are listed here; "
    "single meters are assigned on %(page)s."
)


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Holder]:
    return holders.site_holders(scope, context, wanted, ended=bool(chosen.get("ended")))


def _end(scope: Scope, asked: Asked) -> Words:
    return assignments.end(scope, asked, wiring.zone(scope, asked.context))


def _assign(scope: Scope, given: Given, site_id: str) -> Words:
    return assignments.assign(given, wiring.zone(scope, site_id), partial(holders.assign_site, scope, site_id))


ENDING = N_(
    "From that moment on %(name)s sees nothing of the site any more, not even its past. "
    "An assignment that has not begun is removed."
)
TABLE = Table(
    "access",
    N_("Access"),
    administers_site("context"),
    assignments.SITE_COLUMNS,
    load=_load,
    row=assignments.row(ENDING, assignments.SITE_COLUMNS),
    do=_end,
    filters=(Choice("ended", N_("Show"), (("", N_("Current and planned")), ("all", N_("Include ended")))),),
    search=N_("name, email"),
    empty=N_("Nobody but the people of its owner. Assign the site above to whom it concerns."),
)
FORM = Form(
    "access",
    N_("Assign this site"),
    administers_site("of"),
    assignments.FIELDS,
    do=_assign,
    act="assign",
    button=N_("Assign"),
    changes=("access",),
)
tables.declare(TABLE)
forms.declare(FORM)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = around(ABOUT, page=html.A(_("their pages"), href="/admin/meters", **data(soft="")))
    return html.Div(
        [
            html.Header([html.H1(_("Access")), html.P(about)], className="page-head"),
            forms.view(FORM, site_id),
            tables.view(TABLE, site_id),
        ]
    )
