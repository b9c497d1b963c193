"""Ports: which are free, who holds those that are not, and which a Loadstar that starts has claimed for itself."""

import contextlib
import os
import random
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
SPAN = 10_000
LOWEST = 11_000  # browsers refuse some of those below, 10080 the last of them
POLL_S = 0.05
LISTENS_S = 120.0  # within which a server listens that a port was picked for

_names: deque[tuple[float, int]] = deque()  # when ports were picked, and the descriptors of their names


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a connection that was closed a moment ago does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
        return True


def is_soon_free(host: str, port: int, within_s: float) -> bool:
    """Whether a server could listen there before the time is over."""
    deadline = time.monotonic() + within_s
    while not is_free(host, port):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Different loopback ports that nothing listens on now; held until the block ends.

    They lie below those that the system gives to outgoing connections: one of those could take the port in the seconds between
    here and the server that listens there. Nor does anybody else who looks for free ports get them in that time.
    """
    below = _first_outgoing()
    sockets: list[socket.socket] = []
    try:
        for port in random.sample(range(below - SPAN, below), SPAN):
            if len(sockets) == count:
                break
            held = socket.socket()
            try:
                held.bind(("127.0.0.1", port))
            except OSError:
                held.close()
                continue
            if _picked(port):
                sockets.append(held)
            else:
                held.close()
        yield [held.getsockname()[1] for held in sockets]
    finally:
        for held in sockets:
            held.close()


def _picked(port: int) -> bool:
    """Whether nobody else has picked the port lately; then it is ours for as long as a server may take to listen there."""
    now = time.monotonic()
    while _names and _names[0][0] < now - LISTENS_S:
        os.close(_names.popleft()[1])
    name = _name(f"picked {port}")
    if name is not None:
        _names.append((now, name.detach()))  # which nobody closes when this process ends sooner
    return name is not None


def _first_outgoing() -> int:
    """The lowest port that the system takes for an outgoing connection."""
    try:
        return max(int(OUTGOING.read_text().split()[0]), LOWEST + SPAN)
    except (OSError, ValueError):
        return 32_768  # what Linux comes with; elsewhere they begin higher


def claim(port: int) -> socket.socket | None:
    """A name in the system that says that a port is this Loadstar's, before anything listens there; None when it is another's.

    It is held until the socket is closed, also by what this process becomes; a process that it starts does not get it.
    """
    name = _name(f"up {port}")
    if name is not None:
        name.set_inheritable(True)
    return name


def _name(of: str) -> socket.socket | None:
    """A name in the system, which others do not get until the socket is closed; None when it is another's."""
    name = socket.socket(socket.AF_UNIX)
    if sys.platform != "linux":  # elsewhere there are no names without a file
        return name
    try:
        name.bind(f"\0loadstar {of}")
    except OSError:
        name.close()
        return None
    return name


def owner(port: int) -> str:
    """Who listens on the port, in words: `nginx (pid 71, user www-data)`; of a Loadstar also from which state folder."""
    import psutil

    with contextlib.suppress(psutil.AccessDenied):  # other people's connections, on some systems
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                with contextlib.suppress(psutil.Error):
                    process = psutil.Process(connection.pid)
                    command = " ".join(process.cmdline())[:60] or process.name()
                    who = f"{process.name()} (pid {process.pid}, user {process.username()}: {command})"
                    return who + _home_of(process)
    return "a process that this user may not look at"


def _home_of(process: "psutil.Process") -> str:
    import psutil

    with contextlib.suppress(psutil.Error):
        if home := process.environ().get("LOADSTAR_HOME"):
            return f" of the Loadstar in {home}"
    return ""
