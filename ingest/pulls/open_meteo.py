"""Weather from Open-Meteo (https://open-meteo.com/en/docs, CC BY 4.0): what is forecast, and by another address what it was.

Times are asked for in seconds since 1970: with a zone the answer would have local times and one offset for all.
Temperature and humidity are of the moment; radiation is the mean of the hour *before* it, so its row stands an hour earlier.
"""

from datetime import timedelta
from typing import Any

from config.language import N_, Told
from config.pull_services import SERVICES, WEATHER
from ingest.pulls.pulled import Asked, Question, Said, Unreadable, Value, moment, shaped

HOUR_S = 3600
# What it calls a quantity, in which unit, ours, and of how long a time before its stamp it is.
VARIABLES = {
    "temperature_2m": ("°C", "temperature_c", 0),
    "relative_humidity_2m": ("%", "humidity_pct", 0),
    "shortwave_radiation": ("W/m²", "irradiance_w_m2", HOUR_S),
}


def question(asked: Asked) -> Question:
    """The hours of some days of UTC, the last one included."""
    latitude, longitude = (part.strip() for part in asked.area.split(","))
    query = {
        "latitude": latitude,
        "longitude": longitude,
        "hourly": ",".join(VARIABLES),
        "timezone": "UTC",
        "timeformat": "unixtime",
        "start_date": f"{asked.start:%Y-%m-%d}",
        "end_date": f"{asked.end - timedelta(seconds=1):%Y-%m-%d}",
    }
    path = "/v1/forecast" if SERVICES[asked.service].gives == WEATHER else "/v1/archive"
    return Question(path, query | ({"apikey": asked.key} if asked.key else {}))


def read(body: bytes, asked: Asked) -> Said:
    """The hours that have a value: of a forecast those to come, of the past those that are over."""
    answer: dict[str, Any] = shaped(body, dict)
    units, hourly = answer.get("hourly_units"), answer.get("hourly")
    if not isinstance(units, dict) or not isinstance(hourly, dict) or answer.get("utc_offset_seconds") != 0:
        raise Unreadable(Told(N_("the answer has no hours in UTC")))
    times = hourly.get("time")
    if units.get("time") != "unixtime" or not isinstance(times, list):
        raise Unreadable(Told(N_("the answer has no times in seconds since 1970")))
    forecast = SERVICES[asked.service].gives == WEATHER
    values: list[Value] = []
    for name, (unit, quantity, before_s) in VARIABLES.items():
        column = hourly.get(name)
        if units.get(name) != unit or not isinstance(column, list) or len(column) != len(times):
            raise Unreadable(Told(N_("%(name)s is missing, or came in another unit than %(unit)s"), {"name": name, "unit": unit}))
        for stamp, value in zip(times, column, strict=True):
            if type(stamp) is not int or type(value) not in (int, float):
                continue  # null: not known
            end = moment(stamp)
            if (end > asked.now) is forecast:
                values.append(Value(quantity, end - timedelta(seconds=before_s), before_s, float(value), foreseen=True))
    return Said(values)
