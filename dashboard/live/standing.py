"""What stands at each node of the plan, as people read it."""

from dashboard.figures import plan, wording
from insight.now import Now


def standing(now: Now) -> dict[str, plan.Standing]:
    """The words of each node: its power, which way a battery goes, when it was last heard, and that it is simulated."""
    found = {}
    for node in now.view.graph.nodes:
        known = now.standing[node.id]
        power = "" if known.kw is None else f"{wording.power(known.kw)} {known.way}".rstrip()
        heard = "" if known.heard is None else f"last heard {wording.clock(known.heard, now.view.zone, now.at)}"
        note = " · ".join(part for part in (heard, "simulated" if node.simulated else "") if part)
        found[node.id] = plan.Standing(known.state, power, note)
    return found
