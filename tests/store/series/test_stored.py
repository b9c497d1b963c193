"""What QuestDB has stored already under the keys of readings."""

import random
from collections.abc import Iterator

import pytest

from config.settings import Settings
from store.errors import StoreAway
from store.series import stored as module
from store.series.stored import METERS, MOMENTS, Standing, Stored, key, questions, standing
from store.series.write import INTERVALS, TELEMETRY, Row, Series, Writer, lines, now_us, series
from tests.conftest import eventually


@pytest.fixture
def stored(questdb_tables: Settings) -> Iterator[Stored]:
    made = Stored(questdb_tables)
    yield made
    made.close()


@pytest.fixture
def writer(questdb_tables: Settings) -> Iterator[Writer]:
    made = Writer(questdb_tables)
    yield made
    made.close()


def power(meter: str) -> Series:
    return series(meter, "power_kw", 0, "test")


def write(writer: Writer, stored: Stored, rows: list[Row]) -> None:
    writer.write(lines(rows), now_us())
    assert stored.settle({rows[0][0].table})


def test_only_what_was_asked_for_is_found(writer: Writer, stored: Stored) -> None:
    start = now_us()
    a, b, volts = power("mtr_a"), power("mtr_b"), series("mtr_a", "voltage_v", 0, "test")
    write(writer, stored, [(a, start, 1.0), (b, start, 2.0), (a, start + 1, 3.0)])
    assert stored.values([(a, start, 9.0), (b, start + 1, 9.0), (volts, start, 9.0)]) == {
        key((a, start, 9.0)): Standing(1.0, False)
    }


def test_who_sent_a_value_does_not_matter(writer: Writer, stored: Stored) -> None:
    start = now_us()
    write(writer, stored, [(power("mtr_a"), start, 1.0)])
    asked = (series("mtr_a", "power_kw", 60, "another"), start, 1.0)
    assert stored.values([asked]) == {key(asked): standing(asked)}


def test_an_interval_is_found_by_its_length(writer: Writer, stored: Stored) -> None:
    start = now_us()
    rows = [(series("mtr_a", "energy_kwh", length_s, "test"), start, value) for length_s, value in ((900, 1.0), (3600, 4.0))]
    write(writer, stored, rows)
    assert stored.values(rows) == {key(row): standing(row) for row in rows}


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("meters", [1, 5, 64, 65])
@pytest.mark.parametrize("step_us", [1, 10_000_000, 3_600_000_000])
@pytest.mark.parametrize("moments", [1, 3, 64, 65, 300])
def test_no_question_scans_the_table(moments: int, step_us: int, meters: int, crowded: bool, stored: Stored) -> None:
    start = now_us()
    names = [f"mtr_{n}" for n in range(meters)]
    for table in (TELEMETRY, INTERVALS):
        for sql, parameters in questions(table, [start + n * step_us for n in range(moments)], names, crowded):
            plan = "\n".join(row for (row,) in stored._ask("EXPLAIN " + sql, parameters))
            assert "Interval forward scan" in plan, plan
            assert "Frame forward scan on" not in plan.replace("Interval forward scan on", ""), plan


def test_questions_come_in_few_shapes() -> None:
    rng = random.Random(1)
    texts = set()
    for _ in range(500):
        moments = sorted(rng.sample(range(10**12), rng.choice((1, 2, 7, 40, 200))))
        meters = [f"mtr_{n}" for n in range(rng.choice((1, 3, 20, 200)))]
        texts |= {sql for sql, _ in questions(TELEMETRY, moments, meters, rng.random() < 0.5)}
    assert len(texts) <= (len(MOMENTS) + 1) * (len(METERS) + 1)


def test_in_a_crowd_the_meters_are_named(writer: Writer, stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    start = now_us()
    crowd: list[Row] = [(power(f"mtr_{n}"), start, 1.0) for n in range(module.CROWD + 10)]
    write(writer, stored, crowd)
    answers = []
    ask = stored._ask
    monkeypatch.setattr(stored, "_ask", lambda sql, parameters: answers.append(ask(sql, parameters)) or answers[-1])
    for _ in range(2):
        assert stored.values([crowd[7]]) == {key(crowd[7]): Standing(1.0, False)}
    assert [len(answer) for answer in answers] == [len(crowd), 1]


def test_what_was_committed_before_is_seen_once_it_is_settled(writer: Writer, stored: Stored) -> None:
    of, start = power("mtr_a"), now_us()
    for n in range(50):
        row = (of, start, float(n))
        writer.write(lines([row]), now_us())
        assert stored.settle({TELEMETRY})
        assert stored.values([row]) == {key(row): Standing(float(n), False)}


def test_of_a_meter_that_has_nothing_so_late_a_row_is_new(
    writer: Writer, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = now_us() - 10**10
    a, b = power("mtr_late_a"), power("mtr_late_b")
    write(writer, stored, [(a, start, 1.0), (a, start + 500, 1.0)])
    asked = []
    ask = stored._ask
    monkeypatch.setattr(stored, "_ask", lambda sql, parameters: asked.append(sql) or ask(sql, parameters))
    for n in range(100, 1000, 100):
        rows: list[Row] = [(a, start + n, 1.0), (b, start + n, 1.0)]
        assert stored.not_new(rows) == (rows[:1] if n <= 500 else [])
        stored.written(rows)
        assert stored.not_new(rows) == rows
    assert len(asked) == 1


def test_quantities_of_a_meter_go_on_each_at_its_own_moments(stored: Stored) -> None:
    start = now_us() - 10**10
    energy, load = series("mtr_late_e", "energy_kwh", 0, "test"), series("mtr_late_e", "load_pct", 0, "test")
    for n in range(5):
        rows: list[Row] = [(energy, start + n, 1.0), (load, start + 10**6 + n, 1.0)]
        assert stored.not_new(rows) == []
        stored.written(rows)


def test_what_others_store_is_seen_within_seconds(writer: Writer, stored: Stored) -> None:
    start = now_us() - 10**10
    row: Row = (power("mtr_late_c"), start, 1.0)
    assert stored.not_new([row]) == []
    write(writer, stored, [row])
    eventually(lambda: stored.not_new([row]) == [row])


def test_after_its_quarter_a_meter_is_asked_for_again(writer: Writer, stored: Stored) -> None:
    start, of = now_us() - 10**10, power("mtr_late_d")
    beyond: Row = (of, start + module.AHEAD_US, 1.0)
    write(writer, stored, [beyond])
    assert stored.not_new([(of, start, 1.0)]) == []
    assert stored.not_new([beyond]) == [beyond]


def test_a_server_that_is_not_there_is_away(settings: Settings) -> None:
    nowhere = Stored(settings.model_copy(update={"questdb_pg_port": 9}))
    with pytest.raises(StoreAway):
        nowhere.values([(power("mtr_a"), 1, 1.0)])
    with pytest.raises(StoreAway):
        nowhere.settle({TELEMETRY})
    assert not nowhere.is_up()
