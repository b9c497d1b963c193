"""What one tells of one's home: voluntary, with consent, and deleted when the consent is withdrawn."""

from typing import Any

from dash import ALL, Input, Output, callback, html, no_update, register_page

from config.language import N_, _
from dashboard.account import household_form, parts
from dashboard.frame import navigation
from dashboard.parts import forms
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web.access import current_scope, guard, residential
from store.records.people import household
from store.records.schema import Household

register_page(
    __name__,
    path="/household",
    name=N_("Household"),
    nav={"section": navigation.MINE, "icon": "house"},
)

ABOUT = N_(
    "Everything here is voluntary. It is for one thing: to compare your use with that of homes like yours. Loadstar does not "
    "make that comparison yet; until then your answers are only kept. "
    "Your distributor does not see them. Withdraw your consent at any time, and they are deleted."
)

forms.declare(household_form.FORM)


def _consent(told: Household | None, asking: bool) -> Any:
    if told is None:
        return None
    given = html.P(_("You agreed on %(consent_at)s.", consent_at=reader().moment(told.consent_at)), className="muted")
    act: Any = parts.row_button("household-act", "ask", "consent", _("Withdraw my consent"), _("Withdraw my consent"))
    if asking:
        what_happens = _("All your answers here are deleted at once. ")
        act = html.Div(parts.ask("household-act", "consent", what_happens, _("Withdraw"), _("my consent")))
    return parts.section(_("Your consent"), given, act)


@guard(residential)
def layout(**_query: Any) -> html.Div:
    """The page."""
    told = household.household(current_scope())
    form = html.Div(forms.view(household_form.FORM), id="household-form-of")
    return html.Div(
        [
            html.Header([html.H1(_("Household")), html.P(_("About your home."))], className="page-head"),
            html.Div(id="household-notice", role="status"),
            parts.section(_("Your home"), html.P(_(ABOUT), className="muted"), form),
            html.Div(_consent(told, asking=False), id="household-consent-given"),
        ],
        className="narrow",
    )


@callback(
    Output("household-notice", "children"),
    Output("household-consent-given", "children"),
    Output("household-form-of", "children"),
    Input({"type": "household-act", "act": ALL, "of": ALL}, "n_clicks"),
    Input("household-said", "children"),
    prevent_initial_call=True,
)
@guard(residential)
def withdraw(clicks: list[int | None], _said: Any) -> Any:
    """Ask before the consent is withdrawn, then delete what was told; what was saved may have given it."""
    wanted, scope = parts.pressed(clicks), current_scope()
    if wanted is None or wanted[0] != "do":
        asking = wanted is not None and wanted[0] == "ask"
        return no_update, _consent(household.household(scope), asking=asking), no_update
    household.withdraw_household(scope)
    return notice(_("Your consent is withdrawn, and your answers are deleted.")), None, forms.view(household_form.FORM)
