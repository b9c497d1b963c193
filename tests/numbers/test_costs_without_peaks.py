"""Of months whose readings are coarser than the peaks of a demand charge every page says that it is not in the cost."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dashboard.energy import calendar_words, consumers_table
from dashboard.parts.reading import Reader
from dashboard.plant import restating
from insight import consumers, energy_days, restated
from insight.reports import gathering
from insight.shared import shared
from models.report_asked import PARTS, Asked
from models.tariff_components import Demand, Window
from reporting import telling
from reporting.reader import Reader as ReportReader
from store.records.plant import tariffs
from store.scope import SYSTEM
from tests.numbers.test_energy_days import QUARTER_S, ZONE, Hall, hall
from tests.store.series.conftest import LONG_AGO

__all__ = ["hall"]
FEBRUARY = date(2026, 2, 1)
WHOLE = "No peak of this time is known: the cost is without its demand charge."
PART = "Of a part of this time no peak is known: the cost is without the demand charge of that part."


@pytest.fixture
def by_the_hour(hall: Hall) -> Hall:
    """The hall, of whose January there are hours only."""
    fine = np.asarray(hall.local.date >= FEBRUARY)
    coarse = np.flatnonzero(~fine).reshape(-1, 4)
    with hall.site.at_once():
        for meter in (hall.grid, hall.meter):
            moments = [at for at, is_fine in zip(hall.moments, fine, strict=True) if is_fine]
            hall.site.intervals(meter, "energy_kwh", QUARTER_S, moments, hall.kwh[fine])
            hall.site.intervals(
                meter, "energy_kwh", 3600, [hall.moments[each[0]] for each in coarse], hall.kwh[coarse].sum(axis=1)
            )
    return hall


def charge(of: Hall, *windows: Window) -> None:
    prices: dict[str, Any] = {"import_price_per_kwh": 0.3, "export_price_per_kwh": 0}
    tariffs.create_tariff(SYSTEM, of.site.id, name="T", valid_from=LONG_AGO, components=[Demand(4.0, windows=windows)], **prices)
    shared.clear()


def said_of(of: Hall, subject: str, first: date, last: date) -> str:
    return calendar_words.of_all(energy_days.energy_days(SYSTEM, of.site.id, subject, first, last), Reader())


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (date(2026, 1, 1), date(2026, 1, 31), WHOLE),
        (date(2026, 1, 20), date(2026, 2, 10), PART),
        (date(2026, 2, 1), date(2026, 2, 28), ""),
    ],
)
def test_calendar_reports_and_consumers_say_it(by_the_hour: Hall, first: date, last: date, says: str) -> None:
    charge(by_the_hour)
    site = by_the_hour.site.id
    told = [said_of(by_the_hour, subject, first, last) for subject in ("", by_the_hour.id, by_the_hour.meter)]
    asked = Asked(site, "custom", first, last, (), PARTS)
    told.append(" ".join(telling.notes(gathering.gather(SYSTEM, asked), ReportReader(None, ZoneInfo(ZONE)))))
    uses = consumers.consumers(SYSTEM, site, first, last)
    told.append(consumers_table.says_cost(uses, consumers.costs(SYSTEM, site, first, last), "EUR", Reader()))
    for words in told:
        assert [each in words for each in (WHOLE, PART)] == [says == each for each in (WHOLE, PART)], words


def test_a_month_of_which_the_charge_has_no_window_lacks_nothing(by_the_hour: Hall) -> None:
    charge(by_the_hour, Window("every", 480, 1200, 601, 831))
    told = energy_days.energy_days(SYSTEM, by_the_hour.site.id, "", date(2026, 1, 1), date(2026, 2, 28))
    assert (told.peaked == 1).all()
    assert {(each.kw, each.amount) for each in told.demands} == {(0, 0)}
    assert "peak" not in said_of(by_the_hour, "", date(2026, 1, 1), date(2026, 2, 28))


def test_a_charge_that_is_added_restates_months_without_it_where_no_peak_is_known(
    by_the_hour: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, since = by_the_hour.site.id, by_the_hour.edges[10]
    tariffs.create_tariff(SYSTEM, site, name="T", valid_from=LONG_AGO, import_price_per_kwh=0.3, export_price_per_kwh=0)
    monkeypatch.setattr(restating, "reader", Reader)
    for components, lacks in (((), False), ((Demand(4.0),), True)):
        terms = tariffs.Terms("dearer", 0.35, 0.0, region_first=False, components=components)
        told = restated.by_tariffs(SYSTEM, site, tariffs.versions_with(SYSTEM, site, terms, since), since)
        assert (PART in repr(restating.shown(told))) is lacks
