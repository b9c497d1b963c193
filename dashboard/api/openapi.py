"""The people's API described: one table of what can be asked, from which the OpenAPI document and the page for people are made.

`tests/dashboard/api/test_people_api.py` holds the table against the routes.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from flask import Blueprint, Response, jsonify

from config.quantities import QUANTITIES
from config.settings import settings
from dashboard.web.access import guard, public
from dashboard.web.addresses import API
from ingest.api_page import rendered
from store.series import peaks, prices
from store.series.differences import EVENTS, REGISTERS
from store.series.peaks import PERIODS
from store.series.region_series import INTERVALS_S

Schema = dict[str, Any]

STATUSES = {
    200: "as asked",
    204: "done; there is nothing to say",
    400: "malformed, or a field is missing",
    401: "no token, or one that is good no longer; when signing in: what does not fit, or `code_needed`",
    403: "not allowed; the message says why",
    404: "not there, or not yours to see; the two are never told apart",
    413: "too large",
    422: "a parameter cannot be what it is",
    429: "too many tries; slow down, see Retry-After",
    503: "the store is away; see Retry-After",
}
SIGNING = (400, 401, 413, 503)
READING = (401, 503)


def _text(about: str = "", **more: Any) -> Schema:
    return {"type": "string"} | ({"description": about} if about else {}) | more


def _maybe(schema: Schema) -> Schema:
    return schema | {"type": [schema["type"], "null"]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _object(example: Any = None, optional: tuple[str, ...] = (), **fields: Schema) -> Schema:
    made: Schema = {"type": "object", "required": [name for name in fields if name not in optional], "properties": fields}
    return made | ({"example": example} if example else {"additionalProperties": False})


NUMBER: Schema = {"type": "number"}
WHETHER: Schema = {"type": "boolean"}
ID = _text("an id")
MOMENT = _text("in UTC", format="date-time")
PAIR = _object(
    access_token=_text("to be sent as Authorization: Bearer …"),
    refresh_token=_text("for the next pair; works once"),
    token_type=_text(enum=["Bearer"]),
    expires_in={"type": "integer", "description": "seconds that the access token is good for"},
)
REFRESH = _object({"refresh_token": "tfm_4k7q0x9v2n8e.1.Zk3q2…"}, refresh_token=_text("the refresh token of the last pair"))
PERSON = _object(
    id=ID,
    email=_text(),
    name=_text(),
    organisation=_maybe(_text("its name")),
    role=_maybe(_text("in the organisation")),
    platform_admin=WHETHER,
)
SITE = _object(
    id=ID,
    name=_text(),
    kind=_text(),
    time_zone=_text("an IANA name"),
    currency=_text("an ISO 4217 code"),
    latitude=_maybe(NUMBER),
    longitude=_maybe(NUMBER),
)
METER = _object(id=ID, name=_text(), role=_text(), simulated=WHETHER)
VALUE = _object(value=NUMBER, unit=_text(), ts=MOMENT | {"description": "of a value with a duration: its end"})
LATEST = _object(
    meter=ID,
    latest={
        "type": "object",
        "description": f"by quantity: {', '.join(QUANTITIES)}",
        "propertyNames": {"enum": list(QUANTITIES)},
        "additionalProperties": VALUE,
    },
)
STEPS = ("quarter", "half_hour", "hour", "day", "month")
PERIOD = _object(
    start=MOMENT,
    energy_kwh=NUMBER | {"description": "in the edge's direction"},
    energy_export_kwh=NUMBER | {"description": "against it"},
    coverage={"type": "number", "minimum": 0, "maximum": 1, "description": "share of the readings due by now that are there"},
    provisional=WHETHER | {"description": "whether late readings are still usual"},
)
ENERGY = _object(
    meter=ID, step=_text(enum=list(STEPS)), time_zone=_text("of the site, whose days these are"), energy=_list(PERIOD)
)


def _costs(bought: str, **of: Schema) -> Schema:
    row = _object(
        start=MOMENT,
        bought_kwh=NUMBER | {"description": bought},
        sold_kwh=NUMBER | {"description": "the other way"},
        cost=_maybe(NUMBER | {"description": "of what has a price; null when nothing has; negative: earned"}),
        priced={"type": "number", "minimum": 0, "maximum": 1, "description": "share of the energy that has a price"},
        provisional=WHETHER | {"description": "whether late readings are still usual"},
    )
    step, zone = _text(enum=list(STEPS)), _text("of the site, whose periods these are")
    return _object(None, (), **of, step=step, time_zone=zone, currency=_text("an ISO 4217 code"), cost=_list(row))


COST = _costs("towards the site's uses; of a source or a storage, against its direction", meter=ID)
SITE_COST = _costs("from the grid", site=ID)
PEAK = {"type": ["object", "null"]} | {
    key: value
    for key, value in _object(start=MOMENT, power_kw=NUMBER | {"description": "its mean power"}).items()
    if key != "type"
}
PEAKS = _object(
    meter=ID,
    step=_text(enum=list(PERIODS)),
    over=_text("how long a peak lasts", enum=list(peaks.STEPS)),
    time_zone=_text("of the site, whose periods these are"),
    peaks=_list(
        _object(
            start=MOMENT,
            peak=PEAK | {"description": "in the edge's direction; null where nothing so short is told whole"},
            peak_export=PEAK | {"description": "against it"},
            provisional=WHETHER | {"description": "whether late readings are still usual"},
        )
    ),
)
REGIONS = _object(regions=_list(_object(id=ID, name=_text(), writable=WHETHER)))
SERIES = _object(
    {
        "quantity": "price_per_kwh",
        "interval_s": 3600,
        "values": [{"start": "2026-01-31T00:00:00Z", "value": 0.31}],
    },
    quantity=_text("of a region", enum=list(prices.QUANTITIES)),
    interval_s={"type": "integer", "enum": list(INTERVALS_S), "description": "how long each value holds"},
    values=_list(_object(start=_text("RFC 3339 with an offset", format="date-time"), value=NUMBER)),
)
WRITTEN = _object(
    region=ID,
    quantity=_text(),
    interval_s={"type": "integer"},
    new={"type": "integer"},
    changed={"type": "integer", "description": "in the place of another value"},
    same={"type": "integer"},
)
READ = _object(
    ts=MOMENT,
    reading_kwh=NUMBER | {"description": "the register, corrected if somebody corrected it"},
    energy_kwh=_maybe(NUMBER | {"description": "since the reading before; null when there is none"}),
    event=_maybe(_text("what happened to the counter since the reading before", enum=[*EVENTS, None])),
)
COUNTER = _object(meter=ID, register=_text(enum=list(REGISTERS)), readings=_list(READ))
PROBLEM: Schema = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {"error": _text("a short name"), "message": _text("for the person who can put it right")},
}


def _query(name: str, about: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "description": about, "required": required, "schema": schema}


MOMENT_IN = {"type": "string", "format": "date-time"}
FROM = _query("from", "RFC 3339 with an offset", MOMENT_IN, required=True)


def _range(most: str, steps: tuple[str, ...] = STEPS) -> tuple[Schema, ...]:
    to = _query("to", f"RFC 3339 with an offset; at most {most}", MOMENT_IN, required=True)
    step = _query("step", "the periods, by the site's clocks; day by default", {"type": "string", "enum": list(steps)})
    return FROM, to, step


RANGE = _range("92 days on by hour or shorter, 3 years by day, 30 by month")
YEAR = "92 days on by hour or shorter, a year by day or month"
OVER = _query("over", "how long a peak lasts; quarter by default", {"type": "string", "enum": list(peaks.STEPS)})
READINGS = (
    FROM,
    _query("to", "RFC 3339 with an offset; at most a week on", MOMENT_IN, required=True),
    _query("register", "`energy_total_kwh` by default", {"type": "string", "enum": list(REGISTERS)}),
)


class Route(NamedTuple):
    """Something that can be asked; `answer` is the body of a 200, none of a 204."""

    method: str
    path: str
    summary: str
    answer: Schema | None
    statuses: tuple[int, ...]
    body: Schema | None = None
    parameters: tuple[Schema, ...] = ()


SIGN_IN = _object(
    {"email": "ada@example.org", "password": "…", "code": "123456"},
    optional=("code",),
    email=_text(),
    password=_text(),
    code=_text("of the authenticator app, or a recovery code; with a second factor only"),
)
ROUTES = (
    Route("POST", "token", "Sign a program in", PAIR, (*SIGNING, 403, 429), SIGN_IN),
    Route("POST", "token/refresh", "Exchange a refresh token for the next pair", PAIR, SIGNING, REFRESH),
    Route("POST", "token/revoke", "Sign the program out", None, (400, 413, 503), REFRESH),
    Route("GET", "me", "Whose token it is", PERSON, READING),
    Route("GET", "sites", "The sites that may be seen, whole or in part", _object(sites=_list(SITE)), READING),
    Route(
        "GET", "sites/{site_id}/meters", "The meters of a site that may be seen", _object(meters=_list(METER)), (*READING, 404)
    ),
    Route("GET", "meters/{meter_id}/latest", "The newest value of each quantity", LATEST, (*READING, 404)),
    Route("GET", "meters/{meter_id}/energy", "Energy by period", ENERGY, (*READING, 404, 422), parameters=RANGE),
    Route(
        "GET",
        "meters/{meter_id}/counter",
        "What a counter counted from reading to reading",
        COUNTER,
        (*READING, 404, 422),
        parameters=READINGS,
    ),
    Route("GET", "meters/{meter_id}/cost", "What its energy cost, by period", COST, (*READING, 404, 422), parameters=RANGE),
    Route(
        "GET",
        "meters/{meter_id}/peaks",
        "Its greatest mean power over a quarter or half an hour, by period",
        PEAKS,
        (*READING, 404, 422),
        parameters=(*_range(YEAR, PERIODS), OVER),
    ),
    Route(
        "GET",
        "sites/{site_id}/cost",
        "What a whole site paid for what it drew from the grid, by period",
        SITE_COST,
        (*READING, 404, 422, 429),
        parameters=_range(YEAR),
    ),
    Route("GET", "regions", "The regions of the sites that may be seen", REGIONS, READING),
    Route(
        "POST",
        "regions/{region_id}/series",
        "Write prices or CO2 of a region, all of the values or none",
        WRITTEN,
        (*READING, 400, 403, 404, 413, 422),
        SERIES,
    ),
)

bp = Blueprint("api_openapi", __name__, url_prefix=API.rstrip("/"))


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(API + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loadstar people's API",
            "version": "1",
            "description": "A program sees what its person sees. Devices post elsewhere.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "an access token, or a personal token"}
            },
            "schemas": {"Problem": PROBLEM},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    good: dict[str, Any] = {"204": {"description": STATUSES[204]}}
    if route.answer is not None:
        good = {"200": {"description": STATUSES[200], "content": {"application/json": {"schema": route.answer}}}}
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    bad = {str(status): {"description": STATUSES[status], "content": problem} for status in sorted(route.statuses)}
    operation: dict[str, Any] = {"summary": route.summary, "responses": good | bad}
    in_path = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "description": "an id", "schema": {"type": "string"}} for name in in_path
    ]
    if parameters or route.parameters:
        operation["parameters"] = [*parameters, *route.parameters]
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if route.path.startswith("token"):
        operation["security"] = []  # the body says who it is
    return operation


@bp.get("/openapi.json")
@guard(public)
def document() -> Response:
    """The OpenAPI document."""
    return jsonify(described())


@bp.get("/docs")
@guard(public)
def manual() -> Response:
    """The page for people."""
    return Response(_page(settings().dashboard_url), mimetype="text/html")


@lru_cache(maxsize=1)
def _page(address: str) -> str:
    way_in = "Send an access token, or a personal one of the account page: <code>Authorization: Bearer …</code>."
    return rendered(described(), way_in, address, f"{API}openapi.json")
