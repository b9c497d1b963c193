"""Clients that send a byte now and then: they hold nobody up, and the device APIs go on."""

import contextlib
import socket
import time

from faults.house import House, until
from faults.incidents import posts
from faults.verdict import Verdict

CLIENTS, LASTS_S, EVERY_S = 300, 20.0, 0.5


def happen(house: House, share: float) -> list[Verdict]:
    """Some hundred of them, for twenty seconds; then those that are left finish their post."""
    meter = house.plant.odd["slow"]
    values = {at: float(n) for n, at in enumerate(posts.recent(round(CLIENTS * share)))}
    with contextlib.ExitStack() as ending:
        clients = []
        for nth, (at, value) in enumerate(values.items()):
            made = ending.enter_context(socket.create_connection(posts.address(house, nth), 30))
            clients.append((made, bytearray(posts.raw(house, meter, {at: value}))))
        before, until_s = house.taken, time.monotonic() + LASTS_S * share
        while time.monotonic() < until_s:
            for made, left in clients:
                with contextlib.suppress(OSError):
                    made.sendall(left[:1])
                del left[:1]
            time.sleep(EVERY_S)
        until("readings are taken while slow clients send", lambda: house.taken > before)
        meanwhile, finished = house.taken - before, {}
        for (made, left), (at, value) in zip(clients, values.items(), strict=True):
            with contextlib.suppress(OSError):
                made.sendall(left)
                if made.recv(4096).startswith(b"HTTP/1.1 200"):
                    finished[at] = value
    lost, _ = posts.missing(meter, finished)
    return [
        Verdict("slow posts that were taken at last", len(finished)),
        Verdict("readings of others taken meanwhile", meanwhile, is_due=True),
        Verdict("readings of slow clients lost", lost, is_bad=True),
    ]
