"""What is offered for a gap: a line for short ones, like days for longer ones, and always the sum that a register tells."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models import gaps

QUARTER = 900
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)


def _local(start: datetime, count: int, step_s: int = QUARTER) -> np.ndarray:
    return int(start.timestamp()) + step_s * np.arange(count, dtype=np.int64)


def _history(days: int) -> tuple[np.ndarray, np.ndarray]:
    """Days before Monday: 1 kWh a quarter on working days, 2 on Saturdays, 3 on Sundays, 10 more at noon."""
    times = _local(MONDAY - timedelta(days=days), days * 96)
    dates = [datetime.fromtimestamp(at, UTC) for at in times.tolist()]
    kwh = [{5: 2.0, 6: 3.0}.get(at.weekday(), 1.0) + 10.0 * (at.hour == 12) for at in dates]
    return times, np.array(kwh)


def test_a_short_gap_is_a_line_between_its_neighbours() -> None:
    found = gaps.estimate(_local(MONDAY, 3), QUARTER, np.zeros(0, np.int64), np.zeros(0), None, (1.0, 5.0))
    assert found is not None
    assert (found.how, found.kwh.tolist()) == (gaps.LINE, [2.0, 3.0, 4.0])
    found = gaps.estimate(_local(MONDAY, 3), QUARTER, np.zeros(0, np.int64), np.zeros(0), 18.0, (1.0, 5.0))
    assert found is not None
    assert found.kwh.tolist() == pytest.approx([4.0, 6.0, 8.0])


@pytest.mark.parametrize(("day", "level"), [(0, 1.0), (5, 2.0), (6, 3.0)])
def test_a_long_gap_is_the_mean_of_days_of_its_kind_at_its_times(day: int, level: float) -> None:
    times, kwh = _history(28)
    found = gaps.estimate(_local(MONDAY + timedelta(days=day, hours=11), 12), QUARTER, times, kwh, None, (9.0, 9.0))
    assert found is not None
    assert found.how == gaps.LIKE_DAYS
    assert found.kwh.tolist() == pytest.approx([level] * 4 + [level + 10] * 4 + [level] * 4)
    assert found.days == {0: 20, 5: 4, 6: 4}[day]


def test_a_register_gives_the_sum_and_history_the_course() -> None:
    times, kwh = _history(28)
    found = gaps.estimate(_local(MONDAY + timedelta(hours=11), 12), QUARTER, times, kwh, 104.0, (np.nan, np.nan))
    assert found is not None
    assert found.kwh.tolist() == pytest.approx([2.0] * 4 + [22.0] * 4 + [2.0] * 4)
    still = gaps.estimate(_local(MONDAY + timedelta(hours=11), 12), QUARTER, times, np.zeros(len(times)), 6.0, (0.0, 0.0))
    assert still is not None
    assert still.kwh.tolist() == pytest.approx([0.5] * 12)


def test_where_nothing_tells_nothing_is_offered() -> None:
    none = np.zeros(0, np.int64), np.zeros(0)
    assert gaps.estimate(_local(MONDAY, 12), QUARTER, *none, None, (1.0, 1.0)) is None
    evenly = gaps.estimate(_local(MONDAY, 12), QUARTER, *none, 24.0, (1.0, 1.0))
    assert evenly is not None
    assert (evenly.how, evenly.kwh.tolist()) == (gaps.EVENLY, [2.0] * 12)
    torn = _history(1)[0], np.full(96, np.nan)
    assert gaps.estimate(_local(MONDAY, 12), QUARTER, *torn, None, (1.0, 1.0)) is None


def test_a_gap_lies_between_slots_of_which_something_came() -> None:
    due = np.full(8, 900.0)
    assert gaps.missing(np.array([0, 900, 0, 0, 450, 900, 0, 0.0]), due, due) == [(2, 4)]
    assert gaps.missing(np.zeros(8), due, due) == []
    assert gaps.missing(np.array([900, 0, 900.0]), np.array([900, 300, 900.0]), np.full(3, 900.0)) == []
