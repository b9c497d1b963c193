"""The six conditions of a voltage, as they are judged: only where Loadstar is being developed."""

from typing import Any

from dash import Input, Output, callback, dcc, html, register_page

from config import clock
from config.language import N_, _
from config.limits import NOMINAL_VOLTAGE_V
from dashboard.frame import navigation
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from dashboard.web.access import developer, guard
from insight import voltage_conditions
from insight.voltage_conditions import Shown

register_page(
    __name__,
    path="/development/voltage",
    name=N_("Voltage conditions"),
    nav={"section": navigation.PLATFORM, "icon": "lightning-charge"},
)

EVERY_MS = 2_000
CONDITIONS = {
    "normal": N_("Normal"),
    "high_warning": N_("High, warning"),
    "high_critical": N_("High, critical"),
    "low_warning": N_("Low, warning"),
    "low_critical": N_("Low, critical"),
    "fluctuating": N_("Fluctuating"),
}
JUDGED = {None: N_("within the limits"), "high": N_("outside the limits"), "critical": N_("critical")}
STATES = {None: "live", "high": "late", "critical": "offline"}
ADDRESS = "/api/debug/voltage-demo?condition="


@guard(developer)
def layout(**_query: Any) -> html.Div:
    """The page."""
    about = _("What hardware would tell, and how it is judged. Shown while LOADSTAR_DEVELOPMENT is on; no reading of anything.")
    return html.Div(
        [
            html.Header([html.H1(_("Voltage conditions")), html.P(about)], className="page-head"),
            html.Div(_drawn(), id="voltage-conditions"),
            html.P(_limits(), className="muted small mt-2"),
            dcc.Interval(id="voltage-interval", interval=EVERY_MS),
        ]
    )


@callback(Output("voltage-conditions", "children"), Input("voltage-interval", "n_intervals"), prevent_initial_call=True)
@guard(developer)
def again(_n: int | None) -> Any:
    """The same, now."""
    return _drawn()


def _drawn() -> html.Div:
    heads = (_("Condition"), _("Voltage"), _("Of nominal"), _("Judged"), _("Address"))
    shown = voltage_conditions.conditions(clock.now()).values()
    return short_table(_("Six conditions"), heads, [_row(each) for each in shown], {1: "num", 2: "num"})


def _row(shown: Shown) -> tuple[Any, ...]:
    volts, share = f"{shown.voltage_v:.1f}", f"{100 * shown.voltage_v / NOMINAL_VOLTAGE_V:.1f}"
    judged = html.Span(_(JUDGED[shown.severity]), className="state", **data(state=STATES[shown.severity]))
    address = html.A(html.Code(shown.condition), href=f"{ADDRESS}{shown.condition}")
    return (_(CONDITIONS[shown.condition]), f"{reader().number(volts)} V", f"{reader().number(share)} %", judged, address)


def _limits() -> str:
    limit = voltage_conditions.voltage_limit()
    return _(
        "%(nominal)s V nominal; limits %(low)s to %(high)s V, critical below %(least)s and above %(most)s V (%(source)s).",
        nominal=f"{NOMINAL_VOLTAGE_V:g}",
        low=f"{limit.low:g}",
        high=f"{limit.high:g}",
        least=f"{limit.critical_low:g}",
        most=f"{limit.critical_high:g}",
        source=_(limit.source),
    )
