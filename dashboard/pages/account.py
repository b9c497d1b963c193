"""Who one is here: name, address, picture, how one reads numbers and times, how it looks, and ways out."""

from typing import Any

from dash import Input, Output, callback, dcc, html, no_update, register_page
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from config.language import N_, _
from dashboard.account import parts, profile
from dashboard.parts import forms
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.notices import notice
from dashboard.web.access import current_scope, guard, oneself
from store.records.people import pictures

register_page(__name__, path="/account", name=N_("Account"))

THEMES = {"auto": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}
DONE = {
    "profile": N_("Your profile is saved."),
    "picture": N_("Your picture is saved."),
    "no-picture": N_("Your picture is removed."),
}
for form in (profile.PROFILE, profile.ADDRESS):
    forms.declare(form)


def _post(action: str, words: str, kind: str) -> html.Form:
    token = dcc.Input(type="hidden", name="csrf_token", value=generate_csrf())
    return html.Form([token, html.Button(words, type="submit", className=f"btn {kind}")], action=action, method="post")


def _picture() -> html.Section:
    kept = pictures.picture(current_scope(), current_user.id)
    # the moment in the address, so that a new picture is not taken from the browser's cache
    shown = (
        html.Img(src=f"/picture/{current_user.id}?{kept.updated_at.timestamp():.0f}", alt=_("Your picture"), className="portrait")
        if kept
        else html.Span(icon("person-circle"), className="portrait none")
    )
    choices = [html.Button(_("Choose a picture"), type="button", className="btn btn-quiet", **data(choose_picture="yes"))]
    if kept:
        choices.append(parts.button(_("Remove"), "account-no-picture", "btn-quiet"))
    about = _("A PNG, JPEG or WebP of 10 MB at the most. It is cut square; where it was taken is not kept.")
    says = html.P(id="account-picture-says", className="mb-0", role="status")
    beside = [html.Div(choices, className="choices"), html.P(about, className="form-text mb-0"), says]
    return parts.section(_("Picture"), html.Div([shown, html.Div(beside)], className="portrait-row"))


def _address() -> html.Section:
    return parts.section(
        _("Email address"),
        html.P([_("You sign in with"), " ", html.B(current_user.email), "."]),
        html.P(_("A link is mailed to the new address. Nothing changes until it is used."), className="muted"),
        forms.view(profile.ADDRESS),
    )


@guard(oneself)
def layout(said: str = "", **_query: Any) -> html.Div:
    """The page."""
    themes = [
        html.Button(_(words), type="button", className="btn btn-quiet", **data(theme_set=theme), **aria(pressed="false"))
        for theme, words in THEMES.items()
    ]
    ways_out = [
        _post("/sign-out", _("Sign out"), "btn-primary"),
        _post("/sign-out-everywhere", _("Sign out everywhere"), "btn-quiet"),
    ]
    return parts.page(
        "/account",
        dcc.Location(id="account-again", refresh=True),
        html.Div(notice(_(DONE[said])) if said in DONE else None, id="account-notice", role="status"),
        parts.section(_("Profile"), html.P(current_user.standing, className="muted"), forms.view(profile.PROFILE)),
        _picture(),
        _address(),
        parts.section(_("Theme"), html.Div(themes, className="choices", role="group", **aria(label=_("Theme")))),
        parts.section(
            _("Sign out"),
            html.P(_("Everywhere ends every session of yours, on every device."), className="muted"),
            html.Div(ways_out, className="choices"),
        ),
    )


@callback(Output("account-again", "href"), Input("account-no-picture", "n_clicks"), prevent_initial_call=True)
@guard(oneself)
def remove_picture(clicks: int | None) -> Any:
    """Remove the picture."""
    if not clicks:
        return no_update
    pictures.remove_picture(current_scope())
    return "/account?said=no-picture"
