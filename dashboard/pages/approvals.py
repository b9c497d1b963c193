"""The approvals inbox: users, organisations, meter claims and key requests that wait, in one queue, the longest first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import html, register_page

from config.language import N_, _, opening
from dashboard.frame import navigation
from dashboard.parts import people, tables
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Field, Moment
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.signin import letters
from dashboard.web.access import approver, current_scope, guard
from store.errors import NotFound
from store.records.people import inbox
from store.records.people.inbox import Pending
from store.records.plant import sites
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/approvals",
    name=N_("Approvals"),
    nav={"section": navigation.PEOPLE, "icon": "check-lg", "count": inbox.pending_count},
)

SINCE = Moment("since", N_("Theirs since"), help=N_("By the site's clocks. Empty: from now on."))
KINDS = {"user": N_("User"), "organisation": N_("Organisation"), "meter": N_("Meter"), "key": N_("Key")}
YES = {
    "user": N_("%(who)s may sign in and sees what %(about)s sees."),
    "organisation": N_("%(who)s may sign in, with whoever founded it as its administrator. They are told by email."),
    "meter": N_(
        "%(who)s sees %(about)s, and what it measured since it has been theirs. They are told by email, unless they opted out."
    ),
    "key": N_("%(who)s may make one key of %(about)s, and sees it once. They are told by email, unless they opted out."),
}
NO = {
    "user": N_("%(who)s may not come in. They are told by email."),
    "organisation": N_("Nobody of %(who)s may come in. Its founder is told by email."),
    "meter": N_("%(who)s does not see %(about)s. They are told by email, unless they opted out."),
    "key": N_("No key is created. %(who)s is told by email, unless they opted out."),
}


def load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[Pending]:
    """What waits, of a kind or of all."""
    return inbox.pending(scope, wanted, kind=chosen.get("kind"))


def row(_scope: Scope, each: Pending) -> Row:
    """Something that waits, and the two answers."""
    about = opening(each.about) if each.kind == "organisation" else each.about
    asks: Words = [about, html.Div(f"“{each.note}”", className="muted small")] if each.note else about
    since = reader().stamp(each.since)
    acts = [_answer("yes", N_("Approve"), YES, each), _answer("no", N_("Reject"), NO, each)]
    return Row(each.id, each.who, (_(KINDS[each.kind]), each.email or "—", asks, since), acts)


def _answer(key: str, words: str, says: Mapping[str, str], each: Pending) -> Act:
    asked: list[Field] = [SINCE, people.REASON] if (key, each.kind) == ("yes", "meter") else [people.REASON]
    question = Question(_(says[each.kind], who=each.who, about=each.about), asked)
    return Act(key, words, lambda: question)


def do(scope: Scope, asked: Asked) -> Words:
    """Say yes or no, and mail it in the same transaction."""
    if asked.act not in ("yes", "no"):
        raise NotFound(f"no act {asked.act}")
    reason = asked.given.get("reason", "")[:300]
    decision = letters.decide(scope, asked.key, approve=asked.act == "yes", reason=reason, since=_since(scope, asked))
    said = _("Approved.") if decision.approved else _("Not approved.")
    told = " " + _("They were told by mail.") if decision.tell else ""
    return [f"{said}{told}", html.Span(**data(waiting=str(inbox.pending_count(scope)), waiting_of="admin-approvals"))]


def _since(scope: Scope, asked: Asked) -> datetime | None:
    """From when on a claimed meter is theirs, as it was written."""
    given = asked.read((SINCE,))
    if not given.text("since"):
        return None
    site_id = inbox.waiting(scope, asked.key).site_id
    since = given.moment("since", ZoneInfo(sites.site(scope, site_id).time_zone if site_id else "UTC"))
    given.check()
    return since


TABLE = Table(
    "approvals",
    N_("Approvals"),
    approver,
    (
        Column("who", N_("Who"), sortable=False),
        Column("kind", N_("Asks for"), sortable=False),
        Column("email", N_("Email"), sortable=False),
        Column("about", N_("About"), sortable=False),
        Column("since", N_("Waits since")),
    ),
    load=load,
    row=row,
    do=do,
    filters=(
        Choice(
            "kind",
            N_("Kind"),
            [
                ("", N_("Everything")),
                ("user", N_("Users")),
                ("organisation", N_("Organisations")),
                ("meter", N_("Meter claims")),
                ("key", N_("Key requests")),
            ],
        ),
    ),
    search=N_("name, email, meter"),
    sort="since",
    empty=N_("Nothing waits. Who registers, claims a meter or asks for a key shows up here."),
)
tables.declare(TABLE)


@guard(approver)
def layout(**_query: Any) -> html.Div:
    """The page."""
    waiting = inbox.pending_count(current_scope())
    return html.Div(
        [
            html.Header(
                [html.H1(_("Approvals")), html.P(_("Who and what waits for you, the longest first."))],
                className="page-head",
                **data(waiting=str(waiting), waiting_of="admin-approvals"),
            ),
            tables.view(TABLE),
        ]
    )
