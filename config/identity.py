"""Which process a worker is, so that another one can be sure that it has ended.

A process id says so only within one namespace of process ids, and only together with when the process began: containers share
the machine, and numbers are used again.
"""

import os
import socket
from functools import cache
from pathlib import Path

START = 19  # in /proc/PID/stat, counted from the state on: ticks since the machine was started


@cache
def own() -> str:
    """This process: the machine's name and the process id, for people; and what tells it from all others."""
    return f"{socket.gethostname()[:100]} {os.getpid()} {_place()} {_began(os.getpid())}"


def has_ended(worker: str) -> bool:
    """Whether the worker of that name ran here and does so no more; False where that cannot be known from here."""
    *_, pid, place, began = ["", "", "", *worker.split()]
    return bool(place) and place == _place() and _began(pid) != began


@cache
def _place() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _began(pid: int | str) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if stat[0] in "ZX" else stat[START]
