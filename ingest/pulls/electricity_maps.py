"""CO2 intensity from Electricity Maps (https://app.electricitymaps.com/developer-hub/api/reference): the last 24 hours, by hour.

Whether emissions are those of a whole life cycle or direct ones is said with each value; values of the other kind are left out.
What is an estimate is replaced once it has been measured, for the last hours are asked for again each time.
"""

from msgspec import Struct

from config.language import N_, Told
from config.pull_services import CO2
from ingest.pulls.pulled import Asked, Question, Said, Unreadable, Value, read_moment, shaped

HOUR_S = 3600


class Hour(Struct, rename="camel"):
    """One hour, at its start."""

    datetime: str
    carbon_intensity: float | None = None
    emission_factor_type: str | None = None
    temporal_granularity: str = "hourly"


class History(Struct):
    """Several of them."""

    zone: str
    history: list[Hour]


def question(asked: Asked) -> Question:
    """The last day of a zone."""
    query = {"zone": asked.area, "emissionFactorType": _kind(asked), "temporalGranularity": "hourly"}
    return Question("/v3/carbon-intensity/history", query, {"auth-token": asked.key or ""})


def read(body: bytes, asked: Asked) -> Said:
    """The hours of the last day that are known."""
    answer: History = shaped(body, History)
    if answer.zone != asked.area:
        raise Unreadable(Told(N_("the answer is of the zone %(zone)s, which was not asked for"), {"zone": answer.zone[:40]}))
    known = [each for each in answer.history if each.carbon_intensity is not None]
    other = [each for each in known if each.emission_factor_type != _kind(asked) or each.temporal_granularity != "hourly"]
    values = [
        Value(CO2, read_moment(each.datetime), HOUR_S, each.carbon_intensity)
        for each in known
        if each not in other and each.carbon_intensity is not None
    ]
    told = Told(N_("%(count)s values are of other emissions or another step than asked for: left out"), {"count": len(other)})
    return Said(values, (told,) if other else ())


def _kind(asked: Asked) -> str:
    return "direct" if asked.service.endswith("_direct") else "lifecycle"
