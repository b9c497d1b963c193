"""Line protocol is read as InfluxDB reads it; whatever is wrong says why, and costs no other line."""

import math

import line_protocol_parser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import line_protocol
from ingest.line_protocol import Malformed, point, read


@pytest.mark.parametrize(
    ("line", "head", "fields", "stamp"),
    [
        ("m v=1", "m", {"v": 1.0}, None),
        ("m v=1.,w=.5,x=-1e3,y=1E+2", "m", {"v": 1.0, "w": 0.5, "x": -1000.0, "y": 100.0}, None),
        ("m v=-9223372036854775808i,w=18446744073709551615u", "m", {"v": -(2.0**63), "w": 2.0**64}, None),
        ("m,b=2,a=1 v=1 -5", "m,a=1,b=2", {"v": 1.0}, -5),
        ("m\\ x\\,y,a\\=b=c\\ d v\\ w=1", "m\\ x\\,y,a\\=b=c\\ d", {"v\\ w": 1.0}, None),
        ("m=x v=1", "m\\=x", {"v": 1.0}, None),
        ("m\\n,a=b\\n v\\n=1", "m\\n,a=b\\n", {"v\\n": 1.0}, None),
        ('m s="a, b = c",v=2', "m", {"s": None, "v": 2.0}, None),
        ('m s="say \\"hi\\" \\\\",v=2 7', "m", {"s": None, "v": 2.0}, 7),
        ('m s="",v=2', "m", {"s": None, "v": 2.0}, None),
        *((f"m v={word}", "m", {"v": None}, None) for word in line_protocol.BOOLEANS),
        ("m v=1,v=2", "m", {"v": 2.0}, None),
        ("m   v=1 \t 12  ", "m", {"v": 1.0}, 12),
        ("te\u0301,o=zu\u0308 v=1", "t\u00e9,o=z\u00fc", {"v": 1.0}, None),
        ('"m",a="b c="d" v=1'.replace(" c=", "\\ c\\="), '"m",a="b\\ c\\="d"', {"v": 1.0}, None),
    ],
)
def test_a_line_says(line: str, head: str, fields: dict[str, float | None], stamp: int | None) -> None:
    said = point(line)
    assert (said.head, {name: value for _key, name, value in said.fields}, said.stamp) == (head, fields, stamp)


NO_NUMBERS = """
NaN nan Inf -inf +1 1_000 0x10 1e 1e+ . - -. 1i2 1.5i i u -1u 01h \u0663 \uff11 tru TRUe yes null 1=2 v=1 --1 1- 1.2.3
"""

BAD = {
    ",a=b v=1": line_protocol.NO_MEASUREMENT,
    "m": line_protocol.NO_FIELDS,
    "m ": line_protocol.NO_FIELDS,
    "m,a=b": line_protocol.NO_FIELDS,
    "m,a=b ": line_protocol.NO_FIELDS,
    "m\\ v=1": line_protocol.NO_FIELDS,
    "m, v=1": line_protocol.NO_TAG_KEY,
    "m,=b v=1": line_protocol.NO_TAG_KEY,
    "m,,a=b v=1": line_protocol.NO_TAG_KEY,
    "m,a v=1": line_protocol.NO_TAG_VALUE,
    "m,a= v=1": line_protocol.NO_TAG_VALUE,
    "m,a=,b=c v=1": line_protocol.NO_TAG_VALUE,
    "m,a=b=c v=1": line_protocol.BAD_TAG,
    "m,a=b,a=c v=1": line_protocol.TWICE,
    "m,a=b,a=b v=1": line_protocol.TWICE,
    "m," + "a" * 70_000 + "=b v=1": line_protocol.TOO_LONG,
    "m =1": line_protocol.NO_FIELD_KEY,
    "m v=1,=2": line_protocol.NO_FIELD_KEY,
    "m v=": line_protocol.NO_FIELD_VALUE,
    "m v=,w=1": line_protocol.NO_FIELD_VALUE,
    "m v= 12": line_protocol.NO_FIELD_VALUE,
    "m v": line_protocol.BAD_FIELD,
    "m v,w=1": line_protocol.BAD_FIELD,
    "m v=1,": line_protocol.BAD_FIELD,
    "m v=1,w": line_protocol.BAD_FIELD,
    "m v=1,5e": line_protocol.BAD_FIELD,
    "m v=1,,w=2": line_protocol.BAD_FIELD,
    'm v="a"b': line_protocol.BAD_FIELD,
    'm v="a': line_protocol.UNBALANCED,
    'm v="a\\"': line_protocol.UNBALANCED,
    'm v="': line_protocol.UNBALANCED,
    **{f"m v={each}": line_protocol.BAD_VALUE for each in NO_NUMBERS.split()},
    "m v=1e400": line_protocol.OUT_OF_RANGE,
    "m v=-1e999": line_protocol.OUT_OF_RANGE,
    "m v=" + "9" * 400: line_protocol.OUT_OF_RANGE,
    "m v=9223372036854775808i": line_protocol.OUT_OF_RANGE,
    "m v=-9223372036854775809i": line_protocol.OUT_OF_RANGE,
    "m v=18446744073709551616u": line_protocol.OUT_OF_RANGE,
    "m v=1 1.5": line_protocol.BAD_TIME,
    "m v=1 1e18": line_protocol.BAD_TIME,
    "m v=1 +1": line_protocol.BAD_TIME,
    "m v=1 1 2": line_protocol.BAD_TIME,
    "m v=1 2026-01-01T00:00:00Z": line_protocol.BAD_TIME,
    "m v=1 9223372036854775808": line_protocol.BAD_TIME,
    "m v=1 ١٢": line_protocol.BAD_TIME,
    "m v=1 , w=2": line_protocol.BAD_TIME,
    "m v=1 1i": line_protocol.BAD_TIME,
    "m v=1\t12": line_protocol.BAD_VALUE,
    "m\tv=1": line_protocol.NO_FIELDS,
    "m,a=\udcff v=1": line_protocol.NOT_UTF8,
    'm v="\udc80"': line_protocol.NOT_UTF8,
}


