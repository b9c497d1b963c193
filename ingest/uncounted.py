"""What is remarked of energies that are stored and in no total: their meter's energy comes from something else."""

from config.language import _
from ingest.directory import Caller
from ingest.problem import Problem
from ingest.rows import Rows


def notes(caller: Caller, rows: Rows) -> list[Problem]:
    """One for each meter and quantity of these rows that is not counted as energy, in their order."""
    if not caller.uncounted:
        return []
    of = [row[0] for row in rows.rows] if rows.block is None else rows.block.series
    kinds = dict.fromkeys((each.meter, each.quantity) for each in of)
    return [_note(*kind, caller.uncounted[kind]) for kind in kinds if kind in caller.uncounted]


def _note(meter: str, quantity: str, counts: str) -> Problem:
    if not counts:
        words = _(
            "nothing declares where the energy of %(meter)s comes from, so %(quantity)s is stored but not counted yet: an "
            "administrator declares it on the meter's page",
            meter=meter,
            quantity=quantity,
        )
        return Problem("not_counted", words, "quantity", quantity)
    words = _(
        "the energy of %(meter)s comes from %(counts)s, so %(quantity)s is stored but not counted: post %(counts)s, or have an "
        "administrator declare on the meter's page what its energy comes from",
        meter=meter,
        quantity=quantity,
        counts=counts,
    )
    return Problem("not_counted", words, "quantity", quantity, counts)
