"""How quarantine stands: its bounds, what was refused beyond them, and how far is what somebody asked for."""

from datetime import timedelta
from typing import Any

from dash import html

from config import clock
from config.language import _
from dashboard.parts.aria import icon
from dashboard.parts.moments import ago
from dashboard.parts.reading import reader
from dashboard.quarantine import correction
from dashboard.quarantine.tables import sources_of
from store.ids import IMPORTED
from store.records.access import policy
from store.records.jobs.asking import FINISHED
from store.records.plant import refused
from store.scope import Scope

SAID = timedelta(minutes=10)  # since it ended


def bounds(scope: Scope, site_id: str) -> list[Any]:
    """What is kept, how much of it and how long."""
    words = _(
        "Kept for %(days)s days: at most %(most)s readings of a sender and %(of_site)s of a site. Sent again, one is kept once.",
        days=refused.KEPT.days,
        most=reader().count(refused.MOST),
        of_site=reader().count(refused.MOST_OF_SITE),
    )
    if not policy.may(scope, policy.Action.ADMINISTER, site_id=site_id):
        return [words]
    waits = html.A(_("Mappings"), href=f"/site/{site_id}/mappings")
    return [words, " ", _("Values whose channel nobody has mapped yet were not refused, they wait under"), " ", waits, "."]


def beyond(scope: Scope, site_id: str) -> list[html.Div]:
    """A notice for each sender of which more was refused than is kept."""
    names = sources_of(scope, site_id)
    found = []
    for each in refused.beyond(scope, site_id):
        told = {"source": names.get(each.source_id, each.source_id), "number": reader().count(each.number)}
        if each.source_id.startswith(IMPORTED):
            words = _(
                "%(number)s more readings of the file %(source)s were refused than are kept here; its import lists them row by "
                "row. Where there are so many, undo it, correct how it is read or the file, and import it again.",
                **told,
            )
        else:
            words = _(
                "%(number)s more readings of %(source)s were refused and are not kept, the last %(when)s: no more of it may be. "
                "Put right what sends them, and decide about those below.",
                when=ago(each.at, clock.now()),
                **told,
            )
        found.append(html.Div([icon("exclamation-triangle"), html.P(words, className="mb-0")], className="notice bad"))
    return found


def working(scope: Scope, site_id: str) -> str:
    """How far the newest work is, or for a while what came of it; nothing of none."""
    job = refused.working(scope, site_id)
    if job is None or (job.ended_at is not None and clock.now() - job.ended_at > SAID):
        return ""
    if job.state not in FINISHED:
        return _("What was corrected is being stored: %(share)s done.", share=f"{100 * job.progress:.0f} %")
    if job.state == "done":
        return str(correction.summed(job.result or {}))
    if job.state == "cancelled":
        return _("It was cancelled. What was stored until then stays; all else is kept.")
    return _(
        "It could not be stored now (%(why)s); all that is not stored is still kept: try it again.", why=job.problem or "ended"
    )


def is_working(scope: Scope, site_id: str) -> bool:
    """Whether something is being stored."""
    job = refused.working(scope, site_id)
    return job is not None and job.state not in FINISHED
