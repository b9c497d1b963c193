"""What the overview does in the browser, without asking anybody: `assets/live/40-overview.js` has a function for each."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, clientside_callback

PERIODS = ("overview-flow", "overview-range")


def callbacks() -> None:
    """Register them, for the page that has their parts."""
    shows, cancelled = Input("overview-chart-shows", "value"), Input("overview-forecast-cancel", "n_clicks")
    _callback("tick", Output("overview-due", "data"), Input("overview-tick", "data"), State("overview-about", "data"))
    _callback("flow", Input("overview-flow", "value"), Input("overview-energy", "data"))
    _callback("chart", Input("overview-course", "data"))
    _callback("happened", Input("overview-happened", "data"), State("overview-chart", "id"))
    _callback("plan", Input("overview-plan-figure", "data"))
    _callback("map", Input("overview-map-figure", "data"), Input("overview-view", "value"))
    _callback("details", Input("overview-details-figure", "data"), first=False)
    shown = [Output(f"overview-{view}-{part}", "hidden") for part in ("box", "tool") for view in ("plan", "map")]
    _callback("show", *shown, Input("overview-view", "value"))
    _callback("forecast", Output("overview-forecast-start", "data"), shows, State("overview-ahead", "data"), first=False)
    _callback(
        "unforecast", Output("overview-chart-shows", "value"), cancelled, State("overview-chart-shows", "value"), first=False
    )
    periods = [_parts(period) for period in PERIODS]
    chosen = [*periods[0], *periods[1], "overview-step", "overview-view"]
    _callback("keep", *(Input(part, "value") for part in chosen), first=False)
    for period, parts in zip(PERIODS, periods, strict=True):
        _callback("custom", Output(f"{period}-days", "style"), Input(period, "value"))
        ways = [Input(f"{period}-{way}", "n_clicks") for way in ("earlier", "later")]
        _callback(
            "step", *(Output(each, "value") for each in parts), *ways, *(State(each, "value") for each in parts), first=False
        )


def _parts(period: str) -> list[str]:
    """A period's choice, and its two days."""
    return [f"{period}{part}" for part in ("", "-first", "-last")]


def _callback(function: str, *arguments: Any, first: bool = True) -> None:
    clientside_callback(ClientsideFunction("live", function), *arguments, prevent_initial_call=not first)
