"""What is answered of series, field by field."""

from typing import Annotated

from msgspec import Meta

from dashboard.api.answers import Id, Moment, Provisional, Said, Share, Step, Zone


class ValueOfPeriod(Said):
    """A value of a period."""

    start: Moment
    local: Annotated[str, Meta(description="the same by the site's clock, with its offset from UTC")]
    id: Annotated[Id, Meta(description="of the meter or the site")]
    value: Annotated[float | None, Meta(description="null where nothing is known")]
    coverage: Annotated[Share | None, Meta(description="share of the readings due by now that are there")]
    provisional: Provisional


class Series(Said):
    """Values by period, those of one period after the other."""

    quantity: str
    unit: str
    step: Step
    aggregate: str
    time_zone: Zone
    known_at: Moment | None
    values: list[ValueOfPeriod]
