"""`/healthz` and `/metrics` of the process that listens, on a port of its own where one is given."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

from ingest import health
from ingest.answers import Answer, answer
from ingest.door import Door

PATIENT_S = 5.0
LONGEST = 8_192  # bytes of a request
TEXT = (("content-type", "text/plain; version=0.0.4; charset=utf-8"),)


class Heard(NamedTuple):
    """How it goes with a broker: why nothing is heard, if nothing is, and how many messages came, were settled, and wait."""

    trouble: str | None
    messages: int
    acknowledged: int
    waiting: int


Brokers = Callable[[], Mapping[str, Heard]]


async def serve(door: Door, brokers: Brokers, port: int) -> None:
    """Answer for ever."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(PATIENT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_written(answered(door, brokers(), head.partition(b"\r\n")[0])))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(one, door.settings.device_host, port, limit=LONGEST)
    async with server:
        await server.serve_forever()


def answered(door: Door, brokers: Mapping[str, Heard], line: bytes) -> Answer:
    """What is said to a request's first line."""
    match line.split(b" ")[:2]:
        case [b"GET", b"/healthz"]:
            return health.answered(door)
        case [b"GET", b"/metrics"]:
            door.metrics.write()
            return Answer(200, door.metrics.text() + _of_brokers(brokers), TEXT)
    return answer(404, {"code": "not_found", "message": "only GET /healthz and GET /metrics are answered here"})


def _of_brokers(brokers: Mapping[str, Heard]) -> bytes:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.registry import Collector

    up = GaugeMetricFamily("loadstar_broker_up", "1 while the broker is listened to", labels=["broker"])
    messages = CounterMetricFamily("loadstar_broker_messages", "Messages that came", labels=["broker"])
    acknowledged = CounterMetricFamily("loadstar_broker_acknowledged", "Messages that are settled", labels=["broker"])
    waiting = GaugeMetricFamily("loadstar_broker_waiting", "Messages that came and are not settled yet", labels=["broker"])
    for broker_id, heard in brokers.items():
        up.add_metric([broker_id], heard.trouble is None)
        messages.add_metric([broker_id], heard.messages)
        acknowledged.add_metric([broker_id], heard.acknowledged)
        waiting.add_metric([broker_id], heard.waiting)

    class OfBrokers(Collector):
        def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
            return [up, messages, acknowledged, waiting]

    registry = CollectorRegistry()
    registry.register(OfBrokers())
    return generate_latest(registry)


def _written(said: Answer) -> bytes:
    lines = [f"HTTP/1.1 {said.status} {HTTPStatus(said.status).phrase}", *(f"{name}: {value}" for name, value in said.headers)]
    lines += [f"content-length: {len(said.body)}", "connection: close", "", ""]
    return "\r\n".join(lines).encode() + said.body
