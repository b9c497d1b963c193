"""What the fields of a device's posts mean, as lines that people read and write: `energy_consumed = Main meter, energy_kwh`."""

from collections.abc import Mapping, Sequence

from config.quantities import QUANTITIES
from store.errors import Refused
from store.records.schema import Meter

Fields = Mapping[str, tuple[str, str]]  # field → (meter id, quantity)
EXAMPLE = "energy_consumed = Main meter, energy_kwh"


def written(fields: Fields, meters: Sequence[Meter]) -> str:
    """The fields as lines; a meter by its name, or by its id where another has the same name."""
    names = [meter.name for meter in meters]
    said = {meter.id: meter.name if names.count(meter.name) == 1 and "," not in meter.name else meter.id for meter in meters}
    return "\n".join(f"{field} = {said.get(meter, meter)}, {quantity}" for field, (meter, quantity) in sorted(fields.items()))


def read(text: str, meters: Sequence[Meter]) -> Fields:
    """The fields that the lines say.

    Raises:
        Refused: a line is not of the form, or names a meter or a quantity that there is not, or a field stands there twice.
    """
    found: dict[str, tuple[str, str]] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        field, equals, rest = (part.strip() for part in line.partition("="))
        name, comma, quantity = (part.strip() for part in rest.rpartition(","))
        if not (field and equals and name and comma and quantity):
            raise Refused(f"the line {line!r} does not say which meter and quantity: write it like {EXAMPLE}")
        if field in found:
            raise Refused(f"field {field} stands there twice: leave one out")
        if quantity not in QUANTITIES:
            raise Refused(f"field {field}: no quantity {quantity!r}; choose one of {', '.join(QUANTITIES)}")
        fitting = [meter.id for meter in meters if name in (meter.id, meter.name)]
        if len(fitting) != 1:
            problem = "several meters are" if fitting else "no meter on this site is"
            raise Refused(f"field {field}: {problem} named {name}: give the id of one")
        found[field] = (fitting[0], quantity)
    return found
