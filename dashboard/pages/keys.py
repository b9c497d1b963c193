"""The API keys of a site and of its devices: made and shown once, rotated with an overlap, revoked."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice, Moment, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.plant import first_post, keys_table, snippets, wiring
from dashboard.web.access import administers_site, guard
from store.records.plant import devices, keys, meters
from store.records.schema.listing import Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/keys",
    name=N_("API keys"),
    nav={"section": navigation.SETUP, "icon": "key", "place": 5},
)

MOST_NAMED = 200  # devices that the form proposes
FIELDS = (
    Text("name", N_("Name"), longest=120, help=N_("What it is for, so that you know it again.")),
    Text("device", N_("Device"), longest=120, help=N_("Empty: a key for every device of this site.")),
    Choice("rights", N_("It may"), (("post", N_("post readings")), ("read", N_("read only")))),
    Moment("ends", N_("Ends"), of="expires_at", help=N_("By the site's clocks; a day is meant with all of it. Empty: never.")),
)


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    named = devices.devices_page(scope, site_id, Wanted(count=MOST_NAMED)).rows
    return {"device": {"suggested": [each.name for each in named]}}


def _create(scope: Scope, given: Given, site_id: str) -> Words:
    device_id = _device(scope, site_id, given)
    ends = given.moment("ends", wiring.zone(scope, site_id), end_of_day=True)
    given.check()
    may_post = given.text("rights") != "read"
    made = keys.create_key(
        scope,
        device_id=device_id,
        site_id=None if device_id else site_id,
        can_write=may_post,
        name=given.text("name"),
        expires_at=ends,
    )
    return first_post.view(made, _post(scope, site_id, device_id) if may_post else None)


def _post(scope: Scope, site_id: str, device_id: str | None) -> snippets.Post | None:
    """What a first post with a key of that device, or of the whole site, looks like; of a site without meters there is none."""
    if device_id:
        return first_post.of_device(devices.device_fields(scope, [device_id])[device_id])
    measured = next((each for each in meters.meters_of(scope, site_id) if each.retired_at is None), None)
    return first_post.of_meter(measured.id) if measured else None


def _device(scope: Scope, site_id: str, given: Given) -> str | None:
    name = given.text("device")
    found = [each.id for each in devices.find_devices(scope, name) if each.site_id == site_id] if name else []
    if name and not found:
        given.note(
            "device", _("No device named %(name)s on this site. Choose one, or leave it empty for the whole site.", name=name)
        )
    return found[0] if found else None


FORM = Form(
    "keys",
    N_("Create a key"),
    administers_site("of"),
    FIELDS,
    do=_create,
    act="make",
    button=N_("Create"),
    now=_now,
    changes=("keys",),
)
forms.declare(FORM)
tables.declare(keys_table.TABLE)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("What devices and programs post and read with. Only hashes are kept.")
    return html.Div(
        [
            html.Header([html.H1(_("API keys")), html.P(about)], className="page-head"),
            forms.view(FORM, site_id),
            tables.view(keys_table.TABLE, site_id),
        ]
    )
