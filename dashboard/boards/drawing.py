"""What each widget shows, as the page of its own shows it: drawn in the scope of whoever looks."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson
from dash import dcc, html

from config import clock
from config.language import _
from dashboard.boards import report_figure
from dashboard.boards.kinds import DAYS, FLOWS, KINDS, LINES, REPORTED, TILES
from dashboard.energy import (
    calendar_asked,
    calendar_grid,
    calendar_words,
    heat_asked,
    heat_hours,
    history_asked,
    history_panels,
)
from dashboard.frame.faults import sentence
from dashboard.live import attention, budgets, chart, energy_flow, map_of_sites, panels, supply, tiles
from dashboard.live.all_sites_table import SEVERITIES, SHAPES
from dashboard.live.blocks import chart as chart_place
from dashboard.live.blocks import chart_tools
from dashboard.live.tick import budget_or_none, today_or_none
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.reading import Reader
from dashboard.web import static
from insight import energy_days, heat_map, history, subjects
from insight.budget import month_budgets
from insight.course import trends
from insight.now import now_of
from insight.site_view import SiteView, site_view
from insight.subjects import Subject
from store.errors import NotFound, Refused, StoreAway
from store.records.people.dashboards import Widget
from store.scope import Scope

ROOM_FOR_TREND = 3  # rows of a tile
FIGURE = "board-figure"  # the type of the ids of what charts are drawn from


class Drawn(NamedTuple):
    """A widget: its heading, where that leads, and what is in it."""

    title: str
    href: str
    content: list[Any]


class _Of(NamedTuple):
    """What a widget is drawn of; `site` may be of a part, which then is all that is drawn."""

    scope: Scope
    widget: Widget
    site: SiteView
    reader: Reader

    @property
    def today(self) -> date:
        """The site's."""
        return clock.now().astimezone(self.site.zone).date()

    @property
    def of(self) -> str:
        """The subject as pages' addresses name it; none is the site."""
        return "" if self.widget.of == "site" else self.widget.of

    @property
    def subject(self) -> Subject:
        """What the widget is of; raises `NotFound`."""
        return subjects.subject(self.site, self.of)

    def period(self, known: Mapping[str, str]) -> str:
        """Its period, the first one that there is where it has none."""
        return self.widget.period if self.widget.period in known else next(iter(known))

    def days(self) -> int:
        """Over how many days."""
        return int(self.period(DAYS))

    def titled(self, period: str = "") -> str:
        """The heading of a widget that is of a subject."""
        said = f"{_(KINDS[self.widget.kind].words)}: {self.subject.name}"
        return f"{said}, {period}" if period else said

    def chart(self, label: str, drawn: str, **more: str) -> list[Any]:
        """A chart of the widget's own, drawn from a figure as JSON."""
        part, nothing = f"board-{self.widget.id}", (_("No values in this period."), _("It is drawn once there are."))
        figure = dcc.Store(id={"type": FIGURE, "widget": self.widget.id}, data=drawn)
        note = html.P(id=f"{part}-note", className="remark", role="status")
        return [*chart_place(part, label, nothing, **more), figure, html.Footer([note, chart_tools(part)])]


