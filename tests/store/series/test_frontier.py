"""What is certainly new need not be asked for; everything else is."""

from pathlib import Path

import pytest

from store.series import frontier as frontiers
from store.series import unapplied
from store.series.frontier import Frontier
from store.series.unapplied import Flush, Ring, Unapplied


def test_only_what_lies_beyond_a_known_series_is_certainly_new() -> None:
    reach = Frontier()
    rows = [(1, 100), (1, 101), (2, 101)]
    assert reach.unknown(rows) == {1, 2}
    assert reach.within(rows) == rows
    reach.learn({1}, {1: 100}, since_us=50)
    assert reach.unknown(rows) == {2}
    assert reach.within(rows) == [(1, 100), (2, 101)]
    reach.learn({2}, {}, since_us=101)
    assert reach.within(rows) == [(1, 100)]


def test_what_was_written_moves_the_frontier() -> None:
    reach = Frontier()
    reach.saw([(1, 200)])
    assert reach.within([(1, 300)]) == [(1, 300)]  # seen, but QuestDB was not asked what else there is
    reach.learn({1}, {1: 150}, since_us=100)
    assert reach.within([(1, 200), (1, 201)]) == [(1, 200)]
    reach.saw([(1, 201)])
    assert reach.within([(1, 201), (1, 202)]) == [(1, 201)]


def test_a_series_is_asked_for_again_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    reach = Frontier()
    reach.learn({1}, {}, since_us=10)
    assert reach.unknown([(1, 20)]) == set()
    monkeypatch.setattr(frontiers, "TRUSTED_S", -1.0)
    assert reach.unknown([(1, 20)]) == {1}


def test_a_neighbours_rows_move_the_frontier_and_missed_ones_end_its_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Unapplied(tmp_path)
    neighbour = Ring(tmp_path / "1.ring", create=True)
    mine.hear()
    mine.frontier.learn({7}, {7: 100}, since_us=100)
    neighbour.publish(Flush(1, 2, {(7, 150): 1.0}))
    mine.hear()
    assert mine.frontier.within([(7, 150), (7, 151)]) == [(7, 150)]
    assert mine.frontier.unknown([(7, 151)]) == set()
    for number in range(5):
        neighbour.publish(Flush(3 + number, 4 + number, {(7, at): 1.0 for at in range(unapplied.MARGIN)}))
    mine.hear()
    assert mine.frontier.unknown([(7, 151)]) == {7}
