"""People see where they are signed in, and end it."""

from datetime import timedelta

import pytest

from config import settings as configuration
from store.errors import NotFound
from store.records.access import audit
from store.records.access.audit import Filter
from store.records.people import users
from store.records.schema.columns import now
from store.records.signin import sessions
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def _open(world: World, who: str = "resident", **more: object) -> str:
    return sessions.open_session(users.user(SYSTEM, world.people[who]), "203.0.113.7", FIREFOX, **more)


def test_a_person_sees_their_own_sessions_and_which_one_asks(world: World) -> None:
    start = now() - timedelta(minutes=5)
    old, here = _open(world, at=start), _open(world)
    _open(world, "neighbour")
    newest, other = sessions.own_sessions(world.scope("resident"), here)
    assert (newest.here, other.here) == (True, False)
    assert (other.device, other.address, other.since) == ("Firefox on Linux", "203.0.113.7", start)
    assert sessions.user_of(other.id) is None, "its id opens nothing"
    assert old
    assert sessions.own_sessions(NOBODY) == []


def test_what_has_ended_is_not_shown(world: World) -> None:
    start = now()
    _open(world, at=start)
    idle = timedelta(minutes=configuration.settings().session_idle_minutes)
    assert sessions.own_sessions(world.scope("resident"), at=start + idle) == []


def test_a_person_ends_one_of_their_sessions_and_nobody_elses(world: World) -> None:
    here, there = _open(world), _open(world)
    foreign = _open(world, "neighbour")
    [theirs] = sessions.own_sessions(world.scope("neighbour"))
    for unknown in (theirs.id, "nothing"):
        with pytest.raises(NotFound):
            sessions.end_own(world.scope("resident"), unknown)
    [other] = [each for each in sessions.own_sessions(world.scope("resident"), here) if not each.here]
    sessions.end_own(world.scope("resident"), other.id)
    assert (sessions.user_of(there), bool(sessions.user_of(here)), bool(sessions.user_of(foreign))) == (None, True, True)


def test_a_person_ends_all_others(world: World) -> None:
    here, *others = (_open(world) for _ in range(4))
    foreign = _open(world, "neighbour")
    assert sessions.end_others(world.scope("resident"), here) == 3
    assert {sessions.user_of(token) for token in others} == {None}
    assert sessions.user_of(here)
    assert sessions.user_of(foreign)
    assert audit.entries(SYSTEM, Filter(action="sign_out_elsewhere"))[0].subject_id == world.people["resident"]


def test_whoever_is_disabled_is_out_with_the_next_request_of_any_browser(world: World) -> None:
    tokens = [_open(world) for _ in range(3)]
    users.set_approval(SYSTEM, world.people["resident"], "disabled")
    assert {sessions.user_of(token) for token in tokens} == {None}


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.0 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/140.0 Mobile Safari/537", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("x" * 300, "x" * 40),
        ("", "unknown device"),
        (None, "unknown device"),
    ],
)
def test_a_device_is_named_in_words(user_agent: str | None, words: str) -> None:
    assert sessions.device_of(user_agent) == words
