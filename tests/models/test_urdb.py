"""Tariffs of the Utility Rate Database are brought to ours; what does not fit is refused by its name."""

import copy
import math
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from models import urdb
from models.tariff_components import Demand, Fixed, Minimum, Tax, Tiers, Window
from models.tariffs import Prices, Version, overlapping, prices

SUMMER = range(5, 9)  # June to September
DAY = [0] * 7 + [1] * 13 + [0] * 4
RATE: dict[str, Any] = {
    "label": "made-up",
    "name": "Time of use ",
    "utility": "Valley Power",
    "startdate": 1609459200,
    "energyratestructure": [
        [{"rate": 0.10, "adj": 0.01, "unit": "kWh", "sell": 0.02}],
        [{"rate": 0.30, "sell": 0.05}],
        [{"rate": 0.20, "unit": "kWh"}],
    ],
    "energyweekdayschedule": [DAY if month in SUMMER else [2 * each for each in DAY] for month in range(12)],
    "energyweekendschedule": [[0] * 24] * 12,
    "demandratestructure": [[{"rate": 0}], [{"rate": 9.5, "adj": 0.5}]],
    "demandweekdayschedule": [[0] * 12 + [1] * 6 + [0] * 6] * 12,
    "demandweekendschedule": [[0] * 24] * 12,
    "demandrateunit": "kW",
    "demandwindow": 30,
    "flatdemandstructure": [[{"rate": 3.0}], [{"rate": 4.0}]],
    "flatdemandmonths": [1 if month in SUMMER else 0 for month in range(12)],
    "fixedchargefirstmeter": 0.5,
    "fixedchargeunits": "$/day",
    "mincharge": 12.0,
    "minchargeunits": "$/month",
    "fueladjustmentsmonthly": [0.003] * 12,
}


def test_every_hour_of_a_year_has_the_price_that_the_schedules_say() -> None:
    found = urdb.read({"items": [RATE]})
    assert (found.name, overlapping(found.hours)) == ("Time of use", None)
    zone = ZoneInfo("America/Los_Angeles")
    starts = pd.date_range("2027-12-31T08:00Z", "2028-12-31T08:00Z", freq="h", inclusive="left")
    base = (found.import_price_per_kwh, found.export_price_per_kwh)
    version = Version(datetime(2020, 1, 1, tzinfo=UTC), None, *base, math.nan, region_first=False, hours=found.hours)
    told = prices([version], starts, zone, Prices(*np.full((3, len(starts)), np.nan)))
    expected = []
    for each in starts.tz_convert(zone):
        schedule = RATE["energyweekdayschedule" if each.weekday() < 5 else "energyweekendschedule"]
        tier = RATE["energyratestructure"][schedule[each.month - 1][each.hour]][0]
        expected.append((tier["rate"] + tier.get("adj", 0), tier.get("sell", 0)))
    assert list(zip(told.importing.tolist(), told.exporting.tolist(), strict=True)) == expected


def test_what_it_charges_besides_is_kept() -> None:
    assert urdb.read(RATE).components == (
        Fixed(0.5, "day"),
        Minimum(12.0),
        Tax(0.0, (), 0.003),
        Demand(3.0, 30, windows=(Window("every", 0, 1440, 101, 531), Window("every", 0, 1440, 1001, 1231))),
        Demand(4.0, 30, windows=(Window("every", 0, 1440, 601, 930),)),
        Demand(10.0, 30, windows=(Window("weekday", 720, 1080),)),
    )
    all_year = {"energyratestructure": [[{"rate": 0.1, "max": 500}, {"rate": 0.15, "max": 900.0}, {"rate": 0.2}]]}
    flat = {f"energy{days}schedule": [[0] * 24] * 12 for days in ("weekday", "weekend")} | all_year
    found = urdb.read(
        flat | {"flatdemandstructure": [[{"rate": 2.0}]], "fixedchargefirstmeter": 120, "fixedchargeunits": "$/year"}
    )
    assert found.hours == ()
    assert found.components == (Tiers("month", (500.0, 900.0), (0.0, 0.05, 0.1)), Fixed(10.0, "month"), Demand(2.0, 15))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"coincidentratestructure": [[{"rate": 5}]]}, "coincidentratestructure"),
        ({"dgrules": "Net Metering", "lookbackPercent": 80}, "dgrules, lookbackPercent"),
        ({"energyratestructure": [[{"rate": 0.1, "max": 5}, {"rate": 0.2}], *RATE["energyratestructure"][1:]]}, "not the same"),
        ({"energyratestructure": [[{"rate": 0.1, "max": 5, "unit": "kWh/kW"}, {"rate": 0.2, "unit": "kWh/kW"}]] * 3}, "kwh/kw"),
        ({"energyratestructure": [[{"rate": 0.1, "max": 5}, {"rate": 0.2}]] * 3}, "several periods in one month"),
        ({"energyratestructure": [[{"rate": 0.1}]]}, "the period 1, which energyratestructure has not"),
        (
            {"energyratestructure": [[{"rate": "dear"}], *RATE["energyratestructure"][1:]]},
            r"energyratestructure\[0\].rate is 'dear'",
        ),
        ({"demandratestructure": [[{"rate": 0}], [{"rate": 1, "adj": [2]}]]}, r"demandratestructure\[1\].adj is \[2\]"),
        ({"demandratestructure": [[{"rate": 0}]]}, "the period 1, which demandratestructure has not"),
        ({"energyratestructure": [7, 7, 7]}, "not of the form"),
        ({"energyweekdayschedule": [[0] * 24] * 11}, "12 months with 24 hours"),
        ({"energyweekdayschedule": None}, "lacks energyweekdayschedule"),
        ({"flatdemandunit": "kVA"}, "kVA"),
        ({"flatdemandstructure": [[{"rate": 1, "max": 20}, {"rate": 2}], [{"rate": 4.0}]]}, "demand has tiers"),
        ({"fixedchargeunits": "$/week"}, "$/week"),
        ({"minchargeunits": "$/year"}, "minimum is not of a month"),
        ({"fueladjustmentsmonthly": [0.003] * 11 + [0.004]}, "month to month"),
    ],
)
def test_what_does_not_fit_is_named_and_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(urdb.DoesNotFit, match=says.replace("$", r"\$")):
        urdb.read(copy.deepcopy(RATE) | changed)


@pytest.mark.parametrize("given", [[], 7, None, {}, {"items": []}, {"items": [RATE, RATE]}, {"energyratestructure": {}}])
def test_what_is_no_tariff_is_refused(given: object) -> None:
    with pytest.raises(urdb.DoesNotFit):
        urdb.read(given)


def test_fields_that_say_nothing_are_no_reason_to_refuse() -> None:
    said = RATE | {"dgrules": "", "lookbackPercent": 0, "demandreactivepowercharge": None, "lookbackMonths": [0] * 12}
    assert urdb.read(said) == urdb.read(RATE)
