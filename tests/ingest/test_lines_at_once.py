"""Lines that are read at once, in columns, mean what they mean one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.directory import Caller
from ingest.judge import Judge, Several
from ingest.roads.lines import batch as lines
from ingest.roads.lines.batch import Reader
from ingest.rows import Rows
from ingest.times import Window
from store.records.plant.directory import ChannelEntry, MeterEntry

NOW_NS = int(datetime.now(UTC).timestamp()) * 10**9
WINDOW = Window(30, 300)
MEANT = {
    "p": ChannelEntry("mtr_a", "power_kw", "W", None),
    "u": ChannelEntry("mtr_a", "voltage_v", None, None),
    "t": ChannelEntry("mtr_a", "temperature_c", "°F", None),
    "e": ChannelEntry("mtr_a", "energy_kwh", None, 900),
    "n": ChannelEntry("mtr_a", "energy_total_kwh", "kWh", None),
    "gone": ChannelEntry("mtr_of_another_site", "power_kw", None, None),
    "odd": ChannelEntry("mtr_a", "power_kw", "no unit at all", None),
    "unwanted": ChannelEntry(None, "", None, None),
}


def caller() -> Caller:
    meters = {"mtr_a": MeterEntry("mtr_a", "sit_a", "dev_a", False, frozenset(), "counter", None, "main", False)}
    found = Caller("key_a", b"", False, False, True, 1, None, meters, {"mtr_a": 900}, {"mtr_a": "dev_a"})
    found.channels = {("lines", f"m,h=1 {name}"): entry for name, entry in MEANT.items()}
    found.channels["lines", "m,h=1,quality=estimated p"] = MEANT["p"]
    return found


def said(body: str, precision: str) -> dict[str, Any]:
    """What becomes of a body, by somebody who has seen its heads before."""
    whose = caller()
    for _twice in range(2):
        reader = Reader(body.encode(), whose, WINDOW, precision, NOW_NS // 1000)
        for _step in reader.read():
            pass
        rows = Rows()
        judge = Judge(whose, WINDOW, rows)
        found: list[tuple[str, int, float]] = []
        first = 0
        for readings in reader.batch.readings:
            if isinstance(readings, Several):
                block = judge.judge_several(readings, first)
            else:
                block = judge.judge_readings(readings, first)
            found += [(of.head, at, value) for of, at, value in block.rows()]
            first += len(readings)
    batch = reader.batch
    return {
        "rows": found,
        "late": rows.late,
        "held": rows.held,
        "lines": batch.of,
        "problems": [(each.code, each.index, each.message) for each in judge.problems],
        "wrong": {line: problem.code for line, problem in batch.wrong.items()},
        "waiting": [(channel.name, at, value) for channel, at, value in batch.waiting],
        "heard": {channel.name: channel.heard for channel in batch.heard},
        "counted": (batch.dropped, batch.no_reading),
    }


def alike(body: str, precision: str = "ns") -> dict[str, Any]:
    """What becomes of a body, which is the same when nothing of it is read at once."""
    at_once = said(body, precision)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Reader, "_plainly", lambda *_: False)
        assert said(body, precision) == at_once
    return at_once


def test_lines_of_numbers_are_read_at_once_when_their_heads_are_known() -> None:
    body = "".join(f"m,h=1 p={n * 100},u=23{n % 10}.5,n={n}i {NOW_NS + n * 10**6}\n" for n in range(3000))
    found = alike(body)
    assert len(found["rows"]) == 9000
    assert found["rows"][3][1:] == (NOW_NS // 1000 + 1000, 0.1)
    whose = caller()
    for _twice in range(2):
        reader = Reader(body.encode(), whose, WINDOW, "ns", NOW_NS // 1000)
        for _step in reader.read():
            pass
    assert {type(part) for part in reader.batch.readings} == {Several}


@pytest.mark.parametrize("precision", ["ns", "u", "us", "ms", "s", "m", "h"])
def test_times_are_in_the_declared_unit(precision: str) -> None:
    unit = {"u": "us"}.get(precision, precision)
    factor = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}[unit]
    found = alike(f"m,h=1 u=230 {NOW_NS // factor}\nm,h=1 u=231", unit)
    assert [at for _head, at, _value in found["rows"]] == [NOW_NS // factor * factor // 1000, NOW_NS // 1000]
    assert alike(f"m,h=1 u=230 {2**63 - 1}\nm,h=1 u=230 {10**19 - 1}", unit)["rows"] == []


def test_what_is_wrong_is_told_of_its_line_and_costs_no_neighbour() -> None:
    body = [f"m,h=1 u=230 {NOW_NS + n}" for n in range(6)]
    body[1] = f"m,h=1 u=-1,p=5 {NOW_NS}"
    body[3] = f"m,h=1 gone=1,u=229 {NOW_NS}"
    body[4] = f"m,h=1 odd=1,u=228 {NOW_NS}"
    found = alike("\n".join(body))
    assert [code for code, _index, _message in found["problems"]] == ["out_of_range", "unknown_meter", "unknown_unit"]
    assert len(found["rows"]) == 6


NUMBERS = (
    "1",
    "-2.5",
    "1e3",
    ".5",
    "0",
    "7i",
    "99999999999999999999i",
    "1e999",
    "nan",
    "-1",
    "1_0",
    "9e9",
    "t",
    '"x y"',
    "",
    "1u",
    "1.5i",
)
FIELD = st.tuples(st.sampled_from([*MEANT, "new", 'q"', "a\\ b"]), st.sampled_from(NUMBERS)).map("=".join)
STAMP = st.sampled_from(
    ["", f" {NOW_NS}", f" {NOW_NS + 10**9}", f" {NOW_NS - 8 * 10**12}", " 1", " -5", " x", f" {10**19 - 1}", "  "]
)
HEAD = st.sampled_from(["m,h=1"] * 6 + ["m", "m,h=2", "#m", "", "m\\ x,h=1", "m,h=1,h=1"])
LINE = st.tuples(HEAD, st.lists(FIELD, min_size=0, max_size=3).map(",".join), STAMP).map(
    lambda each: f"{each[0]} {each[1]}{each[2]}"
)
PLAIN = st.sampled_from(["p", "u", "t", "e", "n"]).map(lambda name: f"m,h=1 {name}=7 {NOW_NS}")


@given(st.lists(st.one_of(PLAIN, PLAIN, LINE), max_size=12), st.sampled_from(["", "\n", "\r\n"]))
@example(["m,h=1 n=9", f"m,h=1 n=1 {NOW_NS + 1}", f"m,h=1 n=4294967295 {NOW_NS + 2}", f"m,h=1 p=9000000 {NOW_NS}"], "\n")
def test_whatever_lines_say_is_the_same_at_once_and_one_by_one(body: list[str], end: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines, "PIECE", 90)
        patched.setattr(lines, "FEW", 3)
        alike((end or "\n").join(body) + end)


@pytest.mark.parametrize(
    "body",
    [
        "m,h=1 u=230\nm,h=1 u=231 NOW NOW",  # as many blanks as two lines with times
        "m,h=1 u=230 NOW\nm,h=1 u=231",
        "m,h=1 u=230 \nm,h=1 u=231 ",
        "m,h=1 u=1=2 NOW",
        "m,h=1 u=1=2,p NOW",
        "m,h=1 u=1,p NOW\nm,h=1 =2 NOW",
        "m,h=1 u=1, NOW",
        "m,h=1 u=+1 NOW\nm,h=1 u=1e+1 NOW",
        "m,h=1 u=1_0 NOW",
        "m,h=1 u=1 NOW\nm,h=1 u=2 0NOW",
        "m,h=1 u=1 1REST\nm,h=1 u=2 -REST",  # as many characters
        "m,h=1 u=1 1REST\nm,h=1 u=2 ١REST",
        f"m,h=1 u=1 {'9' * 19}",
        "m,h=1 u=-,p=. NOW",
        "m,h=1 u=1\tp=2 NOW",  # as many marks as two fields
        "m,h=1 u=1,p=\t2 NOW",
        "m,h=1 u=inf NOW\nm,h=1 u=nan NOW\nm,h=1 u=0x10 NOW",
        "\ufeffm,h=1 u=1 NOW",
        "m,h=1 u=1\rm,h=1 NOW",
        "m,h=1 u=5i,p=5.5i NOW",
    ],
)
def test_what_only_looks_like_lines_of_numbers_is_read_exactly(body: str) -> None:
    alike(body.replace("NOW", str(NOW_NS)).replace("REST", str(NOW_NS)[1:]))


@given(st.text(alphabet='mh=1, u2p\n"\\#-+.ei\t', max_size=60))
def test_columns_never_read_what_lines_do_not_say(body: str) -> None:
    for precision in ("ns", "s"):
        alike(f"m,h=1 u=230 {NOW_NS}\n{body}", precision)


def test_a_line_that_is_none_is_told_so_before_its_time_is_looked_at() -> None:
    assert alike(f"m,h=1 u=230 {NOW_NS}\nm,h=1 u= 1")["wrong"] == {1: "malformed_line"}
