"""What the channels of a site may be mapped to: proposals, each of which a person takes, changes or leaves."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from models import channel_meaning
from store.records.plant import channels, meters
from store.records.schema import Channel
from store.scope import Scope


class Proposal(NamedTuple):
    """A meter, a quantity and a unit, as far as something says them; `whole` when no person has to add anything."""

    channel: Channel
    meter_id: str | None
    quantity: str | None
    unit: str | None
    whole: bool


def proposed(scope: Scope, site_id: str, of: Sequence[Channel]) -> dict[str, Proposal]:
    """What each of these channels of the site may be, by its id.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    named = {
        each.id: each.name for each in meters.meters_of(scope, site_id) if each.role != "virtual" and each.retired_at is None
    }
    mapped: dict[str, dict[str, str]] = {}
    taken: set[tuple[str | None, str | None]] = set()
    for each in channels.of_site(scope, site_id, state="mapped"):
        taken.add((each.meter_id, each.quantity))
        if each.meter_id in named:
            mapped.setdefault(each.source_id, {})[each.full_name] = each.meter_id
    found = {}
    for each in of:
        said = channel_meaning.meaning(each.full_name, each.told_unit, each.told_kind)
        meter = channel_meaning.meter_of(each.full_name, each.told_name, named, mapped.get(each.source_id, {})) if said else None
        free = said is not None and meter is not None and (meter, said.quantity) not in taken
        found[each.id] = Proposal(
            each, meter, said.quantity if said else None, said.unit if said else None, free and said is not None and said.sure
        )
    return found


def whole(scope: Scope, site_id: str, most: int) -> list[Proposal]:
    """What waits and may be mapped as it is proposed, the first `most` by name; nothing where two would be the same series.

    Raises as `proposed`.
    """
    waiting = channels.of_site(scope, site_id, state="waiting")
    found = [each for each in proposed(scope, site_id, waiting).values() if each.whole]
    wanted = Counter((each.meter_id, each.quantity) for each in found)
    return [each for each in found if wanted[each.meter_id, each.quantity] == 1][:most]
