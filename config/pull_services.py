"""Public services that are asked for what regions and sites share: where they are, what they give, and how they name an area.

What a service answers is read by a file of its name in `ingest/pulls/`.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from config.language import N_

WEATHER, PAST_WEATHER, READINGS = "weather", "past_weather", "readings"
PRICE, CO2 = "price_per_kwh", "co2_g_per_kwh"
OWN = "http_json"  # what is no service: an address of one's own, whose values are a meter's
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `reader` is the file that knows its answers; `gives` a quantity of a region, or weather.

    `most` is the longest stretch of time of one question, `ahead` how far ahead it knows what it gives, `licence` what its terms
    ask for. `currency` is that of its prices; a price in another is not converted.
    """

    name: str
    words: str
    reader: str
    gives: str
    origin: str
    area: str
    like: str
    pattern: str
    every_s: int
    most: timedelta
    ahead: timedelta
    licence: str
    key: bool = False
    currency: str = ""

    def knows(self, area: str) -> bool:
        """Whether this can be one of its areas."""
        return re.fullmatch(self.pattern, area) is not None


_POSITION = r"-?\d{1,2}(\.\d{1,6})?, ?-?\d{1,3}(\.\d{1,6})?"
_TARIFF = r"E-1R-[A-Z0-9-]{3,60}-[A-HJ-NP]"
_YEAR = timedelta(days=360)
_PLACE = N_("latitude and longitude")

_AGILE = Service(
    "octopus_agile",
    N_("Octopus Agile, price with VAT"),
    reader="octopus_agile",
    gives=PRICE,
    origin="https://api.octopus.energy",
    area=N_("code of the tariff"),
    like="E-1R-AGILE-24-10-01-C",
    pattern=_TARIFF,
    every_s=HOUR_S,
    most=timedelta(days=30),  # 1,440 half hours: an answer holds 1,500
    ahead=timedelta(days=2),
    licence="Octopus Energy",
    currency="GBP",
)
_ELECTRICITY_MAPS = Service(
    "electricity_maps",
    N_("Electricity Maps, CO₂ of the life cycle"),
    reader="electricity_maps",
    gives=CO2,
    origin="https://api.electricitymaps.com",
    area=N_("zone"),
    like="DE",
    pattern=r"[A-Z]{2}(-[A-Z0-9]{1,5}){0,2}",
    every_s=HOUR_S,
    most=_YEAR,  # its history is of the last day, whatever is asked
    ahead=timedelta(),
    licence="Electricity Maps",
    key=True,
)

SERVICES = {
    each.name: each
    for each in (
        Service(
            "open_meteo",
            N_("Open-Meteo, weather forecast"),
            reader="open_meteo",
            gives=WEATHER,
            origin="https://api.open-meteo.com",
            area=_PLACE,
            like="52.2, 0.1",
            pattern=_POSITION,
            every_s=3 * HOUR_S,
            most=timedelta(days=16),
            ahead=timedelta(days=7),
            licence="CC BY 4.0",
        ),
        Service(
            "open_meteo_archive",
            N_("Open-Meteo, past weather"),
            reader="open_meteo",
            gives=PAST_WEATHER,
            origin="https://archive-api.open-meteo.com",
            area=_PLACE,
            like="52.2, 0.1",
            pattern=_POSITION,
            every_s=24 * HOUR_S,
            most=_YEAR,
            ahead=timedelta(),
            licence="CC BY 4.0",
        ),
        Service(
            "entsoe",
            N_("ENTSO-E, day-ahead price"),
            reader="entsoe",
            gives=PRICE,
            origin="https://web-api.tp.entsoe.eu",
            area=N_("code of the bidding zone"),
            like="10Y1001A1001A82H",
            pattern=r"\d\d[A-Z][A-Z0-9-]{12}[A-Z0-9]",
            every_s=HOUR_S,
            most=_YEAR,
            ahead=timedelta(days=2),
            licence="ENTSO-E Transparency Platform",
            key=True,
            currency="EUR",
        ),
        Service(
            "energy_charts",
            N_("Energy-Charts, day-ahead price"),
            reader="energy_charts",
            gives=PRICE,
            origin="https://api.energy-charts.info",
            area=N_("bidding zone"),
            like="DE-LU",
            pattern=r"[A-Z]{2}\d?(-[A-Z]{2,6}){0,3}",
            every_s=HOUR_S,
            most=_YEAR,
            ahead=timedelta(days=2),
            licence="CC BY 4.0",
            currency="EUR",
        ),
        _AGILE,
        replace(_AGILE, name="octopus_agile_net", words=N_("Octopus Agile, price without VAT")),
        Service(
            "gb_carbon",
            N_("Carbon Intensity of Great Britain"),
            reader="gb_carbon",
            gives=CO2,
            origin="https://api.carbonintensity.org.uk",
            area="",
            like="",
            pattern="",
            every_s=HOUR_S // 2,
            most=timedelta(days=13),
            ahead=timedelta(days=2),
            licence="CC BY 4.0",
        ),
        _ELECTRICITY_MAPS,
        replace(_ELECTRICITY_MAPS, name="electricity_maps_direct", words=N_("Electricity Maps, CO₂ of direct emissions")),
    )
}
