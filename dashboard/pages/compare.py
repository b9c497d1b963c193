"""Periods, buildings and meters of a site beside each other: which took more, by how much, and how one of them goes on."""

from typing import Any

from dash import html, register_page

from config import clock
from config.language import N_, _
from dashboard.energy import compare_asked, compare_chart, compare_choices, compare_prediction, compare_words
from dashboard.energy.compare_asked import SITE, Asked
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.reports import making
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight import comparison, subjects
from insight.site_view import SiteView, site_view
from models.report_periods import Span
from store.errors import StoreAway
from store.records.plant import sites
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/compare",
    name=N_("Compare"),
    nav={"section": navigation.SITE, "icon": "compare", "place": 15},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    asked = compare_asked.of_address(site_id, query, clock.now().astimezone(seen.zone).date())
    about = _("Which took more, when, and by how much?")
    head = html.Header([html.H1(_("Compare")), html.P(about)], className="page-head")
    return html.Div([head, *_told(scope, seen, asked)], **data(plotly=static.url("plotly/plotly.min.js")))


def _told(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    if not seen.meters:
        empty = _("No meter yet. Once this site has meters, what they tell can be compared here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    if not asked.datasets:
        return [notice(_("The address names nothing that can be compared."), bad=True)]
    try:
        found = comparison.compare(scope, seen.id, asked.wanted())
    except StoreAway as away:
        return [notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    told_by = reader()
    also = [(each.id, each.name) for each in sites.visible_sites(scope)]
    return [
        compare_choices.chips(asked, found),
        html.Div(
            [compare_choices.others(asked), compare_choices.adding(asked, subjects.subjects(seen), also, found), _report(asked)],
            className="chips-more",
        ),
        compare_choices.ways(asked),
        html.P(compare_words.says(found, told_by), className="answer", id="compare-says"),
        compare_chart.panel(asked, found, [compare_prediction.controls(asked)]),
        html.H2(_("Amounts"), className="amounts"),
        compare_words.table(found, asked.extras, told_by),
    ]


def _report(asked: Asked) -> html.A:
    first = asked.datasets[0]
    is_other_site = first.ids[:1] and first.ids[0].startswith(SITE)
    site_id, ids = (first.ids[0], ()) if is_other_site else (asked.site_id, first.ids)
    return making.link(_("Report of the first"), site_id, Span(first.first, first.last), ids)
