"""Where a value stands in JSON: `data.items[0]."a name"`, from the outside inwards, without any program in it.

Names are separated by dots, a name with a dot or a bracket in it stands in quotes, and `[n]` is an item of a list, the last one
`[-1]`. Nothing at all is the whole.
"""

import re
from typing import Any

Place = tuple[str | int, ...]
_PART = re.compile(r'\[(-?\d{1,6})\]|(?:^|\.)(?:"([^"]+)"|([^."\[\]]+))')
DEEPEST = 20


def read(text: str) -> Place:
    """A place as it is written.

    >>> read('data.items[-1]."power.total"')
    ('data', 'items', -1, 'power.total')

    Raises:
        ValueError: it cannot be read.
    """
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None or len(parts) == DEEPEST:
            raise ValueError(f"{text!r} names no place: write it like data.items[0].value")
        index, quoted, name = found.groups()
        parts.append(int(index) if index else quoted or name.strip())
        at = found.end()
    return tuple(parts)


def find(whole: Any, place: Place) -> Any:
    """What stands there.

    Raises:
        KeyError: nothing does.
    """
    for part in place:
        of_list = isinstance(part, int) and isinstance(whole, list) and -len(whole) <= part < len(whole)
        if not of_list and not (isinstance(part, str) and isinstance(whole, dict) and part in whole):
            raise KeyError(part)
        whole = whole[part]
    return whole
