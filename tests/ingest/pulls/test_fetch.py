"""Only what is listed is asked, wherever its name leads; an answer comes whole, in time and of a size, or not at all."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config import clock
from config.allowed import Allowed, networks, origin, origins
from config.settings import SettingsError, load
from ingest.pulls import fetch
from ingest.pulls.backoff import FIRST_S, LONGEST_S, wait
from ingest.pulls.fetch import Failed, Request
from tests.ingest.pulls.services import Played, Reply, playing


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with playing() as server:
        yield server


@pytest.fixture
def may(played: Played) -> Allowed:
    return Allowed(origins(played.url), networks("127.0.0.0/8"))


def ask(played: Played, may: Allowed, reply: Reply, **how: Any) -> bytes:
    played.answer = lambda _seen: reply
    said = fetch.get(Request(f"{played.url}/x?key=hidden", {"X-Key": "hidden"}), may, **how)
    assert said.body is not None
    return said.body


def test_an_answer_comes_whole_with_what_was_asked_by_the_name_that_was_asked_for(played: Played, may: Allowed) -> None:
    assert ask(played, may, Reply(b'{"a": 1}')) == b'{"a": 1}'
    seen = played.seen[-1]
    assert (seen.path, seen.query, seen.headers["x-key"]) == ("/x", {"key": "hidden"}, "hidden")
    assert seen.headers["host"] == played.url.removeprefix("http://")
    assert "cookie" not in seen.headers


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(status=500), "error 500"),
        (Reply(status=401), "key is missing"),
        (Reply(status=403), "key is missing"),
        (Reply(status=404), "nothing at this address"),
        (Reply(status=304), "another address"),  # nobody asked whether it had changed
        (Reply(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}), "another address"),
        (Reply(status=307, headers={"Location": "/elsewhere"}), "another address"),
        (Reply(b"{}", missing=10), "cut"),
        (Reply(b"x" * 2000), "larger"),
        (Reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), "compressed"),
    ],
)
def test_every_other_answer_is_said_in_words_and_nothing_else_is_asked(
    played: Played, may: Allowed, reply: Reply, says: str
) -> None:
    before = len(played.seen)
    with pytest.raises(Failed, match=says) as failed:
        ask(played, may, reply, most_bytes=1000)
    assert "hidden" not in str(failed.value)
    assert len(played.seen) == before + 1


def test_who_stalls_in_the_middle_is_left(played: Played, may: Allowed) -> None:
    with pytest.raises(Failed, match="no whole answer"):
        ask(played, may, Reply(b"x" * 100, stalls=True), within_s=0.3)


def test_how_long_we_are_to_wait_is_told_in_seconds_or_as_a_date_and_bounded(played: Played, may: Allowed) -> None:
    later = clock.now() + timedelta(seconds=120)
    for said, waits in (("90", 90), (f"{later:%a, %d %b %Y %H:%M:%S GMT}", 120), ("soon", 0), ("99999999", 86_400)):
        with pytest.raises(Failed) as failed:
            ask(played, may, Reply(status=429, headers={"Retry-After": said}))
        assert failed.value.wait_s == pytest.approx(waits, abs=5)


def test_nothing_is_asked_that_is_not_listed_or_leads_to_what_is_not_open(played: Played) -> None:
    before = len(played.seen)
    listed, home = origins(played.url), networks("127.0.0.0/8")
    port = int(played.url.rpartition(":")[2])
    for may, address in (
        (Allowed(frozenset(), home), played.url),
        (Allowed(origins("http://localhost"), home), played.url),
        (Allowed(listed), played.url),  # this machine, and no network of one's own is open
        (Allowed(listed, home, frozenset({"127.0.0.1"}), frozenset({port})), played.url),  # Loadstar itself
        (Allowed(listed, home), played.url.replace("http://", "http://somebody@")),
        (Allowed(listed, home), played.url.replace("http://", "file://")),
        (Allowed(origins("http://nobody.invalid"), home), "http://nobody.invalid/x"),
    ):
        with pytest.raises(Failed):
            fetch.get(Request(address), may)
    assert len(played.seen) == before


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "169.254.169.254",
        "fe80::1%eth0",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "192.0.0.8",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::1",
        "100.64.0.1",
        "fd00::1",
    ],
)
def test_addresses_that_only_look_public_are_not_and_one_bad_one_of_a_name_is_enough(address: str) -> None:
    may = Allowed(frozenset())
    assert may.admits(["93.184.215.14"], 443)
    assert not may.admits([address], 443)
    assert not may.admits(["93.184.215.14", address], 443)
    assert not may.admits([], 443)


def test_what_no_list_opens_stays_shut() -> None:
    everything = Allowed(frozenset(), networks("0.0.0.0/0,::/0"))
    assert everything.admits(["10.0.0.1", "192.168.1.5"], 80)
    for never in ("169.254.169.254", "224.0.0.1", "fe80::1", "64:ff9b::a00:1"):
        assert not everything.admits([never], 80)


def test_a_list_names_hosts_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    assert origins(" https://API.example.org/, http://192.168.1.7:8080 ") == {
        "https://api.example.org:443",
        "http://192.168.1.7:8080",
    }
    assert origin("https://example.org./a?b=c") == "https://example.org:443"
    for wrong in ("https://example.org/path", "example.org", "ftp://example.org", "https://a@example.org"):
        with pytest.raises(ValueError, match=r"."):
            origins(wrong)
    for named in ({"pull_addresses": "example.org"}, {"pull_networks": "192.168.1.5/24"}):
        with pytest.raises(SettingsError):
            load(home=tmp_path, **named)


def test_no_key_of_an_address_comes_into_a_log(played: Played, may: Allowed, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(played, may, Reply(b"{}"))
    assert "hidden" not in caplog.text


def test_the_machines_own_ports_are_never_asked(tmp_path: Path) -> None:
    settings = load(home=tmp_path, pull_networks="0.0.0.0/0", redis_url="redis://:p@10.0.0.5:6399/0")
    may = fetch.allowed_by(settings)
    for port in (settings.dashboard_port, settings.questdb_http_port, settings.questdb_pg_port, 6399):
        assert not may.admits(["127.0.0.1"], port)
    assert may.admits(["127.0.0.1"], 9)


def test_who_does_not_answer_is_asked_less_and_less_often_and_never_all_at_the_same_second() -> None:
    def seconds(failures: int, asked_for_s: float = 0, chance: float = 0.5) -> float:
        return wait(failures, 3600, asked_for_s, chance).total_seconds()

    assert [seconds(n) for n in (0, 1, 2, 3)] == [3600, FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert seconds(10_000) == LONGEST_S
    assert (seconds(0, chance=0.0), seconds(0, chance=1.0)) == (3240, 3960)
    assert seconds(1, asked_for_s=900) == 900
    assert wait(50, 86_400, 0, 0.5).total_seconds() == 86_400
