"""The OpenAPI document of the device API, made from what the code enforces: bodies and answers from their types."""

from functools import lru_cache
from typing import Any

import msgspec

from ingest.answers import Answer, Verdict
from ingest.bodies import RECEIVE_S
from ingest.door import Door
from ingest.judge import QUALITY, TIME
from ingest.problem import Problem
from ingest.request import Request
from ingest.roads.hardware import MEASURED, REQUIRED
from ingest.roads.readings import READINGS_LIMIT, Batch
from ingest.times import PRECISIONS

STATUSES = {
    200: "every reading is committed in QuestDB's log",
    207: "some are; `rejected` names each other one: its index or field, code and message",
    400: "malformed; never to be retried",
    401: "no key, or an unknown one",
    403: "the key may not do this",
    413: "too big; send it in several posts",
    415: "wrong type or encoding",
    422: "no reading is valid",
    429: "this key has too much waiting; slow down, see Retry-After",
    503: "the store is away or the queue is full; nothing is acknowledged, see Retry-After",
    507: "the store is nearly full; nothing is acknowledged, see Retry-After",
}

CODES = {
    "malformed_http": "what came is not HTTP/1.1",
    "head_too_long": "the request's headers are longer than 64 KiB",
    "too_many_connections": "2,048 connections are open to this process",
    "empty_body": "the body is empty",
    "not_utf8": "the body is not UTF-8",
    "malformed_json": "the body is not JSON",
    "bad_gzip": "the body says that it is gzip, and is not, or is cut off",
    "bad_zstd": "the body says that it is zstd, and is not, is cut off, or needs a window of more than 8 MiB",
    "cut_off": f"the body did not arrive whole within {RECEIVE_S:.0f} s",
    "wrong_shape": "an array where an object is meant, or the reverse",
    "wrong_type": "another content type, or a field of another type",
    "wrong_encoding": "a content encoding other than gzip or zstd",
    "too_big": "the body is longer than is taken, after decompression",
    "too_many_readings": f"more than {READINGS_LIMIT:,} readings in one post",
    "malformed_line": "a line of line protocol that breaks its grammar",
    "bad_channel": "a channel whose name cannot be kept, or one too many of its source",
    "waiting_full": "a channel that is not mapped, of a source of which as many values wait as may",
    "missing_query": "/query without q",
    "no_queries": "/query makes and lists databases, and answers nothing else",
    "missing_field": "a required field is missing",
    "unknown_field": "a field of no meaning here",
    "unmapped_field": "the device's map says nothing of this field",
    "not_a_number": "a string, boolean, null, NaN, Infinity or an overflowing number where a number is meant",
    "unknown_meter": "no meter of this id that the key may write to, whether it is another site's or nobody's",
    "unknown_quantity": "no such quantity",
    "unknown_quality": "a quality that is neither actual nor estimated",
    "unknown_unit": "a unit that cannot be converted to the quantity's own",
    "bad_interval": "interval_s is out of range, or given for a counter",
    "out_of_range": "a value that the quantity cannot have: negative energy, a power factor of 7",
    "one_way": "energy against the direction of a one-way edge",
    "bad_time": "not a time",
    "naive_time": "a time without an offset from UTC",
    "precision_missing": "an integer time without ?precision=",
    "bad_precision": "?precision= is none of s, ms, us, ns",
    "not_counted": "in notes: stored, and in no total, for the meter's energy comes from something else",
    "told_before": "in notes: without a timestamp, another energy of the same interval stood there",
    "bad_replaced": "?replaced= is neither 0 nor 1",
    "bad_dry_run": "?dry_run= is neither 0 nor 1",
    "wrong_precision": "the integer time is in another unit than the declared one",
    "too_old": "further back than is accepted",
    "in_future": "further ahead than is accepted",
    "wrong_facility": "facility_id is not the site of the key",
    "refused_by_store": "every check passed, and the store refuses the reading all the same",
    "no_key": "there is no key in the request",
    "unknown_key": "the key is not known, or was revoked",
    "read_only_key": "the key may read, but not write",
    "site_archived": "the site of the key is archived; its keys work again once it is restored",
    "device_key_needed": "this address takes a device's own key, not a site's",
    "too_much_at_once": "too many readings of this key are waiting",
    "queue_full": "too many readings of all are waiting",
    "store_away": "the store cannot be reached",
    "store_full": "the store is nearly full",
    "clock_unsure": "the server's clock was set a moment ago, and the reading has no time of its own",
    "not_found": "no such address",
    "wrong_method": "no such method at this address",
    "try_again": "a defect of ours, logged; nothing is acknowledged",
}

