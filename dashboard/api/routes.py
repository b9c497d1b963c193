"""What can be asked of the people's API: one table, from which its description is made (`dashboard.api.openapi`).

`tests/dashboard/api/test_people_api.py` holds it against the routes.
"""

from typing import Any, NamedTuple

from dashboard.api import answers, building_answers, emission_answers, series_answers
from dashboard.web.addresses import API
from store.series import peaks, prices
from store.series.differences import REGISTERS
from store.series.peaks import PERIODS
from store.series.region_series import INTERVALS_S

Schema = dict[str, Any]
JSON = "application/json"

STATUSES = {
    200: "as asked",
    201: "begun; Location says where it goes on",
    204: "done; there is nothing to say",
    400: "malformed, or a field is missing",
    401: "no token, or one that is no longer valid; when signing in: what is wrong, or `code_needed`",
    403: "not allowed; the message says why",
    404: "not there, or not yours to see; the two are never told apart",
    409: "several are called so; or an upload goes on elsewhere, at Upload-Offset",
    412: "another version of tus",
    413: "too large",
    415: "not sent as what it should be",
    422: "a parameter cannot be what it is",
    429: "too many tries; slow down, see Retry-After",
    503: "the store is away; see Retry-After",
    507: "the disk has no room for it",
}
SIGNING = (400, 401, 413, 503)
READING = (401, 503)


def _text(about: str = "", **more: Any) -> Schema:
    return {"type": "string"} | ({"description": about} if about else {}) | more


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _object(example: Any = None, optional: tuple[str, ...] = (), **fields: Schema) -> Schema:
    made: Schema = {"type": "object", "required": [name for name in fields if name not in optional], "properties": fields}
    return made | ({"example": example} if example else {"additionalProperties": False})


NUMBER: Schema = {"type": "number"}
AGGREGATES = ["sum", "mean", "min", "max"]
REFRESH = _object({"refresh_token": "tfm_4k7q0x9v2n8e.1.Zk3q2…"}, refresh_token=_text("the refresh token of the last pair"))
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


def _query(name: str, about: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "description": about, "required": required, "schema": schema}


MOMENT_IN = {"type": "string", "format": "date-time"}
FROM = _query("from", "RFC 3339 with an offset", MOMENT_IN, required=True)


def _range(most: str, steps: tuple[str, ...] = answers.STEPS) -> tuple[Schema, ...]:
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
    answer: type[answers.Said] | None
    statuses: tuple[int, ...]
    body: Schema | None = None
    parameters: tuple[Schema, ...] = ()
    good: int = 204  # when there is no such answer
    also: tuple[type[answers.Said], ...] = ()  # the answer may be one of these instead
    file: str = ""  # what the answer is, when it is none of these

    @property
    def address(self) -> str:
        """The whole path."""
        return self.path if self.path.startswith("/") else API + self.path


