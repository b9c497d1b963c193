"""Tariffs: dated prices of a site by its local hours, and its CO2 factor, before or after the series of its region."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import N_, _
from config.quantities import QUANTITIES
from models.tariff_components import Component, as_json, from_json
from models.tariffs import QUARTER_MIN, Hours, Version
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant.tariff_terms import check_components, check_hours
from store.records.schema import Site, Tariff
from store.records.schema.columns import now
from store.records.schema.dated import fit_in
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

_IMPORT_PRICE = N_("an import price of %(price)s per kWh cannot be: it is %(least)s to %(greatest)s")
_EXPORT_PRICE = N_("an export price of %(price)s per kWh cannot be: it is %(least)s to %(greatest)s")


class Terms(NamedTuple):
    """What a tariff says: prices in the site's currency, CO2 in g/kWh (None: not stated), prices at some hours, other charges."""

    name: str
    import_price_per_kwh: float
    export_price_per_kwh: float
    co2_g_per_kwh: float | None = None
    region_first: bool = True
    hours: Sequence[Hours] = ()
    note: str = ""
    components: Sequence[Component] = ()


def create_tariff(
    scope: Scope,
    site_id: str,
    *,
    name: str,
    import_price_per_kwh: float,
    export_price_per_kwh: float,
    co2_g_per_kwh: float | None = None,
    valid_from: datetime,
    valid_to: datetime | None = None,
    region_first: bool = True,
    hours: Sequence[Hours] = (),
    note: str = "",
    components: Sequence[Component] = (),
) -> Tariff:
    """Set a site's prices (in its currency) and CO2 factor from a moment on; the tariff before it ends there.

    Args:
        scope: whose; an administrator of the site.
        site_id: whose prices they are.
        name: what people call the tariff.
        import_price_per_kwh: of a kWh bought, outside of `hours`.
        export_price_per_kwh: of a kWh sold, outside of `hours`.
        co2_g_per_kwh: of a kWh bought; None where nobody states it.
        valid_from: its start, on a quarter of an hour.
        valid_to: its end; None: until the next one.
        region_first: the prices and CO2 of the site's region come first where it has series of them.
        hours: other prices, by the site's clocks.
        note: where the prices come from.
        components: what it charges besides.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, another tariff starts at that moment, or the terms cannot be.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    terms = Terms(name, import_price_per_kwh, export_price_per_kwh, co2_g_per_kwh, region_first, hours, note, components)
    _on_quarters(valid_from, valid_to)
    with session() as records:
        required(records, Site, site_id)
        tariff = _fitted(site_id, terms, valid_from, valid_to, _of(records, site_id))
        records.add(tariff)
    return tariff


def _fitted(site_id: str, terms: Terms, valid_from: datetime, valid_to: datetime | None, others: Sequence[Tariff]) -> Tariff:
    """A new tariff among the others of its site, of which the one before it ends."""
    tariff = Tariff(site_id=site_id, valid_from=valid_from, valid_to=valid_to)
    _say(tariff, terms)
    fit_in(tariff, others)
    if valid_to is not None and (tariff.valid_to is None or valid_to < tariff.valid_to):
        tariff.valid_to = valid_to
    return tariff


def versions_with(
    scope: Scope, site_id: str, terms: Terms, valid_from: datetime, valid_to: datetime | None = None
) -> list[Version]:
    """The tariffs of a site as they would be computed with, were this one added. Nothing is saved; raises as `create_tariff`."""
    require(scope, Action.ADMINISTER, site_id=site_id)
    _on_quarters(valid_from, valid_to)
    others = [_copy(each) for each in tariffs(scope, site_id)]
    found = [*others, _fitted(site_id, terms, valid_from, valid_to, others)]
    return [_version(each) for each in sorted(found, key=lambda each: each.valid_from)]


def versions_changed(scope: Scope, tariff_id: str, terms: Terms) -> tuple[datetime, list[Version]]:
    """The same, did one of them say this, and since when that one holds. Nothing is saved; raises as `change_tariff`."""
    changed, copies = _copies(scope, tariff_id)
    _say(changed, terms)
    return changed.valid_from, [_version(each) for each in copies]


def _copies(scope: Scope, tariff_id: str) -> tuple[Tariff, list[Tariff]]:
    """A tariff among all of its site's, the earliest first, in no transaction: what is tried out with them is never written."""
    with reading() as records:
        every = _of(records, _administered(records, scope, tariff_id).site_id)
        copies = [_copy(each) for each in every]
    return next(each for each in copies if each.id == tariff_id), copies


def _copy(tariff: Tariff) -> Tariff:
    return Tariff(**{column.key: getattr(tariff, column.key) for column in Tariff.__table__.columns})


def change_tariff(scope: Scope, tariff_id: str, terms: Terms) -> Tariff:
    """Say anew what a tariff says, for all of its time: what was computed of the past with it is computed anew.

    Raises:
        NotFound: the tariff does not exist for the scope.
        Refused: not an administrator of its site, or the terms cannot be.
    """
    with session() as records:
        tariff = _administered(records, scope, tariff_id)
        _say(tariff, terms)
    return tariff


