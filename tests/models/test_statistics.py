"""Named figures of a load: their examples, and what holds for any of them."""

import doctest

import numpy as np
import pytest

from models import statistics

NAN = float("nan")


def test_the_examples_of_each_figure_hold() -> None:
    ran = doctest.testmod(statistics)
    assert ran.attempted >= 10
    assert ran.failed == 0


@pytest.mark.parametrize("nothing", [[], [NAN, NAN]])
def test_of_nothing_every_figure_is_nothing(nothing: list[float]) -> None:
    for figure in (statistics.mean, statistics.median, statistics.base_load_kw, statistics.near_peak_kw, statistics.load_factor):
        assert np.isnan(figure(nothing))
    assert np.isnan(statistics.highest(nothing).value)
    assert statistics.lowest(nothing).at == -1
    assert not len(statistics.load_duration(nothing).power_kw)
    assert np.isnan(statistics.efficiency(0, 0))
    assert np.isnan(statistics.full_cycles(1, 1, 0))
    assert np.isnan(statistics.round_trip_efficiency(0, 1))


def test_a_duration_curve_falls_from_the_peak_to_the_lowest_step_and_gaps_are_no_part_of_it() -> None:
    power = np.random.default_rng(3).gamma(2, 40, 8760)
    power[100:200] = np.nan
    curve = statistics.load_duration(power)
    assert len(curve.power_kw) == 200
    assert (curve.power_kw[0], curve.power_kw[-1]) == (np.nanmax(power), np.nanmin(power))
    assert (np.diff(curve.power_kw) <= 0).all()
    known = power[np.isfinite(power)]
    for share, least in zip(curve.share, curve.power_kw, strict=True):
        assert (known >= least).mean() == pytest.approx(share, abs=0.002)