SIGN_IN = _object(
    {"email": "ada@example.org", "password": "…", "code": "123456"},
    optional=("code",),
    email=_text(),
    password=_text(),
    code=_text("of the authenticator app, or a recovery code; with a second factor only"),
)
ROUTES: tuple[Route, ...] = (
    Route("POST", "token", "Sign a program in", answers.Pair, (*SIGNING, 403, 429), SIGN_IN),
    Route("POST", "token/refresh", "Exchange a refresh token for the next pair", answers.Pair, SIGNING, REFRESH),
    Route("POST", "token/revoke", "Sign the program out", None, (400, 413, 503), REFRESH),
    Route("GET", "me", "Whose token it is", answers.Person, READING),
    Route("GET", "sites", "The sites that may be seen, whole or in part", answers.Sites, READING),
    Route("GET", "sites/{site_id}/meters", "The meters of a site that may be seen", answers.Meters, (*READING, 404)),
    Route("GET", "meters/{meter_id}/latest", "The newest value of each quantity", answers.Latest, (*READING, 404)),
    Route("GET", "meters/{meter_id}/energy", "Energy by period", answers.Energy, (*READING, 404, 422), parameters=RANGE),
    Route(
        "GET",
        "meters/{meter_id}/counter",
        "What a counter counted from reading to reading",
        answers.Counter,
        (*READING, 404, 422),
        parameters=READINGS,
    ),
    Route(
        "GET",
        "meters/{meter_id}/cost",
        "What its energy cost, by period",
        answers.MeterCosts,
        (*READING, 404, 422),
        parameters=RANGE,
    ),
    Route(
        "GET",
        "meters/{meter_id}/shares",
        "What part of its energy was read, estimated by its sender or by us, or said by people",
        answers.Shares,
        (*READING, 404, 422),
        parameters=(FROM, _query("to", "RFC 3339 with an offset; a year on at the most", MOMENT_IN, required=True)),
    ),
    Route(
        "GET",
        "meters/{meter_id}/peaks",
        "Its greatest mean power over a quarter or half an hour, by period",
        answers.Peaks,
        (*READING, 404, 422),
        parameters=(*_range(YEAR, PERIODS), OVER),
    ),
    Route(
        "GET",
        "sites/{site_id}/cost",
        "What a whole site paid for what it drew from the grid, by period",
        answers.SiteCosts,
        (*READING, 404, 422, 429),
        parameters=_range(YEAR),
    ),
    Route(
        "GET",
        "sites/{site_id}/emissions",
        "What a whole site emitted, by period: bought by both ways of counting, made, and avoided by what was sold",
        emission_answers.SiteEmissions,
        (*READING, 404, 422, 429),
        parameters=_range(YEAR),
    ),
    Route(
        "GET",
        "sites/{site_id}/shares",
        "What part of the energy of its meters was read, estimated by senders or by us, or said by people",
        answers.SiteShares,
        (*READING, 404, 422, 429),
        parameters=(FROM, _query("to", "RFC 3339 with an offset; a year on at the most", MOMENT_IN, required=True)),
    ),
    Route("GET", "regions", "The regions of the sites that may be seen", answers.Regions, READING),
    Route(
        "POST",
        "regions/{region_id}/series",
        "Write prices or CO2 of a region, all of the values or none",
        answers.Written,
        (*READING, 400, 403, 404, 413, 422),
        SERIES,
    ),
)


ROUTES += (
    Route(
        "GET",
        "series",
        "Values of meters, or a total of a site, by period: JSON, CSV, Arrow or Parquet",
        series_answers.Series,
        (*READING, 404, 409, 422, 429),
        parameters=(
            _query("meter", "a meter; up to 100 of them, each as a parameter of its own", _list({"type": "string"})),
            _query("site", "a site, in the place of meters", {"type": "string"}),
            _query("quantity", "energy_kwh of meters and imported_kwh of a site by default", {"type": "string"}),
            *RANGE,
            _query("aggregate", "of energies their sum; of others mean by default", {"type": "string", "enum": AGGREGATES}),
            _query("format", "json by default", {"type": "string", "enum": ["json", "csv", "arrow", "parquet"]}),
            _query("known_at", "as it was known then, of a time that was over by then", MOMENT_IN),
        ),
    ),
)


IN_PATH: dict[str, Schema] = {
    "building": {"description": "its name or number, URL-encoded", "schema": {"type": "string"}},
    **{name: {"description": "as a number", "schema": {"type": "integer"}} for name in ("year", "month", "day")},
}
SITE = _query("site", "name or id of a site, where names of buildings repeat", {"type": "string"})
OF_BUILDING = (*READING, 404, 409, 422, 429)
ROUTES += (
    Route(
        "GET",
        "/get-available-data",
        "The buildings that may be seen, and of which times there is anything",
        building_answers.AvailableData,
        (*READING, 404, 429),
        parameters=(SITE,),
    ),
    Route(
        "GET",
        "/fetch-data/{year}/{month}/{day}/{building}",
        "What a building took in each hour of a local day",
        building_answers.DayOfBuilding,
        OF_BUILDING,
        parameters=(SITE,),
    ),
    Route(
        "GET",
        "/stats/{year}/{month}/{building}",
        "Statistics of the daily totals of a building's month, and its highest and lowest month of that year",
        building_answers.StatsOfBuilding,
        OF_BUILDING,
        parameters=(SITE,),
    ),
)


