"""What somebody has chosen to see of a site, as the page's address keeps it: after a reload, and in a link, it is there again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from config.language import N_
from insight.periods import CUSTOM, DEFAULT_RANGE, ENERGY_PERIODS, RANGES, STEPS_MIN

VIEWS = {"plan": N_("Plan"), "map": N_("Map")}
AUTO = "auto"
LONGEST = 10  # of a date


@dataclass(frozen=True, slots=True)
class Chosen:
    """The period of the energy flow, the period and the step of the chart, and plan or map; days are ISO dates."""

    flow: str = "live"
    flow_first: str | None = None
    flow_last: str | None = None
    range: str = DEFAULT_RANGE
    first: str | None = None
    last: str | None = None
    step: str = AUTO
    view: str = "plan"


def chosen(query: Mapping[str, str]) -> Chosen:
    """What the address says; what it does not say, or says wrongly, is as it is for everybody."""
    usual = Chosen()

    def one_of(name: str, offered: Collection[str]) -> str:
        said = query.get(name, "")
        known: str = getattr(usual, name)
        return said if said in offered else known

    def day(name: str) -> str | None:
        return query.get(name, "")[:LONGEST] or None

    return Chosen(
        one_of("flow", ENERGY_PERIODS),
        day("flow_first"),
        day("flow_last"),
        one_of("range", {*RANGES, CUSTOM}),
        day("first"),
        day("last"),
        one_of("step", {AUTO, *map(str, STEPS_MIN)}),
        one_of("view", VIEWS),
    )
