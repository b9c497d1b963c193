"""How the topics of a publisher are made, where no family knows it.

`plant/{building}/+/{measure}` names a channel by what stands in the places in braces; `+` is any part, and a `#` at the end any
number of them. Without a template the topic is the name. `?time=PATH` behind it says where in the JSON the time is: a text
with an offset, or with `&precision=s|ms|us|ns` a number.
"""

import functools
import re
from typing import NamedTuple
from urllib.parse import parse_qs

from config.language import _

PRECISIONS = ("s", "ms", "us", "ns")
_PLACE = re.compile(r"\{(\w+)\}")


class Template(NamedTuple):
    """How topics are made, and where the time is."""

    topic: re.Pattern[str] | None
    time: str | None
    precision: str | None


@functools.lru_cache(maxsize=256)
def read(given: str) -> Template:
    """A template as it was written.

    Raises:
        ValueError: it cannot be read; the message says why.
    """
    topic, _mark, query = given.partition("?")
    options = {name: values[-1] for name, values in parse_qs(query).items()}
    if unknown := set(options) - {"time", "precision"}:
        raise ValueError(_("%(name)s is no option of a template: write time= or precision=", name=sorted(unknown)[0]))
    precision = options.get("precision")
    if precision is not None and precision not in PRECISIONS:
        raise ValueError(_("precision is s, ms, us or ns, not %(given)s", given=precision))
    return Template(_pattern(topic), options.get("time"), precision)


def _pattern(topic: str) -> re.Pattern[str] | None:
    if not topic:
        return None
    made, names = [], set()
    for part in topic.split("/"):
        place = _PLACE.fullmatch(part)
        if place:
            if place[1] in names:
                raise ValueError(_("%(name)s stands in the template twice", name=place[1]))
            names.add(place[1])
            made.append("([^/]+)")
        elif part == "+":
            made.append("[^/]+")
        elif part == "#":
            made.append(".*")
        elif "{" in part or "}" in part:
            raise ValueError(_("a name in braces takes a whole part of the topic, as in plant/{building}/power"))
        else:
            made.append(re.escape(part))
    if not names:
        raise ValueError(_("the template names nothing: put the parts that tell channels apart in braces"))
    return re.compile("/".join(made))
