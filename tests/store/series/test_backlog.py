"""What came late is made again day by day, and no day waits for ever."""

from datetime import UTC, datetime, timedelta

from store.series.backlog import Backlog
from store.series.rollup import LEAST_DAYS

TODAY = datetime(2026, 11, 27, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def test_on_a_machine_that_makes_the_least_of_each_run_no_day_waits_for_those_that_come_late_all_the_time() -> None:
    backlog, made = Backlog(), []
    for days_ago in range(30):
        backlog.add("mtr_late", TODAY - timedelta(days=days_ago), TODAY - timedelta(days=days_ago) + QUARTER)
    for _run in range(30):
        for recent in (TODAY, TODAY - timedelta(days=1)):
            backlog.add("mtr_live", recent, recent + QUARTER)
        for nth, (start, _end, meters) in enumerate(backlog):
            if nth >= LEAST_DAYS:
                break
            made += [start] * ("mtr_late" in meters)
            backlog.done(start)
    assert sorted(made) == [TODAY - timedelta(days=days_ago) for days_ago in range(29, -1, -1)]


def test_the_newest_day_is_made_first_then_the_one_that_has_waited_longest_then_the_newer_ones() -> None:
    backlog = Backlog()
    for days_ago in (3, 9, 1, 5):
        backlog.add("mtr", TODAY - timedelta(days=days_ago), TODAY - timedelta(days=days_ago) + QUARTER)
    assert [(TODAY - start).days for start, _end, _meters in backlog] == [1, 3, 5, 9]
    backlog.done(TODAY - timedelta(days=3))
    backlog.add("mtr", TODAY - timedelta(days=3), TODAY - timedelta(days=3) + QUARTER)
    assert [(TODAY - start).days for start, _end, _meters in backlog] == [1, 9, 3, 5]
    backlog = Backlog()
    assert list(backlog) == []
