"""The second factor as its page draws it: off, on, being set up, and the recovery codes that are shown once."""

import base64
from typing import Any

from dash import dcc, html

from config.language import N_, _, ngettext
from dashboard.account import parts
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from store.records.signin import two_factor
from store.scope import Scope

ABOUT = N_(
    "With it, signing in takes your password and a code of six digits that an app on your phone shows. "
    "A stolen password alone is not enough."
)
FEW = 3  # recovery codes, of which one should make new ones


def _code(part_id: str) -> dcc.Input:
    return dcc.Input(id=part_id, type="text", autoComplete="one-time-code", maxLength=40)


def off() -> list[Any]:
    """How it is set up."""
    return [
        html.P(_(ABOUT)),
        parts.field(_("Your password"), parts.password("two-factor-password")),
        parts.button(_("Set it up"), "two-factor-begin"),
    ]


def on(scope: Scope) -> list[Any]:
    """What there is to be done while it is on."""
    left = two_factor.recovery_codes_left(scope)
    words = [ngettext("%(num)s recovery code left.", "%(num)s recovery codes left.", left)]
    if left <= FEW:
        words.append(_("Create new ones before you need them."))
    about = _(
        "New recovery codes make the old ones useless. Turned off, your password alone opens your account. Either way, "
        "every other session ends; personal tokens go on."
    )
    state = html.Span(_("on"), className="state", **data(state="live"))
    return [
        html.P([state, " ", _("Signing in takes your password and a code.")]),
        html.P(" ".join(words)),
        parts.field(_("A code of your app, or a recovery code"), _code("two-factor-proof")),
        html.P(about, className="form-text"),
        html.Div(
            [
                parts.button(_("Create new recovery codes"), "two-factor-renew", "btn-quiet"),
                parts.button(_("Turn it off"), "two-factor-off", "btn-danger"),
            ],
            className="choices",
        ),
    ]


def enrolment(made: two_factor.Enrolment) -> list[Any]:
    """The key for the app, and the field for its first code."""
    picture = base64.b64encode(made.svg.encode()).decode("ascii")
    secret = " ".join(made.secret[at : at + 4] for at in range(0, len(made.secret), 4))
    return [
        html.P(_("1. Scan this with your authenticator app, or type the key into it.")),
        html.Img(src=f"data:image/svg+xml;base64,{picture}", alt=_("QR code for an authenticator app"), className="qr"),
        html.P([html.Span(_("Key:"), className="muted me-1"), html.Code(secret, className="user-select-all")]),
        parts.field(_("2. Type the code that the app shows now"), _code("two-factor-first")),
        parts.button(_("Turn it on"), "two-factor-confirm"),
    ]


def codes(made: list[str]) -> html.Div:
    """The recovery codes, the only time that they can be shown."""
    listed = html.Ul([html.Li(html.Code(code, className="user-select-all")) for code in made], className="codes")
    words = _("These recovery codes are shown this once. Each works once in the place of the app. Print them, or keep them safe.")
    return notice([html.P(words), listed])
