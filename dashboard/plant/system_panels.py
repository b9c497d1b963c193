"""How Loadstar itself is doing, panel by panel: its stores, the device API, processes, jobs, caches, disk and versions."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

from dash import html

from config import clock
from config.language import N_, _
from config.settings import settings
from dashboard.parts.aria import data
from dashboard.parts.moments import ago
from dashboard.parts.notices import around
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from dashboard.plant import broker_words, system_facts
from insight import closed_power
from insight.shared import shared
from store import disks
from store.errors import StoreError
from store.records.plant import broker_states
from store.scope import Scope
from store.series import health

DISK_LASTS_S = 60.0  # a walk over all files
STILL_S = 40.0  # after which another worker would keep the clock, if there were one
LONG_WAIT_S = 60.0  # that nobody has begun a job that is due
LOW = 0.1  # of the disk is free: worth a look
DISKS = {"records": N_("Disk of the records"), "series": N_("Disk of QuestDB")}

PACKAGES = ("dash", "plotly", "sqlalchemy", "pandas", "httptools", "gunicorn")
QUEUES = {
    "consumption": N_("Consumption"),
    "aggregation": N_("Aggregation"),
    "forecast": N_("Forecast"),
    "clustering": N_("Clustering"),
    "report": N_("Report"),
    "mail": N_("Mail"),
    "control": N_("Control"),
    "files": N_("Files"),
    "pulling": N_("Pulling"),
}
KINDS = {
    "site_forecast": N_("Site forecast"),
    "prediction": N_("Prediction of days"),
    "audit_check": N_("Audit check"),
    "tidying": N_("Tidying"),
    "closed_months": N_("Energies of past months"),
    "quality_flags": N_("Quality flags"),
    "waiting_values": N_("Values that waited for a mapping"),
    "file_import": N_("Import of a file"),
    "import_undo": N_("Undoing an import"),
    "file_check": N_("Check of a file"),
    "pull": N_("Pulling a source"),
    "refused_readings": N_("Corrected readings"),
    "report": N_("Making a report"),
}


def panels(scope: Scope) -> list[html.Section]:
    """All of them, as they are now."""
    return [
        _stores(),
        _device_api(),
        _brokers(scope),
        _processes(),
        _jobs(scope),
        _kept_ready(),
        _disk(),
        *_other_disks(),
        _versions(scope),
    ]


def _panel(title: str, *parts: Any) -> html.Section:
    return html.Section([html.H2(title), *parts], className="panel")


def _state(good: bool, words: str) -> html.Span:
    return html.Span(words, className="state", **data(state="live" if good else "offline"))


def _facts(said: Iterable[tuple[Any, Any]]) -> html.Dl:
    return html.Dl([part for name, value in said for part in (html.Dt(name), html.Dd(value))], className="definitions")


def _table(label: str, heads: list[str], rows: list[list[Any]]) -> html.Div:
    """What is named in its first column, with its state in the second, and numbers."""
    return short_table(label, heads, rows, dict.fromkeys(range(2, len(heads)), "num"))


def _stores() -> html.Section:
    try:
        tables = health.tables()
        full = health.full(settings())
    except StoreError as problem:
        return _panel(_("Store of readings"), html.P(_state(False, str(problem))))
    rows = [
        [
            html.Code(table.name),
            _state(not table.suspended, _("suspended") if table.suspended else _("writable")),
            reader().count(table.lag),
        ]
        for table in tables
    ]
    says = _state(full is None, full or _("takes readings"))
    unsure = clock.unsure()
    when = [html.P(_state(False, unsure))] if unsure else []
    heads = [_("Table"), _("State"), _("Backlog")]
    return _panel(_("Store of readings"), html.P(says), *when, _table(_("Tables of readings"), heads, rows))


def _device_api() -> html.Section:
    found = system_facts.device_api(settings())
    says = _state(found.up, _takes(found))
    if not (found.up or found.requests):
        return _panel(_("Device API"), html.P(says, className="mb-0"))
    return _panel(
        _("Device API"),
        html.P(says),
        _facts(
            [
                (_("Rows in its queue"), reader().count(found.waiting)),
                (_("Readings accepted"), reader().count(found.accepted)),
                (_("Readings rejected"), reader().count(found.rejected)),
                (_("Requests answered"), reader().count(found.requests)),
                (_("Server errors"), reader().count(found.failed)),
            ]
        ),
        html.P(_("Since it was started."), className="muted small mt-2 mb-0"),
    )


def _takes(api: system_facts.DeviceApi) -> str:
    if api.silent and api.silent < api.replicas:
        return _(
            "%(silent)s of %(replicas)s replicas do not answer",
            silent=reader().count(api.silent),
            replicas=reader().count(api.replicas),
        )
    return _("takes readings") if api.up else _("does not answer, or refuses readings")


def _brokers(scope: Scope) -> html.Section:
    """What comes by MQTT: how it goes with each broker, and with all of them together."""
    try:
        listened = broker_states.every_state(scope)
    except StoreError as problem:
        return _panel(_("MQTT brokers"), html.P(_state(False, str(problem)), className="mb-0"))
    if not listened:
        return _panel(_("MQTT brokers"), html.P(_("No broker is listened to."), className="muted mb-0"))
    now = clock.now()
    known = [each.state for each in listened if each.state is not None]
    heard = [each for each in known if broker_words.is_heard(each, now)]
    connected = _("%(heard)s of %(all)s connected", heard=reader().count(len(heard)), all=reader().count(len(listened)))
    rows = [
        [
            f"{each.site} · {each.name}",
            broker_words.how_it_goes(each.state, now),
            *([reader().count(each.state.messages), reader().count(each.state.refused)] if each.state else ["–", "–"]),
        ]
        for each in listened
    ]
    pace = sum(each.messages_a_minute for each in heard) / 60
    said = [
        (_("Messages a second"), reader().number(f"{pace:.1f}")),
        (_("Acknowledged"), reader().count(sum(each.acknowledged for each in known))),
        (_("Waiting"), reader().count(sum(each.waiting for each in heard))),
        (_("Last message"), ago(max((each.last_message_at for each in known if each.last_message_at), default=None), now)),
    ]
    heads = [_("Broker"), _("State"), _("Messages"), _("Refused")]
    return _panel(
        _("MQTT brokers"),
        html.P(_state(len(heard) == len(listened), connected)),
        _facts(said),
        _table(_("MQTT brokers"), heads, rows),
    )


def _processes() -> html.Section:
    found = system_facts.processes(settings())
    if not found:
        return _panel(
            _("Processes"), html.P(_("Something else runs Loadstar's processes here: look there."), className="muted mb-0")
        )
    rows = [
        [
            html.Code(each.name),
            _state(each.pid is not None, _("running") if each.pid else _("not running")),
            f"{each.pid or '–'}",
            _age(each.age_s) if each.pid else "–",
            _megabytes(each.memory) if each.pid else "–",
        ]
        for each in found
    ]
    total = html.P(
        _("%(memory)s of memory in all.", memory=_megabytes(sum(each.memory for each in found))),
        className="muted small mt-2 mb-0",
    )
    return _panel(
        _("Processes"), _table(_("Processes"), [_("Process"), _("State"), _("Process ID"), _("Uptime"), _("Memory")], rows), total
    )


def _jobs(scope: Scope) -> html.Section:
    """What waits for a worker, what is under way, and how it went within the last day."""
    found = system_facts.jobs(scope)
    if isinstance(found, str):
        return _panel(_("Jobs"), html.P(_state(False, found), className="mb-0"))
    if found.clock is None:
        kept = _state(False, _("No worker keeps the clock"))
    elif found.still_s > STILL_S:
        kept = _state(
            False, _("The clock has stood still for %(age)s; %(clock)s kept it", age=_age(found.still_s), clock=found.clock)
        )
    else:
        kept = _state(True, _("%(clock)s keeps the clock", clock=found.clock))
    said: list[Any] = [html.P(kept)]
    if found.queues:
        rows = [
            [
                _named(QUEUES, each.queue),
                _state(each.waits_s < LONG_WAIT_S, _("in time") if each.waits_s < LONG_WAIT_S else _("behind")),
                reader().count(each.due),
                _age(each.waits_s),
                reader().count(each.running),
            ]
            for each in found.queues
        ]
        said.append(_table(_("Queues"), [_("Queue"), _("State"), _("Waiting"), _("Since"), _("Running")], rows))
    if found.ended:
        rows = [
            [
                _named(KINDS, each.kind),
                _state(not each.failed, _("as it should") if not each.failed else _("some failed")),
                reader().count(each.done),
                reader().count(each.failed),
                _age(each.mean_s) if each.done else "–",
                _age(each.longest_s) if each.done else "–",
            ]
            for each in found.ended
        ]
        said.append(
            _table(_("Jobs of the last day"), [_("Kind"), _("State"), _("Done"), _("Failed"), _("Mean time"), _("Longest")], rows)
        )
    if not (found.queues or found.ended):
        said.append(html.P(_("No jobs within the last day."), className="muted mb-0"))
    return _panel(_("Jobs"), *said)


def _named(words: Mapping[str, str], name: str) -> str | html.Code:
    """What people call it; one that only another version of Loadstar knows by its name."""
    return _(words[name]) if name in words else html.Code(name)


def _kept_ready() -> html.Section:
    found = closed_power.kept()
    asked = found.hits + found.misses
    share = (
        _("%(share)s of %(charts)s charts", share=f"{100 * found.hits / asked:.1f} %", charts=reader().count(asked))
        if asked
        else _("none yet")
    )
    said = [
        (_("Charts served from it"), share),
        (_("Blocks"), reader().count(found.pieces)),
        (_("Size"), _megabytes(found.size)),
    ]
    about = _(
        "Power of past periods, kept for %(closed_cache_minutes)s minutes. Each sign-in prepares the last 48 hours.",
        closed_cache_minutes=reader().count(settings().closed_cache_minutes),
    )
    return _panel(_("Cached history"), _facts(said), html.P(about, className="muted small mt-2 mb-0"))


def _disk() -> html.Section:
    found = shared.get(("disk", str(settings().home)), DISK_LASTS_S, lambda: system_facts.disk(settings()), DISK_LASTS_S)
    share = found.free / found.total
    says = _("%(free)s of %(total)s free", free=_gigabytes(found.free), total=_gigabytes(found.total))
    parts = [(html.Code(name), _megabytes(size)) for name, size in found.parts.items()]
    return _panel(_("Disk of the state folder"), html.P(_state(share > LOW, says)), _facts(parts))


def _other_disks() -> Iterator[html.Section]:
    """Those of the records and the series, where they are not the state folder's."""
    for disk in disks.seen(settings()):
        if disk.of != "state":
            room = _("%(free)s of %(total)s free", free=_gigabytes(disk.free), total=_gigabytes(disk.total))
            good = disk.nearly_full is None and disk.free / disk.total > LOW
            yield _panel(_(DISKS[disk.of]), html.P(_state(good, room), className="mb-0"))
    for of in disks.unseen(settings()):
        if of != "state":
            words = _("It cannot be seen from here: mount it here too, and set %(name)s to where.", name=disks.VOLUMES[of])
            yield _panel(_(DISKS[of]), html.P(words, className="muted mb-0"))


def _versions(scope: Scope) -> html.Section:
    now = reader().stamp(clock.now(), seconds=True)
    libraries = [(html.Code(package), version(package)) for package in PACKAGES]
    at = html.P(around(N_("As of %(moment)s, updated every 10 seconds"), moment=now), className="muted small mt-2 mb-0")
    return _panel(_("Versions"), _facts([*system_facts.versions(scope).items(), *libraries]), at)


def _megabytes(size: int) -> str:
    return f"{reader().count(round(size / 2**20))} MB" if size >= 2**20 else f"{reader().count(round(size / 2**10))} kB"


def _gigabytes(size: int) -> str:
    return f"{reader().number(f'{size / 2**30:.1f}')} GB"


def _age(seconds: float) -> str:
    for unit, length, below in (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800)):
        if seconds < below:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"
