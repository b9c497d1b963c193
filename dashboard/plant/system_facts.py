"""How Loadstar itself is: what the system page shows, each part asked on its own so that one that is away hides no other."""

import json
import os
import platform
import re
import shutil
import socket
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from config import clock
from config.language import _
from config.settings import PROJECT, Settings, address, reachable
from dashboard.web.own_devices import asking
from store.errors import StoreError
from store.records.access import database
from store.records.jobs import figures, lease
from store.records.jobs.lease import Held
from store.scope import Scope
from store.series import health

ASKED_S = 1.5
BOOT = Path("/proc/sys/kernel/random/boot_id")
START_TICKS = 19  # in /proc/PID/stat, counted from the state on


class Process(NamedTuple):
    """A process of this machine; `pid` is none when it does not run. Memory in bytes, that of its children too."""

    name: str
    pid: int | None
    age_s: float
    memory: int


class DeviceApi(NamedTuple):
    """What the device API says of itself, all processes of all replicas together since they were started.

    `up` is whether each replica takes readings, `silent` how many gave no answer.
    """

    up: bool
    replicas: int
    silent: int
    waiting: int
    accepted: int
    rejected: int
    requests: int
    failed: int


def versions(scope: Scope) -> dict[str, str]:
    """What runs, in which version."""
    said = {"Loadstar": _own_version(), "Python": platform.python_version()}
    records, series = _("Records"), _("Time series")
    try:
        kept = database.about(scope)
        said[records] = _(
            "%(database)s %(version)s, tables at revision %(revision)s",
            database=kept.database,
            version=kept.version,
            revision=kept.revision,
        )
    except StoreError as problem:
        said[records] = str(problem)
    try:
        said[series] = _questdb(health.build())
    except StoreError as problem:
        said[series] = str(problem)
    return said


def _questdb(build: str) -> str:
    """Name and version of what it says of its build, which tells of its Java and its commit too."""
    found = re.search(r"QuestDB [^\s,]+", build)
    return found[0] if found else build


def _own_version() -> str:
    try:
        return str(tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return _("not known here")


def processes(settings: Settings) -> list[Process]:
    """The processes that were started from this state folder, the oldest first; empty where something else starts them."""
    found = [_process(file) for file in sorted((settings.home / "run").glob("[!.]*.pid"))]
    return sorted(found, key=lambda each: -each.age_s)


def _process(file: Path) -> Process:
    nobody = Process(file.stem, None, 0.0, 0)
    try:
        record = json.loads(file.read_text())
        pid = int(record["pid"])
        if BOOT.exists():
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if stat[START_TICKS] != record["started"] or BOOT.read_text().strip() != record["boot"]:
                return nobody
        process = psutil.Process(pid)
        watchers = file.stem in ("up", "supervisord")  # their children have files of their own
        members = [process] if watchers else [process, *process.children(recursive=True)]
        age_s = time.time() - process.create_time()  # noqa: TID251 - both are the machine's word
        return Process(file.stem, pid, age_s, sum(_memory(each) for each in members))
    except (OSError, ValueError, KeyError, IndexError, psutil.Error):
        return nobody


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.uss))
    except psutil.Error:
        return 0


def device_api(settings: Settings) -> DeviceApi:
    """Its own figures, as each replica gives them to Prometheus."""
    addresses = replicas(settings)
    with ThreadPoolExecutor(max(1, len(addresses))) as pool:
        answers = list(pool.map(_metrics, addresses))
    return read_metrics(answers)


def replicas(settings: Settings) -> list[tuple[str, int]]:
    """Where the replicas of the device API listen: all addresses of the names that are given."""
    here = f"{reachable(settings.device_host)}:{settings.device_port}"
    found: list[tuple[str, int]] = []
    for named in (settings.device_replicas or here).split(","):
        host, _, port = named.rpartition(":")
        try:
            known = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
        except OSError:  # no such name now
            known = []
        # One replica may have an address of either kind.
        found += dict.fromkeys((str(where[0]), int(port)) for family, *_, where in known if family == known[0][0])
    return found


def _metrics(where: tuple[str, int]) -> str | None:
    try:
        return asking().get(f"{address(*where)}/metrics", timeout=ASKED_S).raise_for_status().text
    except httpx.HTTPError:
        return None


def read_metrics(answers: Sequence[str | None]) -> DeviceApi:
    """What the figures of the replicas say together; None is one that gave no answer."""
    sums: Counter[str] = Counter()
    up, silent = bool(answers), 0
    for text in answers:
        try:
            up = _add(text or "", sums) and up
        except ValueError:  # no figures
            silent += 1
    return DeviceApi(
        up and not silent,
        len(answers),
        silent,
        sums["waiting"],
        sums["accepted"],
        sums["rejected"],
        sums["requests"],
        sums["failed"],
    )


def _add(text: str, sums: Counter[str]) -> bool:
    """Add what the figures of a replica say; whether it takes readings.

    Raises:
        ValueError: they are none.
    """
    up: bool | None = None
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels: Mapping[str, str] = sample.labels
            match sample.name:
                case "loadstar_queue_rows":
                    sums["waiting"] += int(sample.value)
                case "loadstar_store_up":
                    up = up is not False and sample.value == 1
                case "loadstar_readings_total":
                    sums["rejected" if labels["verdict"] == "rejected" else "accepted"] += int(sample.value)
                case "loadstar_requests_total":
                    sums["requests"] += int(sample.value)
                    sums["failed"] += int(sample.value) if labels["status"].startswith("5") else 0
    if up is None:
        raise ValueError("these are no figures of the device API")
    return up


class Jobs(NamedTuple):
    """How the queues are, how jobs of the last day ended, which worker keeps the clock, and for how long it was seen to stand."""

    queues: list[figures.Waiting]
    ended: list[figures.Ended]
    clock: str | None
    still_s: float


_clock_seen: tuple[Held | None, float] = (None, 0.0)


def jobs(scope: Scope) -> Jobs | str:
    """How the jobs are; or why that cannot be told."""
    global _clock_seen
    try:
        held, now = lease.held(scope, lease.CLOCK), time.monotonic()
        if held != _clock_seen[0]:
            _clock_seen = held, now
        worker = " ".join(held.holder.split()[:2]) if held else None  # the machine and the process
        return Jobs(figures.queues(scope), figures.ended(scope, clock.now() - timedelta(days=1)), worker, now - _clock_seen[1])
    except StoreError as problem:
        return str(problem)


class Disk(NamedTuple):
    """The disk of the state folder, and what Loadstar has on it, in bytes."""

    total: int
    free: int
    parts: Mapping[str, int]


def disk(settings: Settings) -> Disk:
    """How full the disk is, and with what."""
    usage = shutil.disk_usage(settings.home)
    parts: Counter[str] = Counter()
    for entry in os.scandir(settings.home):
        parts[entry.name] += _size(entry)
    return Disk(usage.total, usage.free, dict(parts.most_common(6)))


def _size(entry: os.DirEntry[str]) -> int:
    if not entry.is_dir(follow_symlinks=False):
        return entry.stat(follow_symlinks=False).st_size
    total = 0
    for folder, _folders, files in os.walk(entry.path):
        for name in files:
            try:
                total += Path(folder, name).lstat().st_blocks * 512
            except OSError:  # gone meanwhile
                continue
    return total
