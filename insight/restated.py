"""What other tariffs would make of what a site has paid so far: both sums of each month that would be another."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from config import clock
from insight import site_view
from insight.site_cost import site_bill
from models import local_time
from models.bills import Bill
from models.tariffs import Version
from store.scope import Scope
from store.series.prices import prices

LONGEST = timedelta(days=3 * 366)  # what is looked back at: reading more would keep a person waiting
LEAST = 0.005  # of a difference that counts, in the site's currency


class Month(NamedTuple):
    """A local month by its start (UTC): what it costs as it is, and as it would be; None where nothing has a price."""

    start: datetime
    before: float | None
    after: float | None


def restated(scope: Scope, site_id: str, after: Sequence[Version], since: datetime) -> list[Month]:
    """The months up to now with energy that would cost something else by the tariffs `after`, which differ from `since` on.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    now = clock.now()
    if since >= now:
        return []
    view = site_view.read(scope, site_id, now)
    edges = local_time.edges(max(since, now - LONGEST), now, "month", view.zone)
    both = [_bill(scope, view, edges, versions) for versions in (None, after)]
    used = both[0].bought_kwh[0] + both[0].sold_kwh[0] > 0
    sums = ([None if math.isnan(each) else each for each in bill.cost[0].tolist()] for bill in both)
    found = [Month(*each) for each, some in zip(zip(edges, *sums, strict=False), used.tolist(), strict=True) if some]
    return [each for each in found if _another(each.before, each.after)]


def _bill(scope: Scope, view: site_view.SiteView, edges: list[datetime], versions: Sequence[Version] | None) -> Bill:
    return site_bill(scope, view, edges, prices(scope, view.id, edges[0], edges[-1], reaching=True, versions=versions))


def _another(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= LEAST
