"""Lines to QuestDB, and what it says is there already."""

import random
import struct
from collections.abc import Iterator

import pytest

from config.settings import Settings
from store.errors import StoreAway
from store.series import write
from store.series.connection import execute
from store.series.write import INTERVALS, METERS, MOMENTS, TELEMETRY, Series, Writer, late_lines, line, now_us, questions, series
from tests.conftest import eventually


@pytest.fixture
def writer(questdb_tables: Settings) -> Iterator[Writer]:
    made = Writer(questdb_tables)
    yield made
    made.close()


def settled(writer: Writer) -> None:
    eventually(lambda: all(shown == committed for shown, committed in writer.applied().values()), within_s=30)


def power(meter: str = "mtr_w") -> Series:
    return series(meter, "power_kw", 0, "test")


def test_every_finite_double_survives(writer: Writer) -> None:
    rng = random.Random(5)
    bits = (struct.unpack("<d", rng.randbytes(8))[0] for _ in range(4_000))
    values = [value for value in bits if value == value and abs(value) != float("inf")]
    values += [0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2**53 + 0.0]
    of, start = power(), now_us()
    writer.write([line(of, value, start + n) for n, value in enumerate(values)], now_us())
    settled(writer)
    found = writer.existing([(of.key, start + n) for n in range(len(values))], {of.key: of})
    assert [found[of.key, start + n] for n in range(len(values))] == values


def test_only_what_was_asked_for_is_found(writer: Writer) -> None:
    start = now_us()
    known = {each.key: each for each in (power("mtr_a"), power("mtr_b"), series("mtr_a", "voltage_v", 0, "test"))}
    a, b, volts = known
    writer.write([line(known[a], 1.0, start), line(known[b], 2.0, start), line(known[a], 3.0, start + 1)], now_us())
    settled(writer)
    assert writer.existing([(a, start), (b, start + 1), (volts, start)], known) == {(a, start): 1.0}


def test_an_interval_is_found_by_its_length(writer: Writer) -> None:
    start = now_us()
    quarter, hour = series("mtr_a", "energy_kwh", 900, "test"), series("mtr_a", "energy_kwh", 3600, "test")
    assert quarter.key != hour.key
    known = {quarter.key: quarter, hour.key: hour}
    writer.write([line(quarter, 1.0, start), line(hour, 4.0, start)], now_us())
    settled(writer)
    keys = [(quarter.key, start), (hour.key, start)]
    assert writer.existing(keys, known) == dict(zip(keys, (1.0, 4.0), strict=True))


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("meters", [1, 5, 64, 65])
@pytest.mark.parametrize("step_us", [1, 10_000_000, 3_600_000_000])
@pytest.mark.parametrize("moments", [1, 3, 64, 65, 300])
def test_no_question_scans_the_table(moments: int, step_us: int, meters: int, crowded: bool, writer: Writer) -> None:
    start = now_us()
    names = [f"mtr_{n}" for n in range(meters)]
    for table in (TELEMETRY, INTERVALS):
        for sql, parameters in questions(table, [start + n * step_us for n in range(moments)], names, crowded):
            plan = "\n".join(row for (row,) in writer._ask("EXPLAIN " + sql, parameters))
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


def test_in_a_crowd_the_meters_are_named(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    start = now_us()
    crowd = [power(f"mtr_{n}") for n in range(write.CROWD + 10)]
    writer.write([line(each, 1.0, start) for each in crowd], now_us())
    settled(writer)
    one = crowd[7]
    answers = []
    ask = writer._ask
    monkeypatch.setattr(writer, "_ask", lambda sql, parameters: answers.append(ask(sql, parameters)) or answers[-1])
    for _ in range(2):
        assert writer.existing([(one.key, start)], {one.key: one}) == {(one.key, start): 1.0}
    assert [len(answer) for answer in answers] == [len(crowd), 1]


def test_a_refused_line_is_found_among_good_ones(writer: Writer) -> None:
    of, start = power(), now_us()
    lines = [line(of, float(n), start + n) for n in range(50)]
    lines[17] = lines[17].replace("value=17.0", 'value="x"')
    lines[40] = lines[40].replace("value=40.0", 'value="y"')
    refused = writer.write(lines, now_us())
    assert set(refused) == {17, 40}
    assert all(refused.values())
    settled(writer)
    assert len(writer.existing([(of.key, start + n) for n in range(50)], {of.key: of})) == 48


def test_a_flush_carries_one_time_of_receipt(writer: Writer) -> None:
    of, now = power("mtr_once"), now_us()
    writer.write([line(of, float(n), now + n) for n in range(10)], now)
    writer.write(late_lines([("mtr_once", "power_kw", 0), ("mtr_once", "power_kw", 900)], now), now)
    settled(writer)
    assert len(execute("SELECT DISTINCT received_at FROM telemetry WHERE meter = 'mtr_once'")) == 1
    assert eventually(lambda: execute("SELECT count() FROM late WHERE meter = 'mtr_once'") == [(2,)])


@pytest.mark.parametrize("bad", ["a b", "a,b", "a=b", "a\nb", "a'b", "", "x" * 65, "ü", "a\0b"])
def test_nothing_but_ids_can_become_a_symbol(bad: str) -> None:
    for arguments in ((bad, "power_kw", 0, "test"), ("mtr_a", bad, 0, "test"), ("mtr_a", "power_kw", 0, bad)):
        with pytest.raises(ValueError, match="is no id"):
            series(*arguments)  # type: ignore[arg-type]


def test_keys_are_the_same_in_every_process() -> None:
    assert series("mtr_a", "power_kw", 0, "one").key == series("mtr_a", "power_kw", 60, "two").key
    assert series("mtr_a", "power_kw", 0, "one").key == 8_224_853_203_210_227_294


def test_a_server_that_is_not_there_is_away(settings: Settings) -> None:
    nowhere = Writer(settings.model_copy(update={"questdb_http_port": 9, "questdb_pg_port": 9}))
    with pytest.raises(StoreAway):
        nowhere.write([line(power(), 1.0, now_us())], now_us())
    with pytest.raises(StoreAway):
        nowhere.existing([(power().key, 1)], {power().key: power()})
    assert not nowhere.is_up()


def test_a_wrong_password_is_away_and_says_so(settings: Settings) -> None:
    from pydantic import SecretStr

    stranger = Writer(settings.model_copy(update={"questdb_password": SecretStr("wrong")}))
    with pytest.raises(StoreAway, match=r"answers 40[13]"):
        stranger.write([line(power(), 1.0, now_us())], now_us())
    stranger.close()
