"""What stands at each node of the plan, as people read it, and how much flows between them."""

from config.language import _
from dashboard.figures import plan, wording
from insight.now import Now


def standing(now: Now) -> dict[str, plan.Standing]:
    """The words of each node: its power, which way a battery goes, and when it was last heard."""
    words, crowded = {}, plan.is_crowded(now.view.graph)
    for node_id, known in now.standing.items():
        if crowded and known.state == "live":  # there is no room for its power
            words[node_id] = plan.Standing(known.state)
            continue
        power = "" if known.kw is None else f"{wording.power(known.kw)} {known.way}".rstrip()
        heard = "" if known.heard is None else _("last heard %(time)s", time=wording.clock(known.heard, now.view.zone, now.at))
        words[node_id] = plan.Standing(known.state, power, heard)
    return words


def lines(now: Now) -> str:
    """How wide each line of the plan is."""
    return plan.thickness(now.view.graph, lambda edge_id: float(now.flows.edges[edge_id].net[0]))
