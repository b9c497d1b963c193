"""What the people's API answers about CO2, field by field."""

from typing import Annotated

from msgspec import Meta

from dashboard.api.answers import Id, Moment, Provisional, Said, Share, Step, Zone

Mass = float | None


class EmissionsOfPeriod(Said):
    """What a site emitted in a period, in kg; null: no factor is known. Nothing is added up or taken off each other."""

    start: Moment
    bought_kwh: Annotated[float, Meta(description="from the grid")]
    location_co2_kg: Annotated[Mass, Meta(description="of what was bought, by the factor of the grid")]
    market_co2_kg: Annotated[
        Mass, Meta(description="of the same, by certificates and the residual mix; null where the site has neither")
    ]
    made_kwh: Annotated[float, Meta(description="what the site made itself")]
    made_co2_kg: Annotated[Mass, Meta(description="of it, on the site")]
    made_told: Annotated[Share, Meta(description="share of what the site made of which a factor is known")]
    sold_kwh: Annotated[float, Meta(description="into the grid")]
    avoided_co2_kg: Annotated[Mass, Meta(description="what the grid emits for as much as was sold")]
    coverage: Annotated[float | None, Meta(description="share of the readings due by now that are there; null: none was due")]
    provisional: Provisional


class SiteEmissions(Said):
    """What a whole site emitted by period."""

    site: Id
    step: Step
    time_zone: Zone
    emissions: list[EmissionsOfPeriod]
