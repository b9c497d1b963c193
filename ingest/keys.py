"""API keys: `id.secret`, of which only the SHA-256 of the secret is known here.

The secret is 32 random bytes, so that a plain hash is enough: there is nothing to guess that a slow one would protect.
"""

import hashlib
import hmac
import math

from config import clock
from config.language import _
from ingest.directory import Caller
from ingest.door import Door
from ingest.problem import Problem, Refusal
from ingest.request import Request

_CHALLENGE = (("www-authenticate", 'Bearer realm="devices"'),)
_SCHEMES = ("bearer ", "token ")


async def require(request: Request, door: Door, write: bool) -> Caller:
    """Who sends this request.

    `X-API-Key: id.secret`, or `Authorization: Bearer id.secret` (or `Token`, as InfluxDB's agents say).

    Raises:
        Refusal: 401 no key or an unknown one, 403 one that may not write, or whose site is archived.
    """
    headers = request.headers
    return await holder(headers.get("x-api-key") or _authorization(headers.get("authorization")), request, door, write)


async def holder(given: str | None, request: Request, door: Door, write: bool) -> Caller:
    """Whose key was given with this request; raises as `require`."""
    if not given:
        raise missing(door, _("send the device's key in the header X-API-Key"))
    key_id, _point, secret = given.partition(".")
    caller = door.directory.callers.get(key_id) or await door.directory.caller(key_id)
    digest = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
    known = caller.secret_hash if caller is not None else bytes(32)
    if not hmac.compare_digest(digest, known) or caller is None or caller.revoked or _ended(caller):
        door.metrics.refused_key("unknown" if caller is None else "known")
        if caller is not None:
            door.logbook.refused(key_id)
        raise Refusal(
            401,
            Problem(
                "unknown_key", _("the key is not known, or no longer valid: check that all of it was copied, or ask for another")
            ),
            headers=_CHALLENGE,
        )
    request.caller = caller
    if caller.archived:
        raise Refusal(
            403,
            Problem(
                "site_archived",
                _("the site of this key is archived: keep what you measure, and ask whether it is to be restored"),
            ),
        )
    door.activity.used(key_id)
    if write and not caller.can_write:
        raise Refusal(403, Problem("read_only_key", _("the key may read, but not write: ask for one that may post")))
    return caller


def missing(door: Door, advice: str) -> Refusal:
    """That no key was given, and where to give it."""
    door.metrics.refused_key("none")
    return Refusal(401, Problem("no_key", advice), headers=_CHALLENGE)


def _ended(caller: Caller) -> bool:
    return caller.ends != math.inf and caller.ends <= clock.now_us() / 1e6


def _authorization(value: str | None) -> str | None:
    if value:
        for scheme in _SCHEMES:
            if value[: len(scheme)].lower() == scheme:
                return value[len(scheme) :].strip()
    return None
