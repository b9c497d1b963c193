"""Tariffs: dated prices and CO2 factors of a site, used where its region has no series of its own."""

from datetime import datetime

from sqlalchemy import select

from store.records.columns import now
from store.records.dated import fit_in, holds_at
from store.records.engine import reading, session
from store.records.found import required
from store.records.policy import Action, require
from store.records.schema import Site, Tariff
from store.scope import Scope


def create_tariff(
    scope: Scope,
    site_id: str,
    *,
    name: str,
    import_price_per_kwh: float,
    export_price_per_kwh: float,
    co2_g_per_kwh: float,
    valid_from: datetime,
    note: str = "",
) -> Tariff:
    """Set a site's prices (in its currency) and CO2 factor from a moment on; the tariff before it ends there.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, or another tariff starts at that moment.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        required(records, Site, site_id)
        made = Tariff(
            site_id=site_id,
            name=name,
            import_price_per_kwh=import_price_per_kwh,
            export_price_per_kwh=export_price_per_kwh,
            co2_g_per_kwh=co2_g_per_kwh,
            note=note,
            valid_from=valid_from,
        )
        fit_in(made, records.scalars(select(Tariff).where(Tariff.site_id == site_id)).all(), "a tariff")
        records.add(made)
    return made


def tariffs(scope: Scope, site_id: str) -> list[Tariff]:
    """All tariffs of a site, the earliest first; raises `NotFound` for a site outside the scope."""
    scope.require_site(site_id)
    with reading() as records:
        return list(records.scalars(select(Tariff).where(Tariff.site_id == site_id).order_by(Tariff.valid_from)))


def tariff_at(scope: Scope, site_id: str, at: datetime | None = None) -> Tariff | None:
    """The tariff that holds at a moment, now by default; none before the first one.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    at = at or now()
    return next((tariff for tariff in tariffs(scope, site_id) if holds_at(tariff, at)), None)
