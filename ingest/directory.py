"""Who may post what, as this process knows it: a snapshot of keys, devices and meters.

No request asks the records' database. A snapshot is replaced when the records' version of it changes, which is looked at
every second and a half, and at once (but not often) when a key, a meter or a field comes that it does not know.
"""

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from config.language import _
from config.quantities import EXPORT_OF, LONGEST_INTERVAL_S, QUANTITIES, TELLING, Kind
from ingest.doubt import Doubt, LevelDoubt, doubt
from ingest.problem import Problem, echo
from ingest.times import SECOND
from models.plausible import capacity
from store.errors import StoreAway, StoreError
from store.records.plant import directory as records
from store.records.plant.channels import Source
from store.series.write import TELEMETRY, Series, series

log = logging.getLogger(__name__)

POLL_S = 1.5
UNKNOWN_S = 0.25  # what is not known makes this process look again at most this often
_TARGETS = 20_000  # kept by a key; one is a meter, a quantity and an interval
_SOUGHT = 10_000  # names remembered of a key
_LACKING = frozenset(("unknown_meter", "unmapped_field"))  # what a newer snapshot may know

_EXPORTS = frozenset(EXPORT_OF.values())


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reading goes and what it may be. `duration_us` lies between the time it is sent with and the one it is kept at.

    `estimates` is where it goes when its sender estimated it.
    """

    series: Series
    estimates: Series
    unit: str
    least: float
    greatest: float
    duration_us: int
    sample: bool
    device_id: str | None
    doubt: Doubt | LevelDoubt | None = field(default=None, compare=False)


@dataclass
class Caller:
    """The holder of a key, and the meters it may write to."""

    key_id: str
    secret_hash: bytes
    revoked: bool
    archived: bool  # its site is out of use
    can_write: bool
    site_number: int
    device: records.DeviceEntry | None
    meters: dict[str, records.MeterEntry]
    intervals_s: dict[str, int]  # the reporting interval of each meter's device
    devices: dict[str, str]  # meter → the device whose it is
    ends: float = math.inf  # seconds since 1970
    site_id: str = ""
    heads: dict[str, Any] = field(default_factory=dict)  # of line protocol, as they were read
    channels: records.Channels = field(default_factory=dict)  # of its own source: what they mean
    targets: dict[tuple[str, str, int | None], Target] = field(default_factory=dict)
    fields: dict[str, tuple[str, str, int | None]] = field(
        default_factory=dict
    )  # of the device's posts: meter, quantity, interval
    uncounted: dict[tuple[str, str], str] = field(default_factory=dict)  # meter, quantity → what is counted instead, if anything
    sought: set[tuple[str | None, object]] = field(default_factory=set)  # names that the records were asked for in vain

    @property
    def channel_source(self) -> Source:
        """Whose channels its values are: they outlive the key."""
        return Source(self.site_id, self.device.id if self.device else None)

    @cached_property
    def source(self) -> str:
        """What is stored as the origin of its readings."""
        return self.device.id if self.device else self.key_id

    def target(self, meter: str, quantity: str, interval_s: int | None) -> Target | Problem:
        """Where a reading of this meter and quantity goes, or why it cannot."""
        found = self.targets.get((meter, quantity, interval_s))
        if found is not None:
            return found
        made = self._resolve(meter, quantity, interval_s)
        if isinstance(made, Target):
            if len(self.targets) >= _TARGETS:
                self.targets.clear()
            self.targets[meter, quantity, interval_s] = made
        return made

    def _resolve(self, meter: str, quantity: str, interval_s: int | None) -> Target | Problem:
        entry = self.meters.get(meter)
        if entry is None:  # of another site, or of nobody: the two are never told apart
            return Problem(
                "unknown_meter",
                _(
                    "no meter %(meter)s that this key may write to: take the id from the meter's page, and a key of its site",
                    meter=repr(echo(meter)),
                ),
                "meter",
                echo(meter),
            )
        what = QUANTITIES.get(quantity)
        if what is None:
            return Problem(
                "unknown_quantity",
                _("there is no quantity %(quantity)s: use one of those that are allowed", quantity=repr(echo(quantity))),
                "quantity",
                echo(quantity),
                ", ".join(QUANTITIES),
            )
        if interval_s is not None and not 1 <= interval_s <= LONGEST_INTERVAL_S:
            return Problem(
                "bad_interval",
                _(
                    "interval_s is %(given)s: an interval lasts from 1 s to a local day (%(most)s s)",
                    given=echo(interval_s),
                    most=LONGEST_INTERVAL_S,
                ),
                "interval_s",
                echo(interval_s),
                _("1 to %(most)s seconds", most=LONGEST_INTERVAL_S),
            )
        if what.kind is Kind.COUNTER and interval_s is not None:
            return Problem(
                "bad_interval",
                _("%(quantity)s is a counter, read at a moment; leave interval_s out", quantity=quantity),
                "interval_s",
                interval_s,
            )
        duration_s = interval_s
        if what.kind is Kind.ENERGY and duration_s is None:
            duration_s = self.intervals_s.get(meter)
            if duration_s is None:
                return Problem(
                    "missing_field",
                    _(
                        "%(quantity)s is of an interval, and the meter has no device whose reporting interval it could be: "
                        "send interval_s",
                        quantity=quantity,
                    ),
                    "interval_s",
                    None,
                    _("1 to %(most)s seconds", most=LONGEST_INTERVAL_S),
                )
        if what.kind in (Kind.ENERGY, Kind.COUNTER) and quantity not in TELLING.get(entry.method or "", ()):
            self.uncounted[meter, quantity] = TELLING[entry.method][0] if entry.method else ""
        made = series(meter, quantity, duration_s or 0, self.source)
        backwards = entry.one_way and quantity in _EXPORTS
        return Target(
            series=made,
            estimates=series(meter, quantity, duration_s or 0, self.source, estimated=True),
            unit=what.unit,
            least=what.least,
            greatest=0.0 if backwards else what.greatest,
            duration_us=(duration_s or 0) * SECOND,
            sample=made.table == TELEMETRY,
            device_id=entry.device_id,
            doubt=self._doubt(entry, quantity, (duration_s or 0) * SECOND),
        )

    def _doubt(self, entry: records.MeterEntry, quantity: str, duration_us: int) -> Doubt | LevelDoubt | None:
        if QUANTITIES[quantity].kind is Kind.COUNTER and (entry.id, quantity) in self.uncounted:
            return None  # a register is followed where it is counted
        return doubt(quantity, duration_us, capacity(entry.rated_kw), entry.rollover_kwh)


class Directory:
    """The snapshot in force, and its renewal."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}
        self.brokers: dict[str, Caller] = {}  # who writes what comes through a broker; no key opens the door for it
        self.version: object = None
        self._looked = 0.0
        self._away = False  # whether the records could not be read when they were last looked into
        self._renewing = asyncio.Lock()

    async def keep(self) -> None:
        """Look for a new version for ever."""
        while True:
            await asyncio.sleep(POLL_S)
            await self.renew()

    async def renew(self, since: float | None = None) -> None:
        """Take over what has changed in the records; keep what is known when they cannot be read.

        Nothing is done if that was begun after `since` by somebody else.
        """
        async with self._renewing:
            if since is not None and self._looked >= since:
                return
            self._looked = time.monotonic()
            try:
                changed = await asyncio.get_running_loop().run_in_executor(None, _load, self.version)
            except StoreError as error:
                log.warning("the records cannot be read, the keys known so far stay in force: %s", error)
                self._away = True
                return
            self._away = False
            if changed is not None:
                self.version, self.callers, self.brokers = changed

    async def caller(self, key_id: str) -> Caller | None:
        """Who holds this key; one made a moment ago is found too, and one that does not exist waits for its answer.

        Raises:
            StoreAway: it is not known here, and whether it exists cannot be found out now.
        """
        caller = self.callers.get(key_id)
        if caller is None:
            await self._look_again()
            caller = self.callers.get(key_id)
            if caller is None and self._away:
                raise StoreAway(_("whether there is such a key cannot be found out while the records are away"))
        return caller

    async def learned(self, caller: Caller, problems: Sequence[Problem]) -> bool:
        """Whether more is known by now than this caller's snapshot, because these problems name what is not in it.

        Ids are never made twice: a name that was sought in vain is not sought again before something else changes, so that
        whoever goes on sending it neither waits nor keeps the records busy.
        """
        lacking = {(each.field, each.value) for each in problems if each.code in _LACKING} - caller.sought
        if not lacking or self._away:
            return False
        await self._look_again()
        if self.callers.get(caller.key_id) is not caller:
            return True
        if not self._away:
            if len(caller.sought) >= _SOUGHT:
                caller.sought.clear()
            caller.sought |= lacking
        return False

    async def _look_again(self) -> None:
        """Take over what has changed until now, together with everybody else who asks meanwhile."""
        asked = time.monotonic()
        await asyncio.sleep(max(0.0, self._looked + UNKNOWN_S - asked))
        await self.renew(asked)


