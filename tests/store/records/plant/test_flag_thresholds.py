"""By what a meter's days are flagged is said by those who operate its site, and is as usual again when they say so."""

from datetime import timedelta

import pytest

from models.quality import THRESHOLDS
from store.errors import NotFound, Refused
from store.records.access import audit
from store.records.plant import flag_thresholds
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.store.records.world import World


def test_a_rule_is_set_switched_off_and_as_usual_again(world: World) -> None:
    scope, meter, other = world.scope("north admin"), world.meters["north first"], world.meters["north second"]
    before = now() - timedelta(seconds=1)
    assert flag_thresholds.changed(SYSTEM, before) == set()
    flag_thresholds.set_rule(scope, meter, "spike", 5.5)
    flag_thresholds.set_rule(scope, meter, "gap", off=True)
    by = flag_thresholds.thresholds(scope, [meter, other])
    assert by[other] == THRESHOLDS
    assert by[meter] == {**{name: usual for name, usual in THRESHOLDS.items() if name != "gap"}, "spike": 5.5}
    assert {each.rule: each.threshold for each in flag_thresholds.rules(scope, meter) if each.own} == {"spike": 5.5, "gap": None}
    assert [each.subject_kind for each in audit.entries(SYSTEM, limit=1)] == ["flag_thresholds"]
    for rule in ("spike", "gap"):
        flag_thresholds.set_rule(scope, meter, rule)
    assert flag_thresholds.thresholds(scope, [meter])[meter] == THRESHOLDS
    assert flag_thresholds.changed(SYSTEM, before) == {meter}, "its days are judged again, also as usual"
    assert flag_thresholds.changed(SYSTEM, now() + timedelta(seconds=1)) == set()


@pytest.mark.parametrize(
    ("rule", "threshold"), [("spike", 1.0), ("low_day", 1.5), ("gap", 25.0), ("clock", 0.0), ("colour", 2.0)]
)
def test_what_would_find_nothing_or_everything_is_refused(world: World, rule: str, threshold: float) -> None:
    with pytest.raises(Refused, match=r"correct it|choose one"):
        flag_thresholds.set_rule(SYSTEM, world.meters["north first"], rule, threshold)


def test_nobody_says_so_of_a_meter_that_is_not_theirs(world: World) -> None:
    with pytest.raises(NotFound):
        flag_thresholds.set_rule(world.scope("south admin"), world.meters["north first"], "spike", 5.0)
    with pytest.raises(NotFound):
        flag_thresholds.rules(world.scope("south admin"), world.meters["north first"])
    with pytest.raises(Refused):
        flag_thresholds.changed(world.scope("north admin"), now())
