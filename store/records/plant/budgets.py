"""Budgets: what a site, a building of it, or a resident's own meters may use, cost or emit in a local month."""

from collections.abc import Iterator, Mapping
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import N_, _
from models.local_time import FIRST_YEAR, LAST_YEAR
from store.errors import NotFound, Refused
from store.records.access.policy import Action, holder, require
from store.records.schema import Budget, Building, Site
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

MEASURES = {"energy": N_("energy"), "cost": N_("cost"), "co2": N_("CO₂")}  # in kWh, in the site's currency, in kg
MOST_MONTHS = 120  # at once


def budgets(scope: Scope, site_id: str, month: date | None = None) -> list[Budget]:
    """The budgets of a site and of its buildings, the latest month first, or of one month (its first day).

    Raises `NotFound` where the site is not seen whole.
    """
    if not scope.sees_whole_site(site_id):
        raise NotFound(f"no site {site_id}")
    with reading() as records:
        query = select(Budget).where(Budget.site_id == site_id)
        query = query.where(Budget.month == month) if month else query
        return list(records.scalars(query.order_by(Budget.month.desc(), Budget.node_id, Budget.measure, Budget.id)))


def budgeted(scope: Scope, months: Mapping[str, date]) -> set[str]:
    """Those of some sites, each with a month (its first day), that have budgets of that month, as far as they are seen whole."""
    query = select(Budget.site_id, Budget.month).where(Budget.month.in_({*months.values()})).distinct()
    with reading() as records:
        found = records.execute(query).all()
    seen = {(site_id, month) for site_id, month in found}
    return {site_id for site_id, month in months.items() if (site_id, month) in seen and scope.sees_whole_site(site_id)}


def own_budgets(scope: Scope) -> list[Budget]:
    """The budgets of whoever asks for their own meters, the latest month first; raises `NotFound` for nobody."""
    with reading() as records:
        query = select(Budget).where(Budget.user_id == holder(scope))
        return list(records.scalars(query.order_by(Budget.month.desc(), Budget.measure, Budget.id)))


def set_budget(
    scope: Scope, site_id: str, node_id: str | None, measure: str, first: date, last: date, amount: float
) -> list[Budget]:
    """Set the same budget of each month from that of `first` to that of `last`, in the place of those that are there.

    Args:
        scope: whose; an administrator of the site.
        site_id: of the site.
        node_id: a building of it; None: the whole site.
        measure: one of `MEASURES`.
        first: a day of the first month.
        last: a day of the last month.
        amount: of each month, in kWh, in the site's currency, or in kg of CO2.

    Raises:
        NotFound: the site or the building does not exist for the scope.
        Refused: not an administrator of the site, or a budget that cannot be.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        required(records, Site, site_id)
        if node_id is not None and required(records, Building, node_id).site_id != site_id:
            raise missing(Building, node_id)
        return _set(records, Budget(site_id=site_id, node_id=node_id, measure=measure, amount=amount), first, last)


def set_own_budget(scope: Scope, measure: str, first: date, last: date, amount: float) -> list[Budget]:
    """Set the same budget of each month for the meters that are one's own. Arguments as of `set_budget`.

    Raises:
        NotFound: nobody is signed in.
        Refused: somebody without meters of their own, or a budget that cannot be.
    """
    user_id = holder(scope)
    if not scope.meter_ids or scope.organisation_id is not None:
        raise Refused(_("a budget of one's own is of meters of one's own: ask for a meter first"))
    with session() as records:
        return _set(records, Budget(user_id=user_id, measure=measure, amount=amount), first, last)


def delete_budget(scope: Scope, site_id: str, budget_id: str) -> None:
    """Let a month have no budget.

    Raises:
        NotFound: the site has no such budget, or does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        found = required(records, Budget, budget_id)
        if found.site_id != site_id:
            raise missing(Budget, budget_id)
        records.delete(found)


def delete_own_budget(scope: Scope, budget_id: str) -> None:
    """The same of one's own; raises `NotFound`."""
    with session() as records:
        found = required(records, Budget, budget_id)
        if found.user_id != holder(scope):
            raise missing(Budget, budget_id)
        records.delete(found)


def _set(records: Session, like: Budget, first: date, last: date) -> list[Budget]:
    if like.measure not in MEASURES:
        raise Refused(
            _("no measure %(measure)s: choose one of %(known)s", measure=repr(like.measure), known=", ".join(MEASURES)), "measure"
        )
    if first.year < FIRST_YEAR or last.year >= LAST_YEAR:
        raise Refused(_("these months are not of our time: check the years"), "first")
    months = list(_months(first, last))
    if not months:
        raise Refused(_("the last month comes before the first: check them"), "last")
    if len(months) > MOST_MONTHS:
        raise Refused(
            _("budgets are set for %(most)s months at once at the most: choose an earlier last month", most=MOST_MONTHS), "last"
        )
    same = select(Budget).where(
        Budget.site_id == like.site_id if like.site_id else Budget.user_id == like.user_id,
        Budget.node_id == like.node_id if like.node_id else Budget.node_id.is_(None),
        Budget.measure == like.measure,
        Budget.month.in_(months),
    )
    there = {each.month: each for each in records.scalars(same)}
    found = []
    for month in months:
        each = there.get(month) or Budget(
            site_id=like.site_id, node_id=like.node_id, user_id=like.user_id, measure=like.measure, month=month
        )
        each.amount = like.amount
        records.add(each)
        found.append(each)
    return found


def _months(first: date, last: date) -> Iterator[date]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(number // 12, number % 12 + 1, 1)
