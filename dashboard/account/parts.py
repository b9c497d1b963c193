"""The frame of the account's pages, and the fields, notices and questions in it."""

from typing import Any

from dash import ctx, dcc, html

from config.language import N_, _
from dashboard.parts.aria import aria, data

TABS = {
    "/account": N_("Profile"),
    "/account/security": N_("Password and sessions"),
    "/account/two-factor": N_("Two-factor"),
    "/account/notifications": N_("Notifications"),
    "/account/tokens": N_("Tokens"),
    "/account/data": N_("My data"),
}


def page(path: str, *sections: Any) -> html.Div:
    """One of the account's pages, with the way to the others."""
    links = [
        html.A(
            _(words), href=href, className="account-tab", **({"data-soft": ""} | (aria(current="page") if href == path else {}))
        )
        for href, words in TABS.items()
    ]
    return html.Div(
        [
            html.Header(html.H1(_("Account")), className="page-head"),
            html.Nav(links, className="account-tabs", **aria(label=_("Account"))),
            *sections,
        ],
        className="narrow",
    )


def section(title: str, *content: Any) -> html.Section:
    """A part of the page."""
    return html.Section([html.H2(title), *content], className="panel mb-3")


def field(label: str, control: Any, help_text: str | None = None) -> html.Div:
    """A control with its label."""
    parts = [html.Label(label, htmlFor=control.id, className="form-label"), control]
    return html.Div([*parts, html.P(help_text, className="form-text mb-0")] if help_text else parts, className="field")


def password(part_id: str, of: str = "current-password") -> dcc.Input:
    """Where a password is typed; `of` tells the browser's keeper of passwords which."""
    return dcc.Input(id=part_id, type="password", autoComplete=of, maxLength=1024)


def button(words: str, part_id: Any, kind: str = "btn-primary", **more: Any) -> html.Button:
    """A button that a callback listens to."""
    return html.Button(words, id=part_id, className=f"btn {kind}", type="button", **more)


def ask(kind: str, subject: str, words: str, act: str, label: str) -> list[Any]:
    """A question before something is done that cannot be undone: what will happen, do it, or keep."""
    return [
        html.Span(words, className="muted small me-2"),
        row_button(kind, "do", subject, act, _("%(act)s: %(label)s", act=act, label=label), "btn-danger"),
        html.Span(" "),
        row_button(kind, "keep", subject, _("Cancel"), _("Cancel: %(label)s", label=label)),
    ]


def row_button(kind: str, act: str, subject: str, words: str, label: str, look: str = "btn-quiet") -> html.Button:
    """A button of a row of a table."""
    return html.Button(
        words,
        id={"type": kind, "act": act, "of": subject},
        className=f"btn btn-sm {look}",
        type="button",
        **aria(label=label),
    )


def pressed(clicks: list[int | None]) -> tuple[str, str] | None:
    """Which button of `row_button` was pressed: its act, and whose; none when a table was only drawn anew."""
    found = ctx.triggered_id
    return (found["act"], found["of"]) if any(clicks) and isinstance(found, dict) else None


def secret(text: str) -> list[Any]:
    """Something that is shown this once, with a button that copies it."""
    place = f"secret-{text.partition('.')[0]}"
    copy = html.Button(_("Copy"), type="button", className="btn btn-sm btn-quiet ms-2", **data(copy_of=place))
    return [html.Code(text, id=place, className="user-select-all secret"), copy]
