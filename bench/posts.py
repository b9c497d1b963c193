"""The device API under load, beside a bare Flask route that stores nothing and beside QuestDB without us."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from bench import plant, yardsticks
from bench.figures import Figure, percentile
from bench.load import Load, Request, drive, post
from bench.machine import spent_s
from bench.product import Product
from bench.run import Run
from cli.waiting import answers

HOST = "127.0.0.1"
SINGLE_CONNECTIONS = 32
MANY_CONNECTIONS = 64
BATCH_CONNECTIONS = 4
BATCH = 500
# Of a second: what no meter can have made would be looked at more closely.
OBJECT = b'{"energy_produced":0.0005,"energy_consumed":0.00125,"current_load":40,"timestamp":"%s"}'
END = b"\r\n\r\n"
APPLIED_S = 60.0
LATE = timedelta(days=3)
KNOWN_S = 120.0  # until every worker has the bench's keys


class Hardware:
    """A site of the bench's own: a device for each connection, and meters for batches."""

    def __init__(self, run: Run) -> None:
        from store.records.transaction import engine

        run.say("making a site with devices and keys")
        with engine.session():  # one transaction for all of them
            self._make()

    def _make(self) -> None:
        from store.records.plant import devices, keys, meters
        from store.scope import SYSTEM

        self.site = plant.site("Bench")

        def meter(name: str) -> str:
            return str(meters.create_meter(SYSTEM, self.site, name=name, role="condition").id)

        self.device_keys = []
        for number in range(SINGLE_CONNECTIONS):
            made, used = meter(f"made {number}"), meter(f"used {number}")
            fields = {
                "energy_produced": (made, "energy_kwh"),
                "energy_consumed": (used, "energy_kwh"),
                "current_load": (used, "load_pct"),
            }
            device = devices.create_device(SYSTEM, self.site, name=f"device {number}", reporting_interval_s=1, fields=fields)
            self.device_keys.append(keys.create_key(SYSTEM, device_id=device.id))
        self.site_key = keys.create_key(SYSTEM, site_id=self.site)
        self.meters = [meter(f"batch {number}") for number in range(BATCH // 2)]


def single_posts(hardware: Hardware) -> Request:
    """A device's object of this moment, of another device for each connection."""
    heads = [_head(key) for key in hardware.device_keys]
    return lambda number: heads[number] + OBJECT % _stamp()


def _head(key: str) -> bytes:
    """All of a request but its body, whose length never changes."""
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    return post(HOST, "/api/hardware/data", headers, OBJECT % _stamp()).partition(END)[0] + END


def await_known(port: int, request: bytes, run: Run) -> None:
    """Wait until the device API knows a key that was made just now, in each of its workers."""
    deadline = time.monotonic() + KNOWN_S
    while True:
        tried = drive(HOST, port, 8, lambda _: request, 0.3, warm_s=0)
        if set(tried.statuses) <= {200, 204, 207} and tried.good:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the device API refuses the bench's readings: {tried.statuses} {tried.first_refusal}")
        run.say("waiting for the device API to know the bench's keys")
        time.sleep(0.5)


def in_turn(run: Run, what: str, *contenders: Callable[[float], Load]) -> list[Load]:
    """Each contender's load over a few rounds, one after the other, with a warm-up before the first: a JVM compiles."""
    loads = [Load() for _ in contenders]
    for turn in range(run.sizes.rounds + 1):
        run.say(f"{what}, " + (f"round {turn} of {run.sizes.rounds}" if turn else "warming up"))
        for place, contender in enumerate(contenders):
            load = contender(run.sizes.load_s)
            if turn:
                loads[place].add(load)
            _applied(run)
    return loads


def watched(serving: list[int], contender: Callable[[float], Load]) -> Callable[[float], Load]:
    """The contender, with the processor time that these processes and those below them spend meanwhile."""

    def driven(seconds: float) -> Load:
        before = spent_s(serving)
        load = contender(seconds)
        load.spent_s = spent_s(serving) - before
        return load

    return driven


def _applied(run: Run) -> None:
    """Wait until QuestDB has applied what was posted: it does so behind the acknowledgement, at the next one's expense."""
    from store.series import rollup

    if not rollup.await_applied(["telemetry", "intervals"], APPLIED_S):
        run.say("QuestDB is still applying what was posted: the next figure suffers from it")


def _stamp(ago: timedelta = timedelta()) -> bytes:
    return (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()


def singles(run: Run) -> list[Figure]:
    """One device's object a request, on 32 connections, of now and of three days ago; the Flask route in turn with both."""
    with run.fresh() as product:
        return _singles(run, product)


def _singles(run: Run, product: Product) -> list[Figure]:
    hardware = Hardware(run)
    body, bare_head = OBJECT, _head(yardsticks.KEY)
    heads = [_head(key) for key in hardware.device_keys]
    await_known(product.device_port, heads[0] + body % _stamp(), run)
    ours_of = product.serving_devices()
    with yardsticks.served("bare_flask", product.home) as (port, flask):
        bare, ours, late, many = in_turn(
            run,
            "single posts",
            watched([flask], lambda s: drive(HOST, port, SINGLE_CONNECTIONS, lambda _: bare_head + body % _stamp(), s)),
            watched(
                ours_of,
                lambda s: drive(HOST, product.device_port, SINGLE_CONNECTIONS, lambda n: heads[n] + body % _stamp(), s),
            ),
            watched(
                ours_of,
                lambda s: drive(HOST, product.device_port, SINGLE_CONNECTIONS, lambda n: heads[n] + body % _stamp(LATE), s),
            ),
            lambda s: drive(
                HOST, product.device_port, MANY_CONNECTIONS, lambda n: heads[n % SINGLE_CONNECTIONS] + body % _stamp(), s
            ),
        )
    say_refusals("single posts", ours, run)
    say_refusals("single posts, three days late", late, run)
    say_refusals("single posts, 64 connections", many, run)
    return [
        Figure("bare Flask route, 32 connections", bare.rate, "posts/s"),
        Figure("single posts acknowledged, 32 connections", ours.rate, "posts/s"),
        Figure("single posts, in units of the bare Flask route", ours.rate / bare.rate, "×", at_least=2.0),
        Figure("single posts three days late, in units of the same", late.rate / bare.rate, "×", at_least=1.2),
        Figure("single posts, p99", percentile(ours.latencies, 0.99) * 1000, "ms", at_most=100),
        Figure("single posts, p99 with 64 connections", percentile(many.latencies, 0.99) * 1000, "ms", at_most=50),
        Figure("processor time of a post, bare Flask route", bare.spent_ms, "ms"),
        Figure("processor time of a post acknowledged, with QuestDB's", ours.spent_ms, "ms"),
        Figure("processor time of a post three days late, with QuestDB's", late.spent_ms, "ms"),
    ]


def batches(run: Run) -> list[Figure]:
    """500 readings a request on 4 connections; in turn with line protocol straight to QuestDB."""
    with run.fresh() as product:
        return _batches(run, product)


def _batches(run: Run, product: Product) -> list[Figure]:
    hardware = Hardware(run)
    settings = product.settings()
    readings = ",".join(
        f'{{"meter":"{meter}","quantity":"{quantity}","ts":"@","value":{value}}}'
        for meter in hardware.meters
        for quantity, value in (("power_kw", 12.5), ("voltage_v", 230.5))
    )
    body = f'{{"readings":[{readings}]}}'.encode()
    headers = {"X-API-Key": hardware.site_key, "Content-Type": "application/json"}
    lines = "".join(
        f"telemetry,meter=raw_{number // 2},quantity={('power_kw', 'voltage_v')[number % 2]},source=raw "
        f"value=12.5,received_at=@us @ns\n"
        for number in range(BATCH)
    ).encode()
    password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
    basic = base64.b64encode(f"{settings.questdb_user}:{password}".encode()).decode()
    raw_headers = {"Authorization": f"Basic {basic}", "Content-Type": "text/plain"}

    def ours(_: int) -> bytes:
        return post(HOST, "/api/v1/readings", headers, body.replace(b"@", _stamp()))

    def raw(_: int) -> bytes:
        now = time.time_ns()
        return post(
            HOST, "/write?precision=n", raw_headers, lines.replace(b"@us", b"%dt" % (now // 1000)).replace(b"@ns", b"%d" % now)
        )

    await_known(product.device_port, ours(0), run)
    serving = product.serving_devices()
    bare, found = in_turn(
        run,
        f"batches of {BATCH}",
        watched(serving, lambda s: drive(HOST, settings.questdb_http_port, BATCH_CONNECTIONS, raw, s)),
        watched(serving, lambda s: drive(HOST, product.device_port, BATCH_CONNECTIONS, ours, s)),
    )
    say_refusals("batches", found, run)
    say_refusals("raw line protocol", bare, run)
    return [
        Figure("raw line protocol straight to QuestDB, 500 lines a post", bare.rate * BATCH, "lines/s"),
        Figure("batches of 500, 4 connections", found.rate * BATCH, "readings/s", at_least=100_000),
        Figure(
            "batches, in units of raw line protocol", found.rate / bare.rate if bare.rate else float("nan"), "×", at_least=0.35
        ),
        Figure("batches of 500, p99", percentile(found.latencies, 0.99) * 1000, "ms"),
        Figure("processor time of a raw post of 500 lines", bare.spent_ms, "ms"),
        Figure("processor time of a batch of 500, with QuestDB's", found.spent_ms, "ms"),
    ]


def say_refusals(what: str, load: Load, run: Run) -> None:
    """Say which answers were none of success: the figure is of fewer posts."""
    bad = {status: count for status, count in load.statuses.items() if not 200 <= status < 300 or status == 207}
    if bad:
        run.say(f"{what}: not counted, because not accepted: {bad}; the first: {load.first_refusal[-200:]}")


@contextmanager
def steady(run: Run, readings_a_second: int) -> Iterator[None]:
    """So many readings a second come in while the block runs, in posts of 50."""
    import http.client
    import threading

    product, hardware = run.started(), Hardware(run)
    size = 50
    each_s = size / readings_a_second
    headers = {"X-API-Key": hardware.site_key, "Content-Type": "application/json"}
    meters = hardware.meters[:size]
    ended = threading.Event()

    def go() -> None:
        connection = http.client.HTTPConnection(HOST, product.device_port, timeout=30)
        due = time.monotonic()
        while not ended.wait(max(0.0, due - time.monotonic())):
            due += each_s
            stamp = _stamp().decode()
            readings = ",".join(f'{{"meter":"{each}","quantity":"power_kw","ts":"{stamp}","value":1.5}}' for each in meters)
            connection.request("POST", "/api/v1/readings", f'{{"readings":[{readings}]}}', headers)
            connection.getresponse().read()
        connection.close()

    if not answers(HOST, product.device_port):
        raise RuntimeError("the device API does not answer")
    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(35)
