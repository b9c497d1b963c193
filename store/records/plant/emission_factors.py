"""What a kWh of a site emits beside what its grid says: certificates, the residual mix, own production."""

import math

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.language import _
from config.quantities import QUANTITIES
from models import emissions
from models.emissions import CERTIFICATE, KINDS, LEAST_SHARE, Factor
from models.local_time import FIRST_YEAR, LAST_YEAR
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.schema import EmissionFactor, Node, Site
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

MOST = 1000  # of a site


def emission_factors(scope: Scope, site_id: str) -> list[EmissionFactor]:
    """The factors of a site, the earliest first; raises `NotFound` for a site outside the scope."""
    scope.require_site(site_id)
    with reading() as records:
        return _of(records, site_id)


def factors(scope: Scope, site_id: str) -> list[Factor]:
    """The same as they are computed with; raises `NotFound` for a site outside the scope."""
    return [*stated(scope, site_id).values()]


def stated(scope: Scope, site_id: str) -> dict[str, Factor]:
    """The same by their ids; raises `NotFound` for a site outside the scope."""
    return {each.id: _factor(each) for each in emission_factors(scope, site_id)}


def factors_with(scope: Scope, site_id: str, said: Factor, factor_id: str = "") -> list[Factor]:
    """The factors as they would be, were this one added, or in the place of one. Nothing is saved; raises as `add_factor`."""
    require(scope, Action.ADMINISTER, site_id=site_id)
    with reading() as records:
        _say(records, EmissionFactor(id=factor_id, site_id=site_id), said)
    return [*(stated(scope, site_id) | {factor_id: said}).values()]


def factors_without(scope: Scope, site_id: str, factor_id: str) -> list[Factor]:
    """The factors as they would be without one of them; raises `NotFound` for a site outside the scope."""
    return [said for each, said in stated(scope, site_id).items() if each != factor_id]


def add_factor(scope: Scope, site_id: str, said: Factor) -> EmissionFactor:
    """State a factor of a site: what was computed of its days is computed anew.

    Raises:
        NotFound: the site, or what produces, does not exist for the scope.
        Refused: not an administrator of the site, or a factor that cannot be.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        required(records, Site, site_id)
        count = select(func.count()).where(EmissionFactor.site_id == site_id)
        if (records.scalar(count) or 0) >= MOST:
            raise Refused(_("a site has %(most)s CO2 factors at the most: delete old ones", most=f"{MOST:,}"))
        found = EmissionFactor(site_id=site_id)
        _say(records, found, said)
        records.add(found)
    return found


def change_factor(scope: Scope, site_id: str, factor_id: str, said: Factor) -> EmissionFactor:
    """State a factor anew. Raises as `add_factor`, and `NotFound` where the site has none of that id."""
    with session() as records:
        found = _administered(records, scope, site_id, factor_id)
        _say(records, found, said)
    return found


def delete_factor(scope: Scope, site_id: str, factor_id: str) -> None:
    """Delete a factor. Raises as `change_factor`."""
    with session() as records:
        records.delete(_administered(records, scope, site_id, factor_id))


def producers(scope: Scope, site_id: str) -> list[Node]:
    """The nodes of a site that may have a factor of own production, by their names.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with reading() as records:
        query = select(Node).where(Node.site_id == site_id).order_by(Node.name, Node.valid_from)
        return [node for node in records.scalars(query) if _produces(node)]


def _factor(record: EmissionFactor) -> Factor:
    return Factor(
        record.kind,
        record.name,
        record.first_day,
        record.last_day,
        record.co2_g_per_kwh,
        record.share,
        record.node_id,
        record.note,
    )


def _produces(node: Node) -> bool:
    return node.kind in ("source", "converter") and node.technology != "grid"


def _of(records: Session, site_id: str) -> list[EmissionFactor]:
    query = select(EmissionFactor).where(EmissionFactor.site_id == site_id)
    return list(records.scalars(query.order_by(EmissionFactor.first_day, EmissionFactor.kind, EmissionFactor.id)))


def _administered(records: Session, scope: Scope, site_id: str, factor_id: str) -> EmissionFactor:
    require(scope, Action.ADMINISTER, site_id=site_id)
    found = required(records, EmissionFactor, factor_id)
    if found.site_id != site_id:
        raise missing(EmissionFactor, factor_id)
    return found


def _say(records: Session, found: EmissionFactor, said: Factor) -> None:
    """Write what is stated into a factor, once it is found to be possible."""
    if not said.name.strip():
        raise Refused(_("a CO2 factor has a name: give one"), "name")
    if said.kind not in KINDS:
        raise Refused(
            _("there is no kind of factor %(kind)s: choose one of %(known)s", kind=repr(said.kind), known=", ".join(KINDS)),
            "kind",
        )
    grams, most = said.co2_g_per_kwh, QUANTITIES["co2_g_per_kwh"].greatest
    if not (math.isfinite(grams) and 0 <= grams <= most):
        raise Refused(
            _("a CO2 factor of %(factor)s g/kWh cannot be: it is 0 to %(most)s", factor=f"{grams:g}", most=f"{most:g}"),
            "co2_g_per_kwh",
        )
    if not all(FIRST_YEAR <= day.year < LAST_YEAR for day in (said.first, said.last or said.first)):
        raise Refused(_("these days are not of our time: check the years"), "first_day")
    if said.node_id is not None:
        node = required(records, Node, said.node_id)
        if node.site_id != found.site_id:
            raise missing(Node, node.id)
        if not _produces(node):
            raise Refused(_("%(name)s does not produce energy: choose a source or a converter", name=node.name), "node_id")
    if said.kind == CERTIFICATE:
        others = [_factor(each) for each in _of(records, found.site_id) if each.id != found.id]
        _within_all(said, [each for each in others if each.kind == CERTIFICATE])
    found.kind, found.name, found.note = said.kind, said.name.strip(), said.note.strip()
    found.co2_g_per_kwh, found.first_day, found.last_day = grams, said.first, said.last
    found.share, found.node_id = said.share, said.node_id


def _within_all(said: Factor, others: list[Factor]) -> None:
    """Certificates are of all that is bought at the most, on every day."""
    if not (said.share is not None and 0 < said.share <= 1):
        raise Refused(_("a certificate covers more than nothing, and all that is bought at the most: correct the share"), "share")
    every = [*others, said]
    for day in sorted({each.first for each in every if said.holds_on(each.first)}):
        if emissions.shares(every, day) > 1 + LEAST_SHARE:
            raise Refused(
                _(
                    "with the other certificates this would be %(share)s %% of what is bought on %(day)s: lower the share, or "
                    "end another one before",
                    share=f"{emissions.shares(every, day) * 100:g}",
                    day=f"{day}",
                ),
                "share",
            )
