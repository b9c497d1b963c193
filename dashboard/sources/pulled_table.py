"""What is pulled for a region or a site: when it was asked, what it gave last, and why it does not answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dash import html

from config import clock
from config.language import N_, _, ngettext, told
from config.pull_services import PAST_WEATHER, READINGS, SERVICES, WEATHER
from dashboard.live.attention import WORDS, words_of
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.fields import Field, filled
from dashboard.parts.moments import ago, ahead
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.sources import pulled_forms
from dashboard.web.access import Rule, administers_site, prices_region
from store.errors import NotFound
from store.records.plant import pull_sources, sites
from store.records.schema import PullSource
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Source"), sortable=False),
    Column("gives", N_("Gives"), sortable=False),
    Column("asked", N_("Asked"), sortable=False, moment=True),
    Column("next", N_("Next"), sortable=False, moment=True),
    Column("value", N_("Newest value"), sortable=False, moment=True),
    Column("state", N_("State"), sortable=False),
)
WEATHERS = {WEATHER: N_("Weather forecast"), PAST_WEATHER: N_("Past weather")}
ASK_NOW = Act("ask", N_("Ask now"))
EMPTY = N_("Nothing is pulled yet. Add a source above; it is asked within seconds, and at its own pace from then on.")


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], owner_id: str) -> Page[PullSource]:
    found = pull_sources.sources_of(scope, owner_id)
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(scope: Scope, source: PullSource) -> Row:
    service = SERVICES.get(source.service)
    zone = reader().zone(sites.site(scope, source.site_id).time_zone if source.site_id else "UTC")
    now = clock.now()
    about = f"{source.area} · {service.licence}".removeprefix(" · ") if service else (source.url or "").partition("?")[0]
    cells = (
        [html.Div(_gives(source)), html.Div(about, className="muted small long")],
        ago(source.asked_at, now),
        ahead(source.next_at, now),
        _stamp(source.value_at, zone),
        _state(source, now),
    )
    change = Act("change", N_("Edit"), lambda: Question(_about(source), _fields(scope, source)), sure=N_("Save"))
    gone = Question(_("It is asked no more and its key is forgotten. What it gave stays."))
    acts = (ASK_NOW, change, Act("archive", N_("Archive"), lambda: gone, danger=True))
    return Row(source.id, _(source.name) if service else source.name, cells, acts)


def _gives(source: PullSource) -> str:
    if source.gives == READINGS:
        return _(WORDS[source.quantity]) if source.quantity in WORDS else source.quantity or ""
    return _(WEATHERS[source.gives]) if source.gives in WEATHERS else words_of(source.gives)


def _stamp(at: datetime | None, zone: ZoneInfo) -> html.Time | str:
    return html.Time(f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}", dateTime=at.isoformat()) if at else "–"


def _state(source: PullSource, now: datetime) -> html.Div:
    """Whether it answers; of one that does not, since when and why."""
    said = " ".join(told(each) for each in source.problem)
    state, words = ("live", said or _("answers")) if source.answered_at else ("late", said or _("not asked yet"))
    if source.failures:
        why = said or _("it never ended")
        words = ngettext("no answer: %(why)s", "no answer %(num)s times in a row: %(why)s", source.failures, why=why)
        state = "offline"
    since = _("Last answer %(age)s.", age=ago(source.answered_at, now)) if source.failures and source.answered_at else None
    return html.Div(
        [
            html.Span(words, className="state wraps", **data(state=state)),
            html.Div(since, className="muted small") if since else None,
        ],
        className="said",
    )


def _about(source: PullSource) -> str:
    if source.secret:
        return _("A key is kept, and stays unless you type another. It goes to no other address than the one it was given for.")
    return _("It is asked within seconds of the change.")


def _fields(scope: Scope, source: PullSource) -> Sequence[Field]:
    values = pulled_forms.values(source)
    changed = pulled_forms.now_own(scope, source.site_id or "", {}) if source.gives == READINGS else {}
    return pulled_forms.with_options(filled(pulled_forms.fields_of(source), values), changed)


def _do(scope: Scope, asked: Asked) -> Words:
    source = pull_sources.require_source(scope, asked.key)
    if asked.context not in (source.region_id, source.site_id):
        raise NotFound(f"no source {asked.key} here")
    if asked.act == "ask":
        pull_sources.ask_now(scope, asked.key)
        return _("It is asked within some seconds.")
    if asked.act == "archive":
        pull_sources.archive_source(scope, asked.key)
        return _("Archived.")
    if asked.act != "change":
        raise NotFound(f"no act {asked.act}")
    pulled_forms.change(scope, source, asked.read(pulled_forms.fields_of(source)))
    return _("Saved.")


def _table(name: str, rule: Rule) -> Table:
    return Table(name, N_("Pulled sources"), rule, COLUMNS, load=_load, row=_row, do=_do, empty=EMPTY)


OF_REGION = _table("pulled", prices_region("context"))
OF_SITE = _table("pulls", administers_site("context"))
for each in (OF_REGION, OF_SITE):
    tables.declare(each)
