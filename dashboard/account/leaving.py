"""What deleting an account does, for whoever it is, and what the only administrator of an organisation settles first."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from flask_login import current_user

from config.language import _, ngettext
from dashboard.account import parts as frame
from dashboard.parts.aria import data
from store.records.access import grants
from store.records.people import household, own_account
from store.records.schema.columns import now
from store.records.signin import tokens
from store.scope import Scope


def consequences(scope: Scope) -> list[str]:
    """What deleting the account does, for this person."""
    held = [
        each
        for each in grants.assignments(scope, user_id=current_user.id)
        if each.grant.valid_to is None or each.grant.valid_to > now()
    ]
    good = [each for each in tokens.own_tokens(scope) if each.revoked_at is None and each.expires_at > now()]
    said = [_("You are signed out everywhere at once, and cannot sign in again.")]
    if held:
        said.append(
            ngettext(
                "%(num)s assignment of sites and meters to you ends.",
                "%(num)s assignments of sites and meters to you end.",
                len(held),
            )
        )
    if good:
        said.append(ngettext("%(num)s token of yours stops working.", "%(num)s tokens of yours stop working.", len(good)))
    if household.household(scope) is not None:
        said.append(_("What you told of your household is deleted."))
    said.append(_("Your name, address, picture, preferences, dashboards and requests are deleted."))
    said.append(
        _("The readings of meters stay with their distributor, and the audit log keeps what was done, without your name.")
    )
    return said


def hand_over(left: own_account.Leaving | None) -> html.Div:
    """What the only administrator of an organisation has to settle first, with the ways to do it."""
    name = left.home.name if left else ""
    page = html.A(_("Your organisation"), href="/organisation", **data(soft=""))
    parts: list[Any] = []
    if left and left.successors:
        first = _(
            "You are the only administrator of %(name)s, which needs one. Hand it over to one of its people here. To delete the "
            "organisation instead, delete its other people first; then it can go with your account.",
            name=name,
        )
        parts = [first, " ", page]
    elif left and left.others:
        first = _(
            "You are the only administrator of %(name)s, and none of its other people may come in. Approve the one who is to "
            "take over, or delete their accounts. Your account can go after that.",
            name=name,
        )
        parts = [first, " ", page]
    elif left and left.owns:
        stays = _(
            "Nobody else is in %(name)s. It stays, with its sites and customers, for a platform administrator to look after.",
            name=name,
        )
        parts = [stays]
    elif left:
        parts = [_("Nobody else is in %(name)s. Without you nobody can come in to it any more.", name=name)]
    choices = [{"label": f"{each.name}, {each.email}", "value": each.id} for each in left.successors] if left else []
    select = dbc.Select(id="data-successor", options=choices, placeholder=_("Choose"))
    may_close = left is not None and not left.others and not left.owns
    words = _("Delete %(name)s too, with its invitations and what it is assigned", name=name)
    close = dcc.Checklist(id="data-close", options=[{"label": words, "value": "close"}], value=[])
    return html.Div(
        [
            html.P(parts, className="fw-semibold") if parts else None,
            html.Div(frame.field(_("Who administers it after you"), select), hidden=not choices),
            html.Div(close, className="mb-3", hidden=not may_close),
        ]
    )
