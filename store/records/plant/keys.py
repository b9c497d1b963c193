"""API keys: `id.secret`, shown once. Only the SHA-256 of the secret's 32 random bytes is kept.

A fast hash is enough, and right: a secret of 256 random bits cannot be guessed, and the device API checks one with
every request.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from config.language import _
from store.errors import Refused
from store.ids import new_id
from store.records.access.policy import Action, may, require
from store.records.plant.devices import require_devices
from store.records.schema import ApiKey, Device, Site
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

SECRET_BYTES = 32
OVERLAP = timedelta(days=7)  # for devices to be given a new key


def hash_of(secret: str) -> str:
    """What is kept of a key's secret: its SHA-256, in hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_key(
    scope: Scope,
    *,
    device_id: str | None = None,
    site_id: str | None = None,
    can_write: bool = True,
    name: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Make a key of a device or of a whole site and return it, `id.secret`: it cannot be shown again.

    `name` says what it is for; from `expires_at` on it is refused, without one it is good until it is revoked.

    Raises:
        NotFound: the device or the site does not exist for the scope.
        Refused: not an administrator of the site, both or neither given, an end in the past, or the device is retired.
    """
    if device_id is not None and site_id is None:
        device = require_devices(scope, [device_id])[device_id]
        require(scope, Action.ADMINISTER, site_id=device.site_id)
        if device.retired_at is not None:
            raise Refused(_("%(device)s is retired: make a key for the device that took its place", device=device.name))
    elif site_id is not None and device_id is None:
        require(scope, Action.ADMINISTER, site_id=site_id)
    else:
        raise Refused(_("a key is of one device or of one site: give one of the two"))
    if expires_at is not None and expires_at <= now():
        raise Refused(_("a key cannot end in the past: choose a later time"), "expires_at")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with session() as records:
        if site_id is not None:
            required(records, Site, site_id)
        key = ApiKey(
            id=new_id("key"),
            secret_hash=hash_of(secret),
            device_id=device_id,
            site_id=site_id,
            can_write=can_write,
            name=name.strip(),
            expires_at=expires_at,
            created_by=scope.user_id,
        )
        records.add(key)
    return f"{key.id}.{secret}"


def rotate_key(scope: Scope, key_id: str, overlap: timedelta = OVERLAP, *, expires_at: datetime | None = None) -> str:
    """Make a key that takes another's place and return it, `id.secret`; the other one ends after the overlap.

    Both are good meanwhile, so that no post is lost while devices are given the new one.

    Raises:
        NotFound: the key does not exist for the scope.
        Refused: it has ended already, or its device is retired.
    """
    with session() as records:
        old = _administered(scope, records, key_id)
        at = now()
        if old.revoked_at is not None or (old.expires_at is not None and old.expires_at <= at):
            raise Refused(_("this key has ended: make a new one"))
        new = create_key(
            scope,
            device_id=old.device_id,
            site_id=old.site_id,
            can_write=old.can_write,
            name=old.name,
            expires_at=expires_at,
        )
        end = at + max(overlap, timedelta(0))
        old.expires_at = end if old.expires_at is None else min(old.expires_at, end)
    return new


def keys(scope: Scope, site_id: str) -> list[ApiKey]:
    """The keys of a site and of its devices, the newest first, revoked ones too.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    of_devices = select(Device.id).where(Device.site_id == site_id)
    query = select(ApiKey).where(or_(ApiKey.site_id == site_id, ApiKey.device_id.in_(of_devices)))
    with reading() as records:
        required(records, Site, site_id)
        return list(records.scalars(query.order_by(ApiKey.created_at.desc(), ApiKey.id)))


def revoke_key(scope: Scope, key_id: str) -> None:
    """End a key, in every process within seconds; revoking it again changes nothing.

    Raises:
        NotFound: the key does not exist for the scope.
    """
    with session() as records:
        key = _administered(scope, records, key_id)
        if key.revoked_at is None:
            key.revoked_at = now()


def _administered(scope: Scope, records: Session, key_id: str) -> ApiKey:
    key = records.get(ApiKey, key_id, with_for_update=True)
    if key is None:
        raise missing(ApiKey, key_id)
    site_id = key.site_id or records.scalars(select(Device.site_id).where(Device.id == key.device_id)).one()
    if not may(scope, Action.ADMINISTER, site_id=site_id):
        raise missing(ApiKey, key_id)
    return key


def note_use(scope: Scope, used: Mapping[str, datetime]) -> None:
    """Keep when each of these keys was used last, unless a later moment is kept; from any number of processes.

    Neither the directory's version nor the audit log takes notice: it happens all the time.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    if not used:
        return
    earlier = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at < bindparam("at"))
    statement = update(ApiKey).where(ApiKey.id == bindparam("key"), earlier).values(last_used_at=bindparam("at"))
    with session() as records:
        # In one order, so that two processes never wait for each other's rows.
        records.connection().execute(statement, [{"key": key_id, "at": used[key_id]} for key_id in sorted(used)])


def note_refusals(scope: Scope, refused: Mapping[str, int]) -> None:
    """Count how often somebody came with the id of each of these keys and was not let in; as `note_use`.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    counted = update(ApiKey).where(ApiKey.id == bindparam("key"))
    counted = counted.values(refused=ApiKey.refused + bindparam("more"), refused_at=bindparam("at"))
    with session() as records:
        rows = [{"key": key_id, "more": refused[key_id], "at": now()} for key_id in sorted(refused)]
        if rows:
            records.connection().execute(counted, rows)


class KeyRow(NamedTuple):
    """A key, and the name of its device; none for a key of the whole site."""

    key: ApiKey
    device: str | None


def keys_page(scope: Scope, site_id: str, wanted: Wanted, *, ended: bool = False) -> Page[KeyRow]:
    """A page of the keys of a site and of its devices, those that ended only when asked for.

    Sorted by `name`, `device`, `created_at`, `expires_at` or `last_used_at`.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or no such column to sort by.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    query = (
        select(ApiKey, Device.name)
        .outerjoin(Device, Device.id == ApiKey.device_id)
        .where(or_(ApiKey.site_id == site_id, Device.site_id == site_id))
    )
    if not ended:
        query = query.where(ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now()))
    with reading() as records:
        rows, total = page(
            records,
            query,
            wanted,
            searched=(ApiKey.name, ApiKey.id, Device.name),
            sorts={
                "device": Natural(Device.name),
                "name": Natural(ApiKey.name),
                "created_at": ApiKey.created_at,
                "expires_at": ApiKey.expires_at,
                "last_used_at": ApiKey.last_used_at,
            },
            key=ApiKey.id,
        )
    return Page([KeyRow(*row) for row in rows], total)
