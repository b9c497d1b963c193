"""How large the matrix of access is: its tests count their cells here, and the end of a run tells the sum."""

from collections import Counter

cells: Counter[str] = Counter()


def count(what: str) -> None:
    """One more cell: somebody, something, and whether they may."""
    cells[what] += 1
