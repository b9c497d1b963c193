"""A post that a person sends as a device would: through the device API, with a key of its own that ends right after it."""

import json
from datetime import timedelta
from typing import NamedTuple

import httpx

from config import clock
from config.language import _
from config.settings import address, settings
from dashboard.plant import first_post, system_facts
from dashboard.plant.snippets import Post
from dashboard.web.own_devices import asking
from store.errors import Refused, StoreAway
from store.records.plant import devices, keys, meters
from store.records.plant.received import Sender
from store.scope import Scope

LASTS = timedelta(minutes=2)
ASKED_S = 20.0
LONGEST = 4_000  # characters


class Answered(NamedTuple):
    """What the device API said: its status, and its words as they are."""

    status: int
    text: str


def post_of(scope: Scope, site_id: str, sender: Sender) -> Post | None:
    """A first post of whoever holds the key; of a site without meters there is none."""
    if sender.device_id:
        return first_post.of_device(devices.device_fields(scope, [sender.device_id])[sender.device_id])
    measured = next((each for each in meters.meters_of(scope, site_id) if each.retired_at is None), None)
    return first_post.of_meter(measured.id) if measured else None


def send(scope: Scope, site_id: str, sender: Sender, path: str, text: str, *, dry_run: bool) -> Answered:
    """Post a text as the sender would, in earnest or only to have it judged.

    Raises:
        Refused: not an administrator of the site.
        StoreAway: the device API does not answer.
    """
    if len(text) > LONGEST:
        raise Refused(_("a test reading has %(longest)s characters at the most: shorten it", longest=f"{LONGEST:,}"))
    key = keys.create_key(
        scope,
        device_id=sender.device_id,
        site_id=None if sender.device_id else site_id,
        name=_("Test on the ingest bench"),
        expires_at=clock.now() + LASTS,
    )
    try:
        answer = asking().post(
            f"{_there()}{path}",
            params={"dry_run": "1"} if dry_run else {},
            headers={"X-API-Key": key, "Content-Type": "application/json"},
            content=text.encode("utf-8", "replace"),
            timeout=ASKED_S,
        )
    except httpx.HTTPError as error:
        raise StoreAway(_("the device API does not answer: %(why)s", why=str(error) or type(error).__name__)) from error
    finally:
        keys.revoke_key(scope, key.partition(".")[0])
    return Answered(answer.status_code, _pretty(answer.text))


def _there() -> str:
    """The device API, as it is reached from here."""
    found = system_facts.replicas(settings())
    return address(*found[0]) if found else settings().device_url


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return text[:LONGEST]
