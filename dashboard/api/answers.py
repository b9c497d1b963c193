"""What the people's API answers, field by field: the types that are sent, from which its description is made too."""

from typing import Annotated, Literal

import msgspec
from flask import Response
from msgspec import Meta

from config.quantities import QUANTITIES
from store.records.schema.imports import STATES as IMPORT_STATES
from store.series import peaks
from store.series.differences import EVENTS, REGISTERS

Id = Annotated[str, Meta(description="an id")]
Moment = Annotated[str, Meta(description="in UTC", extra_json_schema={"format": "date-time"})]
Zone = Annotated[str, Meta(description="an IANA name; of the site, whose periods these are")]
Currency = Annotated[str, Meta(description="an ISO 4217 code")]
Share = Annotated[float, Meta(ge=0, le=1)]
STEPS = ("quarter", "half_hour", "hour", "day", "month")
Step = Annotated[str, Meta(extra_json_schema={"enum": list(STEPS)})]
Provisional = Annotated[bool, Meta(description="whether late readings are still usual")]


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """An object of an answer: all of its fields are always there."""


class Pair(Said):
    """The tokens of a program."""

    access_token: Annotated[str, Meta(description="to be sent as Authorization: Bearer …")]
    refresh_token: Annotated[str, Meta(description="for the next pair; works once")]
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(description="seconds that the access token is valid for")]


class Person(Said):
    """Whose token it is."""

    id: Id
    email: str
    name: str
    organisation: Annotated[str | None, Meta(description="its name")]
    role: Annotated[str | None, Meta(description="in the organisation")]
    platform_admin: bool


class Site(Said):
    """A site that may be seen, whole or in part."""

    id: Id
    name: str
    kind: str
    time_zone: Annotated[str, Meta(description="an IANA name")]
    currency: Currency
    latitude: float | None
    longitude: float | None


class Sites(Said):
    """The sites that may be seen."""

    sites: list[Site]


class Meter(Said):
    """A meter that may be seen."""

    id: Id
    name: str
    role: str
    simulated: bool


class Meters(Said):
    """The meters of a site that may be seen."""

    meters: list[Meter]


class Newest(Said):
    """The newest value of a quantity."""

    value: float
    unit: str
    ts: Annotated[Moment, Meta(description="of a value with a duration: its end")]


class Latest(Said):
    """The newest value of each quantity of a meter."""

    meter: Id
    latest: Annotated[
        dict[str, Newest],
        Meta(
            description=f"by quantity: {', '.join(QUANTITIES)}", extra_json_schema={"propertyNames": {"enum": list(QUANTITIES)}}
        ),
    ]


class EnergyOfPeriod(Said):
    """Energy of a period."""

    start: Moment
    energy_kwh: Annotated[float, Meta(description="in the edge's direction")]
    energy_export_kwh: Annotated[float, Meta(description="against it")]
    coverage: Annotated[Share, Meta(description="share of the readings due by now that are there")]
    provisional: Provisional


class Energy(Said):
    """Energy of a meter by period."""

    meter: Id
    step: Step
    time_zone: Zone
    energy: list[EnergyOfPeriod]


class CostParts(Said):
    """What a cost is made of; the parts add up to it."""

    energy: Annotated[float, Meta(description="what was bought, at its prices per kWh")]
    export: Annotated[float, Meta(description="what was sold; negative: earned")]
    tiers: Annotated[float, Meta(description="by the sum of the month or day")]
    fixed: Annotated[float, Meta(description="charges per day and month")]
    demand: Annotated[float, Meta(description="by the greatest mean powers")]
    taxes: Annotated[float, Meta(description="in percent and per kWh")]
    minimum: Annotated[float, Meta(description="what lacks to the least that a month costs")]
    rounding: Annotated[float, Meta(description="the difference of the month's rounded sum")]


