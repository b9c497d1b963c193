"""What a change of tariffs restates is said before it is saved: both sums of each month, and a tick to go on."""

from collections.abc import Sequence
from datetime import datetime

from config.language import N_, _, ngettext
from dashboard.parts.fields import Tick
from dashboard.parts.given import Given
from dashboard.parts.reading import reader
from insight.restated import Month, restated
from models.tariffs import Version
from store.errors import StoreAway
from store.records.plant import sites
from store.records.schema import Site
from store.scope import Scope

MOST = 12  # months that are named
SURE = Tick(
    "sure",
    N_("Restate past months"),
    help=N_("Only needed where months so far would cost something else: both sums are shown before anything is saved."),
)


def agreed(scope: Scope, site_id: str, given: Given, after: Sequence[Version], since: datetime) -> None:
    """Go on only if no month so far is restated, or a person has said that it may be.

    Raises:
        Wrong: some are; it says which and by how much.
    """
    if given.ticked(SURE.key):
        return
    try:
        months = restated(scope, site_id, after, since)
    except StoreAway:
        given.refuse(
            SURE.key,
            _("What this restates cannot be said now, for measurements cannot be reached: tick to save it all the same."),
        )
        return
    if months:
        given.refuse(SURE.key, _told(months, sites.site(scope, site_id)))


def _told(months: Sequence[Month], site: Site) -> str:
    read, zone = reader(), reader().zone(site.time_zone)
    by = sum((each.after or 0.0) - (each.before or 0.0) for each in months)
    rows = [
        f"{each.start.astimezone(zone):%Y-%m} {read.money(each.before, site.currency)} → {read.money(each.after, site.currency)}"
        for each in months[-MOST:]
    ]
    difference = ("+" if by >= 0 else "") + read.money(by, site.currency)
    count = len(months)
    said = ngettext("This restates %(num)s month by %(by)s:", "This restates %(num)s months by %(by)s:", count, by=difference)
    if len(months) > MOST:
        rows.insert(0, _("earlier ones"))
    return f"{said} {'; '.join(rows)}. {_('Tick to save it.')}"
