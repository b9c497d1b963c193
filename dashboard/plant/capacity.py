"""What the nodes of a site's graph add up to: what it can make, keep and use."""

from dash import html

from config.language import _
from dashboard.figures import wording
from dashboard.parts.reading import reader
from models.graph import Node


def _sum(values: list[float | None], unit: str) -> str:
    known = [value for value in values if value is not None]
    return f"{reader().number(wording.exact(sum(known), 4))} {unit}" if known else "–"


def capacity(nodes: tuple[Node, ...]) -> html.Dl:
    """What the graph's nodes add up to; the grid's connection apart."""
    of = {
        _("Grid connection"): ([node.capacity_kw for node in nodes if node.technology == "grid"], "kW"),
        _("Sources"): ([node.capacity_kw for node in nodes if node.kind == "source" and node.technology != "grid"], "kW"),
        _("Storage, power"): ([node.capacity_kw for node in nodes if node.kind == "storage"], "kW"),
        _("Storage, energy"): ([node.capacity_kwh for node in nodes if node.kind == "storage"], "kWh"),
        _("Demand"): ([node.capacity_kw for node in nodes if node.kind == "sink"], "kW"),
    }
    parts = [part for name, given in of.items() for part in (html.Dt(name), html.Dd(_sum(*given), className="figure"))]
    return html.Dl(parts, className="definitions")
