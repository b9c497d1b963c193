"""One organisation, one's own or one that an administrator decides about: its people, invitations and meters."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.parts import forms, people, tables
from dashboard.people import belonging, organisations_table
from dashboard.web.access import current_scope, guard, organisation_led
from store.records.people import organisations
from store.records.schema import Organisation

register_page(
    __name__,
    path_template="/admin/organisations/<organisation_id>",
    name=N_("Organisation"),
)

for table in (belonging.PEOPLE, belonging.INVITATIONS, belonging.METERS):
    tables.declare(table)
forms.declare(belonging.INVITE)


def page(home: Organisation) -> html.Div:
    """The page of an organisation that the asking person decides about."""
    return html.Div(
        [
            html.Header(
                [html.H1(home.name), html.P(_(organisations_table.KINDS[home.kind])), people.state(home.approval)],
                className="page-head",
            ),
            html.Section(
                [
                    html.H2(_("People"), className="mb-3"),
                    forms.view(belonging.INVITE, home.id),
                    tables.view(belonging.PEOPLE, home.id),
                ],
                className="mb-4",
            ),
            html.Section(
                [html.H2(_("Open invitations"), className="mb-3"), tables.view(belonging.INVITATIONS, home.id)], className="mb-4"
            ),
            html.Section([html.H2(_("Meters"), className="mb-3"), tables.view(belonging.METERS, home.id)]),
        ]
    )


@guard(organisation_led())
def layout(organisation_id: str = "", **_query: Any) -> html.Div:
    """The page."""
    return page(organisations.organisation(current_scope(), organisation_id))
