"""The topics of a broker, as lines that people read and write: `tele/# = tasmota`, `plant/# = plain, plant/{building}/{what}`."""

from collections.abc import Iterable, Mapping
from typing import Any

from config.language import N_, _
from store.errors import Refused
from store.records.plant.brokers import FAMILIES, Subscription

EXAMPLE = N_("tele/# = tasmota")


def written(topics: Iterable[Mapping[str, Any]]) -> str:
    """The topics of a broker, as its record has them, one a line."""
    return "\n".join(
        f"{each['topic']} = {each['family']}" + (f", {each['template']}" if each.get("template") else "") for each in topics
    )


def read(text: str) -> list[Subscription]:
    """The topics that the lines say.

    Raises:
        Refused: a line is not of the form.
    """
    found = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        topic, equals, rest = (part.strip() for part in line.partition(" = "))
        family, _comma, template = (part.strip() for part in rest.partition(","))
        if not (equals and family):
            raise Refused(
                _(
                    "the line %(line)s does not say what publishes there: write it like %(example)s, with one of %(families)s",
                    line=f"{line!r}",
                    example=_(EXAMPLE),
                    families=", ".join(FAMILIES),
                )
            )
        found.append(Subscription(topic, family, template))
    return found
