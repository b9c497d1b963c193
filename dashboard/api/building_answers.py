"""What is answered of buildings, field by field."""

from typing import Annotated, Literal

from msgspec import Meta

from dashboard.api.answers import Said

Kwh = Annotated[float | None, Meta(description="kWh; null where nothing is known")]
MonthName = Annotated[str | None, Meta(description="in English; null where nothing is known")]


class BuildingData(Said, rename={"from_": "from"}):
    """A building, and of which times there is anything."""

    name: str
    number: Annotated[str | None, Meta(description="null where it has none")]
    site: Annotated[str, Meta(description="its name")]
    from_: Annotated[str | None, Meta(description="the first local day of which anything is known")]
    to: Annotated[str | None, Meta(description="the last")]
    years: Annotated[dict[str, list[int]], Meta(description="the months of each year in which anything is known")]


class AvailableData(Said):
    """The buildings that may be seen."""

    buildings: list[BuildingData]


class HourOfBuilding(Said):
    """What a building took in an hour."""

    time: Annotated[str, Meta(description="when it begins, by the site's clock with its offset from UTC")]
    value: float


class DayOfBuilding(Said):
    """What a building took in a local day."""

    building: str
    date: str
    unit: Literal["kWh"]
    total: Kwh
    values: Annotated[list[HourOfBuilding], Meta(description="hours of which something is known; none of a day without data")]


class StatsOfBuilding(Said, rename={"highest_month": "highestMonth", "lowest_month": "lowestMonth"}):
    """The daily totals of a building's month."""

    month: Annotated[str, Meta(description="its name in English")]
    date: Annotated[str, Meta(description="its first day")]
    mean: Kwh
    highest: Kwh
    lowest: Kwh
    median: Kwh
    building: str
    highest_month: MonthName
    lowest_month: MonthName