_SCHEMAS = "#/components/schemas/{name}"
BATCH = {
    "readings": [
        {
            "meter": "mtr_4k7q0x9v2n8e",
            "quantity": "power_kw",
            "ts": "2026-05-01T12:00:00+02:00",
            "value": 12.5,
            "unit": "kW",
            "interval_s": 900,
        }
    ]
}
_PRECISION = {
    "name": "precision",
    "in": "query",
    "description": "the unit of integer times; without it they are refused, not guessed",
    "schema": {"type": "string", "enum": list(PRECISIONS)},
}
_UNIT = "the unit of times; nanoseconds without it, or when it is empty"
_REPLACED = {
    "name": "replaced",
    "in": "query",
    "description": "1: count how many readings take the place of another value; the post then waits until that can be known",
    "schema": {"type": "string", "enum": ["0", "1"]},
}

_DRY_RUN = {
    "name": "dry_run",
    "in": "query",
    "description": "1: answer what would become of the post, with the count of what it would replace, and store nothing of it",
    "schema": {"type": "string", "enum": ["0", "1"]},
}


def described() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    _, types = msgspec.json.schema_components([Batch, Problem, Verdict], ref_template=_SCHEMAS)
    types["Problem"]["properties"]["code"]["enum"] = list(CODES)
    units = {"energy_produced": "kWh", "energy_consumed": "kWh", "current_load": "%"}
    measured = {name: {"type": "number", "description": units.get(name, "in its base unit")} for name in MEASURED}
    hardware = {
        "type": "object",
        "required": list(REQUIRED),
        "additionalProperties": False,
        "properties": measured
        | {
            "facility_id": {"type": "integer", "description": "the site's public number; must fit the key"},
            "timestamp": types["Reading"]["properties"]["ts"]
            | {"description": f"{TIME} Left out: the server's, floored to the reporting interval."},
            "quality": types["Reading"]["properties"]["quality"] | {"description": f"of all fields: {QUALITY}"},
        },
        "example": {"energy_produced": 1.25, "energy_consumed": 0.75, "current_load": 45.2, "voltage": 231.4},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loadstar device API",
            "version": "1",
            "description": "Devices post what they measure. 200 means stored: a kill of any process loses nothing of it.",
        },
        "security": [{"key": []}, {"bearer": []}],
        "paths": {
            "/api/hardware/data": {
                "post": _operation(
                    "Post what a device measures", (200, 207, 400, 401, 403, 413, 415, 422, 429, 503, 507), hardware
                )
                | {"parameters": [_PRECISION, _REPLACED, _DRY_RUN]}
            },
            "/api/hardware/status": {"get": _operation("How the device is doing, as Loadstar sees it", (200, 401, 403, 503))},
            "/api/hardware/config": {"get": _operation("What Loadstar knows of the device", (200, 401, 403, 503))},
            "/api/v1/readings": {
                "post": _operation(
                    "Post a batch of readings", (200, 207, 400, 401, 403, 413, 415, 422, 429, 503, 507), _of("Batch", BATCH)
                )
                | {"parameters": [_PRECISION, _REPLACED, _DRY_RUN]}
            },
            **_lines(),
            "/healthz": {"get": _operation("Whether readings are taken now", (200, 503)) | {"security": []}},
            "/metrics": {"get": _operation("Figures for Prometheus, of all processes", (200,)) | {"security": []}},
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "id.secret"},
                "bearer": {"type": "http", "scheme": "bearer", "description": "the same key"},
            },
            "schemas": types,
        },
    }


