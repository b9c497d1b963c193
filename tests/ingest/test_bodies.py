import gzip
import json
import math
import sys
import zlib
from collections.abc import Callable

import pytest

from ingest import bodies
from ingest.problem import Refusal, Unreal

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 100_000


Pack = Callable[[bytes], bytes]
PACKED = pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstd.compress)], ids=["gzip", "zstd"])


@PACKED
def test_what_is_compressed_is_read_also_in_several_parts(encoding: str, pack: Pack) -> None:
    assert bodies.inflate(pack(b"abc") + pack(b"def"), LIMIT, encoding) == b"abcdef"


@PACKED
def test_a_bomb_is_refused_without_inflating_it(encoding: str, pack: Pack) -> None:
    bomb = pack(bytes(200_000_000))
    assert len(bomb) < 250_000
    with pytest.raises(Refusal) as refused:
        bodies.inflate(bomb, LIMIT, encoding)
    assert (refused.value.status, refused.value.problem.code) == (413, "too_big")


@PACKED
def test_a_stream_in_many_parts_is_refused(encoding: str, pack: Pack) -> None:
    with pytest.raises(Refusal) as refused:
        bodies.inflate(pack(b"a") * (bodies.MEMBERS + 1), LIMIT, encoding)
    assert (refused.value.status, refused.value.problem.code) == (400, f"bad_{encoding}")
    assert bodies.inflate(pack(b"a") * bodies.MEMBERS, LIMIT, encoding) == b"a" * bodies.MEMBERS


@PACKED
def test_many_small_parts_cannot_exceed_the_limit_together(encoding: str, pack: Pack) -> None:
    with pytest.raises(Refusal) as refused:
        bodies.inflate(pack(bytes(LIMIT // 2)) * 3, LIMIT, encoding)
    assert refused.value.problem.code == "too_big"


@PACKED
def test_what_is_no_whole_stream_is_refused(encoding: str, pack: Pack) -> None:
    for body in (b"plain", pack(b"x" * 5000)[:-4], pack(b"abc") + b"rest", pack(b"abc")[:3], zlib.compress(b"abc")):
        with pytest.raises(Refusal) as refused:
            bodies.inflate(body, LIMIT, encoding)
        assert (refused.value.status, refused.value.problem.code) == (400, f"bad_{encoding}")


def test_zstd_that_needs_more_memory_than_is_usual_is_refused_before_it_is_had() -> None:
    wide = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.enable_long_distance_matching: 1}
    stream = zstd.ZstdCompressor(options=wide)
    body = stream.compress(b"[]" * 100) + stream.flush()
    with pytest.raises(Refusal) as refused:
        bodies.inflate(body, LIMIT, "zstd")
    assert (refused.value.status, refused.value.problem.code) == (400, "bad_zstd")


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
