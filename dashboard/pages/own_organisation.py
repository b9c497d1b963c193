"""The page of one's own organisation, for its administrators."""

from typing import Any

from dash import html, register_page

from config.language import N_
from dashboard.frame import navigation
from dashboard.pages import organisation
from dashboard.web.access import current_scope, guard, organisation_admin
from store.records.people import organisations

register_page(
    __name__,
    path="/organisation",
    name=N_("Your organisation"),
    nav={"section": navigation.PEOPLE, "icon": "building"},
)


@guard(organisation_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    return organisation.page(organisations.organisation(scope, scope.organisation_id or ""))
