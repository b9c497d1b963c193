"""Clients that send a byte now and then: they hold nobody up, and the device APIs and the dashboards go on."""

import contextlib
import socket
import time

from faults.house import House, until
from faults.incidents import posts
from faults.verdict import Verdict

CLIENTS, LASTS_S, EVERY_S = 300, 20.0, 0.5
FORM = b"POST /sign-in HTTP/1.1\r\nHost: dashboard\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000


def happen(house: House, share: float) -> list[Verdict]:
    """Some hundred of them at each, for twenty seconds; then those devices that are left finish their post."""
    meter = house.plant.odd["slow"]
    values = {at: float(n) for n, at in enumerate(posts.recent(round(CLIENTS * share)))}
    dashboards = [house.production.port(name) for name in house.production.names("dashboard")]
    with contextlib.ExitStack() as ending:

        def opened(host: str, port: int) -> socket.socket:
            return ending.enter_context(socket.create_connection((host, port), 30))

        devices, people = [], []
        for nth, (at, value) in enumerate(values.items()):
            devices.append((opened(*posts.address(house, nth)), bytearray(posts.raw(house, meter, {at: value}))))
            people.append((opened("127.0.0.1", dashboards[nth % len(dashboards)]), bytearray(FORM)))
        taken, shown, until_s = house.taken, house.pages()[200], time.monotonic() + LASTS_S * share
        while time.monotonic() < until_s:
            for made, left in devices + people:
                with contextlib.suppress(OSError):  # whoever takes too long is sent away
                    made.sendall(left[:1])
                del left[:1]
            time.sleep(EVERY_S)
        until("readings are taken while slow clients send", lambda: house.taken > taken)
        until("pages are shown while slow clients send", lambda: house.pages()[200] > shown)
        taken, shown, finished = house.taken - taken, house.pages()[200] - shown, {}
        for (made, left), (at, value) in zip(devices, values.items(), strict=True):
            with contextlib.suppress(OSError):
                made.sendall(left)
                if made.recv(4096).startswith(b"HTTP/1.1 200"):
                    finished[at] = value
    lost, _ = posts.missing(meter, finished)
    return [
        Verdict("slow posts that were taken at last", len(finished)),
        Verdict("readings of others taken meanwhile", taken, is_due=True),
        Verdict("pages shown to others meanwhile", shown, is_due=True),
        Verdict("readings of slow clients lost", lost, is_bad=True),
    ]