class CostOfPeriod(Said):
    """What the energy of a period cost."""

    start: Moment
    bought_kwh: Annotated[
        float,
        Meta(description="of a site: from the grid; of a meter: towards the site's uses, of a source or a storage against it"),
    ]
    sold_kwh: Annotated[float, Meta(description="the other way")]
    cost: Annotated[float | None, Meta(description="of what has a price; null when nothing has; negative: earned")]
    priced: Annotated[Share, Meta(description="share of the energy that has a price")]
    peaked: Annotated[Share, Meta(description="share of the time with a demand charge whose month has a peak; 1 without one")]
    parts: CostParts
    provisional: Provisional


class CostOfTariff(Said):
    """What a tariff costs in all periods together."""

    tariff: Annotated[str | None, Meta(description="its name; null: no tariff held")]
    valid_from: Moment | None
    cost: float


class ChargedPeak(Said):
    """A peak that is charged."""

    start: Moment
    power_kw: Annotated[float, Meta(description="its mean power")]
    estimated: Annotated[bool, Meta(description="whether its sender estimated some of it")]


class DemandOfMonth(Said):
    """What a tariff charges for demand in a local month."""

    tariff: str
    month: Annotated[str, Meta(description="where it starts, in UTC", extra_json_schema={"format": "date-time"})]
    price_per_kw: float
    charged_kw: Annotated[float | None, Meta(description="null where no window is told whole")]
    amount: Annotated[float, Meta(description="for the share of the month in which the tariff holds")]
    peaks: list[ChargedPeak]


class Costs(Said):
    """Costs by period."""

    step: Step
    time_zone: Zone
    currency: Currency
    cost: list[CostOfPeriod]
    tariffs: list[CostOfTariff]
    demand: list[DemandOfMonth]


class MeterCosts(Costs):
    """What the energy of a meter cost."""

    meter: Id


class SiteCosts(Costs):
    """What a whole site paid for what it drew from the grid."""

    site: Id


class Peak(Said):
    """The greatest mean power of a period."""

    start: Moment
    power_kw: Annotated[float, Meta(description="its mean power")]


class PeaksOfPeriod(Said):
    """The peaks of a period."""

    start: Moment
    peak: Annotated[Peak | None, Meta(description="in the edge's direction; null where nothing so short is told whole")]
    peak_export: Annotated[Peak | None, Meta(description="against it")]
    provisional: Provisional


class Peaks(Said):
    """The peaks of a meter by period."""

    meter: Id
    step: Annotated[str, Meta(extra_json_schema={"enum": list(peaks.PERIODS)})]
    over: Annotated[str, Meta(description="how long a peak lasts", extra_json_schema={"enum": list(peaks.STEPS)})]
    time_zone: Zone
    peaks: list[PeaksOfPeriod]


class Shares(Said):
    """The energy of a meter over a period, and what part of it is of which class; all four null without energy."""

    meter: Id
    start: Moment
    end: Moment
    energy_kwh: Annotated[float, Meta(description="in the edge's direction")]
    energy_export_kwh: Annotated[float, Meta(description="against it")]
    coverage: Annotated[Share, Meta(description="share of the readings due by now that are there")]
    provisional: Provisional
    actual: Annotated[Share | None, Meta(description="A: as it was read")]
    sender: Annotated[Share | None, Meta(description="S: an estimate, as its sender says")]
    estimated: Annotated[
        Share | None,
        Meta(description="E: spread evenly over a time in which nothing was read, or nothing but a longer interval"),
    ]
    persons: Annotated[Share | None, Meta(description="M: as people said")]


class SiteShares(Said):
    """What part of the energy of a site's meters together is of which class; all four null without energy."""

    site: Id
    start: Moment
    end: Moment
    meters: Annotated[int, Meta(description="of how many: those of energy that may be seen")]
    provisional: Provisional
    actual: Annotated[Share | None, Meta(description="A: as it was read")]
    sender: Annotated[Share | None, Meta(description="S: an estimate, as its sender says")]
    estimated: Annotated[Share | None, Meta(description="E: counted while nothing was read, spread evenly over that silence")]
    persons: Annotated[Share | None, Meta(description="M: as people said")]


