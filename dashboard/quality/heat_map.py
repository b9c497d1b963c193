"""The heat map of coverage: a table of meters and days, each cell the way to the readings of that meter and day."""

from urllib.parse import urlencode

from dash import html

from config.language import _
from dashboard.figures import coverage
from dashboard.figures.coverage import NOT_DUE, Cell
from dashboard.parts.aria import aria, data
from insight.data_quality import MeterQuality, SiteQuality

LEVELS = ("whole", "most", "part", "little", "nothing")


def heat_map(site_id: str, told: SiteQuality) -> html.Div:
    """The picture, the sentence that says the same, and what its colours mean."""
    rows = [(each, coverage.cells(each.coverage, told.edges, told.zone)) for each in told.meters]
    days = rows[0][1] if rows else []
    heads = [html.Th(_("Meter"), scope="col", className="who")]
    heads += [
        html.Th(_head(cell.day, place), scope="col", title=cell.day, **aria(label=cell.day)) for place, cell in enumerate(days)
    ]
    body = [html.Tr([_name(site_id, each), *(_cell(site_id, each, cell) for cell in cells)]) for each, cells in rows]
    frame = html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(body)], className="heat-map"),
        className="table-frame",
        tabIndex=0,
        role="region",
        **aria(label=_("Coverage by meter and day: arrow keys go from day to day")),
    )
    says = html.P(coverage.summary([each.coverage for each in told.meters]), className="mb-2", id="quality-says")
    return html.Div([says, frame, _legend()])


def _head(day: str, place: int) -> str:
    """The day of the month, with the month where it begins."""
    return day[5:] if place == 0 or day.endswith("-01") else day[8:]


def _name(site_id: str, each: MeterQuality) -> html.Th:
    link = html.A(each.meter.name, href=readings_of(site_id, each.meter.id), title=each.meter.name, **data(soft=""))
    return html.Th(link, scope="row", className="who")


def _cell(site_id: str, each: MeterQuality, cell: Cell) -> html.Td:
    words = f"{each.meter.name}, {cell.day}: {cell.words}"
    if cell.level == NOT_DUE:
        return html.Td("", title=words, **data(level=cell.level))
    href = readings_of(site_id, each.meter.id, cell.day)
    link = html.A(cell.digits or "\u00a0", href=href, title=words, tabIndex=-1, **aria(label=words), **data(soft=""))
    return html.Td(link, **data(level=cell.level))


def readings_of(site_id: str, meter_id: str, day: str = "") -> str:
    """Where the readings of a meter are seen, of a day or the newest."""
    return f"/site/{site_id}/quality/{meter_id}" + (f"?{urlencode({'readings.search': day})}" if day else "")


def _legend() -> html.Ul:
    words = (_("whole"), _("95 % and more"), _("half and more"), _("less than half"), _("nothing"))
    pairs = zip(LEVELS, words, strict=True)
    return html.Ul(
        [html.Li([html.Span(**data(level=level)), text]) for level, text in pairs], className="heat-legend muted small"
    )
