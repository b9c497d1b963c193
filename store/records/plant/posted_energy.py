"""Where a meter's energy comes from while nobody has said it: what the device that it is in posts of it."""

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from store.records.access.policy import Action, require
from store.records.plant import declarations
from store.records.plant.devices import require_devices
from store.records.schema import Device, DeviceField, EnergySource, Meter
from store.records.transaction.engine import session
from store.scope import Scope

METHOD_OF = {"energy_total_kwh": "counter", "energy_kwh": "interval", "power_kw": "power"}  # the surest first


def declare(scope: Scope, device_id: str) -> list[EnergySource]:
    """Declare from the beginning on the energy of the device's main and check meters that declare none; what was declared.

    By what its fields write of the meter: a register, else the energy of an interval, else power; without such a field by the
    device's energy mode. A reading is expected as often as the device reports.

    Raises:
        NotFound: the device does not exist for the scope.
        Refused: not an administrator of its site.
    """
    device = require_devices(scope, [device_id])[device_id]
    require(scope, Action.ADMINISTER, site_id=device.site_id)
    with session() as records:
        written = _written(records, device)
        undeclared = (
            select(Meter)
            .where(or_(Meter.device_id == device_id, Meter.id.in_(written)), Meter.role.in_(("main", "check")))
            .where(Meter.retired_at.is_(None), ~select(EnergySource.id).where(EnergySource.meter_id == Meter.id).exists())
        )
        return [
            declarations.declare_energy(
                scope,
                meter.id,
                method=_method(device, written.get(meter.id, ())),
                interval_s=device.reporting_interval_s,
                valid_from=declarations.BEGINNING,
            )
            for meter in records.scalars(undeclared.order_by(Meter.name, Meter.id)).all()
        ]


def _written(records: Session, device: Device) -> dict[str, list[str]]:
    """The quantities that the device's fields write of each meter."""
    written: dict[str, list[str]] = {}
    query = select(DeviceField.meter_id, DeviceField.quantity).where(DeviceField.device_id == device.id)
    for meter_id, quantity in records.execute(query):
        written.setdefault(meter_id, []).append(quantity)
    return written


def _method(device: Device, quantities: Iterable[str]) -> str:
    return next((method for quantity, method in METHOD_OF.items() if quantity in quantities), device.energy_mode)
