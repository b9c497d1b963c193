"""In a sentence by what the readings of a meter are judged: what it is rated for, and who says so, or what is usual of it."""

from config.language import N_, _
from dashboard.figures import wording
from dashboard.frame.faults import sentence
from dashboard.parts.reading import reader
from store.errors import StoreAway
from store.records.schema import Meter
from store.scope import Scope
from store.series import capacities

SAID = {
    capacities.DECLARED: N_("Rated for %(rated)s, as declared: more than %(held)s is held as what cannot be true."),
    capacities.OF_NODES: N_("Rated for %(rated)s, as the nodes beside it: more than %(held)s is held as what cannot be true."),
    capacities.USUAL: N_(
        "Nobody has said what it is rated for: more than %(held)s is held, by its last month (at most %(usual)s, but for peaks)."
    ),
    capacities.UNKNOWN: N_("Nobody has said what it is rated for, and it has no day of history yet: more than %(held)s is held."),
}


def said(scope: Scope, meter: Meter) -> str:
    """The sentence."""
    try:
        now = capacities.in_force(scope, meter.id)
    except StoreAway as away:
        return sentence(away)
    return _(SAID[now.of], held=_kw(now.held_kw), rated=_kw(now.rated_kw or 0.0), usual=_kw(now.usual_kw))


def _kw(kw: float) -> str:
    return f"{reader().number(wording.exact(kw, 4))} kW"
