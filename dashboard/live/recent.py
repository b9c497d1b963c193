"""What the attention panel tells beneath what wants attention now: what the site has been through in the last day."""

from collections.abc import Iterable
from typing import Any

from dash import Input, Output, State, callback, html
from dash.exceptions import PreventUpdate

from config.language import _
from config.quantities import QUANTITIES
from dashboard.figures import lines, wording
from dashboard.live import supply
from dashboard.live.attention import DIGITS, words_of
from dashboard.parts.aria import data
from dashboard.web.access import current_scope, guard, site_in
from insight import recent
from insight.now import Now, now_of
from insight.recent import Event, Silence
from store.errors import StoreAway

MOST = 8
MOST_BANDS = 40
Band = tuple[str, str, str]


@callback(
    Output("attention-recent", "children"),
    Output("overview-happened", "data"),
    Input("overview-due", "data"),
    State("overview-site", "data"),
)
@guard(site_in())
def tell(_due: str | None, site_id: str) -> tuple[list[Any], list[Band]]:
    """The last events that are over, for the panel and for the chart; asked for when the page stands: nobody waits for them."""
    scope = current_scope()
    try:
        now = now_of(scope, site_id)
        found = recent.events(scope, now, MOST_BANDS)
    except StoreAway:
        raise PreventUpdate from None
    if not found:
        return [], []
    rows = [_row(each, now) for each in found[:MOST]]
    return [html.H3(_("Over in the last 24 hours")), html.Ul(rows)], bands(found)


def bands(events: Iterable[Event]) -> list[Band]:
    """Events as charts show them (`assets/live/17-happened.js`): when each began and ended, and what it was."""
    return [(lines.utc(each.start), lines.utc(each.end), words(each)) for each in events]


def _row(event: Event, now: Now) -> html.Li:
    zone = now.view.zone
    times = f"{wording.clock(event.start, zone, now.at)}–{wording.clock(event.end, zone, now.at)}"
    if isinstance(event, Silence):
        what, href = f"device:{event.device.id}", ""
    else:
        what = f"meter:{event.meter.id}:{event.limit.quantity}"
        href = supply.address(now, event.meter.id, event.limit.quantity, event.start)
    opener = html.Button(words(event), type="button", className="link", **data(opens=what))
    return html.Li([opener, html.Span(supply.led_to(times, href), className="num")])


def words(event: Event) -> str:
    """What happened."""
    if isinstance(event, Silence):
        return _("%(device)s was silent", device=event.device.name)
    quantity, high = event.limit.quantity, event.limit.high
    value = f"{wording.exact(event.value, DIGITS)} {QUANTITIES[quantity].label}".strip()
    told = {"quantity": words_of(quantity), "meter": event.meter.name, "value": value}
    if high is not None and event.value > high:
        return _("%(quantity)s at %(meter)s up to %(value)s", **told)
    return _("%(quantity)s at %(meter)s down to %(value)s", **told)
