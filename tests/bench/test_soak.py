"""The soak tells growth from noise, keeps to its rate, and names the process that grows."""

import time

import pytest

from bench.soak import Sample, evenly, figures, growth


def test_growth_is_of_the_last_quarter_over_the_second_whatever_a_start_or_a_moment_costs() -> None:
    assert growth([500, 100, 100, 100, 900, 100, 100, 100]) == 0
    assert growth([50, 80, 100, 100, 100, 103, 105, 105]) == pytest.approx(5)
    assert growth([100, 100, 100, 100, 100, 100, 80, 80]) == -20


def test_a_small_process_may_grow_by_what_nobody_minds() -> None:
    assert growth([4, 4, 4, 4, 4, 4, 5, 5]) == 2.5


def test_requests_are_no_more_than_so_many_a_second() -> None:
    paced, began = evenly(lambda number: b"%d" % number, 200), time.perf_counter()
    assert [paced(n) for n in range(20)] == [b"%d" % n for n in range(20)]
    assert time.perf_counter() - began >= 0.1


def test_the_process_that_grows_or_leaks_files_is_named() -> None:
    samples = [{"devices": Sample(100, 20), "worker": Sample(100 + n, 20 + n)} for n in range(40)]
    missed = [each.name for each in figures(samples) if not each.ok]
    assert missed == [
        "worker: growth of memory",
        "worker: open files at the end, of those in the second quarter",
        "growth of memory of everything",
    ]
