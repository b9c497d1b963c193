"""What the hardware of a site says now, by token or for whoever is signed in; and where devices belong that came to this port."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from config import clock
from config.language import _
from config.settings import settings
from dashboard.api.asked import BadParameter, answer_bad_parameters, iso, refused
from dashboard.web.access import current_scope, guard, public, signed_in
from insight import hardware
from store.records.plant import sites
from store.records.schema import Site

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LONGEST = 18  # digits of a site's number

bp = Blueprint("api_hardware", __name__)
answer_bad_parameters(bp)


@bp.get("/api/latest-hardware-data")
@guard(signed_in)
def latest_hardware_data() -> Response:
    """What a site's hardware told within the last minute, by the field names of its posts: `?facility_id=…`."""
    scope, site = current_scope(), _site()
    told = hardware.told(scope, site.id)
    if told is None:
        seen = hardware.heard(scope, site.id).last_seen
        return jsonify(data=None, last_seen=iso(seen) if seen else None)
    age_s = round((clock.now() - told.at).total_seconds(), 1)
    content: dict[str, Any] = {"facility_id": site.public_number, "timestamp": iso(told.at), "age_s": max(0.0, age_s)}
    return jsonify(content | told.fields)


@bp.get("/api/hardware-status-check")
@guard(signed_in)
def hardware_status_check() -> Response:
    """Whether a site's hardware is heard: `?facility_id=…`."""
    heard = hardware.heard(current_scope(), _site().id)
    return jsonify(
        connected=heard.state == "live",
        last_seen=iso(heard.last_seen) if heard.last_seen else None,
        state="online" if heard.state == "live" else heard.state,
    )


@bp.route("/api/hardware/", defaults={"path": ""}, methods=METHODS)
@bp.route("/api/hardware/<path:path>", methods=METHODS)
@guard(public)
def at_the_wrong_port(path: str) -> Response:
    """Devices post elsewhere: nothing is read of what they send here, least of all their key."""
    there = f"{settings().public_device_url}/api/hardware/{path}"
    return refused(404, "not_here", _("Devices post to the device API: %(address)s", address=there))


def _site() -> Site:
    """The site that `?facility_id=` names; raises `BadParameter`, and `NotFound` when it does not exist for whoever asks."""
    given = request.args.get("facility_id", "")
    if not given:
        raise BadParameter(_("facility_id is missing: it is the number of a site, as on its page"))
    if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST):
        raise BadParameter(_("facility_id is %(given)s: it is the number of a site, as on its page", given=f"{given[:40]!r}"))
    return sites.numbered(current_scope(), int(given))
