"""What the fields of a device's posts mean, as lines that people read and write: `energy_consumed = Main meter, energy_kwh`."""

from collections.abc import Collection, Mapping

from config.language import N_, _
from config.quantities import QUANTITIES
from store.errors import Refused
from store.records.plant import meters
from store.scope import Scope

Fields = Mapping[str, tuple[str, str]]  # field → (meter id, quantity)
EXAMPLE = N_("energy_consumed = Main meter, energy_kwh")


def written(scope: Scope, site_id: str, fields: Fields) -> str:
    """The fields as lines; a meter by its name, or by its id where another has the same name."""
    names = meters.names_of(scope, site_id, {meter for meter, _ in fields.values()})
    said = {meter: meter if {",", ";"} & set(name) else name for meter, name in names.items()}
    return "\n".join(f"{field} = {said[meter]}, {quantity}" for field, (meter, quantity) in sorted(fields.items()))


def read(scope: Scope, site_id: str, text: str) -> Fields:
    """The fields that the lines say.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: a line is not of the form, or names a meter or a quantity that there is not, or a field stands there twice.
    """
    said: dict[str, tuple[str, str]] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        field, equals, rest = (part.strip() for part in line.partition("="))
        name, comma, quantity = (part.strip() for part in rest.rpartition(","))
        if not (field and equals and name and comma and quantity):
            raise Refused(
                _(
                    "the line %(line)s does not say which meter and quantity: write it like %(example)s",
                    line=f"{line!r}",
                    example=_(EXAMPLE),
                )
            )
        if field in said:
            raise Refused(_("field %(field)s is there twice: leave one out", field=field))
        if quantity not in QUANTITIES:
            raise Refused(
                _(
                    "field %(field)s: no quantity %(quantity)s; choose one of %(quantities)s",
                    field=field,
                    quantity=f"{quantity!r}",
                    quantities=", ".join(QUANTITIES),
                )
            )
        said[field] = (name, quantity)
    found = meters.meters_named(scope, site_id, {name for name, _ in said.values()})
    return {field: (_of_field(field, found[name], name), quantity) for field, (name, quantity) in said.items()}


def the_one(fitting: Collection[str], name: str) -> str:
    """The id of the only meter of a name.

    Raises:
        Refused: there is none, or there are several.
    """
    if len(fitting) > 1:
        raise Refused(_("several meters are named %(name)s: give the id of one", name=name))
    if not fitting:
        raise Refused(_("no meter on this site is named %(name)s: give the id of one", name=name))
    return next(iter(fitting))


def _of_field(field: str, fitting: Collection[str], name: str) -> str:
    try:
        return the_one(fitting, name)
    except Refused as problem:
        raise Refused(_("field %(field)s: %(problem)s", field=field, problem=problem)) from None
