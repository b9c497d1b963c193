"""Line protocol to the device API, beside the same values in QuestDB's own lines straight to QuestDB; counted in values.

The same body goes to InfluxDB 1.6 and VictoriaMetrics where they are installed, and QuestDB's own client writes as many rows.
"""

import base64
import time
from collections.abc import Mapping

from bench import plant, stores
from bench.figures import Figure
from bench.load import drive, post
from bench.posts import BATCH_CONNECTIONS, HOST, await_known, in_turn, say_refusals, watched
from bench.product import Product
from bench.run import Run

LINES = 5_000
HEADS = 50  # of an agent
QUANTITIES = {
    "active": "power_kw",
    "voltage": "voltage_v",
    "current": "current_a",
    "frequency": "frequency_hz",
    "heat": "temperature_c",
}
STEP_NS = 10_000  # between two lines of a head: a body is of one millisecond, and the next one of another


def lines(run: Run) -> list[Figure]:
    """5,000 lines a request on 4 connections, of one field and of five; each in turn with QuestDB alone, and with others."""
    with run.fresh() as product, stores.influxdb() as influxdb, stores.victoria_metrics() as victoria_metrics:
        key = _mapped(run)
        found = {"InfluxDB": influxdb, "VictoriaMetrics": victoria_metrics}
        others = {name: port for name, port in found.items() if port is not None}
        if missing := [name for name in found if name not in others]:
            run.say(f"not on this machine, so not measured beside: {', '.join(missing)}")
        figures = [figure for fields in (1, 5) for figure in _lines(run, product, key, fields, others)]
        run.say("QuestDB's own client")
        rate = stores.client_rate(product.settings(), HEADS, LINES, run.sizes.load_s)
        return [*figures, Figure("QuestDB's own client, row by row, one thread", rate, "values/s")]


def _mapped(run: Run) -> str:
    """A device whose channels are all mapped; its key."""
    from store.ids import channel_id
    from store.records.plant import channels, devices, keys, meters
    from store.records.plant.channels import Source
    from store.records.transaction import engine
    from store.scope import SYSTEM

    run.say("making a site with channels")
    site = plant.site("Lines")
    source = Source(site, devices.create_device(SYSTEM, site, name="agent").id)
    names = {(head, field): f"power_meter,host=bench,n={head} {field}" for head in range(HEADS) for field in QUANTITIES}
    channels.known(SYSTEM, source, "lines", list(names.values()))
    with engine.session():  # one transaction for all of them
        for head in range(HEADS):
            meter = meters.create_meter(SYSTEM, site, name=f"meter {head}", role="condition").id
            for field, quantity in QUANTITIES.items():
                which = channel_id(source.id, "lines", names[head, field])
                channels.map_channel(SYSTEM, which, meter_id=meter, quantity=quantity)
    assert source.device_id is not None  # noqa: S101  # made above
    return str(keys.create_key(SYSTEM, device_id=source.device_id))


def _lines(run: Run, product: Product, key: str, fields: int, others: Mapping[str, int]) -> list[Figure]:
    settings = product.settings()
    password = settings.questdb_password.get_secret_value() if settings.questdb_password else ""
    basic = base64.b64encode(f"{settings.questdb_user}:{password}".encode()).decode()
    ours_of, raw_of = {"Authorization": f"Token {key}"}, {"Authorization": f"Basic {basic}"}
    named = list(QUANTITIES.items())[:fields]

    # The last six digits of a time are the line's own, so that a body is one replacement.
    def ours(_: int) -> bytes:
        return post(HOST, "/write?db=bench", ours_of, ours_body.replace(b"@", b"%d" % (time.time_ns() // 10**6)))

    def raw(_: int) -> bytes:
        moment = time.time_ns() // 10**6
        return post(HOST, "/write?precision=n", raw_of, raw_body.replace(b"@", b"%d" % moment))

    nth = [f"{number // HEADS * STEP_NS:06}" for number in range(LINES)]
    ours_body = "".join(
        f"power_meter,host=bench,n={number % HEADS} {','.join(f'{name}=12.5' for name, _quantity in named)} @{nth[number]}\n"
        for number in range(LINES)
    ).encode()
    raw_body = "".join(
        f"telemetry,meter=raw_{number % HEADS},quantity={quantity},source=raw value=12.5,received_at=@000t @{nth[number]}\n"
        for number in range(LINES)
        for _name, quantity in named
    ).encode()
    await_known(product.device_port, post(HOST, "/api/v2/write", ours_of, b""), run)
    values, serving = LINES * fields, product.serving_devices()
    bare, found, *beside = in_turn(
        run,
        f"{LINES:,} lines of {fields}",
        watched(serving, lambda s: drive(HOST, settings.questdb_http_port, BATCH_CONNECTIONS, raw, s)),
        watched(serving, lambda s: drive(HOST, product.device_port, BATCH_CONNECTIONS, ours, s)),
        *(lambda s, port=port: drive(HOST, port, BATCH_CONNECTIONS, ours, s) for port in others.values()),
    )
    for name, load in zip(others, beside, strict=True):
        say_refusals(name, load, run)
    say_refusals("line protocol", found, run)
    say_refusals("raw line protocol", bare, run)
    share = found.rate / bare.rate if bare.rate else float("nan")
    what = "one field" if fields == 1 else f"{fields} fields"
    return [
        Figure(f"raw QuestDB, as many values as 5,000 lines of {what}", bare.rate * values, "values/s"),
        Figure(f"line protocol, 5,000 lines of {what} a post", found.rate * values, "values/s"),
        Figure(f"line protocol of {what}, in units of raw QuestDB", share, "×", at_least=0.35 if fields == 1 else None),
        *(
            Figure(f"{name}, 5,000 lines of {what} a post", load.rate * values, "values/s")
            for name, load in zip(others, beside, strict=True)
        ),
        Figure(f"processor time of a value, raw, {what}", 1000 * bare.spent_ms / values, "µs"),
        Figure(f"processor time of a value of {what}, with QuestDB's", 1000 * found.spent_ms / values, "µs"),
    ]
