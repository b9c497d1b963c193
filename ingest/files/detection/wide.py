"""What a wide table means: a row a meter, a column a time."""

from collections.abc import Sequence

import msgspec

from config.language import _
from ingest.files import heads, proposal, rows
from ingest.files.detection.times import stamp_of
from ingest.files.numbers import decimal_sign
from ingest.files.profile import Column, Profile
from ingest.files.proposal import Entry, Proposal


def propose(
    made: Profile, names: list[str], timed: list[int], below: Sequence[rows.Row], entries: list[Entry], zone: str
) -> Proposal:
    """The proposal; `timed` are the places of the heads that are times. Raises `UnreadableFile`."""
    first, said = timed[0], [names[at] for at in timed]
    stamp, step_s, more = stamp_of(said, said, zone)
    before = names[:first]
    meter = heads.place(before, heads.METER)
    unit = heads.place(before, heads.UNIT)
    known = [cells[unit] for _n, cells in below[:50] if unit is not None and unit < len(cells)]
    quantity, label = (heads.in_unit(known[0]) if known else None) or ("energy_kwh", "kWh")
    sign, sure = decimal_sign((cell for _n, cells in below[:50] for cell in cells[first : first + 500]), made.delimiter)
    profile = msgspec.structs.replace(
        made,
        shape="wide",
        decimal=sign,
        names=tuple(before),
        meter=(meter if meter is not None else 0,),
        unit=unit,
        stamp=stamp,
        columns=(Column(first, quantity, label, step_s),),
    )
    return Proposal(
        profile,
        [
            *entries,
            Entry("shape", "wide", 1.0, _("the headings after the first columns are times")),
            proposal.decimal(sign, sure),
            *more,
            proposal.meter(before[meter or 0] if before else "", 1.0 if meter is not None else 0.6, tuple(before)),
            Entry("meter_pattern", "", 1.0, _("empty: all of it is the name")),
            proposal.unit(label, 1.0 if known else 0.7, ("kWh", "Wh", "MWh", "kW")),
            proposal.interval(step_s, 1.0, _("the step between the times")),
        ],
        tuple(names[: first + 2]),
        proposal.shown([cells[: first + 2] for _n, cells in below]),
    )
