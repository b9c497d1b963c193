"""What was told over stretches of several lengths: nothing is counted twice, nothing is lost, and no doubt is hidden."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.granularity import ACROSS, CONTRADICTS, COUNTED, TOLD, Stretches, divided

QUARTER, HALF, HOUR, DAY = 900, 1800, 3600, 86_400
Row = tuple[float, float, float]  # start and length (in quarters of an hour), and kWh


def _stretches(rows: Sequence[Row], whose: int = 0) -> Stretches:
    start, lasting, kwh = (np.array(column, float) for column in zip(*rows, strict=True)) if rows else np.zeros((3, 0))
    return Stretches(np.full(len(kwh), whose, np.intp), start * QUARTER, (start + lasting) * QUARTER, kwh)


def _divided(told: Sequence[Row], rows: Sequence[Row], declared_s: float) -> tuple[list[tuple[float, ...]], list[int]]:
    """The parts as quarters of an hour (row, start, end, kWh, share of its time whose course is known), and what became."""
    parts, became = divided(_stretches(told), _stretches(rows), declared_s)
    lasting = parts.ends_s - parts.starts_s
    columns = parts.of, parts.starts_s / QUARTER, parts.ends_s / QUARTER, parts.kwh, parts.covered_s / lasting
    return sorted(tuple(round(float(each), 9) for each in row) for row in zip(*columns, strict=True)), became.tolist()


@pytest.mark.parametrize(
    ("declared_s", "told", "rows", "parts", "became"),
    [
        pytest.param(QUARTER, [], [], [], [], id="nothing"),
        pytest.param(QUARTER, [], [(0, 2, 3)], [(0, 0, 2, 3, 0.5)], [COUNTED], id="half an hour over quarters, of one is known"),
        pytest.param(HOUR, [], [(1, 1, 3)], [(0, 1, 2, 3, 1)], [COUNTED], id="a quarter over hours"),
        pytest.param(HOUR, [(0, 4, 8)], [(1, 1, 3)], [], [TOLD], id="a quarter of an hour that is told"),
        pytest.param(QUARTER, [(1, 1, 1), (2, 1, 2)], [(0, 4, 5)], [(0, 0, 1, 1, 0.5), (0, 3, 4, 1, 0.5)], [COUNTED], id="rest"),
        pytest.param(QUARTER, [(0, 3, 5)], [(0, 4, 7)], [(0, 3, 4, 2, 1)], [COUNTED], id="the one quarter left is known"),
        pytest.param(QUARTER, [(0, 1, 2), (1, 1, 2)], [(0, 2, 4.01)], [], [TOLD], id="rounded sums agree"),
        pytest.param(QUARTER, [(0, 1, 2), (1, 1, 2)], [(0, 2, 5)], [], [CONTRADICTS], id="another sum"),
        pytest.param(QUARTER, [(0, 1, 2)], [(0, 2, 1)], [], [CONTRADICTS], id="less than is told within"),
        pytest.param(QUARTER, [(0, 1, 2)], [(0, 2, 1.995)], [(0, 1, 2, 0, 1)], [COUNTED], id="less by a rounding leaves nothing"),
        pytest.param(HOUR, [(0, 4, 2)], [(0, 1, 1), (1, 1, 2)], [], [CONTRADICTS] * 2, id="parts hold more than the whole"),
        pytest.param(HOUR, [(0, 4, 2)], [(0, 2, 1), (2, 2, 0.5)], [], [CONTRADICTS] * 2, id="parts fill the whole with less"),
        pytest.param(HOUR, [(0, 4, 2)], [(0, 2, 1), (2, 1, 0.5)], [], [TOLD] * 2, id="parts that leave some of the whole"),
        pytest.param(QUARTER, [(0, 1, 2)], [(0.5, 2, 4)], [], [ACROSS], id="across the edge of what is told"),
        pytest.param(QUARTER, [], [(0, 2, 4), (1, 2, 4), (2, 2, 4)], [(0, 0, 2, 4, 0.5), (2, 2, 4, 4, 0.5)],
                     [COUNTED, ACROSS, COUNTED], id="across another of its length"),
        pytest.param(QUARTER, [], [(0, 96, 96), (0, 4, 8), (0, 2, 1)],
                     [(0, 4, 96, 88, 1 / 92), (1, 2, 4, 7, 0.5), (2, 0, 2, 1, 0.5)], [COUNTED] * 3, id="the shortest first"),
        pytest.param(QUARTER, [(0, 1, 0)], [(0, 4, 0)], [(0, 1, 4, 0, 1 / 3)], [COUNTED], id="nothing flowed"),
        pytest.param(QUARTER, [(0, 1, -2)], [(0, 4, -5)], [(0, 1, 4, -3, 1 / 3)], [COUNTED], id="power against the edge"),
        pytest.param(QUARTER, [(0, 1, -2)], [(0, 4, 5)], [(0, 1, 4, 7, 1 / 3)], [COUNTED], id="power both ways"),
        pytest.param(QUARTER, [(0, 1, 6)], [(0, 4, 5)], [], [CONTRADICTS], id="power that would have to turn"),
        pytest.param(HOUR, [(0, 4, 2), (2, 4, 2)], [(6, 2, 1)], [(0, 6, 8, 1, 1)], [COUNTED], id="declared ones that overlap"),
    ],
)  # fmt: skip
def test_a_row_gives_to_untold_time_what_it_holds_beyond_what_is_told(
    declared_s: float, told: list[Row], rows: list[Row], parts: list[tuple[float, ...]], became: list[int]
) -> None:
    found, verdicts = _divided(told, rows, declared_s)
    assert found == [tuple(pytest.approx(each) for each in part) for part in parts]
    assert verdicts == became


def test_no_meter_tells_of_another() -> None:
    one, other = _stretches([(0, 1, 1)], 0), _stretches([(0, 4, 9)], 1)
    parts, became = divided(one, other, QUARTER)
    assert (parts.kwh.tolist(), parts.starts_s.tolist(), became.tolist()) == ([9], [0], [COUNTED])
    both = Stretches(*(np.concatenate(columns) for columns in zip(one, _stretches([(95, 1, 2)], 0), strict=True)))
    rows = Stretches(*(np.concatenate(columns) for columns in zip(_stretches([(0, 96, 10)], 0), other, strict=True)))
    parts, _ = divided(both, rows, QUARTER)
    assert sorted(parts.kwh.tolist()) == pytest.approx([7, 9])


def test_what_true_rows_of_any_lengths_tell_is_the_energy_of_their_time() -> None:
    """Rows of nested lengths, drawn from true quarters: no quarter that anything tells is lost, and each sum is true."""
    random = np.random.default_rng(7)
    for _ in range(40):
        true, declared = random.uniform(0.1, 3, 96), int(random.choice([1, 2, 4]))
        chosen = {length: [at for at in range(0, 96, length) if random.uniform() < 0.5] for length in (1, 2, 4, 12, 96)}
        every = {length: [(at, length, true[at : at + length].sum()) for at in starts] for length, starts in chosen.items()}
        others = [row for length, rows in every.items() if length != declared for row in rows]
        parts, became = divided(_stretches(every[declared]), _stretches(others), declared * QUARTER)
        assert set(became.tolist()) <= {COUNTED, TOLD}
        kwh, known = np.zeros(96), np.zeros(96)
        for start, length, value in every[declared]:
            kwh[start : start + length] += value / length
            known[start : start + length] += 1
        for start, end, value in zip(parts.starts_s / QUARTER, parts.ends_s / QUARTER, parts.kwh, strict=True):
            kwh[round(start) : round(end)] += value / (end - start)
            known[round(start) : round(end)] += 1
        told = np.zeros(96, bool)
        for rows in every.values():
            for start, length, _value in rows:
                told[start : start + length] = True
        assert known.tolist() == told.astype(float).tolist()
        for start, length, value in others:  # also a sum that has to be made up of declared ones
            if length >= declared:
                assert kwh[start : start + length].sum() == pytest.approx(value)
