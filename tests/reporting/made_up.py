"""A report with numbers of its own, of which every word and cell is known."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from insight.reports.numbers import Day, Incomplete, MadeOf, Part, Peak, Report, TariffCost, Total
from models.report_asked import PARTS, Asked
from reporting.reader import Reader
from store.records.plant.reports import Seen

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
BEFORE, A_YEAR_BEFORE = (date(2026, 2, 1), date(2026, 2, 28)), (date(2025, 3, 1), date(2025, 3, 31))
PLAIN = Reader(None, ZoneInfo("Europe/Berlin"))


def total(
    kwh: float | None, first: date = FIRST, last: date = LAST, *, meters: int = 4, telling: int = 4, whole: bool = True
) -> Total:
    days = (last - first).days + 1
    return Total(
        first=first,
        last=last,
        kwh=kwh,
        daily_kwh=None if kwh is None else kwh / days,
        cost=None if kwh is None else kwh * 0.3,
        priced=1.0,
        co2_kg=None if kwh is None else kwh * 0.2,
        coverage=0.996 if whole else 0.75,
        meters=meters,
        telling=telling,
        whole=whole,
        provisional=False,
    )


def day(at: int, kwh: float | None, verdict: int = 0) -> Day:
    return Day(
        day=FIRST + timedelta(days=at),
        kwh=kwh,
        cost=None if kwh is None else kwh * 0.3,
        co2_kg=None if kwh is None else kwh * 0.2,
        coverage=1.0,
        usual_kwh=100.0,
        verdict=verdict,
        provisional=False,
        holiday="Works holiday" if at == 3 else "",
    )


def report(**changed: object) -> Report:
    days = [day(at, 100.0) for at in range(31)]
    days[8], days[20], days[25] = day(8, 160.0, 1), day(20, 40.0, -1), day(25, None)
    kwh = sum(each.kwh or 0.0 for each in days)
    given = {
        "asked": Asked("sit_1", "month", FIRST, LAST, (), PARTS),
        "site": "=Works; North",
        "zone": "Europe/Berlin",
        "currency": "EUR",
        "subjects": [],
        "made_at": datetime(2026, 4, 1, 4, tzinfo=UTC),
        "told": total(kwh),
        "before": total(2800.0, *BEFORE),
        "year_before": total(4000.0, *A_YEAR_BEFORE),
        "days": days,
        "months": [total(kwh)],
        "peak": Peak(datetime(2026, 3, 29, 8, 15, tzinfo=UTC), 15, 41.27, estimated=False),
        "cost_parts": {"energy": kwh * 0.25, "fixed": kwh * 0.05},
        "tariffs": [TariffCost("Day and night", datetime(2026, 1, 1, tzinfo=UTC), kwh * 0.3)],
        "parts": [
            Part("nod_1", "Hall", "node", total(2000.0), total(1900.0), 2 / 3, 1.25),
            Part("nod_2", "Lab", "node", total(1000.0, telling=0, whole=False), total(900.0), 1 / 3, None),
        ],
        "silent": ["Boiler"],
        "incomplete": [Incomplete("Lift", 0.81)],
        "estimated": {"S": 0.02},
        "made_of": MadeOf(1, "tariffs", 1),
        "seen": Seen(["mtr_1"], datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), True),
    }
    return Report(**(given | changed))  # type: ignore[arg-type]
