"""What a gateway that was away for days leaves behind: the memory of everything after late readings of many meters."""

import itertools
import time
from datetime import UTC, datetime, timedelta

from bench import plant
from bench.figures import Figure
from bench.load import drive, post
from bench.posts import BATCH, BATCH_CONNECTIONS, HOST, await_known
from bench.run import Run
from bench.starts import memory_of

METERS = 200
EVERY_S = 60
BACK = timedelta(days=5)  # with the demo, samples are kept for a week
PIECE_S = 2.0
DONE_S = 900.0


def backfill(run: Run) -> list[Figure]:
    """Post power of every minute from five days ago on, meter by meter; wait until it counts; look at the memory."""
    from store.scope import SYSTEM
    from store.series import energy

    product = run.started()
    key, meters = _plant()
    began = datetime.now(UTC).replace(second=0, microsecond=0) - BACK
    minutes = run.sizes.late_rows // METERS
    batches = _batches(meters, began, minutes)
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    rest, sent = next(batches, None), 0

    def request(_: int) -> bytes:
        nonlocal rest, sent
        body, rest = rest, next(batches, None)
        sent += body is not None
        return post(HOST, "/api/v1/readings", headers, body or b'{"readings":[]}')

    await_known(product.device_port, post(HOST, "/api/v1/readings", headers, rest or b""), run)
    while rest is not None:
        drive(HOST, product.device_port, BATCH_CONNECTIONS, request, PIECE_S, warm_s=0)
        run.say(f"late readings: {min(sent * BATCH, METERS * minutes) / 1e6:.2f} million")
    posted_at = time.monotonic()
    end = began + timedelta(seconds=EVERY_S * minutes)
    while bool(energy.energy(SYSTEM, meters, began, end)["provisional"].any()):
        if time.monotonic() - posted_at > DONE_S:
            raise RuntimeError(f"late readings are not counted after {DONE_S:.0f} s")
        time.sleep(1)
    counted_s = time.monotonic() - posted_at
    run.say(f"leaving it alone for {run.sizes.settle_s:.0f} s")
    time.sleep(run.sizes.settle_s)
    return [
        Figure("late readings, until the last of them counts", counted_s, "s"),
        *memory_of(product, f"after {run.sizes.late_rows:,} late readings", at_most_mb=1300),
    ]


def _plant() -> tuple[str, list[str]]:
    """A key of a site of its own, and its meters, of which power is declared."""
    from store.records.plant import declarations, graph, keys, meters
    from store.records.transaction import engine
    from store.scope import SYSTEM

    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with engine.session():  # one transaction for all of them
        site = plant.site("Late")
        bus = graph.create_node(SYSTEM, site, name="bus", kind="bus", valid_from=long_ago).id
        made = []
        for number in range(METERS):
            load = graph.create_node(SYSTEM, site, name=f"load {number}", kind="sink", valid_from=long_ago).id
            edge = graph.create_edge(SYSTEM, site, from_node_id=bus, to_node_id=load, valid_from=long_ago).id
            meter = meters.create_meter(SYSTEM, site, name=f"late {number}", edge_id=edge).id
            declarations.declare_energy(SYSTEM, meter, method="power", interval_s=EVERY_S, valid_from=long_ago)
            made.append(meter)
        return keys.create_key(SYSTEM, site_id=site), made


def _batches(meters: list[str], began: datetime, minutes: int) -> "itertools.chain[bytes]":
    """Bodies of 500 readings, each of one meter after the other."""

    def of(meter: str) -> "list[bytes]":
        readings = [
            f'{{"meter":"{meter}","quantity":"power_kw","ts":"{began + timedelta(seconds=EVERY_S * n):%Y-%m-%dT%H:%M:%SZ}",'
            f'"value":{n % 97 / 10}}}'
            for n in range(minutes)
        ]
        return [f'{{"readings":[{",".join(readings[start : start + BATCH])}]}}'.encode() for start in range(0, minutes, BATCH)]

    return itertools.chain.from_iterable(map(of, meters))
