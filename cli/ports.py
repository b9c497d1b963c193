"""Ports: which are free, and who holds those that are not."""

import contextlib
import socket


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


def owner(port: int) -> str:
    """Who listens on the port, in words: `nginx (pid 71, user www-data)`."""
    import psutil

    with contextlib.suppress(psutil.AccessDenied):  # other people's connections, on some systems
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                with contextlib.suppress(psutil.Error):
                    process = psutil.Process(connection.pid)
                    command = " ".join(process.cmdline())[:60] or process.name()
                    return f"{process.name()} (pid {process.pid}, user {process.username()}: {command})"
    return "a process that this user may not look at"
