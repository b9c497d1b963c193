"""Keeps at night the energies of the months that are over, so that whoever asks for some of them first does not wait."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from config import clock
from insight import closed_energy, site_view
from models import local_time
from models.tariff_components import Demand
from store.records.jobs.kinds import CLOSED_MONTHS, Nothing
from store.records.plant import sites, tariffs
from store.scope import Scope
from worker.task import Progress, Task

NIGHT = range(1, 5)  # hours of a site's clock
REACH = {"day": timedelta(days=800), "hour": timedelta(days=100)}  # two years and what their days are compared with; a quarter
OF_PEAKS = {"quarter": timedelta(days=400)}  # where the highest quarters are paid for
FEW = 300  # meters, of which quarters are kept: those of more would leave no room for what is asked more often
TOGETHER = 100  # meters


def keep(scope: Scope, _told: Nothing, progress: Progress) -> dict[str, int]:
    """Of how many meters."""
    now, every, kept = clock.now(), sites.visible_sites(scope), 0
    for nth, site in enumerate(every):
        progress(nth / len(every), None)
        view = site_view.read(scope, site.id, now)
        ids = [meter for meter in view.meters if view.metering.declared.get(meter) or meter in view.metering.terms]
        peaks = OF_PEAKS if len(ids) <= FEW and _pays_for_peaks(scope, site.id) else {}
        for step, reach in (REACH | peaks).items():
            edges = local_time.edges(local_time.begin(now - reach, "month", view.zone), now, step, view.zone)
            for first in range(0, len(ids), TOGETHER):
                closed_energy.flows(scope, ids[first : first + TOGETHER], edges, view.metering)
        kept += len(ids)
    return {"meters": kept}


def _pays_for_peaks(scope: Scope, site_id: str) -> bool:
    return any(isinstance(each, Demand) for version in tariffs.versions(scope, site_id) for each in version.components)


def is_night(scope: Scope) -> bool:
    """Whether it is somewhere: what is kept before it is asked for is no haste by day."""
    return any(clock.now().astimezone(ZoneInfo(site.time_zone)).hour in NIGHT for site in sites.visible_sites(scope))


TASK = Task(CLOSED_MONTHS, keep, most_s=3600, most_mb=1024, every=timedelta(days=1), only_if=is_night)