def _load(version: object) -> tuple[object, dict[str, Caller], dict[str, Caller]] | None:
    """The newest version, its callers and its brokers, or None if the records still have this one."""
    newest = records.directory_version()
    if newest == version:
        return None
    loaded = records.load_directory()
    return newest, dict(_callers(loaded)), dict(_brokers(loaded))


def caller_of(loaded: records.Directory, source: Source) -> Caller:
    """A source as if it held a key of its own: what waits of it is judged so, whichever keys it has by then."""
    key = records.KeyEntry(source.id, "", source.device_id, source.site_id, can_write=True, revoked=False, archived=False)
    return next(caller for _key, caller in _callers(replace(loaded, keys={key.id: key})))


def _callers(loaded: records.Directory) -> Iterable[tuple[str, Caller]]:
    of_site: dict[str, dict[str, records.MeterEntry]] = {}
    of_device: dict[str, dict[str, records.MeterEntry]] = {}
    devices: dict[str, str] = {}
    for meter in loaded.meters.values():
        of_site.setdefault(meter.site_id, {})[meter.id] = meter
        if meter.device_id:
            of_device.setdefault(meter.device_id, {})[meter.id] = meter
            devices[meter.id] = meter.device_id
    for key in loaded.keys.values():
        device = loaded.devices.get(key.device_id) if key.device_id else None
        channels = loaded.channels.get(key.device_id or key.site_id, {})
        if device is not None:
            mapped = {entry.meter_id for entry in channels.values() if entry.meter_id is not None}
            meters = of_device.get(device.id, {}) | {
                meter: loaded.meters[meter] for meter in (*device.meter_ids, *mapped) if meter in loaded.meters
            }
            intervals_s = dict.fromkeys(meters, device.reporting_interval_s)
        else:
            meters = {} if key.device_id else of_site.get(key.site_id, {})
            intervals_s = _intervals(meters, loaded)
        yield (
            key.id,
            Caller(
                key_id=key.id,
                secret_hash=bytes.fromhex(key.secret_hash),
                revoked=key.revoked,
                archived=key.archived,
                can_write=key.can_write,
                site_number=device.site_number if device else 0,
                device=device,
                meters=meters,
                intervals_s=intervals_s,
                devices=devices,
                ends=key.expires_at.timestamp() if key.expires_at else math.inf,
                site_id=key.site_id,
                channels=channels,
            ),
        )


