"""What stands at each node of the plan, as people read it, and how much flows between them."""

from config.language import _
from dashboard.figures import plan, wording
from insight.now import Now


def standing(now: Now) -> dict[str, plan.Standing]:
    """The words of each node: its power, which way a battery goes, and when it was last heard."""
    found = {}
    for node in now.view.graph.nodes:
        known = now.standing[node.id]
        power = "" if known.kw is None else f"{wording.power(known.kw)} {known.way}".rstrip()
        heard = "" if known.heard is None else _("last heard %(time)s", time=wording.clock(known.heard, now.view.zone, now.at))
        found[node.id] = plan.Standing(known.state, power, heard)
    return found


def lines(now: Now) -> str:
    """How wide each line of the plan is."""
    return plan.thickness(now.view.graph, {edge_id: float(flow.net[0]) for edge_id, flow in now.flows.edges.items()})
