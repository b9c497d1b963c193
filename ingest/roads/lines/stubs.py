"""What agents ask before they write: whether there is an InfluxDB, of which version, and that it makes them a database.

None of it needs a key, and none of it means anything here: a key says where values go, not the name of a database.
"""

import re
from urllib.parse import parse_qs

from config import clock
from config.language import _
from ingest import bodies
from ingest.answers import Answer, answer
from ingest.door import Door, Routes
from ingest.problem import Problem, Refusal
from ingest.request import Request
from ingest.roads.lines.answers import DONE, VERSION, first, refused

QUERY_LIMIT = 16_384  # bytes
_CREATE = re.compile(r"\s*CREATE\s+DATABASE\b[^;]*;?\s*", re.IGNORECASE)
_SHOW = re.compile(r"\s*SHOW\s+DATABASES\s*;?\s*", re.IGNORECASE)
_MADE = {"results": [{"statement_id": 0}]}
_SHOWN = {"results": [{"statement_id": 0, "series": [{"name": "databases", "columns": ["name"], "values": [["loadstar"]]}]}]}
_began = clock.now()


async def ping(request: Request, _door: Door) -> Answer:
    """That it is there; with `?verbose=true` its version as JSON."""
    if parse_qs(request.query).get("verbose", ["false"])[-1].lower() in ("true", "1"):
        return answer(200, {"version": VERSION[1]}, (VERSION,))
    return DONE


async def health(_request: Request, _door: Door) -> Answer:
    """That this process answers; whether the store takes values says `/healthz`."""
    said = {"name": "influxdb", "status": "pass", "message": "ready for queries and writes", "checks": [], "version": VERSION[1]}
    return answer(200, said, (VERSION,))


async def ready(_request: Request, _door: Door) -> Answer:
    """The same, in the words of the second interface."""
    up = clock.now() - _began
    return answer(200, {"status": "ready", "started": _began.isoformat(), "up": f"{up.total_seconds():.0f}s"}, (VERSION,))


async def query(request: Request, _door: Door) -> Answer:
    """Nothing can be asked here, but for making and listing databases."""
    try:
        return answer(200, _answered(await _asked(request)), (VERSION,))
    except Refusal as refusal:
        return refused(refusal, first)


async def _asked(request: Request) -> str:
    asked = parse_qs(request.query).get("q")
    if asked is None and request.method == "POST":
        body = await bodies.received(request, QUERY_LIMIT)
        asked = parse_qs(body.decode("utf-8", "replace")).get("q")
    if asked is None:
        raise Refusal(400, Problem("missing_query", _('missing required parameter "q"'), "q"))
    return asked[-1]


def _answered(asked: str) -> object:
    if _CREATE.fullmatch(asked):
        return _MADE
    if _SHOW.fullmatch(asked):
        return _SHOWN
    words = _("values are written here, not asked for: only CREATE DATABASE and SHOW DATABASES are answered")
    raise Refusal(400, Problem("no_queries", words))


ROUTES: Routes = {
    **{(method, path): ping for method in ("GET", "HEAD") for path in ("/ping", "/api/v2/ping")},
    ("GET", "/health"): health,
    ("GET", "/ready"): ready,
    ("GET", "/query"): query,
    ("POST", "/query"): query,
}
