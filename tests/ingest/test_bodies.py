import gzip
import json
import math

import pytest

from ingest import bodies
from ingest.problem import Refusal, Unreal

LIMIT = 100_000


def test_gzip_is_read_also_in_several_members() -> None:
    assert bodies.inflate(gzip.compress(b"abc") + gzip.compress(b"def"), LIMIT) == b"abcdef"


def test_a_gzip_bomb_is_refused_without_inflating_it() -> None:
    bomb = gzip.compress(bytes(200_000_000))
    assert len(bomb) < 250_000
    with pytest.raises(Refusal) as refused:
        bodies.inflate(bomb, LIMIT)
    assert (refused.value.status, refused.value.problem.code) == (413, "too_big")


def test_a_stream_in_many_parts_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        bodies.inflate(gzip.compress(b"a") * (bodies.MEMBERS + 1), LIMIT)
    assert (refused.value.status, refused.value.problem.code) == (400, "bad_gzip")
    assert bodies.inflate(gzip.compress(b"a") * bodies.MEMBERS, LIMIT) == b"a" * bodies.MEMBERS


def test_many_small_members_cannot_exceed_the_limit_together() -> None:
    with pytest.raises(Refusal) as refused:
        bodies.inflate(gzip.compress(bytes(LIMIT // 2)) * 3, LIMIT)
    assert refused.value.problem.code == "too_big"


@pytest.mark.parametrize(
    "body",
    [b"plain", gzip.compress(b"x" * 5000)[:-4], gzip.compress(b"abc") + b"rest"],
    ids=["plain", "cut off", "with a rest"],
)
def test_what_is_no_whole_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        bodies.inflate(body, LIMIT)
    assert (refused.value.status, refused.value.problem.code) == (400, "bad_gzip")


WORDS = [
    "nan",
    "-nan",
    "NAN",
    "inf",
    "-inf",
    "+Infinity",
    "00.254",
    ".5",
    "5.",
    "+5",
    "-00.5",
    "1e",
    "0x1F",
    "1_000",
    "12.5.5",
]


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5000, *WORDS])
def test_a_number_that_is_none_spoils_only_itself(text: str) -> None:
    content = bodies.parse(b'{"bad": %s, "good": 1.5}' % text.encode())
    assert isinstance(content["bad"], Unreal)
    assert content["bad"].text == text
    assert content["good"] == 1.5


def test_words_in_texts_stay_texts_and_each_number_keeps_its_place() -> None:
    content = bodies.parse(b'[nan, "nan, 00.1 \\" inf", 1, {"inf": "5."}, +5, NaN, [.5]]')
    words = [each.text for each in (content[0], content[4], content[5], content[6][0])]
    assert words == ["nan", "+5", "NaN", ".5"]
    assert content[1:4] == ['nan, 00.1 " inf', 1, {"inf": "5."}]


def test_what_is_json_is_parsed_as_json_is() -> None:
    text = '{"a": [1, -2.5, 1e3, true, null, "é\\n"], "b": {"c": 123456789012345678901234567890}}'
    assert bodies.parse(text.encode()) == json.loads(text)
    assert math.isfinite(bodies.parse(b"1e308"))


@pytest.mark.parametrize("body", [b"{", b"{'a': 1}", b"[1,]", b"{} {}", b"nul", b"[" * 100_000])
def test_what_is_not_json_is_refused_with_the_place(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        bodies.parse(body)
    assert (refused.value.status, refused.value.problem.code) == (400, "malformed_json")


def test_what_is_not_utf8_is_refused_with_the_byte() -> None:
    with pytest.raises(Refusal) as refused:
        bodies.parse(b'{"a": "\xff"}')
    assert refused.value.problem.code == "not_utf8"
    assert "byte 7" in refused.value.problem.message
