"""Reports that are made by the clock: what of, when, and who gets them."""

from collections.abc import Mapping
from typing import Any

from config.language import N_, _
from dashboard.parts.fields import Choice, Field, Text, Tick
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import wiring
from dashboard.web.access import site_in
from insight.site_view import site_view
from insight.subjects import subjects
from models.report_asked import DAYS, PARTS
from models.report_periods import MONTH, WEEK
from reporting import compose
from store.errors import NotFound
from store.records.access.policy import Action, may
from store.records.plant import report_schedules
from store.records.plant.report_schedules import Known, Terms
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

EVERY = {MONTH: N_("each month, on its first day"), WEEK: N_("each week, on Monday")}
SITE = "site"
COLUMNS = (
    Column("name", N_("Report of"), sortable=False),
    Column("every", N_("Made"), sortable=False),
    Column("next_at", N_("Next"), sortable=False, moment=True),
    Column("to", N_("By mail to"), sortable=False),
)
FIELDS: tuple[Field, ...] = (
    Choice("subject", N_("Report of")),
    Choice("kind", N_("Made"), tuple(EVERY.items())),
    Tick("days", N_("With a row for each day")),
    Text(
        "also_to",
        N_("Also to"),
        longest=4000,
        lines=3,
        like="ada@example.org",
        help=N_("An address a line, of people who may see the site; for administrators of the site. You get it yourself."),
    ),
)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], site_id: str) -> Page[Known]:
    found = report_schedules.schedules(scope, site_id)
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(scope: Scope, known: Known) -> Row:
    made = known.schedule
    next_at = reader().stamp(made.next_at, wiring.zone(scope, made.site_id).key)
    may_end = known.is_own or may(scope, Action.ADMINISTER, site_id=made.site_id)
    acts = (DELETE,) if may_end else (LEAVE,)
    return Row(made.id, made.name, (_(EVERY[made.kind]), next_at, ", ".join(known.recipients)), acts)


DELETE = Act("delete", N_("Delete"), lambda: Question(_("Nobody gets it any more. What was made stays.")), danger=True)
LEAVE = Act("leave", N_("Get no more"), lambda: Question(_("You get no more of it. What was made for you stays.")))


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        report_schedules.delete_schedule(scope, asked.key)
        return _("Deleted.")
    if asked.act != "leave":
        raise NotFound("no such act")
    report_schedules.leave(scope, asked.key)
    return _("You get no more of it.")


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    view = site_view(scope, site_id)
    parts = [(each.id, each.name) for each in subjects(view) if each.kind != "site"]
    return {"subject": {"options": [(SITE, _("The whole site")), *parts]}}


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    chosen = given.text("subject")
    view = site_view(scope, site_id)
    wanted = [each for each in subjects(view) if each.id == chosen and each.kind != "site"]
    parts = PARTS if given.ticked("days") else tuple(each for each in PARTS if each != DAYS)
    terms = Terms(
        compose.subject(view.name, [each.name for each in wanted]), given.text("kind"), [each.id for each in wanted], parts
    )
    given.check()
    made = report_schedules.create_schedule(scope, site_id, terms, given.text("also_to").split())
    local = made.next_at.astimezone(view.zone)
    return _("The first one is made on %(day)s at %(time)s.", day=f"{local:%Y-%m-%d}", time=f"{local:%H:%M}")


TABLE = Table(
    "schedules",
    N_("Reports by the clock"),
    site_in("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty=N_("None yet. Have a report made each week or month, and sent to you as a PDF."),
)
FORM = Form(
    "schedule",
    N_("Have a report made by the clock"),
    site_in("of"),
    FIELDS,
    do=_add,
    button=N_("Have it made"),
    icon="clock",
    now=_now,
    changes=("schedules",),
)
