"""Whether what a request gives is of the type that a function declares: callbacks are called with whatever JSON was posted."""

import functools
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union

from werkzeug.exceptions import BadRequest

_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of dates that anybody means; calendars end not far beyond


def check(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise `BadRequest` for an argument of another type than the function declares, or a date that nobody means.

    None is always taken: it is what Dash gives for whatever is not there.
    """
    hints = _hints(function)
    for name, value in given.items():
        if value is not None and not (_fits(value, hints.get(name, Any)) and _is_meant(value)):
            raise BadRequest(f"{name} is not of the kind that is asked for")


@functools.cache
def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(function)


def _fits(value: object, hint: Any) -> bool:
    """Whether JSON's value is of the type; types that JSON does not know are left to the function.

    >>> _fits({}, str), _fits(1, float), _fits(True, int), _fits([1, "a"], list[int | str])
    (False, True, False, True)
    """
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is type(None):
        return value is None
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if hint is str:
        return isinstance(value, str)
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if origin in (list, Sequence) or hint is list:
        return isinstance(value, list | tuple) and all(each is None or _fits(each, inner[0]) for each in value if inner)
    if origin in (dict, Mapping) or hint is dict:
        return isinstance(value, dict)
    return True


def _is_meant(value: object) -> bool:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    return found is None or FIRST_YEAR <= int(found[1]) <= LAST_YEAR
