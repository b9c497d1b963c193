"""The outbox, for platform administrators: which mails were written, what became of them, and sending one again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import html, register_page

from config.language import N_, _
from config.settings import settings
from dashboard.frame import navigation
from dashboard.parts import tables
from dashboard.parts.aria import data, icon
from dashboard.parts.fields import Choice
from dashboard.parts.notices import Words, around
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Row, Table
from dashboard.web.access import guard, platform_admin
from store.errors import NotFound
from store.records.people import mail
from store.records.schema import Mail
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/outbox",
    name=N_("Outbox"),
    nav={"section": navigation.PEOPLE, "icon": "envelope"},
)

COLUMNS = (
    Column("subject", N_("Subject")),
    Column("recipient", N_("To")),
    Column("made_at", N_("Written")),
    Column("state", N_("State"), sortable=False),
)
STATE = Choice(
    "state",
    N_("State"),
    [("", N_("Every state")), ("waiting", N_("waiting")), ("sent", N_("sent")), ("given_up", N_("given up"))],
)
NO_SERVER = N_(
    "This Loadstar has no mail server, so mails wait here: open one and pass its link on to the person it is for. "
    "That you read it is noted in the audit log. LOADSTAR_SMTP_HOST names a server."
)
SERVER = N_("Mails go out within seconds by %(host)s. Once one is sent, its text is no longer kept.")


def load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[Mail]:
    """The mails of a page."""
    state = chosen.get("state")
    return mail.mails(scope, wanted, state=state if state in dict(STATE.options) else None)


def row(_scope: Scope, letter: Mail) -> Row:
    """A mail, and what became of it."""
    tried = letter.sent_at is None and (letter.attempts > 0 or letter.next_at is None)
    acts = [Act("again", _("Send again"))] if tried and settings().smtp_host else []
    return Row(letter.id, letter.subject, (letter.recipient, moment(letter.made_at), state(letter)), acts, href=path(letter.id))


def path(mail_id: str) -> str:
    """Where a mail is read."""
    return f"/admin/outbox/{mail_id}"


def moment(at: datetime) -> html.Time:
    """A moment, as whoever looks reads it."""
    return reader().stamp(at)


def state(letter: Mail) -> html.Span:
    """What became of a mail, in words."""
    if letter.sent_at is not None:
        return html.Span(around(N_("sent %(moment)s"), moment=moment(letter.sent_at)), className="state", **data(state="live"))
    if letter.next_at is None:
        return html.Span(
            _("given up: %(value)s", value=letter.last_error or _("nobody said why")),
            className="state wraps",
            **data(state="offline"),
        )
    if letter.last_error is not None:
        words = around(N_("%(problem)s; tried again at %(moment)s"), problem=letter.last_error, moment=moment(letter.next_at))
        return html.Span(words, className="state wraps", **data(state="late"))
    return html.Span(_("waits") if settings().smtp_host else _("waits to be read here"), className="state", **data(state="late"))


def do(scope: Scope, asked: Asked) -> Words:
    """Send a mail again."""
    if asked.act != "again":
        raise NotFound(f"no act {asked.act}")
    return _("“%(subject)s” is tried again within seconds.", subject=mail.send_again(scope, asked.key).subject)


TABLE = Table(
    "outbox",
    N_("Outbox"),
    platform_admin,
    COLUMNS,
    load=load,
    row=row,
    do=do,
    filters=(STATE,),
    search=N_("address, subject"),
    empty=N_("No mail yet. Registering, resetting a password and inviting somebody write one."),
    sort="made_at",
    descending=True,
)
tables.declare(TABLE)


@guard(platform_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    server = settings().smtp_host
    return html.Div(
        [
            html.Header([html.H1(_("Outbox")), html.P(_("What Loadstar writes to people."))], className="page-head"),
            html.Div([icon("info-circle"), html.P(_(SERVER, host=server) if server else _(NO_SERVER))], className="notice"),
            tables.view(TABLE),
        ]
    )