def _intervals(meters: dict[str, records.MeterEntry], loaded: records.Directory) -> dict[str, int]:
    """How often (s) each meter is read: as its device posts, or as it declares itself."""
    intervals_s = {}
    for meter in meters.values():
        owner = loaded.devices.get(meter.device_id) if meter.device_id else None
        interval_s = owner.reporting_interval_s if owner else meter.interval_s
        if interval_s is not None:
            intervals_s[meter.id] = interval_s
    return intervals_s


def keyless(loaded: records.Directory, source_id: str, site_id: str) -> Caller:
    """Who writes to all meters of a site without a key that would open the door: a broker, an import."""
    meters = {meter.id: meter for meter in loaded.meters.values() if meter.site_id == site_id}
    return Caller(
        key_id=source_id,
        secret_hash=b"",
        revoked=False,
        archived=False,
        can_write=True,
        site_number=0,
        device=None,
        meters=meters,
        intervals_s=_intervals(meters, loaded),
        devices={meter.id: meter.device_id for meter in meters.values() if meter.device_id},
        site_id=site_id,
        channels=loaded.channels.get(source_id, {}),
    )


def _brokers(loaded: records.Directory) -> Iterable[tuple[str, Caller]]:
    """Each broker that is listened to, with all meters of its site."""
    for broker_id, site_id in loaded.brokers.items():
        yield broker_id, keyless(loaded, broker_id, site_id)
