"""Where somebody is signed in, in browsers and by programs, as a table: each ended, or all the others at once."""

from collections.abc import Mapping
from typing import NamedTuple

from flask_login import current_user

from config.language import N_, _, ngettext
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.web.access import oneself
from store.errors import NotFound
from store.records.schema.listing import Page, Wanted
from store.records.signin import sessions, tokens
from store.scope import Scope

OF_PROGRAMS = "fam_"  # what the ids of a program's sessions begin with
COLUMNS = (
    Column("device", N_("Device"), sortable=False),
    Column("address", N_("Address"), sortable=False),
    Column("since", N_("Since"), sortable=False, moment=True),
    Column("used", N_("Last used"), sortable=False, moment=True),
)


class Place(NamedTuple):
    """Where somebody is signed in, and whether it is this browser."""

    id: str
    cells: tuple[str, ...]
    here: bool


def places(scope: Scope) -> list[Place]:
    """All of them, browsers first."""
    read = reader()
    browsers = [
        Place(each.id, (each.device, each.address or "—", read.moment(each.since), read.moment(each.seen_at)), each.here)
        for each in sessions.own_sessions(scope, current_user.token)
    ]
    programs = []
    for each in tokens.own_programs(scope):
        device = _("Program: %(device)s", device=sessions.device_of(each.user_agent))
        cells = (device, each.address or "—", read.moment(each.created_at), read.moment(each.seen_at))
        programs.append(Place(each.id, cells, here=False))
    return [*browsers, *programs]


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[Place]:
    found = places(scope)
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(_scope: Scope, place: Place) -> Row:
    device, *cells = place.cells
    return Row(place.id, device, cells, () if place.here else (END,), tag=_("this one") if place.here else "")


END = Act("end", N_("End"), asks=lambda: Question(_("Signed out there at once.")), danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    try:
        if asked.key.startswith(OF_PROGRAMS):
            tokens.end_program(scope, asked.key)
        else:
            sessions.end_own(scope, asked.key)
    except NotFound:
        return _("That session had ended already.")
    return _("That session has ended.")


def _end_others(scope: Scope, _given: Given, _of: str) -> Words:
    ended = ngettext(
        "%(num)s other session has ended, and programs that were signed in.",
        "%(num)s other sessions have ended, and programs that were signed in.",
        sessions.end_others(scope, current_user.token),
    )
    return [ended, " ", _("Personal tokens go on: they are under Tokens.")]


TABLE = Table("sessions", N_("Sessions"), oneself, COLUMNS, load=_load, row=_row, do=_do)
END_OTHERS = Form(
    "others",
    N_("End all others"),
    oneself,
    (),
    do=_end_others,
    act="end",
    button=N_("End all others"),
    icon="box-arrow-right",
    changes=("sessions",),
    danger=True,
    rare=True,
)
