"""The API keys of a site and of its devices, as a table: rotated with an overlap, revoked."""

from collections.abc import Mapping
from datetime import timedelta

from dash import html

from config import clock
from config.language import N_, _
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Moment
from dashboard.parts.moments import ago
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import first_post, wiring
from dashboard.web.access import administers_site
from store.errors import NotFound
from store.records.plant import keys
from store.records.plant.keys import KeyRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Name")),
    Column("device", N_("Of")),
    Column("may", N_("May"), sortable=False),
    Column("state", N_("State"), sortable=False),
    Column("created_at", N_("Created")),
    Column("expires_at", N_("Ends")),
    Column("last_used_at", N_("Last used")),
)
OVERLAPS = {
    "168": N_("7 days"),
    "24": N_("1 day"),
    "1": N_("1 hour"),
    "720": N_("30 days"),
    "0": N_("no time: the old key ends now"),
}
SOON = timedelta(days=14)
ROTATION = (
    Choice("overlap", N_("The old key goes on for"), tuple(OVERLAPS.items())),
    Moment("ends", N_("The new key ends"), of="expires_at", help=N_("By the site's clocks. Empty: never.")),
)


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[KeyRow]:
    return keys.keys_page(scope, context, wanted, ended=bool(chosen.get("ended")))


def _row(_scope: Scope, record: KeyRow) -> Row:
    key, now = record.key, clock.now()
    ended = key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)
    if key.revoked_at is not None:
        state = _state("offline", _("revoked %(day)s", day=reader().day(key.revoked_at)))
    elif ended:
        state = _state("offline", _("ended"))
    elif key.expires_at is not None and key.expires_at - now < SOON:
        state = _state("late", _("ends soon"))
    else:
        state = _state("live", _("active"))
    cells = (
        record.device or _("the whole site"),
        _("post") if key.can_write else _("read"),
        state,
        reader().date(key.created_at),
        reader().stamp(key.expires_at) if key.expires_at else _("never"),
        ago(key.last_used_at, now),
    )
    return Row(key.id, key.name or key.id, cells, () if ended else (ROTATE, REVOKE))


def _state(state: str, words: str) -> html.Span:
    return html.Span(words, className="state", **data(state=state))


def _rotation() -> Question:
    return Question(
        _(
            "A new key takes its place and is shown once. The old one goes on for a while, so that no post is lost while devices "
            "are given the new one."
        ),
        ROTATION,
    )


def _revocation() -> Question:
    return Question(_("Whatever posts with this key is refused within seconds, for good. What it posted stays."))


ROTATE = Act("rotate", N_("Rotate"), asks=_rotation)
REVOKE = Act("revoke", N_("Revoke"), asks=_revocation, danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {key.id for key in keys.keys(scope, asked.context)}:
        raise NotFound("no such key on this site")
    if asked.act == "rotate":
        given = asked.read(ROTATION)
        hours = int(given.text("overlap")) if given.text("overlap") in OVERLAPS else 168
        ends = given.moment("ends", wiring.zone(scope, asked.context), end_of_day=True)
        given.check()
        made = keys.rotate_key(scope, asked.key, timedelta(hours=hours), expires_at=ends)
        return [html.P(_("The old key goes on for %(overlaps)s.", overlaps=_(OVERLAPS[str(hours)]))), first_post.view(made)]
    keys.revoke_key(scope, asked.key)
    return _("Revoked. It is refused within seconds.")


TABLE = Table(
    "keys",
    N_("API keys"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("ended", N_("Show"), (("", N_("Active")), ("all", N_("Include ended")))),),
    search=N_("name, device"),
    empty=N_("No key yet. Devices post with one: create it above, and give it to the device."),
    sort="created_at",
    descending=True,
)