@pytest.mark.parametrize(("line", "why"), BAD.items(), ids=lambda each: each[:40].encode("ascii", "replace").decode())
def test_a_line_that_breaks_the_grammar_says_how(line: str, why: str) -> None:
    with pytest.raises(Malformed) as said:
        point(line)
    assert said.value.args == (why,)


def test_enough_is_wrong_to_be_sure() -> None:
    assert len(BAD) >= 60


def everything(text: str) -> tuple[list[tuple[str, dict[str, float | None]]], list[int]]:
    """What all lines say, and the places of those that are wrong."""
    lines, at, said, wrong = text.split("\n"), 0, [], []
    while at < len(lines):
        try:
            found, taken = read(lines, at)
        except Malformed:
            wrong.append(at)
            found, taken = None, 1
        if found is not None:
            said.append((found.head, {name: value for _key, name, value in found.fields}))
        at += taken
    return said, wrong


@pytest.mark.parametrize("line", BAD, ids=lambda each: each[:40].encode("ascii", "replace").decode())
def test_a_bad_line_costs_no_other(line: str) -> None:
    said, wrong = everything(f"before v=1 1\n{line}\nafter v=2 2\nlast v=3")
    assert said == [("before", {"v": 1.0}), ("after", {"v": 2.0}), ("last", {"v": 3.0})]
    assert wrong == [1]


def test_a_text_may_run_over_several_lines() -> None:
    said, wrong = everything('a s="one\n\n# two \\"\nthree",v=1 5\nb v=2')
    assert (said, wrong) == ([("a", {"s": None, "v": 1.0}), ("b", {"v": 2.0})], [])


def test_a_quote_that_is_never_closed_takes_its_own_line_only() -> None:
    said, wrong = everything('a s="open 1\nb v=1\nc s="closed",v=2\nd v=3')
    assert said == [("b", {"v": 1.0}), ("c", {"s": None, "v": 2.0}), ("d", {"v": 3.0})]
    assert wrong == [0]


def test_many_open_quotes_are_read_in_bounded_time() -> None:
    said, wrong = everything("\n".join(['a s="\\"'] * 20_000 + ["b v=1"]))
    assert (said, len(wrong)) == ([("b", {"v": 1.0})], 20_000)


def test_comments_blank_lines_and_carriage_returns_say_nothing() -> None:
    said, wrong = everything("# m v=1\n\n  \t\r\n\0 # x\n  a v=1 1\r\nb v=2\r")
    assert (said, wrong) == ([("a", {"v": 1.0}), ("b", {"v": 2.0})], [])


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\0\\#", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8
)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False).map(repr),
    st.integers(-(2**63), 2**63 - 1).map(lambda n: f"{n}i"),
)


def escaped(text: str, of: str) -> str:
    return "".join(f"\\{each}" if each in of else each for each in text)


@settings(database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a machine that is busy
@given(
    NAMES.filter(lambda name: name[0] not in " \t,"),
    st.dictionaries(NAMES, NAMES, max_size=3),
    st.dictionaries(NAMES.filter(lambda name: '"' not in name), NUMBERS, min_size=1, max_size=3),
    st.integers(0, 2**62),
)
def test_what_is_written_by_the_book_is_read_as_another_reader_reads_it(
    measurement: str, tags: dict[str, str], fields: dict[str, str], stamp: int
) -> None:
    # Known to differ there, and left out: a second value of a field (it keeps the first), a tag that ends in a backslash (refused
    # there), CRLF and blanks at the end, empty lines and the last time of all (errors there).
    head = ",".join([escaped(measurement, ", "), *(f"{escaped(key, ', =')}={escaped(tag, ', =')}" for key, tag in tags.items())])
    written = ",".join(f"{escaped(key, ', =')}={value}" for key, value in fields.items())
    line = f"{head} {written} {stamp}"
    other = line_protocol_parser.parse_line(line)
    said = point(line)
    assert said.stamp == other["time"]
    assert {key: value for key, _name, value in said.fields} == {
        escaped(key, ", ="): float(value) for key, value in other["fields"].items()
    }
    assert all(value is not None and math.isfinite(value) for _key, _name, value in said.fields)
    assert other["measurement"] == measurement


@settings(database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    lines, at = text.split("\n"), 0
    while at < len(lines):
        try:
            _point, taken = read(lines, at)
        except Malformed:
            taken = 1
        assert taken >= 1
        at += taken
