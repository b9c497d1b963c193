"""What channels mean, as lines that people read and write: `plant/hall/power = Hall meter, power_kw, W`."""

from collections.abc import Iterable

from config.language import N_, _
from config.quantities import QUANTITIES
from store.errors import Refused
from store.records.plant import channels, meters
from store.records.plant.channels import Meaning
from store.records.plant.field_maps import the_one
from store.records.schema import Channel
from store.scope import Scope

EXAMPLE = N_("plant/hall/power = Hall meter, power_kw, W")


def written(scope: Scope, site_id: str, meanings: Iterable[Meaning]) -> str:
    """The meanings as lines; a channel or a meter by its name, or by its id where another has the same name.

    Raises:
        NotFound: the site, or a meter, does not exist for the scope.
        Refused: not an administrator of the site.
    """
    told = list(meanings)
    names = meters.names_of(scope, site_id, {each.meter_id for each in told})
    called = {
        those[0].id: name for name, those in _by_name(scope, site_id).items() if len(those) == 1 and name == those[0].full_name
    }
    return "\n".join(
        f"{called.get(each.channel_id, each.channel_id)} = "
        + ", ".join(filter(None, (_said(names[each.meter_id], each.meter_id), each.quantity, each.unit)))
        for each in told
    )


def read(scope: Scope, site_id: str, text: str) -> list[Meaning]:
    """The meanings that the lines say.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: a line is not of the form, names what there is not, or a channel stands there twice.
    """
    said: dict[str, tuple[str, str, str | None]] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        name, equals, rest = (part.strip() for part in line.rpartition(" = "))
        meter, quantity, unit = _parts(rest)
        if not (name and equals and meter):
            raise Refused(
                _(
                    "the line %(line)s does not say which meter and quantity: write it like %(example)s",
                    line=f"{line!r}",
                    example=_(EXAMPLE),
                )
            )
        if name in said:
            raise Refused(_("the channel %(channel)s is there twice: leave one out", channel=name))
        said[name] = meter, quantity, unit
    by_name = _by_name(scope, site_id)
    found = meters.meters_named(scope, site_id, {meter for meter, *_ in said.values()})
    meanings = []
    for name, (meter, quantity, unit) in said.items():
        try:
            meanings.append(Meaning(_channel(by_name, name).id, the_one(found[meter], meter), quantity, unit))
        except Refused as problem:
            raise Refused(_("channel %(channel)s: %(problem)s", channel=name, problem=problem)) from None
    return meanings


def _parts(rest: str) -> tuple[str, str, str | None]:
    """The meter, the quantity and the unit; empty ones where that cannot be told."""
    *before, last = (each.strip() for each in rest.rsplit(",", 2))
    if last in QUANTITIES and before:
        return ", ".join(before), last, None
    if len(before) == 2 and before[1] in QUANTITIES:
        return before[0], before[1], last or None
    return "", "", None


def _by_name(scope: Scope, site_id: str) -> dict[str, list[Channel]]:
    found: dict[str, list[Channel]] = {}
    for each in channels.of_site(scope, site_id):
        found.setdefault(each.full_name, []).append(each)
        found.setdefault(each.id, []).append(each)
    return found


def _channel(by_name: dict[str, list[Channel]], name: str) -> Channel:
    fitting = by_name.get(name, [])
    if not fitting:
        raise Refused(_("nothing of this name was heard on this site: take it as the table has it"))
    if len(fitting) > 1:
        raise Refused(_("several sources call a value so: give the id of one, as the table has it"))
    return fitting[0]


def _said(name: str, meter_id: str) -> str:
    return meter_id if "," in name else name