def _header(name: str, about: str, schema: Schema | None = None, *, required: bool = True) -> Schema:
    return {"name": name, "in": "header", "description": about, "required": required, "schema": schema or {"type": "string"}}


WHOLE: Schema = {"type": "integer", "minimum": 0}
TUS = _header("Tus-Resumable", "the version of tus that is spoken", {"type": "string", "enum": ["1.0.0"]})
OPERATING = (*READING, 403, 404)
IMPORT = _object(
    {"site_id": "sit_4k7q0x9v2n8e", "upload": "upl_4k7q0x9v2n8e", "profile": "quarterly export"},
    optional=("dry_run", "upload"),
    site_id=_text("whose meters the readings are of"),
    upload=_text(
        "of a file that has come whole; or send a form (multipart/form-data) with the file as its part file, up to 8 MB"
    ),
    profile={"type": ["string", "object"], "description": "how the file is read: the name of a saved profile, or one as JSON"},
    dry_run={"type": "boolean", "description": "say what it would do, and store nothing; the same as ?dry_run=1"},
) | {"additionalProperties": False}
ROUTES += (
    Route(
        "GET",
        "imports",
        "The imports of files into the sites that are operated, the newest first",
        answers.Imports,
        (*OPERATING, 422),
        parameters=(
            _query("site_id", "of one site only", {"type": "string"}),
            _query("search", "words that stand in the name of the file", {"type": "string"}),
            _query("first", "how many to pass over", WHOLE),
            _query("count", "how many to tell, 50 by default", WHOLE),
        ),
    ),
    Route(
        "POST",
        "imports",
        "Import a file of history",
        answers.Import,
        (*OPERATING, 400, 413, 422, 429, 507),
        IMPORT,
        also=(answers.Tried, answers.Check),
    ),
    Route(
        "GET",
        "imports/checks/{upload_id}",
        "How far the dry run of an uploaded file is, and what came of it",
        answers.Check,
        OPERATING,
    ),
    Route(
        "GET",
        "imports/checks/{upload_id}/refused",
        "The rows that importing an uploaded file would refuse, and why",
        None,
        (*OPERATING, 429),
        file="text/csv",
    ),
    Route("DELETE", "imports/checks/{upload_id}", "Call the dry run of an uploaded file off", answers.Check, OPERATING),
    Route("GET", "imports/{import_id}", "How far an import is, and what came of it", answers.Import, OPERATING),
    Route(
        "DELETE",
        "imports/{import_id}",
        "Call an import off, or take back what it has stored: what was there before shows again",
        answers.Import,
        (*OPERATING, 422),
    ),
    Route("GET", "imports/{import_id}/refused", "The rows that were refused, and why", None, (*OPERATING, 429), file="text/csv"),
    Route(
        "POST",
        "uploads",
        "Begin to send a file in pieces (tus 1.0, creation)",
        None,
        (*OPERATING, 400, 412, 413, 422, 507),
        parameters=(
            TUS,
            _header("Upload-Length", "bytes of the file", WHOLE),
            _header("Upload-Metadata", "filename and its value in base64", required=False),
        ),
        good=201,
    ),
    Route("HEAD", "uploads/{upload_id}", "How much of it has come: Upload-Offset", None, OPERATING, parameters=(TUS,), good=200),
    Route(
        "PATCH",
        "uploads/{upload_id}",
        "Send the next piece, up to 8 MB, as application/offset+octet-stream",
        None,
        (*OPERATING, 400, 409, 412, 413, 415, 422, 507),
        parameters=(TUS, _header("Upload-Offset", "where the piece begins", WHOLE)),
    ),
    Route("DELETE", "uploads/{upload_id}", "Take an upload no further", None, (*OPERATING, 412), parameters=(TUS,)),
)
