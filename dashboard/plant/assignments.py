"""To whom a site or a meter is assigned besides its owner: people and organisations, each with a role and for a time."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.language import N_, _
from dashboard.parts.fields import Choice, Moment, Text
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row
from dashboard.plant import dated
from store.errors import NotFound
from store.records.access import grants
from store.records.plant.holders import Holder
from store.records.schema.columns import now
from store.scope import Scope

ROLES = {"viewer": N_("Sees it"), "operator": N_("Sees and operates it"), "admin": N_("Administers it")}
ORIGINS = {"given": N_("assigned"), "claimed": N_("claimed by its code"), "owner": N_("owner")}
FIELDS = (
    Text("who", N_("Assign to"), longest=254, required=True, help=N_("A person's email address, or an organisation's name.")),
    Choice("role", N_("Role"), tuple(ROLES.items())),
    Moment(
        "from",
        N_("From"),
        of="valid_from",
        help=N_("Empty: from now on. They see what was measured from then on, and nothing of before."),
    ),
    Moment("to", N_("Through"), of="valid_to", help=N_("A day is meant with all of it. Empty: until further notice.")),
)
END_FIELDS = (Moment("at", N_("Ends"), help=N_("By the site's clocks. Empty: now.")),)


SITE_COLUMNS = (
    Column("name", N_("Who")),
    Column("role", N_("Role")),
    Column("valid_from", N_("From")),
    Column("valid_to", N_("Until")),
    Column("state", N_("State"), sortable=False),
)
METER_COLUMNS = (
    *(replace(each, sortable=False) for each in SITE_COLUMNS[:-1]),
    Column("origin", N_("How"), sortable=False),
    SITE_COLUMNS[-1],
)


def row(ending: str, columns: Sequence[Column]) -> Callable[[Scope, Holder], Row]:
    """What draws the row of an assignment; `ending` says, with a place for `name`, what happens when it ends."""

    def drawn(_scope: Scope, record: Holder) -> Row:
        grant = record.grant
        state = dated.state(grant, now())
        cells: dict[str, Words] = {
            "role": _(ROLES[grant.role]),
            "valid_from": reader().stamp(grant.valid_from),
            "valid_to": reader().stamp(grant.valid_to) if grant.valid_to else _("until further notice"),
            "origin": _(ORIGINS[grant.origin]),
            "state": dated.mark(state),
        }
        name = f"{record.name}, {record.email}" if record.email else record.name
        words = _(ending, name=record.name)
        end = Act("end", _("End"), asks=lambda: Question(words, END_FIELDS), danger=True, sure=_("End it"))
        return Row(grant.id, name, [cells[each.key] for each in columns[1:]], () if state == dated.ENDED else (end,))

    return drawn


def end(scope: Scope, asked: Asked, zone: ZoneInfo) -> Words:
    """End one; by the clocks of its site."""
    if asked.act != "end":
        raise NotFound(f"no act {asked.act}")
    given = asked.read(END_FIELDS)
    at = given.moment("at", zone)
    given.check()
    grants.end_grant(scope, asked.key, at)
    return _("Ended.") if at is None or at <= now() else around(N_("Ends at %(moment)s."), moment=reader().stamp(at))


def assign(given: Given, zone: ZoneInfo, do: Callable[..., Any]) -> Words:
    """Read who, as what and when, and assign it."""
    who, role = given.text("who"), given.text("role")
    start: datetime | None = given.moment("from", zone)
    until = given.moment("to", zone, end_of_day=True)
    given.check()
    do(who, role=role if role in ROLES else "viewer", valid_from=start, valid_to=until)
    return _("Assigned. They see it at once, or from its start on.")
