"""Entries of the audit log in words, and filters as people write them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dash import html

from config.language import N_, _, ngettext, opening
from store.errors import Refused
from store.records.access import audit
from store.records.access.audit import Entry, Filter
from store.records.people import lists
from store.records.schema.listing import Wanted
from store.scope import Scope

KINDS = {
    "users": N_("person"),
    "organisations": N_("organisation"),
    "invitations": N_("invitation"),
    "grants": N_("assignment"),
    "requests": N_("request"),
    "households": N_("household"),
    "sites": N_("site"),
    "site_limits": N_("limit"),
    "nodes": N_("node"),
    "edges": N_("edge"),
    "buildings": N_("building"),
    "budgets": N_("budget"),
    "site_calendars": N_("calendar"),
    "calendar_periods": N_("days of a calendar"),
    "meters": N_("meter"),
    "flag_thresholds": N_("rule of flags"),
    "brokers": N_("broker"),
    "devices": N_("device"),
    "api_keys": N_("device key"),
    "channels": N_("channel"),
    "imports": N_("import of a file"),
    "import_profiles": N_("way of reading a file"),
    "personal_tokens": N_("access token"),
    "two_factor": N_("second factor"),
    "identities": N_("sign-in by a provider"),
    "pictures": N_("picture"),
    "tariffs": N_("tariff"),
    "emission_factors": N_("CO₂ factor"),
    "pull_sources": N_("source that is pulled"),
    "regions": N_("region"),
    "mails": N_("mail"),
    "reports": N_("report"),
    "report_schedules": N_("report by the clock"),
    "report_recipients": N_("recipient of a report"),
    "audit": N_("audit log"),
}
DID = {
    "create": N_("Created"),
    "change": N_("Changed"),
    "delete": N_("Deleted"),
    "sign_in": N_("Signed in"),
    "sign_in_failed": N_("Tried to sign in"),
    "second_factor_failed": N_("Failed the second factor"),
    "refused": N_("Was refused"),
    "token_copied": N_("Used a copied token"),
    "sent_again": N_("Sent again"),
    "sign_out": N_("Signed out"),
    "sign_out_everywhere": N_("Signed out everywhere"),
    "sign_out_elsewhere": N_("Signed out elsewhere"),
    "view_as": N_("Began a view as"),
    "view_as_end": N_("Ended a view as"),
    "export": N_("Exported"),
    "series": N_("Wrote series of"),
    "read": N_("Read"),
}
ACTORS = {audit.COMMAND_LINE: N_("Command line"), audit.VISITOR: N_("A visitor"), "loadstar": "Loadstar"}
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
    named = next((actor for actor, words in ACTORS.items() if who.lower() in (actor, _(words).lower())), None)
    if named is not None or who.startswith("usr_"):
        return named or who
    found = lists.people(scope, Wanted(search=who, count=10))
    exact = [each for each in found.rows if who.lower() in (each.email, each.name.lower())]
    meant = exact if len(exact) == 1 else found.rows
    if len(meant) == 1:
        return meant[0].id
    if not meant:
        raise Refused(
            _("nobody here is called %(who)s: search under “to whom or what” for people who were deleted", who=repr(who))
        )
    raise Refused(_("%(total)s people fit %(who)s: write the whole address", total=f"{found.total:,}", who=repr(who)))


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(_("%(text)s is no day: write it as 2026-11-21", text=repr(text))) from None


def did(action: str) -> str:
    """An action in words."""
    return _(DID[action]) if action in DID else action.replace("_", " ").capitalize()


def who(each: Entry) -> Any:
    """Who acted, and whose view it was."""
    name = each.actor_name or (_(ACTORS[each.actor]) if each.actor in ACTORS else html.Code(each.actor))
    return [name, html.Div([_("seeing as"), " ", html.Code(each.behalf)], className="muted small")] if each.behalf else name


def subject(each: Entry) -> Any:
    """The record, by its kind, its name where the entry tells it, and its id."""
    table = each.subject_kind or "—"
    kind = opening(_(KINDS[table]) if table in KINDS else table.replace("_", " "))
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
    return html.Details(
        [html.Summary(ngettext("%(num)s value", "%(num)s values", len(lines))), html.Ul(lines, className="changes")]
    )


def _change(each: Entry, name: str) -> list[Any]:
    if each.before is None or each.after is None:
        return [_value((each.after or each.before or {}).get(name))]
    return [_value(each.before.get(name)), " → ", _value(each.after.get(name))]


def _value(value: Any) -> str:
    text = _("nothing") if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
