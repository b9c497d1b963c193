"""All that is kept of a person, as one JSON file: their account, and the energy of their meters by day."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from flask import Blueprint, Flask, Response

from config import clock
from dashboard.web.access import current_scope, guard, oneself
from dashboard.web.gate import costly
from insight import closed_energy
from store.records.people.own_account import everything_about
from store.records.plant import sites
from store.records.plant.meters import require_meters
from store.scope import Scope

DAYS = 366
MOST_METERS = 50

bp = Blueprint("export", __name__)


@bp.get("/account/export.json")
@guard(oneself)
@costly
def export() -> Response:
    """The file."""
    scope = current_scope()
    told = everything_about(scope) | {"energy_by_day": energy_by_day(scope, clock.now())}
    response = Response(orjson.dumps(told, option=orjson.OPT_INDENT_2), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="loadstar-my-data.json"'
    return response


def energy_by_day(scope: Scope, now: datetime) -> list[dict[str, Any]]:
    """Energy (kWh) by local day of a year, of the meters that are the holder's one by one; of the first fifty."""
    found = require_meters(scope, sorted(scope.meter_ids)[:MOST_METERS]) if scope.user_id and not scope.everything else {}
    told: list[dict[str, Any]] = []
    for site_id in sorted({meter.site_id for meter in found.values()}):
        zone = sites.site(scope, site_id).time_zone
        ids = [meter.id for meter in found.values() if meter.site_id == site_id and meter.role != "condition"]
        days = closed_energy.energy_by(scope, ids, now - timedelta(days=DAYS), now, "day", zone) if ids else None
        if days is None:
            continue
        known = days[days["coverage"] > 0]
        for (meter_id, start), row in zip(known.index.to_list(), known.to_dict("records"), strict=True):
            told.append(
                {
                    "meter": found[meter_id].name,
                    "id": meter_id,
                    "day_begins": start.isoformat(),
                    "forward_kwh": round(float(row["forward_kwh"]), 4),
                    "export_kwh": round(float(row["export_kwh"]), 4),
                    "coverage": round(float(row["coverage"]), 4),
                }
            )
    return told


def install(server: Flask) -> None:
    """Give the server the export's route."""
    server.register_blueprint(bp)
