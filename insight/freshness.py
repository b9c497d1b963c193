"""What several meters or devices tell together, by whether each of them is heard."""

from collections.abc import Iterable

SILENT = frozenset({"offline", "never"})


def together(states: Iterable[str]) -> str:
    """`live`, `partial` when some are silent, `late` when one is, `offline` when all are, `never` when none was heard."""
    told = set(states)
    if told <= SILENT:
        return "offline" if "offline" in told else "never"
    if told & SILENT:
        return "partial"
    return "late" if "late" in told else "live"
