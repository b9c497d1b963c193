"""One mail of the outbox with its text; opening it is noted in the audit log, for links in it are keys."""

import re
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.pages import outbox
from dashboard.web.access import current_scope, guard, platform_admin
from store.records.people import mail

register_page(__name__, path_template="/admin/outbox/<mail_id>", name=N_("Mail"))

LINK = re.compile(r"(https?://\S+)")


@guard(platform_admin)
def layout(mail_id: str = "", **_query: Any) -> html.Div:
    """The mail. Its links are to be copied: opened here, they would be used by whoever reads."""
    letter = mail.read_mail(current_scope(), mail_id)
    facts: dict[str, Any] = {
        _("To"): letter.recipient,
        _("Written"): outbox.moment(letter.made_at),
        _("State"): outbox.state(letter),
    }
    if letter.file_name:
        facts[_("File")] = letter.file_name
    parts = [html.Code(part, className="user-select-all") if LINK.match(part) else part for part in LINK.split(letter.text)]
    gone = html.P(_("The text of a mail that was sent is no longer kept."), className="muted mb-0")
    return html.Div(
        [
            html.P(html.A(_("Outbox"), href="/admin/outbox"), className="mb-2 no-print"),
            html.Header(html.H1(letter.subject), className="page-head"),
            html.Section(
                html.Dl(
                    [part for name, value in facts.items() for part in (html.Dt(name), html.Dd(value))], className="definitions"
                ),
                className="panel mb-3",
            ),
            html.Section(html.Div(parts, className="letter") if letter.text else gone, className="panel"),
        ],
        className="narrow",
    )
