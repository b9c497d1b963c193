"""The bench's table and file say what was measured and whether it reaches what was promised."""

import doctest
import json
import math
from pathlib import Path

import pytest

from bench import figures
from bench.figures import Figure, over_runs, percentile, table, write


def test_examples_hold() -> None:
    assert doctest.testmod(figures).failed == 0


@pytest.mark.parametrize(
    ("figure", "ok"),
    [
        (Figure("a", 10, "s", at_most=10), True),
        (Figure("a", 10.1, "s", at_most=10), False),
        (Figure("a", 1.2, "×", at_least=1.2), True),
        (Figure("a", 1.1, "×", at_least=1.2), False),
        (Figure("a", 0, "requests", at_most=0), True),
        (Figure("a yardstick", 5, "s"), True),
        (Figure("not measured", math.nan, "s", at_most=10), False),
        (Figure("not measured", math.nan, "s", at_least=10), False),
    ],
)
def test_a_figure_knows_whether_it_reaches_what_it_should(figure: Figure, ok: bool) -> None:
    assert figure.ok is ok


def test_the_file_is_a_list_of_what_was_promised(tmp_path: Path) -> None:
    write([Figure("a tick", 1.23456, "kB", at_most=2), Figure("lost", math.nan, "s", at_most=1)], tmp_path / "bench.json")
    assert json.loads((tmp_path / "bench.json").read_text()) == [
        {"name": "a tick", "measured": 1.235, "runs": [1.235], "reach": 2, "unit": "kB", "ok": True},
        {"name": "lost", "measured": None, "runs": [None], "reach": 1, "unit": "s", "ok": False},
    ]


def test_the_table_marks_what_is_missed() -> None:
    lines = table([Figure("fast", 1, "s", at_most=2), Figure("slow", 123_456, "ms", at_most=2), Figure("yardstick", 3, "s")])
    assert [("missed" in line) for line in lines.splitlines()] == [False, False, True, False]
    assert "123,456" in lines


def test_percentiles_are_by_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 0.99) == 99
    assert percentile(values, 0.5) == 50
    assert percentile([7.0], 0.99) == 7
    assert math.isnan(percentile([], 0.5))


def _runs(values: list[float], **reach: object) -> Figure:
    (figure,) = over_runs([[Figure("a", value, "s", **reach)] for value in values])
    return figure


def test_of_several_runs_the_median_counts_and_their_spread_is_told() -> None:
    figure = _runs([0.5, 0.9, 0.6], at_most=0.8)
    assert figure.measured == 0.6
    assert figure.ok
    assert figure.spread == (0.5, 0.9)
    assert "0.5 – 0.9" in table([figure])


def test_what_has_to_be_reached_in_every_run_is_missed_by_one_that_does_not() -> None:
    assert not _runs([0.5, 0.9, 0.6], at_most=0.8, every_run=True).ok
    assert _runs([0.5, 0.7, 0.6], at_most=0.8, every_run=True).ok
    assert not _runs([0.5, math.nan, 0.6], at_most=0.8, every_run=True).ok


@pytest.mark.parametrize("reach", [{"at_most": 1.0}, {"at_least": 1.0}])
def test_a_run_that_could_not_measure_counts_as_a_miss(reach: dict[str, float]) -> None:
    assert _runs([1.0, math.nan, 1.0], **reach).ok
    assert math.isnan(_runs([1.0, math.nan, math.nan], **reach).measured)
    assert not _runs([1.0, math.nan, math.nan], **reach).ok


def test_a_figure_that_only_some_runs_have_is_not_lost() -> None:
    found = over_runs([[Figure("a", 1, "s")], [Figure("a", 2, "s"), Figure("b", 3, "s", at_most=9)], [Figure("a", 3, "s")]])
    assert [(figure.name, figure.ok) for figure in found] == [("a", True), ("b", False)]
