"""What stands at each node of the plan, as people read it, and how much flows between them."""

from math import isfinite

from config.language import _
from dashboard.figures import plan, wording
from insight.now import Now


def standing(now: Now) -> dict[str, plan.Standing]:
    """The words of each node: its power, which way a battery goes, and when it was last heard."""
    graph = now.view.graph
    words, behind, powered = {}, plan.behind(graph), {} if plan.is_crowded(graph) else plan.positions(graph)
    for node_id, known in now.standing.items():
        if known.state == "live" and node_id not in powered:  # there is no room for its power
            words[node_id] = plan.Standing(known.state)
            continue
        power = "" if known.kw is None else f"{wording.power(known.kw)} {known.way}".rstrip()
        if not power and (edge := behind.get(node_id)) is not None:
            power = _through(float(now.flows.edges[edge.id].net[0]), is_into=edge.target == node_id)
        heard = "" if known.heard is None else _("last heard %(time)s", time=wording.clock(known.heard, now.view.zone, now.at))
        words[node_id] = plan.Standing(known.state, power, heard)
    return words


def _through(kilowatts: float, *, is_into: bool) -> str:
    """The power that goes to what stands behind a node; with a minus where it comes from there. Nothing where it is not known."""
    return wording.power(kilowatts if is_into else -kilowatts) if isfinite(kilowatts) else ""


def lines(now: Now) -> str:
    """How wide each line of the plan is."""
    return plan.thickness(now.view.graph, lambda edge_id: float(now.flows.edges[edge_id].net[0]))
