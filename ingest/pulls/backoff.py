"""When a source is asked again: at its own pace while it answers, and less and less often while it does not."""

from datetime import timedelta

FIRST_S = 60.0
LONGEST_S = 6 * 3600.0
JITTER = 0.1  # of a wait, either way: not all Loadstars ask at the same second


def wait(failures: int, every_s: float, asked_for_s: float, chance: float) -> timedelta:
    """How long until the next question.

    Args:
        failures: in a row, this one included; 0 after an answer.
        every_s: the pace of the source.
        asked_for_s: what the other side asks for at least.
        chance: of [0, 1).
    """
    pause_s = every_s if not failures else min(FIRST_S * 2 ** min(failures - 1, 20), max(LONGEST_S, every_s))
    return timedelta(seconds=max(pause_s * (1 + JITTER * (2 * chance - 1)), asked_for_s))
