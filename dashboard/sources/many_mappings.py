"""Many channels mapped at once: what is proposed, as lines that a person reads, changes and takes."""

from collections.abc import Mapping
from typing import Any

from config.language import N_, ngettext
from dashboard.parts.fields import Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.web.access import administers_site
from insight import channel_proposals
from store.records.plant import channel_lines, channels
from store.records.plant.channels import Meaning
from store.scope import Scope

MOST = 200  # lines to begin with
FIELDS = (
    Text(
        "lines",
        N_("Channels and what they mean"),
        longest=100_000,
        lines=10,
        of="meanings",
        required=True,
        like=channel_lines.EXAMPLE,
        help=N_(
            "One a line: channel = meter, quantity, unit. What its source or its name says for certain stands here; "
            "take lines out, change them, add others. All of them are mapped, or none."
        ),
    ),
)


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    found = channel_proposals.whole(scope, site_id, MOST)
    meanings = [Meaning(each.channel.id, each.meter_id or "", each.quantity or "", each.unit) for each in found]
    return {"lines": {"value": channel_lines.written(scope, site_id, meanings)}}


def is_any(scope: Scope, site_id: str) -> bool:
    """Whether there is something that could be mapped so."""
    return bool(channels.of_site(scope, site_id, state="waiting"))


def _map(scope: Scope, given: Given, site_id: str) -> Words:
    meanings = given.read("lines", lambda text: channel_lines.read(scope, site_id, text)) or []
    given.check()
    channels.map_channels(scope, site_id, meanings)
    return ngettext(
        "%(num)s channel is mapped. What waits of it is being stored.",
        "%(num)s channels are mapped. What waits of them is being stored.",
        len(meanings),
    )


FORM = Form(
    "proposals",
    N_("Map what is proposed"),
    administers_site("of"),
    FIELDS,
    do=_map,
    act="map",
    button=N_("Map all of them"),
    icon="check-lg",
    now=_now,
    changes=("mappings",),
)
