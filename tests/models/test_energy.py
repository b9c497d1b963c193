import numpy as np
import pytest

from models import energy


def counted(*register: float, rollover_kwh: float | None = None, patience_s: float = 150) -> list[float]:
    """Of readings a minute apart."""
    found: list[float] = energy.counted(60 * np.arange(len(register)), register, rollover_kwh, patience_s).tolist()
    return found


def happened(*register: float, rollover_kwh: float | None = None) -> list[str]:
    return energy.falls(60 * np.arange(len(register)), register, rollover_kwh, 150)


def test_a_rising_counter_has_counted_its_differences() -> None:
    assert counted(100, 101, 103.5) == [0, 1, 3.5]


def test_a_reset_counter_starts_from_zero_and_nothing_is_guessed() -> None:
    assert counted(100, 101, 2, 3) == [0, 1, 3, 4]
    assert counted(5, 6, 1, 7, 0, 2) == [0, 1, 2, 8, 8, 10], "one that has only just begun"


def test_a_counter_that_passes_its_rollover_loses_nothing() -> None:
    assert counted(999_990, 999_998, 5, rollover_kwh=1_000_000) == [0, 8, 15]


def test_a_counter_far_below_its_rollover_was_reset() -> None:
    assert counted(500, 2, rollover_kwh=1_000_000) == [0, 2]


def test_a_register_that_falls_a_little_was_corrected_and_not_reset() -> None:
    assert counted(43_109.1, 43_109.1 - 1e-11) == pytest.approx([0, 0], abs=1e-9)
    assert counted(100, 95, 101) == [0, -5, 1]
    assert counted(950, 949, 951, rollover_kwh=1_000) == [0, -1, 1]


def test_a_register_that_comes_back_to_where_it_stood_was_not_reset() -> None:
    assert counted(549.73, 0, 549.73) == [0, 0, 0]
    assert counted(549, 0, 0, 550, 551) == [0, 0, 0, 1, 2]
    assert happened(549, 0, 0, 550, 551) == ["glitch", "glitch", "", ""]
    assert counted(549, 0, 0, 0, 0, 550) == [0, 0, 0, 0, 0, 550], "that is too late to be known for a glitch"
    assert counted(549, 0) == [0, 0], "until it comes back nothing is counted"
    assert counted(5, 1, 10) == [0, 1, 10], "it went on to somewhere else"


def test_what_was_counted_between_two_readings_is_spread_evenly() -> None:
    assert energy.between([0, 900, 1800, 2700, 3600], [0, 3600], [0, 8]).tolist() == [2, 2, 2, 2]


def test_before_the_first_and_after_the_last_reading_nothing_is_known() -> None:
    assert energy.between([0, 10, 20, 30], [10, 20], [0, 5]).tolist() == [0, 5, 0]
    assert energy.between([0, 10], [5], [3]).tolist() == [0]


def test_a_stretch_across_an_edge_is_divided_by_time() -> None:
    assert energy.spread([0, 1800, 3600], [900], [1800], [10]).tolist() == [5, 5]


def test_stretches_outside_the_edges_are_left_out() -> None:
    assert energy.spread([100, 200], [0, 150, 190, 300], [50, 10, 20, 10], [1, 2, 4, 8]).tolist() == [4]


@pytest.mark.parametrize("seed", range(5))
def test_dividing_neither_creates_nor_loses_energy(seed: int) -> None:
    random = np.random.default_rng(seed)
    lasting = random.integers(1, 5000, 50)
    starts = np.cumsum(lasting) - lasting
    amounts = random.uniform(0, 10, 50)
    edges = np.unique(np.concatenate([[0, lasting.sum()], random.integers(1, lasting.sum(), 20)]))
    assert energy.spread(edges, starts, lasting, amounts).sum() == pytest.approx(amounts.sum())


def test_every_fall_of_a_register_has_its_name() -> None:
    assert happened(5, 6, 1, 0.95, 2) == ["", "reset", "correction", ""]
    assert happened(990, 3, rollover_kwh=1000) == ["rollover"]
    assert energy.falls([], []) == []
