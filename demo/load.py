"""Loads the demo: its records and a year of history at the first start, what was missed since at a later one.

Interrupted half-way, it goes on at the next start: the records are made whole or not at all, and rows that are written
twice are one row.
"""

import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from config import clock
from config.quantities import INTERVAL_S
from config.settings import Settings, settings
from demo import history, plant, sites, state
from demo.campus import campus
from demo.feed import STEP_S
from demo.homes import homes
from demo.plant import Plant
from demo.replay import HOUR_S
from demo.state import State
from store.errors import NotFound, StoreAway
from store.ids import ALPHABET
from store.records.people import users
from store.records.plant import sites as site_records
from store.scope import SYSTEM
from store.series import bulk, rollup
from store.series.write import INTERVALS, LATE, TELEMETRY

DAY_S = 24 * HOUR_S
LIVE_BEFORE_S = 2 * HOUR_S  # how much of the past is samples, at least, when the demo is made
SUPPLY_BEFORE_S = 7 * DAY_S  # how much of the past of the grid's voltages and frequency is samples
SAMPLES_AT_MOST_S = 3 * HOUR_S  # a longer gap is filled with quarters of an hour
APPLIED_WITHIN_S = 120.0

Progress = Callable[[float], None]  # told the share that is done, 0..1


class Account(NamedTuple):
    """How to sign in to the demo, and as whom."""

    email: str
    password: str
    what: str


def ensure_demo(progress: Progress = lambda _: None, *, now: float | None = None, days: int | None = None) -> list[Account]:
    """Have the demo's records and its history in the store, up to now; the accounts if this made them, else none.

    The first time it begins so many `days` ago, or as many as the settings say, which for a year takes about half a minute; later
    it fills what is missing since the feed last posted.

    Raises:
        StoreAway: QuestDB or the records cannot be reached; the next call goes on where this one ended.
    """
    conf = settings()
    with _alone(conf):
        end = int(now if now is not None else clock.now_us() // clock.SECOND) // STEP_S * STEP_S
        tables = state.folder(conf) / "tables"
        plants = (campus(tables), homes(tables))
        known = _recorded(conf) or _record(conf, plants, end, days or conf.demo_days)
        if known.loaded:
            _catch_up(conf, plants, known, end)
            return []
        _load_year(conf, plants, known, end, progress)
        accounts = _accounts()
        known.loaded = True
        state.write(conf, known)
        return accounts


@contextmanager
def _alone(conf: Settings) -> Iterator[None]:
    """Nobody else loads the demo of this state folder meanwhile; the kernel lets go of the lock however this ends."""
    place = state.folder(conf)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _recorded(conf: Settings) -> State | None:
    """The demo made earlier, if the records still have it."""
    known = state.read(conf)
    if known is None:
        return None
    try:
        for site_id in known.sites.values():
            site_records.site(SYSTEM, site_id)
    except NotFound:
        return None
    return known if known.sites else None


def _record(conf: Settings, plants: tuple[Plant, ...], end: int, days: int) -> State:
    switch = end // HOUR_S * HOUR_S - LIVE_BEFORE_S
    known = State(start=switch - days * DAY_S, switch=switch)
    sites.record(plants, known, keep=lambda: state.write(conf, known))
    return known


def _load_year(conf: Settings, plants: tuple[Plant, ...], known: State, end: int, progress: Progress) -> None:
    series = sum(len(plant.intervals(site, [0, HOUR_S])) + len(plant.levels(site, [0])) for site in plants)
    expected, done = ((known.switch - known.start) // HOUR_S + (end - known.switch) // STEP_S) * series, 0
    with bulk.writer(conf) as sender:
        for site in plants:
            ids = known.series[site.key]
            for table, frames in (
                (INTERVALS, history.interval_rows(site, ids, known.start, known.switch, HOUR_S)),
                (TELEMETRY, history.supply_rows(site, ids, max(known.start, known.switch - SUPPLY_BEFORE_S), known.switch)),
                (TELEMETRY, history.sample_rows(site, ids, known.switch, end, STEP_S)),
                (LATE, iter([history.late_rows(site, ids, known.switch, end)])),
            ):
                for frame in frames:
                    done += bulk.write(SYSTEM, sender, table, frame)
                    progress(min(0.9 * done / expected, 0.9))
    _applied(progress)
    state.write_posted(conf, _posted(plants, end))
    progress(1.0)


def _catch_up(conf: Settings, plants: tuple[Plant, ...], known: State, end: int) -> None:
    """Fill from when the feed last posted; a filling that was interrupted is ended first."""
    if known.filling is None:
        posted = state.read_posted(conf)
        since = min(posted.get(name, known.switch) for name in _posted(plants, end))
        if since >= end:
            return
        known.filling = [since, end]
        state.write(conf, known)
    since, until = known.filling
    _fill(conf, plants, known, since, until)
    state.write_posted(conf, _posted(plants, until))
    known.filling = None
    state.write(conf, known)
    if until < end:
        _catch_up(conf, plants, known, end)


def _fill(conf: Settings, plants: tuple[Plant, ...], known: State, since: int, end: int) -> None:
    """Fill with samples; a long gap with quarters of an hour, declared so, between samples at both its ends."""
    first, last = -(-since // INTERVAL_S) * INTERVAL_S, end // INTERVAL_S * INTERVAL_S
    long = end - since > SAMPLES_AT_MOST_S
    stretches = ((since, first), (last, end)) if long else ((since, end),)
    with bulk.writer(conf) as sender:
        for site in plants:
            ids = known.series[site.key]
            for begin, finish in stretches:
                for frame in history.sample_rows(site, ids, begin, finish, STEP_S):
                    bulk.write(SYSTEM, sender, TELEMETRY, frame)
                bulk.write(SYSTEM, sender, LATE, history.late_rows(site, ids, begin, finish))
            if long:
                for frame in history.interval_rows(site, ids, first, last, INTERVAL_S):
                    bulk.write(SYSTEM, sender, INTERVALS, frame)
    if long:
        sites.declare_quarters(plants, known, first, last)
    _applied()


def _posted(plants: tuple[Plant, ...], until: int) -> dict[str, int]:
    return {f"{site.key}/{name}": until for site in plants for name in ("region", *(device.key for device in site.devices))}


def _applied(progress: Progress = lambda _: None) -> None:
    """Wait until what was written can be read."""
    progress(0.95)
    if not rollup.await_applied((INTERVALS, TELEMETRY, LATE), APPLIED_WITHIN_S):
        raise StoreAway(f"QuestDB has not applied what was written within {APPLIED_WITHIN_S:.0f} s")


def _accounts() -> list[Account]:
    """New passwords for the accounts that people try the demo with."""
    accounts = []
    for email, what in (
        (sites.OPERATOR, "an operator, who sees both sites"),
        (sites.ADMINISTRATOR, "an administrator of everything"),
        (sites.resident(1), "a resident, who sees home 1 of Fontana Homes"),
    ):
        password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(3))  # 75 bits, easily read
        users.set_password(SYSTEM, email, password)
        accounts.append(Account(email, password, what))
    return accounts