class CounterReading(Said):
    """A reading of a counter."""

    ts: Moment
    reading_kwh: Annotated[float, Meta(description="the register, corrected if somebody corrected it")]
    energy_kwh: Annotated[float | None, Meta(description="since the reading before; null when there is none")]
    event: Annotated[
        str | None,
        Meta(
            description="what happened to the counter since the reading before",
            extra_json_schema={"enum": [*EVENTS, None]},
        ),
    ]


class Counter(Said):
    """The readings of a meter's counter."""

    meter: Id
    register: Annotated[str, Meta(extra_json_schema={"enum": list(REGISTERS)})]
    readings: list[CounterReading]


class Region(Said):
    """A region of sites that may be seen."""

    id: Id
    name: str
    writable: bool


class Regions(Said):
    """The regions of the sites that may be seen."""

    regions: list[Region]


class Written(Said):
    """What became of the values that were sent."""

    region: Id
    quantity: str
    interval_s: int
    new: int
    changed: Annotated[int, Meta(description="in the place of another value")]
    same: int


Counts = dict[str, int]
Refused = Annotated[Counts, Meta(description="readings that were not taken, by code")]
HeldBack = Annotated[Counts, Meta(description="readings that are stored and count when others confirm them, by code")]
Unknown = Annotated[Counts, Meta(description="readings by the name of a meter that the site does not have")]


class ImportTotal(Said):
    """What was stored of a meter and quantity."""

    meter: Id
    quantity: Annotated[str, Meta(extra_json_schema={"enum": list(QUANTITIES)})]
    unit: str
    readings: int
    sum: float
    first: Annotated[Moment, Meta(description="the end of the first reading")]
    last: Annotated[Moment, Meta(description="the end of the last reading")]


class Import(Said):
    """An import of a file."""

    id: Id
    site: Id
    file_name: str
    size: Annotated[int, Meta(description="bytes")]
    sha256: str
    profile_name: Annotated[str | None, Meta(description="of the saved profile that it is read by")]
    state: Annotated[str, Meta(extra_json_schema={"enum": list(IMPORT_STATES)})]
    progress: Share
    why: Annotated[str | None, Meta(description="it failed")]
    by: Annotated[str | None, Meta(description="who asked for it")]
    created_at: Moment
    ended_at: Moment | None
    readings: Annotated[int, Meta(description="that are stored")]
    refused: Refused
    held: HeldBack
    unknown: Unknown
    totals: list[ImportTotal]


class Imports(Said):
    """Imports of files, the newest first."""

    imports: list[Import]
    total: Annotated[int, Meta(description="how many there are in all")]


class RefusedRow(Said):
    """A row of a file that was not taken."""

    row: Annotated[int, Meta(description="counted from 1; 0 for a part that has no rows")]
    code: str
    message: str


class Tried(Said):
    """What importing a file would do."""

    readings: Annotated[int, Meta(description="that would be stored")]
    changed: Annotated[int | None, Meta(description="that would replace another value; not known while the store is away")]
    unchanged: Annotated[int | None, Meta(description="that are stored so already; not known while the store is away")]
    refused: Refused
    held: HeldBack
    unknown: Unknown
    totals: list[ImportTotal]
    problems: list[RefusedRow]


class Check(Said):
    """A dry run of a file that was sent, and what importing it would do once that is done."""

    upload: Id
    state: Annotated[str, Meta(extra_json_schema={"enum": ["queued", "running", "done", "failed", "cancelled"]})]
    progress: Share
    why: Annotated[str | None, Meta(description="it failed, or the file cannot be read")]
    found: Tried | None


class Problem(msgspec.Struct):
    """What is wrong."""

    error: Annotated[str, Meta(description="a short name")]
    message: Annotated[str, Meta(description="for the person who can put it right")]


def said(content: Said) -> Response:
    """The answer as JSON; a number that is none is null."""
    return Response(msgspec.json.encode(content), mimetype="application/json")
