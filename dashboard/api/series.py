"""Any series by local periods, as JSON, CSV, Arrow or Parquet, sent while it is read: `/api/v1/series`."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC
from itertools import chain
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from flask import Blueprint, Response, request

from config.language import _
from config.quantities import QUANTITIES
from dashboard.api.answers import STEPS
from dashboard.api.asked import BadParameter, answer_bad_parameters, asked_range, iso, moment, one_of, refused
from dashboard.web.access import current_scope, guard, signed_in
from dashboard.web.addresses import API
from dashboard.web.gate import costly
from insight import series
from insight.series import ENERGIES, LEVELS, POWER, TOTALS, Asked
from store import sheets
from store.errors import NotFound
from store.records.plant import meters, sites
from store.scope import Scope
from store.series.as_known import came_later

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MOST_METERS = 100
OF_ENERGY, OF_POWER = ("sum",), ("mean", "min", "max")
OF_METERS = (*ENERGIES, POWER, *LEVELS)
COLUMNS = ("start", "local", "id", "value", "coverage", "provisional")
SCHEMA = pa.schema(
    [
        ("start", pa.timestamp("us", "UTC")),
        ("local", pa.string()),
        ("id", pa.string()),
        ("value", pa.float64()),
        ("coverage", pa.float64()),
        ("provisional", pa.bool_()),
    ]
)

bp = Blueprint("api_series", __name__, url_prefix=API.rstrip("/"))
answer_bad_parameters(bp)


@bp.get("/series")
@guard(signed_in)
@costly
def of() -> Response:
    """Values by period: `?meter=…&quantity=energy_kwh&from=…&to=…&step=day`, or `?site=…&quantity=imported_kwh&…`."""
    scope = current_scope()
    asked = _asked(scope)
    kind, write = FORMATS[one_of("format", FORMATS, "json")]
    if asked.known_at is not None and (later := came_later(scope, asked.ids, asked.start, asked.end, asked.known_at)):
        message = _(
            "What was known then cannot be told: readings of that time came later, or took the place of others, or what a "
            "meter declares was changed later. Ask for a time that had settled by then, or without known_at."
        )
        return refused(409, "not_kept", message, meters=later)
    portions = series.portions(scope, asked)
    first = next(portions)  # what cannot be answered is refused before anything is sent
    tables = (_localised(each, asked.zone) for each in chain([first], portions))
    return Response(write(asked, tables), mimetype=kind)


def _asked(scope: Scope) -> Asked:
    """What the address asks for; raises `BadParameter`, and `NotFound` for what does not exist for the scope."""
    start, end, step = asked_range(STEPS)
    ids, site_id = list(dict.fromkeys(request.args.getlist("meter"))), request.args.get("site", "")
    if bool(ids) == bool(site_id) or len(ids) > MOST_METERS:
        raise BadParameter(_("name either one site or up to %(count)s meters, each as meter=", count=MOST_METERS))
    quantity = one_of("quantity", TOTALS if site_id else OF_METERS, "imported_kwh" if site_id else "energy_kwh")
    allowed = OF_ENERGY if quantity in TOTALS or quantity in ENERGIES else OF_POWER
    aggregate = one_of("aggregate", allowed, allowed[0])
    known_at = moment("known_at") if "known_at" in request.args else None
    if known_at is not None and (site_id or known_at < end):
        raise BadParameter(_("known_at is of meters, and of a time that was over by then: to is not after it"))
    if site_id:
        scope.require_site(site_id)
        if not scope.sees_whole_site(site_id):
            raise NotFound("not the whole site")
        return Asked([site_id], quantity, start, end, step, aggregate, ZoneInfo(sites.site(scope, site_id).time_zone))
    homes = {each.site_id for each in meters.require_meters(scope, ids).values()}
    zones = {sites.site(scope, each).time_zone for each in homes}
    if len(zones) > 1:
        raise BadParameter(_("the meters are of sites in several time zones: ask for those of one zone at a time"))
    return Asked(ids, quantity, start, end, step, aggregate, ZoneInfo(*zones), known_at)


def _localised(table: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    local = {at: at.astimezone(zone).isoformat() for at in table["start"].drop_duplicates().dt.to_pydatetime()}
    return table.assign(local=[local[at] for at in table["start"].dt.to_pydatetime()])[list(COLUMNS)]


def _unit(asked: Asked) -> str:
    return "kWh" if asked.quantity in TOTALS else QUANTITIES[asked.quantity].label


def _json(asked: Asked, tables: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    """An object whose `values` are one a period and id; a number that is none is null."""
    head = {
        "quantity": asked.quantity,
        "unit": _unit(asked),
        "step": asked.step,
        "aggregate": asked.aggregate,
        "time_zone": asked.zone.key,
        "known_at": iso(asked.known_at) if asked.known_at else None,
    }
    yield msgspec.json.encode(head)[:-1] + b',"values":['
    comma = b""
    for table in tables:
        rows = table.assign(start=[iso(each) for each in table["start"].dt.to_pydatetime()]).to_dict("records")
        if rows:
            yield comma + msgspec.json.encode(rows)[1:-1]
            comma = b","
    yield b"]}"


def _csv(asked: Asked, tables: Iterator[pd.DataFrame]) -> Iterator[str]:
    rows = (
        [start.to_pydatetime().astimezone(UTC), local, each, None if value != value else value, coverage, provisional]
        for table in tables
        for start, local, each, value, coverage, provisional in table.itertuples(index=False)
    )
    return sheets.written(("start (UTC)", "local", "id", f"{asked.quantity} ({_unit(asked)})", "coverage", "provisional"), rows)


class _Pieces(io.RawIOBase):
    """What is written to it, taken out bit by bit."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer", /) -> int:
        self._held.append(bytes(data))
        return len(self._held[-1])

    def taken(self) -> bytes:
        """What has come since the last time."""
        found, self._held = b"".join(self._held), []
        return found


def _arrow(asked: Asked, tables: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    return _columns(asked, tables, pa.ipc.new_stream)


def _parquet(asked: Asked, tables: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    return _columns(asked, tables, pq.ParquetWriter)


def _columns(
    asked: Asked, tables: Iterator[pd.DataFrame], writer: Callable[..., pa.ipc.RecordBatchStreamWriter]
) -> Iterator[bytes]:
    """A portion of time after the other, with the quantity, its unit and the time zone in the file's own words."""
    told = {"quantity": asked.quantity, "unit": _unit(asked), "aggregate": asked.aggregate, "time_zone": asked.zone.key}
    schema, pieces = SCHEMA.with_metadata(told), _Pieces()
    with writer(pieces, schema) as out:
        for table in tables:
            out.write_table(pa.Table.from_pandas(table, schema, preserve_index=False))
            yield pieces.taken()
    yield pieces.taken()


Write = Callable[[Asked, Iterator[pd.DataFrame]], Iterator[bytes] | Iterator[str]]
FORMATS: dict[str, tuple[str, Write]] = {
    "json": ("application/json", _json),
    "csv": ("text/csv", _csv),
    "arrow": ("application/vnd.apache.arrow.stream", _arrow),
    "parquet": ("application/vnd.apache.parquet", _parquet),
}
