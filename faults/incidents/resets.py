"""Devices whose connection is reset: in the middle of a post, and when the whole of it was sent but no answer read."""

import socket
import struct

from faults.house import House
from faults.incidents import posts
from faults.verdict import Verdict

POSTS = 200


def _sent_and_reset(house: House, nth: int, data: bytes) -> None:
    with socket.create_connection(posts.address(house, nth), 10) as connection:
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets


def happen(house: House, share: float) -> list[Verdict]:
    """Each post is cut once at some byte, sent whole once without reading the answer, and then posted until it is taken."""
    meter = house.plant.odd["resets"]
    values = {at: float(n) for n, at in enumerate(posts.recent(round(POSTS * share)))}
    for nth, (at, value) in enumerate(values.items()):
        data = posts.raw(house, meter, {at: value})
        _sent_and_reset(house, nth, data[: len(data) * (nth % 10) // 10])
        _sent_and_reset(house, nth, data)
    taken = posts.taken(house, (posts.body(meter, {at: value}) for at, value in values.items()))
    lost, doubled = posts.missing(meter, values)
    return [
        Verdict("connections reset", 2 * len(values)),
        Verdict("posts taken after their resets", taken, is_due=True),
        Verdict("readings lost by a reset", lost + len(values) - taken, is_bad=True),
        Verdict("readings doubled by a reset", doubled, is_bad=True),
    ]
