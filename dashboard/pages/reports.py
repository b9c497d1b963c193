"""Reports of a site: made when asked for or by the clock, kept, and sent by mail."""

from typing import Any

from dash import html, register_page

from config import clock
from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.reports import kept_table, making, schedules_table
from dashboard.web.access import current_scope, guard, site_in
from insight.site_view import site_view

register_page(
    __name__,
    path_template="/site/<site_id>/reports",
    name=N_("Reports"),
    nav={"section": navigation.SITE, "icon": "file-earmark-text", "place": 30},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page, with the filters of its address."""
    view = site_view(current_scope(), site_id)
    asked = making.of_address({name: str(said) for name, said in query.items()}, clock.now().astimezone(view.zone).date())
    about = _("What was used, what did it cost, against before, and how sure is that: as a page, a PDF, a workbook?")
    return html.Div(
        [
            html.Header([html.H1(_("Reports")), html.P(about)], className="page-head"),
            making.view(view, asked) if view.meters else _nothing(),
            html.H2(_(kept_table.TABLE.label), className="h5 mt-4"),
            tables.view(kept_table.TABLE, site_id),
            html.H2(_(schedules_table.TABLE.label), className="h5 mt-4"),
            forms.view(schedules_table.FORM, site_id),
            tables.view(schedules_table.TABLE, site_id),
        ]
    )


def _nothing() -> html.Div:
    empty = _("No meter yet. Once this site has meters, what they tell can be reported.")
    return html.Div(html.P(empty, role="status"), className="panel table-empty mb-3")


tables.declare(kept_table.TABLE)
tables.declare(schedules_table.TABLE)
forms.declare(schedules_table.FORM)
