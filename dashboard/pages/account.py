"""Who one is here, how it looks, and ways out."""

from typing import Any

from dash import dcc, html, register_page
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from dashboard.access import guard, oneself
from dashboard.aria import aria, data

register_page(__name__, path="/account", name="Account", title="Account · Loadstar")

THEMES = {"auto": "As the system", "light": "Light", "dark": "Dark"}


def _post(action: str, words: str, kind: str) -> html.Form:
    token = dcc.Input(type="hidden", name="csrf_token", value=generate_csrf())
    return html.Form([token, html.Button(words, type="submit", className=f"btn {kind}")], action=action, method="post")


@guard(oneself)
def layout(**_query: Any) -> html.Div:
    """The page."""
    facts = {"Name": current_user.name, "Email": current_user.email, "You are": current_user.standing}
    themes = [
        html.Button(words, type="button", className="btn btn-quiet", **data(theme_set=theme), **aria(pressed="false"))
        for theme, words in THEMES.items()
    ]
    return html.Div(
        [
            html.Header(html.H1("Account"), className="page-head"),
            html.Section(
                [
                    html.H2("Who you are"),
                    html.Dl(
                        [part for name, value in facts.items() for part in (html.Dt(name), html.Dd(value))],
                        className="definitions",
                    ),
                ],
                className="panel mb-3",
            ),
            html.Section(
                [html.H2("Theme"), html.Div(themes, className="choices", role="group", **aria(label="Theme"))],
                className="panel mb-3",
            ),
            html.Section(
                [
                    html.H2("Sign out"),
                    html.P("Everywhere ends every session of yours, on every device.", className="muted"),
                    html.Div(
                        [
                            _post("/sign-out", "Sign out", "btn-primary"),
                            _post("/sign-out-everywhere", "Sign out everywhere", "btn-quiet"),
                        ],
                        className="choices",
                    ),
                ],
                className="panel",
            ),
        ],
        className="narrow",
    )
