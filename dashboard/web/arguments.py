"""Whether what a request gives is of the kind that is asked for: callbacks are called with whatever JSON was posted.

`check` asks for the types that a function declares; `check_call` for the form in which Dash takes a call apart.
"""

import functools
import json
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, Union

import msgspec
from werkzeug.exceptions import BadRequest

_DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
_HALF = re.compile("[\ud800-\udfff]")
MANY = ('["ALL"]', '["ALLSMALLER"]')  # in the id of an input that is a list of several
FIRST_YEAR, LAST_YEAR = 1900, 2200  # of dates that anybody means; calendars end not far beyond
T = TypeVar("T")


def check(function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise `BadRequest` for an argument of another type than the function declares, or with a text that nobody means.

    None is always taken: it is what Dash gives for whatever is not there.
    """
    hints = _hints(function)
    for name, value in given.items():
        if value is not None and not (_fits(value, hints.get(name, Any)) and _is_meant(value)):
            raise BadRequest(f"{name} is not of the kind that is asked for")


def read(given: object, kind: type[T]) -> T:
    """What the page keeps for a later call, as it was made; raises `BadRequest` when it is not of that kind any more."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"it is not of the kind that is asked for: {error}") from None


def check_call(body: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
    """Raise `BadRequest` unless the body of a call gives what the callback declares, each as Dash's own page would send it."""
    for kind in ("inputs", "state"):
        given, wanted = body.get(kind, []), declared[kind]
        if not isinstance(given, list) or len(given) != len(wanted):
            raise BadRequest(f"the callback has {len(wanted)} {kind}")
        for each, like in zip(given, wanted, strict=True):
            several = any(word in str(like["id"]) for word in MANY)
            named = isinstance(each, list) and all(map(_is_property, each)) if several else _is_property(each)
            if not named:
                raise BadRequest(f"{kind} are not of the form that the callback takes")
    outputs, changed = body.get("outputs", []), body.get("changedPropIds", [])
    if not _are_properties(outputs) or not isinstance(changed, list) or not all(map(_is_named, changed)):
        raise BadRequest("outputs and changedPropIds name properties")


def _is_property(given: object) -> bool:
    return isinstance(given, dict) and _is_id(given.get("id")) and isinstance(given.get("property"), str)


def _is_id(given: object) -> bool:
    """Whether it is an id, of one part or of several, each of which is a text here."""
    return isinstance(given, str) or (isinstance(given, dict) and all(isinstance(part, str) for part in given.values()))


def _is_named(given: object) -> bool:
    """Whether it is a property's name, as `id.property`: an id of several parts is JSON in it."""
    if not isinstance(given, str):
        return False
    name = given.rpartition(".")[0]
    try:
        return not name.startswith("{") or _is_id(json.loads(name))
    except (ValueError, RecursionError):
        return False


def _are_properties(given: object) -> bool:
    """Whether these are properties, each by itself or in a list."""
    return all(map(_are_properties, given)) if isinstance(given, list) else _is_property(given)


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
    """Whether no text in it is a date beyond any calendar, or no text at all (half of a character)."""
    if isinstance(value, dict):
        return all(map(_is_meant, value)) and all(map(_is_meant, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_meant, value))
    if not isinstance(value, str):
        return True
    found = _DATE.fullmatch(value)
    return not _HALF.search(value) and (found is None or FIRST_YEAR <= int(found[1]) <= LAST_YEAR)
