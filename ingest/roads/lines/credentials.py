"""A key where agents of InfluxDB keep theirs: as the password of whatever they call one, or as the whole token.

The first that is there counts, in InfluxDB's order: `?u=&p=`, then `Authorization`. It is never logged.
"""

import base64
import binascii
from urllib.parse import parse_qs

from config.language import _
from ingest import keys
from ingest.directory import Caller
from ingest.door import Door
from ingest.request import Request


async def require(request: Request, door: Door) -> Caller:
    """Whose key comes with a request that writes; raises as `keys.require`."""
    given = _given(request)
    if not given:
        raise keys.missing(door, _("give the device's key as the password, beside any user name, or as the token"))
    return await keys.holder(given, request, door, write=True)


def _given(request: Request) -> str | None:
    password = parse_qs(request.query).get("p")
    if password:
        return password[-1]
    scheme, _blank, rest = (request.headers.get("authorization") or "").partition(" ")
    rest = rest.strip()
    match scheme.lower():
        case "basic":
            try:
                return base64.b64decode(rest, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return None
        case "token" | "bearer":
            return rest.rpartition(":")[2]
    key: str | None = request.headers.get("x-api-key")
    return key
