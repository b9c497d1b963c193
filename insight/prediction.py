"""How a dataset goes on: the days after it through the end of the month after its last one, by what was known before them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from insight.comparison import members, together
from insight.energy_days import comparable, kinds
from insight.site_view import site_view
from models import comparison, day_outlook, local_time
from store.scope import Scope

HISTORY = timedelta(days=800)  # two years and what an outlook of one tries itself on

Progress = day_outlook.Progress


def days_ahead(last: date, today: date) -> tuple[date, date]:
    """The days that a dataset up to `last` goes on with: from the first that is not over through the month after its last one.

    >>> days_ahead(date(2026, 3, 31), date(2026, 3, 12)), days_ahead(date(2025, 3, 31), date(2026, 3, 12))
    ((datetime.date(2026, 3, 12), datetime.date(2026, 4, 30)), (datetime.date(2025, 4, 1), datetime.date(2025, 4, 30)))
    """
    return min(last + timedelta(days=1), today), comparison.month_end(comparison.month_end(last) + timedelta(days=1))


def prediction(
    scope: Scope, site_id: str, ids: Sequence[str], first: date, last: date, progress: Progress = lambda *_: None
) -> Mapping[str, Any]:
    """The energy of the local days from `first` to `last` as JSON, by the days before them alone.

    `{"first", "mean", "low", "high"}` in kWh, with `model`, `tries`, `wape`, `naive` and `off` as `day_outlook.Outlook` has them
    (None where there were none), and `days`, how many were known.

    Raises:
        NotFound: the site, or what is asked of it, does not exist for the scope.
        TooFewDays: less than a week of days is known.
        StoreAway: QuestDB cannot be reached.
    """
    scope.require_site(site_id)
    view, of = members(scope, site_view(scope, site_id), ids)
    start, end = local_time.days(first - HISTORY, first - timedelta(days=1), view.zone)
    edges = local_time.edges(start, end, "day", view.zone)
    told = together(scope, view, of, edges)
    totals = comparable(told.kwh["used"], told, np.zeros(len(edges) - 1, bool))
    dates = [each.astimezone(view.zone).date() for each in edges[:-1]]
    ahead = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    every = np.array(kinds(scope, view, [*dates, *ahead]))
    since = int(np.argmax(np.isfinite(totals)))  # where it begins to be known
    past, coming = every[since : len(dates)], every[len(dates) :]
    found = day_outlook.outlook(totals[since:], past, coming, progress)
    return {
        "first": first.isoformat(),
        **{name: np.round(getattr(found, name), 4).tolist() for name in ("mean", "low", "high")},
        "model": found.model.plain(),
        "tries": found.tries,
        **{name: value if np.isfinite(value := getattr(found, name)) else None for name in ("wape", "naive", "off")},
        "days": int(np.isfinite(totals).sum()),
    }
