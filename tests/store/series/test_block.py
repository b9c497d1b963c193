"""Rows in columns are the rows that they are made of, and their text is that of the rows one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from store.series.block import Block
from store.series.write import NOW, Row, lines, series

OF = [
    series("mtr_a", "power_kw", 0, "dev_a"),
    series("mtr_b", "voltage_v", 0, "dev_a"),
    series("mtr_a", "energy_kwh", 900, "dev_a"),
    series("mtr_a", "energy_kwh", 60, "dev_a"),
]
ROWS = st.lists(
    st.tuples(st.sampled_from(OF), st.integers(0, 4 * 10**15), st.floats(allow_nan=False, allow_infinity=False)), max_size=20
)


@given(ROWS)
def test_rows_in_columns_are_the_same_rows(rows: list[Row]) -> None:
    block = Block.made_of(rows)
    assert block.rows() == rows
    assert Block.joined([block[:7], block[7:]]).rows() == rows
    assert sorted(place for places in block.tables().values() for place in places.tolist()) == list(range(len(rows)))


@given(ROWS)
def test_their_text_says_what_the_lines_of_the_rows_say(rows: list[Row]) -> None:
    block = Block.made_of(rows)
    for table, places in block.tables().items():
        of_table = [row for row in rows if row[0].table == table]
        said = bytes(block[places].text(17)).decode().splitlines()
        for one, other in zip(said, "".join(lines(of_table)).replace(NOW, "17").splitlines(), strict=True):
            assert _numbers(one) == _numbers(other)


def _numbers(line: str) -> list[object]:
    """A line in its parts, values as numbers: 1 and 1.0 are the same number of line protocol."""
    head, fields, at = line.split(" ")
    pairs = [field.split("=") for field in fields.split(",")]
    return [head, at, *((name, np.float64(value).tobytes() if value[-1] not in "ti" else value) for name, value in pairs)]
