"""What happened on the day that the calendar shows, for the day's chart: asked for when the page stands, nobody waits for it."""

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc
from dash.exceptions import PreventUpdate

from config import clock
from dashboard.energy import calendar_asked
from dashboard.energy.calendar_asked import Asked
from dashboard.live.recent import Band, bands
from dashboard.web.access import current_scope, guard, site_in
from insight import energy_days, recent, subjects
from insight.now import now_of
from insight.recent import Event, Silence
from insight.site_view import SiteView
from insight.subjects import Subject
from store.errors import StoreAway


def stores(asked: Asked) -> list[dcc.Store]:
    """What the callback is asked for, and where its answer goes."""
    given = {"site": asked.site_id, "subject": asked.subject_id, "day": asked.day.isoformat(), "happened": None}
    return [dcc.Store(id=f"calendar-{name}", data=value) for name, value in given.items()]


@callback(
    Output("calendar-happened", "data"),
    Input("calendar-day", "data"),
    State("calendar-subject", "data"),
    State("calendar-site", "data"),
)
@guard(site_in())
def tell(day: str, of: str, site_id: str) -> list[Band]:
    """The events of the day that have to do with what the calendar is of."""
    scope = current_scope()
    try:
        now = now_of(scope, site_id)
        today = clock.now().astimezone(now.view.zone).date()
        asked = calendar_asked.of_address(site_id, of, "", day, today)
        start, end = energy_days.midnights(now.view, asked.day, asked.day)
        found = recent.between(scope, now, start, min(end, now.at))
    except StoreAway:
        raise PreventUpdate from None
    subject = subjects.subject(now.view, asked.subject_id)
    return bands(each for each in found if concerns(each, subject, now.view))


def concerns(event: Event, subject: Subject, view: SiteView) -> bool:
    """Whether it happened to a meter of the subject; all that happens at a site concerns the site."""
    if subject.id == view.id:
        return True
    meters = (
        [view.meters[each] for each in event.device.meter_ids if each in view.meters]
        if isinstance(event, Silence)
        else [event.meter]
    )
    edges = {each.id for each in view.graph.edges if subject.id in (each.source, each.target)}
    return any(subject.id in (meter.id, meter.node_id) or meter.edge_id in edges for meter in meters)


def callbacks(chart_id: str) -> None:
    """Have the chart show the answer."""
    clientside_callback(
        ClientsideFunction("live", "happened"),
        Output(f"{chart_id}-note", "title"),
        Input("calendar-happened", "data"),
        State(chart_id, "id"),
    )
