"""Who one is here: name, address, picture, how one reads numbers and times, how it looks, and ways out."""

from typing import Any
from zoneinfo import available_timezones

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from config.language import N_
from dashboard.account import parts, proof
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.reading import LANGUAGES
from dashboard.signin import letters
from dashboard.web.access import current_scope, guard, oneself
from store.errors import Refused
from store.records.people import mail, new_address, own_account, pictures, users
from store.records.transaction.engine import session

register_page(__name__, path="/account", name="Account", title="Account · Loadstar")

THEMES = {"auto": "As the system", "light": "Light", "dark": "Dark"}
UNSAID = "-"  # a choice of nothing: a select shows none that is empty
DONE = {
    "profile": "Your profile is saved.",
    "picture": "Your picture is saved.",
    "no-picture": "Your picture is removed.",
}


def _said(choice: str | None) -> str | None:
    return None if choice in (None, "", UNSAID) else choice


def _post(action: str, words: str, kind: str) -> html.Form:
    token = dcc.Input(type="hidden", name="csrf_token", value=generate_csrf())
    return html.Form([token, html.Button(words, type="submit", className=f"btn {kind}")], action=action, method="post")


def _profile() -> html.Section:
    languages = [{"label": "As usual in Loadstar: 1 234.5", "value": UNSAID}]
    for code, (name, point, thousands, _) in LANGUAGES.items():
        languages.append({"label": f"{name}: 1{thousands}234{point}5", "value": code})
    zones = [zone for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))]
    return parts.section(
        "Profile",
        html.P(current_user.standing, className="muted"),
        html.Div(
            [
                parts.field(
                    "Name",
                    dcc.Input(id="account-name", value=current_user.name, autoComplete="name", maxLength=120),
                    "As others see it.",
                ),
                parts.field(
                    "Number format",
                    dbc.Select(id="account-language", options=languages, value=current_user.language or UNSAID),
                ),
                parts.field(
                    "Time zone",
                    dbc.Select(
                        id="account-zone",
                        options=[
                            {"label": "Each site's own", "value": UNSAID},
                            *[{"label": zone.replace("_", " "), "value": zone} for zone in zones],
                        ],
                        value=current_user.time_zone or UNSAID,
                    ),
                    "Of times on pages about people and meters; a site's overview and graph keep its own.",
                ),
            ],
            className="fields",
        ),
        parts.button("Save", "account-save"),
    )


def _picture() -> html.Section:
    kept = pictures.picture(current_scope(), current_user.id)
    # the moment in the address, so that a new picture is not taken from the browser's cache
    shown = (
        html.Img(src=f"/picture/{current_user.id}?{kept.updated_at.timestamp():.0f}", alt="Your picture", className="portrait")
        if kept
        else html.Span(icon("person-circle"), className="portrait none")
    )
    choices = [html.Button("Choose a picture", type="button", className="btn btn-quiet", **data(choose_picture="yes"))]
    if kept:
        choices.append(parts.button("Remove", "account-no-picture", "btn-quiet"))
    return parts.section(
        "Picture",
        html.Div(
            [
                shown,
                html.Div(
                    [
                        html.Div(choices, className="choices"),
                        html.P(
                            "A PNG, JPEG or WebP of 10 MB at the most. It is cut square; where it was taken is not kept.",
                            className="form-text mb-0",
                        ),
                        html.P(id="account-picture-says", className="mb-0", role="status"),
                    ]
                ),
            ],
            className="portrait-row",
        ),
    )


def _address() -> html.Section:
    return parts.section(
        "Email address",
        html.P(["You sign in with ", html.B(current_user.email), "."]),
        html.Div(
            [
                parts.field("New address", dcc.Input(id="account-email", type="email", autoComplete="email", maxLength=254)),
                parts.field(
                    "Your password",
                    parts.password("account-email-password"),
                ),
            ],
            className="fields",
        ),
        html.P("A link is mailed to the new address. Nothing changes until it is used.", className="form-text"),
        parts.button("Send the link", "account-email-send", "btn-quiet"),
        html.Div(id="account-email-notice", className="mt-3", role="status"),
    )


@guard(oneself)
def layout(said: str = "", **_query: Any) -> html.Div:
    """The page."""
    themes = [
        html.Button(words, type="button", className="btn btn-quiet", **data(theme_set=theme), **aria(pressed="false"))
        for theme, words in THEMES.items()
    ]
    return parts.page(
        "/account",
        dcc.Location(id="account-again", refresh=True),
        html.Div(parts.notice(DONE[said]) if said in DONE else None, id="account-notice", role="status"),
        _profile(),
        _picture(),
        _address(),
        parts.section("Theme", html.Div(themes, className="choices", role="group", **aria(label="Theme"))),
        parts.section(
            "Sign out",
            html.P("Everywhere ends every session of yours, on every device.", className="muted"),
            html.Div(
                [
                    _post("/sign-out", "Sign out", "btn-primary"),
                    _post("/sign-out-everywhere", "Sign out everywhere", "btn-quiet"),
                ],
                className="choices",
            ),
        ),
    )


@callback(
    Output("account-again", "href"),
    Output("account-notice", "children"),
    Input("account-save", "n_clicks"),
    State("account-name", "value"),
    State("account-language", "value"),
    State("account-zone", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def save(clicks: int | None, name: str | None, language: str | None, zone: str | None) -> Any:
    """Keep the profile, and load the page again, so that the frame says the new name too."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        users.choose_profile(scope, name=name or "", language=_said(language), time_zone=_said(zone))
    except Refused as refused:
        return no_update, parts.notice(sentence(refused), bad=True)
    return "/account?said=profile", no_update


@callback(
    Output("account-again", "href", allow_duplicate=True),
    Input("account-no-picture", "n_clicks"),
    prevent_initial_call=True,
)
@guard(oneself)
def remove_picture(clicks: int | None) -> Any:
    """Remove the picture."""
    if not clicks:
        return no_update
    pictures.remove_picture(current_scope())
    return "/account?said=no-picture"


@callback(
    Output("account-email-notice", "children"),
    Output("account-email-password", "value"),
    Input("account-email-send", "n_clicks"),
    State("account-email", "value"),
    State("account-email-password", "value"),
    prevent_initial_call=True,
)
@guard(oneself)
def change_address(clicks: int | None, email: str | None, password: str | None) -> Any:
    """Mail the link that changes the address."""
    if not clicks:
        return no_update, no_update
    try:
        proof.require_password(password)
        letters.require_room(email or "", mail.MOVING)
        with session():
            asked = new_address.ask_new_address(current_scope(), email or "")
            letters.confirm_new_address(asked)
            change = N_("Somebody signed in to your Loadstar account asked to use the address %(address)s from now on.")
            person = own_account.oneself(current_scope())
            letters.account_changed(person, N_("A new address was requested"), change, address=asked.email)
    except Refused as refused:
        return parts.notice(sentence(refused), bad=True), ""
    words = letters.sent(current_scope(), f"The mail to {asked.email}", "Open its link to use that address from now on.")
    return parts.notice(words), ""
