"""Keys that operators ask for: an administrator says yes, and whoever asked makes the key once and sees it once."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from config.language import _
from store.errors import Refused
from store.records.access.policy import Action, holder, require
from store.records.plant.devices import require_devices
from store.records.plant.keys import create_key
from store.records.schema import Device, Request
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import SYSTEM, Scope


@dataclass(frozen=True, slots=True)
class Askable:
    """A device of whose site the holder is an operator, and what they asked for last, if it is not used up."""

    device: Device
    request: Request | None


def askable_page(scope: Scope, site_id: str, wanted: Wanted) -> Page[Askable]:
    """A page of the site's devices in use, sorted by `name`, each with the holder's own request for a key of it.

    Raises:
        NotFound: the site does not exist for the scope, or nobody is signed in.
        Refused: not an operator of the site, or no such column to sort by.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    query = select(Device).where(Device.site_id == site_id, Device.retired_at.is_(None))
    with reading() as records:
        rows, total = page(
            records, query, wanted, searched=(Device.name, Device.id), sorts={"name": Natural(Device.name)}, key=Device.id
        )
        devices = [device for (device,) in rows]
        asked = select(Request).where(
            Request.user_id == holder(scope), Request.device_id.in_([each.id for each in devices]), Request.used_at.is_(None)
        )
        newest = {each.device_id: each for each in records.scalars(asked.order_by(Request.created_at, Request.id))}
    return Page([Askable(device, newest.get(device.id)) for device in devices], total)


def request_key(scope: Scope, device_id: str, note: str = "") -> Request:
    """Ask for a key of a device; the administrators of its site decide.

    Raises:
        NotFound: the device does not exist for the scope, or nobody is signed in.
        Refused: not an operator of its site, the device is retired, or it was asked for already.
    """
    device = require_devices(scope, [device_id])[device_id]
    require(scope, Action.OPERATE, site_id=device.site_id)
    if device.retired_at is not None:
        raise Refused(_("%(device)s is retired: ask for a key of the device that took its place", device=device.name))
    with session() as records:
        request = Request(kind="key", user_id=holder(scope), device_id=device_id, note=note.strip())
        records.add(request)
    return request


def create_requested_key(scope: Scope, request_id: str) -> str:
    """Make the key that was approved and return it, `id.secret`: once, by whoever asked, and it cannot be shown again.

    Raises:
        NotFound: the holder has made no such request.
        Refused: it is not approved, the key was made already, or the holder does not operate the device's site any more.
    """
    with session() as records:
        request = records.get(Request, request_id, with_for_update=True)
        if request is None or request.kind != "key" or request.device_id is None or request.user_id != holder(scope):
            raise missing(Request, request_id)
        if not request.approved:
            raise Refused(_("this request was not approved yet: wait for an administrator of the site"))
        if request.used_at is not None:
            raise Refused(_("this key was made and shown already: ask for another one"))
        device = require_devices(scope, [request.device_id])[request.device_id]
        require(scope, Action.OPERATE, site_id=device.site_id)
        request.used_at = now()
        return create_key(replace(SYSTEM, user_id=request.user_id), device_id=request.device_id)