def end_tariff(scope: Scope, tariff_id: str, at: datetime) -> Tariff:
    """End a tariff at a moment, before the next one starts.

    Raises:
        NotFound: the tariff does not exist for the scope.
        Refused: not an administrator of its site, or the moment is not after its start, or lies beyond the start of the next.
    """
    with session() as records:
        tariff = _administered(records, scope, tariff_id)
        _end(tariff, _of(records, tariff.site_id), at)
    return tariff


def versions_ended(scope: Scope, tariff_id: str, at: datetime) -> list[Version]:
    """The tariffs as they would be computed with, did one of them end then. Nothing is saved; raises as `end_tariff`."""
    ended, copies = _copies(scope, tariff_id)
    _end(ended, copies, at)
    return [_version(each) for each in copies]


def _end(tariff: Tariff, every: Sequence[Tariff], at: datetime) -> None:
    _on_quarters(tariff.valid_from, at)
    after = [each for each in every if each.valid_from > tariff.valid_from]
    if after and at > after[0].valid_from:
        raise Refused(_("%(name)s starts before that: a tariff ends at the next one's start at the latest", name=after[0].name))
    tariff.valid_to = at


def delete_tariff(scope: Scope, tariff_id: str) -> None:
    """Take back a tariff that has not begun; the one that ended for it goes on.

    Raises:
        NotFound: the tariff does not exist for the scope.
        Refused: not an administrator of its site, or the tariff has begun.
    """
    with session() as records:
        tariff = _administered(records, scope, tariff_id)
        if tariff.valid_from <= now():
            raise Refused(_("%(tariff)s has begun, and what it priced stays: end it, or change what it says", tariff=tariff.name))
        for each in _of(records, tariff.site_id):
            if each.valid_to == tariff.valid_from:
                each.valid_to = tariff.valid_to
        records.delete(tariff)


def tariffs(scope: Scope, site_id: str) -> list[Tariff]:
    """All tariffs of a site, the earliest first; raises `NotFound` for a site outside the scope."""
    scope.require_site(site_id)
    with reading() as records:
        return _of(records, site_id)


def versions(scope: Scope, site_id: str) -> list[Version]:
    """The tariffs of a site as they are computed with; raises `NotFound` for a site outside the scope."""
    return [_version(each) for each in tariffs(scope, site_id)]


def _version(tariff: Tariff) -> Version:
    return Version(
        tariff.valid_from,
        tariff.valid_to,
        tariff.import_price_per_kwh,
        tariff.export_price_per_kwh,
        math.nan if tariff.co2_g_per_kwh is None else tariff.co2_g_per_kwh,
        tariff.region_first,
        tuple(Hours(*hours) for hours in tariff.hours),
        from_json(tariff.components),
        tariff.name,
    )


def _of(records: Session, site_id: str) -> list[Tariff]:
    return list(records.scalars(select(Tariff).where(Tariff.site_id == site_id).order_by(Tariff.valid_from)))


def _administered(records: Session, scope: Scope, tariff_id: str) -> Tariff:
    tariff = required(records, Tariff, tariff_id)
    if not scope.sees_site(tariff.site_id):
        raise missing(Tariff, tariff_id)
    require(scope, Action.ADMINISTER, site_id=tariff.site_id)
    return tariff


def _say(tariff: Tariff, terms: Terms) -> None:
    """Write the terms into a tariff, once they are found to be possible."""
    if not terms.name.strip():
        raise Refused(_("a tariff has a name: give one"))
    prices = [(_IMPORT_PRICE, terms.import_price_per_kwh), (_EXPORT_PRICE, terms.export_price_per_kwh)]
    for each in terms.hours:
        prices += [(_IMPORT_PRICE, each.import_price_per_kwh), (_EXPORT_PRICE, each.export_price_per_kwh)]
    possible = QUANTITIES["price_per_kwh"]
    for sentence, price in prices:
        if not possible.least <= price <= possible.greatest:  # nothing that is no number is
            raise Refused(_(sentence, price=f"{price:g}", least=f"{possible.least:g}", greatest=f"{possible.greatest:g}"))
    factor, most = terms.co2_g_per_kwh, QUANTITIES["co2_g_per_kwh"].greatest
    if factor is not None and not 0 <= factor <= most:
        raise Refused(
            _(
                "a CO2 factor of %(factor)s g/kWh cannot be: it is 0 to %(most)s, or left out",
                factor=f"{factor:g}",
                most=f"{most:g}",
            ),
            "co2_g_per_kwh",
        )
    check_hours(terms.hours)
    check_components(terms.components, region_first=terms.region_first)
    tariff.name, tariff.note = terms.name.strip(), terms.note.strip()
    tariff.import_price_per_kwh, tariff.export_price_per_kwh = terms.import_price_per_kwh, terms.export_price_per_kwh
    tariff.co2_g_per_kwh, tariff.region_first = factor, terms.region_first
    tariff.hours = [list(each) for each in terms.hours]
    tariff.components = as_json(terms.components)


def _on_quarters(start: datetime, end: datetime | None) -> None:
    for moment in filter(None, (start, end)):
        if moment.timestamp() % timedelta(minutes=QUARTER_MIN).total_seconds():
            raise Refused(
                _("a tariff starts and ends on a quarter of an hour, not at %(moment)s: choose one", moment=f"{moment:%H:%M:%S}")
            )
    if end is not None and end <= start:
        raise Refused(_("a tariff cannot end before it starts: check the dates"), "valid_to")
