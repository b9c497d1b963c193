"""What the fields of a device's posts mean where nobody said: what its meters allow in one way only."""

from collections.abc import Collection

from config.language import _

# What a device without a map may mean by the fields of its posts, beside its energies.
CONDITIONS = {
    "current_load": "load_pct",
    "voltage": "voltage_v",
    "current": "current_a",
    "current1": "current_l1_a",
    "current2": "current_l2_a",
    "current3": "current_l3_a",
    "frequency": "frequency_hz",
    "power_factor": "power_factor",
}
ENERGIES = {"interval": ("energy_kwh", "energy_export_kwh"), "counter": ("energy_total_kwh", "energy_export_total_kwh")}


def default_map(
    meters: Collection[tuple[str, str, bool, bool]], energy_mode: str
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """What the fields of a device without a map mean, where exactly one of its meters fits, and why the others mean nothing.

    Energy that is produced is of the meter of a source, or what flows back on a two-way edge; energy that is consumed of the
    other meter. Conditions are of the only meter, or of the only one that measures conditions.

    Args:
        meters: of the device: id, role, whether its edge is one-way, whether it measures a source of the site's own.
        energy_mode: `interval` or `counter`.
    """
    forward, back = ENERGIES[energy_mode]
    flows = [(meter_id, one_way, makes) for meter_id, role, one_way, makes in meters if role in ("main", "check")]
    makers = [meter_id for meter_id, _one_way, makes in flows if makes]
    takers = [meter_id for meter_id, _one_way, makes in flows if not makes]
    two_way = [meter_id for meter_id, one_way, makes in flows if not makes and not one_way]
    conditions = [meter_id for meter_id, role, _one_way, _makes in meters if role == "condition"]
    every = [meter_id for meter_id, *_ in meters]
    fitting = {
        "energy_produced": (makers, forward) if makers else (two_way, back),
        "energy_consumed": (takers, forward),
        **{field: (conditions or every, quantity) for field, quantity in CONDITIONS.items()},
    }
    fields = {field: (found[0], quantity) for field, (found, quantity) in fitting.items() if len(found) == 1}
    whys = {
        field: _("the device has no map, and %(num)s of its meters could take %(field)s", num=len(found), field=field)
        if found
        else _("the device has no map, and none of its meters could take %(field)s", field=field)
        for field, (found, _quantity) in fitting.items()
        if len(found) != 1
    }
    return fields, whys
