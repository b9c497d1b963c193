"""What was counted, and whether what was promised holds."""

from collections import Counter
from typing import NamedTuple


class Verdict(NamedTuple):
    """A line of the table: what was counted, how many, and whether none may be, or some must."""

    what: str
    number: int
    is_bad: bool = False
    is_due: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether what was promised holds."""
        return not (self.number if self.is_bad else self.is_due and not self.number)


def table(killed: Counter[str], verdicts: list[Verdict]) -> str:
    """The counts, for a terminal."""
    lines = [(f"kills of {what}", count, "") for what, count in killed.items()]
    lines += [
        (each.what, each.number, ("ok" if each.is_kept else "BAD") if each.is_bad or each.is_due else "") for each in verdicts
    ]
    width = max(len(what) for what, _, _ in lines)
    return "\n".join(f"{what:{width}}  {count:>9,}  {word}".rstrip() for what, count, word in lines)