def _lines() -> dict[str, Any]:
    """What agents of InfluxDB ask and write; bodies are text, and answers InfluxDB's."""
    stored = "every value is stored, or waits until its channel is mapped"
    wrong = "lines are refused, which the body names; all others are stored"
    away = "the store is away or full; nothing is acknowledged, see Retry-After"
    refused = {400: "another precision, or the body cannot be read", 401: STATUSES[401], 413: STATUSES[413], 503: away}
    first = {204: stored, **refused, 400: f"{wrong}; or {refused[400]}"}
    second = {204: stored, **refused, 403: STATUSES[403], 422: wrong, 429: STATUSES[429]}
    of_first = {**_PRECISION, "description": _UNIT, "schema": {"type": "string", "enum": ["", "ns", "u", "ms", "s", "m", "h"]}}
    of_second = {**_PRECISION, "description": _UNIT, "schema": {"type": "string", "enum": ["", *PRECISIONS]}}
    asked = {"name": "q", "in": "query", "required": True, "description": "the query"}
    query = _asked("Make or list databases, which mean nothing here", {200: "as InfluxDB answers", 400: "any other query"})
    query["parameters"] = [asked | {"schema": {"type": "string", "enum": ["SHOW DATABASES", "CREATE DATABASE telegraf"]}}]
    ping = _asked("Whether it is there", {200: "with ?verbose=true: its version", 204: "it is"})
    return {
        "/write": {"post": _asked("Write line protocol (text) as to InfluxDB 1", first) | {"parameters": [of_first]}},
        "/api/v2/write": {"post": _asked("Write line protocol (text) as to InfluxDB 2", second) | {"parameters": [of_second]}},
        "/query": {method: query | {"security": []} for method in ("get", "post")},
        **{path: {method: ping | {"security": []} for method in ("get", "head")} for path in ("/ping", "/api/v2/ping")},
        "/health": {"get": _asked("Whether this process answers, as InfluxDB says it", {200: "it does"}) | {"security": []}},
        "/ready": {"get": _asked("The same, and since when", {200: "it does"}) | {"security": []}},
    }


def _asked(summary: str, answers: dict[int, str]) -> dict[str, Any]:
    return {"summary": summary, "responses": {str(status): {"description": words} for status, words in answers.items()}}


def _of(name: str, example: Any = None) -> dict[str, Any]:
    """A type by its name, with an example."""
    return {"$ref": _SCHEMAS.format(name=name)} | ({"example": example} if example else {})


def _operation(summary: str, statuses: tuple[int, ...], body: dict[str, Any] | None = None) -> dict[str, Any]:
    verdict = {"application/json": {"schema": _of("Verdict")}}
    problem = {"application/json": {"schema": _of("Problem")}}
    responses: dict[str, Any] = {}
    for status in statuses:
        if body is None and status == 200:
            responses["200"] = {"description": "as asked"}
            continue
        content = verdict if status in (200, 207, 422) else problem
        responses[str(status)] = {"description": STATUSES[status], "content": content}
    operation: dict[str, Any] = {"summary": summary, "responses": responses}
    if body is not None:
        operation["requestBody"] = {
            "required": True,
            "description": "JSON; with Content-Encoding: gzip or zstd, compressed",
            "content": {"application/json": {"schema": body}},
        }
    return operation


@lru_cache(maxsize=1)
def _document() -> bytes:
    return msgspec.json.encode(described())


async def document(_request: Request, _door: Door) -> Answer:
    """The OpenAPI document."""
    return Answer(200, _document())
