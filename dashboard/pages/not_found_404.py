"""There is nothing at this address, or it is not theirs to see: the two look the same."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.parts.aria import icon
from dashboard.web.access import guard, signed_in

register_page(__name__, path="/nothing-here", name=N_("Nothing here"))


@guard(signed_in)
def layout(**_query: Any) -> html.Div:
    """What happened, and one way on."""
    return html.Div(
        [
            icon("search"),
            html.H1(_("Nothing here")),
            html.P(_("Perhaps the address is mistyped, what it showed is gone, or it is not yours to see.")),
            html.A(_("Home"), href="/", className="btn btn-primary mt-2"),
        ],
        className="empty",
    )