def drawn(scope: Scope, widget: Widget, reader: Reader) -> Drawn:
    """The widget, or why there is nothing of it to see: what somebody may not see is told as what is gone."""
    words = _(KINDS[widget.kind].words)
    if widget.kind == "note":
        return Drawn(words, "", [html.P(line) for line in widget.note.split("\n") if line.strip()])
    try:
        return _DRAW[widget.kind](_Of(scope, widget, site_view(scope, widget.site_id), reader))
    except NotFound:
        return Drawn(words, "", [_empty(_("This is gone, or you may not see it."))])
    except StoreAway as away:
        told = _("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away))
        return Drawn(words, "", [_empty(told)])


def named(scope: Scope, widget: Widget) -> str:
    """What a widget is of, in few words; nothing is read for that."""
    if widget.kind == "map":
        return _("all sites")
    try:
        of = _Of(scope, widget, site_view(scope, widget.site_id), Reader())
        kind = KINDS[widget.kind]
        what = of.subject.name if kind.subject else _(TILES[widget.of]) if widget.of in TILES else ""
        figure = _(kind.figures[widget.figure]) if widget.figure in kind.figures else ""
        period = _(kind.periods[of.period(kind.periods)]) if kind.periods else ""
    except NotFound:
        return _("not to be seen")
    return ", ".join(dict.fromkeys(filter(None, (what, of.site.name, figure, period))))


def _empty(words: str) -> html.P:
    return html.P(words, className="muted", role="status")


def _tile(of: _Of) -> Drawn:
    now = now_of(of.scope, of.site.id)
    budget = budget_or_none(of.scope, of.site) if of.widget.of == "budget" else None
    told = tiles.tiles(now, today_or_none(of.scope, now.view), budget)
    shown = next((each for each in told if each.key == of.widget.of), None)
    if shown is None:
        return Drawn(
            _(TILES[of.widget.of]) if of.widget.of in TILES else "",
            _overview(of),
            [_empty(_("Nothing on this site tells that."))],
        )
    line = trends(of.scope, of.site.id).get(shown.key) if of.widget.h >= ROOM_FOR_TREND else None
    return Drawn(
        of.site.name,
        _overview(of),
        [tiles.element(shown, clock.now(), tiles.trend_url(line.tolist()) if line is not None else None)],
    )


def _overview(of: _Of) -> str:
    return f"/site/{of.site.id}/overview"


def _line(of: _Of) -> Drawn:
    period = of.period(LINES)
    title = f"{of.subject.name}, {_(LINES[period])}"
    if of.subject.kind == "site":
        figure = chart.chart(of.scope, of.site.id, period, shows=panels.shown_first(of.site))
        return Drawn(title, f"{_overview(of)}?range={period}", of.chart(_("Production and demand over time"), figure))
    days = {"24h": 1, "48h": 2, "7d": 7, "30d": 30}[period]
    asked = _history(of, days)
    told = history.history(of.scope, of.site.id, of.of, asked.first, asked.last, asked.show)
    figure = orjson.dumps(history_panels.course_drawn(asked, told, of.site.zone)).decode()
    return Drawn(title, asked.href(), of.chart(_("Course over the days"), figure))


def _history(of: _Of, days: int) -> history_asked.Asked:
    first = of.today - timedelta(days=days - 1)
    count = days if days in history_asked.COUNTS else 0
    return history_asked.Asked(of.site.id, of.of, history.POWER, count, first, of.today, of.today)


def _sankey(of: _Of) -> Drawn:
    period = of.period(FLOWS)
    figure = energy_flow.energy_flow(of.scope, of.site.id, period)
    label = _("Energy flow of the site, from its sources to its uses")
    return Drawn(f"{of.site.name}, {_(FLOWS[period])}", f"{_overview(of)}?flow={period}", of.chart(label, figure))


def _map(of: _Of) -> Drawn:
    label = _("Map of all sites with their states")
    figure = map_of_sites.drawn(of.scope)
    return Drawn(_("Map"), "", of.chart(label, figure, outlines=static.url("map/outlines.json"), wheel="zoom"))


def _calendar(of: _Of) -> Drawn:
    asked = calendar_asked.of_address(of.site.id, of.of, "", f"{of.today}", of.today)
    told = energy_days.energy_days(of.scope, of.site.id, of.of, asked.first, asked.last)
    says = html.P(calendar_words.of_all(told, of.reader), className="visually-hidden")
    return Drawn(of.titled(), asked.href(), [says, calendar_grid.month(asked, told, of.reader)])


def _heat(of: _Of) -> Drawn:
    days = of.days()
    asked = heat_asked.of_address(of.site.id, {"of": of.of, "days": f"{days}"}, of.today)
    told = heat_map.hours_by_day(of.scope, of.site.id, of.of, asked.first, asked.last)
    says = html.P(heat_hours.says(told, of.reader), className="small")
    title = of.titled(_(DAYS[f"{days}"]))
    return Drawn(title, asked.href(), [says, heat_hours.table(asked, told, of.reader)])


def _figures(of: _Of) -> Drawn:
    days = of.days()
    asked = _history(of, days)
    told = history.history(of.scope, of.site.id, of.of, asked.first, asked.last, asked.show)
    shown = history_panels.facts(told, of.site.zone, of.reader)
    return Drawn(of.titled(_(DAYS[f"{days}"])), asked.href(), [shown])


def _report(of: _Of) -> Drawn:
    asked = report_figure.asked(of.site.id, of.of, of.period(REPORTED), of.today)
    title = f"{of.subject.name}, {report_figure.named(asked)}"
    try:
        shown = report_figure.content(of.scope, asked, of.widget.figure, of.reader.language)
    except Refused as early:  # on the first day of a period
        shown = [_empty(sentence(early))]
    return Drawn(title, report_figure.href(asked), shown)


def _budgets(of: _Of) -> Drawn:
    is_site = of.subject.kind == "site"
    found = month_budgets(of.scope, of.site, of.today, None if is_site else of.of)
    href = f"/site/{of.site.id}/calendar?day={of.today:%Y-%m-01}" + ("" if is_site else f"&of={of.of}")
    if not of.scope.sees_whole_site(of.site.id):
        return Drawn(of.titled(), href, [_empty(_("Budgets are told to whoever sees the whole site."))])
    if not found:
        return Drawn(of.titled(), href, [_empty(_("This month has no budget of it."))])
    return Drawn(of.titled(), href, [html.Div(budgets.bars(found, of.reader, named=is_site), className="budgets")])


def _alerts(of: _Of) -> Drawn:
    found, more = attention.attention(of.scope, now_of(of.scope, of.site.id))
    href = f"{_overview(of)}#attention-list"
    rows = [_matter(each, href) for each in found]
    if more:
        rows.append(html.Li(_("and %(more)s more", more=more), className="more"))
    if not rows:
        calm = _("All clear. All devices report, and voltage, frequency and power factor are within their limits.")
        rows.append(html.Li([icon("check-lg"), html.Span(calm)], className="calm"))
    return Drawn(f"{_(KINDS[of.widget.kind].words)}: {of.site.name}", href, [html.Ul(rows, className="attention-rows")])


def _matter(each: attention.Attention, href: str) -> html.Li:
    shape = html.Span(SHAPES[each.severity], className="shape", **aria(hidden="true"))
    return html.Li(
        [
            html.Span([shape, html.Span(_(SEVERITIES[each.severity]))], className="severity"),
            html.P(html.A(each.title, href=each.what if each.what.startswith("/") else href), className="title"),
            html.P(supply.led_to(each.since, each.href), className="since num"),
            html.P(each.detail, className="detail num"),
        ],
        **data(severity=each.severity),
    )


_DRAW: Mapping[str, Callable[[_Of], Drawn]] = {
    "tile": _tile,
    "line": _line,
    "sankey": _sankey,
    "map": _map,
    "calendar": _calendar,
    "heat": _heat,
    "figure": _figures,
    "report": _report,
    "budgets": _budgets,
    "alerts": _alerts,
}
