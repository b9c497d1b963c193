"""Lines to QuestDB."""

import random
import struct
from collections.abc import Callable, Iterator

import pytest

from config.settings import Settings
from store.errors import StoreAway
from store.series import checkpoint, rollup
from store.series.block import Block
from store.series.connection import execute
from store.series.write import MARKER_HOLDS_S, PROMPT_S, TIMEOUT_S, Row, Series, Writer, lines, marker_lines, now_us, series
from tests.conftest import PATIENT_S


@pytest.fixture
def writer(questdb_tables: Settings) -> Iterator[Writer]:
    made = Writer(questdb_tables)
    yield made
    made.close()


def power(meter: str = "mtr_w") -> Series:
    return series(meter, "power_kw", 0, "test")


def values_of(meter: str) -> list[float]:
    assert rollup.await_applied(["telemetry", "late"], PATIENT_S)
    return [value for (value,) in execute(f"SELECT value FROM telemetry WHERE meter = '{meter}' ORDER BY ts")]


@pytest.mark.parametrize("written", [list, Block.made_of])
def test_every_finite_double_survives(writer: Writer, written: Callable[[list[Row]], list[Row] | Block]) -> None:
    rng = random.Random(5)
    bits = (struct.unpack("<d", rng.randbytes(8))[0] for _ in range(4_000))
    values = [value for value in bits if value == value and abs(value) != float("inf")]
    values += [0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2**53 + 0.0]
    of, start = power(f"mtr_{written.__name__}"), now_us()
    rows = written([(of, start + n, value) for n, value in enumerate(values)])
    writer.write(rows if isinstance(rows, Block) else lines(rows), now_us())
    assert values_of(of.meter) == values


def test_a_refused_row_is_found_among_good_ones_in_columns(writer: Writer) -> None:
    ages = Series("telemetry", "mtr_ages", "power_kw", 0, power("mtr_ages").head.replace("value=", 'value="x",value='))
    block = Block.made_of([(ages if n == 17 else power("mtr_good"), now_us() + n, float(n)) for n in range(50)])
    refused = writer.write(block, now_us())
    assert set(refused) == {17}
    assert len(values_of("mtr_good")) == 49


def test_a_refused_line_is_found_among_good_ones(writer: Writer) -> None:
    of, start = power(), now_us()
    sent = lines((of, start + n, float(n)) for n in range(50))
    sent[17] = sent[17].replace("value=17.0", 'value="x"')
    sent[40] = sent[40].replace("value=40.0", 'value="y"')
    refused = writer.write(sent, now_us())
    assert set(refused) == {17, 40}
    assert all(refused.values())
    assert len(values_of("mtr_w")) == 48


def test_a_flush_carries_one_time_of_receipt(writer: Writer) -> None:
    of, now = power("mtr_once"), now_us()
    rows: list[Row] = [(of, now + n, float(n)) for n in range(10)]
    writer.write(lines(rows), now)
    writer.write(marker_lines([("mtr_once", 0, 900_000_000), ("mtr_once", 1_800_000_000, 2_700_000_000)], now), now)
    assert len(values_of("mtr_once")) == 10
    assert len(execute("SELECT DISTINCT received_at FROM telemetry WHERE meter = 'mtr_once'")) == 1
    assert execute("SELECT count() FROM late WHERE meter = 'mtr_once'") == [(2,)]


def test_what_comes_promptly_is_committed_before_its_quarter_is_rolled_up() -> None:
    flush_s = 2 * TIMEOUT_S  # a flush whose kept connection has broken is sent twice
    assert checkpoint.GRACE.total_seconds() > PROMPT_S + 2 * flush_s
    assert 2 * flush_s < MARKER_HOLDS_S / 2


@pytest.mark.parametrize("bad", ["a b", "a,b", "a=b", "a\nb", "a'b", "", "x" * 65, "ü", "a\0b"])
def test_nothing_but_ids_can_become_a_symbol(bad: str) -> None:
    for arguments in ((bad, "power_kw", 0, "test"), ("mtr_a", bad, 0, "test"), ("mtr_a", "power_kw", 0, bad)):
        with pytest.raises(ValueError, match="is no id"):
            series(*arguments)


def test_a_server_that_is_not_there_is_away(settings: Settings) -> None:
    nowhere = Writer(settings.model_copy(update={"questdb_http_port": 9, "questdb_pg_port": 9}))
    with pytest.raises(StoreAway):
        nowhere.write(lines([(power(), now_us(), 1.0)]), now_us())
    assert not nowhere.is_up()


def test_a_wrong_password_is_away_and_says_so(settings: Settings) -> None:
    from pydantic import SecretStr

    stranger = Writer(settings.model_copy(update={"questdb_password": SecretStr("wrong")}))
    with pytest.raises(StoreAway, match=r"answers 40[13]"):
        stranger.write(lines([(power(), now_us(), 1.0)]), now_us())
    stranger.close()
