"""What several meters or devices tell together, by whether each of them is heard."""

from collections.abc import Iterable


def together(states: Iterable[str]) -> str:
    """`live`, `partial` when some are silent, `late` when one is, `offline` when all are, `never` when none was heard."""
    given = list(states)
    silent = [each for each in given if each in ("offline", "never")]
    if not given or len(silent) == len(given):
        return "offline" if "offline" in given else "never"
    if silent:
        return "partial"
    return "late" if "late" in given else "live"
