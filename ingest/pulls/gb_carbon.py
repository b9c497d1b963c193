"""CO2 intensity of Great Britain's grid, from its operator (https://carbon-intensity.github.io/api-definitions/, CC BY 4.0).

Half hours in g/kWh, each with what was foreseen and, once it is over, what it was: the two are never mixed.
"""

from msgspec import Struct, field

from config.pull_services import CO2
from ingest.pulls.pulled import Asked, Question, Said, Value, read_moment, shaped


class Intensity(Struct):
    """g/kWh."""

    forecast: float | None = None
    actual: float | None = None


class HalfHour(Struct):
    """One half hour."""

    start: str = field(name="from")
    end: str = field(name="to")
    intensity: Intensity = field(default_factory=Intensity)


class Answer(Struct):
    """Several of them."""

    data: list[HalfHour]


def question(asked: Asked) -> Question:
    """What is known of the time between two moments."""
    path = f"/intensity/{asked.start:%Y-%m-%dT%H:%MZ}/{asked.end:%Y-%m-%dT%H:%MZ}"
    return Question(path, {})


def read(body: bytes, asked: Asked) -> Said:
    """What it was, and what is foreseen of the time that is not over."""
    answer: Answer = shaped(body, Answer)
    values = []
    for each in answer.data:
        start, end = read_moment(each.start), read_moment(each.end)
        lasts_s = int((end - start).total_seconds())
        if each.intensity.actual is not None:
            values.append(Value(CO2, start, lasts_s, each.intensity.actual))
        elif each.intensity.forecast is not None and end > asked.now:
            values.append(Value(CO2, start, lasts_s, each.intensity.forecast, foreseen=True))
    return Said(values)
