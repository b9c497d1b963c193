"""The order in which people expect names: Home 2 before Home 10, capitals or not."""

import re

LONGEST = 20  # digits of a number in a name
_NUMBER = re.compile(r"[0-9]+")


def natural(text: str) -> str:
    """A text that sorts as people expect the given one to.

    >>> sorted(["Home 10", "home 2", "Home 1"], key=natural)
    ['Home 1', 'home 2', 'Home 10']
    """
    return _NUMBER.sub(lambda digits: digits[0].zfill(LONGEST), text.lower())
