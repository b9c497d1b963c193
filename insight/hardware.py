"""What the hardware of a site says now, by the names of the fields that it posts."""

from datetime import datetime, timedelta
from typing import NamedTuple

from config import clock
from store.records.plant import activity, directory
from store.scope import Scope
from store.series import latest

FRESH = timedelta(seconds=60)
BEST_FIRST = ("live", "late", "offline", "never")


class Told(NamedTuple):
    """What one device told last: field → value (kWh, %, V, A, Hz), and the moment of the newest of them."""

    at: datetime
    fields: dict[str, float]


class Heard(NamedTuple):
    """The presence of the device that is heard best, as `models.presence` says it, and when any was heard last."""

    state: str
    last_seen: datetime | None


def told(scope: Scope, site_id: str) -> Told | None:
    """What the device that told last has told within the last minute; nothing when none has.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    of_devices = directory.fields_of_site(scope, site_id)
    meters = {meter_id for fields in of_devices.values() for meter_id, _quantity in fields.values()}
    newest = latest.latest(scope, meters)
    since = clock.now() - FRESH
    found: list[Told] = []
    for _device_id, fields in sorted(of_devices.items()):
        values = {name: newest[of] for name, of in fields.items() if of in newest and newest[of].ts >= since}
        if values:
            found.append(Told(max(each.ts for each in values.values()), {name: each.value for name, each in values.items()}))
    return max(found, key=lambda each: each.at, default=None)


def heard(scope: Scope, site_id: str) -> Heard:
    """How well the devices of a site are heard; raises `NotFound` when it does not exist for the scope."""
    now = clock.now()
    devices = activity.heard_by_site(scope, [site_id])[site_id]
    states = {each.presence(now) for each in devices} or {"never"}
    return Heard(min(states, key=BEST_FIRST.index), max((each.seen for each in devices if each.seen), default=None))
