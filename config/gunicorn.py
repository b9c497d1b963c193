"""The dashboard's server (gunicorn), the same on one machine and in production; the settings decide the numbers."""

import gc
from pathlib import Path
from typing import Any

from config.heart import PROCESSES, Heart
from config.settings import PRIVATE, settings

_settings = settings()

bind = [f"[{_settings.dashboard_host}]:{_settings.dashboard_port}"]
if ":" not in _settings.dashboard_host:
    bind = [f"{_settings.dashboard_host}:{_settings.dashboard_port}"]
workers = _settings.dashboard_workers
worker_class = "dashboard.web.reception.Worker"  # threads, which get requests when they have arrived
umask = PRIVATE
threads = _settings.dashboard_threads
proc_name = "loadstar-dashboard"

# Imported once, then forked: a worker that dies is back in a moment, and the workers share what they do not change.
# Nothing may be opened before the fork; `store` opens its connections at first use.
preload_app = True

timeout = 30  # s; a worker whose main loop stands still for so long is started anew (threads that hang: dashboard/web/hung.py)
graceful_timeout = 3  # s; within the 10 s that ending everything may take
keepalive = 75  # s; longer than a proxy keeps a connection, so that it never sends into one that closes
backlog = 512

# Request heads; bodies are the application's to limit.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# The workers' sign of life is a file that is touched every second: in memory, never on a disk that may stall.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes its file there itself

accesslog = None
errorlog = "-"
loglevel = _settings.log_level.lower()
control_socket_disable = True
forwarded_allow_ips = ""  # the application reads X-Forwarded-* itself, and only with LOADSTAR_BEHIND_PROXY


# Objects made between two looks for circles. A tick of a large site makes hundreds of thousands: with Python's own 700 half of
# its time went into looking, among all that is kept of the site.
COLLECTED_EVERY = 50_000


def when_ready(_server: Any) -> None:
    """Keep what is loaded out of the collector's sight, which would copy every shared page; give signs of life."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_EVERY, *gc.get_threshold()[1:])
    Heart(_settings.run / PROCESSES).keep()
