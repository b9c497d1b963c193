"""For whoever develops hardware or a page, while `LOADSTAR_DEVELOPMENT` is on; otherwise none of it is there."""

import httpx
from flask import Blueprint, Response, jsonify

from config import clock
from config.limits import NOMINAL_FREQUENCY_HZ
from config.settings import settings
from dashboard.api.asked import answer_bad_parameters, iso, one_of
from dashboard.web.access import guard, in_development
from dashboard.web.own_devices import asking
from insight import voltage_conditions

ASKED_S = 3.0
POST = {"energy_produced": 0.4, "energy_consumed": 1.2, "current_load": 35.0}  # kWh, kWh, %

bp = Blueprint("api_development", __name__)
answer_bad_parameters(bp)


@bp.get("/api/debug/test-hardware")
@guard(in_development)
def test_hardware() -> Response:
    """Whether the device API takes readings, and a post to send it."""
    try:
        answer = asking().get(f"{settings().device_url}/healthz", timeout=ASKED_S)
        takes, said = answer.status_code == 200, answer.json()
    except (httpx.HTTPError, ValueError) as error:
        takes, said = False, {"status": "away", "reason": str(error) or type(error).__name__}
    there = settings().public_device_url
    return jsonify(
        device_api={"address": there, "takes_readings": takes, "says": said},
        post={"method": "POST", "address": f"{there}/api/hardware/data", "header": "X-API-Key", "body": POST},
        timestamp=iso(clock.now()),
    )


@bp.get("/api/debug/voltage-demo")
@guard(in_development)
def voltage_demo() -> Response:
    """What hardware would tell of a voltage: `?condition=`, by the field names of its posts; and how bad that is."""
    now = clock.now()
    found = voltage_conditions.conditions(now)
    shown = found[one_of("condition", tuple(found), "normal")]
    limit = voltage_conditions.voltage_limit()
    bounds = {name: getattr(limit, name) for name in ("low", "high", "critical_low", "critical_high")}
    return jsonify(
        condition=shown.condition,
        timestamp=iso(now),
        voltage=shown.voltage_v,
        frequency=NOMINAL_FREQUENCY_HZ,
        severity=shown.severity,
        limits={name: round(value, 1) for name, value in bounds.items()} | {"source": limit.source},
    )
