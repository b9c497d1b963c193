"""By what the days of meters are flagged: what is usual (`models.quality.THRESHOLDS`), or what somebody says of a meter."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from config.language import _
from models.quality import BOUNDS, THRESHOLDS, Thresholds
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant.meters import require_meters, require_series
from store.records.schema import FlagThreshold
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.scope import Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it holds for a meter: by what it flags, none when it is off; `own`: as somebody has said."""

    rule: str
    threshold: float | None
    own: bool


def thresholds(scope: Scope, meter_ids: Collection[str]) -> dict[str, Thresholds]:
    """The thresholds of the rules that each of the meters is judged by; raises `NotFound` for a meter outside the scope."""
    require_series(scope, meter_ids)
    found: dict[str, dict[str, float]] = {}
    with reading() as records:
        for part in in_parts(meter_ids):
            for each in records.scalars(select(FlagThreshold).where(FlagThreshold.meter_id.in_(part))):
                own = found.setdefault(each.meter_id, dict(THRESHOLDS))
                if each.off:
                    own.pop(each.rule, None)
                elif each.threshold is not None:
                    own[each.rule] = each.threshold
    return {meter_id: found.get(meter_id, THRESHOLDS) for meter_id in meter_ids}


def rules(scope: Scope, meter_id: str) -> list[Rule]:
    """Every rule as it holds for a meter; raises `NotFound` for one outside the scope."""
    by = thresholds(scope, [meter_id])[meter_id]
    return [Rule(name, by.get(name), by.get(name) != usual) for name, usual in THRESHOLDS.items()]


def set_rule(scope: Scope, meter_id: str, rule: str, threshold: float | None = None, *, off: bool = False) -> None:
    """Say by what a rule flags the days of a meter, or that it flags none; without either as usual again. Days are judged anew.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an operator of its site, no such rule, or a threshold with which it would find nothing, or everything.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    if rule not in THRESHOLDS:
        raise Refused(_("no rule %(rule)s: choose one of %(rules)s", rule=f"{rule!r}", rules=", ".join(THRESHOLDS)))
    least, most = BOUNDS[rule]
    if threshold is not None and not least <= threshold <= most:
        words = _(
            "this rule flags by %(least)s to %(most)s: correct it, or switch the rule off", least=f"{least:g}", most=f"{most:g}"
        )
        raise Refused(words, about="threshold")
    with session() as records:
        said = FlagThreshold(meter_id=meter_id, rule=rule, threshold=threshold, off=off, changed_at=now())
        records.merge(said)


def changed(scope: Scope, since: datetime) -> set[str]:
    """The meters of which somebody has said otherwise since then.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        return {*records.scalars(select(FlagThreshold.meter_id).where(FlagThreshold.changed_at > since).distinct())}
