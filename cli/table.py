"""Rows on a terminal, each column as wide as its widest cell."""

from collections.abc import Iterable, Sequence

import click


def show(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write the heads and the rows."""
    lines = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
