"""The keys and brokers of a site on the ingest bench: which is looked at, how it goes with it, and what to send with it."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from config import clock
from config.language import N_, _, ngettext
from config.settings import settings
from dashboard.parts import moments
from dashboard.parts.aria import aria, icon
from dashboard.parts.notices import notice
from dashboard.plant import first_post, snippets, wiring
from dashboard.sources import last_requests, trial_post
from dashboard.sources.trial_post import LONGEST, Answered
from store.errors import Refused
from store.records.access import policy
from store.records.plant import received
from store.records.plant.received import Sender
from store.records.schema import ReceivedRequest
from store.scope import Scope

NONE = N_("This site has no key and no broker yet. Devices post with a key: an administrator creates one.")


def chosen(found: Sequence[Sender], sender_id: str, *, exactly: bool = False) -> Sender | None:
    """The one of that id; otherwise the first, unless it has to be exactly that one."""
    exact = next((each for each in found if each.id == sender_id), None)
    return exact if exactly or exact else next(iter(found), None)


def options(found: Sequence[Sender]) -> list[dict[str, str]]:
    """To choose from."""
    return [{"label": _named(each), "value": each.id} for each in found]


def _named(sender: Sender) -> str:
    if sender.is_broker:
        words = _("Broker %(name)s", name=sender.name)
    else:
        of = sender.device or _("the whole site")
        words = _("%(of)s · %(key)s", of=of, key=f"{sender.name} ({sender.id})" if sender.name else sender.id)
    return _("%(words)s, ended", words=words) if sender.ended else words


def about(scope: Scope, site_id: str, sender: Sender | None) -> list[Any]:
    """All that the page shows of one; or that there is none."""
    if sender is None:
        link = html.A(_("API keys"), href=f"/site/{site_id}/keys", className="btn btn-primary")
        may = policy.may(scope, policy.Action.ADMINISTER, site_id=site_id)
        return [html.Div([html.P(_(NONE)), *([link] if may else [])], className="panel empty")]
    post = None if sender.is_broker else trial_post.post_of(scope, site_id, sender)
    watch(scope, site_id, sender.id)
    came = received.of_source(scope, site_id, sender.id)
    shown: list[Any] = [dcc.Store(id="bench-newest", data=newest(came))]
    if sender.refused:
        shown.append(html.Div([icon("exclamation-triangle"), html.P(_refusals(sender))], className="notice bad"))
    heading = html.H2(_("Last requests"))
    said = _("New ones appear by themselves. They are kept while this page is open, and for a day at most.")
    shown.append(
        html.Section(
            [heading, html.P(said, className="muted"), last_requests.view(came, wiring.zone(scope, site_id))], className="panel"
        )
    )
    if post and not sender.ended and policy.may(scope, policy.Action.ADMINISTER, site_id=site_id):
        shown.append(_trial(json.dumps(post.body, indent=1), post.path))
    shown.append(_snippets(sender, post))
    return shown


def watch(scope: Scope, site_id: str, sender_id: str) -> None:
    """Have what comes of it written down; whoever only sees what somebody else sees, sees what is written."""
    with contextlib.suppress(Refused):
        received.watch(scope, site_id, sender_id)


def newest(came: Sequence[ReceivedRequest]) -> str:
    """The id of the newest request; nothing of none."""
    return came[0].id if came else ""


def _refusals(sender: Sender) -> str:
    times = ngettext("%(num)s request came", "%(num)s requests came", sender.refused)
    when = moments.ago(sender.refused_at, clock.now())
    why = _("this key has ended") if sender.ended else _("the secret behind the point was not that of the key")
    return _("%(times)s with this key's id and nobody was let in, the last %(when)s: %(why)s.", times=times, when=when, why=why)


def _trial(text: str, path: str) -> html.Section:
    about_it = _("It is posted to %(path)s of the device API with a temporary key that is revoked right after.", path=path)
    return html.Section(
        [
            html.H2(_("Send a test reading")),
            html.P(about_it, className="muted"),
            html.Label(_("What is posted"), htmlFor="bench-text", className="form-label"),
            dcc.Textarea(id="bench-text", value=text, rows=8, maxLength=LONGEST, className="form-control code", spellCheck=False),
            html.Div(
                [
                    html.Button(_("Try it, store nothing"), id="bench-try", className="btn btn-primary", type="button"),
                    html.Button(_("Send it for real"), id="bench-send", className="btn btn-quiet", type="button"),
                ],
                className="side-by-side",
            ),
            html.Div(id="bench-answer", **aria(live="polite")),
        ],
        className="panel",
    )


def answer(answered: Answered, *, dry_run: bool) -> html.Div:
    """What the device API said."""
    good = answered.status in (200, 204)
    if not good:
        words = _("Answered %(status)s: what was wrong is shown below.", status=answered.status)
    elif dry_run:
        words = _("All of it would be taken; nothing was stored.")
    else:
        words = _("Stored.")
    if good and (held := _held(answered)):
        words += " " + ngettext(
            "%(num)s reading is held as implausible, as shown below.",
            "%(num)s readings are held as implausible, as shown below.",
            held,
        )
    return html.Div([notice(words, bad=not good), html.Pre(answered.text, tabIndex=0)])


def _held(answered: Answered) -> int:
    """How many readings the answer says are doubted."""
    try:
        return len(json.loads(answered.text).get("held", ()))
    except (ValueError, AttributeError):
        return 0


def _snippets(sender: Sender, post: snippets.Post | None) -> html.Section:
    if sender.is_broker:
        texts, said = snippets.of_brokers(), _("Put the broker's address and account in their places.")
    elif post is None:
        texts, said = {}, _("Add a meter first: a snippet posts a reading of one.")
    else:
        key = f"{sender.id}.{first_post.SECRET}"
        texts = snippets.filled(key, post, settings().public_device_url)
        said = _(first_post.PUT_IN)
    drawn = first_post.to_copy(texts, first_open=False)
    return html.Section(
        [html.H2(_("Ready to copy")), html.P(said, className="muted"), html.Div(drawn, className="first-post")], className="panel"
    )
