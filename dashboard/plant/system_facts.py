"""How Loadstar itself is: what the system page shows, each part asked on its own so that one that is away hides no other."""

import json
import os
import platform
import shutil
import time
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from config import clock
from config.settings import PROJECT, Settings
from store.errors import StoreError
from store.records.access import database
from store.records.jobs import lease, working
from store.records.jobs.lease import Held
from store.scope import Scope
from store.series import health

PACKAGES = ("dash", "plotly", "sqlalchemy", "pandas", "granian", "gunicorn")
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
    """What the device API says of itself, all of its processes together since they were started."""

    up: bool
    waiting: int
    accepted: int
    rejected: int
    requests: int
    failed: int


def versions(scope: Scope) -> dict[str, str]:
    """What runs, in which version."""
    said = {"Loadstar": _own_version(), "Python": platform.python_version()}
    try:
        kept = database.about(scope)
        said["Records"] = f"{kept.database} {kept.version}, tables at revision {kept.revision}"
    except StoreError as problem:
        said["Records"] = str(problem)
    try:
        said["Time series"] = health.build()
    except StoreError as problem:
        said["Time series"] = str(problem)
    return said | {package: version(package) for package in PACKAGES}


def _own_version() -> str:
    try:
        return str(tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "not known here"


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
    """Its own figures, as it gives them to Prometheus."""
    host = "127.0.0.1" if settings.device_host in ("0.0.0.0", "::") else settings.device_host  # noqa: S104 - compared with
    try:
        answer = httpx.get(f"http://{host}:{settings.device_port}/metrics", timeout=ASKED_S)
        answer.raise_for_status()
        return read_metrics(answer.text)
    except (httpx.HTTPError, ValueError):
        return DeviceApi(False, 0, 0, 0, 0, 0)


def read_metrics(text: str) -> DeviceApi:
    """What the figures say.

    Raises:
        ValueError: they are none.
    """
    sums: Counter[str] = Counter()
    up = True
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels: Mapping[str, str] = sample.labels
            match sample.name:
                case "loadstar_queue_rows":
                    sums["waiting"] += int(sample.value)
                case "loadstar_store_up":
                    up = up and sample.value == 1
                case "loadstar_readings_total":
                    sums["rejected" if labels["verdict"] == "rejected" else "accepted"] += int(sample.value)
                case "loadstar_requests_total":
                    sums["requests"] += int(sample.value)
                    sums["failed"] += int(sample.value) if labels["status"].startswith("5") else 0
    return DeviceApi(up, sums["waiting"], sums["accepted"], sums["rejected"], sums["requests"], sums["failed"])


class Jobs(NamedTuple):
    """How the queues are, how jobs of the last day ended, which worker keeps the clock, and for how long it was seen to stand."""

    queues: list[working.Waiting]
    ended: list[working.Ended]
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
        return Jobs(working.queues(scope), working.ended(scope, clock.now() - timedelta(days=1)), worker, now - _clock_seen[1])
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
    for folder, _, files in os.walk(entry.path):
        for name in files:
            try:
                total += Path(folder, name).lstat().st_blocks * 512
            except OSError:  # gone meanwhile
                continue
    return total
