"""Entries of the audit log in words, and filters as people write them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dash import html

from store.errors import Refused
from store.records.access import audit
from store.records.access.audit import Entry, Filter
from store.records.people import lists
from store.records.schema.listing import Wanted
from store.scope import Scope

KINDS = {
    "users": "person",
    "organisations": "organisation",
    "invitations": "invitation",
    "grants": "assignment",
    "requests": "request",
    "households": "household",
    "sites": "site",
    "site_limits": "limit",
    "nodes": "node",
    "edges": "edge",
    "meters": "meter",
    "devices": "device",
    "api_keys": "device key",
    "personal_tokens": "access token",
    "two_factor": "second factor",
    "identities": "way in by a provider",
    "pictures": "picture",
    "tariffs": "tariff",
    "regions": "region",
    "mails": "mail",
    "audit": "audit log",
}
DID = {
    "create": "Made",
    "change": "Changed",
    "delete": "Deleted",
    "sign_in": "Signed in",
    "sign_in_failed": "Tried to sign in",
    "second_factor_failed": "Failed the second factor",
    "refused": "Asked for what is not theirs",
    "token_copied": "Showed a copied token",
    "sent_again": "Sent again",
    "sign_out": "Signed out",
    "sign_out_everywhere": "Signed out everywhere",
    "sign_out_elsewhere": "Signed out elsewhere",
    "view_as": "Began a view as",
    "view_as_end": "Ended a view as",
    "export": "Exported",
    "series": "Wrote series of",
    "read": "Read",
}
ACTORS = {audit.COMMAND_LINE: "Command line", audit.VISITOR: "A visitor", "loadstar": "Loadstar"}
LONGEST = 80  # of a value that is shown; the export has all of it


def wanted(scope: Scope, given: Mapping[str, str]) -> Filter:
    """What the fields ask for.

    Raises:
        Refused: nobody, or several people, are called as `who` says; or a day that is none.
    """
    until = _day(given.get("until", ""))
    return Filter(
        actor=_actor(scope, given.get("who", "").strip()),
        action=given.get("action") or None,
        subject_kind=given.get("kind") or None,
        since=_day(given.get("since", "")),
        until=until + timedelta(days=1) if until else None,
        text=given.get("text", "").strip(),
    )


def _actor(scope: Scope, who: str) -> str | None:
    if not who:
        return None
    named = next((actor for actor, words in ACTORS.items() if who.lower() in (actor, words.lower())), None)
    if named is not None or who.startswith("usr_"):
        return named or who
    found = lists.people(scope, Wanted(search=who, count=10))
    exact = [each for each in found.rows if who.lower() in (each.email, each.name.lower())]
    meant = exact if len(exact) == 1 else found.rows
    if len(meant) == 1:
        return meant[0].id
    if not meant:
        raise Refused(f"nobody here is called {who!r}: search under “to whom or what” for people who were deleted")
    raise Refused(f"{found.total:,} people fit {who!r}: write the whole address")


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(f"{text!r} is no day: write it as 2026-11-21") from None


def did(action: str) -> str:
    """An action in words."""
    return DID.get(action, action.replace("_", " ").capitalize())


def who(each: Entry) -> Any:
    """Who acted, and whose view it was."""
    name = each.actor_name or ACTORS.get(each.actor) or html.Code(each.actor)
    return [name, html.Div(["seeing as ", html.Code(each.behalf)], className="muted small")] if each.behalf else name


def subject(each: Entry) -> Any:
    """The record, by its kind, its name where the entry tells it, and its id."""
    kind = KINDS.get(each.subject_kind or "", (each.subject_kind or "—").replace("_", " ")).capitalize()
    name = next((told["name"] for told in (each.after, each.before) if told and isinstance(told.get("name"), str)), "")
    code = html.Code(each.subject_id, className="small text-break") if each.subject_id else None
    return [f"{kind} {name}".strip(), html.Div(code) if code else None]


def changes(each: Entry) -> Any:
    """What was before and what is after, column by column."""
    before, after = each.before or {}, each.after or {}
    columns = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not columns:
        return "—"
    lines = [html.Li([html.Span(f"{name.replace('_', ' ')}: ", className="muted"), *_change(each, name)]) for name in columns]
    if len(lines) <= 3:
        return html.Ul(lines, className="changes")
    return html.Details([html.Summary(f"{len(lines)} values"), html.Ul(lines, className="changes")])


def _change(each: Entry, name: str) -> list[Any]:
    if each.before is None or each.after is None:
        return [_value((each.after or each.before or {}).get(name))]
    return [_value(each.before.get(name)), " → ", _value(each.after.get(name))]


def _value(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
