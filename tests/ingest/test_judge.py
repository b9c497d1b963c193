"""The one judge: every road gets rows, and what is wrong with the rest in the order of the post."""

from datetime import UTC, datetime, timedelta

from ingest.directory import Caller
from ingest.judge import Judge, Reading, number
from ingest.problem import Problem, Unreal
from ingest.rows import Rows
from ingest.times import Window
from store.records.plant.directory import MeterEntry


def caller() -> Caller:
    meters = {"mtr_a": MeterEntry("mtr_a", "sit_a", "dev_a", True, frozenset(), "counter", None, "main", False)}
    return Caller("key_a", b"", False, False, True, 1, None, meters, {"mtr_a": 60}, {"mtr_a": "dev_a"})


def judge() -> Judge:
    return Judge(caller(), Window(30, 300), Rows())


def reading(value: float, meter: str = "mtr_a", quantity: str = "power_kw", ago: timedelta = timedelta()) -> Reading:
    return Reading(meter, quantity, (datetime.now(UTC) - ago).isoformat(), value)


def test_problems_of_a_road_and_of_the_judge_come_in_the_order_of_the_post() -> None:
    own = Problem("wrong_type", "unit is a number, not a string", "unit")
    found = judge()
    found.judge(
        [reading(1.0), own, reading(2.0, meter="mtr_b"), reading(3.0, ago=timedelta(days=99)), reading(4.0)], None, first=500
    )
    assert [(each.code, each.index) for each in found.problems] == [("wrong_type", 501), ("unknown_meter", 502), ("too_old", 503)]
    assert [value for _, _, value in found.rows.rows] == [1.0, 4.0]


def test_where_a_post_names_fields_a_problem_is_told_by_the_field() -> None:
    found = judge()
    readings = [reading(1.0, meter="mtr_gone"), reading(-1.0, quantity="voltage_v"), reading(230.0, quantity="voltage_v")]
    found.judge(readings, None, named=["current_load", "voltage", "voltage_2"])
    assert [(each.code, each.field, each.index) for each in found.problems] == [
        ("unknown_meter", "current_load", None),
        ("out_of_range", "voltage", None),
    ]
    assert len(found.rows) == 1


def test_an_energy_is_kept_at_the_beginning_of_its_interval_and_is_late_when_that_quarter_is_over() -> None:
    found = judge()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    found.judge([Reading("mtr_a", "energy_kwh", soon.isoformat(), 0.5)], None)
    ((_, at, _),) = found.rows.rows
    assert at == round((soon - timedelta(minutes=1)).timestamp() * 1e6)
    assert not found.rows.late
    found.judge([reading(0.5, quantity="energy_kwh", ago=timedelta(hours=2))], None)
    assert found.rows.late


def test_integers_are_times_only_in_a_precision_that_is_declared() -> None:
    found = judge()
    seconds = int(datetime.now(UTC).timestamp())
    found.judge([Reading("mtr_a", "power_kw", seconds, 1.0)], "s")
    found.judge([Reading("mtr_a", "power_kw", seconds, 1.0)], None, first=1)
    assert [each.code for each in found.problems] == ["precision_missing"]
    assert [at for _, at, _ in found.rows.rows] == [seconds * 1_000_000]


def test_where_nothing_stands_for_a_number_that_is_what_is_said() -> None:
    for written in ("", " "):
        problem = number(Unreal(written), "value")
        assert isinstance(problem, Problem)
        assert problem.message.startswith("value has nothing where its number belongs")
